"""The low-noise gate of what the sampler costs: system calls, allocations, resident size
and user instructions per cycle.  Counts only, no timings."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
CC = os.environ.get("CC", "cc")
SYSCALLS_MOST = 16
RESIDENT_MOST_KB = 2048
ROOT = pathlib.Path("tests/roots/debian12-kvm-2cpu").resolve()
BAND = (28000, 46000)  # on that root, by -O2: 36 600 when it was set
failures = 0

COUNTER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t),
	*__libc_realloc(void *, size_t);
extern void __libc_free(void *);
static _Atomic unsigned long *count;
__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("ALLOCATIONS");
	int fd = path ? open(path, O_RDWR) : -1;
	void *map = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED) count = map;
	unsetenv("LD_PRELOAD");
	unsetenv("ALLOCATIONS");
}
static void note(void) { if (count) atomic_fetch_add(count, 1); }
void *malloc(size_t n) { note(); return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { note(); return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { note(); return __libc_realloc(p, n); }
"""


def check(name, good, why=""):
    global failures
    failures += not good
    print(f"ok {name}" if good else f"FAIL {name}: {why}")
    sys.stdout.flush()


class Daemon:
    def __init__(self, top, *arguments, wrap=(), **environment):
        self.top = pathlib.Path(top)
        bin_ = self.top / "bin"
        run = self.top / "run"
        bin_.mkdir()
        run.mkdir(mode=0o750)
        shutil.copy(BUILD / "collectord", bin_)
        shutil.copy(BUILD / "tests/tools/ring_reader", bin_ / "collectord-recorder")
        self.out = self.top / "out"
        self.process = subprocess.Popen(
            [*wrap, bin_ / "collectord", "--data", self.top / "data", "--no-helper", *arguments],
            env=dict(os.environ, RUNTIME_DIRECTORY=str(run), RING_READER_OUT=str(self.out), **environment),
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def ticks(self):
        return sum(l.startswith("tick ") for l in self.out.read_text().splitlines()) if self.out.exists() else 0

    def wait_ticks(self, count, seconds=60):
        end = time.monotonic() + seconds
        while self.ticks() < count and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.02)
        return self.ticks()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def clock(top, speed):
    path = pathlib.Path(top) / "clock"
    path.write_text(f"start 1795255200\nspeed {speed}\n")
    return str(path)


def system_calls(top):
    d = Daemon(top, "--interval", "1")
    d.wait_ticks(4)
    before = d.ticks()
    trace = pathlib.Path(top) / "trace"
    tracer = subprocess.run(["timeout", "-s", "INT", "8", "strace", "-o", trace, "-p", str(d.process.pid)], capture_output=True, text=True, check=False)
    d.end()
    if not trace.exists() or "sigtimedwait" not in trace.read_text():
        print(f"SKIP system calls per cycle: strace cannot attach: {tracer.stderr.strip()[-100:]}")
        return
    calls = [l.split("(")[0] for l in trace.read_text().splitlines() if "(" in l]
    sleeps = sum("sigtimedwait" in c for c in calls)
    per_cycle = (len(calls) - sleeps) / max(sleeps - 1, 1) + 1
    print(f"# {len(calls)} calls, {sleeps} sleeps: {per_cycle:.1f} system calls a cycle")
    check(f"at most {SYSCALLS_MOST} system calls a cycle", per_cycle <= SYSCALLS_MOST, per_cycle)
    check("one sleep a cycle", 6 <= sleeps <= 11, sleeps)
    names = sorted(set(calls))
    check("and none but reading and sleeping", not [c for c in names if c not in ("pread64", "rt_sigtimedwait", "restart_syscall", "statx", "madvise", "openat", "read", "readlink", "close", "newfstatat", "---", "+++")], names)


def allocations(top):
    source, library = pathlib.Path(top) / "count.c", pathlib.Path(top) / "count.so"
    source.write_text(COUNTER)
    made = subprocess.run([*CC.split(), "-shared", "-fPIC", "-O1", "-o", library, source], capture_output=True, text=True, check=False)
    if made.returncode != 0 or "asan" in str(BUILD):
        print(f"SKIP allocations per cycle: {made.stderr.strip()[-100:] or 'a sanitizer has its own malloc'}")
        return
    counter = pathlib.Path(top) / "allocations"
    counter.write_bytes(bytes(4096))
    read = lambda: int.from_bytes(counter.read_bytes()[:8], "little")
    # the slow turn, once a minute, reads the topology of the CPUs anew and frees what it
    # took: it is looked at for growth below, the cycles between the turns for allocations
    conf = pathlib.Path(top) / "conf"
    conf.write_text("slow_interval = 1h\n")
    d = Daemon(top, "-c", str(conf), "--interval", "1", "--clock", clock(top, 50), LD_PRELOAD=str(library), ALLOCATIONS=str(counter))
    d.wait_ticks(100)
    first, at = read(), d.ticks()
    d.wait_ticks(at + 400)
    last, end = read(), d.ticks()
    d.end()
    print(f"# {first} allocations at the start, {last - first} in {end - at} cycles")
    check("the counter counts", first > 10, first)
    check("G13: no allocation in 400 cycles", end - at >= 400 and last == first, last - first)


def resident(top):
    d = Daemon(top, "--interval", "1", "--clock", clock(top, 50))
    d.wait_ticks(20)

    def kb():
        text = pathlib.Path(f"/proc/{d.process.pid}/status").read_text()
        return {k: int(v) for k, v in re.findall(r"(Rss\w+):\s+(\d+) kB", text)}

    def descriptors():
        return len(os.listdir(f"/proc/{d.process.pid}/fd"))

    first, fds = kb(), descriptors()
    d.wait_ticks(1000)
    last, fds_last = kb(), descriptors()
    d.end()
    size = last["RssAnon"] + last["RssFile"]
    print(f"# RssAnon {last['RssAnon']} kB, RssFile {last['RssFile']} kB, RssShmem {last['RssShmem']} kB (the ring)")
    if "asan" in str(BUILD):
        print("SKIP resident size: a sanitizer needs memory of its own")
        return
    check(f"G4: resident without the ring at most {RESIDENT_MOST_KB} kB", size <= RESIDENT_MOST_KB, last)
    check("T01: it does not grow in 1000 cycles", last["RssAnon"] <= first["RssAnon"] + 4, (first, last))
    check("T01: nor do its descriptors", fds == fds_last, (fds, fds_last))


def instructions(top):
    if "asan" in str(BUILD) or not shutil.which("valgrind"):
        print("SKIP user instructions per cycle: no valgrind, or a sanitizer")
        return

    def count(ticks, folder):
        where = pathlib.Path(top) / folder
        where.mkdir()
        out = where / "callgrind"
        path = where / "clock"
        path.write_text("start 1795255200\n")
        d = Daemon(where, "--interval", "1", "--clock", str(path), "--root", str(ROOT), "--ticks", str(ticks), wrap=["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"])
        d.process.wait(120)
        found = re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.M)
        return int(found.group(1)) if found else 0

    few, many = count(20, "few"), count(220, "many")
    cycle = (many - few) / 200
    print(f"# {cycle:.0f} user instructions a cycle")
    low, high = BAND
    check(f"G3: user instructions a cycle within the band of {low} to {high}", low <= cycle <= high, cycle)


if __name__ == "__main__":
    for test in (system_calls, allocations, resident, instructions):
        with tempfile.TemporaryDirectory(prefix="sampler_cost.") as top_:
            try:
                test(top_)
            except Exception as error:
                check(test.__name__, False, f"{type(error).__name__}: {error}")
    sys.exit(1 if failures else 0)
