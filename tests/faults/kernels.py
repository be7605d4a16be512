"""T40: the texts of kernels.  Forty kernels and machines from 2.6.18 to 6.18, made from a
seed with what each of them prints, then changed in all the ways that a kernel, a
container or a damaged read may change them.  What the probes say must be the number
that was written, or nothing.

    kernels.py [CHANGES]    so many random changes of each kernel (12)
"""
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

from clocks import BASE_KIB, World
from harness import BUILD, SEED, check, finish
from simulated import CORES, NOMINAL_MHZ, Truth

U64 = (1 << 64) - 1
MODERN = ("MemFree MemAvailable Buffers Cached SwapCached Active Inactive Active(anon) "
          "Inactive(anon) Active(file) Inactive(file) Unevictable Mlocked SwapTotal "
          "SwapFree Dirty Writeback AnonPages Mapped Shmem Slab SReclaimable SUnreclaim "
          "KernelStack PageTables CommitLimit Committed_AS VmallocTotal").split()
OLD = [name for name in MODERN if name != "MemAvailable"]
# name: states of a CPU, words of meminfo, columns of a disk, pressure (0 none, 1 without
# and 2 with "full" of the CPU), other oddities
KERNELS = {
    "2.6.18 centos 5": (8, [n for n in OLD if "(" not in n], 11, 0, "tight"),
    "2.6.24 ubuntu 8.04": (9, OLD, 11, 0, "tight"),
    "2.6.26 debian 5": (9, OLD, 11, 0, "tight"),
    "2.6.32 rhel 6": (9, OLD, 11, 0, "tight"),
    "2.6.32 openvz": (9, OLD, 0, 0, "tight venet"),
    "2.6.35 android": (10, OLD, 11, 0, "mmc"),
    "3.0 sles 11": (10, OLD, 11, 0, "tight"),
    "3.2 debian 7": (10, OLD, 11, 0, ""),
    "3.10 rhel 7": (10, MODERN, 11, 0, ""),
    "3.13 ubuntu 14.04": (10, OLD, 11, 0, ""),
    "3.16 debian 8": (10, MODERN, 11, 0, ""),
    "3.18 arm": (10, MODERN, 11, 0, "mmc long"),
    "4.4 ubuntu 16.04": (10, MODERN, 11, 0, ""),
    "4.4 wsl 1": (10, ["MemFree", "Buffers", "Cached", "SwapTotal", "SwapFree"], None, 0, ""),
    "4.9 debian 9": (10, MODERN, 11, 0, ""),
    "4.12 sles 12": (10, MODERN, 11, 0, ""),
    "4.14 amazon 2": (10, MODERN, 11, 0, "nvme"),
    "4.15 ubuntu 18.04": (10, MODERN, 11, 0, ""),
    "4.18 rhel 8": (10, MODERN + ["Percpu"], 15, 0, "nvme"),
    "4.19 debian 10": (10, MODERN + ["Percpu"], 15, 0, ""),
    "4.19 s390": (10, MODERN, 15, 0, "dasd"),
    "4.20 first with pressure": (10, MODERN, 15, 1, ""),
    "5.0": (10, MODERN, 15, 1, ""),
    "5.3 sles 15": (10, MODERN, 15, 1, "nvme"),
    "5.4 ubuntu 20.04": (10, MODERN, 15, 1, ""),
    "5.5 first with flushes": (10, MODERN, 17, 1, ""),
    "5.10 debian 11": (10, MODERN, 17, 1, ""),
    "5.10 wsl 2": (10, MODERN, 17, 0, ""),
    "5.13 first with full": (10, MODERN, 17, 2, ""),
    "5.14 rhel 9": (10, MODERN, 17, 2, "nvme"),
    "5.15 ubuntu 22.04": (10, MODERN, 17, 2, ""),
    "5.15 lxc": (10, ["MemFree", "MemAvailable", "Buffers", "Cached", "SwapTotal",
                      "SwapFree"], None, 0, "long"),
    "5.19 64 processors": (10, MODERN, 17, 2, "64"),
    "6.1 debian 12": (10, MODERN + ["SecPageTables"], 17, 2, ""),
    "6.1 xen": (10, MODERN, 17, 2, "xvd"),
    "6.2 256 processors": (10, MODERN, 17, 2, "256 nvme"),
    "6.4 sles 15.6": (10, MODERN, 17, 2, ""),
    "6.6 openwrt": (10, MODERN[:20], None, 0, "40"),
    "6.8 ubuntu 24.04": (10, MODERN + ["Zswap", "Zswapped"], 17, 2, "nvme"),
    "6.12 debian 13": (10, MODERN + ["Unaccepted", "Balloon"], 17, 2, ""),
    "6.18": (10, MODERN + ["Balloon", "GPUActive"], 17, 2, ""),
    "gvisor": (8, ["MemFree", "MemAvailable", "Buffers", "Cached", "SwapTotal",
                   "SwapFree"], None, 0, "tight"),
    "a kernel to come": (12, ["Newest"] + MODERN + ["Later"], 20, 2, "nvme"),
}
STATES = "USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL".split()
SIZES = {"MemTotal": "MEMORY_TOTAL_BYTES", "MemAvailable": "MEMORY_AVAILABLE_BYTES",
         "SwapTotal": "MEMORY_SWAP_SIZE_BYTES", "Committed_AS": "MEMORY_COMMITTED_BYTES"}
# what the probe keeps as it stands: which words it names, never what their lines say
SIZES.update(re.findall(r'^\tVALUE\("([^"]+)", METRIC_(\w+)\)',
                        open(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                          "../../probes/host/memory.c")).read(), re.M))
assert "Balloon" in SIZES
DISK = {"READ_OPS_S": 0, "READ_BYTES_S": 2, "WRITE_OPS_S": 4, "WRITE_BYTES_S": 6,
        "BUSY_RATIO": 9, "QUEUE": 10}
NET = {"RX_BPS": 0, "RX_PPS": 1, "RX_ERRORS_S": 2, "RX_DROPS_S": 3,
       "TX_BPS": 8, "TX_PPS": 9, "TX_ERRORS_S": 10, "TX_DROPS_S": 11}


class Kernel:
    """The files of one kernel, as text, and the numbers in them."""

    def __init__(self, name, seed):
        self.chance = random.Random("%s %s" % (seed, name))
        self.states, self.words, self.columns, self.pressure, self.odd = KERNELS[name]
        self.odd = self.odd.split()
        self.text, self.truth = {}, {}
        self.stat()
        self.meminfo()
        self.net()
        if self.columns is not None:
            self.disks()
        self.others()

    def number(self):
        """Of any length: most counts are small, some are as large as they may be."""
        digits = self.chance.choice((1, 2, 4, 6, 9, 10, 12, 15, 16))
        return self.chance.randrange(10 ** digits)

    def stat(self):
        cpus = next((int(word) for word in self.odd if word.isdigit()), 2)
        lines, total = [], [0] * self.states
        for cpu in range(cpus):
            ticks = [self.number() for _ in range(self.states)]
            total = [a + b for a, b in zip(total, ticks)]
            lines.append("cpu%d %s" % (cpu, " ".join(map(str, ticks))))
            used = (ticks + [0] * 8)[:8]
            self.truth[("CORE_IDLE_TICKS", str(cpu))] = used[3] + used[4]
            self.truth[("CORE_BUSY_TICKS", str(cpu))] = sum(used) - used[3] - used[4]
        for state, value in zip(STATES, total):
            self.truth[("CPU_%s_TICKS" % state, "")] = value
        running, blocked = self.chance.randrange(99), self.chance.randrange(9)
        lines.insert(0, "cpu  " + " ".join(map(str, total)))
        lines += ["intr %d %s" % (self.number(), "0 " * self.chance.choice((1, 300, 9000))),
                  "ctxt %d" % self.number(), "btime 1700000000", "processes 4711",
                  "procs_running %d" % running, "procs_blocked %d" % blocked,
                  "softirq %d 0 0" % self.number()]
        self.truth[("RUN_QUEUE", "")] = running
        self.truth[("BLOCKED", "")] = blocked
        self.text["proc/stat"] = lines

    def meminfo(self):
        sizes = {"MemTotal": self.chance.randrange(1 << 20, 1 << 34)}
        for word in self.words:
            sizes[word] = self.chance.randrange(sizes["MemTotal"])
        self.text["proc/meminfo"] = ["%-15s %8d kB" % (word + ":", size)
                                     for word, size in sizes.items()]
        self.text["proc/meminfo"] += ["HugePages_Total:       0"]
        for word, metric in SIZES.items():
            if word in sizes:
                self.truth[(metric, "")] = sizes[word] * 1024
        # free memory is not use, whatever the estimate says; lines may be lost
        self.available = {sizes[word] * 1024 for word in ("MemAvailable", "MemFree")
                          if word in sizes}
        if "MemAvailable" in sizes:
            self.truth[("MEMORY_AVAILABLE_BYTES", "")] = max(self.available)
        self.truth[("MEMORY_CACHED_BYTES", "")] = (sizes["Cached"] + sizes["Buffers"]) * 1024
        if sizes["SwapFree"] <= sizes["SwapTotal"]:
            self.truth[("MEMORY_SWAP_USED_BYTES", "")] = (
                sizes["SwapTotal"] - sizes["SwapFree"]) * 1024

    def net(self):
        lines = ["Inter-|   Receive                  |  Transmit",
                 " face |bytes packets errs|bytes packets"]
        names = ["eth0", "eth1", "ens160np0", "venet0"]
        if "long" in self.odd:
            names += ["enx001122334455", "enp" + "q" * 12]
        for name in names:
            numbers = [self.number() for _ in range(16)]
            gap = "" if "tight" in self.odd else " "
            lines.append("%6s:%s%s" % (name, gap, " ".join(map(str, numbers))))
            for metric, column in NET.items():
                self.truth[("NET_" + metric, name)] = numbers[column]
        self.text["proc/net/dev"] = lines

    def disks(self):
        names = {"nvme": ["nvme0n1", "nvme12n1"], "mmc": ["mmcblk0"], "xvd": ["xvda"],
                 "dasd": ["dasda"]}.get(next((word for word in self.odd if word in (
                     "nvme", "mmc", "xvd", "dasd")), ""), ["sda", "sdb", "sdaa"])
        self.text["proc/diskstats"] = []
        for i, name in enumerate(names if self.columns else []):
            numbers = [self.number() for _ in range(self.columns)]
            self.text["proc/diskstats"].append("%4d %7d %s %s" % (
                8, 16 * i, name, " ".join(map(str, numbers))))
            for metric, column in DISK.items():
                self.truth[("BLOCK_" + metric, name)] = numbers[column]

    def others(self):
        loads = ["%.2f" % (self.chance.random() * 300) for _ in range(3)]
        self.text["proc/loadavg"] = [" ".join(loads) + " 2/345 6789"]
        for name, value in zip(("LOAD1", "LOAD5", "LOAD15"), loads):
            self.truth[(name, "")] = float(value)
        for name, prefix in (("cpu", "CPU"), ("memory", "MEM"), ("io", "IO")):
            lines = []
            for kind in ("some", "full"):
                if not self.pressure or (kind == "full" and name == "cpu" and
                                         self.pressure == 1):
                    continue
                avg, total = "%.2f" % (100 * self.chance.random()), self.number()
                lines.append("%s avg10=%s avg60=0.10 avg300=0.05 total=%d" % (
                    kind, avg, total))
                if kind == "full" and name == "cpu":
                    continue
                self.truth[("PRESSURE_%s_%s_AVG10" % (prefix, kind.upper()), "")] = float(avg)
                self.truth[("PRESSURE_%s_%s_RATIO" % (prefix, kind.upper()), "")] = total
            if lines:
                self.text["proc/pressure/" + name] = lines


# ---- changes ------------------------------------------------------------------------

def drop_lines(chance, lines):
    return [line for line in lines if chance.random() < 0.7]


def swap_lines(chance, lines):
    return chance.sample(lines, len(lines))


def add_lines(chance, lines):
    lines = list(lines)
    for _ in range(3):
        lines.insert(chance.randrange(len(lines) + 1), chance.choice((
            "", " ", "New_Field:      17 kB", "newest 1 2 3", "cpufreq 1 2 3 4 5 6 7 8 9",
            "8 0", "MemTotalReal: 9 kB", "x" * 5000, ":", "eth9:", "\t", "avg10=7.00",
            "procs_running_not 9", "some")))
    return lines


def carriage_returns(chance, lines):
    return [line + "\r" for line in lines]


def blanks(chance, lines):
    return [line.replace(" ", chance.choice(("  ", "\t ", " \t"))) if line[:4] != "cpu "
            else line for line in lines]


def trailing_blanks(chance, lines):
    return [line + " " * chance.randrange(3) for line in lines]


def damage_words(chance, lines):
    lines = list(lines)
    for _ in range(2):
        i = chance.randrange(len(lines))
        words = lines[i].split(" ")
        words[chance.randrange(len(words))] = chance.choice((
            "-1", "1e3", "0x10", "99999999999999999999", "1,5", "nan", "\0", "4\0004", "~",
            "18446744073709551616", "+7"))
        lines[i] = " ".join(words)
    return lines


CHANGES = [drop_lines, swap_lines, add_lines, carriage_returns, blanks, trailing_blanks,
           damage_words]


def write(root, path, text):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", newline="", encoding="latin-1") as f:
        f.write(text)


def probe(root, env=None, build=None):
    """{(metric, instance): [values as text]}"""
    done = subprocess.run([os.path.join(build or BUILD, "tests/tools/read_root"), "--raw",
                           root], stdout=subprocess.PIPE, env=env)
    if done.returncode != 0:
        return None
    values = {}
    for line in done.stdout.decode("latin-1").splitlines():
        words = line.split(" ")
        if words[0] in ("complete", "cpus", "gone", "overflow", "error"):
            continue
        values.setdefault((words[0], " ".join(words[1:-1])), []).append(words[-1])
    return values


def is_number(text, truth):
    if isinstance(truth, float) or "." in text or "e" in text:
        return abs(float(text) - truth) <= 1e-13 * max(1.0, abs(truth))
    return int(text) == truth


# what follows from several numbers, or from none of these files
DERIVED = ("MEMORY_AVAILABLE_BYTES", "MEMORY_CACHED_BYTES", "MEMORY_SWAP_USED_BYTES",
           "CPU_MHZ", "NET_SPEED_BPS", "NET_BOUND_BPS")


def judge(kernel, values, must_be_whole, is_estimated):
    """What is wrong: a number that nobody wrote, or one that is missing."""
    if values is None:
        return ["it crashed"]
    wrong = []
    names = {key[1] for key in kernel.truth}
    for key, texts in values.items():
        if key not in kernel.truth:
            # a damaged name is another device's
            if key[0] not in DERIVED and key[1] in names:
                wrong.append("%s = %s from nowhere" % (" ".join(key), texts))
            continue
        if key[0] == "MEMORY_AVAILABLE_BYTES" and (
                is_estimated or all(float(text) in kernel.available for text in texts)):
            continue
        if not all(is_number(text, kernel.truth[key]) for text in texts):
            wrong.append("%s = %s, written was %s" % (
                " ".join(key), texts, kernel.truth[key]))
    if must_be_whole:
        wrong += ["%s is missing" % " ".join(key) for key in kernel.truth
                  if key not in values]
    return wrong


def corpus(changes, seed=SEED, env=None, build=None):
    """(kernels, readings, numbers, problems)"""
    top = tempfile.mkdtemp(prefix="headroom-kernels-")
    readings = numbers = 0
    problems = []

    def look(kernel, what, must_be_whole, is_estimated=False):
        nonlocal readings, numbers
        values = probe(root, env, build)
        readings += 1
        numbers += len(values or ())
        problems.extend("%s, %s: %s" % (name, what, text)
                        for text in judge(kernel, values, must_be_whole, is_estimated))

    for name in KERNELS:
        kernel = Kernel(name, seed)
        chance = kernel.chance
        root = os.path.join(top, re.sub("[^a-z0-9.]", "-", name))
        for path, lines in kernel.text.items():
            write(root, path, "\n".join(lines) + "\n")
        look(kernel, "as it is", True)
        for change in (carriage_returns, trailing_blanks):
            for path, lines in kernel.text.items():
                write(root, path, "\n".join(change(chance, lines)) + "\n")
            look(kernel, change.__name__, True)
        for _ in range(changes):
            chosen = chance.sample(CHANGES, chance.choice((1, 1, 2)))
            for path, lines in kernel.text.items():
                for change in chosen:
                    lines = change(chance, lines) if lines else lines
                text = "\n".join(lines) + "\n"
                if chance.random() < 0.1:
                    # cut where the kernel would cut: behind a whole record, or to nothing
                    text = "".join(line + "\n" for line in lines[
                        :chance.randrange(len(lines) + 1)])
                if chance.random() < 0.05:
                    shutil.rmtree(os.path.join(root, path), ignore_errors=True)
                    if os.path.exists(os.path.join(root, path)):
                        os.unlink(os.path.join(root, path))
                    continue
                write(root, path, text)
            look(kernel, " and ".join(c.__name__ for c in chosen), False, True)
    shutil.rmtree(top, ignore_errors=True)
    return len(KERNELS), readings, numbers, problems


# ---- files that change between two readings, end to end -------------------------------

def unsteady(ticks, libexec=None, env=None):
    """Files that are empty, cut, gone or whole by turns: stored is what was written."""
    world = World(10, libexec, env)
    chance = random.Random(SEED)
    root = world.host.root
    whole = {}
    absent = set()  # ticks whose meminfo could not be understood

    def write_root(seconds):
        for path in ("proc/stat", "proc/meminfo"):
            if not os.path.exists(os.path.join(root, path)):
                write(root, path, "")
        for name, path in (("stat", "proc/stat"), ("meminfo", "proc/meminfo")):
            os.close(world.host.fd[name])
            world.host.fd[name] = os.open(os.path.join(root, path), os.O_RDWR | os.O_TRUNC)
        World.write_root(world, seconds)
        for path in ("proc/stat", "proc/meminfo", "proc/net/dev", "proc/diskstats"):
            full = os.path.join(root, path)
            if path in ("proc/net/dev", "proc/diskstats"):
                if path not in whole:
                    whole[path] = open(full).read()
                text = whole[path]
            else:
                text = open(full).read()
            what = chance.choice(("whole", "whole", "whole", "empty", "lines", "gone"))
            if world.serial <= 2:
                what = "whole"
            if what == "gone":
                if os.path.exists(full):
                    os.unlink(full)
            else:
                lines = text.splitlines(True)
                if what == "lines":
                    lines = lines[:chance.randrange(len(lines))]
                write(root, path, "" if what == "empty" else "".join(lines))
            if path == "proc/meminfo" and what != "whole":
                absent.add(world.serial)

    world.write_root = write_root
    world.start([])
    world.run(ticks)
    world.stop()
    found = world.look()
    truth = CORES * NOMINAL_MHZ * 0.5
    demand = world.rows("cpu", "used_mhz")
    wrong = [v for v in demand.values() if v > truth * 1.0001]
    missing = set(range(2, world.serial + 1)) - set(found.values()) - absent
    if missing:
        world.problems.append("%d whole readings are not stored" % len(missing))
    if wrong:
        world.problems.append("%d false peaks of the CPU, %s" % (len(wrong), wrong[:3]))
    if not demand:
        world.problems.append("no CPU demand at all")
    status = world.status()
    if not status or status["ticks"] != status["stored"] or status["ticks"] != world.serial - 1:
        world.problems.append("not accounted for: %s" % status)
    return world.problems, world


def main():
    changes = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    kernels, readings, numbers, problems = corpus(changes)
    check("T40 %d kernels in %d forms: each of %d numbers is what was written, or absent"
          % (kernels, readings, numbers), not problems, "%d wrong: %s" % (
              len(problems), "; ".join(problems[:5])))
    problems, world = unsteady(60 + 20 * changes)
    check("T40 files that shrink, vanish and come back between readings: nothing wrong is "
          "stored", not problems, "; ".join(problems) + world.text()[-300:])
    world.remove()
    finish()


if __name__ == "__main__":
    main()
