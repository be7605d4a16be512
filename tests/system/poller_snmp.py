"""SNMP: collectord-snmp against snmpd on loopback (v2c and v3) and against a scripted agent
whose counters wrap and which begins anew; and the daemon with such a host."""

import concurrent.futures
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../oracle"))
sys.path.insert(0, os.path.join(HERE, "../faults"))  # its harness is ours
from harness import BUILD, SEED, check, finish, skip  # noqa: E402
from snmp_agent import COUNTER32, COUNTER64, INTEGER, OCTETS, TICKS, Agent  # noqa: E402

PROGRAM = os.path.join(BUILD, "collectord-snmp")
TOP = tempfile.mkdtemp(prefix="headroom-snmp-")
UCD = (1, 3, 6, 1, 4, 1, 2021)
WRAP = 1 << 32


def secrets(name, *lines):
    path = os.path.join(TOP, name)
    with open(path, "w") as out:
        out.write("\n".join(lines) + "\n")
    os.chmod(path, 0o600)
    return path


class Reader:
    """collectord-snmp as the poller has it: a line asks, the answer ends with # EOF."""

    def __init__(self, address, path):
        self.process = subprocess.Popen([PROGRAM, address, path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self):
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it said why, and ended
        lines = []
        for line in self.process.stdout:
            if line == "# EOF\n":
                break
            lines.append(line.strip())
        values = {}
        for line in lines:
            name, _, value = line.rpartition(" ")
            if name:
                values[name] = value
        return "\n".join(lines), values

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(20)


def once(address, path):
    reader = Reader(address, path)
    said, values = reader.ask()
    reader.close()
    return said, values


# ---- snmpd ------------------------------------------------------------------------------

def snmpd():
    program = shutil.which("snmpd") or "/usr/sbin/snmpd"
    if not os.access(program, os.X_OK):
        skip("snmp: snmpd on loopback", "snmpd is not installed")
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % probe.getsockname()[1]
    config = secrets("snmpd.conf", "rocommunity sesame 127.0.0.1",
                     "createUser headroom SHA-256 \"pass phrase one\" AES \"pass phrase two\"",
                     "rouser headroom authpriv")
    process = subprocess.Popen([program, "-f", "-Ln", "-C", "-c", config, "udp:" + address],
                               env=dict(os.environ, SNMP_PERSISTENT_DIR=TOP, MIBS=""),
                               stderr=subprocess.DEVNULL)
    time.sleep(2)
    if process.poll() is not None:
        skip("snmp: snmpd on loopback", "snmpd does not run here")
        return
    try:
        against_snmpd(address)
    finally:
        process.terminate()
        process.wait(10)


def against_snmpd(address):
    with open("/proc/meminfo") as f:
        total = int(re.search(r"MemTotal:\s+(\d+)", f.read()).group(1)) * 1024
    good = secrets("v2", "community = sesame")
    reader = Reader(address, good)
    said, values = reader.ask()
    with open("/proc/%d/cmdline" % reader.process.pid) as f:
        command = f.read()
    check("snmp: v2c: this machine's memory and its processors",
          values.get("node_memory_MemTotal_bytes") == str(total) and
          len(re.findall('mode="idle"', said)) in (0, os.cpu_count()), said[:300])
    check("snmp: no secret on a command line", "sesame" not in command)
    reader.close()
    said, values = once(address, secrets("v3", "user = headroom",
                                         "auth = SHA-256 pass phrase one",
                                         "priv = AES pass phrase two"))
    check("snmp: v3 with SHA-256 and AES", values.get("node_memory_MemTotal_bytes") ==
          str(total), said[:300])
    for name, word, lines in (
            ("another community", "does not answer", ["community = wrong"]),
            ("another passphrase", "refuses|answer", [
                "user = headroom", "auth = SHA-256 pass phrase six",
                "priv = AES pass phrase two"]),
            ("an unknown digest", "expected MD5", ["user = headroom", "auth = ROT13 x"]),
            ("no secret at all", "expected one of", ["# nothing"])):
        said, values = once(address, secrets("bad", *lines))
        check("snmp: %s is refused with a reason" % name, re.search(word, said) and
              "node_" not in said, said[:300])
    said, _ = once(address, os.path.join(TOP, "nowhere"))
    check("snmp: a file of secrets that is not there is named", "nowhere" in said, said)


# ---- a scripted agent -----------------------------------------------------------------------

class Machine:
    """Counters of 32 bits near their end; `up` and `system` in ticks of 1/100 s."""

    def __init__(self):
        self.up = self.system = 100000
        self.idle, self.user = WRAP - 1500, 1000
        self.octets, self.read, self.reads = 10 ** 12, WRAP - 5000, WRAP - 50
        self.adapter = b"eth0"

    def values(self):
        found = {(1, 3, 6, 1, 2, 1, 1, 3, 0): (TICKS, self.up % WRAP),
                 (1, 3, 6, 1, 2, 1, 25, 1, 1, 0): (TICKS, self.system % WRAP)}
        for number, kib in ((5, 8 << 20), (6, 3 << 20), (14, 0), (15, 0), (27, 4 << 20)):
            found[UCD + (4, number, 0)] = (INTEGER, kib)
        for number, ticks in ((50, self.user), (53, self.idle)):
            found[UCD + (11, number, 0)] = (COUNTER32, int(ticks) % WRAP)
        for n in (0, 1):
            found[(1, 3, 6, 1, 2, 1, 25, 3, 3, 1, 2, 196608 + n)] = (INTEGER, 5)
        table = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
        found[table + (1, 2)] = (OCTETS, self.adapter)
        found[table + (6, 2)] = (COUNTER64, int(self.octets))
        found[table + (10, 2)] = (COUNTER64, int(self.octets) // 10)
        for row, name in ((1, b"sda"), (2, b"sda1")):
            disk = UCD + (13, 15, 1, 1)
            found[disk + (2, row)] = (OCTETS, name)
            for column, value in ((3, self.read), (4, 0), (5, self.reads), (6, 0)):
                found[disk + (column, row)] = (COUNTER32, int(value) % WRAP)
        return found


def scripted():
    machine = Machine()
    agent = Agent(machine.values)
    reader = Reader(agent.address, secrets("agent", "community = secret"))

    def counters():
        said, values = reader.ask()
        return said, [float(values.get(name, "nan")) for name in (
            'node_cpu_seconds_total{cpu="0",mode="idle"}',
            'node_disk_read_bytes_total{device="sda"}',
            'node_disk_reads_completed_total{device="sda"}',
            'node_network_receive_bytes_total{device="eth0"}')]

    first, before = counters()
    check("snmp: what a partition does is its disk's", "sda1" not in first, first)
    for name in ("idle", "read", "reads", "octets"):
        setattr(machine, name, getattr(machine, name) + 100000)
    machine.up += 3000
    machine.system += 3000
    _, after = counters()
    moved = [b - a for a, b in zip(before, after)]
    check("snmp: counters of 32 bits go on where they wrap",
          moved == [500, 100000, 100000, 100000], repr(moved))  # ticks of 2 CPUs
    machine.read, machine.up, machine.system = 700, machine.up + 3000, machine.system + 3000
    _, now = counters()
    check("snmp: one that falls without a wrap begins anew", now[1] == 700, repr(now))
    machine.idle = machine.user = 40
    machine.up = 300  # the agent alone
    machine.read += WRAP - 600
    said, now = counters()
    check("snmp: an agent that begins anew has no wraps", now[0] == 0.2 and
          now[1] == (machine.read % WRAP), repr(now))
    machine.idle = machine.user = 0
    said, _ = reader.ask()
    check("snmp: processors that were not read yet are unknown", "node_cpu" not in said, said)
    machine.adapter = b"ens3\x1b[2J"
    said, _ = reader.ask()
    check("snmp: a name is a name", "ens3_[2J" not in said and "\x1b" not in said and
          'device="ens3__2J"' in said, said)
    reader.close()
    agent.close()


def spoiled():
    """An agent whose bytes are wrong: a reason, or what is whole; never a crash."""
    machine, draw, bad = Machine(), random.Random(SEED), []

    def spoil(answer):
        answer = bytearray(answer)
        for _ in range(draw.randint(1, 6)):
            answer[draw.randrange(len(answer))] = draw.randrange(256)
        return bytes(answer[:draw.randrange(20, len(answer) + 1)])

    agent = Agent(machine.values)
    reader = Reader(agent.address, secrets("agent", "community = secret"))
    reader.ask()
    agent.spoil = lambda answer: spoil(answer) if draw.random() < 0.1 else answer
    for turn in range(25):
        machine.up += 3000
        said, _ = reader.ask()
        if not said or reader.process.poll() is not None:
            bad.append("turn %d: %r" % (turn, said[:80]))
            break
    agent.spoil = None
    machine.up += 3000
    said, _ = reader.ask()
    check("snmp: answers that are spoiled end nothing", not bad and
          "MemTotal" in said, "%r %s" % (bad, said[:200]))
    check("snmp: it ends with its input", reader.close() == 0)
    agent.close()


# ---- the daemon -------------------------------------------------------------------------------

def daemon():
    began = time.time()
    machine = Machine()
    start = (machine.octets, machine.read, machine.reads, machine.idle, machine.user)

    def values():
        at = time.time() - began
        machine.up = 100000 + at * 100 if at < 75 else (at - 70) * 100
        machine.up = int(machine.up)
        machine.system = int(100000 + at * 100)
        machine.octets = start[0] + at * 125000
        machine.read, machine.reads = start[1] + at * 512000, start[2] + at * 10
        machine.idle, machine.user = start[3] + at * 150, start[4] + at * 50
        return machine.values()

    agent = Agent(values)
    with open(os.path.join(TOP, "conf"), "w") as out:
        out.write("user = \"\"\ninterval = 5s\nbatch_interval = 1h\n"
                  "host agent { source = snmp address = \"%s\" token_file = \"%s\" "
                  "nominal_mhz = 2000 }\n" % (agent.address,
                                              secrets("agent", "community = secret")))
        out.write("host silent { source = snmp address = \"127.0.0.1:1\" token_file = "
                  "\"%s/agent\" }\n" % TOP)
    os.makedirs(os.path.join(TOP, "run"))
    with open(os.path.join(TOP, "log"), "w") as log:
        process = subprocess.Popen(
            [os.path.join(BUILD, "collectord"), "-c", os.path.join(TOP, "conf"), "--data",
             os.path.join(TOP, "data"), "--name", "hub", "--no-helper"], stdout=log,
            stderr=log, env=dict(os.environ, RUNTIME_DIRECTORY=os.path.join(TOP, "run")))
        # two slots after the first reading, one of them over the agent's beginning
        while time.time() < began + 130 and process.poll() is None:
            time.sleep(0.5)
        process.terminate()
        code = process.wait(30)
    with open(os.path.join(TOP, "log")) as log:
        said = log.read()
    done = subprocess.run([os.path.join(BUILD, "analyze"), "peaks", "--json", "--data",
                           os.path.join(TOP, "data")], capture_output=True, text=True,
                          check=False)
    workloads = {w["name"]: w for w in json.loads(done.stdout)["workloads"]}
    agent.close()
    check("snmp: the daemon ends in order", code == 0, "%r %s" % (code, said[-300:]))
    check("snmp: a silent agent is told once, and is no workload", "silent" not in workloads and
          len(re.findall(r"silent: .*its slots are unknown", said)) == 1, said[-400:])
    seen = workloads.get("agent", {"resources": {}, "samples": 0})
    check("snmp: two slots are known at least", seen["samples"] >= 2, repr(seen["samples"]))
    for resource, wanted in (("memory", 4 << 30), ("cpu", 1000), ("network", 1e6),
                             ("disk", 512000), ("disk_ops", 10)):
        got = seen["resources"].get(resource) or {}
        check("snmp: %s is what the machine does, and no more at any time" % resource,
              got.get("mean") is not None and
              abs(got["mean"] - wanted) <= 0.02 * wanted and got["peak"] <= 1.05 * wanted,
              repr(got))


if not os.access(PROGRAM, os.X_OK):
    skip("snmp", "collectord-snmp was left out (libsnmp-dev)")
else:
    snmpd()
    scripted()
    with concurrent.futures.ThreadPoolExecutor() as beside:  # both wait, for agents of their own
        ending = beside.submit(daemon)
        spoiled()
        ending.result()
shutil.rmtree(TOP)
finish()
