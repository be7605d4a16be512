#!/usr/bin/env python3
"""`analyze pack` from outside: formats, malformed input, solvers that fail, Ctrl-C."""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
sys.path.insert(0, os.path.join(HERE, "..", "bench"))
import check_packing  # noqa: E402
import core_clock  # noqa: E402
import generate_packing  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
ANALYZE = os.path.join(BUILD, "analyze")
failures = 0


def report(name, wrong):
    global failures
    if wrong:
        failures += 1
        print("FAIL %s: %s" % (name, wrong), flush=True)
    else:
        print("ok %s" % name, flush=True)


def pack(path, *options, program=ANALYZE):
    done = subprocess.run([program, "pack", path, "--json"] + list(options),
                          capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        return None, done.stderr.strip()
    return json.loads(done.stdout), done.stderr.strip()


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as out:
        out.write(text)
    return path


def checked(path, answer, peak=False):
    """What is wrong with a packed answer, in a line; empty: nothing."""
    if answer is None:
        return "no answer"
    if answer["schema"] != "headroom/pack/1" or answer["status"] != "packed":
        return "status %s" % answer["status"]
    return "; ".join(check_packing.check(check_packing.read(path, peak), answer))


# ---- formats ------------------------------------------------------------------------

def temporal(rng, n):
    lines = ["%d 100 0 0" % n]
    for i in range(n):
        start = rng.randint(0, 50)
        lines.append("%d %d %d %d" % (i, start, start + rng.randint(1, 20),
                                      rng.randint(5, 60)))
    return "\n".join(lines) + "\n"


def series(rng, n):
    lines = ["TS1", "dims 2 cpu mem", "slots 12 interval_s 300", "hosttypes 1",
             "H 50 3 1000 800", "workloads %d" % n]
    for i in range(n):
        phase = rng.randint(0, 11)
        lines.append("w%d" % i)
        lines.append(" ".join(str(rng.randint(10, 60) + (300 if (s + phase) % 12 < 3 else 0))
                              for s in range(12)))
        lines.append(" ".join(str(rng.randint(50, 90)) for _ in range(12)))
    return "\n".join(lines) + "\n"


def formats(folder):
    rng = random.Random(7)
    files = {
        "a.vbp": generate_packing.generate("ct07", 40, 5),
        "b.txt": "30\n100\n" + "".join("%d\n" % rng.randint(1, 70) for _ in range(30)),
        "c.txt": temporal(rng, 40),
        "d.txt": series(rng, 24),
        "e.cap": generate_packing.generate("side", 60, 5),
        "f.vbp": "1\n10\n2\n4 3\n3 2\n",
    }
    for name, text in files.items():
        path = write(folder, name, text)
        answer, error = pack(path, "--time-limit", "5")
        report("pack: %s is packed and passes the checker" % name,
               checked(path, answer) or error)
    for name in ("c.txt", "d.txt"):
        path = os.path.join(folder, name)
        answer, error = pack(path, "--time-limit", "5", "--demand", "peak")
        apart, _ = pack(path, "--time-limit", "5")
        wrong = checked(path, answer, True) or error
        if not wrong and answer["bins"] < apart["bins"]:
            wrong = "the sum of peaks needs fewer hosts than coincident demand"
        report("pack: %s by the sum of peaks" % name, wrong)
    answer, _ = pack(os.path.join(folder, "f.vbp"))
    report("pack: a demand of n is n items in the order of the file",
           "" if answer and len(answer["assignment"]) == 5 and answer["bins"] == 2 and
           answer["proven_optimal"] else str(answer))
    path = write(folder, "none.vbp", "2\n5 5\n0\n")
    answer, error = pack(path)
    report("pack: no items need no bin", "" if answer and answer["bins"] == 0 and
           answer["assignment"] == [] and answer["proven_optimal"] else str(answer) + error)


def not_packable(folder):
    path = write(folder, "large.vbp", "2\n10 10\n2\n3 3 1\n4 11 1\n")
    answer, _ = pack(path)
    report("pack: an item over every capacity is infeasible, and named",
           "" if answer and answer["status"] == "infeasible" and
           "item 1" in answer["reason"] and answer["assignment"] is None else str(answer))
    lines = ["CAP1", "dims 1 m", "env_separate 0", "hosttypes 1", "h 2 5 10",
             "workloads 3", "a 0 0 -1 1", "b 0 0 -1 1", "c 0 0 -1 1"]
    path = write(folder, "apart.cap", "\n".join(lines) + "\n")
    answer, _ = pack(path)
    report("pack: three apart on two hosts is infeasible",
           "" if answer and answer["status"] == "infeasible" else str(answer))


# ---- malformed ----------------------------------------------------------------------

def pinned_too_small(folder):
    """What fits nowhere else than where it may not go: which, where, what, how much."""
    lines = ["CAP1", "dims 2 m c", "env_separate 0", "hosttypes 2", "small 2 5 10 10",
             "big 2 9 20 20", "workloads 3", "a 0 -1 0 3 3", "b 0 -1 0 3 17",
             "c 0 -1 -1 15 15"]
    answer, error = pack(write(folder, "pinned.cap", "\n".join(lines) + "\n"))
    wrong = error
    if not wrong and answer["status"] != "infeasible":
        wrong = answer["status"]
    if not wrong and answer["reason"] != ("item 1 (b) is pinned to small, where c is 7 "
                                          "short: 17 needed"):
        wrong = answer["reason"]
    report("pack: a pin to a type that is too small says what is missing", wrong)


CAP = ["CAP1", "dims 2 m c", "env_separate 0", "hosttypes 2", "h 2 5 10 10",
       "g 1 7 20 20", "workloads 2", "a 0 -1 -1 1 1", "b 0 0 1 2 2"]


def changed(line, text):
    return "\n".join(CAP[:line - 1] + [text] + CAP[line:]) + "\n"


MALFORMED = [
    ("empty.vbp", "", 1, "end of the file"),
    ("word.vbp", "2\n10 x\n1\n1 1 1\n", 2, "\"x\""),
    ("short.vbp", "2\n10 10\n2\n1 1 1\n", 5, "end of the file"),
    ("more.vbp", "1\n10\n1\n1 1\n9\n", 5, "expected the end"),
    ("negative.vbp", "1\n10\n1\n-1 1\n", 4, "between 0"),
    ("zero.vbp", "1\n0\n1\n1 1\n", 2, "capacity"),
    ("huge.vbp", "1\n99999999999999999999999\n1\n1 1\n", 2, "digits"),
    ("many.vbp", "1\n10\n1\n1 99999999\n", 4, "demand"),
    ("dims.vbp", "5000\n1\n", 1, "dimensions"),
    ("float.txt", "2\n10\n1.5\n2\n", 3, "1.5"),
    ("end.txt", "1 10 0 0\n0 5 5 1\n", 2, "end"),
    ("index.txt", "2 10 0 0\n0 5 6 1\n7 5 6 1\n", 3, "index"),
    ("cost.cap", changed(5, "h 2 -5 10 10"), 5, "cost"),
    ("capacity.cap", changed(5, "h 2 5 0 10"), 5, "capacity"),
    ("twice.cap", changed(6, "h 1 7 20 20"), 6, "line 5"),
    ("pin.cap", changed(9, "b 0 0 2 2 2"), 9, "pin"),
    ("names.cap", changed(9, "a 0 0 1 2 2"), 9, "two workloads"),
    ("env.cap", changed(3, "env_separate 2"), 3, "env_separate"),
    ("key.cap", changed(4, "hosts 2"), 4, "hosttypes"),
    ("escape.cap", changed(5, "h\x1b[2J 2 5 10 10"), 5, "control character"),
    ("slots.ts", "TS1\ndims 1 c\nslots 0 interval_s 300\n", 3, "slots"),
    ("zero.ts", "TS1\ndims 1 c\nslots 1 interval_s 300\nhosttypes 1\nH 1 1 5\n"
                "workloads 1\nw\n\0\n", 8, "zero byte"),
]


def malformed(folder):
    for name, text, line, word in MALFORMED:
        path = write(folder, name, text)
        answer, error = pack(path)
        wrong = ""
        if answer is not None:
            wrong = "accepted"
        elif "%s:%d: " % (path, line) not in error or word not in error:
            wrong = error
        elif len(error.splitlines()) != 1:
            wrong = "more than a line: " + error
        report("pack: %s is refused with its line" % name, wrong)
    answer, error = pack(os.path.join(folder, "nowhere.vbp"))
    report("pack: a missing file is named", "" if answer is None and "nowhere" in error
           else error)
    answer, error = pack(write(folder, "ok.vbp", "1\n5\n1\n1 1\n"), "--demand", "never")
    report("pack: an unknown demand is refused", "" if answer is None and "never" in error
           else error)


# ---- the solver fails ---------------------------------------------------------------

SOLVERS = {
    "is not there": None,
    "fails at once": "#!/bin/sh\nexit 3\n",
    "is killed": "#!/bin/sh\nhead -c 1000 >/dev/null\nkill -9 $$\n",
    "hangs": "#!/bin/sh\nexec sleep 60\n",
    "reads and hangs": "#!/bin/sh\ncat >/dev/null\nexec sleep 60\n",
    "writes rubbish": "#!/bin/sh\nhead -c 200000 /dev/urandom 2>/dev/null\n",
    "writes half a head": "#!/bin/sh\nprintf HDRSLVR1\n",
    "is no program": "this is not a program\n",
}


def solvers(folder):
    path = write(folder, "hard.vbp", generate_packing.generate("ct10", 99, 3))
    for name, text in SOLVERS.items():
        place = tempfile.mkdtemp(dir=folder)
        program = shutil.copy(ANALYZE, place)
        if text is not None:
            fake = write(place, "headroom-solver", text)
            os.chmod(fake, 0o755)
        begin = time.monotonic()
        answer, error = pack(path, "--time-limit", "3", program=program)
        seconds = time.monotonic() - begin
        wrong = checked(path, answer) or error
        if not wrong and not answer["exact_phase_missing"]:
            wrong = "no reason is given"
        if not wrong and seconds > 10:
            wrong = "took %.1f s of 3" % seconds
        report("pack: a solver that %s costs only its answers" % name, wrong)
    solver = os.path.join(BUILD, "headroom-solver")
    if not os.path.exists(solver):
        print("SKIP pack: killed on the way: headroom-solver is not built")
        return
    place = tempfile.mkdtemp(dir=folder)
    program = shutil.copy(ANALYZE, place)
    fake = write(place, "headroom-solver", "#!/bin/sh\nexec timeout -s KILL 0.15 %s\n" %
                 os.path.abspath(solver))
    os.chmod(fake, 0o755)
    hard = write(folder, "harder.vbp", generate_packing.generate("ct09", 200, 3))
    answer, error = pack(hard, "--time-limit", "3", program=program)
    report("pack: the solver killed in the middle", checked(hard, answer) or error)


# ---- the same again, and an end ahead of time ----------------------------------------

def repeatable(folder):
    path = write(folder, "same.cap", generate_packing.generate("plain", 80, 9))
    first, _ = pack(path, "--no-solver", "--time-limit", "60")
    second, _ = pack(path, "--no-solver", "--time-limit", "60")
    wrong = checked(path, first)
    if not wrong and first["assignment"] != second["assignment"]:
        wrong = "two runs differ"
    report("pack: the same input and seed give the same packing", wrong)


def settled(folder):
    """Sixteen on a host are too many for a look at whole fillings; of few in all they are
    not: the one cheaper set of hosts is proven not to do."""
    path = write(folder, "settled.cap", generate_packing.generate("plain", 50, 9802))
    answer, error = pack(path, "--time-limit", "60")
    wrong = checked(path, answer) or error
    if not wrong and (answer["cost"] != 64 or not answer["proven_optimal"]):
        wrong = "cost %s, bound %s, 64 expected of both" % (
            answer["cost"], answer["lower_bound"])
    report("pack: few units, sixteen on a host, are settled", wrong)


LONG_S = 100


def busy(folder):
    """The same plan on a slow machine, where the search ends before its limit.

    With losses: of the first a set of hosts survives at once; for the others rounds of
    sets are tried, one with a little work and the next with more.  The aligned one is
    annealed, whose heat falls with the clock where the steps would not end in time.
    """
    if not shutil.which(os.environ.get("CC", "cc")):
        print("SKIP pack: a busy machine: no compiler for a clock of its own")
        return
    clock = core_clock.choose(False, folder)
    wrong = ""
    for kind, n, seed, losses in (("plain", 200, 9301, 0), ("side", 200, 9302, 0),
                                  ("groups", 200, 9401, 1), ("groups", 120, 9405, 2),
                                  ("groups", 120, 9409, 1), ("groups", 300, 9409, 2),
                                  ("sizes3", 50, 9301, 0), ("largeplain", 50, 9404, 0),
                                  ("aligned", 300, 1, 0)):
        path = write(folder, "busy.txt" if kind == "aligned" else "busy.cap",
                     generate_packing.generate(kind, n, seed))
        answers = []
        for times in ("1", "4"):
            os.environ["CORE_CLOCK_TIMES"] = times
            done = clock.run(
                [ANALYZE, "pack", path, "--json", "--time-limit", str(LONG_S),
                 "--failover", str(losses)], capture_output=True, text=True, timeout=600)
            answers.append(json.loads(done.stdout))
        del os.environ["CORE_CLOCK_TIMES"]
        seconds = [answer.pop("seconds") for answer in answers]
        if max(seconds) > 0.9 * LONG_S:
            wrong += "%s, %d: no end before the limit; " % (kind, n)
        elif answers[0] != answers[1]:
            wrong += "%s, %d: the slow machine's plan is another; " % (kind, n)
    report("pack: a busy machine gives the same plan as an idle one", wrong)


def interrupted(folder):
    path = write(folder, "long.vbp", generate_packing.generate("ct09", 200, 4))
    child = subprocess.Popen([ANALYZE, "pack", path, "--json", "--time-limit", "100"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    begin = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    wrong = err.strip()
    if not wrong:
        wrong = checked(path, json.loads(out)) if out else "no answer"
    if not wrong and time.monotonic() - begin > 10:
        wrong = "%.1f s until it ended" % (time.monotonic() - begin)
    report("pack: Ctrl-C gives the best so far", wrong)


def mutants(folder):
    """The independent checker itself: each wrong answer must be refused."""
    path = write(folder, "mutant.cap", generate_packing.generate("side", 40, 2))
    answer, _ = pack(path, "--time-limit", "3")
    instance = check_packing.read(path)
    wrong = checked(path, answer)
    if wrong:
        report("pack: the checker refuses wrong answers", wrong)
        return
    spoilers = [
        lambda a: a["assignment"].__setitem__(0, a["bins"]),
        lambda a: a["assignment"].pop(),
        lambda a: a.__setitem__("assignment", [0] * len(a["assignment"])),
        lambda a: a.__setitem__("cost", a["cost"] - 1),
        lambda a: a.__setitem__("lower_bound", a["cost"] + 1),
        lambda a: a.__setitem__("proven_optimal", not a["proven_optimal"]),
        lambda a: a.__setitem__("bin_types", [4] * a["bins"]),
    ]
    for i, spoil in enumerate(spoilers):
        mutant = json.loads(json.dumps(answer))
        spoil(mutant)
        if not check_packing.check(instance, mutant):
            wrong = "mutant %d is accepted" % i
    report("pack: the checker refuses wrong answers", wrong)


def main():
    with tempfile.TemporaryDirectory() as folder:
        formats(folder)
        not_packable(folder)
        pinned_too_small(folder)
        malformed(folder)
        solvers(folder)
        repeatable(folder)
        settled(folder)
        busy(folder)
        interrupted(folder)
        mutants(folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
