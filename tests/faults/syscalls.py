"""T08, T09: system calls and allocations of recorder and writer fail, once and for ever.

    syscalls.py [EVERY [SECONDS]]    every EVERY-th fault (1: all), for SECONDS at most; run
                                     again it goes on where it was
    syscalls.py mutants              against programs with one deliberate fault each

Each place in the code that makes a call or allocates (told apart by its whole stack, see
fault_shim.c) meets EIO, ENOSPC, EINTR, EAGAIN, short reads and writes, and where
descriptors or names are made EROFS, EMFILE and ENOMEM.  After each: nothing crashed, nothing
hung, and after a run without faults every tick is stored and fsck is content.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from harness import BUILD, Feed, build_mutants, check, fail, finish, skip, until
from sites import (ENOMEM, ENOSPC, SHORT, Campaign, Fault, aside, build_shim, faults_of,
                   patience, read_sites, why_not)

SPEED = 20  # how fast time passes for those who meet the fault
HANG_S, STALL_S = 10, 1
TICKS = 60
TEMPLATES_MOST = 5
OPTIONS = dict(rate=1000, batch=20, keep_base="2h", keep_fine="1d", keep_coarse="2d",
               alert_webhook="http://127.0.0.1:9/none")
PROGRAMS = ("collectord-recorder", "collectord-writer")
STATE = os.path.join(BUILD, "faults-%s.state")


class Daemon:
    """The two ways a run begins: with nothing, and with what a killed one left."""

    def __init__(self, top, libexec=None, env=None):
        self.top, self.libexec, self.extra = top, libexec, env or {}
        self.stalls = 0
        for left in range(TEMPLATES_MOST, 0, -1):
            self.template = self.make_template()
            feed = self.feed("old")
            problems = self.recover(feed)
            feed.remove()
            if not problems or left == 1:  # then each fault will say it
                return
            self.template.remove()

    def make_template(self):
        """What a killed daemon left.  The kill may come between a tick and the note of it,
        which is then taken for one that nobody published: a run without a fault tells."""
        template = self.feed("template")
        template.start(ticks=TICKS)
        template.wait()
        template.start(batch=1000)
        until(lambda: len(template.durable()) > TICKS + 30, 10)
        template.kill_group()
        return template

    def feed(self, scenario):
        feed = Feed(libexec=self.libexec, env=dict(self.extra), **OPTIONS)
        if scenario == "old":
            for folder in ("data", "run"):
                shutil.copytree(os.path.join(self.template.top, folder),
                                os.path.join(feed.top, folder),
                                ignore=shutil.ignore_patterns("*.sock"))
            for run in range(1, self.template.runs + 1):
                shutil.copy(os.path.join(self.template.top, "acks.%d" % run), feed.top)
            feed.runs = self.template.runs
        return feed

    def meet(self, feed, env, is_forever, may_stall=False):
        """The run with the fault; what was wrong."""
        problems = []
        feed.env.update(env, FAULT_SPEED=str(SPEED))
        feed.start(ticks=10 * TICKS if is_forever else TICKS)
        if is_forever:
            time.sleep(0.15)
        else:
            time.sleep(0.03)
        feed.ask("flush", 0.3)
        if is_forever:
            time.sleep(0.15)
            feed.process.send_signal(signal.SIGTERM)
        try:
            # no kernel interrupts a call for ever: who repeats it (SQLite does) is killed,
            # and nothing may be lost by that
            feed.process.wait(patience(STALL_S if may_stall else HANG_S))
        except subprocess.TimeoutExpired:
            if may_stall:
                self.stalls += 1
            else:
                problems.append("a hang")
        feed.kill_group()
        log = feed.log()
        if "died of signal" in log:
            problems.append("a crash: " + log[-300:])
        for name in list(feed.env):
            if name.startswith("FAULT_") or name == "LD_PRELOAD":
                del feed.env[name]
        return problems

    def recover(self, feed):
        """The next run, without faults: everything is there."""
        problems = ["taken for damaged: %s" % p for p in aside(feed.data)]
        feed.start(ticks=20)
        try:
            code = feed.process.wait(patience(45))
        except subprocess.TimeoutExpired:
            code = None
        feed.kill_group()
        if code != 0:
            problems.append("the run without faults ended with %s" % code)
        result = feed.verify()
        if result["missing"] or result["wrong"] or result["extra"] or \
                result["stored"] < 20:
            problems.append(result["text"])
        fsck_code, text = feed.fsck()
        if fsck_code != 0:
            problems.append("fsck: " + text[-200:])
        if problems:
            problems.append(feed.log()[-700:])
        return problems

    def one(self, shim):
        def run(fault, worker):
            feed = self.feed(fault.scenario)
            mark = os.path.join(feed.top, "mark")
            try:
                problems = self.meet(feed, fault.env(shim, mark), fault.forever,
                                     fault.is_storm())
                problems += self.recover(feed)
                return os.path.exists(mark), problems
            finally:
                feed.remove()
        run.daemon = self
        return run

    def sites(self, shim, scenario, program, kind):
        path = os.path.join(self.top, "list")
        feed = self.feed(scenario)
        self.meet(feed, {"LD_PRELOAD": shim, "FAULT_PROGRAM": program, "FAULT_KIND": kind,
                         "FAULT_LIST": path}, False)
        feed.remove()
        found = read_sites(path)
        if os.path.exists(path):
            os.unlink(path)
        return found


def all_faults(daemon, shim, kind):
    found, known = [], set()
    for scenario in ("new", "old"):
        for program in PROGRAMS:
            sites = daemon.sites(shim, scenario, program, kind)
            # what the first scenario came by too is met there
            fresh = [s for s in sites if (program, s.key) not in known]
            known.update((program, s.key) for s in fresh)
            found += faults_of(scenario, fresh)
            print("# %s of %s, %s store: %d at %d places, %d of them met here" % (
                "calls" if kind == "call" else "allocations", program, scenario,
                sum(s.calls for s in sites), len(sites), len(fresh)), flush=True)
    return found


def campaign(top, kind, every, seconds=None, name=None, **setting):
    shim = build_shim(top)
    daemon = Daemon(top, **setting)
    return Campaign(name or kind, all_faults(daemon, shim, kind), daemon.one(shim), every,
                    seconds, STATE % kind if seconds else None)


# fault in the programs, what fails then: kind, calls, error; and who makes them
MUTANTS = [("short-write-trusted", "call", (1, 18), SHORT, "collectord-recorder"),
           ("staging-error-ignored", "call", (18,), ENOSPC, "collectord-recorder"),
           ("allocation-unchecked", "memory", (-1,), ENOMEM, "collectord-writer")]


def mutants(top, shim):
    """Each must be noticed by some fault that it does not heed."""
    libexec = build_mutants()
    if not libexec:
        fail("T00 mutants", "they cannot be built")
        return
    for name, kind, numbers, error, program in MUTANTS:
        daemon = Daemon(top, libexec=libexec, env={"HEADROOM_MUTANT": name})
        caught = None
        for site in daemon.sites(shim, "new", program, kind):
            if site.number in numbers and not caught:
                caught = daemon.one(shim)(Fault("new", site, 1, error, False), 0)[1]
        daemon.template.remove()
        print("# mutant %s: %s" % (name, "; ".join(caught or [])[:200].replace("\n", " / ")),
              flush=True)
        check("T00 mutant %s is caught by %s" % (name, "T08" if kind == "call" else "T09"),
              caught, "nothing was noticed")


def main(words):
    numbers = [float(w) for w in words if w[0].isdigit()]
    every = int(numbers[0]) if numbers else 400
    seconds = numbers[1] if len(numbers) > 1 else None
    # everything of a run in memory: what the disk does is not what is tested here
    tempfile.tempdir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    top = tempfile.mkdtemp(prefix="headroom-syscalls-")
    why = why_not(build_shim(top))
    if why:
        skip("T08 T09 failing calls of recorder and writer", why)
        finish()
    if words == ["mutants"]:
        mutants(top, build_shim(top))
        shutil.rmtree(top, ignore_errors=True)
        finish()
    for kind, name in (("call", "T08 failing system calls"),
                       ("memory", "T09 failing allocations")):
        if kind not in words and ("call" in words or "memory" in words):
            continue
        run = campaign(top, kind, every, seconds)
        if run.run():
            check(name + " of recorder and writer", not run.bad and run.fired > 0,
                  " | ".join(run.bad)[:1500])
        elif run.bad:
            fail(name + " of recorder and writer", " | ".join(run.bad)[:1500])
        run.one.daemon.template.remove()
    shutil.rmtree(top, ignore_errors=True)
    finish()


if __name__ == "__main__":
    main(sys.argv[1:])
