#!/usr/bin/env python3
"""analyze waves on the hosts of a plan: states on the way, rates, scratch space, pictures."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from checks import check, finish  # noqa: E402

BUILD = os.environ.get("BUILD", "build")


def analyze(*args):
    return subprocess.run([os.path.join(BUILD, "analyze"), *args, "--data", store],
                          capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, TZ="UTC"))


def path(name, content=None):
    full = os.path.join(work, name)
    if content is not None:
        with open(full, "w", encoding="utf-8") as out:
            out.write(content if isinstance(content, str) else json.dumps(content))
    return full


def estate():
    """a, b and c of 5 GB each, for hosts of 7 GB: one host holds one of them."""
    lines = ["time,workload,cpu_used_mhz,cpu_cores,cpu_core_mhz,memory_used_bytes,"
             "memory_total_bytes,network_bps,disk_bytes_per_s,disk_ops_per_s"]
    for name in "abc":
        for k in range(300):
            lines.append("%d,%s,200,2,2000,%d,%d,1000000,100000,10" %
                         (1700000100 + 300 * k, name, 5 << 30, 8 << 30))
    done = analyze("import", "csv", path("estate.csv", "\n".join(lines) + "\n"))
    assert done.returncode == 0, done.stderr
    for name, disks in (("a", "c:40,d:100"), ("b", "c:60"), ("c", "c:80")):
        analyze("inventory", name, "--set", "disks=" + disks)


def plan_of(**where):
    hosts = {"hosts": [{"type": "h", "count": 3, "cores": 4, "core_mhz": 3000,
                        "memory_mb": 8192, "host_memory_mb": 1024,
                        "nics": [{"mbps": 1000, "use": "shared"}], "disk_gb": 500}],
             "constraints": [{"kind": "pin", "workloads": [w], "hosts": [h]}
                             for w, h in where.items()]}
    done = analyze("plan", "--hosts", path("hosts.json", hosts), "--profile", "plain",
                   "--include", "pass,review,unknown,insufficient", "--json", "-o",
                   path("plan.json"))
    assert done.returncode == 0, done.stderr
    with open(path("plan.json"), encoding="utf-8") as plan:
        placed = {n: h["name"] for h in json.load(plan)["hosts"] for n in h["workloads"]}
    assert placed == {w: h.replace("_", "-") for w, h in where.items()}, placed
    return path("plan.json")


def waves(request, *more):
    return analyze("waves", "--plan", path("plan.json"), "--windows",
                   path("windows.json", request), *more)


def wave_of(document):
    return {w["name"]: wave["number"] for wave in document["waves"]
            for w in wave["workloads"]}


def states():
    plan_of(a="h-2", b="h-3", c="h-1")
    done = waves({}, "--json")
    check("sources elsewhere: one round takes all", wave_of(json.loads(done.stdout)) ==
          {"a": 1, "b": 1, "c": 1}, done.stdout + done.stderr)
    request = {"workloads": [{"name": "a", "source_host": "h-1"}]}
    done = waves(request, "--json")
    check("who goes to a host that another still fills waits for it",
          done.returncode == 0 and wave_of(json.loads(done.stdout)) ==
          {"a": 1, "b": 1, "c": 2}, done.stdout + done.stderr)
    check("it is said that every state was fitted",
          "every state on the way fits the plan's hosts" in
          " ".join(waves(request).stdout.split()), waves(request).stdout)
    request["order"] = [["c"], ["a", "b"]]
    done = waves(request, "--json")
    check("an order by hand that overfills a host: exit 3, ORD-STATE",
          done.returncode == 3 and [v["rule"] for v in json.loads(done.stdout)["violated"]]
          == ["ORD-STATE"], done.stdout + done.stderr)
    plan_of(a="h-2", b="h-1", c="h-3")
    request = {"workloads": [{"name": "a", "source_host": "h-1"},
                             {"name": "b", "source_host": "h-2"}]}
    done = waves(request, "--json")
    document = json.loads(done.stdout)
    check("two that would change places have no order: exit 3, both named",
          done.returncode == 3 and wave_of(document) == {"c": 1} and
          sorted(u["name"] for u in document["unplaced"]) == ["a", "b"] and
          "meanwhile" in document["unplaced"][0]["reason"], done.stdout)
    with open(path("plan.json"), encoding="utf-8") as plan:
        aligned = dict(json.load(plan), demand="aligned")
    path("plan.json", aligned)
    check("an aligned plan: it is said that the states were not checked",
          "NOT checked" in " ".join(waves(request).stdout.split()), waves(request).stdout)


def rates():
    plan_of(a="h-2", b="h-3", c="h-1")
    done = waves({"measured_gb_per_min": 0.8, "link_mbps": 1000}, "--json")
    rows = {w["name"]: w for wave in json.loads(done.stdout)["waves"]
            for w in wave["workloads"]}
    bytes_a = 140 << 30
    check("CAP-1 minutes at the slow, the fast and the measured rate",
          abs(rows["a"]["minutes_slow"] - bytes_a / 0.5e9) < 1e-3 and
          abs(rows["a"]["minutes_fast"] - bytes_a / 1.5e9) < 1e-3 and
          abs(rows["a"]["minutes_measured"] - bytes_a / 0.8e9) < 1e-3, rows["a"])
    planned = -(-bytes_a // 800000000)
    check("CAP-7 the outage is planned at the measured rate: capture, restore, tests",
          rows["a"]["outage_minutes"] == 2 * planned + 30, rows["a"])
    none = waves({}, "--json")
    check("nobody measured: null", json.loads(none.stdout)["waves"][0]["workloads"][0]
          ["minutes_measured"] is None)


def scratch():
    one = waves({"link_mbps": 1000}, "--json")
    wave = json.loads(one.stdout)["waves"][0]
    check("CAP-6 the store holds all disks of the wave; scratch is twice the largest each",
          abs(wave["scratch_gb"] - (140 + 60 + 80) * 1.073741824) < 1e-6 and
          abs(wave["conversion_gb"] - 2 * (100 + 60 + 80) * 1.073741824) < 1e-6, wave)
    done = waves({"scratch_gb": 400}, "--json")
    document = json.loads(done.stdout)
    check("scratch space for two of them: two waves, proven", len(document["waves"]) == 2 and
          document["proven_optimal"] and
          all(w["conversion_gb"] <= 400 for w in document["waves"]), done.stdout)
    done = waves({"scratch_gb": 100}, "--json")
    check("a disk that the scratch space never takes: exit 3", done.returncode == 3 and
          len(json.loads(done.stdout)["unplaced"]) == 3, done.stdout)
    done = waves({"scratch_gb": 400, "order": [["a", "b", "c"]]}, "--json")
    check("by hand: ORD-SCRATCH", [v["rule"] for v in json.loads(done.stdout)["violated"]] ==
          ["ORD-SCRATCH"], done.stdout)


def pictures():
    request = {"dependencies": [{"before": "a", "after": "b"}],
               "windows": [{"starts": "2026-12-05T20:00Z", "minutes": 2000},
                           {"starts": "2026-12-06T20:00Z", "minutes": 2000}]}
    svg = path("gantt.svg")
    done = waves(request, "-o", svg)
    root = ElementTree.parse(svg).getroot()
    titles = [e.text for e in root.iter("{http://www.w3.org/2000/svg}title")]
    check("a picture by the name of its file", done.returncode == 0 and
          root.tag.endswith("svg"), done.stderr)
    check("each workload has its transfer, each wave its begin",
          all(any(t.startswith(n + ": transfer") for t in titles) for n in "abc") and
          any("wave 2, 2026-12-06 20:00" in t for t in titles), titles)
    bars = [e for e in root.iter("{http://www.w3.org/2000/svg}rect")]
    spans = {e[0].text: (float(e.get("x")), float(e.get("width"))) for e in bars}
    first = [t for t in spans if t.startswith("wave 1")][0]
    second = [t for t in spans if t.startswith("b: transfer")][0]
    check("what waits begins after the wave before it",
          spans[second][0] >= sum(spans[first]) - 1, spans)
    page = path("report.html")
    done = analyze("report", "--plan", path("plan.json"), "--windows", path("windows.json"),
                   "-o", page)
    with open(page, encoding="utf-8") as text:
        html = text.read()
    part = html[html.index('id="waves"'):] if 'id="waves"' in html else ""
    check("the report has the order as a part, with its picture", done.returncode == 0 and
          "b: transfer" in part and "The longest chain" in part, done.stderr)
    book = path("report.xlsx")
    analyze("report", "--plan", path("plan.json"), "--windows", path("windows.json"), "-o",
            book)
    with zipfile.ZipFile(book) as members:
        sheets = re.findall(r'<sheet name="([^"]*)"',
                            members.read("xl/workbook.xml").decode())
    check("the workbook has a sheet of waves, behind the others",
          sheets and sheets[-1] == "Waves", sheets)
    plain = path("plain.html")
    analyze("report", "--plan", path("plan.json"), "-o", plain)
    with open(plain, encoding="utf-8") as text:
        check("without a windows file there is none", 'id="waves"' not in text.read())
    done = analyze("report", "--windows", path("none.json"), "-o", path("x.html"))
    check("a windows file that is not there stops the report", done.returncode == 1 and
          "none.json" in done.stderr and not os.path.exists(path("x.html")), done.stderr)


work = tempfile.mkdtemp()
store = os.path.join(work, "store")
try:
    estate()
    states()
    rates()
    scratch()
    pictures()
finally:
    shutil.rmtree(work)
finish()
