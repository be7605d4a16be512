"""What the whole of a live import costs: 1.1 million samples of Prometheus of Debian, fetched by
remote read, decoded in the confined child, and made figures in a store.

    python3 tests/bench/bench_live.py [machines, 10]
"""
import os
import random
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import engines
from harness import BUILD, finish, skip, check

MEASURE = """
import os, sys
pid = os.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
sys.stderr.write("\\0%f %d %d" % (usage.ru_utime + usage.ru_stime, usage.ru_maxrss,
                                 os.waitstatus_to_exitcode(status)))
"""
import subprocess  # noqa: E402

MACHINES = int(sys.argv[1]) if len(sys.argv) > 1 else 10
SAMPLES, STEP = 11000, 60
NOW = 1790000040 // STEP * STEP


def series(chance):
    """Ten of each machine, as a node_exporter would have them; counters in whole bytes."""
    for number in range(MACHINES):
        instance = f"web{number}:9100"
        names = [("node_cpu_seconds_total", {"cpu": cpu, "mode": mode}, True)
                 for cpu in "01" for mode in ("user", "system")]
        names += [("node_memory_MemTotal_bytes", {}, False),
                  ("node_memory_MemAvailable_bytes", {}, False)]
        names += [(f"node_network_{way}_bytes_total", {"device": "eth0"}, True)
                  for way in ("receive", "transmit")]
        names += [(f"node_disk_{way}_bytes_total", {"device": "sda"}, True)
                  for way in ("read", "written")]
        for name, labels, is_counter in names:
            value, values = 1e6, []
            for i in range(SAMPLES):
                if is_counter:
                    value += chance.randrange(3000) / 100 if "cpu" in name else \
                        chance.randrange(1 << 26)
                else:
                    value = 8 << 30 if "Total" in name else chance.randrange(1 << 30, 6 << 30)
                values.append(((NOW - (SAMPLES - i) * STEP) * 1000, value))
            yield {"__name__": name, "instance": instance, **labels}, values


if not engines.is_there("prometheus"):
    skip("live import", "prometheus is not installed")
    finish()
rows = list(series(random.Random(13)))
count = sum(len(values) for _, values in rows)
with engines.Engine("prometheus", rows) as engine, tempfile.TemporaryDirectory() as top:
    del rows
    for run in (1, 2):
        done = subprocess.run(
            [sys.executable, "-S", "-c", MEASURE, os.path.join(BUILD, "analyze"), "import",
             "prometheus", engine.url, "--since", "2026-09-01", "--data", f"{top}/{run}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
            env=dict(os.environ, no_proxy="*", TZ="UTC"))
        said, _, usage = done.stderr.rpartition("\0")
        cpu, peak_kib, code = usage.split()
        print(f"# {count} samples of {MACHINES} machines to figures in a store: {float(cpu):.2f} s of "
              f"CPU, children and the store's files included ({count / float(cpu) / 1e6:.2f} M "
              f"samples/s), {int(peak_kib) / 1024:.1f} MiB resident")
    check("a live import of 1.1 million samples, at most 64 MiB resident",
          code == "0" and int(peak_kib) <= 64 * 1024, said)
finish()
