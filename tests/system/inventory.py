#!/usr/bin/env python3
"""Who is believed: a person before the machine before an import; facts of old stores."""
import csv as sheets
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from checks import check, finish  # noqa: E402

BUILD = os.environ.get("BUILD", "build")


def analyze(*args):
    return subprocess.run([os.path.join(BUILD, "analyze"), *args], capture_output=True,
                          text=True, timeout=60)


def facts(data, name):
    return json.loads(analyze("inventory", "--json", "--data", data).stdout)["workloads"][name]


def write_csv(path, name, cores, first):
    with open(path, "w") as out:
        out.write("time,workload,cpu_used_mhz,cpu_cores\n")
        for slot in range(20):
            out.write("%d,%s,100,%d\n" % (first + 300 * slot, name, cores))


# A store as it was before facts had several sources.
OLD_ROWS = """
INSERT INTO workloads (name, folder, source, step_s) VALUES ('vm', 'vm', 'imported', 300);
INSERT INTO workload_facts SELECT id, 'cpu.cores', '16', 'inventory', 1 FROM workloads;
INSERT INTO workload_facts SELECT id, 'cpu.core_mhz', '2000', 'import', 1 FROM workloads;
PRAGMA user_version = 2;
"""
MIGRATIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "schema",
                          "migrations")


def make_old_store(data):
    os.mkdir(data)
    db = sqlite3.connect(os.path.join(data, "headroom.db"))
    db.execute("PRAGMA journal_mode = WAL")
    for name in sorted(os.listdir(MIGRATIONS))[:2]:
        with open(os.path.join(MIGRATIONS, name)) as file:
            db.executescript(file.read())
    db.executescript(OLD_ROWS)
    db.close()


def main(work):
    data, csv = os.path.join(work, "data"), os.path.join(work, "a.csv")
    write_csv(csv, "vm", 4, 1772323200)
    check("an import states its sizes", analyze(
        "import", "csv", csv, "--data", data).returncode == 0
        and facts(data, "vm")["cpu.cores"] == 4)
    analyze("inventory", "vm", "--set", "cpu.cores=8", "--data", data)
    check("a person is believed before an import", facts(data, "vm")["cpu.cores"] == 8)
    write_csv(csv, "vm", 6, 1772323200 + 20 * 300)
    done = analyze("import", "csv", csv, "--data", data)
    check("and after a later import, too", done.returncode == 0
          and facts(data, "vm")["cpu.cores"] == 8, done.stderr)
    analyze("inventory", "vm", "--unset", "cpu.cores", "--data", data)
    check("what a person forgets leaves the word of the import",
          facts(data, "vm")["cpu.cores"] == 6, facts(data, "vm"))

    done = analyze("inventory", "--here", "--data", data)
    check("--here says so where nothing is sampled here", done.returncode == 1
          and "no workload of this store is sampled here" in done.stderr, done.stderr)

    # what is missing is a sheet that is filled in and loaded again, hostile names too
    data, sheet = os.path.join(work, "sheet"), os.path.join(work, "sheet.csv")
    names = ["mail", "=cmd|x", "'quoted'", "a \"b\", c"]
    with open(os.path.join(work, "sheet-in.csv"), "w", newline="") as out:
        rows = sheets.writer(out)
        rows.writerow(["time", "workload", "memory_used_bytes"])
        rows.writerows([1772323200 + 300 * k, "'" + n if n[0] in "='" else n, 5]
                       for n in names for k in range(9))
    analyze("import", "csv", os.path.join(work, "sheet-in.csv"), "--data", data)
    analyze("inventory", "--missing", "--format", "csv", "-o", sheet, "--data", data)
    with open(sheet, newline="") as source:
        rows = list(sheets.reader(source))
    check("--missing --format csv: a row for each, a column for each fact",
          len(rows) == 1 + len(names) and "disks" in rows[0] and
          not any(field for row in rows[1:] for field in row[1:]), rows)
    for row in rows[1:]:
        row[rows[0].index("disks")] = "c:40"
    with open(sheet, "w", newline="") as out:
        sheets.writer(out).writerows(rows)
    done = analyze("inventory", "--load", sheet, "--data", data)
    check("filled in, it is loaded", done.returncode == 0 and "4 facts stated" in done.stdout,
          done.stdout + done.stderr)
    left = json.loads(analyze("inventory", "--missing", "--json", "--data", data).stdout)
    check("and what was filled in is no longer missing",
          left["missing"] and not [m for m in left["missing"] if m["fact"] == "disks"], left)

    # a store of an older version: read as it stands, taken over when it is written
    data = os.path.join(work, "old")
    make_old_store(data)
    check("facts of an old store are read without a change",
          facts(data, "vm").get("cpu.cores") == 16, facts(data, "vm"))
    done = analyze("inventory", "vm", "--set", "cpu.core_mhz=2500", "--data", data)
    got = facts(data, "vm")
    check("and kept when the store is migrated", done.returncode == 0
          and got.get("cpu.cores") == 16 and got.get("cpu.core_mhz") == 2500,
          (done.stderr, got))
    db = sqlite3.connect(os.path.join(data, "headroom.db"))
    rows = db.execute("SELECT key, value, source FROM workload_facts ORDER BY key, source")
    check("each statement under the name of who made it", rows.fetchall() == [
        ("cpu.core_mhz", "2000", "import"), ("cpu.core_mhz", "2500", "person"),
        ("cpu.cores", "16", "person")])
    db.close()


if __name__ == "__main__":
    folder = tempfile.mkdtemp(prefix="headroom-inventory-")
    try:
        main(folder)
    finally:
        shutil.rmtree(folder)
    finish()
