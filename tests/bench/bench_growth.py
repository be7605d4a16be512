"""How the cost of the whole daemon grows with adapters, disks, file systems and cores, and
what about 300 values cost; all processes, with storage, beside the floor on the same files
in the same window.  Each row has namespaces of its own: adapters are veth pairs with a
little traffic, file systems are ext2 on loop devices, disks and cores are made-up files
that are mounted over those of /proc and /sys and change each second (the kernel's share of
reading is then smaller than in truth, so the ratio to the floor is higher).  Batches are
of an hour of ticks by a scripted clock.  Where a window is shorter than a minute, recorder
and helper have their turns every 5 s and count with one a minute, the recorder with its
share of each tick by the scripted clock beside it; else its part of a batch is measured.

    bench_growth.py [SECONDS [WHAT...]]     15 s; of nics disks mounts cores hotplug values
"""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

if __name__ == "__main__":
    arguments, sys.argv = sys.argv, sys.argv[:1]
import bench_collect as bench

COUNTS = {"nics": (1, 10, 100, 1000), "disks": (1, 10, 100, 300), "mounts": (10, 100, 300), "cores": (1, 16, 64, 256)}
TURNS_S = 5  # recorder and helper have one turn a minute; in short windows one in 5 s
BATCH_TICKS = 3600
FRAME = b"\xff" * 6 + b"\x02\0\0\0\0\1" + b"\x88\xb5" + bytes(986)
GROUPS = next((p for p in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup") if os.access(f"{p}/cgroup.procs", os.W_OK)), None)
SCRIPT = os.path.abspath(__file__)


class Group:
    """Processes whose CPU time the kernel adds up to the microsecond, the dead included."""

    def __init__(self, stack, name):
        self.path = f"{os.environ['GROWTH_GROUPS']}/{name}"
        os.mkdir(self.path)
        stack.callback(self.remove)

    def remove(self):
        for _ in range(100):
            with contextlib.suppress(OSError):
                os.rmdir(self.path)
                return
            time.sleep(0.05)

    def add(self, pid):
        pathlib.Path(f"{self.path}/cgroup.procs").write_text(str(pid))

    def us(self):
        return int(pathlib.Path(f"{self.path}/cpu.stat").read_text().split()[1])


def run(*command, **options):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True, **options).stdout


def batch(lines, *before):
    """Many commands of ip in one go."""
    run(*before, "ip", "-batch", "-", input="".join(f"{line}\n" for line in lines))


# ---- what there is ------------------------------------------------------------------------


class Adapters:
    """eth0 ... here, their other ends in a namespace that sends each a frame a second."""

    def __init__(self, stack, count):
        self.process = subprocess.Popen(["unshare", "-n", sys.executable, SCRIPT, "--peer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stack.callback(self.end)
        self.process.stdout.readline()
        run("ip", "link", "set", "lo", "up")
        self.make(0, count)

    def there(self):
        return ["nsenter", "-t", self.process.pid, "-n"]

    def make(self, first, end, busy=0):
        """In the other namespace, where they may carry frames before they come here."""
        numbers, there = range(first, end), self.there()
        batch([f"link add eth{i} type veth peer name p{i}" for i in numbers], *there)
        batch([f"link set {name}{i} up" for i in numbers for name in ("eth", "p")], *there)
        if busy:
            self.tell(f"busy {first} {end} {busy}")
        batch([f"link set eth{i} netns {os.getpid()}" for i in numbers], *there)
        batch([f"link set eth{i} up" for i in numbers])
        self.tell(f"send {end}")

    def remove(self, first, end):
        self.tell(f"send {first}")
        batch([f"link del eth{i}" for i in range(first, end)])

    def tell(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def peer():
    """The other end: follows orders, and sends half a second after each full one."""
    count, sock = 0, socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    for name in ("default", "all"):
        with contextlib.suppress(OSError):
            pathlib.Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")

    def send(number):
        with contextlib.suppress(OSError):
            sock.sendto(FRAME, (f"p{number}", 0))

    def beat():
        while True:
            time.sleep(1 - (time.time() + 0.5) % 1)
            for i in range(count):
                send(i)

    threading.Thread(target=beat, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        order, *numbers = line.split()
        if order == "send":
            count = int(numbers[0])
        else:
            first, end, frames = map(int, numbers)
            for i in range(first, end):
                for _ in range(frames):
                    send(i)
        print("done", flush=True)


class Changing:
    """Files over those of the kernel, written anew half a second after each full one."""

    def __init__(self, stack, top, files):
        """files: path below / to a function from seconds to text of one length."""
        self.files, self.stop = {}, threading.Event()
        for number, (path, text) in enumerate(files.items()):
            own = f"{top}/file{number}"
            pathlib.Path(own).write_text(text(0))
            run("mount", "--bind", own, path)
            self.files[own] = text
        self.thread = threading.Thread(target=self.write)
        self.thread.start()
        stack.callback(self.end)

    def write(self):
        turn = 0
        while not self.stop.wait(1 - (time.time() + 0.5) % 1):
            turn += 1
            for path, text in self.files.items():
                with open(path, "r+") as file:
                    file.write(text(turn))

    def end(self):
        self.stop.set()
        self.thread.join()


def put(path, text):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def make_disks(stack, top, count):
    for i in range(count):
        put(f"{top}/block/nvme{i}n1/device/recorded", "")
        put(f"{top}/block/nvme{i}n1/size", "1000000\n")
    run("mount", "--bind", f"{top}/block", "/sys/block")
    Changing(stack, top, {"/proc/diskstats": lambda turn: "".join(
        f" 259 {i:7d} nvme{i}n1 {1000000 + 7 * turn:7d} 25354 {20000000 + 56 * turn:8d} {100000 + turn:6d} {1000000 + 9 * turn:7d} 8913 {30000000 + 72 * turn:8d} {100000 + turn:6d} 0 {100000 + 2 * turn:6d} {200000 + 2 * turn:6d} 0 0 0 0 0 0\n"
        for i in range(count))})


def make_cores(stack, top, count):
    for i in range(count):
        put(f"{top}/cpu/cpu{i}/topology/thread_siblings", f"{i // 2:x}\n")
        put(f"{top}/cpu/cpu{i}/topology/core_siblings", "f\n")
        put(f"{top}/cpu/cpu{i}/cpufreq/scaling_cur_freq", "2400000\n")
    run("mount", "--bind", f"{top}/cpu", "/sys/devices/system/cpu")

    def line(name, turn, n):
        return f"{name} {(10000000 + 30 * turn) * n} 2000 {(3000000 + 5 * turn) * n} {(80000000 + 60 * turn) * n} {4000 * n} 0 {(5000 + turn) * n} 6000 0 0\n"

    Changing(stack, top, {
        "/proc/stat": lambda turn: line("cpu ", turn, count) + "".join(line(f"cpu{i}", turn, 1) for i in range(count)) + "intr 100000\nprocs_running 1\nprocs_blocked 0\n",
        "/proc/cpuinfo": lambda _: "".join(f"processor\t: {i}\nmodel name\t: Made up @ 2.40GHz\ncpu MHz\t\t: 2400.000\nphysical id\t: 0\ncore id\t\t: {i // 2}\n\n" for i in range(count)),
    })


def make_mounts(stack, top, count):
    image = f"{top}/image"
    with open(image, "wb") as file:
        file.truncate(256 << 10)
    run("mkfs.ext2", "-q", "-F", image)
    loops = []

    def remove():
        for loop in loops:
            subprocess.run(["umount", "-l", loop], check=False, capture_output=True)
            subprocess.run(["losetup", "-d", loop], check=False, capture_output=True)
        with open("/dev/loop-control", "rb") as control:
            for number in sorted((int(loop[9:]) for loop in loops if int(loop[9:]) >= 8), reverse=True):
                for _ in range(50):
                    with contextlib.suppress(OSError):
                        fcntl.ioctl(control, 0x4C81, number)  # LOOP_CTL_REMOVE
                        break
                    time.sleep(0.02)

    stack.callback(remove)
    for i in range(count):
        shutil.copy(image, f"{top}/image{i}")
        loops.append(run("losetup", "-f", "--show", f"{top}/image{i}").strip())
        os.mkdir(f"{top}/mount{i}")
        run("mount", "-t", "ext2", loops[-1], f"{top}/mount{i}")


def make(stack, top, what, count):
    adapters = Adapters(stack, count if what in ("nics", "hotplug", "values") else 1)
    if what in ("disks", "cores", "mounts"):
        {"disks": make_disks, "cores": make_cores, "mounts": make_mounts}[what](stack, top, count)
    return adapters


# ---- the daemon ------------------------------------------------------------------------------


class Daemon:
    def __init__(self, top, turns_s):
        self.top = top
        self.turns_s = turns_s
        self.run, self.data = f"{top}/run", f"{top}/data"
        os.makedirs(self.run, mode=0o750, exist_ok=True)
        conf = pathlib.Path(top) / "conf"
        conf.write_text(f"user = \"\"\nkeep_base = 1h\nkeep_fine = 1d\nkeep_coarse = 30d\nhelper_interval = {turns_s}s\nstage_interval = {turns_s}s\n")
        self.command = [bench.BUILD / "collectord", "--data", self.data, "--interval", "1", "--name", "growth", "-c", conf]
        self.env = dict(os.environ, RUNTIME_DIRECTORY=self.run, HEADROOM_DATA=self.data)
        self.clock_at = int(time.time()) // 3600 * 3600 - 86400

    def values(self):
        text = run(*self.command, "--estimate", env=self.env)
        return [int(n) for n in re.findall(r"^\S+\s+(\d+)\s+[\d.]+\s*$", text, re.M)][-1]

    def start(self, group, *more):
        process = subprocess.Popen([*self.command, *more], env=self.env, stderr=subprocess.DEVNULL, preexec_fn=lambda: group.add(os.getpid()))
        self.process = process
        return process

    def quick(self, group, ticks):
        """By a scripted clock: us of the batches, how long they took in seconds, and us of
        the recorder, which in real time has work once a minute only."""
        clock = pathlib.Path(self.top) / "clock"
        clock.write_text(f"start {self.clock_at}\n")
        self.clock_at += ticks + 60
        before = group.us()
        process = self.start(group, "--ticks", str(ticks), "--clock", clock)
        stays, writers, recorder_us = {}, {}, 0
        while process.poll() is None:
            for pid in bench.tree(process.pid):
                with contextlib.suppress(OSError):
                    name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
                    if name == "collectord-writ":
                        writers.setdefault(pid, [time.monotonic()] * 2)[1] = time.monotonic()
                    elif name in ("collectord", "collectord-reco", "collectord-help"):
                        stays[pid] = bench.cpu_ns(pid) / 1000 or stays.get(pid, 0)
                        recorder_us = stays[pid] if name.endswith("-reco") else recorder_us
            time.sleep(0.004)
        if process.returncode != 0:
            raise RuntimeError(f"collectord --ticks {ticks}: exit code {process.returncode}")
        return group.us() - before - sum(stays.values()), sum(b - a for a, b in writers.values()), recorder_us

    def health(self):
        answer = bench.ask(self.data, "health")
        return {k: int(v) for k, v in re.findall(r"(\w+) (\d+)", answer)}

    def child(self, name):
        for pid in bench.tree(self.process.pid):
            if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == name:
                return pid
        raise RuntimeError(f"{name} does not run")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


def turns(spent):
    """us of one turn, of the readings of a group's time four times a second."""
    steps = [b - a for a, b in zip(spent, spent[1:]) if b > a]
    return sum(steps) / max(len(steps), 1)


def window(daemon, groups, seconds):
    """us a cycle: floor, sampler, recorder, helper."""
    files = bench.files_of(daemon.process.pid)
    sampler_ns, began = bench.cpu_ns(daemon.process.pid), daemon.health()
    floor = bench.floor(files, seconds)
    spent = [[group.us()] for group in groups]
    while floor.poll() is None:
        time.sleep(0.25)
        for group, list_ in zip(groups, spent):
            list_.append(group.us())
    sampler_ns = bench.cpu_ns(daemon.process.pid) - sampler_ns
    cycles = seconds + 2  # the floor sleeps twice before it counts
    ended = daemon.health()
    found = {
        "floor": float(floor.stdout.read().split()[0]), "sampler": sampler_ns / 1000 / cycles, "files": len(files),
        "ticks": ended["ticks"] - began["ticks"] - cycles, "late": ended["late"], "dropped": ended["dropped"],
    }
    for name, list_ in zip(("recorder", "helper"), spent):
        found[name] = (list_[-1] - list_[0]) / cycles if daemon.turns_s == 60 else turns(list_) / 60
    return found


def started(stack, daemon):
    """The daemon as it is after its start, its recorder and its helper in groups."""
    groups = Group(stack, "recorder"), Group(stack, "helper")
    daemon.start(Group(stack, "sampler"))
    stack.callback(daemon.stop)
    time.sleep(1.5)
    groups[0].add(daemon.child("collectord-reco"))
    groups[1].add(daemon.child("collectord-help"))
    time.sleep(6.5)
    return groups


def row(stack, top, what, count, seconds, windows):
    make(stack, top, what, count)
    daemon = Daemon(top, 60)
    batches = Group(stack, "batches")
    daemon.quick(batches, 20)  # makes the files
    found = {"count": count, "values": daemon.values()}
    few = daemon.quick(batches, 5)
    many = daemon.quick(batches, 5 + BATCH_TICKS)
    found["batch_ms"], found["batch_s"] = many[0] / 1000, many[1]
    found["recorder_hour_us"] = many[2] - few[2]
    shutil.rmtree(daemon.data)  # what the scripted clock stored is no history
    shutil.rmtree(daemon.run)
    daemon = Daemon(top, 60 if seconds >= 60 else TURNS_S)
    groups = started(stack, daemon)
    found["windows"] = [window(daemon, groups, seconds) for _ in range(windows)]
    pid, recorder = daemon.process.pid, daemon.child("collectord-reco")
    before = bench.cpu_ns(recorder)
    bench.ask(daemon.data, "flush")
    found["flush_ms"] = (bench.cpu_ns(recorder) - before) / 1e6
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    found["rss"] = sum(int(re.search(rf"{k}:\s+(\d+)", status).group(1)) for k in ("RssAnon", "RssFile"))
    found["pss"] = sum(bench.numbers(p)[1] for p in bench.tree(pid))
    found["ring"] = os.stat(f"{daemon.run}/ring").st_size // 1024
    return found


def hotplug(stack, top, count):
    """Adapters that have counted already come and go by the hundred."""
    adapters = make(stack, top, "hotplug", 1)
    daemon = Daemon(top, 60)
    started(stack, daemon)
    began, at = daemon.health(), time.monotonic()
    for _ in range(2):
        adapters.make(1, 1 + count, busy=100)
        time.sleep(5)
        adapters.remove(1, 1 + count)
        time.sleep(5)
    seconds, ended = time.monotonic() - at, daemon.health()
    daemon.stop()
    found = json.loads(run(bench.BUILD / "analyze", "peaks", "--json", env=daemon.env))
    network = found["workloads"][0]["resources"]["network"]
    return {
        "seconds": seconds, "ticks": ended["ticks"] - began["ticks"], "late": ended["late"], "dropped": ended["dropped"],
        "peak": network["peak"], "true": (1 + count) * len(FRAME) * 8, "false": count * 100 * len(FRAME) * 8,
    }


def inside(what, count, seconds, windows):
    """In namespaces of its own: one row, as JSON."""
    with contextlib.ExitStack() as stack:
        top = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench_growth."))
        groups = f"{top}/groups"
        os.mkdir(groups)
        run("mount", "--bind", GROUPS, groups)
        own = f"{groups}/growth-{os.getpid()}"
        os.mkdir(own)
        stack.callback(subprocess.run, ["umount", "-l", groups], check=False)
        stack.callback(os.rmdir, own)
        os.environ["GROWTH_GROUPS"] = own
        made = f"{top}/made"
        os.mkdir(made)
        run("mount", "-t", "tmpfs", "none", made)
        stack.callback(subprocess.run, ["umount", "-l", made], check=False)
        run("mount", "-t", "sysfs", "none", "/sys")
        for name in ("default", "all"):
            with contextlib.suppress(OSError):
                pathlib.Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")
        with contextlib.ExitStack() as rest:
            if what == "hotplug":
                found = hotplug(rest, made, count)
            else:
                found = row(rest, made, what, count, seconds, windows)
    print(json.dumps(found))


# ---- the table --------------------------------------------------------------------------------


def ask_row(what, count, seconds, windows=1):
    command = ["unshare", "-n", "-m", "--propagation", "private", sys.executable, SCRIPT, "--row", what, str(count), str(seconds), str(windows)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{what} {count}: {done.stderr.strip()[-600:]}")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    for name in ("floor", "sampler", "recorder", "helper"):
        if "windows" in found:
            found[name] = sum(w[name] for w in found["windows"]) / windows
    if "windows" in found:
        if seconds < 60:
            found["recorder"] += found["recorder_hour_us"] / BATCH_TICKS
        else:
            found["batch_ms"] += found["flush_ms"]
        for name in ("ticks", "late", "dropped"):
            found[name] = found["windows"][-1][name]
        found["all"] = found["sampler"] + found["recorder"] + found["helper"] + found["batch_ms"] * 1000 / BATCH_TICKS
    return found


def table(what, seconds):
    good, first = True, None
    print(f"\n{what:>8s} values  floor us  sampler     x  us each  recorder  helper  batch ms  in s  all us     x  late drop   RSS  ring kB")
    for count in COUNTS[what]:
        r = ask_row(what, count, seconds)
        first = first or r
        each = (r["sampler"] - first["sampler"]) / (count - first["count"]) if r is not first else bench.NAN
        print(
            f"{count:8d}{r['values']:7d}{r['floor']:10.0f}{r['sampler']:9.0f}{r['sampler'] / r['floor']:6.2f}{each:9.2f}{r['recorder']:10.1f}{r['helper']:8.1f}{r['batch_ms']:10.0f}{r['batch_s']:6.2f}"
            f"{r['all']:8.0f}{r['all'] / r['floor']:6.2f}{r['late']:6d}{r['dropped']:5d}{r['rss']:6d}{r['ring']:9d}", flush=True)
        if r["late"] or r["dropped"] or abs(r["ticks"]) > 1:
            good = False
            print(f"WRONG {what} {count}: {r['late']} late, {r['dropped']} dropped, {r['ticks']} ticks beside one a second")
    return good


def values(seconds):
    """About 300 values, by adapters."""
    few, more = (ask_row("values", n, 3)["values"] for n in (1, 11))
    count = 1 + round((300 - few) / ((more - few) / 10))
    r = ask_row("values", count, seconds, 2)
    batch_us = r["batch_ms"] * 1000 / BATCH_TICKS
    print(f"\n{r['values']} values ({count} adapters), 2 windows of {seconds} s at 1 Hz; the floor reads {r['windows'][0]['files']} files")
    print(f"{'a cycle':20s}{'CPU us':>8s}{'x floor':>9s}")
    for name, us in (("floor: pread alone", r["floor"]), ("sampler", r["sampler"]), ("recorder", r["recorder"]), ("helper", r["helper"]), ("an hourly batch", batch_us), ("in all", r["all"])):
        print(f"{name:20s}{us:8.1f}{us / r['floor']:9.2f}")
    print("floor and sampler of each window: " + ", ".join(f"{w['floor']:.0f} {w['sampler']:.0f}" for w in r["windows"]) + f"; a batch of {BATCH_TICKS}: {r['batch_ms']:.0f} ms of CPU, {r['flush_ms']:.0f} of them the recorder's, {r['batch_s']:.2f} s; PSS {r['pss']} kB")
    for text, value, limit in (("sampler, x floor", r["sampler"] / r["floor"], 1.15), ("all with storage, x floor", r["all"] / r["floor"], 2)):
        print(f"{'met ' if value <= limit else 'NOT MET'} {text}: {value:.2f}, at most {limit}")
    return r["late"] == 0 and r["dropped"] == 0


def plug(count):
    r = ask_row("hotplug", count, 0)
    good = r["late"] == 0 and r["dropped"] == 0 and r["ticks"] >= int(r["seconds"]) - 1 and r["peak"] < 3 * r["true"]
    print(f"\n{'well ' if good else 'WRONG'} hot-plug: twice {count} adapters that had counted {r['false'] / 1e6:.0f} Mbit came and went in {r['seconds']:.0f} s: {r['ticks']} ticks, {r['late']} late, {r['dropped']} dropped; network peak {r['peak'] / 1e6:.1f} Mbit/s, sent at most {r['true'] / 1e6:.1f}")
    return good


def main():
    seconds = int(arguments[1]) if len(arguments) > 1 else int(os.environ.get("HEADROOM_BENCH_WINDOW_S", 15))
    wanted = arguments[2:] or [*COUNTS, "hotplug", "values"]
    if os.geteuid() != 0 or not GROUPS or not all(map(shutil.which, ("unshare", "nsenter", "ip", "losetup", "mkfs.ext2"))):
        print("SKIP bench_growth: needs root, a cgroup v2 it can write, unshare, nsenter, ip, losetup, mkfs.ext2")
        return 0
    good = True
    for what in wanted:
        good &= plug(500) if what == "hotplug" else values(max(seconds, 60)) if what == "values" else table(what, seconds)
    return 0 if good else 1


if __name__ == "__main__":
    if arguments[1:2] == ["--peer"]:
        peer()
    elif arguments[1:2] == ["--row"]:
        inside(arguments[2], *map(int, arguments[3:6]))
    else:
        sys.exit(main())
