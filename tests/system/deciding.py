#!/usr/bin/env python3
"""What decides whether a workload moves, and what a plan says of those that do: machines
that were off, coarse slots, reviews that cannot be accepted, swap, a host whose own memory
nobody stated, the settings and the CSV of a plan.  Every figure is computed again here."""
import csv
import io
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from checks import check, finish  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
MB = 1048576
START = 1772323200  # 2026-03-01T00:00:00Z, a Sunday


class Store:
    """A store of its own below a scratch folder."""

    def __init__(self, top, name):
        self.top = top
        self.data = os.path.join(top, name)

    def run(self, *words, code=0):
        done = subprocess.run([os.path.join(BUILD, "analyze"), *words, "--data", self.data],
                              capture_output=True, text=True)
        if code is not None and done.returncode != code:
            check("analyze " + " ".join(words), False,
                  "exit %d: %s" % (done.returncode, done.stderr))
        return done

    def verdicts(self, *words):
        done = self.run("verdict", "--json", *words)
        return {w["name"]: w for w in json.loads(done.stdout)["workloads"]}

    def fill(self, step, workloads):
        """name -> function(slot) -> (memory MB, MHz, bit/s); 28 days, facts stated"""
        path = os.path.join(self.top, "in.csv")
        with open(path, "w") as out:
            out.write("time,workload,memory_used_bytes,cpu_used_mhz,cpu_cores,"
                      "cpu_core_mhz,network_bps\n")
            for name, figures in workloads.items():
                for i in range(28 * 86400 // step):
                    memory, cpu, net = figures(i)
                    out.write("%d,%s,%d,%r,1,2000,%r\n" % (
                        START + (i + 1) * step, name, round(memory * MB), cpu, net))
        self.run("import", "csv", path, "--quiet")
        self.run("inventory", "--all", "--set", "devices=none", "--set",
                 "applications=none", "--set", "roles=none", "--set", "os_bits=32",
                 "--set", "disks=c:40")


def rules_of(workload):
    return {f["rule"]: f["outcome"] for f in workload["findings"]}


def coarse(top):
    """30-minute slots: one slot over the limit says that it was passed, not for how long."""
    store = Store(top, "coarse")
    store.fill(1800, {
        "one": lambda i: (3700 if i == 500 else 2000 + i % 5, 400, 1e6),
        "two": lambda i: (3700 if i in (500, 501) else 2000 + i % 5, 400, 1e6),
        "off": lambda i: (0, 0, 0),
        "noise": lambda i: (1 - 1 / MB, 0.9, 999),
        "woke-once": lambda i: (0, 1 if i == 700 else 0, 0),
    })
    w = store.verdicts()
    check("one slot of 30 minutes over the limit is a REVIEW, not a sustained excursion",
          rules_of(w["one"]).get("MEM-5-SHORT") == "REVIEW"
          and w["one"]["headings"]["memory"] == "REVIEW"
          and [e["class"] for e in w["one"]["excursions"]] == ["short"], w["one"])
    said = store.run("verdict", "one").stdout
    check("how long within its slot is not claimed, and unknown cores are not 'nan'",
          "within one reading of 30 min" in said and "less than 15" not in said
          and "lasted" not in said and " within 30 min, up to" in said
          and "nan" not in said, said)
    check("two of them one after the other are sustained",
          w["two"]["headings"]["memory"] == "DISQUALIFIED"
          and [e["length_s"] for e in w["two"]["excursions"]] == [3600], w["two"])
    idle = {name: rules_of(w[name]).get("OPL-IDLE") for name in w}
    check("OPL-IDLE: what never moved is a REVIEW, noise too, one MHz once is not",
          idle == {"one": None, "two": None, "off": "REVIEW", "noise": "REVIEW",
                   "woke-once": None}, idle)
    check("OPL-IDLE is of the operational heading",
          w["off"]["headings"]["operational"] == "REVIEW"
          and w["woke-once"]["headings"]["operational"] == "PASS", w["off"]["headings"])
    text = store.run("plan", "--hosts", hosts_file(top), "--include", "review,disqualified",
                     "--settings").stdout
    check("plan --settings: a VM without memory is given 0 MB, not -0",
          [line.split()[2] for line in text.splitlines()
           if line.startswith("off ") and "h-" in line] == ["0"], text)
    reviews(store)
    uncounted(top)
    fine = Store(top, "five")
    fine.fill(300, {"five": lambda i: (3700 if i in (500, 501, 502) else 2000, 400, 1e6)})
    check("three slots of 5 minutes are 15 minutes: sustained",
          fine.verdicts()["five"]["headings"]["memory"] == "DISQUALIFIED")


def uncounted(top):
    """A plan is proven of what was counted: what was not is its second line."""
    store = Store(top, "uncounted")
    path = os.path.join(top, "memory.csv")
    with open(path, "w") as out:
        out.write("time,workload,memory_used_bytes\n")
        for i in range(4000):
            out.write("%d,bare,%d\n" % (1772323200 + 300 * i, 2**30 + i))
    store.run("import", "csv", path)
    hosts = hosts_file(top)
    text = store.run("plan", "--hosts", hosts, "--include", "unknown,insufficient,review").stdout
    check("a plan says at once that CPU is not counted", text.splitlines()[1] ==
          "CPU is not counted: no figure for 1 of 1 workload", text)


def reviews(store):
    """Only a REVIEW that stands open can be accepted."""
    def accept(name, rule, *words):
        return store.run("review", name, rule, "accept", "--by", "ana", "--reason", "r",
                         *words, code=None)
    done = accept("two", "MEM-5-SUSTAINED")
    check("review accept refuses a disqualification",
          done.returncode == 1 and "a disqualification cannot be accepted" in done.stderr
          and done.stdout == "", done.stderr)
    done = accept("one", "CPU-2-SMP")
    check("review accept refuses what is not open, and names what is",
          done.returncode == 1 and "no open REVIEW of CPU-2-SMP" in done.stderr
          and "(open: MEM-5-SHORT)" in done.stderr, done.stderr)
    done = accept("woke-once", "MEM-5-SHORT")
    check("... none where none is", done.returncode == 1 and "(open: none)" in done.stderr,
          done.stderr)
    done = accept("one", "MEM-5-SHORT", "--profile", "kvm")
    check("a rule of another profile is refused",
          done.returncode == 1 and "is not of the profile kvm" in done.stderr, done.stderr)
    listed = json.loads(store.run("review", "--json").stdout)
    check("nothing of what was refused is stored", listed["reviews"] == [], listed)
    check("a REVIEW that is open is taken", accept("one", "MEM-5-SHORT").returncode == 0)


HOST = {"type": "h", "count": 4, "cores": 4, "core_mhz": 3000, "memory_mb": 8192,
        "host_memory_mb": 1024, "disk_gb": 900,
        "nics": [{"mbps": 1000, "use": "host"}, {"mbps": 1000, "use": "shared"},
                 {"mbps": 1000, "use": "dedicated"}]}


def hosts_file(top, **more):
    path = os.path.join(top, "hosts.json")
    host = {key: value for key, value in dict(HOST, **more).items() if value is not None}
    with open(path, "w") as out:
        json.dump({"hosts": [host]}, out)
    return path


def estate(top):
    """Three that pass, one reviewed and accepted, one disqualified."""
    store = Store(top, "plans")
    store.fill(300, {
        "a": lambda i: (1500 + i % 3, 400, 50e6),
        "b": lambda i: (1000 + i % 3, 210, 10e6),
        "own": lambda i: (500 + i % 3, 100, 800e6),
        "short": lambda i: (3700 if i in (500, 501) else 2000 + i % 7, 300, 1e6),
        "sustained": lambda i: (4000, 200, 1e6),
    })
    store.run("inventory", "a", "--set", "disks=c:40:undo=1", "--set", "priority=high")
    store.run("inventory", "b", "--set", "priority=low")
    store.run("inventory", "own", "--set", "priority=normal")
    machine = os.path.join(store.top, "machine.json")
    with open(machine, "w") as out:
        json.dump({"schema": "headroom/machine/1", "name": "a", "network": [
            {"name": "eth0", "mac": "00:15:5d:00:00:0a", "primary": True}]}, out)
    store.run("inventory", "a", "--load", machine)
    store.run("review", "short", "MEM-5-SHORT", "accept", "--by", "ana", "--reason", "r")
    return store


WEIGHT = {"a": 200, "b": 50, "own": 100, "short": 100}  # of their priorities
NEED = {  # peak MB, MHz, Mb/s, GB of disks with undo, adapters of its own
    "a": (1502, 400, 50, 80, 0), "b": (1002, 210, 10, 40, 0), "own": (502, 100, 800, 40, 1),
    # two slots of 3700 MB and the one after them
    "short": ((2 * 3700 + 2000 + 502 % 7) / 3, 300, 1, 40, 0)}


def plans(top):
    store = estate(top)
    hosts = hosts_file(top)
    plan = json.loads(store.run("plan", "--hosts", hosts, "--json").stdout)
    placed = {w["name"]: w for w in plan["workloads"]}
    check("a disqualified workload is left out, with its rule",
          sorted(placed) == sorted(NEED)
          and [(u["name"], u["rule"]) for u in plan["unplaced"]] ==
          [("sustained", "MEM-5-SUSTAINED")], plan["unplaced"])
    for name, (peak, mhz, mbps, disks, own) in NEED.items():
        got = placed[name]
        settings = got["settings"]
        want = {"memory_mb": peak + 32, "cpu_mhz": mhz, "network_mbps": mbps,
                "storage_gb": disks + peak / 1024}
        wrong = {key: got[key] for key in want if abs(got[key] - want[key]) > 1e-6}
        want = {"vm_alloc_mb": peak, "reserved_percent": math.ceil(mhz / 30 - 1e-9),
                "storage_gb": (disks + peak / 1024) * 1.25, "dedicated_adapters": own,
                "relative_weight": WEIGHT[name], "maximum_percent": 100, "vcpus": 1}
        wrong.update({"settings." + key: settings[key] for key in want
                      if abs(settings[key] - want[key]) > 1e-6})
        check("plan: needs and settings of %s, computed again" % name, not wrong, wrong)
    check("plan: an accepted review is short of memory by peak less sized",
          abs(placed["short"]["memory_shortfall_mb"] - (3700 - NEED["short"][0])) < 1e-6
          and placed["a"]["memory_shortfall_mb"] == 0, placed["short"])
    for host in plan["hosts"]:
        needed = (1024 + sum(NEED[n][0] + 32 for n in host["workloads"])) * 1.25
        check("plan: %s is to be bought with an even number of GB" % host["name"],
              abs(host["use"]["memory"]["needed"] - needed) < 1e-6
              and host["memory_to_buy_gb"] == 2 * math.ceil(needed / 1024 / 2), host)
        mine = [NEED[n] for n in host["workloads"]]
        want = {"cores": math.ceil(sum(math.ceil(n[1] / 30 - 1e-9) for n in mine) / 75),
                "adapters": 1 + sum(n[4] for n in mine) + any(not n[4] for n in mine),
                "disk_gb": math.ceil(sum(n[3] + n[0] / 1024 for n in mine) * 1.25 - 1e-9)}
        check("plan: %s is to be bought in every dimension" % host["name"],
              host["to_buy"] == want, (host["to_buy"], want))
    text = store.run("plan", "--hosts", hosts, "--settings").stdout
    table_of_settings(text, placed)
    rows_of_csv(store.run("plan", "--hosts", hosts, "--format", "csv").stdout, plan,
                placed)
    with_all = json.loads(store.run("plan", "--hosts", hosts, "--json", "--include",
                                    "disqualified").stdout)
    taken = {w["name"]: w["assumed"] for w in with_all["workloads"]}
    check("--include disqualified takes it and says so",
          "taken although DISQUALIFIED" in (taken.get("sustained") or ""), taken)
    kept(store, plan)
    to_build(text, placed)
    told_of_host_memory(store, top)


def to_build(text, placed):
    """Disks, save state, adapter and address of each VM."""
    wrong = []
    for name, (peak, _, _, disks, own) in NEED.items():
        undo = 40 if disks == 80 else 0
        want = {"disks": [{"name": "c", "size_gb": 40, "kind": "fixed",
                           "controller": "scsi", "undo_gb": undo, "differencing_gb": 0}],
                "save_state_gb": peak / 1024,
                "virtual_network": "own adapter 3" if own else "shared adapter 2",
                "mac": "00:15:5d:00:00:0a" if name == "a" else None}
        got = placed[name]["settings"]
        if abs(got["save_state_gb"] - want.pop("save_state_gb")) > 1e-6 or \
                {key: got[key] for key in want} != want:
            wrong.append((name, got))
    check("plan: each virtual disk, the save state, the adapter and the MAC of a VM",
          not wrong, wrong[:1])
    lines = [line.split() for line in text.split("What to build", 1)[-1].splitlines()]
    row = next((line for line in lines if line[:1] == ["a"]), [])
    check("plan --settings: the same for people, and the step of unbinding",
          row[:6] == ["a", "shared", "adapter", "2", "00:15:5d:00:00:0a", "1.47"]
          and row[6:9] == ["c", "40", "GB"] and "unbind every protocol" in text, row)


def kept(store, plan):
    """What was stored is listed, and shown again as it was."""
    listed = json.loads(store.run("plan", "list", "--json").stdout)["plans"]
    check("plan list: the newest first, with how many it placed",
          [p["id"] for p in listed] == list(range(len(listed), 0, -1))
          and (listed[-1]["hosts"], listed[-1]["placed"], listed[-1]["left_out"]) ==
          (len(plan["hosts"]), len(plan["workloads"]), len(plan["unplaced"])), listed)
    again = store.run("plan", "show", "1", "--json").stdout
    check("plan show: the JSON is the plan as it was made", json.loads(again) == plan)
    rows = list(csv.DictReader(io.StringIO(store.run("plan", "show", "1", "--format",
                                                     "csv").stdout)))
    check("plan show: its rows are those of the plan",
          {r["workload"]: r["host"] for r in rows} ==
          dict({w["name"]: w["host"] for w in plan["workloads"]}, sustained=""), rows)
    text = store.run("plan", "show", "1").stdout
    check("plan show: people read the hosts, their VMs and who is left out",
          all(h["name"] + ": " + ", ".join(h["workloads"]) in text for h in plan["hosts"])
          and "MEM-5-SUSTAINED" in text, text)
    for words, code, told in ((("show", "77"), 1, "there is no plan 77"),
                              (("show", "1x"), 2, "analyze plan list"),
                              (("show",), 2, "analyze plan list"),
                              (("list", "1"), 2, "and no more")):
        done = store.run("plan", *words, code=code)
        check("plan %s is refused" % " ".join(words),
              done.returncode == code and told in done.stderr, done.stderr)


def table_of_settings(text, placed):
    rows = {}
    text = text.split("Settings of each VM", 1)[-1].split("What to build", 1)[0]
    for line in text.splitlines():
        words = line.split()
        if words and words[0] in placed and len(words) >= 9:
            rows[words[0]] = words
    wrong = []
    for name, (peak, mhz, _, disks, own) in NEED.items():
        want = [name, placed[name]["host"], "%d" % math.ceil(peak - 1e-9), "1",
                "%d" % math.ceil(mhz / 30 - 1e-9), "100", "%d" % WEIGHT[name],
                "%.2f" % ((disks + peak / 1024) * 1.25), "1" if own else "shared"]
        if rows.get(name, [])[:9] != want:
            wrong.append((rows.get(name), want))
    check("plan --settings: each row is the requirement computed again", not wrong, wrong)


COLUMNS = ["workload", "host", "type", "vm_alloc_mb", "memory_mb", "cpu_mhz",
           "reserved_percent", "relative_weight", "maximum_percent", "network_mbps",
           "dedicated_adapters", "storage_gb", "disk_mb_s", "disk_ops", "left_out_by",
           "reason"]


def rows_of_csv(text, plan, placed):
    rows = list(csv.DictReader(io.StringIO(text)))
    check("plan --format csv: its columns stay in their order",
          text.splitlines()[0].split(",")[:len(COLUMNS)] == COLUMNS, text.splitlines()[0])
    wrong = []
    seen = []
    for row in rows:
        if row["workload"] not in placed:
            continue
        seen.append(row["workload"])
        got = placed[row["workload"]]
        want = {"host": got["host"], "type": "h", "left_out_by": "", "reason": ""}
        want.update({key: got["settings"][key] for key in (
            "vm_alloc_mb", "reserved_percent", "relative_weight", "maximum_percent",
            "dedicated_adapters", "storage_gb")})
        want.update({key: got[key] for key in ("memory_mb", "cpu_mhz", "network_mbps")})
        for key, value in want.items():
            same = abs(float(row[key]) - value) < 1e-6 if not isinstance(value, str) \
                else row[key] == value
            if not same:
                wrong.append((row["workload"], key, row[key], value))
    check("plan --format csv: each figure stands in its own column",
          not wrong and sorted(seen) == sorted(placed), wrong[:3] or seen)
    left = [(r["workload"], r["left_out_by"], r["host"]) for r in rows if r["left_out_by"]]
    check("plan --format csv: what is left out has its rule and no host",
          left == [(u["name"], u["rule"], "") for u in plan["unplaced"]], left)


def told_of_host_memory(store, top):
    words = "host_memory_mb is not stated: 0 MB are counted for the host itself (MEM-9)"
    done = store.run("plan", "--hosts", hosts_file(top, host_memory_mb=None), code=None)
    check("MEM-9: a host whose own memory nobody stated is told, by type",
          "type h: " + words in done.stderr, done.stderr)
    for stated in (0, 1024):
        done = store.run("plan", "--hosts", hosts_file(top, host_memory_mb=stated),
                         code=None)
        check("MEM-9: %d MB stated are not" % stated, words not in done.stderr, done.stderr)


def swap(top):
    """A root in which swap is in use, and one in which it is not."""
    for name, free, want in (("swapped", 2000000, "PASS"), ("calm", 2097148, None)):
        root = os.path.join(top, "root-" + name)
        shutil.copytree(os.path.join(TOP, "tests/roots/guest-cpus-offline"), root,
                        symlinks=True)
        path = os.path.join(root, "proc/meminfo")
        with open(path) as file:
            text = file.read()
        os.chmod(path, 0o644)
        with open(path, "w") as file:
            file.write(text.replace("SwapFree:        2000000 kB",
                                    "SwapFree:        %d kB" % free))
        store = Store(top, name)
        subprocess.run([os.path.join(BUILD, "collectord"), "--data", store.data, "--root",
                        root, "--interval", "1s", "--ticks", "3", "--name", name],
                       capture_output=True, timeout=60)
        w = store.verdicts()[name]
        check("MEM-1-SWAP is %s where swap is %s" % (
            "a note" if want else "not said", "in use" if want else "free"),
            rules_of(w).get("MEM-1-SWAP") == want, rules_of(w))


def main():
    top = tempfile.mkdtemp(prefix="headroom-deciding-")
    try:
        coarse(top)
        plans(top)
        swap(top)
    finally:
        shutil.rmtree(top)
    finish()


if __name__ == "__main__":
    main()
