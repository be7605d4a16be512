"""What the campaigns of T08 and T09 share: where a program makes system calls or
allocates (fault_shim.c), the list of faults that follows from it, and a campaign that
runs them, some at a time, in any share, and goes on where it was broken off."""
import concurrent.futures
import hashlib
import json
import os
import random
import subprocess
import threading
import time

from harness import BUILD, SEED, TOP

EIO, ENOSPC, EINTR, EAGAIN, SHORT = 5, 28, 4, 11, 0
EROFS, EMFILE, ENOMEM = 30, 24, 12
ERRORS = {EIO: "EIO", ENOSPC: "ENOSPC", EINTR: "EINTR", EAGAIN: "EAGAIN", EROFS: "EROFS",
          EMFILE: "EMFILE", ENOMEM: "ENOMEM", SHORT: "short"}
CALLS = {0: "read", 1: "write", 3: "close", 7: "poll", 8: "lseek", 9: "mmap", 17: "pread64",
         18: "pwrite64", 20: "writev", 21: "access", 26: "msync", 28: "madvise", 41: "socket",
         42: "connect", 44: "sendto", 45: "recvfrom", 49: "bind", 50: "listen",
         61: "wait4", 62: "kill", 72: "fcntl", 73: "flock", 74: "fsync", 75: "fdatasync",
         77: "ftruncate", 82: "rename", 83: "mkdir", 84: "rmdir", 87: "unlink",
         90: "chmod", 91: "fchmod", 137: "statfs", 157: "prctl", 217: "getdents64",
         221: "fadvise64", 257: "openat", 262: "newfstatat", 263: "unlinkat",
         264: "renameat", 268: "fchmodat", 269: "faccessat", 271: "ppoll", 285: "fallocate",
         288: "accept4", 293: "pipe2", 302: "prlimit64", 332: "statx", 439: "faccessat2",
         -1: "allocation", -2: "posix_spawn"}
TRANSFERS = (0, 1, 17, 18, 44, 45)  # what can do less than it was asked for
TAKES_DESCRIPTOR = (9, 41, 257, 288, 293, -2)
WORKERS = 6  # most of the time they wait


def patience(seconds):
    """So long on a quiet machine; longer where others want its processors too."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def build_shim(folder):
    """The library, or None where there is no compiler."""
    shim = os.path.join(folder, "shim.so")
    done = subprocess.run(
        [*os.environ.get("CC", "cc").split(), "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE",
         "-I", TOP, "-o", shim, os.path.join(TOP, "tests/faults/fault_shim.c"),
         os.path.join(TOP, "tests/faults/fault_sites.c"), "-ldl"], capture_output=True)
    return shim if done.returncode == 0 else None


def why_not(shim):
    """None, or why nothing can be injected here."""
    if os.path.basename(BUILD).startswith("asan"):
        return "a sanitizer has its own malloc and its own signals"
    if not shim:
        return "no C compiler for the shim"
    done = subprocess.run(["true"], capture_output=True, env=dict(
        os.environ, LD_PRELOAD=shim, FAULT_PROGRAM="true", FAULT_KIND="call"))
    if done.returncode != 0:
        return "this kernel has no syscall user dispatch: " + done.stderr.decode()[-100:]
    return None


def aside(store):
    """What was taken for damaged and moved aside: nothing is damaged in these tests."""
    found = []
    for folder, _, names in os.walk(store):
        found += [os.path.relpath(os.path.join(folder, n), store) for n in names
                  if "damaged" in n]
    return sorted(found)


class Site:
    """One place of one program, and how often it was come by."""

    def __init__(self, line):
        words = line.split()
        self.program, self.kind = words[0], words[1]
        self.number, self.key, self.calls = int(words[2]), words[3], int(words[4])
        self.frames = words[5:]

    def call(self):
        return CALLS.get(self.number, "call %d" % self.number)

    def stack(self):
        """Functions from the inside out, where there are symbols."""
        addresses = [f.split("+")[1] for f in self.frames if f.startswith("-+")]
        # a return address is behind the call
        addresses = ["%x" % (int(a, 16) - 1) for a in addresses]
        done = subprocess.run(["addr2line", "-f", "-s", "-e",
                               os.path.join(BUILD, self.program)] + addresses,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              universal_newlines=True)
        names = done.stdout.split("\n")[::2]
        names = [n for n in names if n and n not in ("main", "_start", "??")]
        return "%s < %s" % (self.frames[0] if self.frames else "", " < ".join(names[:9]))


def read_sites(path):
    """Every site of the runs that wrote the list, each once."""
    found = {}
    if not os.path.exists(path):
        return []
    with open(path) as f:
        for line in f:
            site = Site(line)
            known = found.setdefault((site.program, site.kind, site.key), site)
            known.calls = max(known.calls, site.calls)
    return sorted(found.values(), key=lambda s: (s.program, s.kind, s.number, s.key))


class Fault:
    def __init__(self, scenario, site, at, error, forever):
        self.scenario, self.site, self.at = scenario, site, at
        self.error, self.forever = error, forever

    def env(self, shim, mark):
        env = {"LD_PRELOAD": shim, "FAULT_PROGRAM": self.site.program,
               "FAULT_KIND": self.site.kind, "FAULT_SITE": self.site.key,
               "FAULT_NUMBER": str(self.site.number), "FAULT_AT": str(self.at),
               "FAULT_ERRNO": str(self.error), "FAULT_MARK": mark}
        if self.forever:
            env["FAULT_FOREVER"] = "1"
        return env

    def is_storm(self):
        """Interrupted for ever, as no kernel does: who repeats the call stands still."""
        return self.forever and self.error == EINTR

    def key(self):
        return "%s %s %s %d %d %d" % (self.scenario, self.site.program, self.site.key,
                                      self.at, self.error, self.forever)

    def __str__(self):
        what = "" if self.site.number == -1 else " " + ERRORS[self.error]
        return "%s: %s %s%s at %d of %d%s: %s" % (
            self.scenario, self.site.program, self.site.call(), what, self.at,
            self.site.calls, " for ever" if self.forever else "", self.site.stack())


def faults_of(scenario, sites):
    """Every site x error x {once, for ever}; once also at its last call.  With FAULTS_PLACES
    each site once: enough to pass through what is done about it (make coverage)."""
    found = []
    if os.environ.get("FAULTS_PLACES"):
        return [Fault(scenario, site, 1, ENOMEM if site.number == -1 else EIO, False)
                for site in sites]
    for site in sites:
        errors = [ENOMEM] if site.number == -1 else [EIO, ENOSPC, EINTR, EAGAIN]
        if site.number in TRANSFERS:
            errors.append(SHORT)
        if site.number in TAKES_DESCRIPTOR:
            errors += [EROFS, EMFILE, ENOMEM]
        for error in errors:
            for forever in (False, True):
                found.append(Fault(scenario, site, 1, error, forever))
            if site.calls > 1 and error in (EIO, SHORT, ENOMEM):
                found.append(Fault(scenario, site, site.calls, error, False))
    return found


def programs_id(names):
    """Changes with the programs: their sites do too."""
    digest = hashlib.sha256()
    for name in sorted(set(names)):
        with open(os.path.join(BUILD, name), "rb") as f:
            digest.update(f.read())
    return digest.hexdigest()


class Campaign:
    """Runs faults by one(fault, worker), which returns (has_fired, problems).

    every: a share; seconds: stops after so long, to go on from the state file the next
    time.  What was found bad stays in that file too."""

    def __init__(self, name, faults, one, every=1, seconds=None, state=None):
        self.name, self.one, self.state = name, one, state
        order = list(faults)
        random.Random("%s %d" % (name, SEED)).shuffle(order)
        self.total = len(order)
        self.chosen = order[::every] if every > 1 else order
        self.end = time.monotonic() + seconds if seconds else None
        self.lock = threading.Lock()
        self.done, self.fired, self.bad = set(), 0, []
        self.build = programs_id(f.site.program for f in self.chosen)
        self.read_state()

    def read_state(self):
        if not self.state or not os.path.exists(self.state):
            return
        wanted = {f.key() for f in self.chosen}
        with open(self.state) as f:
            if f.readline().strip() != self.build:
                os.unlink(self.state)  # of other programs
                return
            for line in f:
                told = json.loads(line)
                if told["fault"] not in wanted:
                    continue
                self.done.add(told["fault"])
                self.fired += told["fired"]
                if told["problems"]:
                    self.bad.append("%s: %s" % (told["text"], "; ".join(told["problems"])))

    def note(self, fault, fired, problems):
        with self.lock:
            self.done.add(fault.key())
            self.fired += fired
            if problems:
                self.bad.append("%s: %s" % (fault, "; ".join(problems)))
                print("#", self.bad[-1][:1200].replace("\n", " / "), flush=True)
            if self.state:
                with open(self.state, "a") as f:
                    if f.tell() == 0:
                        f.write(self.build + "\n")
                    f.write(json.dumps({"fault": fault.key(), "fired": fired,
                                        "text": str(fault) if problems else "",
                                        "problems": problems}) + "\n")

    def work(self, worker, queue):
        while True:
            with self.lock:
                if not queue or (self.end and time.monotonic() > self.end):
                    return
                fault = queue.pop()
            try:
                fired, problems = self.one(fault, worker)
            except Exception as e:  # the harness itself: as bad as a finding
                fired, problems = False, ["the harness: %r" % e]
            self.note(fault, fired, problems)

    def run(self):
        """True when all of the share was run."""
        queue = [f for f in reversed(self.chosen) if f.key() not in self.done]
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for future in [pool.submit(self.work, w, queue) for w in range(WORKERS)]:
                future.result()
        is_whole = len(self.done) >= len(self.chosen)
        print("# %s: %d of %d faults, %d of them met, %d bad, %.0f s%s" % (
            self.name, len(self.done), self.total, self.fired, len(self.bad),
            time.monotonic() - began, "" if is_whole else "; run again to go on"),
            flush=True)
        if is_whole and self.state and os.path.exists(self.state):
            os.unlink(self.state)
        return is_whole
