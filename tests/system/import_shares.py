"""A share without cores and MHz, an available memory without a total: kept, unknown with
the command that supplies the fact, and figures when it comes, backwards too."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

checks = Checks()
HEAD = ('"(PDH-CSV 4.0) (UTC)(0)","\\\\WEB\\Processor(_Total)\\% Processor Time",'
        '"\\\\WEB\\Memory\\Available MBytes"\r\n')


def log(rows):
    lines = [HEAD]
    for i in range(rows):
        lines.append(f'"06/{1 + i // 288:02d}/2013 {i % 288 // 12:02d}:{i % 12 * 5:02d}:00.000",'
                     f'"{10 + i % 50}","{1000 + i % 7}"\r\n')
    return "".join(lines)


with Store() as store:
    path = store.write("web.csv", log(2000))
    done = store.json("import", "auto", path)
    file = done["files"][0]
    checks.check("a PerfMon log is recognised by its content",
                 file["format"] == "pdh" and file["outcome"] == "figures", str(file))
    checks.check("what was mapped is said",
                 [(m["figure"], m["readings"]) for m in file["mapped"]] ==
                 [("cpu_busy_ratio", 2000), ("memory_available_bytes", 2000)], str(file["mapped"]))
    figures = store.json("peaks")["workloads"][0]["resources"]
    # a resource whose slots are all unknown has no figures
    for name in ("cpu", "memory"):
        checks.check(f"{name} is no figure without the facts",
                     figures[name] is None or figures[name]["peak"] is None, str(figures[name]))
    text = store.run("verdict", "WEB").stdout
    checks.check("the verdict names the command that supplies them",
                 "--set cpu.cores=N --set cpu.core_mhz=N" in text and
                 "--set memory.total_bytes=N" in text, text)

    before = store.tree()
    done = store.run("inventory", "WEB", "--set", "cpu.cores=4", "--set", "cpu.core_mhz=2500",
                     "--set", f"memory.total_bytes={4 << 30}")
    checks.check("the facts are taken", done.returncode == 0, done.stderr)
    figures = store.json("peaks")["workloads"][0]["resources"]
    checks.check("the share is MHz then, backwards too",
                 abs(figures["cpu"]["peak"] - 0.59 * 4 * 2500) < 1e-6, str(figures["cpu"]))
    checks.check("and what is available is what is used",
                 figures["memory"]["peak"] == (4 << 30) - (1000 << 20), str(figures["memory"]))

    exported = store.path("all.csv")
    store.run("export", "csv", "-o", exported)
    head = open(exported).readline()
    checks.check("the export has the shares", "cpu_busy_ratio" in head and
                 "memory_available_bytes" in head, head)
    with Store() as other:
        other.json("import", "csv", exported)
        other.run("inventory", "WEB", "--set", "cpu.cores=4", "--set", "cpu.core_mhz=2500",
                  "--set", f"memory.total_bytes={4 << 30}")
        checks.check("and brings the same figures elsewhere",
                     other.json("peaks")["workloads"][0]["resources"] == figures)

    undone = store.run("import", "--undo", "1")
    checks.check("the import can be taken back", undone.returncode == 0 and
                 store.json("peaks")["workloads"] == [], undone.stderr)

with Store() as store:
    good = store.write("in/good.csv", log(300))
    bad = store.write("in/bad.csv", log(10).replace('"15"', '"x"'))
    store.write("in/notes.txt", "nothing of ours\n")
    done = store.run("import", "auto", store.path("in"))
    checks.check("one bad file refuses all of them", done.returncode == 1 and
                 "bad.csv:7: field 2" in done.stderr and
                 not os.path.exists(os.path.join(store.dir, "rrd")), done.stderr)
    done = store.run("import", "auto", "--keep-going", store.path("in"))
    checks.check("--keep-going takes the good ones and exits 1", done.returncode == 1 and
                 "refused" in done.stdout and "figures" in done.stdout and
                 "nothing of ours" in done.stdout and
                 [w["name"] for w in store.json("peaks")["workloads"]] == ["WEB"],
                 done.stdout + done.stderr)
checks.finish()
