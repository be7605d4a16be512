"""Bytes at the device for a tick: collectord at a step of 10 s on an ext4 of its own on a
loop device, ten times as fast (a frame of staging every 6 s of real time, so that the file
system commits each alone), then one batch of what was sampled, spread over an hour.

    HEADROOM_BENCH_WINDOW_S=SECONDS      60: 60 ticks, 10 frames
"""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import bench_collect as bench

SECONDS = int(os.environ.get("HEADROOM_BENCH_WINDOW_S", 60))
HOUR = 360


def main():
    with contextlib.ExitStack() as stack:
        device = bench.Device(stack)
        if not device.loop:
            print(f"SKIP bytes at the device: {bench.Device.why}")
            return 0
        clock, data = f"{device.top}/clock", f"{device.folder}/data"
        now = int(time.time()) // 60 * 60
        pathlib.Path(clock).write_text(f"start {now}\nspeed 10\n")
        command = [bench.BUILD / "collectord", "--data", data, "--interval", "10"]
        environment = dict(os.environ, HEADROOM_DATA=data)
        running = subprocess.Popen([*command, "--clock", clock], env=environment, stderr=subprocess.DEVNULL)
        time.sleep(4)
        try:
            bench.ask(data, "flush")  # makes the files
            time.sleep(3)
            health = lambda: int(re.search(r"ticks (\d+)", bench.ask(data, "health")).group(1))
            before, ticks = device.written(), health()
            time.sleep(SECONDS)
            ticks = health() - ticks
            staged = (device.written() - before) / max(ticks, 1)
            before = device.written()
            answer = bench.ask(data, "flush")
            batch = device.written() - before
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(60)
        text = subprocess.run([*command, "--estimate"], env=environment, capture_output=True, text=True, check=True).stdout
        values = [int(n) for n in re.findall(r"^\S+\s+(\d+)\s+[\d.]+\s*$", text, re.M)][-1]
    total = staged + batch / HOUR
    print(f"{values} values, step 10 s, {ticks} ticks: staging {staged:.0f} B a tick; a batch {batch} B ({answer.split()[0]}), {batch / HOUR:.0f} B a tick of an hour")
    print(f"{'met ' if total <= 3000 else 'NOT MET'} bytes a tick at the device: {total:.0f}, at most 3000")
    return 0


if __name__ == "__main__":
    sys.exit(main())
