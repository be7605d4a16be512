#!/usr/bin/env python3
"""Hosts of several types and failover: what must be reached, class by class.

    packing_goals.py [--seeds N] [--first SEED] [--wall] [-v] [NAME...]

Instances come from tests/tools/generate_packing.py with seeds that nobody tuned to;
every packing, and every restart after a loss, is added up again by check_packing.py; a
wrong answer, or a bound over the value, ends the run with exit code 1.  A NAME is a part
of the class's name.  A class that misses its goal is marked, and is no failure: figures
depend on the machine.  Limits are of processor time of one core, analyze and its solver
together (core_clock.py); with --wall they are what a clock on the wall says.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
import check_packing  # noqa: E402
import core_clock  # noqa: E402
import generate_packing  # noqa: E402

BUILD = os.environ.get("BUILD", "build")

# name, classes of the generator, sizes, limit in s, options, least share proven,
# worst gap in %; a share of None: not asked for; status expected.  Of the mean gap MEANS.
GOALS = [
    ("hetero n<=200", ["plain", "side"], [50, 100, 200], 10, [], 0.95, 1.0),
    ("hetero n=500, 1000", ["plain", "side"], [500, 1000], 30, [], 0.80, 1.5),
    ("large VMs n<=200", ["largeplain", "largeside"], [50, 100, 200], 10, [], 0.75, 2.0),
    ("large VMs n=500, 1000", ["largeplain", "largeside"], [500, 1000], 30, [],
     None, 2.0),
    ("bins of 3 and 5 sizes", ["sizes3", "sizes5"], [25, 50, 100, 200, 500], 10, [],
     0.95, None),
    ("five types", ["plain"], [3000, 10000], 5, [], None, 0.5),
    ("aligned 672 x 3, 3 types", ["aligned"], [3000], 30, [], None, 1.5),
    ("60 and 100 unlike hosts", ["unlike"], [300, 500], 10, [], None, 1.0),
    ("failover 1", ["groups"], [500], 10, ["--failover", "1"], None, 4.0),
    ("failover 2", ["groups"], [500], 10, ["--failover", "2"], None, 4.0),
    ("infeasible", ["pinned", "volume"], [100, 500], 2, [], "infeasible", None),
    ("ct2d, all classes", ["ct%02d" % c for c in range(1, 11)], [25, 50, 100, 201], 10, [],
     0.975, None),
]
MEANS = {"large VMs n=500, 1000": 1.0}
ENDINGS = {"aligned": "txt", "ct": "vbp"}


def solve(clock, path, limit, options):
    done = clock.run(
        [os.path.join(BUILD, "analyze"), "pack", path, "--json", "--time-limit",
         str(limit)] + options, capture_output=True, text=True, timeout=100 * limit + 600)
    if done.returncode != 0:
        raise RuntimeError("%s: %s" % (path, done.stderr.strip()))
    return json.loads(done.stdout)


def measure(goal, seeds, folder, clock, verbose):
    name, kinds, sizes, limit, options, share, worst = goal
    count = proven = missed = infeasible = 0
    gap = total = seconds = 0.0
    wrong = []
    for kind in kinds:
        for n in sizes:
            for seed in seeds:
                path = os.path.join(folder, "goal.%s" % ENDINGS.get(
                    kind.rstrip("0123456789"), "cap"))
                with open(path, "w") as out:
                    out.write(generate_packing.generate(kind, n, seed))
                answer = solve(clock, path, limit, options)
                count += 1
                seconds = max(seconds, answer["seconds"])
                if answer["status"] != "packed":
                    infeasible += answer["status"] == "infeasible"
                    missed += answer["status"] != "infeasible"
                    continue
                instance = check_packing.read(path)
                found = check_packing.check(instance, answer)
                if options:
                    found += check_packing.check_losses(instance, answer)
                    missed += not answer["failover"]["met"]
                wrong += ["%s n=%d seed %d: %s" % (kind, n, seed, w) for w in found]
                value = check_packing.value_of(instance, answer)
                own = 100.0 * (value - answer["lower_bound"]) / max(
                    1, answer["lower_bound"])
                proven += answer["proven_optimal"]
                gap = max(gap, own)
                total += own
                if verbose:
                    print("  %-10s n=%-5d seed %d: %d, bound %d, %.2f %%, %.2f s" % (
                        kind, n, seed, value, answer["lower_bound"], own,
                        answer["seconds"]), flush=True)
    if share == "infeasible":
        reached = infeasible == count
    else:
        reached = not missed and (share is None or proven >= share * count) and (
            worst is None or gap <= worst) and total / count <= MEANS.get(name, 100)
    print("%-26s %5d %9s %8.2f %8.2f %7.2f %8d %s" % (
        name, count, "%d/%d" % (proven, count), gap, total / count, seconds,
        infeasible, "reached" if reached else "MISSED"), flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=9001)
    parser.add_argument("--wall", action="store_true", help="limits of the wall clock")
    parser.add_argument("-v", action="store_true", help="a line per instance")
    parser.add_argument("name", nargs="*")
    options = parser.parse_args()
    seeds = list(range(options.first, options.first + options.seeds))
    wrong = []
    print("seeds %d to %d, limits of %s; load %s" % (
        seeds[0], seeds[-1], "the wall clock" if options.wall else "one core",
        " ".join("%.0f" % load for load in os.getloadavg())))
    print("%-26s %5s %9s %8s %8s %7s %8s" % (
        "class", "inst.", "proven", "worst %", "mean %", "max s", "infeas."))
    with tempfile.TemporaryDirectory() as folder:
        clock = core_clock.choose(options.wall, folder)
        for goal in GOALS:
            if not options.name or any(n in goal[0] for n in options.name):
                wrong += measure(goal, seeds, folder, clock, options.v)
    for line in wrong:
        print("WRONG " + line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
