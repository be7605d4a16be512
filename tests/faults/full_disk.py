"""T06, T07: a full disk, no inodes, SIGBUS in librrd, read-only file systems, a device that
gives errors, a frozen one; on file systems of our own in a mount namespace of our own.

    full_disk.py            every drill, all at a time: they mostly wait
    full_disk.py NAME...    these drills (their functions' names)
    full_disk.py mutants    against programs with one deliberate fault each

Each: sampling goes on, what cannot be kept is counted and reported, the log says it once,
and all is well within seconds after the disk is.
"""
import concurrent.futures
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time

from harness import BUILD, Feed, build_mutants, check, fail, finish, skip, until

SCRIPT = os.path.abspath(__file__)
WELL_S = 12  # the longest pause between two tries is 10 s
PAGE = 4096
TRIES = "; ticks are held, next try in"


class Absent(Exception):
    """What a drill needs is not here."""


def run(*words):
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          universal_newlines=True)


class Disk:
    """A file system of our own, and a feed whose store lies on it."""

    def __init__(self, kind, **feed):
        setting = dict(feed)
        self.feed = Feed(libexec=setting.pop("libexec", None),
                         env=setting.pop("env", None), **setting)
        self.mount = os.path.join(self.feed.top, "disk")
        os.makedirs(self.mount)
        self.backing = None
        self.kind = kind
        self.feed.data = os.path.join(self.mount, "data")
        self.problems = []

    def need(self, what, *words):
        done = run(*words)
        if done.returncode != 0:
            self.remove()
            raise Absent("%s: %s" % (what, done.stderr.strip()[-200:]))

    def make(self, options="", size=64 << 20):
        """A tmpfs, or an ext4 on a loop device; "thin": on one that is not there yet."""
        if self.kind == "tmpfs":
            self.need("a tmpfs", "mount", "-t", "tmpfs", "-o", options, "tmpfs", self.mount)
            return self
        folder = self.feed.top
        words = ["mkfs.ext4", "-q", "-F"]
        if self.kind == "thin":
            self.backing = folder = os.path.join(self.feed.top, "backing")
            os.makedirs(folder)
            self.need("a tmpfs", "mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)
            words += ["-O", "^has_journal", "-E", "nodiscard"]
        self.image = os.path.join(folder, "image")
        with open(self.image, "wb") as f:
            f.truncate(size)
        self.need("an ext4", *words, self.image)
        self.attach()
        return self

    def attach(self):
        self.need("a loop device", "mount", "-o", "loop,nodiscard", self.image, self.mount)

    def remount(self, options):
        return run("mount", "-o", "remount," + options, self.mount).returncode == 0

    def fill(self, where=None):
        """To the last byte; again where something was freed."""
        with open(os.path.join(where or self.mount, "filler"), "ab", buffering=0) as f:
            size = 1 << 20
            while size >= 1:
                try:
                    if f.write(bytes(size)) < size:
                        raise OSError
                except OSError:
                    size //= 2

    def free(self, where=None):
        os.unlink(os.path.join(where or self.mount, "filler"))

    def expect(self, condition, text):
        if not condition:
            self.problems.append(text)
        return condition

    def remove(self):
        if self.feed.process:
            self.feed.kill_group()
        run("umount", "-l", self.mount)
        if self.backing:
            run("umount", "-l", self.backing)
        self.feed.remove()

    # ---- what is asked of the daemon ------------------------------------------------

    def live(self):
        words = (self.feed.ask("health") or "").split()[1:]
        return {k: int(v) for k, v in zip(words[::2], words[1::2])}

    def analyze(self, *words):
        done = subprocess.run([os.path.join(BUILD, "analyze"), *words, "--data",
                               self.feed.data], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, universal_newlines=True)
        return done.stdout

    def status(self):
        text = self.analyze("status", "--json")
        return json.loads(text)["collector"] if text else {}

    def goes_on(self, seconds=1.5):
        """Sampling does, meanwhile: ticks are taken or counted as dropped."""
        before = len(self.feed.acks()) + self.live().get("dropped", 0)
        time.sleep(seconds)
        after = len(self.feed.acks()) + self.live().get("dropped", 0)
        self.expect(self.feed.process.poll() is None and after > before,
                    "sampling stood still: %d, then %d ticks" % (before, after))

    def is_reported(self):
        """While nothing can be stored: to who looks."""
        for verb in ("check", "status"):
            text = self.analyze(verb)
            self.expect("cannot be stored" in text, "analyze %s does not tell that nothing "
                        "is stored: %s" % (verb, text[:300]))
        status = self.status()
        self.expect(status.get("running") and status.get("held", 0) > 0,
                    "analyze status does not show what is held: %s" % status)

    def gets_well(self):
        """From now on it can: how long it takes."""
        began = time.monotonic()
        came = until(lambda: self.live().get("failing") == 0 and
                     (self.feed.ask("flush") or "").startswith("ok"), WELL_S + 8)
        took = time.monotonic() - began
        self.expect(came and took <= WELL_S,
                    "not well %.1f s after the disk was" % took)
        return took

    def says_once(self, what=TRIES, most=2):
        """Staging and batches fail apart: once each, however often they are tried."""
        told = self.feed.log().count(what)
        self.expect(1 <= told <= most, "the log says it %d times" % told)

    def end(self, need, code=0):
        """In order, everything that was taken is stored, what was dropped is a gap."""
        dropped = self.live().get("dropped", 0)
        ended = self.feed.stop()
        self.expect(ended == code, "the end: %s" % ended)
        self.judge(need, dropped)

    def judge(self, need, dropped=0):
        result = self.feed.verify()
        self.expect(result["wrong"] == 0 and result["missing"] == 0 and
                    result["extra"] == 0 and result["stored"] >= need, result["text"])
        fsck_code, text = self.feed.fsck()
        self.expect(fsck_code == 0, "fsck: " + text[-200:])
        if not dropped:
            return
        told = self.status().get("dropped")
        self.expect(told == dropped, "%s dropped ticks told of %d" % (told, dropped))
        gaps = self.feed.query('SELECT sum("to" - "from") FROM (SELECT begin_at AS "from", '
                               'end_at AS "to" FROM gaps WHERE reason = \'dropped\')')[0][0]
        self.expect(gaps == dropped, "gaps of %s s for %d dropped" % (gaps, dropped))

    def has_event(self):
        """It stays to be read, when the log is gone."""
        found = self.feed.query("SELECT text FROM events WHERE kind = 'trouble'")
        self.expect(found, "no event tells of it")


# ---- T06: no space, no inodes ---------------------------------------------------------

def full_after_start(**setting):
    """RRD files are made whole at once: a full disk later costs nothing."""
    disk = Disk("tmpfs", rate=200, batch=20, **setting).make("size=24m")
    disk.feed.start()
    until(lambda: len(disk.feed.acks()) > 100, 10)
    disk.fill()
    disk.goes_on()
    disk.free()
    disk.gets_well()
    disk.end(300)
    return disk


def full_before_start(**setting):
    """Neither staging nor files can be made: ticks wait in the ring, then are counted."""
    disk = Disk("tmpfs", rate=100, batch=20, drop=1, **setting).make("size=24m")
    feed = disk.feed
    os.makedirs(feed.data)
    run(os.path.join(BUILD, "tests/tools/feed"), "run", feed.data, feed.runtime, BUILD,
        "ticks=5")
    for name in ("staging", "rrd"):
        path = os.path.join(feed.data, name)
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    disk.fill()
    feed.start()
    disk.goes_on(2)
    disk.is_reported()
    disk.free()
    disk.gets_well()
    disk.says_once()
    time.sleep(1)
    disk.end(50)
    disk.has_event()
    return disk


def no_inodes(**setting):
    disk = Disk("tmpfs", rate=200, batch=20, **setting).make("size=32m,nr_inodes=12")
    disk.feed.start()
    disk.goes_on(2)
    disk.remount("nr_inodes=200")
    disk.gets_well()
    disk.end(100)
    return disk


# ---- T07: the disk does other things than it should --------------------------------------

def full_at_creation(**setting):
    """There is room for staging and not for the archives: held, then stored."""
    disk = Disk("tmpfs", rate=200, batch=20, **setting).make("size=3m")
    disk.feed.start()
    disk.goes_on(2.5)
    disk.expect(disk.live().get("staged", 0) > 0, "nothing is held in staging")
    disk.is_reported()
    disk.remount("size=32m")
    disk.gets_well()
    disk.says_once()
    disk.end(300)
    disk.has_event()
    return disk


def unwritten(path, length):
    """Where the base rows of the archive have room that no tick has reached yet."""
    with open(path, "rb") as f:
        head = f.read(4096)
        sources, archives = struct.unpack_from("<QQ", head, 24)
        at = (128 + 120 * sources + 120 * archives + 16 + 112 * sources +
              80 * sources * archives)
        f.seek(at)
        row = struct.unpack("<Q", f.read(8))[0]
    rows = struct.unpack_from("<Q", head, 128 + 120 * sources + 24)[0]
    at += 8 * archives
    end = (at + rows * sources * 8) // PAGE * PAGE
    begin = (at + (row + 1) * sources * 8) // PAGE * PAGE + PAGE
    if begin + PAGE >= end:  # the pointer is about to turn
        begin = at // PAGE * PAGE + PAGE
    return begin, min(length, end - begin)


def sigbus(**setting):
    """
    A page of a mapped archive that the file system has no room for.  The recorder is
    stopped while no writer runs, the pages that the next ticks go to become holes and
    every free block is taken: a writer must meet a hole, and nothing can fill it.  The
    archives lie on a file system of their own: where the database has no room either,
    batches wait for that and no writer runs.
    """
    disk = Disk("tmpfs", rate=200, batch=20, **setting).make("size=24m")
    feed = disk.feed
    archives = os.path.join(feed.data, "rrd")
    os.makedirs(archives)
    disk.need("a tmpfs", "mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", archives)
    feed.start()
    path = os.path.join(feed.data, "rrd/fed/memory.rrd")
    until(lambda: os.path.exists(path), 10)
    recorder = feed.recorder()
    while True:
        os.kill(recorder, signal.SIGSTOP)
        if not feed.writer():
            break
        os.kill(recorder, signal.SIGCONT)
        time.sleep(0.005)
    offset, length = unwritten(path, 1 << 20)
    done = run("fallocate", "--punch-hole", "--offset", str(offset), "--length",
               str(length), path)
    disk.expect(done.returncode == 0, "no hole: " + done.stderr)
    # to the checksums of rows the hole is damage (T17), which is not what this is about
    for number in (0, 1):
        if os.path.exists("%s/sums.%d" % (feed.data, number)):
            os.unlink("%s/sums.%d" % (feed.data, number))
    disk.fill(archives)
    disk.expect(os.statvfs(archives).f_bfree == 0, "the disk is not full")
    os.kill(recorder, signal.SIGCONT)
    died = until(lambda: "signal 7" in feed.log(), 10)
    disk.expect(died, "the writer did not die of SIGBUS")
    disk.goes_on()
    disk.is_reported()
    disk.free(archives)
    disk.gets_well()
    disk.says_once("signal 7", 1)
    disk.expect(feed.recorder() == recorder, "the recorder died too")
    disk.end(300)
    disk.has_event()
    return disk


def read_only(**setting):
    """
    A real remount under the sampler that runs, read-only and back.  The kernel allows it
    where no file is open for writing: the recorder is killed while its parent is stopped,
    the next one finds the file system as it is.
    """
    disk = Disk("ext4", rate=50, batch=20, drop=1, **setting).make()
    feed = disk.feed
    feed.start()
    until(lambda: len(feed.acks()) > 60, 10)
    os.kill(feed.process.pid, signal.SIGSTOP)
    os.kill(feed.recorder(), signal.SIGKILL)
    came = until(lambda: disk.remount("ro"), 5)
    os.kill(feed.process.pid, signal.SIGCONT)
    disk.expect(came, "the file system could not be remounted")
    before = len(feed.acks())
    time.sleep(2)
    disk.expect(len(feed.acks()) > before, "sampling stood still")
    disk.expect("Read-only file system" in feed.log(), "the log does not say why")
    disk.expect(disk.remount("rw"), "nor back")
    disk.gets_well()
    disk.end(100)
    return disk


def aborted(**setting):
    """
    ext4 gives itself up (as after an error of its journal) under open files: read-only
    for good.  What waits is in staging and in the ring; after a repair it is stored.
    """
    disk = Disk("ext4", rate=30, batch=20, drop=1, **setting).make()
    feed = disk.feed
    feed.start()
    until(lambda: len(feed.acks()) > 60, 10)
    disk.remount("abort")
    with_error = run("touch", os.path.join(disk.mount, "x")).stderr
    disk.expect("Read-only" in with_error, "the file system was not aborted")
    disk.goes_on(1)
    disk.is_reported()
    disk.says_once()
    disk.expect(disk.live().get("dropped") == 0, "dropped although the ring has room")
    feed.kill_group()
    run("umount", disk.mount)
    disk.expect(run("e2fsck", "-p", disk.image).returncode in (0, 1), "no repair")
    disk.attach()
    feed.start(ticks=30)
    disk.expect(feed.wait() == 0, "the start after the repair")
    disk.judge(80)
    return disk


def device_errors(**setting):
    """
    A device that refuses writes: a loop device on a sparse file that cannot grow, as a
    thin volume without space.  Without a journal the file system stays, and fsync fails.
    """
    disk = Disk("thin", rate=200, batch=20, keep_base="6h", **setting).make(
        "size=100m", 128 << 20)
    feed = disk.feed
    feed.start(ticks=30)
    disk.expect(feed.wait() == 0, "the start")
    os.sync()
    disk.fill(disk.backing)
    feed.start(pad=50)  # more columns: archives that the device has no blocks for
    disk.goes_on(2)
    disk.is_reported()
    disk.free(disk.backing)
    disk.gets_well()
    disk.says_once()
    disk.end(100)
    disk.has_event()
    return disk


def frozen(**setting):
    """I/O that hangs for a while."""
    disk = Disk("ext4", rate=100, batch=20, drop=1, **setting).make()
    feed = disk.feed
    feed.start()
    until(lambda: len(feed.acks()) > 60, 10)
    if run("fsfreeze", "-f", disk.mount).returncode != 0:
        disk.remove()
        raise Absent("fsfreeze")
    before = len(feed.acks())
    time.sleep(1.5)
    disk.expect(feed.process.poll() is None and len(feed.acks()) > before,
                "sampling stood still")
    run("fsfreeze", "-u", disk.mount)
    disk.gets_well()
    disk.end(60)
    return disk


DRILLS = {
    full_after_start: "T06 a full disk after the start",
    full_before_start: "T06 no space at the start",
    no_inodes: "T06 no inodes",
    full_at_creation: "T07 no room for the archives",
    sigbus: "T07 SIGBUS in librrd",
    read_only: "T07 remounted read-only and back",
    aborted: "T07 a file system that gives itself up",
    device_errors: "T07 a device that refuses writes",
    frozen: "T07 a frozen file system",
}
# fault in the programs, the drill that must notice it
MUTANTS = [("no-second-try", full_at_creation), ("staging-error-ignored", aborted),
           ("dead-writer-trusted", sigbus)]


def drill_of(function, **setting):
    """(problems, the log's end); Absent passes through."""
    disk = function(**setting)
    problems, log = disk.problems, disk.feed.log()[:600]
    disk.remove()
    return problems, log


def drills(names):
    chosen = [d for d in DRILLS if not names or d.__name__ in names]
    with concurrent.futures.ThreadPoolExecutor(len(chosen)) as pool:
        waiting = [(d, pool.submit(drill_of, d)) for d in chosen]
        for function, future in waiting:
            name = DRILLS[function]
            try:
                problems, log = future.result()
            except Absent as why:
                skip(name, "not here: %s" % why)
                continue
            except Exception as e:  # a drill that breaks must not hide the others
                fail(name, repr(e))
                continue
            check(name, not problems, "; ".join(problems) + " | " + log)


def mutants():
    libexec = build_mutants()
    if not libexec:
        fail("T00 mutants", "they cannot be built")
        return
    for name, function in MUTANTS:
        try:
            problems, _ = drill_of(function, libexec=libexec,
                                   env={"HEADROOM_MUTANT": name})
        except Absent as why:
            skip("T00 mutant " + name, "not here: %s" % why)
            continue
        print("# mutant %s: %s" % (name, "; ".join(problems)[:200]), flush=True)
        check("T00 mutant %s is caught by %s" % (name, DRILLS[function]), problems,
              "nothing was noticed")


def main(words):
    if words[:1] != ["inside"]:
        # as root directly, else in a user namespace; where neither works it is skipped
        for how in (["unshare", "-m"], ["unshare", "-Urm"]):
            if run(*how, "sh", "-c", "mount -t tmpfs tmpfs /mnt").returncode == 0:
                sys.exit(subprocess.call(how + [sys.executable, SCRIPT, "inside"] + words))
        skip("T06 T07 full disk", "no mount namespace can be made here: "
             "not permitted, or / is no mount point (a chroot)")
        finish()
    if words[1:] == ["mutants"]:
        mutants()
    else:
        drills(words[1:])
    finish()


if __name__ == "__main__":
    main(sys.argv[1:])
