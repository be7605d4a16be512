#!/usr/bin/env python3
"""verdict, explain, review, exclude, inventory and profiles, as a new user meets them."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from checks import check, finish  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
ANALYZE = os.path.join(BUILD, "analyze")
MB = 1048576
START = 1772323200  # 2026-03-01T00:00:00Z, a Sunday


def run(*args, code=0):
    done = subprocess.run([ANALYZE, *args], capture_output=True, text=True)
    if code is not None and done.returncode != code:
        print("#", args, done.returncode, done.stderr[:500])
    return done


def write_csv(path, workloads, days=28, step=300):
    """workloads: name -> function(slot index, stamp) -> (memory MB, cpu MHz, bps)"""
    with open(path, "w") as out:
        out.write("time,workload,memory_used_bytes,cpu_used_mhz,cpu_cores,cpu_core_mhz,"
                  "network_bps\n")
        for name, figures in workloads.items():
            for i in range(days * 86400 // step):
                stamp = START + (i + 1) * step
                memory, cpu, net = figures(i, stamp)
                out.write("%d,%s,%d,%.3f,4,2000,%.0f\n"
                          % (stamp, name, round(memory * MB), cpu, net))


def load(data, profile=None, *more):
    args = ["verdict", "--json", "--data", data]
    if profile:
        args += ["--profile", profile]
    done = run(*args, *more)
    return {w["name"]: w for w in json.loads(done.stdout)["workloads"]}


def main():
    work = tempfile.mkdtemp(prefix="headroom-assess-")
    data = os.path.join(work, "data")
    try:
        tests(work, data)
    finally:
        shutil.rmtree(work)
    finish()


def schemas():
    """Every file of schema/ against the JSON Schema of its kind."""
    try:
        import jsonschema
    except ImportError:
        print("SKIP schemas: the Python package jsonschema is not installed")
        return
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "schema")
    kinds = {"profiles": "profile", "rules": "rules", "catalogue": None, "maps": "map",
             "steps": "steps"}
    for kind, schema in kinds.items():
        bad = []
        for name in sorted(os.listdir(os.path.join(folder, kind))):
            with open(os.path.join(folder, kind, name)) as file:
                value = json.load(file)
            path = (schema or name[:-5]) + ".json"
            if value.get("schema") == "headroom/checks/1":
                path = "checks.json"
            if not os.path.exists(os.path.join(folder, "json-schema", path)):
                continue
            with open(os.path.join(folder, "json-schema", path)) as file:
                validator = jsonschema.Draft7Validator(json.load(file))
            bad += ["%s: %s" % (name, e.message[:200]) for e in validator.iter_errors(value)]
        check("the files of schema/%s follow their JSON Schema" % kind, not bad, bad)


def spike(slots, height, base=2000):
    # at the tenth day, noon
    at = 9 * 288 + 144
    return lambda i, t: (height if at <= i < at + slots else base + i % 7, 400 + i % 5, 5e7)


def an_estate(work, data):
    schemas()
    os.makedirs(data, exist_ok=True)
    empty = run("verdict", "--json", "--data", data)
    check("an empty store gives an empty list",
          json.loads(empty.stdout)["workloads"] == [] and empty.returncode == 0)
    csv = os.path.join(work, "estate.csv")
    write_csv(csv, {
        "short": spike(2, 3700), "long": spike(6, 3700),
        "under": spike(12, 3654), "over": spike(12, 3655),
        "busy": lambda i, t: (1000, 4800, 1e6),
        "slow": lambda i, t: (1000 + i % 3, 2400 if i % 288 < 12 else 100, 1e6),
    })
    check("the CSV is taken", run("import", "csv", csv, "--data", data).returncode == 0)


def memory_heading(work, data):
    """An estate whose memory is over the limit for a while, or under it by a little."""
    w = load(data)
    check("a spike of 600 s over 3.6 GB is REVIEW",
          w["short"]["headings"]["memory"] == "REVIEW", w["short"])
    check("one of 1800 s is DISQUALIFIED", w["long"]["headings"]["memory"] == "DISQUALIFIED")
    check("3654 MB for an hour passes", w["under"]["headings"]["memory"] == "PASS", w["under"])
    check("3655 MB does not", w["over"]["headings"]["memory"] == "DISQUALIFIED")
    e = w["short"]["excursions"]
    check("the dossier has its span, class and height",
          len(e) == 1 and e[0]["length_s"] == 600 and e[0]["class"] == "short"
          and e[0]["height"] == 3732 and e[0]["rule"] == "MEM-5-SHORT"
          and e[0]["from"] == START + (9 * 288 + 144) * 300, e)
    check("3654 MB is a note of the decimal limit",
          any(f["rule"] == "MEM-5-NOTICE" and f["outcome"] == "PASS"
              for f in w["under"]["findings"]))
    check("the requirement is peak and peak + 32",
          w["under"]["requirement"]["vm_alloc_mb"] == 3654
          and w["under"]["requirement"]["vm_memory_mb"] == 3686)
    check("4 x 2000 x 60 % needs SMP in production (G13)",
          w["busy"]["headings"]["processor"] == "DISQUALIFIED"
          and w["busy"]["requirement"]["reserved_percent"] == 160, w["busy"]["requirement"])
    check("2400 MHz reserves 80 % of one core of 3000 (G13)",
          w["slow"]["requirement"]["reserved_percent"] == 80
          and w["slow"]["headings"]["processor"] == "PASS", w["slow"]["requirement"])
    check("disks and devices that nobody listed are UNKNOWN, with the command",
          w["slow"]["verdict"] == "UNKNOWN"
          and w["slow"]["headings"]["storage"] == "UNKNOWN"
          and w["slow"]["headings"]["hardware"] == "UNKNOWN"
          and any("analyze inventory slow --set devices=none" in f["text"]
                  for f in w["slow"]["findings"]))
    check("28 days of a daily load: full but for the end of the month",
          w["slow"]["sufficiency"]["grade"] == "minimum"
          and w["slow"]["sufficiency"]["earliest"] == "2026-03-15", w["slow"]["sufficiency"])


def facts_stated(work, data):
    """What people state, one by one and in bulk."""
    bad = run("inventory", "slow", "--set", "enviroment=test", "--data", data, code=2)
    check("an unknown fact is refused with the nearest",
          bad.returncode == 2 and 'did you mean "environment"' in bad.stderr, bad.stderr)
    bad = run("inventory", "slow", "--set", "environment=live", "--data", data, code=2)
    check("a bad value is refused with what is expected",
          bad.returncode == 2 and "expected one of production test" in bad.stderr, bad.stderr)
    check("facts are stated for all at once", run(
        "inventory", "--all", "--set", "devices=none", "--set", "applications=none",
        "--set", "roles=none", "--set", "os=Windows Server 2003 Standard",
        "--set", "disks=c:40:undo=1", "--data", data).returncode == 0)
    w = load(data)
    check("then it passes", w["slow"]["verdict"] == "PASS"
          and w["slow"]["requirement"]["storage_gb"] == (80 + 1002 / 1024) * 1.25,
          w["slow"])
    facts = os.path.join(work, "facts.csv")
    with open(facts, "w") as out:
        out.write('workload,environment,devices\nbusy,test,\nslow,,"usb:printer:required"\n')
    check("facts in bulk from CSV",
          run("inventory", "--load", facts, "--data", data).returncode == 0)
    w = load(data)
    check("SMP need in a test is a REVIEW", w["busy"]["headings"]["processor"] == "REVIEW")
    check("a required USB printer disqualifies (HWL-7)",
          w["slow"]["headings"]["hardware"] == "DISQUALIFIED")
    with open(os.path.join(work, "facts.json"), "w") as out:
        json.dump({"schema": "headroom/inventory/1", "workloads": {"slow": {
            "devices": [{"class": "usb", "kind": "printer"}], "cpu.cores": 4}}}, out)
    run("inventory", "--load", os.path.join(work, "facts.json"), "--data", data)
    check("a printer that is merely there is a REVIEW",
          load(data)["slow"]["headings"]["hardware"] == "REVIEW")
    shown = json.loads(run("inventory", "--json", "--data", data).stdout)
    with open(os.path.join(work, "back.json"), "w") as out:
        json.dump(shown, out)
    keys = run("inventory", "--keys").stdout
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "schema",
                           "json-schema", "inventory.json")) as file:
        known = json.load(file)["$defs"]["facts"]["properties"]
    check("the JSON Schema of the inventory knows every fact",
          all(k in keys for k in known) and len(known) == 51, len(known))
    check("what inventory prints it takes back",
          run("inventory", "--load", os.path.join(work, "back.json"), "--data", data)
          .returncode == 0 and json.loads(run("inventory", "--json", "--data", data).stdout)
          == shown)
    with open(facts, "w") as out:
        out.write("workload,environment\nslow,test\nnobody,test\n")
    bad = run("inventory", "--load", facts, "--data", data, code=1)
    check("a workload that is not there refuses the file, with its line",
          bad.returncode == 1 and "facts.csv:3" in bad.stderr
          and "nobody" in bad.stderr, bad.stderr)
    check("and nothing of it was taken", "environment" not in json.loads(
        run("inventory", "slow", "--json", "--data", data).stdout)["workloads"]["slow"])
    run("inventory", "slow", "--set", "devices=none", "--data", data)


def reviews(work, data):
    """Decisions of people, and how they end."""
    bad = run("review", "short", "MEM-5-SHRT", "accept", "--by", "ana", "--reason", "x",
              "--data", data, code=1)
    check("an unknown rule is refused with the nearest",
          'did you mean "MEM-5-SHORT"' in bad.stderr, bad.stderr)
    for name, begin, wanted in (
            ("what several begin with names them, and no other number", "CPU-2",
             '"CPU-2"; so begin CPU-2-SMP, CPU-2-SMP-TEST, CPU-2-SLOW'),
            ("a number that no rule has names none", "CPU-9", 'no rule "CPU-9"\n')):
        bad = run("review", "short", begin, "accept", "--by", "ana", "--reason", "x",
                  "--data", data, code=1)
        check("an unknown rule: " + name, wanted in bad.stderr and
              "did you mean" not in bad.stderr, bad.stderr)
    check("a decision needs who and why", run(
        "review", "short", "MEM-5-SHORT", "accept", "--data", data, code=2).returncode == 2)
    run("review", "short", "MEM-5-SHORT", "accept", "--by", "ana", "--reason", "restore test",
        "--data", data)
    w = load(data)["short"]
    check("an accepted review passes, sized at min(limit - 32, sustained)",
          w["headings"]["memory"] == "PASS" and w["verdict"] == "PASS"
          and abs(w["requirement"]["vm_alloc_mb"] - (3700 * 2 + 2000 + 2) / 3) < 3, w)
    run("review", "short", "MEM-5-SHORT", "reject", "--by", "bo", "--reason", "no",
        "--data", data)
    check("a rejected one disqualifies", load(data)["short"]["verdict"] == "DISQUALIFIED")
    run("review", "short", "MEM-5-SHORT", "withdraw", "--data", data)
    check("a withdrawn one is open again", load(data)["short"]["verdict"] == "REVIEW")
    run("review", "short", "MEM-5-SHORT", "accept", "--by", "ana", "--reason", "x",
        "--valid-until", "2026-03-01", "--data", data)
    check("one that has run out does not count", load(data)["short"]["verdict"] == "REVIEW")
    check("reviews are listed", "run out" in run("review", "--data", data).stdout)


def exclusions(work, data):
    """A window that does not count."""
    at = START + (9 * 288 + 144) * 300
    run("exclude", "long", "@%d" % at, "@%d" % (at + 1800), "--reason", "disk test",
        "--data", data)
    w = load(data)["long"]
    check("an excluded window no longer disqualifies",
          w["headings"]["memory"] == "PASS" and w["excursions"] == [], w)
    text = run("explain", "long", "memory", "--data", data).stdout
    check("explain names the excluded window", "disk test" in text, text)
    run("exclude", "--undo", "1", "--data", data)
    check("and it comes back", load(data)["long"]["headings"]["memory"] == "DISQUALIFIED")


def explained(work, data):
    """Each figure with the sum it comes from."""
    text = run("explain", "under", "memory", "--data", data).stdout
    check("explain shows the sum", "3654 + 32 = 3686 <= 3686.4" in text, text)
    x = json.loads(run("explain", "slow", "cpu", "--json", "--data", data).stdout)
    samples = [s["value"] for s in x["explained"]["cpu"]["samples"]]
    steps = {s["name"]: s["value"] for s in x["explained"]["cpu"]["steps"]}
    check("the mean of the slots shown is the sized figure",
          len(samples) == 3 and abs(sum(samples) / 3 - steps["sized figure"]) < 1e-9, x)
    x = json.loads(run("explain", "short", "--json", "--data", data).stdout)
    check("the dossier says what the verdict were without the spike",
          x["excursions"][0]["memory_with"] == "REVIEW"
          and x["excursions"][0]["memory_without"] == "PASS", x["excursions"])


def days_of_rules(work, data):
    """Days of rules."""
    day = lambda d: load(data, "aws-mgn", "--as-of", d)["slow"]["headings"]["operational"]
    run("inventory", "slow", "--set", "dotnet35=yes", "--set", "wmi=yes",
        "--set", "os=Windows Server 2003 R2 x64", "--data", data)
    check("AWS MGN took Windows Server 2003 until 2026-02-14", day("2026-02-14") == "PASS",
          day("2026-02-14"))
    check("and not from 2026-02-15", day("2026-02-15") == "DISQUALIFIED")
    check("plain has no hardware and operational headings",
          load(data, "plain")["slow"]["headings"]["hardware"] is None)


def target_core(work, data):
    """The target core of a hosts file."""
    hosts = os.path.join(work, "hosts.json")
    with open(hosts, "w") as out:
        json.dump({"hosts": [{"type": "a", "count": 1, "cores": 8, "core_mhz": 2000,
                              "memory_mb": 8192, "host_memory_mb": 1024, "disk_gb": 500},
                             {"type": "b", "count": 1, "cores": 8, "core_mhz": 6000,
                              "memory_mb": 8192, "host_memory_mb": 1024, "disk_gb": 500}]},
                  out)
    w = load(data, None, "--hosts", hosts)["busy"]
    check("the fastest core of the hosts file is the target core",
          w["requirement"]["reserved_percent"] == 80
          and w["headings"]["processor"] == "PASS", w["requirement"])


def user_files(work, data):
    """User files."""
    config = os.path.join(work, "config")
    os.makedirs(os.path.join(config, "rules"))
    with open(os.path.join(config, "rules", "own.json"), "w") as out:
        json.dump({"schema": "headroom/rules/1", "profiles": ["virtual-server-2005-r2"],
                   "rules": [{"id": "OWN-1", "severity": "review", "heading": "operational",
                              "when": {"field": "owner", "equals": "finance"},
                              "text": "ask finance", "source": "house rule",
                              "checked": "2026-01-01"}]}, out)
    with open(os.path.join(config, "rules", "bad.json"), "w") as out:
        out.write('{"schema": "headroom/rules/1", "profiles": [],\n"rules": [\n'
                  '{"id": "X", "severity": "review", "heading": "operational",\n'
                  '"when": {"field": "ownr", "equals": "x"},\n"text": "t", "source": "s",'
                  '"checked": "2026-01-01"}]}')
    run("inventory", "under", "--set", "owner=finance", "--data", data)
    done = run("verdict", "under", "--json", "--data", data, "--config-dir", config)
    check("a rule of the user's needs no C",
          json.loads(done.stdout)["workloads"][0]["headings"]["operational"] == "REVIEW")
    check("a bad file is named with its line, the others work",
          'bad.json:4: there is no field "ownr", did you mean "owner"?' in done.stderr,
          done.stderr)
    done = run("profiles", "--config-dir", config, code=1)
    check("profiles fails where a file was refused", done.returncode == 1
          and "bad.json:4" in done.stderr)
    check("profiles lists eleven", run("profiles").stdout.count("built in") == 11)
    text = run("profiles", "--os", "Windows Server 2003 x64", "--as-of", "2026-02-14").stdout
    check("a guest system on every target, the day before", "aws-mgn" in text
          and "MGN-2003-ENDED" not in text, text)
    text = run("profiles", "--os", "Windows Server 2003 x64", "--as-of", "2026-02-15").stdout
    check("and the day after", "MGN-2003-ENDED" in text, text)
    check("an unknown profile is refused with the nearest",
          'did you mean "aws-mgn"' in run("verdict", "--profile", "aws-mng", "--data", data,
                                          code=1).stderr)


def here_is_stated(work, data):
    """What this machine says of itself."""
    here = os.path.join(work, "here")
    subprocess.run([os.path.join(BUILD, "collectord"), "--data", here, "--interval", "1s",
                    "--ticks", "2", "--name", "me"], capture_output=True)
    done = run("inventory", "--here", "--data", here)
    facts = json.loads(run("inventory", "--json", "--data", here).stdout)["workloads"]["me"]
    check("--here states cores, memory and system", done.returncode == 0
          and facts["cpu.cores"] >= 1 and facts["memory.total_bytes"] > 1e6
          and "os" in facts, facts)
    run("inventory", "me", "--set", "cpu.cores=999", "--data", here)
    run("inventory", "--here", "--data", here)
    check("but takes nothing back that a person stated", json.loads(run(
        "inventory", "--json", "--data", here).stdout)["workloads"]["me"]["cpu.cores"] == 999)


def other_forms(work, data):
    """The other forms."""
    csv = run("verdict", "--format", "csv", "--data", data).stdout.splitlines()
    check("CSV has a line for each workload", len(csv) == 7 and csv[0].startswith("workload,"))
    check("explain as CSV", "under,memory,VM memory,3686,MB" in run(
        "explain", "under", "memory", "--format", "csv", "--data", data).stdout)
    check("reviews as CSV", "MEM-5-SHORT" in run(
        "review", "--format", "csv", "--data", data).stdout)
    kv = run("verdict", "--format", "kv", "--data", data).stdout
    check("kv ends in OK=1", kv.endswith("OK=1\n") and "WORKLOADS=6" in kv, kv)
    wide = max(len(l) for l in run("verdict", "--data", data).stdout.splitlines())
    check("the table is within 100 columns", wide <= 100, wide)


def uncounted(work, data):
    """Figures that nobody counted."""
    bare = os.path.join(work, "bare.csv")
    with open(bare, "w") as out:
        out.write("time,workload,memory_used_bytes,disk_size_bytes\n")
        for i in range(15 * 288):
            out.write("%d,bare,%d,%d\n" % (START + (i + 1) * 300, 1000 * MB + i, 40 * 1024 * MB))
    third = os.path.join(work, "third")
    run("import", "csv", bare, "--data", third)
    for profile in ("virtual-server-2005-r2", "plain", "kvm"):
        w = load(third, profile)["bare"]
        check("network and CPU never counted are UNKNOWN under " + profile,
              w["headings"]["network"] == w["headings"]["processor"] == "UNKNOWN"
              and w["verdict"] == "UNKNOWN" and w["requirement"]["network_mbps"] is None
              and any(f["rule"] == "FIG-NETWORK" and "import csv" in f["text"]
                      for f in w["findings"]), w)
    check("the size of all disks that an import brings counts as one disk",
          load(third, "plain")["bare"]["requirement"]["storage_gb"] == 40,
          load(third, "plain")["bare"])
    w = load(third, None, "--since", "2026-03-02T00:00Z", "--until", "2026-03-12T00:00Z")
    check("--since and --until narrow the data of a verdict",
          "span: 10.0 days" in w["bare"]["sufficiency"]["reasons"][0]
          or w["bare"]["sufficiency"]["grade"] != "full", w["bare"]["sufficiency"])


def too_little(work, data):
    """Too little."""
    young = os.path.join(work, "young.csv")
    write_csv(young, {"young": lambda i, t: (1000 + i % 288, 100, 1e6),
                      "young-over": lambda i, t: (4000, 100, 1e6)}, days=5)
    other = os.path.join(work, "other")
    run("import", "csv", young, "--data", other)
    run("inventory", "--all", "--set", "devices=none", "--set", "applications=none", "--set",
        "roles=none", "--set", "os_bits=32", "--set", "disks=c:40", "--data", other)
    w = load(other)
    check("five days are insufficient, and a date is named",
          w["young"]["verdict"] == "insufficient"
          and w["young"]["sufficiency"]["earliest"] == "2026-03-08", w["young"])
    check("a disqualification stands however short the data",
          w["young-over"]["verdict"] == "DISQUALIFIED")


def tests(work, data):
    """In this order: each goes on with the store that those before it left."""
    for part in (an_estate, memory_heading, facts_stated, reviews, exclusions, explained,
                 days_of_rules, target_core, user_files, here_is_stated, other_forms,
                 uncounted, too_little):
        part(work, data)


main()
