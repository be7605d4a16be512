#!/usr/bin/env python3
"""Takes out of the code what a requirement asks for, one at a time, and sees the test fail that
names it (tests/mutants/requirement_rows.py).

    requirement_mutants.py [ID...]   one line for each; a minute of CPU or two for all

A command of its own: it copies the committed tree and builds what each row touches anew."""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "../mutants"))
from mutate import edited  # noqa: E402
from requirement_rows import PLAN_ROWS, ROWS  # noqa: E402

MOST_S = 600


def run(top, *words):
    return subprocess.run(words, cwd=top, stdin=subprocess.DEVNULL, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=MOST_S,
                          env=dict(os.environ, BUILD="build", PYTHONDONTWRITEBYTECODE="1",
                                   CMOCKA_MESSAGE_OUTPUT="TAP"), check=False)


def build(top, test):
    targets = ["all"] if "." in test else ["build/tests/" + test]
    cc = ("ccache " if shutil.which("ccache") else "") + os.environ.get("CC", "gcc")
    return run(top, "make", "-s", "-j2", "BUILD=build", "CC=" + cc, *targets)


def failures(top, test):
    """The lines of the checks that fail, "" of one that says nothing."""
    if "." in test:
        done = run(top, sys.executable, "tests/system/" + test)
    else:
        done = run(top, "build/tests/" + test)
    lines = [line for line in done.stdout.splitlines()
             if line.startswith(("FAIL ", "not ok ")) and "# SKIP" not in line]
    return lines or ([""] if done.returncode else [])


def judge(top, row, sound):
    name, what, test, path, old, new = row
    whole_path = os.path.join(top, path)
    with open(whole_path) as file:
        whole = file.read()
    if test not in sound:
        made = build(top, test)
        if made.returncode:
            return "does not build without the mutant: " + made.stdout[-300:]
        sound[test] = not failures(top, test)
    if not sound[test]:
        return test + " fails without the mutant"
    try:
        with open(whole_path, "w") as file:
            file.write(edited(whole, old, new, path))
        made = build(top, test)
        if made.returncode:
            return "the mutant does not build: " + made.stdout[-300:]
        failed = failures(top, test)
    finally:
        with open(whole_path, "w") as file:
            file.write(whole)
    if not failed:
        return "%s does not notice: %s" % (test, what)
    # a unit test's name says what is wrong; a script's check names the id
    if "." in test and not any(name in line for line in failed):
        return "%s fails, but no check that names the id: %s" % (test, failed[0][:200])
    return ""


def main():
    bad, sound = 0, {}
    top = tempfile.mkdtemp(prefix="headroom-rows-", dir="/dev/shm" if os.path.isdir(
        "/dev/shm") else None)
    try:
        subprocess.run(["git", "clone", "-q", ROOT, top + "/tree"], check=True)
        for row in ROWS + PLAN_ROWS:
            if not sys.argv[1:] or row[0] in sys.argv[1:]:
                why = judge(top + "/tree", row, sound)
                bad += bool(why)
                print("%s %s: %s%s" % ("FAIL" if why else "ok", row[0], row[1],
                                       ": " + why if why else ""), flush=True)
    finally:
        shutil.rmtree(top)
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
