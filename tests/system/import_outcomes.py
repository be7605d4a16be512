"""What becomes of each file of the real data: format and outcome as a table, beside the
golden one (tests/golden/import-outcomes.txt); figures beside what their tools say."""

import csv
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import SHARED, Checks, Store

checks = Checks()
TOP = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(TOP, "..", "golden", "import-outcomes.txt")
DATA = os.path.join(SHARED or "", "data")
if not SHARED or not os.path.isdir(DATA):
    checks.skip("import_outcomes", "HEADROOM_TEST_DATA does not hold the files")
    checks.finish()

folders = ["perfmon", "sysstat/pcp-sadist", "sysstat/ksar-sar-text", "sysstat/sadf-out"]
with Store() as store:
    table, files = [], {}
    for folder in folders:
        done = store.run("import", "auto", "--json", "--keep-going", "--zone", "UTC",
                         os.path.join(DATA, folder))
        try:
            report = json.loads(done.stdout)
        except ValueError:
            checks.check(f"{folder} is read", False, done.stderr)
            continue
        for file in report["files"]:
            name = os.path.relpath(file["path"], DATA)
            files[name] = file
            table.append(f"{name} {file['format'] or '-'} {file['outcome']}")
    text = "".join(line + "\n" for line in sorted(table))
    print(text)
    if os.environ.get("GOLDEN_WRITE"):
        with open(GOLDEN, "w") as out:
            out.write(text)
    golden = open(GOLDEN).read()
    if shutil.which("sadf") is None:
        checks.skip("binary files of sadc", "sadf is not installed")
        keep = lambda lines: [l for l in lines.splitlines() if "pcp-sadist" not in l]
        text, golden = "\n".join(keep(text)), "\n".join(keep(golden))
    checks.check(f"the outcome of {len(table)} files is that of the golden table",
                 text == golden, "\n".join(sorted(set(text.splitlines()) ^
                                                  set(golden.splitlines())))[:2000])

    peaks = {w["name"]: w for w in store.json("peaks")["workloads"]}
    sles, rhel = peaks["slt-p-ntr001"], peaks["hostname.example.com"]
    checks.check("sar 12.0.2: 86 readings, the memory that it used",
                 sles["samples"] == 86 and
                 sles["resources"]["memory"]["peak"] == 179734460 * 1024 and
                 round(sles["resources"]["network"]["peak"]) == 248578376, str(sles)[:300])
    checks.check("sar 10.1.5: 36 readings, memory that is estimated",
                 rhel["samples"] == 36 and
                 rhel["resources"]["memory"]["peak"] == 3433204 * 1024, str(rhel)[:300])
    done = store.run("export", "csv", "slt-p-ntr001", "-o", store.path("sles.csv"))
    sizes = {float(row["memory_total_bytes"])
             for row in csv.DictReader(open(store.path("sles.csv")))
             if row["memory_total_bytes"]}
    checks.check("sar 12.0.2: the memory grew in the day",
                 {528220772 * 1024, 761489248 * 1024} & sizes and len(sizes) <= 4, str(sizes))

    # PerfMon beside the figures that a plain reader made of it
    expected = {}
    with open(os.path.join(DATA, "perfmon", "expected_python.csv"), encoding="utf-8") as f:
        for row in csv.DictReader(f):
            expected[row["series"], row["metric"]] = row
    mapped = {m["from"]: m["readings"]
              for m in files["perfmon/rajitharul-perfmon.csv"]["mapped"]}
    wrong = [name for name, count in mapped.items()
             if int(expected["rajitharul-perfmon.csv", name]["rows"]) != count]
    checks.check("PerfMon: 11,519 and 11,520 readings", not wrong and
                 sorted(mapped.values()) == [11519, 11520], str(mapped))
    store.run("inventory", "DESKTOP-FUOCR3U", "--set", "cpu.cores=1", "--set",
              "cpu.core_mhz=100", "--set", f"memory.total_bytes={1 << 40}")
    got = {w["name"]: w for w in store.json("peaks")["workloads"]}["DESKTOP-FUOCR3U"]
    share = expected["rajitharul-perfmon.csv",
                     "\\\\DESKTOP-FUOCR3U\\Processor(_Total)\\% Processor Time"]
    memory = expected["rajitharul-perfmon.csv", "\\\\DESKTOP-FUOCR3U\\Memory\\Available MBytes"]
    checks.check("PerfMon: the peak of the share and the least that was available",
                 abs(got["resources"]["cpu"]["peak"] / float(share["peak"]) - 1) < 1e-9 and
                 got["resources"]["memory"]["peak"] ==
                 (1 << 40) - float(memory["min"]) * (1 << 20), str(got["resources"])[:400])
checks.finish()
