"""What collecting costs, side by side: the floor (bare pread of the same kernel files),
collectord with storage, and the collectors of others that are installed (make
bench-peers installs some).  All at 1 Hz in the same windows; CPU by the process clock,
never wall time.  Where loop devices can be made each stores on an ext4 of its own, whose
counter says what reaches the device.

    bench_collect.py [SECONDS [WINDOWS]]      60 s, 2 windows
    HEADROOM_BENCH_WINDOW_S=SECONDS           the same
"""

import os
import pathlib
import re
import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
SECONDS = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HEADROOM_BENCH_WINDOW_S", 60))
WINDOWS = int(sys.argv[2]) if len(sys.argv) > 2 else 2
BATCH_TICKS = 3600  # the default: one batch an hour
DAY_TICKS = 86400


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
    """RSS, PSS, context switches."""
    rss = pss = switches = 0
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        rss = int(re.search(r"^Rss:\s+(\d+)", text, re.M).group(1))
        pss = int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1))
        for task in os.listdir(f"/proc/{pid}/task"):
            text = pathlib.Path(f"/proc/{pid}/task/{task}/status").read_text()
            switches += sum(int(n) for n in re.findall(r"^\w*voluntary_ctxt_switches:\s+(\d+)", text, re.M))
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


NAN = float("nan")


class Device:
    """A folder, where possible on a loop device of its own."""

    def __init__(self, stack, mb=1024):
        self.top = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench_collect."))
        self.loop = None
        image, folder = f"{self.top}/image", f"{self.top}/on"
        os.mkdir(folder)
        self.folder = folder
        with open(image, "wb") as file:
            file.truncate(mb << 20)
        made = subprocess.run(["losetup", "-f", "--show", image], capture_output=True, text=True, check=False)
        if made.returncode != 0:
            Device.why = made.stderr.strip()[-100:]
            return
        loop = made.stdout.strip()
        stack.callback(subprocess.run, ["losetup", "-d", loop], check=False)
        for command in (["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", loop], ["mount", "-t", "ext4", loop, folder]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                Device.why = done.stderr.strip()[-100:]
                return
        stack.callback(subprocess.run, ["umount", "-l", folder], check=False)
        self.loop = os.path.basename(loop)

    def written(self):
        """Bytes that have reached the device, what was pending included."""
        if not self.loop:
            return NAN
        subprocess.run(["sync", "-f", self.folder], check=True)
        return int(pathlib.Path(f"/sys/block/{self.loop}/stat").read_text().split()[6]) * 512


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


# of those, what it reads in slow turns alone, once in so many seconds: a clock that stands
# still in one slow turn of ten
SLOW_FILES = {"/proc/cpuinfo": 600}


def at_its_rate(files):
    """For a floor that reads each as often as the sampler does: less than it was ever held to."""
    return [f"{SLOW_FILES[f]}:{f}" if f in SLOW_FILES else f for f in files]


class Collector:
    """A collector that runs, and what was measured of it."""

    def __init__(self, name, device, *commands, url=None, env=None, values=""):
        self.name, self.device, self.values = name, device, values
        self.us, self.parts, self.switches, self.bytes = [], {}, [], []
        self.calls, self.rss, self.pss = NAN, 0, 0
        self.stop = threading.Event()
        self.processes = []
        for command in commands:
            self.processes.append(subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True))
            time.sleep(1)
        if url:
            threading.Thread(target=self.scrape, args=(url,), daemon=True).start()

    def scrape(self, url):
        while not self.stop.wait(1.0):
            try:
                text = urllib.request.urlopen(url, timeout=2).read()
                self.values = sum(not line.startswith(b"#") for line in text.splitlines())
            except OSError:
                pass

    def pids(self):
        return [p for process in self.processes for p in tree(process.pid)]

    def runs(self):
        return all(process.poll() is None for process in self.processes)

    def begin(self):
        self.written = self.device.written() if self.device else NAN
        self.before = {p: cpu_ns(p) + waited_ns(p) for p in self.pids()}
        self.switched = sum(numbers(p)[2] for p in self.before)

    def note(self, cycles):
        pids = self.pids()
        spent = {p: cpu_ns(p) + waited_ns(p) - self.before.get(p, 0) for p in pids}
        for p, ns in spent.items():
            with contextlib.suppress(OSError):
                name = pathlib.Path(f"/proc/{p}/comm").read_text().strip()
                self.parts.setdefault(name, []).append(ns / 1000 / cycles)
        self.us.append(sum(spent.values()) / 1000 / cycles)
        sizes = [numbers(p) for p in pids]
        self.rss, self.pss = sum(s[0] for s in sizes), sum(s[1] for s in sizes)
        self.pss_parts = [s[1] for s in sizes]
        self.switches.append((sum(s[2] for s in sizes) - self.switched) / cycles)

    def end(self):
        self.stop.set()
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                pass
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def private_copy(top, build):
    """The programs with libraries of their own, so that no neighbour shares the memory."""
    bin_, lib = pathlib.Path(top) / "bin", pathlib.Path(top) / "lib"
    bin_.mkdir()
    lib.mkdir()
    for program in build.glob("collectord*"):
        if not program.is_file():
            continue
        shutil.copy(program, bin_)
        text = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for path in re.findall(r"=> (/\S+)", text):
            if not (lib / os.path.basename(path)).exists():
                shutil.copy(path, lib)
    return bin_, dict(os.environ, LD_LIBRARY_PATH=str(lib))


def ask(data, question):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        client.connect(f"{data}/recorder.sock")
        client.sendall(question.encode() + b"\n")
        return client.recv(200).decode().strip()


WRAPPER = """#!{python}
import resource, subprocess, sys
done = subprocess.run(["{writer}", *sys.argv[1:]], pass_fds=(3,), check=False)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open("{log}", "a", encoding="ascii") as file:
    print((used.ru_utime + used.ru_stime) * 1e6, file=file)
sys.exit(done.returncode if done.returncode >= 0 else 1)
"""


def writer_cpu(arguments, env, top):
    """What the writer's process uses for an hour of ticks, its start included: us.  By a
    scripted clock, in a folder of its own; the files are there already."""
    at = int(time.time()) // 3600 * 3600
    clock, log, bin_ = (pathlib.Path(top) / name for name in ("clock", "writers", "batch"))
    shutil.copytree(pathlib.Path(arguments[0]).parent, bin_)
    writer = bin_ / "collectord-writer"
    writer.rename(f"{writer}.real")
    writer.write_text(WRAPPER.format(python=sys.executable, writer=f"{writer}.real", log=log))
    writer.chmod(0o755)
    # a second daemon on the same folder is refused: this one has a folder of its own
    env = dict(env, HEADROOM_DATA=f"{top}/batch_data")
    arguments = [bin_ / "collectord", "--data", env["HEADROOM_DATA"], *arguments[3:]]
    for ticks in (5, BATCH_TICKS):
        clock.write_text(f"start {at}\n")
        at += ticks + 60
        log.write_text("")
        subprocess.run([*arguments, "--name", "batch", "--no-helper", "--ticks", str(ticks), "--clock", clock], env=env, stderr=subprocess.DEVNULL, check=True)
    used = [float(line) for line in log.read_text().split()]
    return sum(used), len(used)


def headroom(stack, build=BUILD):
    device = Device(stack)
    bin_, env = private_copy(device.top, build)
    # short retention: the files of 1 s rows are large, and this is not about their making
    conf = pathlib.Path(device.top) / "conf"
    conf.write_text("keep_base = 1h\nkeep_fine = 1d\nkeep_coarse = 30d\n")
    data = f"{device.folder}/data"
    arguments = [bin_ / "collectord", "--data", data, "--interval", "1", "-c", conf]
    env["HEADROOM_DATA"] = data
    subprocess.run([*arguments, "--ticks", "3"], env=env, stderr=subprocess.DEVNULL, check=True)
    text = subprocess.run([*arguments, "--estimate"], env=env, capture_output=True, text=True, check=True).stdout
    values = int(re.search(r"^\S+\s+(\d+)\s+[\d.]+\s*$(?!.*^\S+\s+\d+\s+[\d.]+\s*$)", text, re.M | re.S).group(1))
    own = Collector("collectord", device, arguments, env=env, values=values)
    own.arguments, own.env, own.data = arguments, env, data
    return own


def sadc(stack, step_s=1):
    program = next((p for p in ("/usr/lib/sysstat/sadc", "/usr/lib64/sa/sadc") if os.path.exists(p)), None)
    if not program:
        return None
    device = Device(stack)
    return Collector("sadc -S XDISK", device, [program, "-S", "XDISK", str(step_s), "1000000", f"{device.folder}/sa"])


def collectd(stack):
    if not shutil.which("collectd"):
        return None
    device = Device(stack)
    top = device.folder
    conf = pathlib.Path(device.top) / "collectd.conf"
    conf.write_text(
        f'BaseDir "{top}"\nPIDFile "{top}/pid"\nInterval 1\nFQDNLookup false\nHostname "bench"\n'
        + "".join(f"LoadPlugin {p}\n" for p in "cpu memory load interface disk df swap rrdtool".split())
        + f'<Plugin rrdtool>\n  DataDir "{top}/rrd"\n</Plugin>\n'
    )
    found = Collector("collectd + rrdtool", device, ["collectd", "-f", "-C", str(conf)])
    found.rrd = f"{top}/rrd"
    return found


def netdata(stack):
    program = shutil.which("netdata") or ("/usr/sbin/netdata" if os.path.exists("/usr/sbin/netdata") else None)
    if not program:
        return None
    device = Device(stack)
    top = device.folder
    for name in ("cache", "lib", "log", "etc"):
        os.mkdir(f"{top}/{name}")
    conf = pathlib.Path(device.top) / "netdata.conf"
    conf.write_text(
        f"[global]\n run as user = {os.environ.get('USER', 'root')}\n[directories]\n cache = {top}/cache\n lib = {top}/lib\n log = {top}/log\n config = {top}/etc\n"
        "[web]\n bind to = 127.0.0.1:19119\n[ml]\n enabled = no\n[health]\n enabled = no\n[statsd]\n enabled = no\n"
        "[plugins]\n" + "".join(f" {p} = no\n" for p in "apps cgroups tc idlejitter checks charts.d python.d node.d go.d fping ioping perf slabinfo timex ebpf nfacct statsd".split() + ["netdata monitoring"])
    )
    return Collector("netdata, dbengine", device, [program, "-D", "-c", str(conf), "-P", f"{top}/pid"])


class Pcp(Collector):
    """Its values are counted at the end, in the last record of the archive."""

    def end(self):
        super().end()
        dump = subprocess.run(["pmdumplog", self.archive], capture_output=True, text=True, check=False).stdout
        records = [r.count(" value ") for r in dump.split("\n\n")]
        self.values = max(records) if max(records) > 0 else ""


def pcp(stack):
    """pmcd with the PMDA of Linux, pmlogger with a list of common metrics.  Without derived
    metrics: with them PCP 6.0.3 does not find them in its own results, writes these into
    its log and asks again at once, in a loop that takes half a processor."""
    pmcd, linux = "/usr/lib/pcp/bin/pmcd", "/var/lib/pcp/pmdas/linux/pmda_linux.so"
    pmlogger = next((p for p in ("/usr/lib/pcp/bin/pmlogger", "/usr/bin/pmlogger") if os.path.exists(p)), None)
    names = "/var/lib/pcp/pmns/root"
    if not (os.path.exists(pmcd) and os.path.exists(linux) and pmlogger and os.path.exists(names)):
        return None
    device = Device(stack)
    conf, log = f"{device.top}/pmcd.conf", f"{device.top}/pmlogger.conf"
    pathlib.Path(conf).write_text(f"linux 60 dso linux_init {linux}\n")
    pathlib.Path(log).write_text("log mandatory on 1 sec { kernel.all kernel.percpu.cpu mem.util mem.vmstat network.interface disk.dev disk.all swap filesys }\n")
    found = Pcp(
        "pmcd + pmlogger", device,
        [pmcd, "-f", "-A", "-i", "127.0.0.1", "-p", "44399", "-s", f"{device.top}/pmcd.sock", "-c", conf, "-n", names, "-l", f"{device.top}/pmcd.log", "-U", "root"],
        [pmlogger, "-h", "localhost:44399", "-c", log, "-l", f"{device.top}/pmlogger.log", "-U", "root", f"{device.folder}/archive"],
        env=dict(os.environ, PCP_DERIVED_CONFIG=""),
    )
    found.archive = f"{device.folder}/archive"
    return found


def node_exporter(stack):
    if not shutil.which("prometheus-node-exporter"):
        return None
    return Collector("node_exporter, scraped", None, ["prometheus-node-exporter", "--web.listen-address=127.0.0.1:19101"], url="http://127.0.0.1:19101/metrics")


def wait_for_inventory(own, most_s=90):
    """What the machine is, is gathered once a day, half a minute after the start: not in a
    window of a minute.  Returns the CPU time of it in us."""
    pid, end = own.processes[0].pid, time.monotonic() + most_s
    while waited_ns(pid) == 0 and time.monotonic() < end:
        time.sleep(1)
    return waited_ns(pid) / 1000


def windows(collectors, files):
    """All of them and the floor in the same windows: the floor's us and kB of each."""
    bases = []
    for _ in range(WINDOWS):
        for c in collectors:
            c.begin()
        # the floor sleeps twice before it counts
        us, kb = floor(files, SECONDS).communicate(timeout=SECONDS + 60)[0].split()
        for c in collectors:
            c.note(SECONDS + 2)
        for c in collectors:
            c.bytes.append((c.device.written() - c.written) / (SECONDS + 2) if c.device else NAN)
        bases.append((float(us), int(kb)))
    return bases


def trace(collectors, own):
    """System calls, traced all at once in a window of its own."""

    def all_of(c):
        c.calls = system_calls(c.pids())

    threads = [threading.Thread(target=all_of, args=(c,)) for c in collectors if c is not own]
    for t in threads:
        t.start()
    own.sampler_calls = system_calls([own.processes[0].pid])
    for t in threads:
        t.join()
    own.calls = own.sampler_calls + (system_calls(own.pids()[1:]) if len(own.pids()) > 1 else 0)


def line(row, base):
    us = sum(row.us) / len(row.us)
    spread = (max(row.us) - min(row.us)) / us * 100
    bytes_ = sum(row.bytes) / len(row.bytes) if row.bytes else NAN
    switches = sum(row.switches) / len(row.switches) if row.switches else NAN
    print(f"{row.name:23s}{us:7.0f}{us / base:8.2f}{spread:7.1f}{row.values:>7}{row.rss:7d}{row.pss:7d}{row.calls:8.1f}{switches:8.1f}{bytes_:9.0f}")
    return us


class Floor:
    name, values, calls, switches, bytes, pss = "floor: pread alone", 0, NAN, [], [], 0


def main():
    with contextlib.ExitStack() as stack:
        own = headroom(stack)
        stack.callback(own.end)
        writer_us, writers = writer_cpu(own.arguments, own.env, own.device.top)
        peers, missing = [], []
        for make in (sadc, pcp, netdata, collectd, node_exporter):
            found = make(stack)
            if found:
                stack.callback(found.end)
                peers.append(found)
            else:
                missing.append(make.__name__)
        time.sleep(8)  # the start's pages are let go, files are made
        for p in [p for p in peers if not p.runs()]:
            peers.remove(p)
            missing.append(f"{p.name}: does not start here")
        files = files_of(own.processes[0].pid)
        for c in peers:
            if hasattr(c, "rrd"):
                c.values = sum(text.stdout.count(".type =") for f in pathlib.Path(c.rrd).rglob("*.rrd") for text in [subprocess.run(["rrdtool", "info", f], capture_output=True, text=True, check=False)]) if shutil.which("rrdtool") else ""
        inventory_us = wait_for_inventory(own) if (BUILD / "collectord-inventory").exists() else 0
        bases = windows([own, *peers], files)
        status = pathlib.Path(f"/proc/{own.processes[0].pid}/status").read_text()
        sampler_kb = sum(int(re.search(rf"{k}:\s+(\d+)", status).group(1)) for k in ("RssAnon", "RssFile"))
        trace([own, *peers], own)
        before = own.device.written()
        recorder = next(p for p in own.pids() if pathlib.Path(f"/proc/{p}/comm").read_text().startswith("collectord-reco"))
        recorder_us = -cpu_ns(recorder) / 1000
        answer = ask(own.data, "flush")
        recorder_us += cpu_ns(recorder) / 1000
        batch_bytes = own.device.written() - before

    base = sum(b[0] for b in bases) / len(bases)
    print(f"{WINDOWS} windows of {SECONDS} s at 1 Hz, all at the same time; the floor reads {len(files)} files; load{subprocess.run(['uptime'], capture_output=True, text=True, check=False).stdout.split('load average:')[-1].rstrip()}")
    if not own.device.loop:
        print(f"SKIP bytes at the device: {Device.why}")
    print(f"{'a cycle':23s}{'CPU us':>7}{'x floor':>8}{'+- %':>7}{'values':>7}{'RSS kB':>7}{'PSS kB':>7}{'calls':>8}{'switch':>8}{'bytes':>9}")
    row = Floor()
    row.us, row.rss = [b[0] for b in bases], bases[0][1]
    line(row, base)
    us = line(own, base)
    for name, values in own.parts.items():
        part = sum(values) / WINDOWS
        print(f"  {name:21s}{part:7.1f}{part / base:8.2f}")
    batch = (writer_us + recorder_us) / BATCH_TICKS
    print(f"  {'an hourly batch':21s}{batch:7.1f}{batch / base:8.2f}   {BATCH_TICKS} ticks by {writers} writers: {writer_us / 1000:.1f} ms, the recorder {recorder_us / 1000:.1f} ms; {batch_bytes / 1000:.0f} kB at the device in this run ({answer.split()[0]})")
    daily = inventory_us / DAY_TICKS
    print(f"  {'a daily inventory':21s}{daily:7.1f}{daily / base:8.2f}   {inventory_us / 1000:.0f} ms, in steps of 10")
    batch += daily
    print(f"  {'in all':21s}{us + batch:7.1f}{(us + batch) / base:8.2f}")
    for p in peers:
        line(p, base)
    for name in missing:
        print(name if ":" in name else f"{name:23s}not installed")
    print()
    sampler = sum(own.parts["collectord"]) / WINDOWS
    for what, value, limit in (
        ("sampler, x floor", sampler / base, 1.15),
        ("all with storage, x floor", (us + batch) / base, 1.5),
        ("sampler resident without the ring, kB", sampler_kb, 2048),
        (f"all processes between batches, PSS kB ({' + '.join(map(str, own.pss_parts))})", own.pss, 4096),
        ("sampler, system calls a cycle", own.sampler_calls, 16),
    ):
        print(f"{'met ' if value <= limit else 'NOT MET'} {what}: {value:.2f}, at most {limit}")


if __name__ == "__main__":
    main()
