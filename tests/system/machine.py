#!/usr/bin/env python3
"""The machine document (INV-1 to INV-8): of this machine as its own tools have it, of
recorded ones, kept in a store with what changes, and bad ones refused."""
import ipaddress
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from checks import check, finish  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
ROOTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "roots")


def skip(name, why):
    print("SKIP %s: %s" % (name, why))


def run(program, *args):
    return subprocess.run([os.path.join(BUILD, program), *args], capture_output=True,
                          text=True, timeout=120)


def tool(*words):
    """What a tool of the system prints, or None where it is not there."""
    if not shutil.which(words[0]):
        return None
    done = subprocess.run(words, capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, LC_ALL="C"))
    return done.stdout if done.returncode == 0 else None


def compare(name, tool_name, text, got, wanted):
    if text is None:
        skip(name, "no %s here" % tool_name)
    else:
        wanted = wanted(text)
        check(name, got == wanted, "got %r, %s says %r" % (got, tool_name, wanted))


# ---- of this machine ------------------------------------------------------------------------

def of_lscpu(text):
    rows = dict(re.findall(r"^([^:\n]+):\s*(.*)$", text, re.M))
    sockets = int(rows["Socket(s)"])
    cores = sockets * int(rows["Core(s) per socket"])
    return [sockets, cores, cores * int(rows["Thread(s) per core"]), rows["Model name"]]


def of_lsblk(text):
    found = {}
    for disk in json.loads(text)["blockdevices"]:
        if disk["type"] == "disk" and disk["size"] and not disk["name"].startswith(
                ("zram", "loop", "ram", "fd")):
            found[disk["name"]] = [disk["size"], sorted(
                part["size"] for part in disk.get("children", []) if part["type"] == "part")]
    return found


def of_ip(text):
    found = {}
    for link in json.loads(text):
        if link["link_type"] != "ether" or link["ifname"].startswith(
                ("ifb", "docker", "br-", "veth", "dummy", "virbr", "tap")):
            continue
        found[link["ifname"]] = [link["address"], sorted(
            "%s/%d" % (a["local"], a["prefixlen"]) for a in link["addr_info"])]
    return found


def of_route(text):
    first = min(json.loads(text), key=lambda r: r.get("metric", 0), default={})
    return [first.get("gateway"), first.get("dev")]


def of_dpkg(text):
    return sorted(tuple(line.split("\t")[:2]) for line in text.splitlines()
                  if line.split("\t")[2] == "installed")


STARTS = {"enabled": "auto", "enabled-runtime": "auto", "generated": "auto",
          "static": "static", "disabled": "disabled", "masked": "masked",
          "masked-runtime": "masked", "indirect": "manual", "linked": "manual",
          "linked-runtime": "manual"}


def of_units(text):
    rows = [line.split() for line in text.splitlines() if line.strip()]
    return sorted((row[0].removesuffix(".service"), STARTS[row[1]]) for row in rows
                  if row[1] in STARTS)


def this_machine(work):
    done = run("collectord-inventory")
    check("this machine has a document", done.returncode == 0, done.stderr)
    machine = json.loads(done.stdout)
    general = machine["general"]
    check("the six groups are there", all(key in machine for key in (
        "os", "general", "storage", "network", "secondary", "software")), list(machine))
    compare("sockets, cores, threads and model as lscpu has them", "lscpu", tool("lscpu"),
            [general.get(k) for k in ("sockets", "cores", "threads", "processor")], of_lscpu)
    compare("disks and partitions as lsblk has them", "lsblk",
            tool("lsblk", "-J", "-b", "-o", "NAME,SIZE,TYPE"),
            {d["device"]: [d["bytes"], sorted(p["bytes"] for p in d["partitions"])]
             for d in machine["storage"]["disks"]}, of_lsblk)
    compare("adapters and addresses as ip has them", "ip", tool("ip", "-j", "addr"),
            {n["name"]: [n["mac"], sorted(n.get("addresses", []))]
             for n in machine["network"]}, of_ip)
    primary = [n for n in machine["network"] if n.get("primary")]
    compare("the default route marks the primary adapter", "ip",
            tool("ip", "-j", "route", "show", "default"),
            [primary[0].get("gateway"), primary[0]["name"]] if primary else [None, None],
            of_route)
    check("addresses are addresses", all(
        ipaddress.ip_interface(a) for n in machine["network"] for a in n.get("addresses", [])))
    compare("packages as dpkg has them", "dpkg", tool(
        "dpkg-query", "-W", "-f", "${Package}\t${Version}\t${db:Status-Status}\n"),
        sorted((p["name"], p["version"]) for p in machine["software"].get("packages", [])),
        of_dpkg)
    compare("services and their start modes as systemctl has them", "systemctl",
            tool("systemctl", "list-unit-files", "--type=service", "--no-legend",
                 "--no-pager", "--plain"),
            sorted((s["name"], s["start"]) for s in machine["software"]["services"]), of_units)
    with open("/proc/meminfo") as file:
        total = int(file.readline().split()[1]) * 1024
    check("memory as the kernel has it", general["memory_bytes"] == total, total)
    df = os.statvfs("/")
    root = [v for v in machine["storage"]["volumes"] if v["name"] == "/"]
    if root:
        check("the root volume as df has it", root[0]["bytes"] == df.f_blocks * df.f_frsize,
              root)
    else:
        skip("the root volume as df has it", "the mount table here has no / on a disk (a chroot, an overlay)")

    done = run("collectord-inventory", "--name", "web/1", "-o", work)
    check("-o writes a file of the machine's name (INV-1)", done.returncode == 0
          and json.load(open(os.path.join(work, "web%2F1.json")))["name"] == "web/1",
          os.listdir(work))
    done = run("collectord-inventory", "--data", os.path.join(work, "none"))
    check("without its workload nothing is kept and no store is made",
          done.returncode == 1 and not os.path.exists(os.path.join(work, "none")),
          done.stderr)
    check("a wrong option is a usage error", run("collectord-inventory", "--x").returncode == 2)
    done = run("analyze", "inventory", "--here", "--machine")
    check("analyze prints the same document", json.loads(done.stdout)["general"] == general)


def follows_its_schema():
    try:
        import jsonschema
    except ImportError:
        skip("the documents follow their JSON Schema",
             "the Python package jsonschema is not installed")
        return
    with open(os.path.join(ROOTS, "..", "..", "schema", "json-schema", "machine.json")) as file:
        validator = jsonschema.Draft7Validator(json.load(file))
    bad = []
    for root in ["/"] + [os.path.join(ROOTS, name) for name in sorted(os.listdir(ROOTS))]:
        if os.path.isdir(root):
            done = run("collectord-inventory", "--root", root, "--name", "m")
            bad += [e.message[:200] for e in validator.iter_errors(json.loads(done.stdout))]
    check("the documents follow their JSON Schema", not bad, bad)
    check("which refuses what is none", not validator.is_valid(
        {"schema": "headroom/machine/1", "name": "m", "netwrok": []}))


# ---- of recorded ones --------------------------------------------------------------------------

def recorded():
    wanted = {
        "xeon-128-threads": [2, 64, 128, 2600], "rhel6-2.6.32-bare-metal": [1, 4, 8, 2400],
        "guest-cpus-offline": [4, 4, 4, 2500], "debian12-kvm-2cpu": [1, 2, 2, 2596],
        "centos5-2.6.18-no-sysfs": [None, 2, 2, 3000],
    }
    for name, figures in wanted.items():
        done = run("collectord-inventory", "--root", os.path.join(ROOTS, name), "--name", "m")
        general = json.loads(done.stdout)["general"]
        got = [general.get(k) for k in ("sockets", "cores", "threads", "core_mhz")]
        check("recorded: " + name, got == figures, got)
    machine = json.loads(run("collectord-inventory", "--root", os.path.join(
        ROOTS, "rhel6-2.6.32-bare-metal"), "--name", "m").stdout)
    check("recorded: bare metal is physical", machine["kind"] == "physical")
    machine = json.loads(run("collectord-inventory", "--root", os.path.join(
        ROOTS, "centos5-2.6.18-no-sysfs"), "--name", "m").stdout)
    check("recorded: without sysfs nobody says that there are no disks",
          "disks" not in machine.get("storage", {}) and "network" not in machine, machine)


# ---- kept in a store -----------------------------------------------------------------------------

FLAT = {"name": "CONTOSO-ADS", "memory_mb": 1015, "processors": 1, "hal": "acpipic_up",
        "os": "Windows Server 2003 Standard", "os_version": "5.2.3790 Service Pack 1",
        "nics": [{"mac": "000AE45A7D1B", "dhcp": True, "primary": True, "pxe": True}],
        "disks": [{"kind": "basic", "bytes": 100027630080}],
        "volumes": [{"letter": "C:", "fs": "NTFS", "bytes": 12584644608, "windows": True}],
        "san": False, "wmi": True, "admin": True}


def write(path, value):
    with open(path, "w") as file:
        json.dump(value, file)
    return path


def events(data):
    db = sqlite3.connect(os.path.join(data, "headroom.db"))
    rows = [row[0] for row in db.execute(
        "SELECT text FROM events WHERE kind = 'inventory' ORDER BY id")]
    db.close()
    return rows


def stored(work):
    data, path = os.path.join(work, "data"), os.path.join(work, "contoso.json")
    write(path, FLAT)
    done = run("analyze", "inventory", "--load", path, "--data", data)
    check("a flat document is taken, and its workload made (INV-8)", done.returncode == 0,
          done.stderr)
    facts = json.loads(run("analyze", "inventory", "--json", "--data", data).stdout)
    facts = facts["workloads"].get("CONTOSO-ADS", {})
    check("it states facts", facts.get("os") == FLAT["os"] and facts.get("wmi") is True
          and facts.get("memory.total_bytes") == 1015 << 20 and facts.get("adapters") == 1
          and facts.get("service_pack") == 1 and facts.get("dhcp") is True, facts)
    done = run("analyze", "inventory", "CONTOSO-ADS", "--machine", "--data", data)
    machine = json.loads(done.stdout)
    check("and comes back as headroom/machine/1",
          machine["schema"] == "headroom/machine/1"
          and machine["os"]["service_pack"] == "Service Pack 1"
          and machine["storage"]["disks"][0]["bytes"] == 100027630080, machine)
    back = os.path.join(work, "back.json")
    with open(back, "w") as file:
        file.write(done.stdout)
    done = run("analyze", "inventory", "--load", back, "--data", data)
    again = run("analyze", "inventory", "CONTOSO-ADS", "--machine", "--data", data)
    check("what it prints it takes back, without a change", done.returncode == 0
          and json.loads(again.stdout) == machine and not events(data), events(data))
    run("analyze", "inventory", "CONTOSO-ADS", "--set", "service_pack=2", "--data", data)
    changed = dict(FLAT, memory_mb=2048, wmi=False)
    run("analyze", "inventory", "--load", write(path, changed), "--data", data)
    check("what changes is an event each", events(data) == [
        "general.memory_bytes: 2147483648, before 1064304640", "wmi: false, before true"],
        events(data))
    facts = json.loads(run("analyze", "inventory", "--json", "--data", data).stdout)
    facts = facts["workloads"]["CONTOSO-ADS"]
    check("its facts follow, a person's stay", facts["wmi"] is False
          and facts["memory.total_bytes"] == 2048 << 20 and facts["service_pack"] == 2, facts)
    del changed["wmi"]
    run("analyze", "inventory", "--load", write(path, changed), "--data", data)
    facts = json.loads(run("analyze", "inventory", "--json", "--data", data).stdout)
    check("what nobody asked any more is no fact", "wmi" not in
          facts["workloads"]["CONTOSO-ADS"])
    many = dict(machine, software={"packages": ["p%d" % i for i in range(500)]})
    run("analyze", "inventory", "--load", write(path, many), "--data", data)
    many["software"] = {"packages": ["q%d" % i for i in range(500)]}
    run("analyze", "inventory", "--load", write(path, many), "--data", data)
    packages = [e for e in events(data) if e.startswith("software.packages")]
    check("a thousand packages are a few events and a sum", len(packages) == 2 * 21
          and packages[20] == "software.packages: 500 changes in all"
          and packages[-1] == "software.packages: 1000 changes in all", packages[-2:])
    done = run("analyze", "inventory", "OTHER", "--load", path, "--data", data)
    check("one machine's document may be for none that is there", done.returncode == 0,
          done.stderr)
    done = run("analyze", "inventory", "--machine", "--data", data)
    check("--machine of two is refused", done.returncode == 1 and "2 are chosen" in
          done.stderr, done.stderr)
    for verb in ("status", "peaks", "verdict", "inventory"):
        done = run("analyze", verb, "--data", data)
        check("%s of workloads without figures works" % verb, done.returncode == 0,
              done.stderr)


def stored_here(work):
    """Sampled here: a plain server needs nobody to state its facts."""
    here = os.path.join(work, "here")
    run("collectord", "--data", here, "--interval", "1s", "--ticks", "2", "--name", "me")
    done = run("analyze", "inventory", "--here", "--data", here)
    facts = json.loads(run("analyze", "inventory", "--json", "--data", here).stdout)
    facts = facts["workloads"]["me"]
    check("--here states what rules ask for", done.returncode == 0 and all(
        key in facts for key in ("os", "os_bits", "disks", "devices", "roles",
                                 "applications", "adapters", "cpu.cores")),
        (done.stderr, sorted(facts)))
    done = run("analyze", "inventory", "me", "--missing", "--data", here)
    check("--missing names the rest", "environment" in done.stdout
          and "devices" not in done.stdout and "cpu.cores" not in done.stdout, done.stdout)
    done = run("collectord-inventory", "--data", here, "--name", "me")
    check("collectord-inventory keeps the same by itself", done.returncode == 0, done.stderr)


# ---- bad ones ----------------------------------------------------------------------------------

def refused(work):
    data, path = os.path.join(work, "refused"), os.path.join(work, "bad.json")
    head = {"schema": "headroom/machine/1", "name": "m"}
    cases = [
        ("a wrong type", dict(head, general={"cores": "4"}),
         "bad.json:1: general.cores: expected a number, found a text"),
        ("a missing name", {"schema": "headroom/machine/1"}, "name: the machine needs it"),
        ("a misspelt field", dict(head, netwrok=[]), 'did you mean "network"'),
        ("a million disks", dict(head, storage={"disks": [{"device": "d"}] * 1000000}),
         "storage.disks.device: more than 2000000 values"),
        ("a hundred thousand disks", dict(head, storage={"disks": ["d"] * 100000}),
         "storage.disks: 100000 entries, at most 4096 are taken"),
        ("a name that would end in its middle", dict(head, name="m\0n"),
         "bad.json:1: a text with \\u0000 in it would end there"),
        ("the flat form with a wrong type", dict(FLAT, nics=[{"dhcp": 1}]),
         "nics[0].dhcp: expected true or false, found a number"),
    ]
    for name, value, reason in cases:
        done = run("analyze", "inventory", "--load", write(path, value), "--data", data)
        check("refused: " + name, done.returncode == 1 and reason in done.stderr
              and not os.path.exists(data), done.stderr[:300])
    with open(path, "w") as file:
        file.write('{"schema":"headroom/machine/1","name":"m","os":' + "[" * 200000)
    done = run("analyze", "inventory", "--load", path, "--data", data)
    check("refused: deep nesting", done.returncode == 1 and "bad.json:1: os: nested deeper than 32" in done.stderr,
          done.stderr)
    with open(path, "w") as file:
        file.write('{"name":"m",')
        file.truncate(1 << 30)
    done = run("analyze", "inventory", "--load", path, "--data", data)
    check("refused: a gigabyte", done.returncode == 1 and not os.path.exists(data)
          and "bad.json" in done.stderr, done.stderr)
    with open(path, "w") as file:
        file.write('{"name":"m","memory_mb":')
    done = run("analyze", "inventory", "--load", path, "--data", data)
    check("refused: cut in the middle", done.returncode == 1 and "bad.json:1" in done.stderr,
          done.stderr)


if __name__ == "__main__":
    folder = tempfile.mkdtemp(prefix="headroom-machine-")
    try:
        this_machine(folder)
        recorded()
        follows_its_schema()
        stored(folder)
        stored_here(folder)
        refused(folder)
    finally:
        shutil.rmtree(folder)
    finish()
