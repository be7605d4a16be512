"""A fleet of four weeks in VictoriaMetrics of Debian: `analyze peaks`, `verdict` and `plan
--demand aligned` from it, beside the same from the store.  Prints a table: seconds, processor
time of analyze with its children and of the engine, memory of analyze with its children (the
most that each process held, added up); the answers are the same and 256 MB are enough.

    bench_engine.py [WORKLOADS [DAYS [FOLDER [engine]]]]

50 workloads of 28 days; 1000 take 5 GB for the store, 5 to 10 GB for the engine, and some ten
minutes to fill.  A FOLDER is kept: what it has is not made again, so that 3000 may follow 1000;
with the word engine the further workloads are in the engine alone, and nothing is compared.
"""
import http.client
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import engines  # noqa: E402
from harness import BUILD, check, family, finish, skip  # noqa: E402

ANALYZE = os.path.join(BUILD, "analyze")
VALUES = os.path.join(BUILD, "tests/tools/fleet_values")
# a sanitizer needs memory of its own
LIMIT_MB = 256 * (8 if "asan" in str(BUILD) else 1)
END = int(time.time()) // 86400 * 86400 - 86400
SERIES, STEP_S = 15, 60
TICK = os.sysconf("SC_CLK_TCK")
ENGINE = "victoria-metrics"
MAKE_AT_ONCE = 25  # workloads; their file is 300 MB


def most_held_kb(pid):
    try:
        with open("/proc/%d/status" % pid) as f:
            return next((int(line.split()[1]) for line in f if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def cpu_s(pid):
    with open("/proc/%d/stat" % pid) as f:
        field = f.read().rsplit(") ", 1)[1].split()
    return (int(field[11]) + int(field[12])) / TICK


class Run:
    """One command to its end: what it said and what it took."""

    def __init__(self, engine, words, out):
        before, begin, held = engine and cpu_s(engine.process.pid), time.monotonic(), {}
        with open(out, "wb") as to, open(out + ".err", "wb") as err:
            process = subprocess.Popen([ANALYZE, *words], stdout=to, stderr=err,
                                       env=dict(os.environ, no_proxy="*", TZ="UTC"))
            ended = threading.Event()

            def watch():
                while not ended.wait(0.1):
                    for pid in family(process.pid):
                        held[pid] = max(held.get(pid, 0), most_held_kb(pid))

            watching = threading.Thread(target=watch, daemon=True)
            watching.start()
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except BaseException:  # we are to end, and so is what we started
                process.terminate()
                raise
            finally:
                ended.set()
            watching.join()
            process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - begin
        self.cpu = usage.ru_utime + usage.ru_stime
        self.engine_cpu = cpu_s(engine.process.pid) - before if engine else 0
        self.held_mb = sum(held.values()) / 1024
        self.processes = len(held)
        self.code, self.out = process.returncode, out
        with open(out + ".err", errors="replace") as f:
            self.said = f.read()


def filled(folder):
    """How many workloads are there already."""
    try:
        with open(folder + ".filled") as f:
            count, end = f.read().split()
    except OSError:
        return 0
    if int(end) != END:
        raise RuntimeError("%s is of another day" % folder)
    return int(count)


def parts(folder, count, days):
    """The arguments of fleet_values for what is not there yet; each is noted when it is."""
    for first in range(filled(folder), count, MAKE_AT_ONCE):
        some = min(MAKE_AT_ONCE, count - first)
        yield [str(n) for n in (first, some, days, END)]
        with open(folder + ".filled", "w") as out:
            out.write("%d %d" % (first + some, END))


def fill_store(data, count, days):
    path = data + ".csv"
    for some in parts(data, count, days):
        with open(path, "wb") as out:
            subprocess.run([VALUES, "csv", *some], stdout=out, check=True)
        subprocess.run([ANALYZE, "import", "csv", path, "--data", data],
                       stdout=subprocess.DEVNULL, check=True)
        os.unlink(path)


def fill_engine(engine, tsdb, count, days):
    """The same values, a request for each workload."""
    port = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=300)
    for some in parts(tsdb, count, days):
        with subprocess.Popen([VALUES, "write", *some], stdout=subprocess.PIPE) as made:
            while True:
                head = made.stdout.read(4)
                if not head:
                    break
                port.request("POST", "/api/v1/write",
                             made.stdout.read(int.from_bytes(head, "little")),
                             {"Content-Encoding": "snappy"})
                answer = port.getresponse()
                answer.read()
                if answer.status != 204:
                    raise RuntimeError("the engine answers %d" % answer.status)
    port.close()
    engine.ask("/internal/force_flush")


def leaves(value, path=""):
    """(path, number or text) of all that is in a document, in its order."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, path + "/" + key)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from leaves(inner, "%s/%d" % (path, at))
    else:
        yield path, value


def compare(ours, theirs):
    """How many leaves, how many of them differ at all, how many too much, and an example."""
    count = other = wrong = 0
    example = ""
    with open(ours) as one, open(theirs) as two:
        left, right = list(leaves(json.load(one))), list(leaves(json.load(two)))
    if len(left) != len(right):
        return len(left), 0, 1, "%d and %d leaves" % (len(left), len(right))
    for (path, a), (path_too, b) in zip(left, right):
        if path.endswith(("/asked", "/seconds")):
            continue
        count += 1
        if path == path_too and a == b:
            continue
        other += 1
        if path != path_too or not isinstance(a, (int, float)) or \
                not isinstance(b, (int, float)) or not math.isclose(a, b, rel_tol=1e-9):
            wrong += 1
            example = example or "%s: %r, %r" % (path, a, b)
    return count, other, wrong, example


def measure(top, data, engine, has_store, name, words, codes):
    runs = []
    for kind, source in (("store", ()), ("engine", ("--source", engine.url))):
        if not has_store and not source:
            continue
        run = Run(engine if source else None, [*words, *source, "--data", data, "--json"],
                  os.path.join(top, name + "." + kind))
        if run.code not in codes:
            check("%s from the %s" % (name, kind), False, "%d %s" % (run.code, run.said[-300:]))
            return
        print("%-8s %-7s %8.1f s  %8.1f s  %8.1f s  %7.1f MB of %d processes" % (
            name, kind, run.seconds, run.cpu, run.engine_cpu, run.held_mb, run.processes),
            flush=True)
        runs.append(run)
    check("engine: %s: at most %d MB" % (name, LIMIT_MB), runs[-1].held_mb <= LIMIT_MB,
          "%.1f" % runs[-1].held_mb)
    if not has_store:
        return
    count, other, wrong, example = compare(runs[0].out, runs[1].out)
    check("engine: %s: %d figures and words, %d of them the same to the bit, the others "
          "within 1e-9" % (name, count, count - other), count > 1 and not wrong,
          "%d wrong: %s" % (wrong, example))


def fleet(count, days, folder=None, has_store=True):
    if not engines.is_there(ENGINE):
        skip("engine", ENGINE + " is not installed")
        return
    top = folder or tempfile.mkdtemp(prefix="headroom-engine-")
    os.makedirs(top, exist_ok=True)
    data, tsdb, hosts = (os.path.join(top, name) for name in ("data", "tsdb", "hosts.json"))
    with open(hosts, "w") as out:
        json.dump({"hosts": [{"type": "big", "count": count, "cores": 64, "core_mhz": 3000,
                              "memory_mb": 524288, "host_memory_mb": 4096, "disk_gb": 50000,
                              "nics": [{"mbps": 25000, "use": "shared"}]}]}, out)
    try:
        with engines.Engine(ENGINE, [], ["-memory.allowedBytes=1GB", "-storageDataPath=" + tsdb]) as engine:
            begin = time.monotonic()
            if has_store:
                fill_store(data, count, days)
            fill_engine(engine, tsdb, count, days)
            subprocess.run([ANALYZE, "inventory", "--all", "--set", "cpu.cores=4", "--set",
                            "cpu.core_mhz=3000", "--set", "disks=c:40", "--data", data],
                           check=True, stdout=subprocess.DEVNULL)
            print("%d workloads, %d days of %d s, %.1f million samples (filled in %.0f s, load "
                  "%.1f)\n%-16s %10s  %10s  %10s  %s" % (
                      count, days, STEP_S, count * days * 86400 / STEP_S * SERIES / 1e6,
                      time.monotonic() - begin, os.getloadavg()[0], "", "time", "CPU",
                      "engine CPU", "memory"), flush=True)
            measure(top, data, engine, has_store, "peaks", ["peaks"], (0,))
            measure(top, data, engine, has_store, "verdict", ["verdict", "--profile", "plain"], (0, 1, 3))
            measure(top, data, engine, has_store, "plan", [
                "plan", "--hosts", hosts, "--demand", "aligned", "--profile", "plain",
                "--include", "review,unknown,insufficient", "--no-solver"], (0, 1, 3))
            print("load %.1f" % os.getloadavg()[0])
    finally:
        if not folder:
            shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started ends with us
    numbers = [int(word) for word in sys.argv[1:3]] + [50, 28][len(sys.argv) - 1:]
    fleet(*numbers, *sys.argv[3:4], has_store="engine" not in sys.argv[4:])
    finish()
