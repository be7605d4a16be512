"""Export is the mirror of import: what jsonl and openmetrics write is what is stored."""

import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

checks = Checks()
START, SLOTS = 1700000100, 300


def csv():
    lines = ["time,workload,cpu_used_mhz,memory_used_bytes,memory_used_bytes_min,"
             "memory_used_bytes_max,net_rx_bps,net_tx_bps\n"]
    for name in ("web", 'od"d\\1'):
        quoted = '"' + name.replace('"', '""') + '"'
        for i in range(SLOTS):
            cpu = "" if i % 50 == 7 else f"{100 + i}.25"
            lines.append(f"{START + i * 300},{quoted},{cpu},{1000 + i},{900 + i},{1100 + i},"
                         f"{i},{2 * i}\n")
    return "".join(lines)


with Store() as store, Store() as other:
    store.json("import", "csv", store.write("in.csv", csv()))
    lines = store.path("out.jsonl")
    done = store.run("export", "jsonl", "-o", lines)
    checks.check("export jsonl", done.returncode == 0, done.stderr)
    file = other.json("import", "auto", lines)["files"][0]
    checks.check("it is recognised again", file["format"] == "prometheus", str(file)[:200])
    checks.check("and brings the same peaks elsewhere",
                 store.json("peaks") == other.json("peaks"))

    done = store.run("export", "openmetrics")
    text = done.stdout.splitlines()
    checks.check("openmetrics ends as it has to", text and text[-1] == "# EOF", done.stderr)
    families = [line.split()[2] for line in text if line.startswith("# TYPE")]
    checks.check("each family stands once, its samples below it",
                 len(families) == len(set(families)) and all(
                     line.startswith(family) for family, line in (
                         (next(f for f in reversed(families) if f == line.split("{")[0]), line)
                         for line in text if "{" in line)))
    samples = [line for line in text if line.startswith('headroom_cpu_used_mhz{workload="web"}')]
    checks.check("unknown slots are left out", len(samples) == SLOTS - len(
        [i for i in range(SLOTS) if i % 50 == 7]), str(len(samples)))
    checks.check("a label has its escapes", 'workload="od\\"d\\\\1"' in done.stdout)
    checks.check("the stamp is the reading's",
                 samples[0].split()[1:] == ["100.25", str(START)], samples[0])
with Store() as store:
    rows = [(START // 3600 * 3600 + 300 * (i + 1), i * 37 % 90, i) for i in range(72)]
    rows = [r for r in rows if not 24 <= r[2] < 31 and r[2] != 3]  # an hour with 5 of 12, one with 11
    store.json("import", "csv", store.write("in.csv", "time,workload,cpu_used_mhz\n" + "".join(
        f"{t},w,{v}\n" for t, v, _ in rows)))
    expected = []
    for hour in range(6):
        known = [v for _, v, i in rows if i // 12 == hour]
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START // 3600 * 3600 + 3600 * (hour + 1)))
        expected.append(f"{end},w,,," if len(known) < 6 else
                        f"{end},w,{sum(known) / len(known)!r},{min(known)},{max(known)}")
    done = store.run("export", "csv", "--step", "1h", "--columns",
                     "cpu_used_mhz,cpu_used_mhz_min,cpu_used_mhz_max")
    got = [line.replace(".0,", ",") for line in done.stdout.splitlines()[1:]]
    checks.check("--step 1h: means and extremes of hours, unknown where most of it is",
                 got == [line.replace(".0,", ",") for line in expected], f"{got} {expected}")
    lines = {json.loads(line)["metric"]["__name__"]: json.loads(line)["values"]
             for line in store.run("export", "jsonl", "--step", "1h").stdout.splitlines()}
    checks.check("the same as series", lines["headroom_cpu_used_mhz_max"] ==
                 [float(e.split(",")[4]) for e in expected if e[-1] != ","], str(lines))
    for step in ("7m", "now", "8d", "-1h"):
        checks.check(f"--step {step} is refused", store.run(
            "export", "jsonl", "--step", step).returncode != 0)
checks.finish()
