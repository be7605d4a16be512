#!/usr/bin/env python3
"""Packing, family by family: proven, gap and time beside best-known and FFD.

    packing.py [--limit S] [--part K] [--listed | --fresh] [NAME...]

Reads the instances of $HEADROOM_TEST_DATA/vbp (none: the generated ones alone).  Every
answer passes the independent checker of tests/tools; a bound over the best-known value,
or a proven value that differs from a known optimum, ends the run with exit code 1.
Then come fresh seeds of ct2d and hetero from tests/tools/generate_packing.py.  --part K
takes every K-th instance (5 unless given: all of them take half an hour and more); a
NAME is a part of the instance's name.  Limits are of processor time of one core
(core_clock.py) unless --wall is given.
"""
import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
import check_packing  # noqa: E402
import core_clock  # noqa: E402

BUILD = os.environ.get("BUILD", "build")


def ffd(instance):
    """First fit decreasing by the sum of relative sizes, one type; else None."""
    if len(instance.types) != 1:
        return None
    capacity = instance.types[0][2]
    order = sorted(instance.items, key=lambda item: -sum(
        s / c for s, c in zip(item, capacity)))
    loads = []
    for item in order:
        for load in loads:
            if all(a + b <= c for a, b, c in zip(load, item, capacity)):
                break
        else:
            load = [0] * len(capacity)
            loads.append(load)
        for row, size in enumerate(item):
            load[row] += size
    return len(loads) * instance.types[0][1]


def family_of(name, row):
    base = os.path.basename(name)
    family = row["family"]
    if family == "ct2d":
        return "ct2d " + base[:4]
    if family == "hetero":
        return "hetero n=%s" % row["n"]
    if family == "bpp1d":
        return "bpp1d " + re.match(r"[A-Za-z0-9]+(_[tu])?", base).group(0)
    if family == "tbpp":
        return "tbpp " + base.split("_")[0]
    if family == "timeseries":
        return "timeseries " + name.split("#")[1]
    size = next((s for s in (20, 40, 60, 120, 250, 10 ** 9) if int(row["n"]) <= s + 4))
    return "%s n<=%s" % (family, size if size < 10 ** 9 else 501)


class Tally:
    def __init__(self):
        self.count = self.proven = self.packed = 0
        self.value = self.bound = self.known = self.ffd = 0
        self.gap = self.worst_gap = self.seconds = self.worst_seconds = 0
        self.has_ffd = True
        self.notes = []


def run(clock, path, arguments, limit):
    done = clock.run(
        [os.path.join(BUILD, "analyze"), "pack", path, "--json", "--time-limit",
         str(limit)] + arguments, capture_output=True, text=True,
        timeout=100 * limit + 600)
    if done.returncode != 0:
        raise RuntimeError("%s: %s" % (path, done.stderr.strip()))
    answer = json.loads(done.stdout)
    return answer, answer["seconds"]


def volume_bound(instance):
    """Hosts that the largest capacities need at least, row by row, for one type."""
    if len(instance.types) != 1:
        return 0
    return max(-(-sum(item[row] for item in instance.items) // capacity)
               for row, capacity in enumerate(instance.types[0][2]))


def fillings_of(instance, most=200000):
    """Every set of items that fits one host of the only type; None: too many."""
    items, capacity = instance.items, instance.types[0][2]
    level = [((i,), item) for i, item in enumerate(items)]
    found = []
    while level:
        found += [chosen for chosen, _ in level]
        if len(found) > most:
            return None
        level = [(chosen + (i,), total)
                 for chosen, load in level for i in range(chosen[-1] + 1, len(items))
                 for total in [[a + b for a, b in zip(load, items[i])]]
                 if all(t <= c for t, c in zip(total, capacity))]
    return found


def proven_bound(instance, wanted, seconds=60):
    """A bound from prices and all fillings, in integers, by code of its own: prices
    under the heaviest filling sink until they prove `wanted` hosts or time is up."""
    fillings = fillings_of(instance)
    if fillings is None:
        return 0
    price, step, best = [1.0] * len(instance.items), 0.02, 0
    end, rounds = time.monotonic() + seconds, 0
    while best < wanted and time.monotonic() < end:
        heaviest = max(fillings, key=lambda f: sum(price[i] for i in f))
        weight = sum(price[i] for i in heaviest)
        if -(-sum(price) // weight) >= wanted:
            whole = [int(p * 10 ** 9 / weight) for p in price]
            top = max(sum(whole[i] for i in f) for f in fillings)
            best = max(best, -(-sum(whole) // top))
        for i in heaviest:
            price[i] *= 1 - step
        rounds += 1
        if rounds % 500 == 0:
            step = max(0.001, step * 0.9)
            total = sum(price) / len(price)
            price = [p / total for p in price]
    return best


def is_too_large(instance):
    """Some item is over every host: no packing exists, whatever a list says."""
    return any(all(any(s > c for s, c in zip(item, t[2])) for t in instance.types)
               for item in instance.items)


def judge(name, path, row, options, tally, complaints):
    peak = name.endswith("#sum_of_peaks")
    answer, seconds = run(options.clock, path, ["--demand", "peak"] if peak else [],
                          options.limit)
    tally.count += 1
    tally.seconds += seconds
    tally.worst_seconds = max(tally.worst_seconds, seconds)
    known = int(row["best_known"]) if row.get("best_known") else None
    bound = int(row["lower_bound"]) if row.get("lower_bound") else None
    if answer["status"] != "packed":
        if answer["status"] == "infeasible" and known is not None:
            if is_too_large(check_packing.read(path, peak)):
                tally.notes.append("%s: an item is larger than every host" % name)
            else:
                complaints.append("%s: infeasible, but packed before" % name)
        if options.v:
            print("  %-44s %s" % (name, answer["status"]))
        return
    instance = check_packing.read(path, peak)
    for wrong in check_packing.check(instance, answer):
        complaints.append("%s: %s" % (name, wrong))
    value = check_packing.value_of(instance, answer)
    # a listed value that exact arithmetic disproves belongs to another file
    if known is not None and (volume_bound(instance) > known or value < bound):
        tally.notes.append("%s: listed %s..%s, packed and checked %d, volume %d" % (
            name, bound, known, value, volume_bound(instance)))
        known = bound = None
    if (known is not None and answer["lower_bound"] > known and
            len(instance.types) == 1 and
            proven_bound(instance, answer["lower_bound"]) >= answer["lower_bound"]):
        tally.notes.append("%s: listed %s..%s, but all fillings prove %d" % (
            name, bound, known, answer["lower_bound"]))
        known = bound = None
    if known is not None and answer["lower_bound"] > known:
        complaints.append("%s: bound %d over the known packing %d" % (
            name, answer["lower_bound"], known))
    if bound is not None and value < bound:
        complaints.append("%s: value %d under the known bound %d" % (name, value, bound))
    gap = value - answer["lower_bound"]
    tally.packed += 1
    tally.proven += answer["proven_optimal"]
    tally.value += value
    tally.bound += answer["lower_bound"]
    tally.known += known if known is not None else value
    tally.gap += gap
    tally.worst_gap = max(tally.worst_gap, 100.0 * gap / max(1, answer["lower_bound"]))
    first_fit = ffd(instance) if len(instance.items) * len(
        instance.types[0][2]) < 60000 else None
    if first_fit is None:
        tally.has_ffd = False
    else:
        tally.ffd += first_fit
    if options.v:
        print("  %-44s %5d bound %5d (%s) known %s..%s %s %.1f s %s" % (
            name, value, answer["lower_bound"], answer["bound"], bound, known,
            "proven" if answer["proven_optimal"] else "open", seconds,
            answer["exact_phase_missing"] or ""), flush=True)


def print_table(tallies):
    head = "%-22s %5s %6s %8s %8s %8s %8s %7s %8s %7s %7s" % (
        "family", "inst.", "packed", "proven", "value", "bound", "known", "FFD",
        "worst %", "avg s", "max s")
    print(head)
    for family, t in tallies.items():
        print("%-22s %5d %6d %8s %8d %8d %8d %7s %8.2f %7.2f %7.2f" % (
            family, t.count, t.packed, "%d/%d" % (t.proven, t.count), t.value, t.bound,
            t.known, t.ffd if t.has_ffd else "-", t.worst_gap, t.seconds / t.count,
            t.worst_seconds))


def instances(names, part):
    data = os.environ.get("HEADROOM_TEST_DATA", "")
    listing = os.path.join(data, "vbp", "best_known.csv")
    if not data or not os.path.exists(listing):
        print("the published instances are not here: HEADROOM_TEST_DATA is not set")
        return
    rows = [row for row in csv.DictReader(open(listing))
            if row["family"] != "roadef2012" and
            (not names or any(n in row["instance"] for n in names))]
    for row in rows[::part]:
        path = os.path.join(data, "vbp", row["instance"].split("#")[0])
        yield row["instance"], path, row


def generated(names, part, folder):
    """Fresh seeds of ct2d and hetero, which nobody tuned to."""
    import generate_packing
    for name, text in generate_packing.all_instances(list(range(101, 101 + 2))):
        if names and not any(n in name for n in names):
            continue
        path = os.path.join(folder, os.path.basename(name))
        with open(path, "w") as out:
            out.write(text)
        size = re.search(r"_n0*(\d+)", name).group(1)
        yield name, path, {"family": name.split("/")[0].replace("fresh_", ""), "n": size}


def measure(title, source, options, complaints):
    tallies = {}
    for name, path, row in source:
        judge(name, path, row, options,
              tallies.setdefault(family_of(name, row), Tally()), complaints)
    if not tallies:
        return
    print("%s, every %d-th; limit %g s; value, bound, known and FFD are sums" % (
        title, options.part, options.limit))
    print_table(tallies)
    for tally in tallies.values():
        for note in tally.notes:
            print("NOTE " + note)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=10)
    parser.add_argument("--part", type=int, default=5)
    parser.add_argument("--fresh", action="store_true", help="fresh seeds alone")
    parser.add_argument("--listed", action="store_true", help="listed instances alone")
    parser.add_argument("--wall", action="store_true", help="limits of the wall clock")
    parser.add_argument("-v", action="store_true", help="a line per instance")
    parser.add_argument("name", nargs="*")
    options = parser.parse_args()
    complaints = []
    with tempfile.TemporaryDirectory() as folder:
        options.clock = core_clock.choose(options.wall, folder)
        if not options.fresh:
            measure("listed", instances(options.name, options.part), options, complaints)
        if not options.listed:
            fresh = list(generated(options.name, options.part, folder))
            measure("fresh seeds", fresh[::options.part], options, complaints)
    for complaint in complaints:
        print("WRONG " + complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
