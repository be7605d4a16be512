"""T05: the power is cut at random moments, on a file system that keeps only what was
synced, tears writes and reorders them between syncs (crashfs.c, FUSE).

    power_cut.py [CUTS]   every tick that was acknowledged is there, right and once; no
                          hole that is not a gap; fsck is content; nothing to repair
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from harness import SEED, TOP, Feed, check, finish, skip, until

NAME = "T05 power cut"
ROUND = 40


def build_crashfs(folder):
    """The file system's program, or the reason why there is none."""
    program = os.path.join(folder, "crashfs")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "fuse3"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           universal_newlines=True)
    if flags.returncode != 0:
        return None, "libfuse3-dev is not installed"
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return None, "/dev/fuse cannot be opened"
    done = subprocess.run(["cc", "-O2", "-I", TOP, "-o", program,
                           os.path.join(TOP, "tests/faults/crashfs.c"),
                           os.path.join(TOP, "tests/faults/crashfs_disk.c")]
                          + flags.stdout.split(), stderr=subprocess.PIPE,
                          universal_newlines=True)
    return (program, None) if done.returncode == 0 else (None, done.stderr[-200:])


class Disk:
    def __init__(self, program, top):
        self.program = program
        self.image = os.path.join(top, "image")
        self.mount = os.path.join(top, "disk")
        os.makedirs(self.image)
        os.makedirs(self.mount)
        self.process = None

    def on(self, seed):
        self.process = subprocess.Popen(
            [self.program, self.image, str(seed), self.mount],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return self.process.stdout.readline() == b"mounted\n"

    def off(self, number):
        """SIGUSR1 cuts, SIGTERM shuts down."""
        self.process.send_signal(number)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.stdout.close()
        subprocess.run(["umount", "-l", self.mount], stderr=subprocess.DEVNULL)

    def remove(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        subprocess.run(["umount", "-l", self.mount], stderr=subprocess.DEVNULL)


def campaign(program, cuts, libexec=None, env=None, seed=SEED):
    chance = random.Random(seed)
    top = tempfile.mkdtemp(prefix="headroom-cut-")
    disk = Disk(program, top)
    feed = None
    problems, figures = [], {"cuts": 0}
    try:
        feed = Feed(libexec=libexec, data=os.path.join(disk.mount, "data"), env=env,
                    rate=250, lost=3, batch=20, stage=1,
                    keep_base="2h", keep_fine="1d", keep_coarse="7d")
        for cut in range(cuts):
            if not disk.on(chance.randrange(1 << 32)):
                return ["crashfs cannot be mounted"], figures
            os.makedirs(feed.data, exist_ok=True)
            feed.start()
            time.sleep(chance.uniform(0.05, 1.0))
            disk.off(signal.SIGUSR1)
            feed.kill_group()
            shutil.rmtree(feed.runtime, ignore_errors=True)  # memory is gone too
            figures["cuts"] += 1
        if not disk.on(1):
            return ["crashfs cannot be mounted"], figures
        feed.start()
        until(lambda: feed.recorder(), 5)
        time.sleep(0.5)
        code = feed.stop()
        if code != 0:
            problems.append("the end: %s" % code)
        durable = feed.durable()
        result = feed.verify(stamps=durable)
        figures.update(durable=len(set(durable)), missing=result["missing"],
                       wrong=result["wrong"])
        holes = sorted(result["unknown"])
        gaps = sorted(feed.query("SELECT begin_at, end_at FROM gaps"))
        figures.update(holes=len(holes), gaps=len(gaps))
        if result["missing"] or result["wrong"] or result["stored"] <= 0:
            problems.append(result["text"].replace("\n", "; "))
        if holes != gaps:
            problems.append("holes without gap %s, gaps without hole %s" % (
                [h for h in holes if h not in gaps][:4],
                [g for g in gaps if g not in holes][:4]))
        code, text = feed.fsck()
        if code != 0:
            problems.append("fsck: " + text[-300:])
        if problems:
            problems.append(feed.log()[-700:])
            if os.environ.get("KEEP"):
                shutil.copytree(feed.data, "/tmp/headroom-cut-kept", dirs_exist_ok=True,
                                ignore=shutil.ignore_patterns("*.sock"))
        disk.off(signal.SIGTERM)
    finally:
        disk.remove()
        if feed:
            feed.remove()
        shutil.rmtree(top, ignore_errors=True)
    return problems, figures


def main():
    cuts = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    folder = tempfile.mkdtemp(prefix="headroom-crashfs-")
    program, why = build_crashfs(folder)
    if program:
        problems, figures = [], {}
        for first in range(0, cuts, ROUND):  # a new store each: its base rows roll over
            more, seen = campaign(program, min(ROUND, cuts - first), seed=SEED + first)
            problems += more
            for key, value in seen.items():
                figures[key] = figures.get(key, 0) + value
        print("# T05:", figures, flush=True)
        check("%s: %d cuts, nothing acknowledged is lost" % (NAME, cuts), not problems,
              "; ".join(problems))
    else:
        skip(NAME, why)
    shutil.rmtree(folder, ignore_errors=True)
    finish()


if __name__ == "__main__":
    main()
