#!/usr/bin/env python3
"""How packing grows: 100 to 10,000 workloads, 5 dimensions, one type and five types.

    packing_scale.py [--limit S] [--wall]

Realistic shapes from a fixed seed (tests/tools/generate_packing.py); five types have
finite counts and costs.  Every packing passes the independent checker.  Limits are of
processor time of one core (core_clock.py) unless --wall is given.
"""
import argparse
import json
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
import check_packing  # noqa: E402
import core_clock  # noqa: E402
import generate_packing  # noqa: E402

BUILD = os.environ.get("BUILD", "build")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=5)
    parser.add_argument("--wall", action="store_true", help="limits of the wall clock")
    options = parser.parse_args()
    limit = options.limit
    wrong = 0
    print("limit %g s" % limit)
    print("%9s %-10s %8s %8s %8s %7s %8s" % (
        "workloads", "types", "hosts", "value", "bound", "gap %", "seconds"))
    with tempfile.TemporaryDirectory() as folder:
        clock = core_clock.choose(options.wall, folder)
        for n in (100, 300, 1000, 3000, 10000):
            for kind, ending in (("realistic", "vbp"), ("plain", "cap")):
                path = os.path.join(folder, "scale.%s" % ending)
                with open(path, "w") as out:
                    out.write(generate_packing.generate(kind, n, 1))
                done = clock.run(
                    [os.path.join(BUILD, "analyze"), "pack", path, "--json",
                     "--time-limit", str(limit)], capture_output=True, text=True)
                answer = json.loads(done.stdout)
                seconds = answer["seconds"]
                if answer["status"] != "packed":
                    print("%9d %-10s %s" % (n, kind, answer["status"]))
                    continue
                instance = check_packing.read(path)
                for line in check_packing.check(instance, answer):
                    print("WRONG " + line)
                    wrong = 1
                value, bound = check_packing.value_of(instance, answer), answer["lower_bound"]
                print("%9d %-10s %8d %8d %8d %7.2f %8.2f" % (
                    n, "one" if kind == "realistic" else "five", answer["bins"], value,
                    bound, 100.0 * (value - bound) / bound, seconds), flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
