"""`analyze help import` names every format and every map there is, and its example runs."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

checks = Checks()
MAPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "schema", "maps")
with Store() as store:
    text = store.run("help", "import").stdout
    checks.check("no line is wider than a terminal", max(map(len, text.splitlines())) <= 80)
    os.makedirs(store.dir)
    store.run("import", "csv", store.write("a.csv", "time,workload,cpu_used_mhz\n1700000000,w,1\n"))
    formats = store.json("import")["formats"]
    missing = [f for f in formats if not re.search(rf"^  {f} ", text, re.M)]
    checks.check(f"its {len(formats)} formats are told", len(formats) >= 12 and not missing,
                 str(missing))
    maps = [name[:-5] for name in os.listdir(MAPS)]
    of_maps = store.run("help", "maps").stdout
    checks.check("no line of maps is wider", max(map(len, of_maps.splitlines())) <= 80)
    missing = [name for name in maps if not re.search(rf"(?<![\w-]){name}(?![\w-])", of_maps)]
    checks.check(f"its {len(maps)} maps are named", not missing, str(missing))
    mapping = text[text.index('  {"schema"'):text.index("\n`analyze help maps` tells")]
    json.loads(mapping)
    path = store.write("vms.csv", "when;vm;cpu;mem\n" + "".join(
        f"2026-07-{1 + i // 24:02} {i % 24:02}:00;web1;25;1024\n" for i in range(100)))
    done = store.json("import", "map", "--map", store.write("ours.json", mapping), path,
                      store=store.path("other"))
    store.run("inventory", "web1", "--set", "cpu.cores=4", "--set", "cpu.core_mhz=2000",
              store=store.path("other"))
    peaks = store.json("peaks", store=store.path("other"))["workloads"][0]["resources"]
    checks.check("the mapping of the example is read, in local time",
                 peaks["cpu"]["peak"] == 2000 and peaks["memory"]["peak"] == 1 << 30 and
                 done["files"][0]["zone"] == "Europe/Berlin", str(peaks)[:300])
    form = json.load(open(os.path.join(MAPS, "..", "json-schema", "map.json"), encoding="utf-8"))
    fields = set(form["properties"]) | set(form["properties"]["time"]["properties"]) | \
        set(form["properties"]["columns"]["items"]["properties"]) | \
        set(form["properties"]["workload"]["properties"])
    missing = [f for f in fields if not re.search(rf"\b{f}\b", text + of_maps)]
    checks.check(f"all {len(fields)} fields of the form are told", not missing, str(missing))
    mapping, source = re.search(r'(?s)(  {"schema".*?)\n\n  for ({.*})', of_maps).groups()
    store.json("import", "map", "--map", store.write("counts.json", mapping),
               store.write("web1.json", source), store=store.path("counts"))
    store.run("inventory", "web1", "--set", "cpu.cores=4", "--set", "cpu.core_mhz=2000",
              store=store.path("counts"))
    peaks = store.json("peaks", store=store.path("counts"))["workloads"][0]["resources"]
    checks.check("its example of counters is read", abs(peaks["cpu"]["peak"] - 1000) < 1e-9 and
                 abs(peaks["network"]["peak"] - 800) < 1e-9, str(peaks)[:300])
    page = store.run("help", "--man").stdout
    checks.check("the man page has it, too", "What machines are (facts)" in page)
checks.finish()
