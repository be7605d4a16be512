"""T61, T58: a thousand hostile names: each its own workload below <data>/rrd, nothing
outside; exported names come back as they were."""

import csv
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

SEED = os.environ.get("HEADROOM_SEED", "61")
HOSTILE = [
    ".", "..", "...", "../..", "../../etc/passwd", "/", "//", "/etc/passwd", "a/b", "a\\b",
    "..\\..\\x", "-rf", "--data", "~", "~root", "$HOME", "`id`", "$(id)", ";ls", "|ls", "&", "*",
    "?", "[a]", "%2e%2e", "%2F", "%00", "%", "%%", "con", "NUL", "aux.csv", "COM1", ".hidden",
    "x.rrd", "cpu", "x~", "x.tmp", "undo", "incoming", "headroom.db", "A", "a", "Ａ", "а",
    "\u2025", "\u2026", "\uff0f", "\u2044", "\u202etxt.exe", "\u200b", "\ufeffx", "é", "e\u0301",
    "=1+1", "+1", "-1", "@SUM(A1)", "'", "''", "'=1", "\"", "\"\"", "a,b", "a;b", " lead",
    "trail ", " ", "<b>", "&amp;", "'; DROP TABLE workloads; --", "NULL", "null", "0", "1e3",
    "x" * 200, "ü" * 100, "%" * 66, "." * 200, "/" * 200]
checks = Checks()
print(f"# seed {SEED}")


def names():
    random_ = random.Random(SEED)
    found = dict.fromkeys(HOSTILE)
    alphabet = "./\\%~-_ '\"=+@,;:*?<>|$`aA0éа／‥"
    while len(found) < 1000:
        name = "".join(random_.choice(alphabet) for _ in range(random_.randrange(1, 60)))
        if len(name.encode()) <= 200:
            found[name] = None
    return list(found)


def outside(top, store):
    """Names, sizes and times of all but the store's own folder."""
    seen = {}
    for folder, folders, files in os.walk(top):
        if folder == top:
            folders.remove(os.path.basename(store))
        for name in files + folders:
            info = os.lstat(os.path.join(folder, name))
            seen[os.path.join(folder, name)] = (info.st_ino, info.st_size, info.st_mtime_ns)
    return seen


with Store() as store:
    wanted = names()
    lines = ["time,workload,cpu_used_mhz"]
    for number, name in enumerate(wanted):
        # a leading guard of the spreadsheet form is taken away: give it one of its own
        text = "'" + name if name[0] in "=+-@'" else name
        quoted = '"' + text.replace('"', '""') + '"'
        lines += [f"{1372629600 + 300 * i},{quoted},{number + i}" for i in range(3)]
    path = store.write("names.csv", "\n".join(lines) + "\n")
    os.makedirs(store.dir)
    before = outside(store.top, store.dir)
    done = store.run("import", "csv", path)
    checks.check(f"{len(wanted)} hostile names import", done.returncode == 0, done.stderr)
    figures = {w["name"]: w["resources"]["cpu"]["peak"] for w in store.json("peaks")["workloads"]}
    checks.check("each has its own figures",
                 figures == {name: number + 2 for number, name in enumerate(wanted)},
                 f"{len(figures)} workloads")
    checks.check("nothing outside of the store was touched",
                 outside(store.top, store.dir) == before)
    depth = {len(path.split(os.sep)) for path in store.tree()}
    folders = os.listdir(os.path.join(store.dir, "rrd"))
    checks.check("each is one plain folder of its own below rrd", depth == {3} and
                 len(folders) == len(wanted) and not [f for f in folders if f[0] == "."])

    exported = store.path("all.csv")
    done = store.run("export", "csv", "-o", exported)
    again = store.path("again")
    store.json("import", "csv", exported, store=again)
    other = {w["name"]: w["resources"]["cpu"]["peak"]
             for w in store.json("peaks", store=again)["workloads"]}
    checks.check("exported names come back as they were", other == figures,
                 str(set(other) ^ set(figures))[:300])
    with open(exported, newline="") as file:
        cells = [row[1][:1] for row in csv.reader(file)][1:]
    checks.check("T58: no exported cell is a formula", not set(cells) & set("=+-@"),
                 str(set(cells) & set("=+-@")))
checks.finish()
