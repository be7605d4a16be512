#!/usr/bin/env python3
"""What the probes hand over against a plain re-reading of the same files that shares no
code with them: every number of proc/stat, meminfo, net/dev, diskstats, loadavg and
pressure (T40).  Runs over the roots of the project and, where HEADROOM_TEST_DATA names
the folder, over foreign ones (never copied here)."""

import glob
import os
import re
import subprocess
import sys
import tarfile
import tempfile

BUILD = os.environ.get("BUILD", "build")
TOOL = os.path.join(BUILD, "tests/tools/read_root")
DATA = os.environ.get("HEADROOM_TEST_DATA")


def text_of(root, path):
    try:
        with open(os.path.join(root, path), "rb") as file:
            return file.read().decode("latin-1").replace("\r", "")
    except OSError:
        return None


def probe(root):
    """{(metric, instance): value as text} and the other lines."""
    out = subprocess.run([TOOL, "--raw", root], capture_output=True, check=True)
    values, others = {}, []
    for line in out.stdout.decode("latin-1").splitlines():
        words = line.split(" ")
        if words[0] in ("complete", "cpus", "gone", "overflow", "error"):
            others.append(line)
        elif len(words) == 2:
            values[(words[0], "")] = words[1]
        else:
            values[(words[0], " ".join(words[1:-1]))] = words[-1]
    return values, others


def plain(root):
    """The same, the plain way, for what the probes say they counted."""
    want = {}
    stat = text_of(root, "proc/stat")
    if stat:
        names = "USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL".split()
        for line in stat.splitlines():
            words = line.split()
            if not words:
                continue
            if words[0] == "cpu":
                for name, value in zip(names, words[1:9]):
                    want[(f"CPU_{name}_TICKS", "")] = value
            elif re.fullmatch(r"cpu\d+", words[0]):
                ticks = list(map(int, words[1:9]))
                idle = sum(ticks[3:5])
                want[("CORE_IDLE_TICKS", words[0][3:])] = str(idle)
                want[("CORE_BUSY_TICKS", words[0][3:])] = str(sum(ticks) - idle)
            elif words[0] == "procs_running":
                want[("RUN_QUEUE", "")] = words[1]
            elif words[0] == "procs_blocked":
                want[("BLOCKED", "")] = words[1]
    memory = text_of(root, "proc/meminfo")
    if memory:
        size = {m[1]: int(m[2]) * 1024
                for m in re.finditer(r"^(\S+):\s+(\d+) kB$", memory, re.M)}
        want[("MEMORY_TOTAL_BYTES", "")] = str(size["MemTotal"])
        if "MemAvailable" in size:
            want[("MEMORY_AVAILABLE_BYTES", "")] = str(
                max(size["MemAvailable"], size.get("MemFree", 0)))
        if "Cached" in size and "Buffers" in size:
            want[("MEMORY_CACHED_BYTES", "")] = str(size["Cached"] + size["Buffers"])
        if "SwapTotal" in size:
            want[("MEMORY_SWAP_SIZE_BYTES", "")] = str(size["SwapTotal"])
        if "Committed_AS" in size:
            want[("MEMORY_COMMITTED_BYTES", "")] = str(size["Committed_AS"])
    load = text_of(root, "proc/loadavg")
    if load:
        for name, value in zip(("LOAD1", "LOAD5", "LOAD15"), load.split()):
            want[(name, "")] = "%.15g" % float(value)
    for name, prefix in (("cpu", "CPU"), ("memory", "MEM"), ("io", "IO")):
        psi = text_of(root, f"proc/pressure/{name}")
        for kind, avg, total in re.findall(
                r"^(some|full) avg10=(\S+) .*total=(\d+)$", psi or "", re.M):
            if kind == "full" and name == "cpu":
                continue
            want[(f"PRESSURE_{prefix}_{kind.upper()}_AVG10", "")] = "%.15g" % float(avg)
            want[(f"PRESSURE_{prefix}_{kind.upper()}_RATIO", "")] = total
    return want


DISK = {"READ_OPS_S": 0, "READ_BYTES_S": 2, "WRITE_OPS_S": 4, "WRITE_BYTES_S": 6,
        "BUSY_RATIO": 9, "QUEUE": 10}
NET = {"RX_BPS": 0, "RX_PPS": 1, "RX_ERRORS_S": 2, "RX_DROPS_S": 3,
       "TX_BPS": 8, "TX_PPS": 9, "TX_ERRORS_S": 10, "TX_DROPS_S": 11}


def check_devices(root, values, problems):
    """Every value of an adapter or disk stands in its line; returns how many."""
    lines = {}
    for line in (text_of(root, "proc/net/dev") or "").splitlines():
        if ":" in line:
            name, numbers = line.rsplit(":", 1)
            lines[("NET", name.strip())] = numbers.split()
    for line in (text_of(root, "proc/diskstats") or "").splitlines():
        words = line.split()
        if len(words) >= 14:
            lines[("BLOCK", words[2])] = words[3:]
    checked = 0
    for (metric, name), value in values.items():
        kind, _, rest = metric.partition("_")
        columns = {"NET": NET, "BLOCK": DISK}.get(kind, {})
        if rest not in columns:
            continue
        checked += 1
        if lines[(kind, name)][columns[rest]] != value:
            problems.append(f"{metric} {name} is {value}")
    return checked


def check(name, root):
    values, others = probe(root)
    problems = [line for line in others if line.startswith("error")]
    want = plain(root)
    for key, value in want.items():
        if values.get(key) != value:
            problems.append(f"{' '.join(key)} is {values.get(key)}, wanted {value}")
    checked = len(want) + check_devices(root, values, problems)
    if problems:
        print(f"FAIL probe_roots {name}: {problems[0]} ({len(problems)} in all)")
    elif checked == 0:
        print(f"FAIL probe_roots {name}: nothing to compare")
    else:
        print(f"ok probe_roots {name}: {checked} numbers equal")


def foreign(work):
    """[(name, root)] made of the shared data; file by file where it is no whole tree."""
    procfs = os.path.join(DATA, "data/procfs")
    with tarfile.open(os.path.join(procfs, "sysstat-roots.tar.xz")) as archive:
        archive.extractall(work)
    for number in (1, 2):
        yield f"sysstat-root{number}", os.path.join(work, f"sysstat-roots/root{number}")
    node = os.path.join(work, "node_exporter")
    os.makedirs(node)
    subprocess.run(["cp", "-r", os.path.join(procfs, "node_exporter-fixtures/proc"), node],
                   check=True)
    yield "node_exporter", node
    jc = os.path.join(work, "jc")
    for source, target in (("stat", "stat"), ("meminfo", "meminfo"), ("net_dev", "net/dev"),
                           ("diskstats", "diskstats"), ("loadavg", "loadavg")):
        text = text_of(procfs, f"jc-linux-proc/{source}")
        where = os.path.join(jc, "proc", target)
        os.makedirs(os.path.dirname(where), exist_ok=True)
        with open(where, "w", encoding="latin-1") as file:
            file.write(text)
    yield "jc", jc


def lscpu_expected(text):
    find = {}
    for key, label in (("per_core", "Thread(s) per core"), ("per_socket", "Core(s) per socket"),
                       ("sockets", "Socket(s)")):
        match = re.search(rf"^{re.escape(label)}:\s+(\d+)", text, re.M)
        if match:
            find[key] = int(match[1])
    online = re.search(r"^On-line CPU\(s\) list:\s+(\S+)", text, re.M)
    if online:
        find["online"] = sum(
            int(part.split("-")[-1]) - int(part.split("-")[0]) + 1
            for part in online[1].split(","))
    return find


def check_topologies(work):
    """Cores and threads of util-linux's dumps against what lscpu said there."""
    folder = os.path.join(DATA, "data/inventory/lscpu")
    for path in sorted(glob.glob(os.path.join(folder, "*.tar.gz"))):
        name = os.path.basename(path)[:-len(".tar.gz")]
        expected = os.path.join(folder, f"expected-{name}")
        with tarfile.open(path) as archive:
            archive.extractall(os.path.join(work, "lscpu"))
        root = os.path.join(work, "lscpu", name)
        out = subprocess.run([TOOL, "--inventory", root], capture_output=True)
        if out.returncode or not os.path.exists(expected):
            print(f"FAIL probe_roots lscpu {name}: {out.stderr.decode().strip()}")
            continue
        facts = dict(line.split(" = ", 1) for line in
                     out.stdout.decode("latin-1").splitlines() if " = " in line)
        want = lscpu_expected(text_of(folder, f"expected-{name}"))
        got = int(facts.get("cpu.threads", 0)), int(facts.get("cpu.physical_cores", 0))
        if "online" in want and got[0] != want["online"]:
            print(f"FAIL probe_roots lscpu {name}: {got[0]} threads, lscpu has {want['online']}")
        elif want.get("per_core") and want["online"] % want["per_core"] == 0 and \
                got[1] != want["online"] // want["per_core"]:
            print(f"FAIL probe_roots lscpu {name}: {got[1]} cores, lscpu has "
                  f"{want['online'] // want['per_core']}")
        else:
            print(f"ok probe_roots lscpu {name}: {got[0]} threads, {got[1]} cores")


def check_hwloc(work):
    """hwloc's dumps are named after their number of processors."""
    for path in sorted(glob.glob(os.path.join(DATA, "data/inventory/hwloc/*.tar.bz2"))):
        name = os.path.basename(path)[:-len(".tar.bz2")]
        want = re.match(r"\d+(?!pa)", name)
        target = os.path.join(work, "hwloc", name)
        with tarfile.open(path) as archive:
            archive.extractall(target)
        root = os.path.join(target, os.listdir(target)[0])
        if not want or not os.path.isdir(os.path.join(root, "proc")):
            continue
        out = subprocess.run([TOOL, "--inventory", root], capture_output=True)
        match = re.search(rb"^cpu.threads = (\d+)$", out.stdout, re.M)
        if match and match[1].decode() == want[0]:
            print(f"ok probe_roots hwloc {name}")
        else:
            print(f"FAIL probe_roots hwloc {name}: {match and match[1]} threads")


def main():
    for root in sorted(glob.glob("tests/roots/*/")):
        check(os.path.basename(root.rstrip("/")), root)
    if not DATA or not os.path.isdir(os.path.join(DATA, "data/procfs")):
        print("SKIP probe_roots foreign: HEADROOM_TEST_DATA is not set")
        return
    with tempfile.TemporaryDirectory() as work:
        for name, root in foreign(work):
            check(name, root)
        check_topologies(work)
        check_hwloc(work)


main()
