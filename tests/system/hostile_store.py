"""A store is hostile until it is ours: what stands in the database of a folder that somebody
else made moves nothing, removes nothing, and is not obeyed (audit C1, M2)."""
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ANALYZE = os.path.join(TOP, os.environ.get("BUILD", "build"), "analyze")
failed = False


def check(name, good, why=""):
    global failed
    failed = failed or not good
    print("ok hostile_store: " + name if good else "FAIL hostile_store: %s: %s" % (name, why))


def run(*words):
    return subprocess.run([ANALYZE, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, timeout=120)


def make_store(folder):
    csv = folder + ".csv"
    with open(csv, "w") as out:
        out.write("time,workload,memory_used_bytes\n")
        for slot in range(20):
            out.write("%d,mail,1000000000\n" % (1700000000 + 300 * slot))
    done = run("import", "csv", csv, "--data", folder, "--quiet")
    assert done.returncode == 0, done.stdout


def tree(folder):
    found = {}
    for where, folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(where, name)
            found[os.path.relpath(path, folder)] = open(path, "rb").read()
        for name in folders:
            found[os.path.relpath(os.path.join(where, name), folder)] = None
    return found


def main():
    top = tempfile.mkdtemp(prefix="hostile_store.")
    store, victim = os.path.join(top, "store"), os.path.join(top, "victim")
    os.makedirs(os.path.join(victim, "home/docs"))
    with open(os.path.join(victim, "home/docs/letter"), "w") as out:
        out.write("dear")
    make_store(store)
    with open(os.path.join(store, "payload"), "w") as out:
        out.write("evil")
    db = sqlite3.connect(os.path.join(store, "headroom.db"))
    for source, target in ((None, "../victim/home/docs"), ("payload", "../victim/bashrc"),
                           ("payload", os.path.join(victim, "profile")),
                           (None, "rrd/../../victim/home"), (None, "rrd/../headroom.db")):
        db.execute("INSERT INTO pending_files(source, target) VALUES (?, ?)", (source, target))
    db.commit()
    db.close()
    before, mine = tree(victim), tree(os.path.join(store, "rrd"))
    for words in (("status",), ("peaks",), ("verdict",), ("fsck",), ("export", "csv")):
        done = run(*words, "--data", store)
        check("analyze %s touches nothing outside of the store" % words[0],
              tree(victim) == before, sorted(set(tree(victim)) ^ set(before)))
        check("analyze %s ends in order" % words[0], done.returncode in (0, 1),
              done.stdout[-300:])
    check("the archives of the store are as they were",
          tree(os.path.join(store, "rrd")) == mine)
    done = run("import", "store", store, "--data", os.path.join(top, "own"))
    check("import store moves nothing for its source", tree(victim) == before,
          done.stdout[-200:])
    done = run("inventory", "mail", "--set", "environment=test", "--data", store)
    check("a writing verb neither", tree(victim) == before, done.stdout[-200:])

    hostile = os.path.join(top, "schema")
    make_store(hostile)
    db = sqlite3.connect(os.path.join(hostile, "headroom.db"))
    db.execute("ALTER TABLE workloads RENAME TO was")
    db.execute("CREATE VIEW workloads AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x "
               "FROM c) SELECT was.* FROM was, c")
    db.commit()
    db.close()
    done = run("status", "--data", hostile)
    check("a view in the place of a table is not run", done.returncode in (0, 1) and
          done.stdout != "", done.stdout[-200:])
    shutil.rmtree(top)
    sys.exit(1 if failed else 0)


main()
