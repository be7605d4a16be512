"""T08 and T09 whole: every call and every allocation of recorder, writer, importer, the verbs
that read, and the notifier fails, in each way that it can.

    every_call.py [EVERY [SECONDS]]   every EVERY-th fault (1: all), for SECONDS at most

Ended in any way and run again it goes on where it was, as long as the programs are the
same; a part that is through is not run again.  The last lines are the table of what has
been run, which is kept in BUILD/faults-table.json.
"""
import json
import os
import re
import subprocess
import sys
import time

from harness import BUILD, check, fail, finish, skip
from sites import programs_id

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(BUILD, "faults-table.json")
DAEMON = ("collectord-recorder", "collectord-writer")
# what it is called, its script, the kind there, the programs that meet the faults
PARTS = [("notifier: calls", "notices.py", "call", ("collectord-notifier",)),
         ("notifier: allocations", "notices.py", "memory", ("collectord-notifier",)),
         ("recorder, writer: allocations", "syscalls.py", "memory", DAEMON),
         ("recorder, writer: calls", "syscalls.py", "call", DAEMON),
         ("import: allocations", "calls.py", "memory", ("analyze",)),
         ("import: calls", "calls.py", "call", ("analyze",)),
         ("verbs that read: allocations", "calls.py", "verbs", ("analyze",))]
SAID = re.compile(r"^# [\w-]+: (\d+) of (\d+) faults, (\d+) of them met, (\d+) bad, (\d+) s")


def run_part(part, every, seconds, row):
    """Goes on with one part; its row of the table as it is then."""
    name, script, kind, programs = part
    build = programs_id(programs)
    if row.get("build") != build or row.get("every") != every:
        row = {"build": build, "every": every, "seconds": 0}
    if row.get("is_whole"):
        return row
    process = subprocess.Popen([sys.executable, os.path.join(HERE, script), str(every),
                                str(seconds), kind], stdout=subprocess.PIPE,
                               universal_newlines=True)
    for line in process.stdout:
        print(line, end="", flush=True)
        said = SAID.match(line)
        if said:
            done, total, met, bad, took = (int(n) for n in said.groups())
            row.update(done=done, total=total, met=met, bad=bad,
                       seconds=row["seconds"] + took, is_whole="to go on" not in line)
        if line.startswith("SKIP "):
            row["skipped"] = line.split(": ", 1)[1].strip()
    if process.wait() not in (0, 1) or not ("done" in row or "skipped" in row):
        fail("T08 T09 " + name, "%s ended with %d and without a word" % (
            script, process.returncode))
    return row


def print_table(rows):
    print("# | part | faults | run | met | bad | s |\n# |---|---|---|---|---|---|---|")
    for name, _, _, _ in PARTS:
        row = rows.get(name, {})
        if "done" in row:
            print("# | %s | %d | %d | %d | %d | %d |" % (
                name, row["total"], row["done"], row["met"], row["bad"], row["seconds"]))
        else:
            print("# | %s | %s |" % (name, row.get("skipped", "not begun")))


def main(words):
    every = int(words[0]) if words else 1
    end = time.monotonic() + (float(words[1]) if len(words) > 1 else 1e8)
    rows = {}
    if os.path.exists(TABLE):
        with open(TABLE, encoding="utf-8") as kept:
            rows = json.load(kept)
    for part in PARTS:
        left = end - time.monotonic()
        if left <= 0:
            break
        rows[part[0]] = run_part(part, every, left, rows.get(part[0], {}))
        with open(TABLE + ".new", "w", encoding="utf-8") as out:
            json.dump(rows, out, indent=1)
        os.replace(TABLE + ".new", TABLE)
    print_table(rows)
    for name, _, _, _ in PARTS:
        row = rows.get(name, {})
        if "skipped" in row:
            skip("T08 T09 " + name, row["skipped"])
        elif row.get("is_whole"):
            check("T08 T09 %s, %d of %d" % (name, row["done"], row["total"]),
                  row["bad"] == 0 and row["met"] > 0, "%d are bad" % row["bad"])
        elif row.get("bad"):
            fail("T08 T09 " + name, "%d are bad so far" % row["bad"])
        else:
            print("# %s: not through; run again to go on" % name)


if __name__ == "__main__":
    main(sys.argv[1:])
    finish()
