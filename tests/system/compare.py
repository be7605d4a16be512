#!/usr/bin/env python3
"""analyze compare (COL-10, DEP-3): a machine before its move beside the VM after it."""
import csv
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from checks import check, finish  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
START = 1704067200  # a Monday, 2024-01-01
STEP = 1800


def analyze(*args):
    return subprocess.run([os.path.join(BUILD, "analyze"), *args, "--data", store],
                          capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, TZ="UTC"))


def rows(name, first_day, days, mhz, draw):
    for slot in range(days * 86400 // STEP):
        at = START + first_day * 86400 + (slot + 1) * STEP
        weekday = ((at - 1) // 86400) % 7
        busy = 0.3 if weekday in (2, 3) else 1.0
        cpu = mhz * busy * draw.uniform(0.9, 1.1)
        memory = (2 << 30) * draw.uniform(0.98, 1.02)
        yield "%d,%s,%.3f,2,2000,%.0f,%.0f,%.0f" % (at, name, cpu, memory, 4 << 30,
                                                    1e6 * draw.uniform(0.5, 1.5))


def estate():
    draw = random.Random(20)
    lines = ["time,workload,cpu_used_mhz,cpu_cores,cpu_core_mhz,memory_used_bytes,"
             "memory_total_bytes,network_bps"]
    lines += rows("mail", 0, 28, 300, draw)
    lines += rows("mail-vm", 28, 21, 300, draw)
    lines += rows("slow-vm", 28, 21, 360, draw)
    lines += rows("young-vm", 28, 2, 300, draw)
    # COL-10: a baseline peak of 400 MHz, 380 MHz after
    for name, first, peak in (("base", 0, 400), ("moved", 28, 380)):
        for slot in range(21 * 86400 // STEP):
            at = START + first * 86400 + (slot + 1) * STEP
            lines.append("%d,%s,%d,1,2000,,," % (at, name, peak if slot % 48 == 20 else 100))
    path = os.path.join(work, "estate.csv")
    with open(path, "w", encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")
    done = analyze("import", "csv", path)
    assert done.returncode == 0, done.stderr


def alike():
    done = analyze("compare", "mail", "mail-vm")
    check("the same load on the new machine: alike, exit 0", done.returncode == 0,
          done.stdout + done.stderr)
    check("it says how often chance alone would speak",
          "one comparison in 20" in " ".join(done.stdout.split()), done.stdout)
    halves = analyze("compare", "mail@..2024-01-15", "mail@2024-01-15..", "--json")
    document = json.loads(halves.stdout)
    check("two periods of one workload by NAME@FROM..TO",
          halves.returncode == 0 and document["outcome"] == "alike" and
          document["before"]["to"] == document["after"]["from"] == START + 14 * 86400,
          halves.stdout[:400] + halves.stderr)


def different():
    done = analyze("compare", "mail", "slow-vm", "--json")
    document = json.loads(done.stdout)
    cpu = document["resources"]["cpu"]["figures"]
    check("a fifth more CPU: it differs, exit 1, without a complaint",
          done.returncode == 1 and document["outcome"] == "differs" and not done.stderr,
          done.stderr)
    check("the CPU is named, with what it was and is", cpu["mean"]["outcome"] == "differs"
          and abs(cpu["mean"]["matched"]["change"] - 0.2) < 0.01 and cpu["mean"]["p"] < 0.01,
          cpu["mean"])
    check("memory and network are not",
          all(f["outcome"] == "alike" for r in ("memory", "network")
              for f in document["resources"][r]["figures"].values()), document)
    check("what was never counted is null", document["resources"]["disk"] is None)
    text = analyze("compare", "mail", "slow-vm")
    row = [line.split() for line in text.stdout.splitlines() if line.startswith("cpu ")]
    check("text names it too", any("differs" in words for words in row), text.stdout)
    again = analyze("compare", "mail", "slow-vm", "--json")
    check("the same bytes again", again.stdout == done.stdout)


def side_by_side():
    done = analyze("compare", "base", "moved", "--json")
    peak = json.loads(done.stdout)["resources"]["cpu"]["figures"]["peak"]
    check("COL-10 400 and 380 MHz side by side, -5 %",
          (peak["before"], peak["after"]) == (400, 380) and
          abs(peak["change"] + 0.05) < 1e-9, peak)
    text = analyze("compare", "base", "moved").stdout
    line = next((x for x in text.splitlines() if x.split()[:2] == ["cpu", "peak"]), "")
    check("COL-10 in text", "400 MHz" in line and "380 MHz" in line and "-5.0 %" in line,
          text)


def unknown():
    done = analyze("compare", "mail", "young-vm", "--json")
    document = json.loads(done.stdout)
    check("two days after: unknown, never alike, exit 1", done.returncode == 1 and
          document["outcome"] == "unknown" and document["differing"] == 0, done.stdout)
    figure = document["resources"]["cpu"]["figures"]["mean"]
    check("with what is missing", "more after would do" in figure["reason"] and
          document["resources"]["cpu"]["more_days"] == 3, figure)
    check("and the figures themselves", figure["before"] > 0 and figure["after"] > 0)


def formats():
    done = analyze("compare", "mail", "slow-vm", "--format", "csv")
    table = list(csv.DictReader(io.StringIO(done.stdout)))
    check("CSV: a row for each figure", len(table) == 36 and table[0]["resource"] == "memory"
          and {"before", "after", "change", "outcome"} <= set(table[0]), done.stdout[:300])
    done = analyze("compare", "mail", "mail-vm", "--format", "kv")
    check("kv: the outcome and every figure, OK=1 at the end",
          "outcome=alike" in done.stdout.lower() and
          done.stdout.splitlines()[-1] == "OK=1" and ".peak.before=" in done.stdout,
          done.stdout[:300])
    path = os.path.join(work, "out.json")
    done = analyze("compare", "mail", "slow-vm", "--json", "-o", path)
    check("-o keeps a result that differs", done.returncode == 1 and
          os.path.exists(path) and json.load(open(path, encoding="utf-8"))["differing"] > 0,
          done.stderr)


def refusals():
    for name, args, wanted in (
            ("one name alone", ["mail"], "expected BEFORE and AFTER"),
            ("a name that is nearly one", ["mail", "mail-mv"], 'did you mean "mail-vm"'),
            ("a pattern of several", ["mail", "*-vm"], "pattern of 3 workloads"),
            ("periods that overlap", ["mail@..2024-01-16", "mail@2024-01-15.."], "overlap"),
            ("a workload with itself", ["mail", "mail"], "overlap"),
            ("a period without dots", ["mail@2024-01-16", "mail-vm"], "NAME@FROM..TO"),
            ("a period that ends first", ["mail@2024-01-16..2024-01-02", "mail-vm"],
             "ends before it begins"),
            ("a period in which nothing is stored", ["mail@..2023-01-01", "mail-vm"],
             "nothing is stored of that period"),
            ("a day that is none", ["mail@2024-13-01..", "mail-vm"], "mail@2024-13-01..")):
        done = analyze("compare", *args)
        check("refused: " + name, done.returncode in (1, 2) and wanted in done.stderr and
              not done.stdout and done.stderr.count("\n") == 1, done.stderr + done.stdout)


work = tempfile.mkdtemp()
store = os.path.join(work, "store")
try:
    estate()
    alike()
    different()
    side_by_side()
    unknown()
    formats()
    refusals()
finally:
    shutil.rmtree(work)
finish()
