"""All 167 Bitbrains machines: cost of the import beside Python's csv module on the same
files, every peak figure against the plain re-computation, and the published figures.

    HEADROOM_TEST_DATA=<folder> python3 tests/bench/bench_import.py [--cost]
"""

import multiprocessing
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
import bitbrains
import peaks_oracle
from harness import SHARED, Checks, Store, python_csv_cpu

CPU_S, RESIDENT_MIB = 20, 64
checks = Checks()


def compare_one(job):
    workload, paths = job
    return peaks_oracle.compare(
        workload, peaks_oracle.Grid(peaks_oracle.read_bitbrains(paths)))


def cost(store, files):
    done, cpu, peak_kib = store.measured("import", "bitbrains", *files)
    megabytes = sum(os.path.getsize(path) for path in files) / 1e6
    print(f"#  {done.stdout.splitlines()[-1] if done.stdout else done.stderr}")
    checks.check(f"import of 167 machines x 3 months, {megabytes:.0f} MB: {cpu:.2f} s of CPU "
                 f"(budget {CPU_S}), {peak_kib / 1024:.1f} MiB resident (budget {RESIDENT_MIB})",
                 done.returncode == 0 and cpu <= CPU_S and peak_kib <= RESIDENT_MIB * 1024)
    again, again_cpu, again_kib = store.measured("import", "bitbrains", *files)
    checks.check(f"the same again changes nothing: {again_cpu:.2f} s of CPU, "
                 f"{again_kib / 1024:.1f} MiB",
                 again.stdout.splitlines()[-1].startswith("nothing changed"))
    python = python_csv_cpu(files)
    print(f"#  Python's csv module reads the same files in {python:.2f} s of CPU: "
          f"the import takes {cpu / python:.2f} x as much")


if __name__ == "__main__":
    if not SHARED or not os.path.isdir(bitbrains.folder(SHARED)):
        checks.skip("bench_import", "HEADROOM_TEST_DATA does not hold the traces")
        checks.finish()
    with Store() as store:
        paths = bitbrains.unpack(SHARED, store.path("traces"), bitbrains.IDS)
        files = [path for machine in paths.values() for path in machine]
        cost(store, files)
        if "--cost" not in sys.argv:
            peaks = store.json("peaks")
            jobs = [(workload, paths[int(workload["name"])]) for workload in peaks["workloads"]]
            with multiprocessing.Pool(2) as pool:
                results = pool.map(compare_one, jobs, chunksize=4)
            wrong = [line for lines, _ in results for line in lines]
            compared = sum(count for _, count in results)
            checks.check(f"{compared} figures of {len(jobs)} machines equal the plain ones "
                         "to 1e-9", not wrong, "; ".join(wrong[:3]) + f" ({len(wrong)})")
            # the published figures need the counts of the import: into a second store
            imported = store.json("import", "bitbrains", *files, store=store.path("second"))
            problems, table, pairs, close = bitbrains.compare_expected(
                peaks, imported, bitbrains.expected(SHARED))
            checks.check("peaks equal the published ones to 1e-12; mean and p95 within 1 % "
                         "in every machine sampled once a slot", not problems,
                         "; ".join(problems[:5]) + f" ({len(problems)})")
            bitbrains.print_table(table)
            checks.check(f"sustained hour within 1 % in {close} of {pairs} pairs "
                         f"({100 * close / pairs:.1f} %, wanted 93 %)", close >= 0.93 * pairs)
            exported = store.path("all.csv")
            done, cpu, peak_kib = store.measured("export", "csv", "-o", exported)
            checks.check(f"export csv: {os.path.getsize(exported) / 1e6:.0f} MB in {cpu:.2f} s "
                         f"of CPU, {peak_kib / 1024:.1f} MiB", done.returncode == 0, done.stderr)
            with Store() as other:
                done, cpu, peak_kib = other.measured("import", "csv", exported)
                checks.check(f"import csv of it: {cpu:.2f} s of CPU, {peak_kib / 1024:.1f} MiB",
                             done.returncode == 0, done.stderr)
                checks.check("the same figures after export and import, all machines",
                             other.json("peaks")["workloads"] == peaks["workloads"])
    checks.finish()
