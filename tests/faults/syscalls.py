"""T08: system calls of recorder and writer fail, once and for ever (strace injects), and
writes are cut short (a preloaded shim).

    syscalls.py [SHARE]    every SHARE-th of all (call, error, ordinal) triples; 1: all

Whatever failed: no crash, no hang, and a run without faults afterwards has every tick.
"""
import os
import random
import shutil
import stat
import subprocess
import sys
import tempfile
import time

from harness import BUILD, SEED, Feed, check, finish, skip, until

CALLS = ("openat", "pwrite64", "write", "pread64", "read", "fsync", "fdatasync", "rename",
         "renameat", "unlink", "mmap", "ftruncate", "fcntl", "flock", "newfstatat", "lseek",
         "vfork", "clone3", "pipe2", "socket", "bind", "ppoll")
ERRORS = ("EIO", "ENOSPC", "EINTR", "EAGAIN", "EROFS", "EMFILE", "ENOMEM")
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
static unsigned calls;
static size_t cut(size_t count)
{
	const char *every = getenv("SHORT_EVERY");
	if (!every || ++calls % (unsigned)atoi(every) != 0 || count < 2)
		return count;
	return count >= 1024 ? count / 2 / 512 * 512 : count / 2;
}
ssize_t write(int fd, const void *bytes, size_t count)
{
	static ssize_t (*next)(int, const void *, size_t);
	if (!next)
		next = dlsym(RTLD_NEXT, "write");
	return next(fd, bytes, cut(count));
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
	static ssize_t (*next)(int, const void *, size_t, off_t);
	if (!next)
		next = dlsym(RTLD_NEXT, "pwrite");
	return next(fd, bytes, cut(count), at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at)
{
	return pwrite(fd, bytes, count, at);
}
"""


def wrapped(folder, words):
    """A libexec folder whose recorder starts by these words; the writer follows it."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "collectord-recorder")
    with open(path, "w") as f:
        f.write("#!/bin/sh\nexec %s %s/collectord-recorder \"$@\"\n" % (words, BUILD))
    os.chmod(path, stat.S_IRWXU)
    writer = os.path.join(folder, "collectord-writer")
    if not os.path.lexists(writer):
        os.symlink(os.path.join(BUILD, "collectord-writer"), writer)
    return folder


def count_calls(template, top):
    """How often each call happens in a short run."""
    trace = os.path.join(top, "trace")
    feed = Feed(libexec=wrapped(os.path.join(top, "count"),
                                "strace -D -f -qq -o %s -e trace=%s" % (trace, ",".join(CALLS))),
                rate=200, batch=20)
    shutil.copytree(template.data, feed.data)
    feed.start(ticks=60)
    feed.wait()
    feed.remove()
    counts = {}
    with open(trace) as f:
        for line in f:
            words = line.split(None, 1)
            name = words[1].split("(")[0] if len(words) > 1 and "(" in words[1] else ""
            if name in CALLS:
                counts[name] = counts.get(name, 0) + 1
    return counts


def one(template, libexec, env=None, forever=False):
    """Problems after a faulty run and a healthy one."""
    feed = Feed(libexec=libexec, rate=300, batch=15, env=env)
    shutil.copytree(template.data, feed.data)
    feed.start(ticks=80)
    problems = []
    # each new process meets the same fault at the same call: a writer that never gets
    # through, or a loader, may keep the end waiting; what must not be is silence
    try:
        feed.process.wait(1 if forever else 4)
    except subprocess.TimeoutExpired:
        if "ended with code" not in feed.log() and not forever and \
                feed.ask("health", 10) is None and feed.process.poll() is None:
            problems.append("the recorder does not answer")
        feed.kill_group()
    feed.process = None
    if "signal 11" in feed.log() or "signal 6" in feed.log():
        problems.append("a crash: " + feed.log()[-300:])
    feed.libexec = BUILD
    feed.env.pop("SHORT_EVERY", None)
    feed.env.pop("LD_PRELOAD", None)
    feed.start(ticks=30)
    try:
        code = feed.process.wait(45)
    except subprocess.TimeoutExpired:
        code = None
        feed.kill_group()
    feed.process = None
    if code != 0:
        problems.append("the run without faults ended with %s" % code)
    result = feed.verify()
    if result["missing"] or result["wrong"] or result["stored"] < 30:
        problems.append(result["text"])
    if problems:
        problems.append(feed.log()[-400:])
    feed.remove()
    return problems


def main():
    share = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    if not shutil.which("strace"):
        skip("T08 system calls", "strace is not installed")
        finish()
    top = tempfile.mkdtemp(prefix="headroom-syscalls-")
    probe = subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"],
                           stderr=subprocess.PIPE)
    if probe.returncode != 0:
        skip("T08 system calls", "strace may not trace here")
        finish()
    template = Feed(rate=400, batch=20)
    template.start(ticks=60)
    template.wait()
    counts = count_calls(template, top)
    triples = [(call, error, k, forever)
               for call in sorted(counts) for error in ERRORS
               for k in range(1, counts[call] + 1) for forever in (False, True)]
    chance = random.Random(SEED)
    chosen = [t for t in triples if chance.randrange(share) == 0] or triples[:1]
    bad = []
    for number, (call, error, k, forever) in enumerate(chosen):
        words = "strace -D -f -qq -o /dev/null -e trace=%s -e inject=%s:error=%s:when=%d%s" % (
            call, call, error, k, "+" if forever else "")
        libexec = wrapped(os.path.join(top, "inject.%d" % number), words)
        problems = one(template, libexec, forever=forever)
        if problems:
            bad.append("%s %s at %d%s: %s" % (call, error, k, "+" if forever else "",
                                              "; ".join(problems)))
            print("#", bad[-1][:600], flush=True)
        shutil.rmtree(libexec)
    print("# T08: %d of %d faults injected into %d calls (%s), %d bad" % (
        len(chosen), len(triples), sum(counts.values()),
        ", ".join("%s %d" % i for i in sorted(counts.items())), len(bad)), flush=True)
    check("T08 failing system calls: no tick is lost, nothing crashes or hangs", not bad,
          " | ".join(bad)[:1500])

    source, shim = os.path.join(top, "shim.c"), os.path.join(top, "shim.so")
    with open(source, "w") as f:
        f.write(SHIM)
    built = subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-w", "-o", shim, source, "-ldl"])
    for every in (1, 2, 3, 7):
        if built.returncode != 0:
            skip("T08 short writes", "the shim cannot be compiled")
            break
        libexec = wrapped(os.path.join(top, "short.%d" % every),
                          "env LD_PRELOAD=%s SHORT_EVERY=%d" % (shim, every))
        problems = one(template, libexec)
        check("T08 every write number %d cut short: no tick is lost" % every, not problems,
              "; ".join(problems)[:900])
    template.remove()
    shutil.rmtree(top, ignore_errors=True)
    finish()


if __name__ == "__main__":
    main()
