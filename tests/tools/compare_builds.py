#!/usr/bin/env python3
"""Two builds, one store: does every verb print the same in every format?

    compare_builds.py BUILD_A BUILD_B [STORE [FORMAT...]]

Prints a table of verb x format: identical, more (JSON: all that A says is there with the same
value, B says more beside it), differs, or that both or one refuse it.  Where plans differ
both are verified in whole numbers (each workload on one host, no host over its capacity) and
their hosts, cost, bound and number placed are compared: another engine may place otherwise,
not worse.  STORE
is copied for each build, so that a newer one may bring its database up to date.  Beside it
a small store is made by BUILD_A from a printed seed, with facts, a review, an exclusion and
an alert.  Exit 1 where JSON differs.
"""
import collections
import difflib
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

SEED = 20261130
FORMATS = ["json", "csv", "kv", "text"]
START = 1772323200  # 2026-03-01T00:00:00Z
HOSTS = """{"hosts":[
 {"type":"small","count":6,"cores":8,"core_mhz":2600,"memory_mb":65536,
  "host_memory_mb":1024,"nics":[{"mbps":10000,"use":"host"},{"mbps":10000,"use":"shared"}],
  "disk_gb":4000,"cost":2,"zone":"a"},
 {"type":"big","count":40,"cores":24,"core_mhz":2600,"memory_mb":262144,
  "host_memory_mb":2048,"nics":[{"mbps":10000,"use":"shared"}],"disk_gb":16000,"cost":5,
  "zone":"b"}],
 "constraints":[]}
"""


def write_estate(path):
    rng = random.Random(SEED)
    with open(path, "w") as out:
        out.write("time,workload,memory_used_bytes,cpu_used_mhz,cpu_cores,cpu_core_mhz,"
                  "network_bps,disk_bytes_per_s\n")
        for n in range(7):
            base = rng.uniform(500, 5000)
            for k in range(30 * 288):
                stamp = START + 300 * (k + 1)
                busy = 1 + 0.9 * ((k // 12) % 24 in (9, 10, 14)) + rng.uniform(0, 0.1)
                if n == 3 and 2000 < k < 2200:
                    continue
                out.write("%d,%s,%d,%.3f,4,2000,%.0f,%s\n" % (
                    stamp, "\"'=vm,%d\"" % n if n == 6 else "vm%d" % n, base * busy * 1e6,
                    base * busy / 2, base * busy * 1e3,
                    "" if n == 2 else "%.0f" % (base * busy * 100)))


def run(build, words, cwd):
    done = subprocess.run([os.path.join(build, "analyze")] + words, cwd=cwd,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout


def make_store(build, work):
    data = os.path.join(work, "data")
    write_estate(os.path.join(work, "estate.csv"))
    with open(os.path.join(work, "hosts.json"), "w") as out:
        out.write(HOSTS)
    for words in (
            ["import", "csv", "estate.csv"],
            ["inventory", "vm0", "vm1", "--set", "os=linux", "--set", "disks=c:40,d:100",
             "--set", "environment=test", "--set", "roles=web"],
            ["review", "vm4", "MEM-5-SHORT", "accept", "--by", "ana", "--reason", "a,b"],
            ["exclude", "vm1", "2026-03-04T00:00Z", "2026-03-04T02:00Z", "--reason", "x"]):
        done = subprocess.run([os.path.join(build, "analyze")] + words + ["--data", data],
                              cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode:
            print("# %s: %s" % (" ".join(words), done.stderr.decode()))
    db = sqlite3.connect(os.path.join(data, "headroom.db"))
    try:
        workload = db.execute("SELECT id FROM workloads LIMIT 1").fetchone()[0]
        columns = [row[1] for row in db.execute("PRAGMA table_info(alerts)")]
        row = {"workload_id": workload, "kind": "memory_limit", "subject": "",
               "opened": START + 900, "opened_at": START + 900, "height": 5e9,
               "limit_value": 3.8e9, "limit": 3.8e9, "unit": "bytes"}
        row = {k: v for k, v in row.items() if k in columns}
        db.execute("INSERT INTO alerts (%s) VALUES (%s)" % (
            ",".join('"%s"' % k for k in row), ",".join("?" * len(row))),
            list(row.values()))
        db.commit()
    except sqlite3.Error as error:
        print("# no alert:", error)
    db.close()
    return data


def cases(biggest):
    at = ["--data", "data"]
    today = ["--as-of", "2026-11-30"]
    hosts = ["--hosts", "hosts.json"]
    wide = ["--include", "review,unknown,insufficient,disqualified"]
    return [
        ("peaks", ["peaks"] + at), ("peaks brief", ["peaks", "--brief"] + at),
        ("peaks one", ["peaks", biggest] + at),
        ("peaks ahead", ["peaks", "--horizon", "90d", "--return-level", "1y"] + at),
        ("peaks since", ["peaks", "--since", "2026-03-20"] + at),
        ("status", ["status"] + at), ("status gaps", ["status", "--gaps"] + at),
        ("verdict", ["verdict"] + at + today),
        ("verdict kvm", ["verdict", "--profile", "kvm", "--detail"] + at + today),
        ("verdict ahead", ["verdict", "--horizon", "90d"] + at + today),
        ("explain", ["explain", biggest] + at + today),
        ("explain cpu", ["explain", biggest, "cpu"] + at + today),
        ("review", ["review"] + at), ("exclude", ["exclude"] + at),
        ("inventory", ["inventory"] + at), ("inventory keys", ["inventory", "--keys"] + at),
        ("alerts", ["alerts"] + at), ("maintenance", ["alerts", "maintenance"] + at),
        ("import list", ["import"] + at), ("fsck", ["fsck"] + at), ("check", ["check"] + at),
        ("plan", ["plan"] + hosts + wide + at + today),
        ("plan settings", ["plan", "--settings", "--failover", "1"] + hosts + wide + at
         + today),
        ("plan plain", ["plan", "--profile", "plain", "--demand", "aligned",
                        "--resamples", "20"] + hosts + wide + at + today),
        ("backtest", ["backtest", "plan.json"] + at),
        ("plan diff", ["plan", "diff", "plan.json", "plain.json"] + at),
        ("plan add", ["plan", "add", "less.json", biggest] + wide + at + today),
    ]


def without_clock(text):
    text = re.sub(rb'"seconds":[0-9.e+-]+', b'"seconds":0', text)
    return re.sub(rb"[0-9.]+ s$", b"0 s", text, flags=re.M)


def first_difference(a, b, path=""):
    """Where a value of A is not in B; "" where B only says more.  Rows of a list are told
    by their id, key or name where they have one: B may have further ones."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in a:
            if key not in b:
                return "%s.%s is gone" % (path, key)
            found = first_difference(a[key], b[key], "%s.%s" % (path, key))
            if found:
                return found
        return ""
    if isinstance(a, list) and isinstance(b, list):
        for name in ("id", "key", "name"):
            if a and all(isinstance(x, dict) and name in x for x in a + b):
                rows = {x[name]: x for x in b}
                for x in a:
                    if x[name] not in rows:
                        return "%s[%s] is gone" % (path, x[name])
                    found = first_difference(x, rows[x[name]],
                                             "%s[%s]" % (path, x[name]))
                    if found:
                        return found
                return ""
        if len(a) != len(b):
            return "%s: %d rows, %d before" % (path, len(b), len(a))
        for n, (x, y) in enumerate(zip(a, b)):
            found = first_difference(x, y, "%s[%d]" % (path, n))
            if found:
                return found
        return ""
    return "" if a == b else "%s: %s, %s before" % (path, json.dumps(b)[:60],
                                                    json.dumps(a)[:60])


def says_more(a, b):
    try:
        return first_difference(json.loads(a), json.loads(b))
    except ValueError:
        return "no JSON"


MILLIONTH = 1000000


def faults_of_plan(plan):
    """In whole millionths of a unit: what is wrong with a plan."""
    at = {w["name"]: w["host"] for w in plan["workloads"]}
    faults = []
    listed = [(w, h["name"]) for h in plan["hosts"] for w in h["workloads"]]
    if len(listed) != len(at) or dict(listed) != at:
        faults.append("a workload is not on one host")
    for host in plan["hosts"]:
        for name, use in host["use"].items():
            capacity = use["capacity"]
            if capacity is not None and \
                    round(use["needed"] * MILLIONTH) > round(capacity * MILLIONTH):
                faults.append("%s is over its %s" % (host["name"], name))
        own = sum(round(w["settings"]["storage_gb"] * MILLIONTH) for w in plan["workloads"]
                  if w["host"] == host["name"] and w.get("settings"))
        if own > round(host["use"]["storage"]["needed"] * MILLIONTH) + len(at):
            faults.append("%s counts less storage than its workloads" % host["name"])
    return faults


def compare_plans(out_a, out_b):
    """Two lines for under the table, and whether the plans are as good as each other."""
    try:
        plans = json.loads(out_a), json.loads(out_b)
        faults = [faults_of_plan(plan) for plan in plans]
    except (ValueError, KeyError):
        return "", False
    same = len(plans[1]["workloads"]) >= len(plans[0]["workloads"]) and all(
        plans[0].get(key) == plans[1].get(key)
        for key in ("hosts_used", "cost", "lower_bound", "proven_optimal"))
    told = []
    for p in plans:
        rules = collections.Counter(u["rule"] for u in p["unplaced"])
        told.append("%d hosts, cost %g, bound %g%s, %d placed%s" % (
            p["hosts_used"], p["cost"], p["lower_bound"],
            ", proven" if p["proven_optimal"] else "", len(p["workloads"]),
            "".join(", %d left out by %s" % (n, rule) for rule, n in rules.items())))
    lines = ["  A: %s; B: %s: %s" % (*told, "as good" if same else "not the same")]
    for name, found in zip("AB", faults):
        lines.append("  %s in whole numbers: %s" % (name, "; ".join(found) or
                                                    "each workload on one host, "
                                                    "no host over its capacity"))
    return "\n".join(lines), same and not any(faults)


def make_plans(build, biggest, work):
    wide = ["--include", "review,unknown,insufficient,disqualified", "--as-of",
            "2026-11-30", "--data", "data", "--hosts", "hosts.json", "--json"]
    run(build, ["plan", "-o", "plan.json"] + wide, work)
    run(build, ["plan", "-o", "plain.json", "--profile", "plain"] + wide, work)
    try:
        with open(os.path.join(work, "plain.json")) as plan:
            text = plan.read()
    except OSError:
        return
    with open(os.path.join(work, "less.json"), "w") as out:
        out.write(text.replace('"%s"' % biggest, '"not here"'))


def judge(form, words, codes, outs):
    """What a table's cell says."""
    if not outs[0] and not outs[1] and codes[0] == codes[1]:
        return "-"
    if not outs[0]:
        return "new"
    if codes[0] == codes[1] and outs[0] == outs[1]:
        return "identical"
    if form == "csv" and outs[0].replace(b"\r\n", b"\n") == outs[1]:
        return "line ends"
    if form == "json" and codes[0] == codes[1] and not says_more(*outs):
        return "more"
    if form == "json" and words[0] == "plan" and compare_plans(*outs)[1]:
        return "as good"
    return "DIFFERS"


def compare(a, b, label, words, works, differing):
    row, plans = [], ""
    for form in FORMATS:
        codes, outs = zip(*(run(x, words + ["--format", form], work)
                            for x, work in zip((a, b), works)))
        outs = [without_clock(out) for out in outs]
        row.append(judge(form, words, codes, outs))
        if row[-1] == "DIFFERS":
            differing.append((label, form, *outs))
        if form == "json" and words[0] == "plan" and row[-1] != "identical":
            plans = compare_plans(*outs)[0]
    print(" ".join(["%-26s" % label] + ["%-10s" % cell for cell in row]), flush=True)
    if plans:
        print(plans, flush=True)


def main():
    a, b = (os.path.abspath(path) for path in sys.argv[1:3])
    top = tempfile.mkdtemp(prefix="headroom-compare-")
    os.environ["HEADROOM_CONFIG_DIR"] = os.path.join(top, "none")
    FORMATS[:] = sys.argv[4:] or FORMATS
    differing = []
    print("seed %d" % SEED)
    print(" ".join(["%-26s" % "verb"] + ["%-10s" % form for form in FORMATS]))
    try:
        for prefix, store, biggest in [("", None, "vm4")] + [
                ("real ", store, "22") for store in sys.argv[3:4] if store]:
            works = [os.path.join(top, prefix + x) for x in "ab"]
            os.mkdir(works[0])
            if store:
                shutil.copytree(store, os.path.join(works[0], "data"))
                with open(os.path.join(works[0], "hosts.json"), "w") as out:
                    out.write(HOSTS)
            else:
                make_store(a, works[0])
            make_plans(a, biggest, works[0])
            shutil.copytree(works[0], works[1])
            for label, words in cases(biggest):
                compare(a, b, prefix + label, words, works, differing)
        for label, words in (("profiles", ["profiles"]),
                             ("profile kvm", ["profiles", "kvm", "--as-of", "2026-11-30"]),
                             ("profiles rules", ["profiles", "--rules"]),
                             ("profiles os", ["profiles", "--os", "Windows Server 2003"])):
            compare(a, b, label, words, [top, top], differing)
    finally:
        shutil.rmtree(top)
    for label, form, out_a, out_b in differing:
        if form == "json":
            print("\n%s json: %s" % (label, says_more(out_a, out_b)))
            continue
        lines = list(difflib.unified_diff(
            out_a.decode("utf-8", "replace").splitlines(),
            out_b.decode("utf-8", "replace").splitlines(), "a", "b", n=0, lineterm=""))
        print("\n%s %s" % (label, form))
        print("\n".join(line[:160] for line in lines[2:14]))
    return any(form == "json" for _, form, _, _ in differing)


if __name__ == "__main__":
    sys.exit(main())
