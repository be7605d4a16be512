#!/usr/bin/env python3
"""The golden figures of the documented method from end to end: what a person who has the
catalogue of requirements beside the program would type in and see.  Each check names the
ids it stands for; tests/requirements.py lists those that no test names."""
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
MB, GB = 1048576, 1 << 30
START = 1772323200  # 2026-03-01, a Sunday, in UTC
DAYS = 29
failures = 0


def check(name, condition, why=""):
    global failures
    failures += not condition
    print("%s %s%s" % ("ok" if condition else "FAIL", name,
                       "" if condition else ": " + str(why)[:500]), flush=True)


def analyze(*words, code=0):
    done = subprocess.run([os.path.join(BUILD, "analyze"), *words, "--data", data],
                          capture_output=True, text=True, check=False)
    if done.returncode != code:
        check("%s ends with %d" % (" ".join(words)[:60], code), False,
              "%d %s" % (done.returncode, done.stderr))
    return done.stdout


def load(*words, code=0):
    return json.loads(analyze(*words, "--json", code=code))


def verdict(name, *words):
    return next(w for w in load("verdict", *words)["workloads"] if w["name"] == name)


def write_estate(path, workloads, step=300, days=DAYS):
    """workloads: name -> (memory MB, busy MHz, network bit/s), or a function of the slot."""
    with open(path, "w") as out:
        out.write("time,workload,memory_used_bytes,cpu_used_mhz,cpu_cores,cpu_core_mhz,"
                  "network_bps,disk_bytes_per_s,disk_ops_per_s\n")
        for name, figures in workloads.items():
            for i in range(days * 86400 // step):
                memory, cpu, net = figures(i) if callable(figures) else figures
                out.write("%d,%s,%d,%r,2,3000,%r,1000,1\n" % (
                    START + (i + 1) * step, name, round(memory * MB), cpu, net))


def facts(name, **more):
    stated = {"devices": "none", "applications": "none", "roles": "none", "os_bits": "32",
              "disks": "c:20", **more}
    analyze("inventory", name, *[w for k, v in stated.items()
                                 for w in ("--set", "%s=%s" % (k, v))])


def hosts(*types, constraints=()):
    path = os.path.join(top, "hosts.json")
    with open(path, "w") as out:
        json.dump({"hosts": types, "constraints": list(constraints)}, out)
    return path


def host(count=1, **more):
    return {"type": "h", "count": count, "cores": 2, "core_mhz": 3000, "memory_mb": 8192,
            "host_memory_mb": 1024, "disk_gb": 500,
            "nics": [{"mbps": 1000, "use": "host"}, {"mbps": 1000, "use": "shared"}], **more}


def plan(path, *words, code=0):
    return load("plan", "--hosts", path, *words, code=code)


def before_anything():
    os.makedirs(data)
    check("COL-1: without samples there are no sizing figures",
          load("verdict")["workloads"] == [] and load("peaks")["workloads"] == [])


def estate():
    path = os.path.join(top, "estate.csv")
    write_estate(path, {
        # 2016 + 32 MB; CPU 400 MHz: the vectors G20 and G10
        "a": (2016, 400, 50e6), "b": (2016, 400, 50e6), "c": (2016, 400, 50e6),
        "d": (2016, 400, 50e6), "e": (4000, 400, 50e6),
        "smp": (500, 4800, 1e6),
        # one slot of 3700 MB; and half an hour of them
        "short": lambda i: (3700 if i == 3000 else 1000 + i % 5, 300, 1e6),
        "day": lambda i: (500 + i % 3, 100, 50e6 if i % 288 == 100 else 10e6),
        "night": lambda i: (500 + i % 3, 100, 50e6 if i % 288 == 200 else 10e6),
    })
    analyze("import", "csv", path)
    for name in ("a", "b", "c", "d", "e", "smp", "short", "day", "night"):
        facts(name)


def peaks():
    found = {w["name"]: w["resources"] for w in load("peaks")["workloads"]}
    text = analyze("peaks", "smp")
    check("UNIT-2: 4800 MHz are 4.80 GHz of 2 cores of 3.00 GHz",
          found["smp"]["cpu"]["peak"] == 4800 and "4.80 GHz" in text and
          "2 cores of 3.00 GHz" in text, text)
    check("UNIT-3: 50,000,000 bit/s are 50.0 Mb/s",
          found["a"]["network"]["peak"] == 50e6 and "50.0 Mb/s" in analyze("peaks", "a"))
    check("UNIT-1: 2016 MB are 2113929216 bytes, 1.97 GB",
          found["a"]["memory"]["peak"] == 2016 * MB and "1.97 GB" in analyze("peaks", "a"))
    short = found["short"]["memory"]
    check("COL-6: the one highest slot of four weeks is the peak",
          short["peak"] == 3700 * MB and short["peak_at"] == START + 3001 * 300, short)
    check("COL-7, CARD-2: sustained and held beside the peak, for each length",
          short["sustained"]["900"] < short["peak"] and set(short["sustained"]) ==
          {"300", "900", "1800", "3600", "14400", "28800"} and
          short["held"]["900"] <= short["sustained"]["900"], short)
    check("COL-5: memory, CPU, network and disk of one period", all(
        r[k]["coverage"] == 1 for r in found.values()
        for k in ("memory", "cpu", "network", "disk", "disk_ops")))
    grades = {w["name"]: w["sufficiency"]["grade"] for w in load("peaks")["workloads"]}
    later = load("verdict", "--since", "2027-01-01")["workloads"]
    check("COL-1: nor from a time without any", later and all(
        w["verdict"] != "PASS" and w["sufficiency"]["grade"] == "insufficient" and
        not any(w["requirement"].values()) for w in later), later[:1])
    check("CARD-2: with the grade of the window",
          set(grades.values()) <= {"full", "minimum", "insufficient"}, grades)


def verdicts():
    short, smp, e = verdict("short"), verdict("smp"), verdict("e")
    rules = {f["rule"] for w in (short, smp, e) for f in w["findings"]
             if f["outcome"] != "PASS"}
    check("CARD-7: both flags: over 3.6 GB, short and sustained, and SMP",
          short["excursions"][0]["class"] == "short" and
          e["excursions"][0]["class"] == "sustained" and
          {"MEM-5-SUSTAINED", "CPU-2-SMP"} <= rules and
          smp["verdict"] == e["verdict"] == "DISQUALIFIED", rules)
    check("HST-5: six headings, the worst is the verdict",
          set(smp["headings"]) == {"memory", "processor", "network", "storage",
                                   "hardware", "operational"} and
          smp["headings"]["processor"] == smp["verdict"] and
          smp["headings"]["memory"] == "PASS", smp["headings"])
    a = verdict("a")["requirement"]
    check("MEM-2: 2016 MB and 32 make 2048", (a["vm_alloc_mb"], a["vm_memory_mb"]) ==
          (2016, 2048), a)
    check("CPU-3, CPU-10: 400 MHz, 14 % of a core of 3000", (a["cpu_mhz"],
          a["reserved_percent"]) == (400, 14), a)
    facts("b", performance_factor="0.8")
    b = verdict("b")["requirement"]["cpu_mhz"]
    facts("b", performance_factor="1.25")
    check("CPU-4: a factor of 0.8 makes 320 of 400 MHz, one of 1.25 500",
          (b, verdict("b")["requirement"]["cpu_mhz"]) == (320, 500), b)
    facts("b", performance_factor="1")


def devices():
    """What must be there and cannot be; what is like it and can."""
    for ids, stated, wanted in (
            ("HWL-2", {"devices": "firewire:camera:required"}, "DISQUALIFIED"),
            ("HWL-3", {"devices": "network:fddi:required"}, "DISQUALIFIED"),
            ("HWL-3, NET-8", {"network_type": "token-ring"}, "DISQUALIFIED"),
            ("HWL-3, NET-8", {"network_type": "fddi"}, "DISQUALIFIED"),
            ("NET-8", {"network_type": "ethernet"}, "PASS"),
            ("HWL-4", {"devices": "scsi:tape-robot:required"}, "DISQUALIFIED"),
            ("HWL-5", {"devices": "video:capture:required"}, "DISQUALIFIED"),
            ("HWL-5", {"devices": "video:vga:required"}, "PASS")):
        facts("a", network_type="ethernet")
        facts("a", **stated)
        said = verdict("a")["headings"]["hardware"]
        if "NET-8" in ids:
            said = {said, verdict("a")["headings"]["network"]}
            said = "PASS" if said == {"PASS"} else "DISQUALIFIED" \
                if "DISQUALIFIED" in said else said
        check("%s: %s: %s" % (ids, " ".join(stated.values()), wanted), said == wanted, said)
    facts("a", network_type="ethernet")


def storage():
    facts("a", disks="c:40:undo=1")
    said = verdict("a")["requirement"]["storage_gb"]
    check("STO-1, STO-2, STO-3, STO-4: disk, undo disk and a save state of 2016 MB, and 25 %",
          abs(said - 1.25 * (40 + 40 + 2016 / 1024)) < 1e-9, said)
    facts("a", disks="c:80:used=40")
    fixed = verdict("a")["requirement"]["storage_gb"]
    facts("a", disks="c:80:used=40:dynamic")
    dynamic = verdict("a")["requirement"]["storage_gb"]
    check("STO-7: a fixed disk counts its size, a dynamic one what is used",
          abs(fixed - dynamic - 1.25 * 40) < 1e-9, (fixed, dynamic))
    facts("a")
    # 20 GB and 2016 MB each, with 25 %: 27.46 GB; 60 hold two
    made = plan(hosts(host(disk_gb=60, memory_mb=65536, cores=16)), "--include",
                "review,insufficient", code=3)
    at = made["hosts"][0]["workloads"]
    left = next((u for u in made["unplaced"] if u["name"] in "abcd"), {"rule": ""})
    check("STO-3, STO-13: save states add up; who finds no space is refused for it",
          left["rule"] == "storage" and made["hosts"][0]["use"]["storage"]["needed"] <= 60,
          (at, left))
    check("STO-1: needed and what there is, of space and of throughput",
          {"storage", "disk", "disk_ops"} <= set(made["hosts"][0]["use"]))


def packing():
    path = hosts(host(2))
    words = ("--include", "review,insufficient")
    one = plan(path, *words, code=3)
    by_host = {h["name"]: h["workloads"] for h in one["hosts"]}
    use = one["hosts"][0]["use"]
    check("HST-1, HST-4: e and smp are left out, each with its rule",
          {u["name"]: u["rule"] for u in one["unplaced"]}.get("e") == "MEM-5-SUSTAINED" and
          "smp" in {u["name"] for u in one["unplaced"]} and len(by_host) == 2, one["unplaced"])
    check("MEM-6, HST-2: (1024 + VMs) x 1.25", all(
        abs(h["use"]["memory"]["needed"] - 1.25 * (1024 + sum(
            w["memory_mb"] for w in one["workloads"] if w["host"] == h["name"]))) < 1e-9
        for h in one["hosts"]), use)
    check("CPU-5: 2 x 3000 MHz are 6000, of which 150 % of a core are for VMs",
          use["cpu"]["capacity"] == 150, use["cpu"])
    check("NET-4: the peaks of those that share, summed, within 750 Mb/s", all(
        abs(h["use"]["network"]["needed"] - sum(
            w["network_mbps"] for w in one["workloads"] if w["host"] == h["name"])) < 1e-6
        and h["use"]["network"]["capacity"] == 750 for h in one["hosts"]))
    again = plan(path, *words, code=3)
    check("HST-3: the same question has the same answer", again["hosts"] == one["hosts"])
    low = plan(hosts(host(memory_mb=3000)), *words, code=3)
    check("MEM-4: no host holds more than it has", all(
        h["use"]["memory"]["needed"] <= 3000 for h in low["hosts"]) and low["unplaced"])


def two_hours():
    """Peaks of 50 Mb/s at different hours: 100 are planned, 60 coincide."""
    path = hosts(host(1), constraints=[{"kind": "pin", "workloads": ["a", "b", "c", "d"],
                                        "hosts": ["h"]}])
    both = ("--include", "review,insufficient", "--demand")
    names = {"day", "night"}
    peak = plan(path, *both, "peak", code=3)
    aligned = plan(path, *both, "aligned", code=3)
    found = [h for h in peak["hosts"] if names <= set(h["workloads"])]
    shared = [h for h in aligned["hosts"] if names <= set(h["workloads"])]
    others = 0
    if found:
        others = 50 * len([w for w in found[0]["workloads"] if w in "abcd"]) + \
            len([w for w in found[0]["workloads"] if w == "short"])
    check("HST-7: planned with the sum of the peaks",
          found and abs(found[0]["use"]["network"]["needed"] - others - 100) < 1e-6,
          found and found[0]["use"]["network"])
    if shared:
        use = shared[0]["use"]["network"]
        check("HST-7: what coincides is said beside it",
              abs(use["sum_of_peaks"] - use["needed"] - 40) < 1e-6, use)
    else:
        check("HST-7: what coincides is said beside it", False, aligned["hosts"])


def adapters():
    facts("a", dedicated_adapters="2")
    made = plan(hosts(host(1, nics=[{"mbps": 1000, "use": "host"},
                                    {"mbps": 1000, "use": "shared"},
                                    {"mbps": 1000, "use": "dedicated"},
                                    {"mbps": 1000, "use": "dedicated"}])),
                "--include", "review,insufficient", code=3)
    row = next((w for w in made["workloads"] if w["name"] == "a"), None)
    check("NET-2: two adapters of its own are two virtual networks, each on one of them",
          row and row["settings"]["dedicated_adapters"] == 2 and
          row["settings"]["virtual_network"] == "own adapter 3, 4", row)
    analyze("inventory", "a", "--set", "dedicated_adapters=0")


def export():
    path = hosts(host(2))
    words = ("plan", "--hosts", path, "--include", "review,insufficient", "--format")
    rows = list(csv.DictReader(io.StringIO(analyze(*words, "csv", code=3))))
    kv = analyze(*words, "kv", code=3)
    check("CARD-3: as rows and as key=value", {r["row"] for r in rows} >=
          {"vm", "host", "left out"} and "PLACE_0=" in kv, kv[-100:])
    listed = load("plan", "list")
    check("CARD-5: plans are kept in the database and shown again",
          len(listed["plans"]) >= 4 and "vm" in analyze(
              "plan", "show", str(listed["plans"][0]["id"]), "--format", "csv"), listed)


def the_tree():
    with open(os.path.join(TOP, "README.md")) as file:
        check("CPU-14: README says that weights are priorities, not computed",
              re.search(r"relative weight .*is its stated priority.*not computed",
                        " ".join(file.read().split())))
    there = set(os.listdir(TOP))
    with open(os.path.join(TOP, "Makefile")) as file:
        make = file.read()
    check("CARD-6: the folders and targets of the card",
          {"collectord", "analyze", "probes", "schema", "tests", "Makefile",
           "README.md"} <= there and re.search(r"^check\b.*:", make, re.M), there)


top = tempfile.mkdtemp(prefix="headroom-catalogue-")
data = os.path.join(top, "data")
try:
    for step in (before_anything, estate, peaks, verdicts, devices, storage, packing,
                 two_hours, adapters, export, the_tree):
        step()
finally:
    shutil.rmtree(top)
sys.exit(1 if failures else 0)
