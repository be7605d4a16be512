#!/usr/bin/env python3
"""Recorded machines of others: cores, sockets, clock and memory, as their own tools have them.

Reads $HEADROOM_TEST_DATA/data/inventory: outputs of dmidecode and of lscpu, and trees of
/proc and /sys with what lscpu said of them or with the shape in their name (hwloc).  Prints
a table of agreement; each disagreement has its reason here, or fails."""
import collections
import glob
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

BUILD = os.environ.get("BUILD", "build")
DATA = os.environ.get("HEADROOM_TEST_DATA")
failed = 0

# What does not agree, and why; the figure of ours stays as it is.
EXPLAINED = {
    ("lscpu", "arm-A510-A710-A715-X3", "sockets"):
        "its kernel gives each of the three clusters a package number of its own",
    ("lscpu", "s390-lpar", "cores"): "three of its 20 CPUs are offline: ours are those online",
    ("lscpu", "x86_64-64cpu-linux6.2", "mhz"):
        "a laptop whose firmware set 1200 MHz as base of a 2.8 GHz processor (cpufreq)",
    ("hwloc", "8ia64-2n2s2c", "threads"): "the recording has no /proc",
}


def check(name, condition, why=""):
    global failed
    if condition:
        print("ok", name)
    else:
        failed += 1
        print("FAIL %s: %s" % (name, str(why)[:900].replace("\n", " | ")))


def run(program, *args):
    return subprocess.run([os.path.join(BUILD, program), *args], capture_output=True,
                          text=True, timeout=60)


def clock_of(name):
    found = re.search(r"@ ([\d.]+) ?([GM])Hz", name)
    return float(found[1]) * (1000 if found[2] == "G" else 1) if found else None


# ---- what the texts say, read a second time ---------------------------------------------------

def blocks_of(text):
    for block in re.split(r"\n\s*\n", text):
        lines = [l for l in block.splitlines() if not l.startswith(("Handle ", "#"))]
        if lines:
            yield lines[0].strip(), dict(
                (l.strip().split(":", 1)[0], l.split(":", 1)[1].strip())
                for l in lines[1:] if ":" in l and not l.startswith("\t\t"))


UNITS = {"kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}


def of_dmidecode(text):
    sockets, cores, memory, mhz = 0, 0, 0, None
    for title, row in blocks_of(text):
        if title == "Processor Information" and row.get("Status", "").startswith(
                "Populated") and "Disabled" not in row["Status"]:
            if row.get("Type", "Central Processor") != "Central Processor":
                continue
            sockets += 1
            count = row.get("Core Enabled") or row.get("Core Count")
            cores = None if not count or cores is None else cores + int(count)
            speed = re.match(r"(\d+) MHz", row.get("Current Speed", ""))
            mhz = mhz or clock_of(row.get("Version", "")) or (
                float(speed[1]) if speed and int(speed[1]) else None)
        if title == "Memory Device" and row.get("Type") != "Flash":
            size = re.match(r"(\d+) (kB|MB|GB|TB)$", row.get("Size", ""))
            if size:
                memory += int(size[1]) * UNITS[size[2]]
    return {"sockets": sockets or None, "cores": cores or None, "mhz": mhz,
            "memory": memory or None}


def of_lscpu(text):
    rows = {}
    for line in text.splitlines():
        if ":" in line:
            key, value = line.split(":", 1)
            rows.setdefault(key.strip(), value.strip())
    # every CPU that is online, without what its core shares
    threads = int(rows.get("Thread(s) per core") or 1)
    sockets = rows.get("Socket(s)")
    return {"sockets": int(sockets) if sockets and sockets.isdigit() else None,
            "cores": int(rows["CPU(s)"]) // threads,
            "mhz": clock_of(rows.get("Model name", "")),
            "per_socket": rows.get("Core(s) per socket")}


# ---- ours ------------------------------------------------------------------------------------------

def ours_of(general):
    return {"sockets": general.get("sockets"), "cores": general.get("cores"),
            "mhz": general.get("core_mhz"), "memory": general.get("installed_bytes")}


def load_texts(work, folder):
    """Each file as a workload of one store; the documents come back by name."""
    store = os.path.join(work, folder)
    for path in sorted(glob.glob(os.path.join(DATA, "data", "inventory", folder, "*"))):
        done = run("analyze", "inventory", os.path.basename(path), "--load", path, "--data",
                   store)
        if done.returncode:
            print("#", os.path.basename(path), done.stderr.strip()[:200])
    db = sqlite3.connect(os.path.join(store, "headroom.db"))
    rows = dict(db.execute("SELECT w.name, m.document FROM machines m JOIN workloads w "
                           "ON w.id = m.workload_id"))
    db.close()
    return {name: json.loads(text)["general"] for name, text in rows.items()}


def gather_tree(work, archive):
    tree = os.path.join(work, "tree")
    shutil.rmtree(tree, ignore_errors=True)
    os.mkdir(tree)
    # what processors and memory are read from: the rest of the trees is large
    subprocess.run(["tar", "-xf", archive, "-C", tree, "--no-same-owner", "--wildcards",
                    "*proc/cpuinfo", "*proc/meminfo", "*sys/devices/system/cpu/*"],
                   stderr=subprocess.DEVNULL, check=False)
    subprocess.run(["chmod", "-R", "u+rwX", tree], check=False)
    for folder in glob.glob(tree + "/*") + glob.glob(tree + "/*/*") + [tree]:
        if os.path.isdir(os.path.join(folder, "proc")):
            done = run("collectord-inventory", "--root", folder, "--name", "m")
            return json.loads(done.stdout).get("general", {}) if done.stdout else None
    return None


# ---- comparing ---------------------------------------------------------------------------------------

class Table:
    def __init__(self):
        self.count = collections.Counter()
        self.bad = []

    def compare(self, kind, name, field, got, wanted, tolerance=0.0):
        if wanted is None:
            return
        self.count[kind, field, "all"] += 1
        if got is not None and abs(got - wanted) <= tolerance * wanted:
            self.count[kind, field, "agree"] += 1
        elif (kind, name, field) in EXPLAINED or (kind, name, "*") in EXPLAINED:
            self.count[kind, field, "explained"] += 1
        else:
            self.bad.append("%s %s %s: %s, wanted %s" % (kind, name, field, got, wanted))

    def show(self):
        print("# %-10s %-8s %9s %9s %9s" % ("of", "figure", "machines", "agree",
                                            "explained"))
        for kind, field in sorted({key[:2] for key in self.count}):
            print("# %-10s %-8s %9d %9d %9d" % (
                kind, field, self.count[kind, field, "all"],
                self.count[kind, field, "agree"], self.count[kind, field, "explained"]))


def texts(work, table):
    for folder, read in (("dmidecode", of_dmidecode), ("lscpu-text", of_lscpu)):
        found = load_texts(work, folder)
        paths = glob.glob(os.path.join(DATA, "data", "inventory", folder, "*"))
        check("%s: each of %d outputs is read" % (folder, len(paths)),
              len(found) == len(paths), sorted(
                  {os.path.basename(p) for p in paths} - set(found)))
        for path in paths:
            name = os.path.basename(path)
            with open(path, errors="replace") as file:
                wanted = read(file.read())
            got = ours_of(found.get(name, {}))
            for field in ("sockets", "cores", "memory"):
                table.compare(folder, name, field, got[field], wanted.get(field))
            table.compare(folder, name, "mhz", got["mhz"], wanted["mhz"], 0.001)


def lscpu_trees(work, table):
    for path in sorted(glob.glob(os.path.join(DATA, "data", "inventory", "lscpu", "*.tar.gz"))):
        name = os.path.basename(path)[:-7]
        expected = os.path.join(os.path.dirname(path), "expected-" + name)
        with open(expected, errors="replace") as file:
            wanted = of_lscpu(file.read())
        general = gather_tree(work, path)
        got = ours_of(general or {})
        for field in ("sockets", "cores"):
            table.compare("lscpu", name, field, got[field], wanted[field])
        table.compare("lscpu", name, "mhz", got["mhz"], wanted["mhz"], 0.001)


def hwloc_trees(work, table):
    """16em64t-4s2c2t: 16 processing units in 4 sockets of 2 cores of 2 threads."""
    for path in sorted(glob.glob(os.path.join(DATA, "data", "inventory", "hwloc",
                                              "*.tar.bz2"))):
        name = os.path.basename(path)[:-8]
        shape = re.match(r"(\d+)[a-z0-9]+?-", name)
        if not shape:
            continue
        threads = int(re.match(r"\d+", name)[0])
        if name.startswith(("2i386", "2pa")):
            threads = 2
        per_core = re.search(r"(\d+)t(?![a-z])", name.split("-", 1)[1].split("+")[0])
        general = gather_tree(work, path) or {}
        table.compare("hwloc", name, "threads", general.get("threads"), threads)
        if per_core:
            table.compare("hwloc", name, "cores", general.get("cores"),
                          threads // int(per_core[1]))


def main():
    if not DATA or not os.path.isdir(os.path.join(DATA, "data", "inventory")):
        print("SKIP hardware_agreement: HEADROOM_TEST_DATA is not set")
        return
    table, work = Table(), tempfile.mkdtemp(prefix="headroom-hardware-")
    try:
        texts(work, table)
        lscpu_trees(work, table)
        hwloc_trees(work, table)
    finally:
        shutil.rmtree(work)
    table.show()
    total = sum(n for key, n in table.count.items() if key[2] == "all")
    agree = sum(n for key, n in table.count.items() if key[2] == "agree")
    check("%d of %d figures agree: at least 98 %%" % (agree, total),
          total > 300 and agree >= 0.98 * total, total)
    for key, why in sorted(EXPLAINED.items()):
        print("# explained: %s %s %s: %s" % (*key, why))
    check("every other has its reason", not table.bad, table.bad)


if __name__ == "__main__":
    main()
    sys.exit(failed > 0)
