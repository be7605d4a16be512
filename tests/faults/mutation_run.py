#!/usr/bin/env python3
"""Flips one constant, comparison, operator or field at a time in what decides, plans and
reports, and says which flips no test notices.

    python3 tests/faults/mutation_run.py [--count 500] [--seed 1] [--files PATTERN...]
                [--results FILE] [--quick] [--again] [--list]

A command of its own, not part of `make check`: 500 mutants take hours.  The committed tree
is copied and built once; each mutant is put into the copy, what it touches is built again,
and the tests of its file (TESTS below) run until the first check that fails.  A mutant that
makes a test fail or never end is caught; one that does not build counts for nothing, the
compiler caught it.

The sample follows from the seed and stands in --results, where each judgement is a line; a run
that is begun again with the same file goes on where it was.  --quick leaves out the scripts but the
quickest one; --again judges the survivors of that file once more by all of them, or after
tests were written.  What cannot be noticed because nothing that a
test could see is different stands with its reason in mutation_equivalents.txt; it is left
out of the count.  Exit 0 when at least 95 % of those that build are caught.
"""
import argparse
import fnmatch
import glob
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EQUIVALENTS = os.path.join(HERE, "mutation_equivalents.txt")
FILES = ["analyze/plan/*.c", "analyze/report/*.c", "analyze/assess/*.c",
         "schema/rule.c", "schema/condition.c", "schema/check.c", "schema/finding.c",
         "schema/profile.c", "schema/rules/*.json"]
BUILD_S, TEST_S, GOAL = 600, 300, 95
PLAN = ["test_plan", "test_plan_units", "test_plan_constraints", "test_plan_rules",
        "test_plan_hosts", "test_plan_notes", "test_hosts", "test_timeline",
        "test_backtest"]
ASSESS = ["test_assess", "test_golden", "test_requirement", "test_sufficiency"]
RULES = ["test_rules", "test_file_fields", "test_profile_base", "test_library"]

WHOLE = "whole_documents.py"

# The first pattern that fits a file: programs and scripts of its tests, the quick ones first.
TESTS = [
    ("analyze/plan/*", PLAN + [WHOLE, "deciding.py", "plan.py"]),
    ("analyze/assess/*", ASSESS + [WHOLE, "deciding.py", "assess.py", "verdict_own.py",
                                   "explain_memory.py", "analyze_cli.sh"]),
    ("analyze/report/compare*", [WHOLE, "compare.py"]),
    ("analyze/report/handover*", [WHOLE, "report.py"]),
    ("analyze/report/plan_page.c", [WHOLE, "deciding.py", "plan.py"]),
    ("analyze/report/verdict_page.c", [WHOLE, "deciding.py", "assess.py"]),
    ("analyze/report/*_page.c", [WHOLE, "analyze_cli.sh", "assess.py"]),
    ("analyze/report/plan*", PLAN[:2] + [WHOLE, "deciding.py", "plan.py"]),
    ("analyze/report/kept*", [WHOLE, "deciding.py"]),
    ("analyze/report/backtest*", [WHOLE, "plan.py", "analyze_cli.sh"]),
    ("analyze/report/pack*", [WHOLE, "pack.py"]),
    ("analyze/report/waves*", ["test_waves", WHOLE, "waves.sh", "waves_plan.py"]),
    ("analyze/report/moves*", ["test_moves", WHOLE, "plan.py"]),
    ("analyze/report/runbook*", ["runbook.py"]),
    ("analyze/report/validate*", [WHOLE, "validate.py"]),
    ("analyze/report/targets*", [WHOLE, "report.py"]),
    ("analyze/report/graph*", ["report.py"]),
    ("analyze/report/inventory*", [WHOLE, "inventory.py", "machine.py"]),
    ("analyze/report/import*", [WHOLE, "import_outcomes.py", "import_remarks.py",
                                "import_store.py"]),
    ("analyze/report/*", [WHOLE, "analyze_cli.sh", "deciding.py", "assess.py"]),
    ("schema/*", RULES + ["test_assess", WHOLE, "deciding.py", "assess.py"]),
]

SWAPS = [("<=", "<"), (">=", ">"), (" < ", " <= "), (" > ", " >= "), ("==", "!="),
         ("!=", "=="), (" + ", " - "), (" - ", " + "), (" * ", " / "), (" += ", " -= "),
         (" && ", " || "), (" || ", " && "), ("fmax(", "fmin("), ("fmin(", "fmax("),
         ("ceil(", "floor(")]
WORDS = [("true", "false"), ("false", "true"), ("RESOURCE_MEMORY", "RESOURCE_CPU"),
         ("RESOURCE_CPU", "RESOURCE_MEMORY"), ("PLAN_CPU", "PLAN_MEMORY"),
         ("PLAN_MEMORY", "PLAN_CPU")]
JSON_WORDS = [("greater", "less"), ("at_least", "greater"), ("at_most", "less"),
              ("less", "greater"), ("disqualify", "review"), ("review", "note"),
              ("all", "any"), ("any", "all"), ("equals", "not")]
NUMBER = re.compile(r"(?<![\w.\"'%])(\d+(?:\.\d+)?)(?![\w.\"'])")
JSON_NUMBER = re.compile(r"(?<=[:\[,] )(\d+(?:\.\d+)?)(?=[\s,}\]])")
FIELD = re.compile(r"\b(\w+)(->|\.)([a-z]\w*)\b(?!\()")
# sizes of room: more of it changes nothing that is meant
ROOM = re.compile(r"char \w+\[|_MAX\b|_BYTES\b|sizeof|^\s+\w+ \w+\[\d+\];")


# the place of a column that people do not see: key, no title, flags, place
UNSEEN_PLACE = re.compile(r'\s*\{ "[^"]*", NULL, [^,]+, (\d+), ')


def blank_texts(code):
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda m: '"' + "_" * (len(m[0]) - 2) + '"', code)


def more(number):
    return "1" if number == "0" else "%g" % (float(number) + 1)


def flips_of_json(line):
    for old, new in JSON_WORDS:
        for hit in re.finditer('"%s"' % old, line):
            yield hit.start(), hit[0], '"%s"' % new
    for hit in JSON_NUMBER.finditer(line):
        yield hit.start(1), hit[1], more(hit[1])


def flips_of_c(line, siblings):
    code = blank_texts(line.split("/*")[0].split("//")[0])
    for old, new in SWAPS:
        for hit in re.finditer(re.escape(old), code):
            # of "<=" and "==" neither a shift nor an arrow
            if old not in ("<=", ">=") or code[hit.start() - 1] not in "<>-":
                yield hit.start(), old, new
    for old, new in WORDS:
        for hit in re.finditer(r"\b%s\b" % old, code):
            yield hit.start(), old, new
    unseen = UNSEEN_PLACE.match(code)
    if not ROOM.search(code):
        for hit in NUMBER.finditer(code):
            if not unseen or unseen.start(1) != hit.start(1):
                yield hit.start(1), hit[1], more(hit[1])
    for hit in FIELD.finditer(code):
        others = sorted(siblings.get(hit[1], set()) - {hit[3]})
        if others:  # one of them, the same in each run
            yield hit.start(3), hit[3], others[len(hit[3]) % len(others)]


def candidates(path, text):
    """(line number, column, old, new) of every flip in a file; no comments, no texts."""
    siblings = {}
    if not path.endswith(".json"):
        for hit in FIELD.finditer(blank_texts(text)):
            siblings.setdefault(hit[1], set()).add(hit[3])
    in_comment = False
    for number, line in enumerate(text.splitlines(), 1):
        if path.endswith(".json"):
            for flip in flips_of_json(line):
                yield (number,) + flip
            continue
        is_code = not in_comment and not line.lstrip().startswith(("#", "*", "/*"))
        in_comment = ("/*" in line or in_comment) and "*/" not in line
        if is_code:
            for flip in flips_of_c(line, siblings):
                yield (number,) + flip


def pool_of(tree, patterns):
    for pattern in patterns:
        for path in sorted(glob.glob(os.path.join(tree, pattern))):
            name = os.path.relpath(path, tree)
            with open(path) as file:
                text = file.read()
            lines = [line.strip() for line in text.splitlines()]
            for number, column, old, new in candidates(name, text):
                line = lines[number - 1]
                yield {"file": name, "line": number, "column": column, "old": old,
                       "new": new, "text": line, "nth": lines[:number].count(line)}


def key_of(mutant):
    return tuple(mutant[name] for name in ("file", "text", "nth", "column", "old", "new"))


def told(mutant):
    return "%s:%d: %s -> %s   %s" % (mutant["file"], mutant["line"], mutant["old"].strip(),
                                     mutant["new"].strip(), mutant["text"])


class Tree:
    """A copy of the committed tree, built; one mutant at a time stands in it."""

    def __init__(self, work, is_quick):
        self.is_quick = is_quick
        self.top = os.path.join(work, "tree")
        self.scratch = os.path.join(work, "scratch")
        self.sound, self.left_out = set(), set()
        subprocess.run(["git", "clone", "-q", ROOT, self.top], check=True)
        self.make = ["make", "-s", "BUILD=build", "HARDENING=-O1 -fPIE", "CFLAGS=-g0 -w"]
        cc = os.environ.get("CC", "gcc")
        if shutil.which("ld.lld"):
            cc += " -fuse-ld=lld"
        self.make.append("CC=" + ("ccache " if shutil.which("ccache") else "") + cc)
        self.environment = dict(os.environ, BUILD="build", LC_ALL="C.UTF-8",
                                CMOCKA_MESSAGE_OUTPUT="TAP", TMPDIR=self.scratch,
                                PYTHONDONTWRITEBYTECODE="1", PYTHON=sys.executable)
        self.environment["HEADROOM_WHOLE_STORE"] = os.path.join(work, "estate")
        for name in ("HEADROOM_DATA", "HEADROOM_CONFIG_DIR"):
            self.environment.pop(name, None)

    def build(self, tests, most_s=BUILD_S, also=()):
        programs = ["build/tests/" + t for t in tests if "." not in t]
        made = subprocess.run(self.make + ["build/analyze", "build/headroom-solver"]
                              + programs + list(also), cwd=self.top, capture_output=True,
                              timeout=most_s, start_new_session=True)
        return made.returncode == 0

    def fails(self, test):
        """Whether a check of a test fails, or it takes too long: ended at the first."""
        command = ["build/tests/" + test] if "." not in test else \
            [sys.executable if test.endswith(".py") else "sh", "tests/system/" + test]
        shutil.rmtree(self.scratch, ignore_errors=True)
        os.mkdir(self.scratch)
        run = subprocess.Popen(command, cwd=self.top, env=self.environment, text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, start_new_session=True,
                               errors="replace")
        late = threading.Timer(TEST_S, lambda: os.killpg(run.pid, signal.SIGKILL))
        late.start()
        why = ""
        for line in run.stdout:
            if line.startswith(("FAIL ", "not ok ")) and "# SKIP" not in line:
                why = line.strip()
                break
        try:
            os.killpg(run.pid, signal.SIGKILL) if why else None
        except ProcessLookupError:
            pass
        run.stdout.close()
        code = run.wait()
        late.cancel()
        return why or ("exit code %d" % code if code else "")

    def tests_of(self, mutant):
        tests = tests_of(mutant["file"])
        quick = [t for t in tests if "." not in t or t == WHOLE]
        return quick or tests if self.is_quick else tests

    def judge(self, mutant):
        """("caught", by what), ("survived", ""), ("unbuilt", "")"""
        while True:
            judged, test, why = self.judge_once(mutant)
            # a test that fails for the first time has to pass without the mutant
            if judged != "caught" or test in self.sound or self.is_sound(mutant, test):
                return judged, "%s: %s" % (test, why) if test else ""

    def is_sound(self, mutant, test):
        self.build(self.tests_of(mutant))
        why = self.fails(test)
        if why:
            print("%s fails here without a mutant (%s): it is left out" % (test, why),
                  flush=True)
            self.left_out.add(test)
        else:
            self.sound.add(test)
        return not why

    def judge_once(self, mutant):
        path = os.path.join(self.top, mutant["file"])
        with open(path) as file:
            whole = file.read()
        lines = whole.splitlines(True)
        line = lines[mutant["line"] - 1]
        at, old = mutant["column"], mutant["old"]
        lines[mutant["line"] - 1] = line[:at] + mutant["new"] + line[at + len(old):]
        tests = self.tests_of(mutant)
        with open(path, "w") as file:
            file.write("".join(lines))
        try:
            if not self.build(tests):
                return "unbuilt", "", ""
            for test in tests:
                why = self.fails(test) if test not in self.left_out else ""
                if why:
                    return "caught", test, why
            return "survived", "", ""
        finally:
            with open(path, "w") as file:
                file.write(whole)


def tests_of(name):
    return next(tests for pattern, tests in TESTS if fnmatch.fnmatch(name, pattern))


def read_equivalents():
    """(file, text of the line, old, new) to the reason.  A line of the file has these four
    and the reason, with a tabulator between them."""
    found = {}
    if os.path.exists(EQUIVALENTS):
        with open(EQUIVALENTS) as file:
            for line in file:
                words = line.rstrip("\n").split("\t")
                if len(words) == 5 and not line.startswith("#"):
                    found[tuple(words[:4])] = words[4]
    return found


def reason_of(mutant, equivalents):
    return equivalents.get((mutant["file"], mutant["text"], mutant["old"].strip(),
                            mutant["new"].strip()))


def read_results(path):
    found = {}
    if path and os.path.exists(path):
        with open(path) as file:
            for line in file:
                row = json.loads(line)
                found[key_of(row)] = row
    return found


def summary(rows, equivalents):
    """The table, by folder; the share of those that build and can be noticed."""
    by = {}
    for row in rows:
        if row["judged"] == "todo":
            continue
        folder = os.path.dirname(row["file"])
        kind = row["judged"]
        if kind == "survived" and reason_of(row, equivalents):
            kind = "equivalent"
        by.setdefault(folder, {}).setdefault(kind, []).append(row)
    print("\n%-20s %8s %8s %8s %10s %8s %7s" % (
        "folder", "mutants", "unbuilt", "caught", "equivalent", "survive", "%"))
    total = {}
    for folder in sorted(by) + [None]:
        kinds = total if folder is None else by[folder]
        if folder is not None:
            for kind, of in kinds.items():
                total.setdefault(kind, []).extend(of)
        n = {kind: len(kinds.get(kind, [])) for kind in (
            "unbuilt", "caught", "equivalent", "survived")}
        judged = n["caught"] + n["survived"]
        print("%-20s %8d %8d %8d %10d %8d %7.1f" % (
            folder or "all", sum(n.values()), n["unbuilt"], n["caught"], n["equivalent"],
            n["survived"], 100 * n["caught"] / max(judged, 1)))
    for row in total.get("equivalent", []):
        print("equivalent %s\n    %s" % (told(row), reason_of(row, equivalents)))
    for row in total.get("survived", []):
        print("SURVIVED %s" % told(row))
    caught, left = len(total.get("caught", [])), len(total.get("survived", []))
    return 100 * caught / max(caught + left, 1)


def begin(picked, results, path):
    """The sample is written down: with the sources it would become another one."""
    with open(path or os.devnull, "a") as out:
        for mutant in picked:
            results[key_of(mutant)] = dict(mutant, judged="todo", by="")
            print(json.dumps(results[key_of(mutant)]), file=out)


def run(tree, picked, results, path):
    tests = sorted({t for m in picked for t in tests_of(m["file"])})
    # the daemon's programs, which some scripts need, do not change with a mutant
    if not tree.build(tests, None, ["all"]):
        sys.exit("the tree does not build without a mutant: nothing can be said")
    with open(path or os.devnull, "a") as out:
        for number, mutant in enumerate(picked, 1):
            try:
                judged, by = tree.judge(mutant)
            except subprocess.TimeoutExpired:
                judged, by = "caught", "the build never ends"
            row = dict(mutant, judged=judged, by=by)
            results[key_of(mutant)] = row
            print(json.dumps(row), file=out, flush=True)
            print("%d of %d %s %s %s" % (number, len(picked), judged, told(mutant),
                                         "(%s)" % by[:80] if by else ""), flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__,
                                      formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--count", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--files", nargs="*", default=FILES)
    options.add_argument("--results")
    options.add_argument("--quick", action="store_true")
    options.add_argument("--again", action="store_true")
    options.add_argument("--list", action="store_true", help="the table alone")
    given = options.parse_args()
    results, equivalents = read_results(given.results), read_equivalents()
    if given.list:
        return 0 if summary(results.values(), equivalents) >= GOAL else 1
    work = tempfile.mkdtemp(prefix="headroom-mutate-")
    try:
        tree = Tree(work, given.quick)
        pool = list(pool_of(tree.top, given.files))
        if not results:
            begin(random.Random(given.seed).sample(pool, min(given.count, len(pool))),
                  results, given.results)
        print("seed %d: %d of %d possible mutants" % (given.seed, len(results), len(pool)))
        wanted = "survived" if given.again else "todo"
        picked = [m for m in pool if results.get(key_of(m), {}).get("judged") == wanted
                  and not reason_of(m, equivalents)]
        random.Random(given.seed).shuffle(picked)
        print("%d of them are to be judged" % len(picked), flush=True)
        run(tree, picked, results, given.results)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0 if summary(results.values(), equivalents) >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
