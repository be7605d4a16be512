#!/usr/bin/env python3
"""What the kernel gives back on demand and does not call available is no demand, and each is
a value of its own that explain shows (DESIGN 4.2): ARC, free huge pages, the balloon."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
MB = 1 << 20
failed = 0


def check(name, good, why=""):
    global failed
    failed += not good
    print(f"ok {name}" if good else f"FAIL {name}: {str(why)[:500]}".replace("\n", " | "))


def put(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def make_root(root, rich):
    """Of 1000 MB 300 are available; with all three 100 + 200 + 50 more are no demand."""
    put(root, "proc/stat", "cpu  100 0 0 900 0 0 0 0\ncpu0 100 0 0 900 0 0 0 0\n")
    put(root, "proc/cpuinfo", "processor : 0\nmodel name : X @ 2.00GHz\n")
    put(root, "proc/sys/kernel/random/boot_id", "3f2a8a9e-1111-4222-8333-444455556666\n")
    more = ("HugePages_Total: 128\nHugePages_Free: 104\nHugePages_Rsvd: 4\nHugepagesize: 2048 kB\n"
            f"Balloon: {50 * 1024} kB\n") if rich else "HugePages_Total: 0\nHugepagesize: 2048 kB\n"
    put(root, "proc/meminfo", f"MemTotal: {1000 * 1024} kB\nMemFree: {100 * 1024} kB\nMemAvailable: {300 * 1024} kB\n" + more)
    if rich:
        put(root, "proc/spl/kstat/zfs/arcstats", f"13 1 0x01 3 96 1 2\nname type data\nc_min 4 {20 * MB}\nsize 4 {120 * MB}\n")


def explain(top, rich):
    root, run, data = top / "root", top / "run", top / "data"
    run.mkdir(mode=0o750, parents=True)
    make_root(root, rich)
    (top / "clock").write_text("start 1795255200\n")
    done = subprocess.run([BUILD / "collectord", "--data", data, "--name", "m", "--no-helper", "--root", root,
                           "--interval", "10", "--ticks", "400", "--clock", top / "clock"],
                          env=dict(os.environ, RUNTIME_DIRECTORY=str(run)), capture_output=True, text=True, timeout=120, check=False)
    check("it samples" + (" a rich machine" if rich else " a plain one"), done.returncode == 0, done.stderr)
    words = [BUILD / "analyze", "explain", "m", "memory", "--data", data]
    text = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    asked = subprocess.run([*words, "--json"], capture_output=True, text=True, timeout=60, check=False)
    if asked.returncode:
        check("explain answers", False, asked.stderr)
        return {}, text.stdout
    return {s["name"]: s["value"] for s in json.loads(asked.stdout)["explained"]["memory"]["steps"]}, text.stdout


with tempfile.TemporaryDirectory(prefix="explain_memory.") as top_:
    steps, page = explain(pathlib.Path(top_) / "rich", True)
    got = [steps.get(name) for name in ("peak", "ZFS ARC", "free huge pages", "balloon")]
    check("ARC, free huge pages and balloon are values of their own", got == [350, 100, 200, 50], (got, page))
    check("and stand on the page", all(f"  {name} " in page for name in ("ZFS ARC", "free huge pages", "balloon")), page)
    steps, page = explain(pathlib.Path(top_) / "plain", False)
    check("a machine that has none shows none", steps.get("peak") == 700 and not {"ZFS ARC", "free huge pages", "balloon"} & set(steps), (steps, page))
sys.exit(1 if failed else 0)
