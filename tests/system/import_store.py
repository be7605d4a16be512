"""`analyze import store`: workloads of another store come over, repeatably."""

import os
import shutil
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
import bitbrains
from harness import BUILD, Checks, Store

SEED = os.environ.get("HEADROOM_SEED", "4")
checks = Checks()
print(f"# seed {SEED}")

with Store() as store:
    paths = bitbrains.generate(store.path("traces"), SEED, machines=4, days=4)
    one, two = store.path("one"), store.path("two")
    store.json("import", "bitbrains", *paths["gen-0"], *paths["gen-1"], store=one)
    store.json("import", "bitbrains", *paths["gen-2"][:2], store=two)
    there = {w["name"]: w for s in (one, two) for w in store.json("peaks", store=s)["workloads"]}

    done = store.json("import", "store", one, two)
    here = {w["name"]: w for w in store.json("peaks")["workloads"]}
    checks.check("the workloads of two stores come over with their figures", here == there)
    status = {w["name"]: w["source"] for w in store.json("status")["workloads"]}
    checks.check("they are marked as taken over", set(status.values()) == {"store"}, str(status))
    database = sqlite3.connect(f"file:{store.dir}/headroom.db?mode=ro", uri=True)
    resizes = database.execute("SELECT count(*) FROM events WHERE kind = 'resize'").fetchone()[0]
    cores = database.execute(
        "SELECT count(*) FROM workload_facts WHERE key = 'cpu.cores'").fetchone()[0]
    database.close()
    checks.check("events and facts came with them", resizes >= 2 and cores == 3,
                 f"{resizes} resizes, {cores} facts")
    before = store.tree()
    again = store.json("import", "store", one, two)
    checks.check("again: nothing changed", not again["changed"] and store.tree() == before)

    store.json("import", "bitbrains", paths["gen-2"][2], store=two)
    more = store.json("import", "store", one, two)
    changed = [w["name"] for w in more["workloads"] if w["changed"]]
    checks.check("what grew there grows here, alone", changed == ["gen-2"], str(changed))
    grown = {w["name"]: w for w in store.json("peaks", store=two)["workloads"]}
    here = {w["name"]: w for w in store.json("peaks")["workloads"]}
    checks.check("with the same figures", here["gen-2"] == grown["gen-2"])
    done = store.run("import", "--undo", str(more["id"]))
    checks.check("an undo puts it back", done.returncode == 0 and store.tree() == before and
                 {w["name"]: w for w in store.json("peaks")["workloads"]} == there, done.stderr)

    # ---- what was decided there, and its undo -------------------------------------------------
    decided = lambda: (store.json("exclude"), store.json("review"),
                       store.json("inventory", "gen-2"))
    had = decided()
    store.run("exclude", "gen-2", "2013-08-13T00:00Z", "2013-08-13T02:00Z", "--reason", "kept",
              store=two)
    first = store.json("import", "store", two)
    here = decided()
    store.run("exclude", "gen-2", "2013-08-14T00:00Z", "2013-08-14T01:00Z", "--reason", "there",
              store=two)
    store.run("inventory", "gen-2", "--set", "os=Debian GNU/Linux 12", store=two)
    store.run("exclude", "--undo", "1", store=two)
    second = store.json("import", "store", two)
    checks.check("decisions and facts come over, also that one was taken back",
                 decided() != here and first["id"] != second["id"])
    store.run("exclude", "gen-2", "2013-08-15T00:00Z", "2013-08-15T01:00Z", "--reason", "mine")
    mine = [e for e in store.json("exclude")["exclusions"] if e["reason"] == "mine"]
    done = store.run("import", "--undo", str(second["id"]))
    store.run("exclude", "--undo", str(mine[0]["id"]))
    checks.check("an undo takes them back, and leaves what was decided here",
                 done.returncode == 0 and mine and decided() == here, (done.stderr, decided(), here))
    again = store.json("import", "store", two)
    checks.check("and they come over again", again["changed"])
    for number in (again["id"], first["id"]):
        done = store.run("import", "--undo", str(number))
    checks.check("both undone: as before", decided() == had, (done.stderr, had, decided()))

    store.run("workload", "rename", "gen-0", "mail")
    again = store.json("import", "store", one)
    checks.check("a workload that was renamed here is known again", not again["changed"])

    # ---- refusals --------------------------------------------------------------------------
    def refused(name, parts, *dirs):
        tree, peaks = store.tree(), store.json("peaks")
        failed = store.run("import", "store", *dirs)
        checks.check(name, failed.returncode == 1 and len(failed.stderr.splitlines()) == 1 and
                     all(part in failed.stderr for part in parts) and
                     store.tree() == tree and store.json("peaks") == peaks, failed.stderr)

    three = store.path("three")
    store.json("import", "bitbrains", *paths["gen-1"], store=three)
    refused("a name that another workload has here is refused",
            ("three", "gen-1", "rename"), three)
    refused("this store itself is refused", ("found this one",), store.dir)
    refused("a folder without a store is refused", ("found none",), store.path("traces"))
    refused("one bad store among good ones brings nothing", ("found none",), two,
            store.path("traces"))

    four = store.path("four")
    store.json("import", "bitbrains", *paths["gen-3"], store=four)
    cpu = os.path.join(four, "rrd", "gen-3", "cpu.rrd")
    whole = open(cpu, "rb").read()
    for name, damaged in (
            ("a truncated archive", whole[:len(whole) // 2]),
            ("an archive of nothing", b""),
            ("an archive that is text", b"time,workload\n" * 500),
            ("an archive with a huge row count", whole[:0] + whole.replace(
                b"AVERAGE\0", b"AVERAGE\0", 1)[:600] + b"\xff" * 200 + whole[800:])):
        with open(cpu, "wb") as out:
            out.write(damaged)
        refused(f"T17: {name} is refused", ("cpu.rrd",), four)
    with open(cpu, "wb") as out:
        out.write(whole)

    # T61: a hostile database must not lead out of the folder
    database = sqlite3.connect(os.path.join(four, "headroom.db"))
    database.execute("UPDATE workloads SET folder = '../../one/rrd/gen-0'")
    database.commit()
    database.close()
    refused("T61: a folder name that leads elsewhere is refused", (), four)
    shutil.rmtree(four)
    # ---- the daemon's own archives: several rows, rings that wrap elsewhere --------------
    collectord = os.path.abspath(os.path.join(BUILD, "collectord"))
    sampled = store.path("sampled")
    done = subprocess.run(
        [collectord, "--data", sampled, "--name", "web1", "--interval", "1", "--ticks", "3",
         "--foreground"], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        checks.skip("a sampled store comes over", f"collectord: {done.stderr[-200:]!r}")
    else:
        fifth = store.path("fifth")
        store.json("import", "store", sampled, store=fifth)
        there = store.json("peaks", store=sampled)
        here = store.json("peaks", store=fifth)
        again = store.json("import", "store", sampled, store=fifth)
        checks.check("a sampled store comes over, and again nothing changed",
                     there == here and len(here["workloads"]) == 1 and
                     not again["changed"] and store.json("fsck", store=fifth)["ok"],
                     str(again))
        # two machines made from one image run on, each with its own readings
        clone, older, later = store.path("clone"), store.path("older"), store.path("later")
        for copy in (clone, older, later):
            shutil.copytree(sampled, copy)
        runs = [subprocess.Popen(
            [collectord, "--data", data, "--name", "web1", "--interval", "1", "--ticks", "5",
             "--foreground"], stderr=subprocess.DEVNULL) for data in (sampled, clone)]
        checks.check("two daemons run on a store and on its copy",
                     [run.wait(90) for run in runs] == [0, 0])
        grown = store.json("import", "store", sampled, store=fifth)
        checks.check("the one that is known has grown",
                     [w["changed"] for w in grown["workloads"]] == [True], str(grown))

        def kept(name, parts, *dirs):
            before = store.json("peaks", store=fifth)
            failed = store.run("import", "store", *dirs, store=fifth)
            checks.check(name, failed.returncode == 1 and
                         all(part in failed.stderr for part in parts) and
                         store.json("peaks", store=fifth) == before, failed.stderr)

        kept("a clone with the same identity does not take its place",
             ("web1", "other readings", "rename"), clone)
        subprocess.run([collectord, "--data", later, "--name", "web1", "--interval", "1",
                        "--ticks", "3"], stderr=subprocess.DEVNULL, timeout=60, check=False)
        kept("nor does one that slept while it sampled", ("web1", "has lost some"), later)
        kept("an older copy does not take its place", ("web1", "older copy"), older)
        store.run("workload", "rename", "web1", "web2", store=clone)
        both = store.json("import", "store", clone, store=fifth)
        checks.check("under another name the clone stands beside it",
                     [w["name"] for w in both["workloads"]] == ["web2"] and
                     len(store.json("peaks", store=fifth)["workloads"]) == 2, str(both))
        memory = os.path.join(sampled, "rrd", os.listdir(os.path.join(sampled, "rrd"))[0],
                              "memory.rrd")
        with open(memory, "r+b") as out:
            out.seek(-4096, os.SEEK_END)
            out.write(b"\0" * 4096)
        refused("rows that do not match their checksums are refused",
                ("memory.rrd", "do not match their checksums"), sampled)
checks.finish()
