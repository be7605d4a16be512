"""20 machines of the Bitbrains set: every peak figure against a plain re-computation
and against the figures published with the set; the same after export and import."""

import multiprocessing
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
import bitbrains
import peaks_oracle
from harness import SHARED, Checks, Store

MACHINES = 20
checks = Checks()
if not SHARED or not os.path.isdir(bitbrains.folder(SHARED)):
    checks.skip("import_bitbrains", "HEADROOM_TEST_DATA does not hold the traces")
    checks.finish()


def compare_one(job):
    workload, machine = job
    return peaks_oracle.compare(
        workload, peaks_oracle.Grid(peaks_oracle.read_bitbrains(machine)))


def compare_all(peaks, paths):
    jobs = [(workload, paths[int(workload["name"])]) for workload in peaks["workloads"]]
    with multiprocessing.Pool(2) as pool:
        results = pool.map(compare_one, jobs, chunksize=1)
    return [line for lines, _ in results for line in lines], sum(n for _, n in results)


with Store() as store:
    paths = bitbrains.unpack(SHARED, store.path("traces"), bitbrains.spread(MACHINES))
    files = [path for machine in paths.values() for path in machine]
    imported = store.json("import", "bitbrains", *files)
    checks.check("the machines import in one command", len(imported["workloads"]) == MACHINES,
                 f"{len(imported['workloads'])} of {MACHINES}")
    peaks = store.json("peaks")
    wrong, compared = compare_all(peaks, paths)
    checks.check(f"{compared} figures equal the plain ones to 1e-9", not wrong,
                 "; ".join(wrong[:3]) + f" ({len(wrong)} in all)")

    problems, table, pairs, close = bitbrains.compare_expected(
        peaks, imported, bitbrains.expected(SHARED))
    checks.check("peaks equal the published ones to 1e-12, means and p95 to 1 %",
                 not problems, "; ".join(problems[:3]))
    bitbrains.print_table(table)
    checks.check(f"the sustained hour is within 1 % in {close} of {pairs} pairs",
                 close >= 0.9 * pairs, "fewer than 90 %")

    before = store.tree()
    again = store.json("import", "bitbrains", *reversed(files))
    checks.check("the same files in another order change nothing",
                 not again["changed"] and again["id"] is None and before == store.tree(),
                 "the store changed")

    exported = store.path("all.csv")
    done = store.run("export", "csv", "-o", exported)
    if checks.check("export csv", done.returncode == 0, done.stderr):
        other = store.path("other")
        store.json("import", "csv", exported, store=other)
        second = store.json("peaks", store=other)
        checks.check("the same figures after export csv and import csv",
                     second["workloads"] == peaks["workloads"],
                     "peaks --json differs between the two stores")
checks.finish()
