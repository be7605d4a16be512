"""The branches of the code that must not fail, and which of them no test passes through.

    coverage.py run           the unit programs of store, collectord and common and the system
                              tests of SYSTEM below, then the table (make coverage)
    coverage.py table         the table of what was counted so far
    coverage.py uncovered     each branch that was never taken, as FILE:LINE text, with its reason, as
                              it was read in the code (coverage_reasons.py)

A branch is one of the two ways out of one condition, as gcov counts them at -O0.  Counted is
what ends in an orderly way: not a process that was killed, nor one that may not write (a
confined child).  Who is measured is in GROUPS; at least LEAST of each is asked for.
"""
import glob
import json
import os
import re
import subprocess
import sys

import coverage_reasons

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
BUILD = os.path.abspath(os.path.join(TOP, os.environ.get("BUILD", "build/coverage")))
LEAST = 90.0
ALERTS = r"collectord/recorder/(alert|alerts_record|recorder_alert|deliver_text|recorder_deliver)\.c"
GROUPS = [("store", re.compile(r"store/")),
          ("common/rate", re.compile(r"common/rate\.c")),
          ("alerts of collectord", re.compile(ALERTS)),
          ("recovery of collectord", re.compile(
              r"collectord/(recorder|writer)/|collectord/link/(staging|ring|record)"))]
UNIT = ["test_" + name for name in (
    "alert alert_blob alert_space alerts_whole deliver_text disk_days layout ring settings staging "
    "subjects supervise grid rate excursion header_copies row_sums series_store store store_changes "
    "store_damage store_faults store_names store_refusals flush_answer recorder_take recorder_turn "
    "each_fault beneath").split()]
SYSTEM = ("recorder_life recorder_ends recorder_hangs alerts t04_kill t05_power_cut t06_full_disk t14_locks "
          "t17_damage hostile_store import_faults import_store upgrade monitor saying "
          "store_stock t02_churn watch inventory assess analyze_cli runtime_folder").split()
# then each place that makes a call or allocates fails once: (script, kind)
PLACES = [("syscalls.py", "call"), ("syscalls.py", "memory"), ("calls.py", "call"),
          ("calls.py", "memory"), ("calls.py", "verbs")]


NOT_LOOKED_AT = "not looked at"
# what is so everywhere; the rest stands in coverage_reasons.py, file by file
EVERYWHERE = [(re.compile(pattern), reason) for pattern, reason in (
    (r"assert\(", "cannot be: an assertion"),
    (r"\b(length|rest|root) (<|>) 0", "cannot be: printf refuses no text of ours"))]


def reason_of(path, text):
    for part, reason in coverage_reasons.REASONS.get(path, ()):
        if part in text:
            return reason
    return next((reason for pattern, reason in EVERYWHERE if pattern.search(text)),
                NOT_LOOKED_AT)


def group_of(path):
    return next((name for name, pattern in GROUPS if pattern.match(path)), None)


def run_tests():
    wanted = os.environ.get("COVERAGE_TESTS", "").split() or UNIT + SYSTEM
    subprocess.run(["sh", os.path.join(HERE, "run.sh"), *wanted], check=False, cwd=TOP,
                   env=dict(os.environ, BUILD=BUILD, JOBS=os.environ.get("JOBS", "2"),
                            HEADROOM_EACH_FAULT="1"))


def run_places():
    seconds = os.environ.get("COVERAGE_SECONDS", "1200")  # each at most
    for script, kind in PLACES:
        subprocess.run([sys.executable, os.path.join(HERE, "faults", script), "1", seconds, kind],
                       check=False, env=dict(os.environ, BUILD=BUILD, FAULTS_PLACES="1"))


def read_object(notes):
    """What gcov tells of one object: lines with their branches, as (path, [line])."""
    done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", notes],
                          cwd=TOP, capture_output=True, check=False)
    for text in done.stdout.decode().splitlines():
        if text.startswith("{"):
            for file in json.loads(text)["files"]:
                yield file["file"], file["lines"]


def read_all():
    """path -> line -> [number of times that each branch there was taken]; and the lines"""
    branches, lines = {}, {}
    for notes in sorted(glob.glob(os.path.join(BUILD, "obj/*/**/*.gcno"), recursive=True)):
        source = os.path.relpath(notes, os.path.join(BUILD, "obj"))[:-5] + ".c"
        if not group_of(source):
            continue
        for path, found in read_object(notes):
            if path != source:
                continue
            for line in found:
                lines.setdefault(path, {})[line["line_number"]] = line["count"]
                branches.setdefault(path, {}).setdefault(line["line_number"], []).extend(
                    branch["count"] for branch in line["branches"])
    return branches, lines


def share(taken, total):
    return 100.0 * taken / total if total else 100.0


def print_table(branches, lines):
    sums = {}
    print("| file | lines | branches | never taken |\n|---|---|---|---|")
    for path in sorted(branches):
        counts = [c for line in branches[path].values() for c in line]
        row = (sum(c > 0 for c in counts), len(counts),
               sum(c > 0 for c in lines[path].values()), len(lines[path]))
        group = sums.setdefault(group_of(path), [0, 0, 0, 0])
        for i, number in enumerate(row):
            group[i] += number
        print("| %s | %.1f %% | %.1f %% | %d of %d |" % (
            path, share(row[2], row[3]), share(row[0], row[1]), row[1] - row[0], row[1]))
    print()
    for name, _ in GROUPS:
        taken, total, met, all_lines = sums.get(name, [0, 0, 0, 0])
        is_enough = total and share(taken, total) >= LEAST
        print("%s coverage of %s: %.1f %% of %d branches, %.1f %% of %d lines%s" % (
            "ok" if is_enough else "FAIL", name, share(taken, total), total,
            share(met, all_lines), all_lines,
            "" if is_enough else ": at least %.0f %% of the branches" % LEAST))
    return all(share(*sums.get(name, [0, 1])[:2]) >= LEAST for name, _ in GROUPS)


def print_uncovered(branches):
    """Each with its reason, then how many of each reason there are in each group."""
    sums = {}
    for path in sorted(branches):
        with open(os.path.join(TOP, path), encoding="utf-8") as source:
            text = source.read().splitlines()
        for number, counts in sorted(branches[path].items()):
            never = sum(c == 0 for c in counts)
            if not never:
                continue
            line = text[number - 1].strip() if number <= len(text) else "(changed since)"
            key = (group_of(path), reason_of(path, line))
            sums[key] = sums.get(key, 0) + never
            print("%s:%d %d of %d: %s [%s]" % (path, number, never, len(counts), line, key[1]))
    for (group, reason), count in sorted(sums.items(), key=lambda item: (item[0][0], -item[1])):
        print("# %s: %d %s" % (group, count, reason))


def main(words):
    if words == ["run"]:
        run_tests()
        if not os.environ.get("COVERAGE_TESTS"):
            run_places()
    branches, lines = read_all()
    if words == ["uncovered"]:
        print_uncovered(branches)
        return 0
    return 0 if print_table(branches, lines) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
