"""What collecting costs, side by side: the floor (bare pread of the same kernel files),
collectord with storage, and the collectors of others that are installed (make
bench-peers installs some).  All at 1 Hz; CPU by the process clock, never wall time.

    bench_collect.py [SECONDS [WINDOWS]]      60 s, 2 windows
"""

import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 60
WINDOWS = int(sys.argv[2]) if len(sys.argv) > 2 else 2
BATCH_TICKS = 3600  # the default: one batch an hour


def tree(pid):
    """The process and what it started, alive now."""
    found, todo = [], [pid]
    while todo:
        at = todo.pop()
        found.append(at)
        try:
            for task in os.listdir(f"/proc/{at}/task"):
                text = pathlib.Path(f"/proc/{at}/task/{task}/children").read_text()
                todo += [int(w) for w in text.split()]
        except OSError:
            pass
    return found


def cpu_ns(pid):
    """All threads of one process, and the children it has waited for (in 10 ms)."""
    total = 0
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            total += int(pathlib.Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
    except OSError:
        pass
    return total


def waited_ns(pid):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[13]) + int(fields[14])) * 10_000_000
    except OSError:
        return 0


def numbers(pid):
    """RSS, PSS, voluntary context switches."""
    rss = pss = switches = 0
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        rss = int(re.search(r"^Rss:\s+(\d+)", text, re.M).group(1))
        pss = int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1))
        for task in os.listdir(f"/proc/{pid}/task"):
            text = pathlib.Path(f"/proc/{pid}/task/{task}/status").read_text()
            switches += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M).group(1))
    except (OSError, AttributeError):
        pass
    return rss, pss, switches


def system_calls(pids):
    """Per second, in a window of its own (tracing costs)."""
    if not shutil.which("strace"):
        return float("nan")
    arguments = [a for p in pids for a in ("-p", str(p))]
    with tempfile.NamedTemporaryFile("r") as out:
        subprocess.run(["timeout", "-s", "INT", "10", "strace", "-f", "-qq", "-c", "-o", out.name, *arguments], capture_output=True, check=False)
        found = re.search(r"^100\.\d+\s+[\d.]+\s+(?:\d+\s+)?(\d+)(?:\s+\d+)?\s+total", out.read(), re.M)
    return int(found.group(1)) / 10 if found else float("nan")


def floor(files, seconds):
    return subprocess.Popen([BUILD / "tests/tools/floor", str(seconds), *files], stdout=subprocess.PIPE, text=True)


def files_of(pid):
    """The kernel's files that the sampler keeps open: the floor reads the same."""
    found = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            path = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue
        if path.startswith("/proc/") or path.startswith("/sys/"):
            found.append(re.sub(r"^/proc/\d+/", "/proc/self/", path))
    return sorted(set(f for f in found if os.path.isfile(f)))


class Row:
    def __init__(self, name, values):
        self.name, self.values = name, values
        self.us, self.parts, self.rss, self.pss, self.calls, self.switches = [], {}, 0, 0, float("nan"), float("nan")


def window(pid, seconds, files):
    """CPU per cycle of each process of the tree over the window, beside the floor."""
    before = {p: cpu_ns(p) for p in tree(pid)}
    waited = {p: waited_ns(p) for p in before}
    switches = sum(numbers(p)[2] for p in before)
    base = floor(files, seconds)
    base_us, base_kb = base.communicate(timeout=seconds + 30)[0].split()
    # the floor slept twice before it counted
    cycles = seconds + 2
    parts = {}
    for p in tree(pid):
        name = "?"
        try:
            name = pathlib.Path(f"/proc/{p}/comm").read_text().strip()
        except OSError:
            pass
        spent = cpu_ns(p) - before.get(p, 0) + waited_ns(p) - waited.get(p, 0)
        parts[name] = parts.get(name, 0) + spent / 1000 / cycles
    after = sum(numbers(p)[2] for p in tree(pid))
    return float(base_us), int(base_kb), parts, (after - switches) / cycles


def collectord(top):
    bin_ = BUILD
    data = pathlib.Path(top) / "data"
    arguments = [bin_ / "collectord", "--data", data, "--interval", "1"]
    short = dict(os.environ, HEADROOM_DATA=str(data))
    # short retention: the files of 1 s rows are large, and this is not about their making
    conf = pathlib.Path(top) / "conf"
    conf.write_text("keep_base = 1h\nkeep_fine = 1d\nkeep_coarse = 30d\n")
    arguments += ["-c", conf]
    subprocess.run([*arguments, "--ticks", "3"], env=short, stderr=subprocess.DEVNULL, check=True)

    def run(ticks):
        """That many ticks by a scripted clock and one batch at the end: CPU of all
        processes and of the sampler alone, in us."""
        clock = pathlib.Path(top) / "clock"
        clock.write_text(f"start {run.at}\n")
        run.at += ticks + 60
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.Popen(
            [*arguments, "--name", "batch", "--no-helper", "--ticks", str(ticks), "--clock", clock], env=short, stderr=subprocess.DEVNULL
        )
        alone = 0
        while process.poll() is None:
            alone = cpu_ns(process.pid) / 1000 or alone
            time.sleep(0.005)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime) * 1e6, alone

    run.at = int(time.time()) // 3600 * 3600

    text = subprocess.run([*arguments[:5], "-c", conf, "--estimate"], capture_output=True, text=True, check=True).stdout
    values = int(re.search(r"^\S+\s+(\d+)\s+[\d.]+\s*$(?!.*^\S+\s+\d+\s+[\d.]+\s*$)", text, re.M | re.S).group(1))
    row, bases = Row("collectord", values), []
    for _ in range(WINDOWS):
        process = subprocess.Popen(arguments, env=short, stderr=subprocess.DEVNULL)
        time.sleep(6)  # two ticks, then the start's pages are let go
        files = files_of(process.pid)
        base_us, base_kb, parts, row.switches = window(process.pid, SECONDS, files)
        bases.append((base_us, base_kb))
        for name, us in parts.items():
            row.parts.setdefault(name, []).append(us)
        row.us.append(sum(parts.values()))
        sizes = [numbers(p) for p in tree(process.pid)]
        row.rss, row.pss = sum(s[0] for s in sizes), sum(s[1] for s in sizes)
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        row.sampler_kb = sum(int(re.search(rf"{k}:\s+(\d+)", status).group(1)) for k in ("RssAnon", "RssFile"))
        row.calls = system_calls([process.pid])
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    # What is not the sampler's of an hour of ticks: taking them, staging, the writer.  The
    # recorder's share of it is in the window, too, so this is an upper limit.
    run(5)  # makes the files
    few, many = run(5), run(5 + BATCH_TICKS)
    row.batch_us_per_tick = max(0.0, (many[0] - few[0] - many[1] + few[1]) / BATCH_TICKS)
    row.batch_fixed_us = few[0] - few[1]
    row.files = files
    return row, bases


def sadc(top):
    program = next((p for p in ("/usr/lib/sysstat/sadc", "/usr/lib64/sa/sadc") if os.path.exists(p)), None)
    if not program:
        return None
    return [program, "-S", "XDISK", "1", str(SECONDS * 4), f"{top}/sa"], "sadc", None


def collectd(top):
    if not shutil.which("collectd"):
        return None
    conf = pathlib.Path(top) / "collectd.conf"
    plugins = "cpu memory load interface disk df swap rrdtool".split()
    conf.write_text(
        f'BaseDir "{top}"\nPIDFile "{top}/pid"\nInterval 1\nFQDNLookup false\nHostname "bench"\n'
        + "".join(f"LoadPlugin {p}\n" for p in plugins)
        + f'<Plugin rrdtool>\n  DataDir "{top}/rrd"\n</Plugin>\n'
    )
    return ["collectd", "-f", "-C", str(conf)], "collectd + rrdtool", None


def node_exporter(top):
    if not shutil.which("prometheus-node-exporter"):
        return None
    return ["prometheus-node-exporter", "--web.listen-address=127.0.0.1:19101"], "node_exporter, scraped", "http://127.0.0.1:19101/metrics"


def scrape(url, stop):
    while not stop.wait(1.0):
        try:
            urllib.request.urlopen(url, timeout=2).read()
        except OSError:
            pass


def peer(make, files):
    with tempfile.TemporaryDirectory(prefix="bench_collect.") as top:
        made = make(top)
        if not made:
            return None, make.__name__
        command, name, url = made
        row, bases = Row(name, None), []
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        stop = threading.Event()
        if url:
            threading.Thread(target=scrape, args=(url, stop), daemon=True).start()
        time.sleep(4)
        for _ in range(WINDOWS):
            base_us, base_kb, parts, row.switches = window(process.pid, SECONDS, files)
            bases.append((base_us, base_kb))
            row.us.append(sum(parts.values()))
        sizes = [numbers(p) for p in tree(process.pid)]
        row.rss, row.pss = sum(s[0] for s in sizes), sum(s[1] for s in sizes)
        row.calls = system_calls([process.pid])
        stop.set()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return (row, bases), name


def line(row, bases):
    base = sum(b[0] for b in bases) / len(bases)
    us = sum(row.us) / len(row.us)
    spread = (max(row.us) - min(row.us)) / us * 100
    print(f"{row.name:24s} {us:9.0f} {us / base:8.2f} {spread:8.1f} {row.values or '':>7} {row.rss:8d} {row.pss:8d} {row.calls:9.1f} {row.switches:9.1f}")
    return base, us


def main():
    with tempfile.TemporaryDirectory(prefix="bench_collect.") as top:
        own, bases = collectord(top)
    print(f"\n{WINDOWS} windows of {SECONDS} s at 1 Hz; the floor reads {len(own.files)} files beside each collector")
    print(f"{'collector':24s} {'CPU us/s':>9} {'x floor':>8} {'spread %':>8} {'values':>7} {'RSS kB':>8} {'PSS kB':>8} {'calls/s':>9} {'switch/s':>9}")
    floor_row = Row("floor: pread alone", 0)
    floor_row.us = [b[0] for b in bases]
    floor_row.rss = bases[0][1]
    line(floor_row, bases)
    base, us = line(own, bases)
    for name, values in own.parts.items():
        part = sum(values) / len(values)
        print(f"  {name:22s} {part:9.1f} {part / base:8.2f}")
    batch = own.batch_us_per_tick + own.batch_fixed_us / BATCH_TICKS
    print(f"  {'an hourly batch':22s} {batch:9.1f} {batch / base:8.2f}   {own.batch_us_per_tick:.1f} us a tick, {own.batch_fixed_us / 1000:.0f} ms a batch of {BATCH_TICKS}")
    print(f"  {'in all':22s} {us + batch:9.1f} {(us + batch) / base:8.2f}")
    sampler = sum(own.parts["collectord"]) / len(own.parts["collectord"])
    print(f"  sampler without the ring: {own.sampler_kb} kB resident")
    for make in (sadc, collectd, node_exporter):
        result, name = peer(make, own.files)
        if result:
            line(*result)
        else:
            print(f"{name:24s} not installed")
    print()
    for what, value, limit in (
        ("sampler, x floor", sampler / base, 1.15),
        ("all with storage, x floor", (us + batch) / base, 1.5),
        ("sampler resident, kB", own.sampler_kb, 2048),
        ("all processes, PSS kB", own.pss, 4096),
        ("sampler, system calls a cycle", own.calls, 16),
    ):
        print(f"{'met ' if value <= limit else 'NOT MET'} {what}: {value:.2f}, at most {limit}")


if __name__ == "__main__":
    main()
