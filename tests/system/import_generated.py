"""Imports without outside data: a generated likeness of the Bitbrains set, against the
plain re-computation; order, repetition, parts, undo, rename, forget, export and import."""

import os
import random
import sqlite3
import subprocess
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
import bitbrains
import peaks_oracle
from harness import Checks, Store

SEED = os.environ.get("HEADROOM_SEED", "20130701")
checks = Checks()
print(f"# seed {SEED}")


def wrong_figures(peaks, grids):
    wrong = []
    for workload in peaks["workloads"]:
        differences, _ = peaks_oracle.compare(workload, grids[workload["name"]])
        wrong += differences
    return wrong


def events(store, kind):
    database = sqlite3.connect(f"file:{store.dir}/headroom.db?mode=ro", uri=True)
    with database:
        rows = database.execute(
            "SELECT w.name, e.at, e.text FROM events e JOIN workloads w "
            "ON w.id = e.workload_id WHERE e.kind = ? ORDER BY 1, 2", (kind,)).fetchall()
    database.close()
    return rows


def facts(store, name):
    database = sqlite3.connect(f"file:{store.dir}/headroom.db?mode=ro", uri=True)
    with database:
        rows = dict(database.execute(
            "SELECT f.key, f.value FROM workload_facts f JOIN workloads w "
            "ON w.id = f.workload_id WHERE w.name = ?", (name,)).fetchall())
    database.close()
    return rows


with Store() as store:
    paths = bitbrains.generate(store.path("traces"), SEED)
    files = [path for machine in paths.values() for path in machine]
    grids = {name: peaks_oracle.Grid(peaks_oracle.read_bitbrains(machine))
             for name, machine in paths.items()}

    # ---- the figures -------------------------------------------------------------------
    imported = store.json("import", "bitbrains", *files)
    peaks = store.json("peaks")
    wrong = wrong_figures(peaks, grids)
    checks.check("every figure equals the plain one to 1e-9", not wrong,
                 "; ".join(wrong[:3]) + f" ({len(wrong)} in all)")
    bad = [item["name"] for item in imported["workloads"]
           if (item["step_s"], item["phase_s"], item["repeated"], item["conflicting"],
               item["shared"]) !=
           (grids[item["name"]].step, grids[item["name"]].phase,
            grids[item["name"]].repeated, grids[item["name"]].conflicting,
            grids[item["name"]].shared)]
    checks.check("step, phase, repeated, conflicting and shared rows are as counted plainly",
                 not bad, ", ".join(bad))
    checks.check("the total is the sum of the rows",
                 imported["rows"] == sum(item["rows"] for item in imported["workloads"]))

    # ---- sizes -------------------------------------------------------------------------
    resized = {row[0] for row in events(store, "resize")}
    checks.check("machines that were resized have events, the others have none",
                 resized == {name for name in paths if int(name[4:]) % 2},
                 f"events of {sorted(resized)}")
    last = open(paths["gen-1"][-1]).readlines()[-1].split(";\t")
    got = facts(store, "gen-1")
    checks.check("the latest size is the fact",
                 float(got["cpu.cores"]) == float(last[1]) and
                 float(got["memory.total_bytes"]) == float(last[5]) * 1024, str(got))

    # ---- the same again ----------------------------------------------------------------
    before = store.tree()
    shuffled = files[:]
    random.Random(SEED).shuffle(shuffled)
    again = store.json("import", "bitbrains", *shuffled)
    checks.check("a second run changes nothing and says so",
                 not again["changed"] and again["id"] is None and store.tree() == before)
    text = store.run("import", "bitbrains", *files).stdout
    last_line = text.splitlines()[-1]
    checks.check("its last line counts what was read",
                 last_line.startswith("nothing changed, none of it is new: ") and
                 f"{imported['rows']} rows read" in last_line and "0 refused" in last_line,
                 last_line)

    # ---- rows in any order ---------------------------------------------------------------
    mixed = store.path("mixed")
    for number, path in enumerate(files):
        lines = open(path).readlines()
        # repeated stamps keep their order: the first of them counts
        by_stamp = {}
        for line in lines[1:]:
            by_stamp.setdefault(line.split(";")[0], []).append(line)
        stamps = list(by_stamp)
        random.Random(f"{SEED}-{number}").shuffle(stamps)
        store.write(os.path.join("mixed", str(number), os.path.basename(path)),
                    lines[0] + "".join(line for stamp in stamps for line in by_stamp[stamp]))
    mixed_files = [os.path.join(mixed, str(i), os.path.basename(path))
                   for i, path in enumerate(files)]
    other = store.path("other")
    store.json("import", "bitbrains", *mixed_files, store=other)
    checks.check("rows and files in any order give the same figures",
                 store.json("peaks", store=other)["workloads"] == peaks["workloads"])

    # ---- export and import ----------------------------------------------------------------
    exported = store.path("all.csv")
    done = store.run("export", "csv", "-o", exported)
    if checks.check("export csv", done.returncode == 0, done.stderr):
        third = store.path("third")
        store.json("import", "csv", exported, store=third)
        checks.check("the same figures after export csv and import csv",
                     store.json("peaks", store=third)["workloads"] == peaks["workloads"])

with Store() as store:
    # ---- in parts: a later one, an earlier one, one inside -------------------------------
    paths = bitbrains.generate(store.path("traces"), SEED, machines=2)
    name = "gen-0"
    first, middle, last = paths[name]
    store.json("import", "bitbrains", middle)
    middle_peaks = store.json("peaks")
    middle_tree = store.tree()
    step, phase = (lambda grid: (grid.step, grid.phase))(
        peaks_oracle.Grid(peaks_oracle.read_bitbrains([middle])))
    one = store.json("import", "bitbrains", first)
    two = store.json("import", "bitbrains", last)
    together = peaks_oracle.Grid(
        peaks_oracle.read_bitbrains([middle, first, last]), step, phase)
    wrong = wrong_figures(store.json("peaks"), {name: together})
    checks.check("imports before and behind what is stored rebuild it", not wrong,
                 "; ".join(wrong[:3]))
    checks.check("they keep step and phase",
                 {(i["step_s"], i["phase_s"]) for run in (one, two) for i in run["workloads"]}
                 == {(step, phase)})
    tools = shutil.which("rrdtool")
    if tools:
        info = subprocess.run([tools, "info", f"{store.dir}/rrd/{name}/cpu.rrd"],
                              capture_output=True, text=True, check=False)
        checks.check("the stock rrdtool opens the archive", info.returncode == 0 and
                     "ds[used_mhz].index = 0" in info.stdout, info.stderr)
    else:
        checks.skip("the stock rrdtool opens the archive", "rrdtool is not installed")

    # ---- undo ------------------------------------------------------------------------------
    refused = store.run("import", "--undo", str(one["id"]))
    checks.check("an import under a later one is not undone",
                 refused.returncode == 1 and f"before import {two['id']}" in refused.stderr,
                 refused.stderr)
    done = store.run("import", "--undo", str(two["id"]))
    checks.check("the later one is", done.returncode == 0, done.stderr)
    done = store.run("import", "--undo", str(one["id"]))
    checks.check("then the earlier one too", done.returncode == 0, done.stderr)
    checks.check("all is as before, byte for byte",
                 store.tree() == middle_tree and store.json("peaks") == middle_peaks)
    refused = store.run("import", "--undo", str(one["id"]))
    checks.check("twice is refused", refused.returncode == 1 and "undone already" in
                 refused.stderr, refused.stderr)
    refused = store.run("import", "--undo", "99")
    checks.check("an unknown number is refused", refused.returncode == 1 and
                 "no import 99" in refused.stderr, refused.stderr)
    done = store.run("import", "--undo", "1")
    checks.check("undoing the first import removes its workload",
                 done.returncode == 0 and store.json("peaks")["workloads"] == [] and
                 store.tree() == {}, done.stderr)
    store.json("import", "bitbrains", *paths[name])
    checks.check("after that it can be imported again",
                 not wrong_figures(store.json("peaks"), {
                     name: peaks_oracle.Grid(peaks_oracle.read_bitbrains(paths[name]))}))

    # ---- workload rename and forget ---------------------------------------------------------
    store.json("import", "bitbrains", *paths["gen-1"])
    figures = {w["name"]: w["resources"] for w in store.json("peaks")["workloads"]}
    done = store.run("workload", "rename", name, "mail/../x")
    renamed = {w["name"]: w["resources"] for w in store.json("peaks")["workloads"]}
    checks.check("a rename keeps every figure",
                 done.returncode == 0 and renamed ==
                 {"mail/../x": figures[name], "gen-1": figures["gen-1"]}, done.stderr)
    refused = store.run("workload", "rename", "gen-1", "mail/../x")
    checks.check("a name that is taken is refused", refused.returncode == 1 and
                 len(store.json("peaks")["workloads"]) == 2, refused.stderr)
    refused = store.run("workload", "rename", "gne-1", "x")
    checks.check("an unknown name is refused with the nearest one", refused.returncode == 1
                 and "gen-1" in refused.stderr, refused.stderr)
    refused = store.run("workload", "rename", "gen-1", "a\x1b[2J")
    checks.check("T61: a name with terminal codes is refused", refused.returncode == 1 and
                 "\x1b" not in refused.stderr, refused.stderr)
    refused = store.run("workload", "forget", "gen-1", "nobody")
    checks.check("forgetting an unknown one forgets nobody", refused.returncode == 1 and
                 len(store.json("peaks")["workloads"]) == 2, refused.stderr)
    done = store.run("workload", "forget", "mail/../x")
    checks.check("a forgotten workload is gone with its files", done.returncode == 0 and
                 [w["name"] for w in store.json("peaks")["workloads"]] == ["gen-1"] and
                 len({os.path.dirname(path) for path in store.tree()}) == 1, done.stderr)
    checks.check("fsck is content", store.json("fsck")["ok"])
checks.finish()
