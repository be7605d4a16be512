#!/usr/bin/env python3
"""Writes the made-up roots beside this file, in the formats of kernels and machines that
nobody recorded for us.  Everything is ours and comes from the printed seed; run it again
after a change and look at the difference.

    tests/roots/generate.py [SEED]
"""

import os
import random
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = int(sys.argv[1]) if len(sys.argv) > 1 else 2005


class Root:
    def __init__(self, name):
        self.path = os.path.join(HERE, name)
        self.random = random.Random(f"{SEED} {name}")
        expect = os.path.join(self.path, "expect.txt")
        self.expect = open(expect).read() if os.path.exists(expect) else None
        shutil.rmtree(self.path, ignore_errors=True)
        if self.expect is not None:
            self.put("expect.txt", self.expect)

    def put(self, path, text, encoding="utf-8"):
        path = os.path.join(self.path, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", newline="", encoding=encoding) as file:
            file.write(text)

    def link(self, path, target):
        path = os.path.join(self.path, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(target, path)

    def count(self, high):
        return self.random.randrange(high)

    # ---- pieces ------------------------------------------------------------------

    def stat(self, cpus, states=10, numbers=None, tail=True):
        rows = []
        for number in numbers if numbers is not None else range(cpus):
            ticks = [self.count(10**7) for _ in range(states)]
            ticks[3] += 10**8
            for guest in range(8, states):
                ticks[guest] = 0
            rows.append((number, ticks))
        total = [sum(row[1][i] for row in rows) for i in range(states)]
        lines = ["cpu  " + " ".join(map(str, total))]
        lines += [f"cpu{n} " + " ".join(map(str, ticks)) for n, ticks in rows]
        lines += [f"intr {self.count(10**9)}", f"ctxt {self.count(10**9)}",
                  f"btime {1700000000 + self.count(10**6)}", f"processes {self.count(10**6)}"]
        if tail:
            lines += [f"procs_running {1 + self.count(4)}", f"procs_blocked {self.count(3)}"]
        self.put("proc/stat", "\n".join(lines) + "\n")

    def meminfo(self, total_kib, fields, newline="\n"):
        text = [f"MemTotal:{total_kib:>15} kB"]
        text += [f"{name + ':':<16}{value:>8} kB" for name, value in fields]
        text += ["HugePages_Total:       0"]
        self.put("proc/meminfo", newline.join(text) + newline)

    def load(self):
        self.put("proc/loadavg", "%.2f %.2f %.2f 2/345 6789\n" % tuple(
            self.random.random() * 8 for _ in range(3)))

    def pressure(self):
        for name in ("cpu", "memory", "io"):
            some = f"some avg10={self.random.random() * 9:.2f} avg60=1.00 avg300=0.50 " \
                   f"total={self.count(10**12)}\n"
            full = f"full avg10={self.random.random():.2f} avg60=0.10 avg300=0.05 " \
                   f"total={self.count(10**11)}\n"
            self.put(f"proc/pressure/{name}", some + full)

    def net(self, names, tight=False):
        lines = ["Inter-|   Receive                                                |  Transmit",
                 " face |bytes    packets errs drop fifo frame compressed multicast"
                 "|bytes    packets errs drop fifo colls carrier compressed"]
        for name in names:
            received = [self.count(10**13), self.count(10**10), self.count(5), self.count(9),
                        0, 0, 0, self.count(100)]
            sent = [self.count(10**13), self.count(10**10), 0, self.count(3), 0, 0, 0, 0]
            gap = "" if tight else " "
            lines.append(f"{name:>6}:{gap}" + " ".join(map(str, received + sent)))
        self.put("proc/net/dev", "\n".join(lines) + "\n")

    def nic(self, name, driver=None, speed=None, devtype=None, signs=(), kind=1, master=None):
        at = f"sys/class/net/{name}"
        self.put(f"{at}/type", f"{kind}\n")
        if not driver:
            self.put(f"{at}/uevent",
                     (f"DEVTYPE={devtype}\n" if devtype else "") + f"INTERFACE={name}\n")
        if speed is not None:
            self.put(f"{at}/speed", f"{speed}\n")
        if driver:
            self.link(f"{at}/device/driver", f"../../../bus/drivers/{driver}")
        for sign in signs:
            self.put(f"{at}/{sign}" + ("" if sign == "tun_flags" else "/recorded"), "")
        if master:
            self.link(f"{at}/master", f"../{master}")

    def disks(self, rows, columns=11):
        lines = []
        for major, minor, name in rows:
            numbers = [self.count(10**9) for _ in range(columns)]
            if columns > 8:
                numbers[8] = self.count(8)
            for i in (3, 7, 9, 10):
                if i < columns:
                    numbers[i] %= 2**32
            lines.append(f"{major:4} {minor:7} {name} " + " ".join(map(str, numbers)))
        return lines

    def block(self, name, has_device=True, size=4 * 2**31, rotational=0, model=None,
              removable=0):
        at = "sys/block/" + name.replace("/", "!")
        self.put(f"{at}/size", f"{size}\n")
        if removable:
            self.put(f"{at}/removable", f"{removable}\n")
        if rotational:
            self.put(f"{at}/queue/rotational", f"{rotational}\n")
        if has_device:
            self.put(f"{at}/device/" + ("model" if model else "recorded"),
                     f"{model:<16}\n" if model else "")

    def cpuinfo(self, model, sockets, cores, threads, mhz, guest=False, ids=True, vendor="GenuineIntel"):
        lines = []
        number = 0
        for thread in range(threads):
            for socket in range(sockets):
                for core in range(cores):
                    lines += [f"processor\t: {number}", f"vendor_id\t: {vendor}",
                              f"model name\t: {model}", f"cpu MHz\t\t: {mhz:.3f}"]
                    if ids:
                        lines += [f"physical id\t: {socket}", f"siblings\t: {cores * threads}",
                                  f"core id\t\t: {core}", f"cpu cores\t: {cores}"]
                    lines += ["flags\t\t: fpu vme de pse tsc msr sse2 ht lm" +
                              (" hypervisor" if guest else ""), ""]
                    number += 1
        self.put("proc/cpuinfo", "\n".join(lines) + "\n")

    def topology(self, sockets, cores, threads, skip=()):
        number = 0
        for _ in range(threads):
            for socket in range(sockets):
                for core in range(cores):
                    if number not in skip:
                        at = f"sys/devices/system/cpu/cpu{number}/topology"
                        self.put(f"{at}/core_id", f"{core}\n")
                        self.put(f"{at}/physical_package_id", f"{socket}\n")
                    number += 1

    def name(self, release, hostname="made-up"):
        self.put("proc/sys/kernel/osrelease", release + "\n")
        self.put("proc/sys/kernel/hostname", hostname + "\n")
        self.put("proc/version", f"Linux version {release}\n")


MODERN = [("MemFree", 1000000), ("MemAvailable", 9000000), ("Buffers", 200000),
          ("Cached", 7000000), ("SwapCached", 0), ("Active", 5000000), ("Inactive", 4000000),
          ("Active(file)", 3000000), ("Inactive(file)", 3500000), ("SwapTotal", 2097148),
          ("SwapFree", 2000000), ("SReclaimable", 400000), ("Committed_AS", 6000000)]


def rhel6():
    """2.6.32: no MemAvailable, no PSI, 9 CPU states, no sysfs block device links lost."""
    root = Root("rhel6-2.6.32-bare-metal")
    root.name("2.6.32-754.el6.x86_64")
    root.put("etc/redhat-release", "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n")
    root.stat(8, states=9)
    root.meminfo(16325968, [("MemFree", 512000), ("Buffers", 180000), ("Cached", 6000000),
        ("SwapCached", 120), ("Active(file)", 2500000), ("Inactive(file)", 3000000),
        ("SwapTotal", 4194296), ("SwapFree", 4190000), ("SReclaimable", 300000),
        ("Committed_AS", 3000000)])
    root.put("proc/sys/vm/min_free_kbytes", "67584\n")
    root.load()
    root.net(["lo", "eth0", "eth1", "bond0", "sit0"], tight=True)
    root.nic("lo", kind=772)
    root.nic("eth0", driver="tg3", speed=1000)
    root.nic("eth1", driver="tg3", speed=1000)
    root.nic("bond0", devtype="bond", signs=("bonding",))
    root.nic("sit0", kind=776)
    root.put("proc/diskstats", "\n".join(root.disks(
        [(8, 0, "sda"), (8, 1, "sda1"), (104, 0, "cciss/c0d0"), (104, 1, "cciss/c0d0p1"),
         (253, 0, "dm-0"), (9, 0, "md0"), (11, 0, "sr0"), (1, 0, "ram0")])) + "\n")
    root.block("sda", model="LOGICAL VOLUME", rotational=1)
    root.block("cciss/c0d0", rotational=1)
    root.block("sr0", model="DVD-ROM", removable=1)
    for name in ("dm-0", "md0", "ram0"):
        root.block(name, has_device=False)
    root.cpuinfo("Intel(R) Xeon(R) CPU           E5620  @ 2.40GHz", 1, 4, 2, 2394.0)
    root.put("sys/class/dmi/id/sys_vendor", "HP\n")
    root.put("sys/class/dmi/id/product_name", "ProLiant DL360 G7\n")


def old18():
    """2.6.18: partitions with 7 columns, only 8 CPU states, PROC without sysfs."""
    root = Root("centos5-2.6.18-no-sysfs")
    root.name("2.6.18-419.el5")
    root.stat(2, states=8, tail=False)
    root.meminfo(2059000, [("MemFree", 40000), ("Buffers", 90000), ("Cached", 1200000),
        ("SwapTotal", 2096472), ("SwapFree", 2096400), ("Committed_AS", 500000)])
    root.load()
    root.net(["lo", "eth0", "eth0.10", "veth3", "docker0"])
    whole = root.disks([(8, 0, "sda"), (3, 0, "hda")])
    parts = root.disks([(8, 1, "sda1"), (8, 2, "sda2"), (3, 1, "hda1")], columns=4)
    root.put("proc/diskstats",
             "\n".join([whole[0], parts[0], parts[1], whole[1], parts[2]]) + "\n")
    root.cpuinfo("Intel(R) Xeon(TM) CPU 3.00GHz", 2, 1, 1, 3000.1, ids=False)


def big():
    """128 threads: 2 x 32 cores x 2, long texts, NVMe, 20 columns."""
    root = Root("xeon-128-threads")
    root.name("6.1.0-18-amd64")
    root.stat(128)
    root.meminfo(527987632, MODERN)
    root.load()
    root.pressure()
    root.net(["lo", "ens1f0np0", "ens1f1np1", "bond0", "bond0.100", "docker0", "veth12ab34c"])
    root.nic("lo", kind=772)
    root.nic("ens1f0np0", driver="mlx5_core", speed=25000, master="bond0")
    root.nic("ens1f1np1", driver="mlx5_core", speed=25000, master="bond0")
    root.nic("bond0", devtype="bond", signs=("bonding",), speed=50000)
    root.nic("bond0.100", devtype="vlan", speed=50000)
    root.nic("docker0", devtype="bridge", signs=("bridge",), speed=-1)
    root.nic("veth12ab34c", speed=10000)
    rows = [(259, i, f"nvme{i}n1") for i in range(12)] + [(259, 20, "nvme0n1p1"),
            (253, 0, "dm-0"), (7, 0, "loop0"), (252, 0, "zram0")]
    root.put("proc/diskstats", "\n".join(root.disks(rows, columns=17)) + "\n")
    for i in range(12):
        root.block(f"nvme{i}n1", model="SAMSUNG MZQL2")
    for name in ("dm-0", "loop0", "zram0"):
        root.block(name, has_device=False)
    root.cpuinfo("Intel(R) Xeon(R) Platinum 8358 CPU @ 2.60GHz", 2, 32, 2, 3400.0)
    root.topology(2, 32, 2)
    root.put("sys/devices/system/cpu/cpu0/cpufreq/base_frequency", "2600000\n")
    for cpu in range(0, 128, 9):
        root.put(f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq",
                 f"{3000000 + 1000 * (cpu % 7)}\n")


def hotplug():
    """A guest whose CPUs 1 and 3 are offline: holes in the numbers."""
    root = Root("guest-cpus-offline")
    root.name("5.10.0-28-amd64")
    root.stat(4, numbers=[0, 2, 4, 5])
    root.meminfo(8000000, MODERN[:1] + [("MemAvailable", 6000000)] + MODERN[2:])
    root.load()
    root.net(["lo", "ens192"])
    root.nic("lo", kind=772)
    root.nic("ens192", driver="vmxnet3", speed=10000)
    root.put("proc/diskstats", "\n".join(root.disks([(8, 0, "sda"), (8, 1, "sda1")],
                                                    columns=15)) + "\n")
    root.block("sda", model="Virtual disk")
    root.cpuinfo("Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz", 4, 1, 1, 2494.1, guest=True)
    root.topology(6, 1, 1, skip=(1, 3))
    root.put("sys/devices/system/cpu/cpu1/online", "0\n")
    root.put("sys/devices/system/cpu/cpu3/online", "0\n")
    root.put("sys/class/dmi/id/sys_vendor", "VMware, Inc.\n")
    root.put("sys/class/dmi/id/product_name", "VMware Virtual Platform\n")


def container():
    """A container: an Ethernet pair as its adapter, no disk, no pressure, CRLF for luck."""
    root = Root("container-few-files")
    root.name("5.15.0-91-generic")
    root.stat(2, tail=False)
    root.meminfo(524288, [("MemFree", 100000), ("MemAvailable", 300000), ("Buffers", 0),
        ("Cached", 180000), ("SwapTotal", 0), ("SwapFree", 0)], newline="\r\n")
    root.net(["lo", "eth0", "tunl0"])
    root.nic("lo", kind=772)
    root.nic("eth0", speed=10000)
    root.nic("tunl0", kind=768)
    root.put("sys/block/recorded", "")


def many():
    """80 adapters and 70 disks: more than have a file of their own."""
    root = Root("router-80-adapters")
    root.name("6.6.0")
    root.stat(4)
    root.meminfo(32000000, MODERN)
    root.load()
    root.pressure()
    names = [f"swp{i}" for i in range(80)]
    root.net(["lo"] + names + ["br0"])
    root.nic("lo", kind=772)
    root.nic("br0", devtype="bridge", signs=("bridge",))
    for name in names:
        root.nic(name, driver="mlxsw_spectrum", speed=100000)
    letters = "abcdefghijklmnopqrstuvwxyz"
    disks = ["sd" + a for a in letters] + ["sda" + a for a in letters] + \
        ["sdb" + a for a in letters[:18]]
    root.put("proc/diskstats", "\n".join(root.disks(
        [(8, 16 * i, name) for i, name in enumerate(disks)], columns=17)) + "\n")
    for name in disks:
        root.block(name, model="ST8000NM0055")
    root.cpuinfo("AMD EPYC 3251 8-Core Processor", 1, 4, 1, 2500.0, vendor="AuthenticAMD")
    root.topology(1, 4, 1)


if __name__ == "__main__":
    print(f"seed {SEED}")
    for make in (rhel6, old18, big, hotplug, container, many):
        make()
