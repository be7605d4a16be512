#!/usr/bin/env python3
"""Each disk and each adapter of a sampled machine, as explain shows it: the figures of a
simulated host whose truth is known."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import simulated
from harness import BUILD, check, finish

RX, TX = 3750000, 1000000  # bytes a second: 30 Mb/s of a link of 100
READ, WRITTEN, OPS = 2048, 4096, 50  # sectors and operations a second
BUSY_MS, WAITING_MS = 400, 1200  # of each second


class Truth(simulated.Truth):
    def hour(self, stamp):
        return (20, RX, TX, READ, WRITTEN, OPS)


class Host(simulated.Host):
    def write(self, stamp):
        first = self.now is None
        super().write(stamp)
        if first:
            link = os.path.join(self.root, "sys/class/net/eth0/speed")
            os.makedirs(os.path.dirname(link), exist_ok=True)
            if os.path.exists(link):
                os.chmod(link, 0o644)
            with open(link, "w") as file:
                file.write("100\n")
        _, _, _, _, reads, writes, ops = self.count
        seconds = stamp - simulated.START
        text = " 254 0 vda %20d 0 %20d 0 %20d 0 %20d 0 0 %12d %12d\n" % (
            ops, reads, ops, writes, 1000 + BUSY_MS * seconds, 1000 + WAITING_MS * seconds)
        os.pwrite(self.fd["diskstats"], text.encode(), 0)


def explained(daemon, what):
    words = [os.path.join(BUILD, "analyze"), "explain", "sim", what, "--data", daemon.data]
    text = subprocess.run(words, capture_output=True, text=True, check=False)
    asked = subprocess.run(words + ["--json"], capture_output=True, text=True, check=False)
    check("explain %s answers" % what, asked.returncode == 0, asked.stderr)
    return json.loads(asked.stdout or "{}"), text.stdout


def near(a, b):
    return a is not None and abs(a - b) <= 1e-6 * abs(b)


daemon = simulated.Daemon(1)
daemon.host.close()
daemon.truth = Truth(1)
shutil.rmtree(daemon.host.root)
daemon.host = Host(daemon.top, daemon.truth)
daemon.start()
daemon.run(simulated.START + 7800)
daemon.stop()
page, text = explained(daemon, "disk")
disk = (page.get("disks") or [{}])[0]
check("COL-9: each disk's reads, writes, busy time and queue at their highest",
      disk.get("device") == "vda" and near(disk.get("read_bytes_per_s"), 512 * READ) and
      near(disk.get("written_bytes_per_s"), 512 * WRITTEN) and
      near(disk.get("read_ops_per_s"), OPS) and near(disk.get("write_ops_per_s"), OPS) and
      near(disk.get("busy_ratio"), BUSY_MS / 1000) and
      near(disk.get("queue"), WAITING_MS / 1000), disk)
check("COL-9: for people too", "vda" in text and "40.0 %" in text and "BUSY" in text, text)
page, text = explained(daemon, "network")
adapter = (page.get("adapters") or [{}])[0]
check("UNIT-3, COL-8: 3,750,000 bytes a second are 30 Mb/s, 30 % of a link of 100 Mb/s",
      adapter.get("device") == "eth0" and near(adapter.get("received_bps"), 30e6) and
      near(adapter.get("sent_bps"), 8e6) and near(adapter.get("speed_bps"), 1e8) and
      near(adapter.get("link_ratio"), 0.3), adapter)
asked = subprocess.run([os.path.join(BUILD, "analyze"), "peaks", "sim", "--json", "--data",
                        daemon.data], capture_output=True, text=True, check=False)
demand = (json.loads(asked.stdout)["workloads"][0]["resources"]["network"] or {}).get("peak")
check("COL-8: the demand on the network is the larger of both directions",
      near(demand, 30e6), demand)
check("UNIT-3: for people too", "30.0 Mb/s" in text and "30.0 %" in text and
      "OF THE LINK" in text, text)
daemon.remove()
finish()
