"""Live import from Prometheus and VictoriaMetrics of Debian: what exporters showed becomes the
same figures by every way of fetching, in one go, in parts, and after a kill.  An engine that
is not installed is skipped."""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import engines
from harness import BUILD, SEED, check, finish, skip

ANALYZE = os.path.join(BUILD, "analyze")
STEP = 15
NOW = int(time.time()) // STEP * STEP
SLOTS = 6 * 3600 // STEP
TOP = tempfile.mkdtemp(prefix="headroom-live-")
WAYS = {"prometheus": ("read", "query"), "victoria-metrics": ("export", "query")}


class Machine:
    """Series of one instance, with what is true of them: a reboot in the middle after which
    the counters soon are higher than before it, and a gap of ten minutes."""

    def __init__(self, instance, rng):
        self.instance, self.rng, self.series = instance, rng, []
        self.stamps = [NOW - (SLOTS - i) * STEP for i in range(SLOTS)]
        self.lost = range(SLOTS // 4, SLOTS // 4 + 600 // STEP)
        self.reboot = SLOTS // 2

    def add(self, name, values, **labels):
        samples = [(stamp * 1000 + 250, value) for i, (stamp, value) in
                   enumerate(zip(self.stamps, values)) if i not in self.lost]
        self.series.append(({"__name__": name, "instance": self.instance, **labels}, samples))

    def counter(self, name, most, **labels):
        """Its rates are kept in the labels' order; the reboot leaves it higher."""
        value, values, rates = self.rng.random() * 1000, [], []
        for i in range(SLOTS):
            grown = round(self.rng.random() * most * STEP, 3)
            value = value + grown + (0 if i != self.reboot else most * STEP)
            values.append(value)
            unknown = i == 0 or i == self.reboot or i in self.lost or i - 1 in self.lost
            rates.append(None if unknown else grown / STEP)
        self.add(name, values, **labels)
        return rates

    def boots(self, name):
        first, second = self.stamps[0] - 5000, self.stamps[self.reboot] - 3
        self.add(name, [first if i < self.reboot else second for i in range(SLOTS)])


def node(instance, rng):
    """node_exporter of today: two processors, an adapter with its bridge, a disk with a
    partition."""
    m = Machine(instance, rng)
    m.boots("node_boot_time_seconds")
    for cpu in "01":
        for mode in ("user", "system", "idle", "iowait"):
            m.counter("node_cpu_seconds_total", 0.3, cpu=cpu, mode=mode)
    m.add("node_memory_MemTotal_bytes", [8 << 30] * SLOTS)
    m.add("node_memory_MemAvailable_bytes", [rng.randrange(1 << 30, 6 << 30)
                                             for _ in range(SLOTS)])
    received = m.counter("node_network_receive_bytes_total", 1e6, device="eth0")
    sent = m.counter("node_network_transmit_bytes_total", 1e6, device="eth0")
    m.counter("node_network_receive_bytes_total", 1e6, device="lo")
    read = m.counter("node_disk_read_bytes_total", 1e7, device="sda")
    written = m.counter("node_disk_written_bytes_total", 1e7, device="sda")
    m.counter("node_disk_read_bytes_total", 1e7, device="dm-0")
    for core in "01":
        m.counter("node_cpu_core_throttles_total", 0, core=core, package="0")
    m.peaks = {"network": max(8 * max(a, b) for a, b in zip(received, sent) if a is not None),
               "disk": max(a + b for a, b in zip(read, written) if a is not None)}
    return m


def windows(instance, rng, front="windows", disks="logical_disk", volume="volume"):
    m = Machine(instance, rng)
    m.boots(front + "_system_system_up_time")
    for mode in ("user", "privileged", "idle", "dpc"):
        m.counter(front + "_cpu_time_total", 0.3, core="0,0", mode=mode)
    m.add(front + "_cs_physical_memory_bytes", [4 << 30] * SLOTS)
    m.add(front + "_memory_available_bytes", [rng.randrange(1 << 30, 3 << 30)
                                              for _ in range(SLOTS)])
    received = m.counter(front + "_net_bytes_received_total", 1e6, nic="Broadcom")
    sent = m.counter(front + "_net_bytes_sent_total", 1e6, nic="Broadcom")
    read = m.counter("%s_%s_read_bytes_total" % (front, disks), 1e7, **{volume: "C:"})
    written = m.counter("%s_%s_write_bytes_total" % (front, disks), 1e7, **{volume: "C:"})
    m.peaks = {"network": max(8 * max(a, b) for a, b in zip(received, sent) if a is not None),
               "disk": max(a + b for a, b in zip(read, written) if a is not None)}
    return m


def run(data, *words, code=0):
    done = subprocess.run([ANALYZE, *words, "--data", data], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120,
                          env=dict(os.environ, no_proxy="*"))
    if done.returncode != code:
        raise RuntimeError("%s: %s" % (" ".join(words), done.stderr.decode()))
    return done.stdout.decode()


def figures(data):
    """Every figure of the peak report but the names of times."""
    return json.loads(run(data, "peaks", "--json"))["workloads"]


def differ(one, other, path=""):
    """Where two reports differ by more than 1e-9."""
    if isinstance(one, dict):
        return [d for key in sorted(set(one) | set(other or {}))
                for d in differ(one.get(key), (other or {}).get(key), path + "/" + key)]
    if isinstance(one, list):
        return [path + ": length"] if len(one) != len(other or []) else [
            d for i, pair in enumerate(zip(one, other)) for d in differ(*pair, path + "/%d" % i)]
    if isinstance(one, float) and isinstance(other, (int, float)):
        return [] if abs(one - other) <= 1e-9 * max(abs(one), abs(other)) else [
            "%s: %r, %r" % (path, one, other)]
    return [] if one == other else ["%s: %r, %r" % (path, one, other)]


def store(name):
    path = os.path.join(TOP, name)
    shutil.rmtree(path, ignore_errors=True)
    return path


def whole(engine, machines, way):
    """All machines in one command; the figures are those that were written."""
    data = store("%s-%s" % (engine.name, way))
    run(data, "import", "prometheus", engine.url, "--since", "2d", "--fetch", way,
        "--max-workloads", "1000")
    found = {w["name"]: w for w in figures(data)}
    wrong = []
    for m in machines:
        w = found.get(m.instance.split(":")[0])
        for resource, peak in m.peaks.items():
            value = w and w["resources"][resource]["peak"]
            if not value or abs(value - peak) > 1e-6 * peak:
                wrong.append("%s %s: %r, expected %r" % (m.instance, resource, value, peak))
    check("live: %s by %s: peaks of %d machines are those that were written" % (
        engine.name, way, len(machines)), not wrong, "; ".join(wrong[:3]))
    return data


def in_parts(engine, expected):
    """Up to a moment, then to the end, then what is older: as in one go."""
    data = store("parts")
    middle, late = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - ago))
                    for ago in (15000, 9000))
    for words in (("--since", middle, "--until", late), ("--since", middle), ("--since", "2d")):
        run(data, "import", "prometheus", engine.url, *words)
    again = json.loads(run(data, "import", "prometheus", engine.url, "--since", "2d", "--json"))
    wrong = differ(figures(data), expected)
    check("live: %s: in three parts as in one" % engine.name, not wrong, "; ".join(wrong[:3]))
    check("live: %s: again brings nothing" % engine.name, again["changed"] is False, again)


def killed(engine, expected):
    """kill -9 on the way: what was stored stays, and the same command brings the rest."""
    data, database = store("killed"), None
    child = subprocess.Popen([ANALYZE, "import", "prometheus", engine.url, "--since", "2d",
                              "--data", data], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, env=dict(os.environ, no_proxy="*"))
    until = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < until and not database:
        database = os.path.exists(os.path.join(data, "headroom.db")) and figures_stored(data)
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    stored = len(figures(data)) if database else 0
    run(data, "import", "prometheus", engine.url, "--since", "2d")
    wrong = differ(figures(data), expected)
    check("live: %s: killed with %d of %d machines stored, then the rest" % (
        engine.name, stored, len(expected)), not wrong and 0 < stored, "; ".join(wrong[:3]))


def figures_stored(data):
    try:
        return bool(figures(data))
    except (RuntimeError, ValueError):
        return False


def with_engine(name, machines):
    if not engines.is_there(name):
        skip("live: " + name, "%s is not installed" % name)
        return
    with engines.Engine(name, [row for m in machines for row in m.series]) as engine:
        first = None
        for way in WAYS[name]:
            data = whole(engine, machines, way)
            found = figures(data)
            wrong = differ(found, first) if first else []
            first = first or found
            check("live: %s by %s: every figure as by the first way" % (name, way), not wrong,
                  "; ".join(wrong[:3]))
        facts = run(data, "inventory", "web1")
        check("live: %s: cores by what the machine shows" % name,
              any(line.split()[:2] == ["cpu.cores", "2"] for line in facts.split("\n")), facts)
        files = os.path.join(TOP, "answer.json")
        answer = json.loads(engine.ask("/api/v1/query", time=NOW,
                                       query='{__name__=~"node_.*",instance="web1:9100"}[2d]'))
        # boots before the counters, as Prometheus sorts by name
        answer["data"]["result"].sort(key=lambda row: row["metric"]["__name__"])
        with open(files, "w") as out:
            json.dump(answer, out, separators=(",", ":"))
        data = store("file")
        run(data, "import", "prometheus", files)
        wrong = differ(figures(data)[0]["resources"],
                       [w for w in first if w["name"] == "web1"][0]["resources"])
        check("live: %s: as from a file of its answer" % name, not wrong, "; ".join(wrong[:3]))
        in_parts(engine, first)
        killed(engine, first)
        picked = store("picked")
        run(picked, "import", "prometheus", engine.url, "--since", "2d", "--match",
            '{instance=~"web.*"}')
        check("live: %s: --match" % name, [w["name"] for w in figures(picked)] == ["web1"])


try:
    chance = random.Random(SEED)
    estate = [node("web1:9100", chance), windows("win1:9182", chance),
              windows("old1:9182", chance, front="wmi"),
              windows("win2:9182", chance, disks="physical_disk", volume="disk")]
    small = []
    for number in range(120):
        machine = Machine("vm%03d:9100" % number, chance)
        machine.stamps = machine.stamps[-20:]
        machine.lost = ()
        machine.add("node_memory_MemTotal_bytes", [1 << 30] * 20)
        machine.add("node_memory_MemAvailable_bytes", [1 << 29] * 20)
        machine.peaks = {}
        small.append(machine)
    for engine_name in engines.PROGRAMS:
        with_engine(engine_name, estate + small)
finally:
    shutil.rmtree(TOP, ignore_errors=True)
finish()
