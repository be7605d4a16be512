"""Bytes at the device for a tick at a step of 10 s and about 100 values, everything
included: staging, archives, saved headers, database, the file system's journal.

In name spaces of its own with as many veth pairs as bring 100 values, on file systems of
their own on loop devices, at the same time:
  - staging, in real time, and beside it one block of 4 KiB a minute, synced: the least
    that a file on this file system can cost;
  - the batch of 1 h and of 4 h of ticks (a clock that runs faster), bytes of one flush,
    without the helper, whose real minutes would come and go on such a clock;
  - sadc at the same step.

    HEADROOM_BENCH_WINDOW_S=SECONDS      180
"""

import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import bench_collect as bench

SECONDS = int(os.environ.get("HEADROOM_BENCH_WINDOW_S", 180))
STEP_S = 10
SETTLE_S = 45  # until the file systems have written what the start has left
VALUES = 100
BUDGET = 3000
HOURS = (1, 4)
# alerts are rare in life, and a clock that runs faster brings some a minute
START = "alert_core_mhz = 0\nalert_saturation_percent = 0\nalert_memory_limit_bytes = 0\nalert_disk_percent = 0\n"


class Daemon:
    """collectord on a device of its own."""

    def __init__(self, stack, speed=1, batch_s=None):
        self.device = bench.Device(stack)
        if not self.device.loop:
            raise OSError(bench.Device.why)
        self.data = f"{self.device.folder}/data"
        self.env = dict(os.environ, HEADROOM_DATA=self.data)
        conf, clock = (pathlib.Path(self.device.top) / name for name in ("conf", "clock"))
        conf.write_text(START + (f"batch_interval = {batch_s}s\n" if batch_s else ""))
        clock.write_text(f"start {int(time.time()) // 60 * 60}\nspeed {speed}\n")
        self.command = [bench.BUILD / "collectord", "--data", self.data, "--interval", str(STEP_S), "-c", conf]
        self.clock = ["--clock", clock] if speed != 1 else []

    def values(self):
        text = subprocess.run([*self.command, "--estimate"], env=self.env, capture_output=True, text=True, check=True).stdout
        rows = re.findall(r"^(\S+)\s+(\d+)\s+[\d.]+\s*$", text, re.M)
        return int(rows[-1][1]) - sum(int(count) for name, count in rows if name.startswith("fs-"))

    def start(self, stack):
        self.process = subprocess.Popen([*self.command, "--no-helper", *self.clock], env=self.env, stderr=subprocess.DEVNULL)
        stack.callback(self.stop)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def flush(self):
        return bench.ask(self.data, "flush")

    def ticks(self):
        return int(re.search(r"ticks (\d+)", bench.ask(self.data, "health")).group(1))


class Block:
    """One block a minute into a file that is there already."""

    def __init__(self, stack):
        self.device = bench.Device(stack)
        self.stop = threading.Event()
        path = f"{self.device.folder}/block"
        with open(path, "wb") as file:
            file.write(bytes(1 << 20))
            os.fsync(file.fileno())
        self.fd = os.open(path, os.O_RDWR | os.O_DSYNC)
        stack.callback(os.close, self.fd)
        stack.callback(self.stop.set)

    def run(self):
        for number in range(1 << 20):
            os.pwrite(self.fd, os.urandom(4096), 4096 * (number % 256))
            if self.stop.wait(60):
                return


def raw_bytes(device):
    """As the device counts now: to sync would add the journal of the asking."""
    return int(pathlib.Path(f"/sys/block/{device.loop}/stat").read_text(encoding="ascii").split()[6]) * 512


class Adapters:
    """veth pairs with some traffic, as many as bring the values."""

    def __init__(self):
        self.count = 0
        self.stop = threading.Event()

    def add(self):
        i = self.count
        ip = lambda *words: subprocess.run(["ip", *words], check=True)
        ip("link", "add", f"va{i}", "type", "veth", "peer", "name", f"vb{i}")
        ip("addr", "add", f"10.9.{i}.1/24", "dev", f"va{i}")
        ip("neigh", "add", f"10.9.{i}.2", "lladdr", "02:00:00:00:00:01", "dev", f"va{i}")
        for name in (f"va{i}", f"vb{i}"):
            ip("link", "set", name, "up")
        self.count += 1

    def talk(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            while not self.stop.wait(0.05):
                for i in range(self.count):
                    with contextlib.suppress(OSError):
                        out.sendto(b"x" * random.randint(1, 900), (f"10.9.{i}.2", 9))


def forget_mounts():
    """What others have mounted on loop devices is not measured, and comes and goes."""
    for line in reversed(pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()):
        source, point = line.split(" - ")[1].split()[1], line.split()[4]
        if source.startswith("/dev/loop"):
            subprocess.run(["umount", "-l", point], check=False)


def measure(stack):
    forget_mounts()
    plain = Daemon(stack)
    hours = [Daemon(stack, speed=h * 3600 / SECONDS, batch_s=(h + 1) * 3600) for h in HOURS]
    block, sadc = Block(stack), bench.sadc(stack, STEP_S)
    if sadc:
        stack.callback(sadc.end)
    adapters = Adapters()
    while (values := plain.values()) < VALUES and adapters.count < 50:
        adapters.add()
    stack.callback(adapters.stop.set)
    for work in (adapters.talk, block.run):
        threading.Thread(target=work, daemon=True).start()
    for daemon in (plain, *hours):
        daemon.start(stack)
    time.sleep(2.5 * STEP_S)  # the first ticks
    for daemon in (plain, *hours):
        daemon.flush()  # makes the files
    time.sleep(SETTLE_S)
    devices = {"staging, one batch left out": plain.device, "one block of 4 KiB a minute": block.device}
    if sadc:
        devices["sadc -S XDISK"] = sadc.device
    before = {name: raw_bytes(device) for name, device in devices.items()}
    ticks_before = {d: d.ticks() for d in hours}
    time.sleep(SECONDS)
    rows = [(name, SECONDS // STEP_S, raw_bytes(device) - before[name]) for name, device in devices.items()]
    for daemon in hours:
        at, ticks = daemon.device.written(), daemon.ticks() - ticks_before[daemon]
        answer = daemon.flush()
        rows.append((f"a batch of {ticks * STEP_S / 3600:.1f} h ({answer.split()[0]})", ticks, daemon.device.written() - at))
    return values, adapters.count, rows


def report(values, pairs, rows):
    print(f"{values} values ({pairs} veth pairs), step {STEP_S} s, window {SECONDS} s, ext4 as mke2fs makes it")
    print(f"{'':34s}{'ticks':>7}{'bytes':>10}{'a tick':>8}")
    for name, ticks, bytes_ in rows:
        print(f"{name:34s}{ticks:7d}{bytes_:10d}{bytes_ / max(ticks, 1):8.0f}")
    print()
    staging = rows[0][2] / rows[0][1]
    for hour, (_, ticks, bytes_) in zip(HOURS, rows[-len(HOURS):]):
        total = staging + bytes_ / max(ticks, 1)
        print(f"{'met ' if total <= BUDGET else 'NOT MET'} bytes a tick at the device, a batch every {hour} h: {total:.0f}, at most {BUDGET}")


def main():
    if not os.environ.get("HEADROOM_BENCH_INSIDE"):
        if shutil.which("unshare") and shutil.which("ip") and subprocess.run(["unshare", "-n", "-m", "true"], check=False, capture_output=True).returncode == 0:
            inside = dict(os.environ, HEADROOM_BENCH_INSIDE="1")
            command = 'mount -t sysfs none /sys && exec "$0" "$@"'
            return subprocess.run(["unshare", "-n", "-m", "sh", "-c", command, sys.executable, *sys.argv], env=inside, check=False).returncode
        print("SKIP bytes at the device: no name spaces of its own (not root?)")
        return 0
    with contextlib.ExitStack() as stack:
        try:
            found = measure(stack)
        except OSError as error:
            print(f"SKIP bytes at the device: {error}")
            return 0
        report(*found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
