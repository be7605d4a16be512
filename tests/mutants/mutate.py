"""The one mechanism of the deliberate faults (T00): text edits on copies of the sources.

    mutate.py tree TARGET...   the RUNTIME rows in a copy of the tree below BUILD/mutants,
                                built into BUILD/mutants
    mutate.py unit TEST...     the UNIT rows of those unit tests (of all without a name)
    mutate.py check            that each row still fits its source
"""
import fcntl
import glob
import os
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import table
from requirement_rows import PLAN_ROWS, ROWS
import simulator_rows

TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.path.join(TOP, os.environ.get("BUILD", "build")))
FOLDERS = ("common", "schema", "probes", "store", "collectord", "analyze", "tests")


def edited(text, old, new, where):
    if text.count(old) != 1:
        raise ValueError("%s: the text of the row stands there %d times, expected once"
                         % (where, text.count(old)))
    return text.replace(old, new)


def write_changed(path, data):
    """Leaves a file with the same bytes alone, so that make does not build it again."""
    if os.path.exists(path) and open(path, "rb").read() == data:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)


def mutated_sources():
    """File name to its text with every RUNTIME row in it."""
    texts = {}
    for name, path, old, new in table.RUNTIME:
        if path not in texts:
            texts[path] = open(os.path.join(TOP, path)).read()
        texts[path] = edited(texts[path], old, new, "%s in %s" % (name, path))
    return texts


def copy_tree(target):
    texts = mutated_sources()
    kept = set()
    for folder in FOLDERS:
        for where, _, files in os.walk(os.path.join(TOP, folder)):
            for name in files:
                path = os.path.relpath(os.path.join(where, name), TOP)
                if name.endswith((".pyc",)) or os.path.islink(os.path.join(TOP, path)):
                    continue
                if path.startswith("tests/") and not name.endswith((".c", ".h")):
                    continue
                data = texts[path].encode() if path in texts else \
                    open(os.path.join(TOP, path), "rb").read()
                write_changed(os.path.join(target, path), data)
                kept.add(path)
    write_changed(os.path.join(target, "Makefile"),
                  open(os.path.join(TOP, "Makefile"), "rb").read())
    for where, _, files in os.walk(target):
        for name in files:
            path = os.path.relpath(os.path.join(where, name), target)
            if path not in kept and path != "Makefile":
                os.remove(os.path.join(target, path))


def build_tree(programs):
    """The folder with those programs, each with all RUNTIME faults, or None."""
    folder = os.path.join(BUILD, "mutants")
    source = os.path.join(folder, "source")
    os.makedirs(folder, exist_ok=True)
    lock = open(os.path.join(folder, "lock"), "w")  # two tests may want programs at once
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        copy_tree(source)
    except ValueError as problem:
        print("# mutants: %s" % problem, flush=True)
        return None
    done = subprocess.run(
        ["make", "-s", "-C", source, "BUILD=" + folder, "CI=", "SANITIZE=",
         "CPPFLAGS=-include " + os.path.join(HERE, "mutant.h")] +
        [os.path.join(folder, name) for name in programs],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    if done.returncode != 0:
        print("# mutants: " + done.stdout[-500:], flush=True)
        return None
    return folder


def make_says(name):
    return shlex.split(subprocess.run(
        ["make", "-s", "-C", TOP, "BUILD=" + BUILD, "SANITIZE=" + os.environ.get("SANITIZE", ""),
         "CI=", "print-" + name], stdout=subprocess.PIPE, universal_newlines=True).stdout)


def link_and_run(test, source, flags, work):
    """The unit test with `source` in the place of the archive's own member: what it said,
    or None where it passed."""
    program = os.path.join(work, "mutant")
    objects = [os.path.join(BUILD, "obj", path[:-2] + ".o") for path in flags["support"]]
    found = [path for path in flags["tests"]
             if os.path.basename(path) == "test_%s.c" % test]
    parts = glob.glob(os.path.join(TOP, os.path.dirname(found[0]), test + "_*.c"))
    objects += [os.path.join(BUILD, "obj", path[:-2] + ".o")
                for path in found[:1] + sorted(os.path.relpath(part, TOP) for part in parts)]
    made = subprocess.run(
        flags["cc"] + flags["compile"] + flags["cflags"] + [source] + objects +
        flags["ldflags"] + ["-o", program, "-Wl,--start-group"] + flags["archives"] +
        ["-Wl,--end-group"] + flags["libs"] + ["-lm"],
        cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    if made.returncode != 0:
        raise ValueError("does not build: " + made.stdout.strip()[-300:].replace("\n", " / "))
    try:
        return None if subprocess.run(
            [program], cwd=TOP, env=dict(os.environ, HEADROOM_HISTORIES="20000"),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=120).returncode == 0 else "fails"
    except subprocess.TimeoutExpired:
        return "does not end"


def unit(wanted):
    flags = {"cc": make_says("CC"), "compile": make_says("ALL_CPPFLAGS"),
             "cflags": make_says("ALL_CFLAGS"), "ldflags": make_says("ALL_LDFLAGS"),
             "libs": make_says("LIBS_tests"), "archives": make_says("TEST_ARCHIVES"),
             "tests": make_says("TEST_SOURCES"), "support": make_says("TEST_SUPPORT")}
    bad = 0
    for test, name, path, old, new in table.UNIT + simulator_rows.UNIT:
        if wanted and test not in wanted:
            continue
        with tempfile.TemporaryDirectory(prefix="mutant.") as work:
            source = os.path.join(work, os.path.basename(path))
            try:
                text = open(os.path.join(TOP, path)).read()
                with open(source, "w") as out:
                    out.write(edited(text, old, new, path))
                caught = link_and_run(test, source, flags, work)
                why = "" if caught else "it was not noticed by test_" + test
            except (ValueError, OSError) as problem:
                why = str(problem)
        print("ok T00 %s: %s" % (test, name) if not why
              else "FAIL T00 %s: %s: %s" % (test, name, why), flush=True)
        bad += bool(why)
    return 1 if bad else 0


def check():
    bad = 0
    rows = table.UNIT + simulator_rows.UNIT + [(row[2], row[1]) + row[3:]
                                               for row in ROWS + PLAN_ROWS]
    for test, name, path, old, new in rows:
        try:
            edited(open(os.path.join(TOP, path)).read(), old, new, path)
        except (ValueError, OSError) as problem:
            print("FAIL T00 %s: %s: %s" % (test, name, problem))
            bad = 1
    try:
        mutated_sources()
    except (ValueError, OSError) as problem:
        print("FAIL T00 %s" % problem)
        bad = 1
    if not bad:
        print("ok T00 all %d rows fit their sources" % (len(rows) + len(table.RUNTIME)))
    return bad


if __name__ == "__main__":
    if sys.argv[1:2] == ["tree"]:
        sys.exit(0 if build_tree(sys.argv[2:]) else 1)
    elif sys.argv[1:2] == ["unit"]:
        sys.exit(unit(sys.argv[2:]))
    elif sys.argv[1:2] == ["check"]:
        sys.exit(check())
    sys.exit(__doc__)
