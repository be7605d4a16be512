"""An import tells of its success once its renames are on the disk: after the last of them the
file system is synced, and only then the database forgets that they were to be done.  No power
cut can show it on ext4, which writes earlier renames with any later sync; others do not."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
from harness import BUILD, check, finish, skip  # noqa: E402


def calls_of(top, *words):
    """The calls of a run in their order: (name, arguments)."""
    trace = os.path.join(top, "trace")
    done = subprocess.run(
        ["strace", "-f", "-y", "-qq", "-o", trace, "-e",
         "trace=rename,renameat,renameat2,syncfs,fsync,fdatasync,write,pwrite64",
         os.path.join(BUILD, "analyze"), *words], capture_output=True, text=True, check=False)
    found = []
    with open(trace, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            call = re.match(r"\d+ +(\w+)\((.*)\) += 0|\d+ +(pwrite64|write)\((.*)", line)
            if call:
                found.append((call.group(1) or call.group(3), call.group(2) or call.group(4)))
    return done, found


def is_synced(calls, data):
    """After the last rename to an archive a sync of the file system, then the database."""
    renames = [i for i, (name, text) in enumerate(calls)
               if name.startswith("rename") and re.search(r'"rrd/[^"]*\.rrd"|\.rrd"\)?', text)]
    if not renames:
        return "no archive was renamed: %s" % calls[-6:]
    after = calls[renames[-1] + 1:]
    synced = [i for i, (name, text) in enumerate(after) if name == "syncfs" and data in text]
    forgets = [i for i, (name, text) in enumerate(after)
               if name == "pwrite64" and "headroom.db" in text]
    if not forgets:
        return "the database was not written after the renames"
    if not synced or synced[0] > forgets[0]:
        return "after the renames: %s" % [name for name, _ in after[:8]]
    return None


def is_whole(calls):
    """What is moved to the archives has been synced, each file or all of them."""
    synced, moves = set(), 0
    for name, text in calls:
        if name in ("fsync", "fdatasync"):
            synced.update(re.findall(r"<([^>]*)>", text))
        moved = re.search(r'<([^>]*/incoming/[^>]*)>, "([^"]*)"', text)
        if not name.startswith("rename") or not moved:
            continue
        moves += 1
        if "/".join(moved.groups()) not in synced:
            return "%s was moved before it was synced" % moved.group(2)
    return None if moves else "nothing was moved: %s" % calls[-6:]


def main():
    if not shutil.which("strace"):
        skip("an import's renames are synced", "strace is not installed")
        finish()
    top = tempfile.mkdtemp(prefix="headroom-synced-")
    try:
        data, path = os.path.join(top, "store"), os.path.join(top, "a.csv")
        for turn, count in (("a first import", 20), ("one into files that are there", 40)):
            with open(path, "w", encoding="ascii") as out:
                out.write("time,workload,memory_used_bytes\n")
                out.writelines("%d,w,%d\n" % (1700000000 + 300 * i, 1000 + i)
                               for i in range(count))
            done, calls = calls_of(top, "import", "csv", path, "--data", data)
            if done.returncode != 0:
                skip("%s: its renames are synced" % turn,
                     "strace does not work here: " + done.stderr.strip()[-100:])
                continue
            why = is_synced(calls, data)
            check("%s: its renames are on the disk before the database forgets them" % turn,
                  why is None, why)
            why = is_whole(calls)
            check("%s: its archives are on the disk before they are moved" % turn,
                  why is None, why)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    finish()


main()
