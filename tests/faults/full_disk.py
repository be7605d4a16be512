"""T06, T07: full disk, no inodes, SIGBUS in librrd (a read-only file system: T08); a tmpfs
in a mount namespace of its own.

    full_disk.py        sampling goes on, what cannot be kept is counted, and all is well
                        after space returns
"""
import os
import shutil
import subprocess
import sys
import time

from harness import BUILD, SEED, Feed, check, fail, finish, skip, until

SCRIPT = os.path.abspath(__file__)


class Small:
    """A small file system of our own, and a feed whose store lies on it."""

    def __init__(self, options, **feed):
        self.feed = Feed(**feed)
        self.mount = os.path.join(self.feed.top, "disk")
        os.makedirs(self.mount)
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.mount],
                       check=True)
        self.feed.data = os.path.join(self.mount, "data")

    def remount(self, options):
        return subprocess.run(["mount", "-o", "remount," + options, self.mount],
                              stderr=subprocess.DEVNULL).returncode == 0

    def fill(self):
        """To the last byte."""
        with open(os.path.join(self.mount, "filler"), "ab", buffering=0) as f:
            size = 1 << 20
            while size >= 1:
                try:
                    if f.write(bytes(size)) < size:
                        raise OSError
                except OSError:
                    size //= 2

    def free(self):
        os.unlink(os.path.join(self.mount, "filler"))

    def remove(self):
        if self.feed.process:
            self.feed.kill_group()
        subprocess.run(["umount", "-l", self.mount])
        self.feed.remove()


def counters(feed):
    words = (feed.ask("health") or "").split()[1:]
    return {k: int(v) for k, v in zip(words[::2], words[1::2])}


def judge(name, feed, code, need, allow_lost=0):
    result = feed.verify()
    problems = []
    if code != 0:
        problems.append("the end: %s" % code)
    if result["wrong"] or result["missing"] > 7 * allow_lost or result["stored"] < need:
        problems.append(result["text"])
    fsck_code, text = feed.fsck()
    if fsck_code != 0:
        problems.append("fsck: " + text[-200:])
    check(name, not problems, "; ".join(problems) + feed.log()[-400:])


def full_after_start():
    """RRD files are made whole at once: a full disk later costs nothing."""
    small = Small("size=24m", rate=200, batch=20)
    feed = small.feed
    feed.start()
    until(lambda: len(feed.acks()) > 100, 10)
    small.fill()
    time.sleep(1.5)
    alive = feed.process.poll() is None
    during = len(feed.acks())
    time.sleep(0.5)
    went_on = len(feed.acks()) > during
    small.free()
    answer = feed.ask("flush")
    code = feed.stop()
    check("T06 full disk: sampling goes on and flush works after it",
          alive and went_on and (answer or "").startswith("ok"), "%s" % answer)
    judge("T06 full disk: every tick is stored after space returns", feed, code, 300)
    small.remove()


def full_before_start():
    """Neither staging nor files can be made: ticks wait in the ring, then are counted."""
    small = Small("size=24m", rate=100, batch=20, drop=1)
    feed = small.feed
    os.makedirs(feed.data)
    subprocess.run([os.path.join(BUILD, "tests/tools/feed"), "run", feed.data,
                    feed.runtime, BUILD, "ticks=5"], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    shutil.rmtree(feed.runtime, ignore_errors=True)
    for name in ("staging", "rrd"):
        path = os.path.join(feed.data, name)
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    small.fill()
    feed.start(start=1700001000)
    time.sleep(2)
    alive = feed.process.poll() is None
    small.free()
    began = time.monotonic()
    came = until(lambda: counters(feed).get("failing") == 0 and
                 (feed.ask("flush") or "").startswith("ok"), 25)
    took = time.monotonic() - began
    time.sleep(1)
    code = feed.stop()
    check("T06 no space at the start: the recorder lives and stores soon after (%.1f s)"
          % took, alive and came, feed.log()[-400:])
    judge("T06 no space at the start: what was acknowledged is stored", feed, code, 50,
          allow_lost=5)
    small.remove()


def full_at_creation():
    """There is room for staging and not for the archives: held, then stored."""
    small = Small("size=3m", rate=200, batch=20)
    feed = small.feed
    feed.start()
    time.sleep(2.5)
    alive = feed.process.poll() is None
    held = counters(feed).get("staged", 0)
    small.remount("size=32m")
    answer = None
    end = time.monotonic() + 15
    while time.monotonic() < end and not (answer or "").startswith("ok"):
        answer = feed.ask("flush")
        time.sleep(0.2)
    code = feed.stop()
    check("T07 no room for the archives: ticks are held (%d) and stored after" % held,
          alive and held > 0 and (answer or "").startswith("ok"), feed.log()[-400:])
    judge("T07 no room for the archives: nothing is missing", feed, code, 300)
    small.remove()


def no_inodes():
    small = Small("size=32m,nr_inodes=12", rate=200, batch=20)
    feed = small.feed
    feed.start()
    time.sleep(2)
    alive = feed.process.poll() is None
    small.remount("nr_inodes=200")
    until(lambda: (feed.ask("flush") or "").startswith("ok"), 15)
    code = feed.stop()
    check("T06 no inodes: sampling goes on", alive, feed.log()[-300:])
    judge("T06 no inodes: nothing is missing after there are some", feed, code, 100)
    small.remove()


def sparse_archive():
    """A hole in an archive and no space: SIGBUS in librrd kills the writer alone."""
    small = Small("size=24m", rate=200, batch=20)
    feed = small.feed
    feed.start()
    until(lambda: os.path.exists(os.path.join(feed.data, "rrd/fed/memory.rrd")), 10)
    time.sleep(0.3)
    path = os.path.join(feed.data, "rrd/fed/memory.rrd")
    subprocess.run(["fallocate", "--punch-hole", "--offset", "4096", "--length",
                    str(os.path.getsize(path) - 8192), path], check=True)
    small.fill()
    until(lambda: "signal 7" in feed.log(), 8)  # with the next batch that writes there
    alive = feed.process.poll() is None
    died = "signal 7" in feed.log()
    small.free()
    until(lambda: (feed.ask("flush") or "").startswith("ok"), 15)
    code = feed.stop()
    check("T07 SIGBUS in librrd kills the writer alone%s" % (
        "" if died else " (none came)"), alive, feed.log()[-300:])
    # the hole itself is damage: what stood there reads as 0, in that file alone
    result = feed.verify()
    if died:
        check("T07 SIGBUS: the batch is repeated", code == 0 and result["missing"] == 0,
              "%s %s" % (code, result["text"]))
    else:
        skip("T07 SIGBUS: the batch is repeated",
             "no batch met the hole while the disk was full")
    small.remove()


def frozen():
    """I/O that hangs: a file system of its own, frozen for a while."""
    feed = Feed(rate=100, batch=20, drop=1)
    image, mount = os.path.join(feed.top, "image"), os.path.join(feed.top, "disk")
    os.makedirs(mount)
    with open(image, "wb") as f:
        f.truncate(64 << 20)
    made = subprocess.run(["mkfs.ext4", "-q", "-F", image], stderr=subprocess.DEVNULL)
    if made.returncode != 0 or subprocess.run(
            ["mount", "-o", "loop", image, mount], stderr=subprocess.DEVNULL).returncode != 0:
        skip("T07 frozen file system", "no loop device can be mounted here")
        feed.remove()
        return
    feed.data = os.path.join(mount, "data")
    feed.start()
    until(lambda: len(feed.acks()) > 60, 10)
    subprocess.run(["fsfreeze", "-f", mount], check=True)
    before = len(feed.acks())
    time.sleep(1.5)
    alive, went_on = feed.process.poll() is None, len(feed.acks()) > before
    subprocess.run(["fsfreeze", "-u", mount], check=True)
    answer = feed.ask("flush", 30)
    code = feed.stop()
    check("T07 a file system frozen for 1.5 s: sampling goes on",
          alive and went_on and (answer or "").startswith("ok"),
          "%s %s %s" % (alive, went_on, answer))
    judge("T07 a frozen file system: nothing is missing", feed, code, 60)
    subprocess.run(["umount", "-l", mount])
    feed.remove()


def main():
    if len(sys.argv) < 2 or sys.argv[1] != "inside":
        # as root directly, else in a user namespace; where neither works it is skipped
        for how in (["unshare", "-m"], ["unshare", "-Urm"]):
            probe = subprocess.run(how + ["sh", "-c", "mount -t tmpfs tmpfs /mnt"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if probe.returncode == 0:
                sys.exit(subprocess.call(how + [sys.executable, SCRIPT, "inside"]))
        skip("T06 T07 full disk", "no mount namespace can be made here")
        finish()
    for drill in (full_after_start, full_before_start, full_at_creation, no_inodes,
                  sparse_archive, frozen):
        try:
            drill()
        except Exception as e:  # a drill that breaks must not hide the others
            fail("T06 " + drill.__name__, repr(e))
    finish()


if __name__ == "__main__":
    main()
