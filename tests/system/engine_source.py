"""One set of 50 series with ten kinds of gaps: imported from a file, and read from an engine
by remote read, export, range selectors and push-down.  Every figure of the peak report is the
same to 1e-9.  Then every verb that reads an engine, beside the same verb on the store."""
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import engines
from harness import BUILD, SEED, check, finish, skip

ANALYZE = os.path.join(BUILD, "analyze")
STEP = 60
DAYS = int(os.environ.get("HEADROOM_SOURCE_DAYS", "1"))
SLOTS = DAYS * 86400 // STEP
END = int(time.time()) // 86400 * 86400 - 86400
TOP = tempfile.mkdtemp(prefix="headroom-source-")
RESOURCES = {"memory": ("memory_used_bytes", 1e9), "cpu": ("cpu_used_mhz", 1e3),
             "network": ("network_bps", 1e8), "disk": ("disk_bytes_per_s", 1e8),
             "disk_ops": ("disk_ops_per_s", 1e4)}
GAPS = ("none", "singles", "bursts", "days", "late", "early", "second", "third", "three",
        "blocks")
PLAIN = ("--profile", "plain", "--include", "review,unknown,insufficient")
WAYS = {"prometheus": ("read", "query"), "victoria-metrics": ("export", "query")}


def known(kind, rng):
    """Which slots have a value."""
    if kind == "none":
        return [True] * SLOTS
    if kind == "singles":
        return [rng.random() >= 0.05 for _ in range(SLOTS)]
    if kind == "bursts":
        there, at = [True] * SLOTS, 0
        while at < SLOTS:
            at += rng.randrange(20, 300)
            for i in range(at, min(SLOTS, at + rng.randrange(1, 60))):
                there[i] = False
        return there
    lost = {"days": lambda i: SLOTS // 3 < i < SLOTS // 2, "late": lambda i: i < SLOTS // 3,
            "early": lambda i: i > SLOTS // 2, "second": lambda i: i % 2,
            "third": lambda i: i % 3, "three": lambda i: i not in (7, SLOTS // 2, SLOTS - 9),
            "blocks": lambda i: i // 15 % 2}[kind]
    return [not lost(i) for i in range(SLOTS)]


def estate(rng):
    """{workload: {resource: {stamp: (mean, min, max)}}}"""
    made = {}
    for number in range(10):
        made["w%d" % number] = of = {}
        for shift, (resource, (_, most)) in enumerate(RESOURCES.items()):
            there = known(GAPS[(number + 2 * shift) % 10], rng)
            of[resource] = {}
            for i in range(SLOTS):
                if there[i]:
                    # over three decades, of every second workload over fifteen
                    mean = most * (10 ** rng.uniform(-15, 0) if number % 2 else
                                   0.001 + rng.random() ** 3)
                    of[resource][END - (SLOTS - 1 - i) * STEP] = (
                        mean, mean * (0.01 + 0.99 * rng.random()), mean * (1 + rng.random()))
    return made


def series_of(made):
    rows = []
    for workload, of in made.items():
        for resource, slots in of.items():
            for k, ending in enumerate(("", "_min", "_max")):
                rows.append(({"__name__": "headroom_%s%s" % (RESOURCES[resource][0], ending),
                              "workload": workload, "source": "imported"},
                             [(stamp * 1000, value[k]) for stamp, value in slots.items()]))
    return rows


def write_csv(made, path):
    names = [name + ending for name, _ in RESOURCES.values() for ending in ("", "_min", "_max")]
    with open(path, "w") as out:
        out.write("time,workload," + ",".join(names) + "\n")
        for workload, of in made.items():
            for stamp in sorted({stamp for slots in of.values() for stamp in slots}):
                values = [repr(v) for slots in of.values()
                          for v in slots.get(stamp, ("", "", ""))]
                out.write("%d,%s,%s\n" % (stamp, workload,
                                          ",".join(v.strip("'") for v in values)))


def run(*words, code=(0,)):
    done = subprocess.run([ANALYZE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=1800, env=dict(os.environ, no_proxy="*"))
    if done.returncode not in code:
        raise RuntimeError("%s: %s" % (" ".join(words), done.stderr.decode()))
    return done.stdout.decode()


def numbers(value, path=""):
    """{path: number or other leaf}"""
    if isinstance(value, dict):
        return {p: v for key, inner in value.items() for p, v in
                numbers(inner, path + "/" + key).items()}
    if isinstance(value, list):
        return {p: v for i, inner in enumerate(value) for p, v in
                numbers(inner, path + "/%d" % i).items()}
    return {path: value}


def is_below_the_engine(path, a, b, figures):
    """VictoriaMetrics keeps a block's values as whole numbers of 64 bits with one exponent:
    of a value that is far below the block's largest the last digits are lost."""
    resource, figure, _ = (path.rsplit("/", 2) + [""])[:3]
    return figure == "held" and abs(a - b) <= 1e-18 * figures[resource + "/peak"]


def differ(one, other, leave=(), excepted=None):
    """Leaves that differ by more than 1e-9, and how many were compared."""
    left, right = numbers(one), numbers(other)
    wrong, count = [], 0
    for path in sorted(set(left) | set(right)):
        if any(word in path for word in leave):
            continue
        a, b = left.get(path), right.get(path)
        count += 1
        if isinstance(a, (int, float)) and isinstance(b, (int, float)) and a != b:
            if math.isclose(a, b, rel_tol=1e-9):
                continue
            if excepted is not None and is_below_the_engine(path, a, b, left):
                excepted.append(max(a, b) / left[path.rsplit("/", 2)[0] + "/peak"])
            else:
                wrong.append("%s: %r, %r" % (path, a, b))
        elif a != b:
            wrong.append("%s: %r, %r" % (path, a, b))
    return wrong, count


def same(name, expected, found, leave=()):
    excepted = [] if "victoria" in name else None
    wrong, count = differ(expected, found, leave, excepted)
    check("source: %s: %d figures as from the store%s" % (
        name, count, excepted and ", but for %d of held that are below %.1g of the largest" % (
            len(excepted), max(excepted)) or ""), not wrong and count > 1,
          "%d wrong: %s" % (len(wrong), "; ".join(wrong[:3])))


def verbs(engine, data, hosts):
    """Each of them from the engine, with the facts and reviews of the same store."""
    plan = os.path.join(TOP, "plan.json")
    with open(plan, "w") as out:
        out.write(run("plan", "--hosts", hosts, "--data", data, *PLAIN, "--json"))
    for words in (("status",), ("verdict",), ("explain", "w2"), ("backtest", plan),
                  ("plan", "--hosts", hosts, "--demand", "aligned", *PLAIN)):
        codes = (0, 1, 3)
        ours = json.loads(run(*words, "--data", data, "--json", code=codes))
        theirs = json.loads(run(*words, "--data", data, "--json", "--source", engine.url,
                                code=codes))
        same("%s: %s" % (engine.name, words[0]), ours, theirs, ("/asked", "/seconds"))
    text = run("explain", "w2", "cpu", "--data", data, "--source", engine.url)
    check("source: %s: explain says what was asked" % engine.name,
          'workload="w2"' in text and engine.url in text, text[:300])
    pushed = ("explain", "w2", "cpu", "--data", data, "--source", engine.url, "--push-down")
    text = run(*pushed)
    query = [line for line in json.loads(run(*pushed, "--json"))["queries"].split("\n")
             if line.strip().startswith("sustained 900 s: ")]
    # people see its words on lines that are as wide as theirs: to an engine it is the same
    check("source: %s: explain has the queries, and they stand for themselves" % engine.name,
          query and " ".join(query[0].split()) in " ".join(text.split()) and json.loads(
              engine.ask("/api/v1/query", time=END, query=query[0].split(": ", 1)[1]))["status"]
          == "success", text[-300:])
    page = os.path.join(TOP, "report.html")
    run("report", "-o", page, "--data", data, "--source", engine.url)
    check("source: %s: a report" % engine.name, os.path.getsize(page) > 10000)


def excluded(engine, data):
    """A window that somebody left out is left out of the engine's slots, too."""
    copy = os.path.join(TOP, "excluded")
    shutil.copytree(data, copy)
    begin, end = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(END - ago))
                  for ago in (40000, 20000))
    run("exclude", "w0", begin, end, "--reason", "a test", "--data", copy)
    ours = json.loads(run("peaks", "w0", "--data", copy, "--json"))
    for options in ((), ("--push-down",)):
        same("%s: an excluded window %s" % (engine.name, " ".join(options)), ours,
             json.loads(run("peaks", "w0", "--data", copy, "--json", "--source", engine.url,
                            *options)))
    shutil.rmtree(copy)


def with_engine(name, made, data, hosts):
    if not engines.is_there(name):
        skip("source: " + name, "%s is not installed" % name)
        return
    expected = json.loads(run("peaks", "--data", data, "--json"))
    with engines.Engine(name, series_of(made)) as engine:
        asked = ("peaks", "--data", data, "--json", "--source", engine.url)
        for way in WAYS[name]:
            same("%s by %s" % (name, way), expected, json.loads(run(*asked, "--fetch", way)))
        same("%s by push-down" % name, expected, json.loads(run(*asked, "--push-down")),
             ("/sufficiency",))
        span = ("--since", "@%d" % (END - 70000), "--until", "@%d" % (END - 30000))
        ours = json.loads(run("peaks", "--data", data, "--json", *span))
        same("%s of a span" % name, ours, json.loads(run(*asked, *span)))
        same("%s of a span by push-down" % name, ours,
             json.loads(run(*asked, *span, "--push-down")), ("/sufficiency",))
        # without a store: the series alone
        empty = os.path.join(TOP, "nowhere")
        alone = json.loads(run("peaks", "--data", empty, "--json", "--source", engine.url))
        same("%s without a store" % name, expected, alone, ("/sufficiency",))
        check("source: %s: no store was made" % name, not os.path.exists(empty))
        verbs(engine, data, hosts)
        excluded(engine, data)


try:
    print("# seed %d" % SEED)
    made = estate(random.Random(SEED))
    path, data = os.path.join(TOP, "estate.csv"), os.path.join(TOP, "data")
    write_csv(made, path)
    run("import", "csv", path, "--data", data)
    for w in made:
        run("inventory", w, "--set", "cpu.cores=4", "--set", "cpu.core_mhz=3000", "--set",
            "disks=c:40", "--data", data)
    hosts = os.path.join(TOP, "hosts.json")
    with open(hosts, "w") as out:
        json.dump({"hosts": [{"type": "big", "count": 20, "cores": 16, "core_mhz": 3000,
                              "memory_mb": 131072, "host_memory_mb": 1024, "nics": [
                                  {"mbps": 10000, "use": "shared"}], "disk_gb": 20000}]}, out)
    for engine_name in engines.PROGRAMS:
        with_engine(engine_name, made, data, hosts)
finally:
    shutil.rmtree(TOP, ignore_errors=True)
finish()
