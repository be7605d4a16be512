#!/usr/bin/env python3
"""What is said is so: imports that bring nothing, half of a pair, a plan that no longer
fits, plans of two profiles (inputs of people's own reports, made up here)."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
MB, START = 1048576, 1772323200
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
    return " ".join((done.stdout + done.stderr).split())


def table(name, header, rows):
    path = os.path.join(top, name + ".csv")
    with open(path, "w") as out:
        out.write(header + "\n" + "".join(",".join(map(str, r)) + "\n" for r in rows))
    return path


def imports():
    header = "time,workload,cpu_used_mhz"
    rows = [(START + 300 * k, "web", 300) for k in range(1, 49)]
    analyze("import", "csv", table("wrong", header, rows))
    again = analyze("import", "csv", table("wrong", header, rows))
    check("the same file again: all of it was there", "all of it was there already" in again,
          again)
    said = analyze("import", "csv", table("mended", header, [(t, w, 200) for t, w, _ in rows]))
    check("other values are not there already",
          "48 rows have other values than what is stored, which was kept" in said and
          "there already" not in said and "analyze import --undo" in said, said)
    said = analyze("import", "csv", table("empty", header, []))
    check("a file without rows is not there already",
          "there was nothing to import" in said and "there already" not in said, said)
    said = analyze("import", "csv", table(
        "half", "time,workload,net_rx_bps", [(START + 300 * k, "ec2", 1e6)
                                             for k in range(1, 51)]))
    check("one direction alone is named",
          "workload ec2: net_rx_bps without net_tx_bps: the network demand stays unknown"
          in said, said)
    said = analyze("verdict", "ec2")
    check("no nan on the screen", "nan" not in said and "0.0 % known" in said, said)


def another_store():
    """What persons decided there comes along, and that is said."""
    global data
    other, data = data, os.path.join(top, "other")
    analyze("import", "csv", table("there", "time,workload,cpu_used_mhz", [
        (START + 300 * k, "there", 100) for k in range(1, 40)]))
    analyze("exclude", "there", "2026-03-01T01:00Z", "2026-03-01T02:00Z", "--reason", "x")
    there, data = data, other
    said = analyze("import", "store", there)
    check("exclusions and reviews that come along are counted",
          "1 excluded window and 0 reviews as they were decided there" in said, said)


def times():
    """The night in which Berlin sets its clocks back; a clock that ran ahead."""
    os.environ["TZ"] = "Europe/Berlin"
    autumn = 1761436800  # 2025-10-26T00:00:00Z
    analyze("import", "csv", table("night", "time,workload,cpu_used_mhz", [
        (autumn + 900 * k, "night", 100) for k in range(1, 40)]))
    said = analyze("exclude", "night", "2025-10-26T02:30", "2025-10-26T04:00", "--reason",
                   "x", code=2)
    check("a local time that is there twice is refused", "twice or never" in said and
          "append the offset" in said, said)
    said = analyze("exclude", "night", "2025-03-30T02:30", "2025-03-30T04:00", "--reason",
                   "x", code=2)
    check("and one that never is", "twice or never" in said, said)
    analyze("exclude", "night", "2025-10-26T02:30+01:00", "2025-10-26T04:00", "--reason", "x")
    said = analyze("exclude")
    check("an exclusion is listed with its offset",
          "2025-10-26 02:30:00 +0100" in said and "2025-10-26 04:00:00 +0100" in said, said)
    os.environ["TZ"] = "UTC"
    said = analyze("status")
    check("a year that is not the present one is shown",
          "2025-10-26" in said, said)


def plans():
    """Three on two hosts; one grows until its host is over, and a third host is free."""
    hosts = os.path.join(top, "hosts.json")
    with open(hosts, "w") as out:
        json.dump({"hosts": [{
            "type": "h", "count": 4, "cores": 8, "core_mhz": 3000, "memory_mb": 4096,
            "host_memory_mb": 0, "disk_gb": 500,
            "nics": [{"mbps": 1000, "use": "host"}, {"mbps": 1000, "use": "shared"}]}]}, out)
    sizes = {"a": 1900, "b": 1900, "c": 1900, "d": 1900}
    paths = []
    for step, more in enumerate(({}, {"a": 2200, "c": 2200, "b": 1800, "d": 1800})):
        sizes.update(more)
        paths.append(os.path.join(top, "plan%d.json" % step))
        source = table("estate%d" % step,
                       "time,workload,memory_used_bytes,cpu_used_mhz,network_bps",
                       [(START + 300 * k, w, size * MB, 100, 1000)
                        for w, size in sizes.items() for k in range(1, 300)])
        if step:
            analyze("workload", "forget", *sizes)
        analyze("import", "csv", source)
        for name in sizes:
            analyze("inventory", name, "--set", "disks=c:1")
        analyze("plan", "--hosts", hosts, "--profile", "plain", "--include",
                "review,insufficient,unknown", "--json", "-o", paths[-1], code=0)
    with open(paths[0]) as file:
        before = json.load(file)
    # as it would stand where the two that grow are on one host
    before["hosts"][0]["workloads"], before["hosts"][1]["workloads"] = ["a", "c"], ["b", "d"]
    before["hosts"] = before["hosts"][:2]
    with open(paths[0], "w") as out:
        json.dump(before, out)
    said = analyze("plan", "diff", *paths)
    check("an old plan that no longer fits is named with its host",
          "The old plan no longer fits: h-1 is over its memory" in said and
          "No beneficial move" not in said, said)
    check("and the free hosts of the file let the moves go on",
          "free a host first" not in said and "h-3" in said, said)
    other = os.path.join(top, "other.json")
    with open(paths[1]) as file:
        changed = json.load(file)
    changed["profile"] = "kvm"
    with open(other, "w") as out:
        json.dump(changed, out)
    said = analyze("plan", "diff", paths[1], other)
    check("plans of two profiles are called that",
          "made under plain and kvm; steps and settings are those of kvm" in said, said)


top = tempfile.mkdtemp(prefix="headroom-saying-")
data = os.path.join(top, "data")
try:
    imports()
    another_store()
    times()
    plans()
finally:
    shutil.rmtree(top)
sys.exit(1 if failures else 0)
