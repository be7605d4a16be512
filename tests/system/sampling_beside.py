#!/usr/bin/env python3
"""Real sampling at 1 s beside a reading of /proc and /sys that shares no code: CPU, memory,
network and disk must agree within what the different instants of reading explain.

SAMPLING_SECONDS is the length (20; 900 for the long comparison).  The script reads at 5 Hz,
so that the count at each of the daemon's instants lies between two of its own readings:

    plain(t - slack) - plain(t0 + slack) <= sum of our rates over (t0, t] <= plain(t + slack) - plain(t0 - slack)

and memory of a slot lies between the least and the most that the script saw around it."""

import csv
import datetime
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

BUILD = os.environ.get("BUILD", "build")
SECONDS = int(os.environ.get("SAMPLING_SECONDS", "20"))
SLACK_S = 1.25  # a tick may lie anywhere within its second, plus one of our own periods
MIN_ROWS = 0.7
failures = 0


def say(good, name, detail=""):
    global failures
    failures += not good
    print(f"ok sampling_beside: {name}" if good else f"FAIL sampling_beside: {name}: {detail}")


def real_disks():
    return {name for name in os.listdir("/sys/block")
            if os.path.exists(f"/sys/block/{name}/device")
            and not re.match(r"(sr|fd)\d|mmcblk\d+(boot|rpmb)", name)}


def real_adapters():
    return {name for name in os.listdir("/sys/class/net")
            if os.path.exists(f"/sys/class/net/{name}/device")}


class Plain(threading.Thread):
    """(wall time, counters) at 5 Hz."""

    def __init__(self):
        super().__init__(daemon=True)
        self.rows, self.stopping = [], False
        self.disks, self.adapters = real_disks(), real_adapters()

    def read(self):
        now = time.time()
        ticks = list(map(int, open("/proc/stat").readline().split()[1:9]))
        memory = {line.split(":")[0]: int(line.split()[1]) * 1024
                  for line in open("/proc/meminfo") if line.rstrip().endswith("kB")}
        disks = [line.split() for line in open("/proc/diskstats")]
        disks = [line for line in disks if line[2] in self.disks]
        nets = [line.rsplit(":", 1) for line in open("/proc/net/dev") if ":" in line]
        nets = [numbers.split() for name, numbers in nets if name.strip() in self.adapters]
        return now, {
            "busy": sum(ticks) - ticks[3] - ticks[4], "ticks": sum(ticks),
            "read": 512 * sum(int(line[5]) for line in disks),
            "write": 512 * sum(int(line[9]) for line in disks),
            "rx": 8 * sum(int(numbers[0]) for numbers in nets),
            "tx": 8 * sum(int(numbers[8]) for numbers in nets),
            "memory": memory["MemTotal"] - memory["MemAvailable"],
        }

    def run(self):
        while not self.stopping:
            self.rows.append(self.read())
            time.sleep(0.2)

    def before(self, key, when):
        return max((row[key] for at, row in self.rows if at <= when), default=None)

    def after(self, key, when):
        return min((row[key] for at, row in self.rows if at >= when), default=None)

    def around(self, key, when, slack):
        return [row[key] for at, row in self.rows if abs(at - when) <= slack]


def load(folder, until):
    """Bursts of CPU, memory and writing, so that there is something to compare."""
    block = os.urandom(1 << 20)
    held = None
    while time.time() < until:
        burst = time.time() + 0.8
        while time.time() < burst:
            sum(range(20000))
        with open(os.path.join(folder, "load"), "wb") as file:
            for _ in range(16):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        held = None if held else bytearray(150 << 20)
        time.sleep(0.9)


def daemon_rows(folder):
    out = os.path.join(folder, "out.csv")
    subprocess.run([f"{BUILD}/analyze", "export", "csv", "--data", f"{folder}/data", "-o", out],
                   check=True, capture_output=True)
    with open(out, newline="") as file:
        for row in csv.DictReader(file):
            when = datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00"))
            yield when.timestamp(), row


def nominal():
    out = subprocess.run([f"{BUILD}/collectord", "--print-inventory"], capture_output=True,
                         text=True, check=True).stdout
    facts = dict(re.findall(r"^([\w.]+)\s*=\s*(.*)$", out, re.M))
    return float(facts["cpu.physical_cores"]) * float(facts["cpu.nominal_mhz"])


def known_stretch(rows, column):
    """The longest run of consecutive seconds with a value: [(time, value)]."""
    best, run = [], []
    for when, row in rows:
        if row[column] == "":
            run = []
            continue
        if run and when - run[-1][0] != 1:
            run = []
        run.append((when, float(row[column])))
        if len(run) > len(best):
            best = list(run)
    return best


def check_counter(plain, rows, column, key, scale):
    """Cumulated over the longest stretch; each second of it has to lie in its bracket."""
    stretch = known_stretch(rows, column)
    if len(stretch) < MIN_ROWS * SECONDS:
        say(False, f"{key}", f"only {len(stretch)} of {SECONDS} seconds are known in a row")
        return
    start, total, worst = stretch[0][0], 0.0, 0.0
    for when, value in stretch[1:]:
        total += value * scale
        low = plain.before(key, when - SLACK_S), plain.after(key, start + SLACK_S)
        high = plain.after(key, when + SLACK_S), plain.before(key, start - SLACK_S)
        if None in low + high:
            continue
        least, most = low[0] - low[1], high[0] - high[1]
        tolerance = 0.02 * abs(most) + 1  # ticks and jitter of the monotonic second
        if not least - tolerance <= total <= most + tolerance:
            worst = max(worst, least - total, total - most)
    say(worst == 0, f"{key} over {len(stretch)} s: {total:.0f}", f"outside by {worst:.0f}")


def check_memory(plain, rows):
    outside = compared = 0
    for when, row in rows:
        seen = plain.around("memory", when, SLACK_S)
        if row["memory_used_bytes"] == "" or not seen:
            continue
        value, margin = float(row["memory_used_bytes"]), 8 << 20
        compared += 1
        outside += not min(seen) - margin <= value <= max(seen) + margin
    # between two readings memory may come and go unseen: one slot in twenty
    say(compared >= MIN_ROWS * SECONDS and outside <= compared / 20,
        f"memory in {compared} slots", f"{outside} outside of what was seen around them")


def main():
    with tempfile.TemporaryDirectory() as folder:
        plain = Plain()
        plain.start()
        time.sleep(1.5)
        daemon = subprocess.Popen(
            [f"{BUILD}/collectord", "--data", f"{folder}/data", "--interval", "1", "--ticks",
             str(SECONDS), "--name", "beside"], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        load(folder, time.time() + SECONDS)
        try:
            _, errors = daemon.communicate(timeout=SECONDS + 60)
        except subprocess.TimeoutExpired:
            daemon.kill()
            say(False, "the daemon ends", "it did not within a minute after the last tick")
            return
        time.sleep(1.5)
        plain.stopping = True
        plain.join()
        if daemon.returncode:
            say(False, "the daemon runs", errors.decode(errors="replace").strip())
            return
        rows = list(daemon_rows(folder))
        ticks_per_s = os.sysconf("SC_CLK_TCK") * os.cpu_count()
        check_counter(plain, rows, "cpu_used_mhz", "busy", ticks_per_s / nominal())
        check_counter(plain, rows, "disk_write_bytes_per_s", "write", 1)
        check_counter(plain, rows, "disk_read_bytes_per_s", "read", 1)
        check_counter(plain, rows, "net_rx_bps", "rx", 1)
        check_counter(plain, rows, "net_tx_bps", "tx", 1)
        check_memory(plain, rows)


main()
sys.exit(failures > 0)
