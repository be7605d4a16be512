#!/usr/bin/env python3
"""Flips one constant, comparison, operator or field at a time in what decides and plans, and
says which flips no test notices.

    python3 tests/faults/mutation_run.py [--count 500] [--seed 1] [--files PATTERN...] [--jobs 2]

A command of its own, not part of `make check`: 500 mutants take hours.  Each is built in a
copy of the tree; the unit tests of the folders and the system tests named below are run.
A mutant that makes a test fail, or never end, is caught; one that does not build counts for
nothing, the compiler caught it.  Survivors are listed with file, line and what was changed.
Exit 0 when at least 95 % of those that build are caught.
"""
import argparse
import glob
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

FILES = ["analyze/plan/*.c", "analyze/report/plan*.c", "analyze/report/verdict*.c",
         "analyze/assess/*.c", "schema/finding.c", "schema/condition.c",
         "schema/rules/virtual-server-2005-r2.json"]
TESTS = ["plan", "assess", "schema", "golden", "requirement", "hosts", "backtest",
         "library", "rules", "sufficiency", "profile_base"]
SWAPS = [("<=", "<"), (">=", ">"), (" < ", " <= "), (" > ", " >= "), ("==", "!="),
         ("!=", "=="), (" + ", " - "), (" - ", " + "), (" * ", " / "), (" && ", " || "),
         (" || ", " && "), ("true", "false"), ("false", "true"), (" ? ", " ? !"),
         ("RESOURCE_MEMORY", "RESOURCE_CPU"), ("PLAN_CPU", "PLAN_MEMORY"),
         ("alloc_bytes", "vm_memory_bytes"), ("\"greater\"", "\"less\""),
         ("\"disqualify\"", "\"review\""), ("\"review\"", "\"note\"")]
NUMBER = re.compile(r"(?<![\w.\"'%])(\d+(?:\.\d+)?)(?![\w.\"'])")


def candidates(path, text):
    """(offset, old, new) of every flip in a file; comments, includes and texts are left."""
    found = []
    at = 0
    in_comment = False
    for line in text.splitlines(True):
        code = line.split("/*")[0] if not in_comment else ""
        in_comment = ("/*" in line or in_comment) and "*/" not in line
        if not code.lstrip().startswith(("#", "*", "//")) and "snprintf" not in code:
            for old, new in SWAPS:
                for hit in re.finditer(re.escape(old), code):
                    found.append((at + hit.start(), old, new))
            if not path.endswith(".json"):
                for hit in NUMBER.finditer(re.sub(r'"[^"]*"', lambda m: "_" * len(m[0]), code)):
                    value = hit.group(1)
                    found.append((at + hit.start(1), value,
                                  "1" if value == "0" else str(float(value) + 1).rstrip("0")
                                  .rstrip(".")))
        at += len(line)
    return found


def is_caught(tree, build, jobs):
    """Whether a test fails; None where the mutant does not build."""
    made = subprocess.run(["make", "-s", "-j%d" % jobs, "BUILD=" + build, "all",
                           "test-programs"], cwd=tree, capture_output=True, timeout=900)
    if made.returncode:
        return None
    for name in TESTS:
        done = subprocess.run(["sh", "tests/run.sh", name], cwd=tree, capture_output=True,
                              env=dict(os.environ, BUILD=build), timeout=900)
        if done.returncode:
            return True
    return False


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--files", nargs="*", default=FILES)
    given = options.parse_args()
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    work = tempfile.mkdtemp(prefix="headroom-mutate-")
    tree = os.path.join(work, "tree")
    subprocess.run(["git", "clone", "-q", root, tree], check=True)
    pool = []
    for pattern in given.files:
        for path in sorted(glob.glob(os.path.join(tree, pattern))):
            with open(path) as file:
                pool += [(path,) + flip for flip in candidates(path, file.read())]
    picked = random.Random(given.seed).sample(pool, min(given.count, len(pool)))
    print("seed %d: %d of %d possible mutants" % (given.seed, len(picked), len(pool)))
    survivors, judged = [], 0
    try:
        if is_caught(tree, "build", given.jobs) is not False:
            print("the tests fail without a mutant: nothing can be said")
            return 1
        for number, (path, offset, old, new) in enumerate(picked, 1):
            with open(path) as file:
                text = file.read()
            with open(path, "w") as file:
                file.write(text[:offset] + new + text[offset + len(old):])
            try:
                caught = is_caught(tree, "build", given.jobs)
            except subprocess.TimeoutExpired:
                caught = True
            with open(path, "w") as file:
                file.write(text)
            judged += caught is not None
            if caught is False:
                survivors.append("%s:%d: %s -> %s" % (os.path.relpath(path, tree),
                                                     text.count("\n", 0, offset) + 1,
                                                     old.strip(), new.strip()))
                print("SURVIVED %s" % survivors[-1], flush=True)
            if number % 10 == 0:
                print("%d of %d, %d survived" % (number, len(picked), len(survivors)),
                      flush=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    share = 100 * (1 - len(survivors) / max(1, judged))
    print("%.1f %% of %d mutants caught, %d more did not build" % (
        share, judged, len(picked) - judged))
    return 0 if share >= 95 else 1


if __name__ == "__main__":
    sys.exit(main())
