"""Units, times and rows that cannot well be meant: a warning that names the likely cause,
and none for a file that is right."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

checks = Checks()
NOW = 1700000000
SIZES = "time,workload,cpu_used_mhz,cpu_core_mhz,memory_used_bytes,memory_total_bytes\n"


def rows(count, line, start=NOW, step=60):
    return "".join(line(i, start + i * step) for i in range(count))


CASES = [
    ("a file that is right", SIZES + rows(200, lambda i, t: f"{t},w,{i},2400,{2 << 30},{4 << 30}\n"),
     None),
    ("memory in MB", SIZES + rows(200, lambda i, t: f"{t},w,{i},2400,1024,2048\n"), "are these MB?"),
    ("a total in MB", SIZES + rows(200, lambda i, t: f"{t},w,{i},2400,{1 << 30},4096\n"),
     "262144 times memory_total_bytes"),
    ("a core in GHz", SIZES + rows(200, lambda i, t: f"{t},w,{i},2.4,{2 << 30},{4 << 30}\n"),
     "is this GHz?"),
    ("times that a spreadsheet rounded", "time,workload,cpu_used_mhz\n" + rows(
        400, lambda i, t: f"{t // 10000 * 10000},w,{i}\n"), "was the time rounded?"),
    ("times before 2000", "time,workload,cpu_used_mhz\n" + rows(
        40, lambda i, t: f"{t - 946684800},w,{i}\n"), "before 2000"),
    ("times that are to come", "time,workload,cpu_used_mhz\n" + rows(
        40, lambda i, t: f"{t + 1800000000},w,{i}\n"), "which is to come"),
    ("hours and then minutes", "time,workload,cpu_used_mhz\n" + rows(
        200, lambda i, t: f"{t},w,{i}\n", NOW - 200 * 3600, 3600) + rows(
        800, lambda i, t: f"{t},w,{i}\n"), "rows stand 3600 s apart in a grid of 60 s"),
    ("two machines of one name at the same times", SIZES + rows(
        200, lambda i, t: f"{t},w,{i},2400,{2 << 30},{4 << 30}\n"
                          f"{t},w,{9000 + i},2400,{3 << 30},{4 << 30}\n"),
     "200 rows stand at times that are there already with other values and are left out"),
    ("two machines of one name in turns", SIZES + rows(
        200, lambda i, t: f"{t},w,{i},2400,{(2 << 30) + i},{8 << 30}\n"
                          f"{t + 25},w,{9000 + i},2400,{(7 << 30) + i},{8 << 30}\n"),
     "do two machines have this name?"),
    ("a machine that goes up and down each minute", SIZES + rows(
        200, lambda i, t: f"{t},w,{i},2400,{(2 + 4 * (i % 2)) << 30},{8 << 30}\n"), None),
    ("names that differ by their case", SIZES + rows(
        20, lambda i, t: f"{t},Web,1,2400,{2 << 30},{4 << 30}\n"
                         f"{t},web,1,2400,{2 << 30},{4 << 30}\n"),
     "differ by the case of their letters"),
]
for name, text, part in CASES:
    with Store() as store:
        done = store.json("import", "csv", store.write("w.csv", text))
        warnings = " ".join(done["warnings"])
        checks.check(f"{name}: {'said' if part else 'nothing is said'}",
                     part in warnings if part else not warnings, warnings or "no warning")
checks.finish()
