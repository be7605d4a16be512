"""T00 for the tests of worlds: clocks, kernels, processors, names, hung sources, locks,
weeks and churn, each against programs with one deliberate fault (tests/mutants).

    world_mutants.py            all of them
    world_mutants.py --cheap    those that take seconds
    world_mutants.py NAME...    these
"""
import os
import re
import subprocess
import sys

from harness import BUILD, TOP, build_mutants, check, fail, finish

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT = os.path.join(BUILD, "mutants")
PROGRAMS = ["collectord", "collectord-recorder", "collectord-writer", "collectord-helper",
            "collectord-notifier", "analyze", "tests/tools/read_root",
            "tests/tools/ring_reader", "tests/tools/feed", "tests/tools/feed_verify",
            "tests/test_staging"]


def python(text):
    return [sys.executable, "-c", "import sys; sys.path.insert(0, %r)\n%s" % (HERE, text)]


def clocks(name):
    return python("import clocks\nrow = next(r for r in clocks.FIXED if %r in r[0])\n"
                  "p, w, f = clocks.fixed(*row)\nw.remove()\n"
                  "clocks.check(row[0], not p, '; '.join(p))" % name)


SCRIPT = [sys.executable, os.path.join(TOP, "tests/system/%s")]
# mutant, test, cheap?, command, what its report must say
MUTANTS = [
    ("clock-believed", "T10", True, clocks("ten years ahead for a minute"),
     "destroyed|from the truth"),
    ("held-forgotten", "T10", True, clocks("ten years ahead for a minute"), "ticks of"),
    ("sleep-unseen", "T12", True, clocks("asleep for three hours"), "tells of the sleep"),
    ("gap-bridged", "T13", True, clocks("not scheduled for 25 s"), "stored twice|points stored"),
    ("lock-passed-over", "T14", True,
     python("import sys, locks\nsys.argv[1:] = ['1']\nlocks.main()"), "RRD's lock"),
    ("scan-once", "the test of staging", True, [os.path.join(BUILT, "tests/test_staging")],
     "FAILED.*frames_written_during"),
    ("no-deadline", "T30", False,
     [SCRIPT[0], SCRIPT[1] % "t30_hung_sources.py", "alone", "stopped_daemon"],
     "one daemon is stopped"),
    ("kb-is-1000", "T40", True,
     python("import kernels\nn = kernels.corpus(0)\n"
            "kernels.check('T40', not n[3], n[3][:2])"), "MEMORY_TOTAL_BYTES"),
    ("cores-online", "T41", True,
     python("import hotplug\np, w = hotplug.made_up(30)\nw.remove()\n"
            "hotplug.check('T41', not p, '; '.join(p))"), "sums are wrong"),
    ("json-as-it-is", "T61", False, [sys.executable, os.path.join(HERE, "hostile.py")],
     "webhook"),
    ("leak-per-name", "T02", False, [SCRIPT[0], SCRIPT[1] % "t02_churn.py"],
     "names cost no memory"),
    ("leak-per-batch", "the weeks", False, python("import weeks; weeks.weeks(7)"),
     "flat memory"),
    ("tick-twice", "the weeks", False, python("import weeks; weeks.weeks(1)"),
     "no stored slot is wrong"),
]


def main():
    is_cheap = "--cheap" in sys.argv[1:]
    wanted = [word for word in sys.argv[1:] if word[0] != "-"]
    if not build_mutants(PROGRAMS):
        fail("T00 mutants of worlds", "they cannot be built")
        finish()
    for mutant, test, cheap, command, report in MUTANTS:
        if (is_cheap and not cheap) or (wanted and mutant not in wanted):
            continue
        text = ""
        for turn in range(3):  # a fault that needs luck gets more than one chance
            env = dict(os.environ, BUILD=os.path.relpath(BUILT, TOP), HEADROOM_MUTANT=mutant,
                       T02_TICKS="1000")
            try:
                done = subprocess.run(command, cwd=TOP, env=env, timeout=300,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                text = done.stdout.decode("utf-8", "replace")
            except subprocess.TimeoutExpired:
                text = "it took too long"
            wrong = [line for line in text.splitlines()
                     if "FAIL" in line and re.search(report, line)]
            if wrong:
                break
        check("T00 mutant %s is caught by %s" % (mutant, test), wrong,
              "nothing was noticed: " + text[-300:])
    finish()


if __name__ == "__main__":
    main()
