"""T05 for what `analyze` writes: the power is cut while it imports, takes an import back,
excludes a time, renames a workload or sets facts, on a file system that keeps only what
was synced (crashfs.c).

    import_cut.py [CUTS]   afterwards everything is as before or as after the verb, as after
                           where it had told of its success, fsck is content, and the verb
                           can be run again
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from harness import BUILD, SEED, check, finish, skip
from power_cut import Disk, build_crashfs

ANALYZE = os.path.join(BUILD, "analyze")
NAME = "T05 power cut of what analyze writes"


def csv(path, names, count, value):
    with open(path, "w", encoding="ascii") as out:
        out.write("time,workload,memory_used_bytes,cpu_used_mhz\n")
        for name in names:
            out.writelines("%d,%s,%d,%d\n" % (1700000100 + 300 * i, name, value + i, i)
                           for i in range(count))


def analyze(data, *words):
    return subprocess.run([ANALYZE, *words, "--data", data], capture_output=True, timeout=120,
                          text=True, check=False, env=dict(os.environ, TZ="UTC"))


def state_of(data):
    """All that the verbs here can change, as the verbs that read tell it."""
    told = [analyze(data, *words) for words in (
        ("export", "csv"), ("peaks", "--json"), ("exclude", "--json"), ("inventory", "--json"))]
    return [done.stdout if done.returncode == 0 else done.stderr for done in told]


class Writing:
    """A store with an import, and what is to be written to it."""

    def __init__(self, top):
        self.top, self.base = top, os.path.join(top, "base")
        old, new = os.path.join(top, "old.csv"), os.path.join(top, "new.csv")
        csv(old, ["old", "kept"], 60, 1000)
        csv(new, ["old", "new", "more"], 90, 5000)
        first = analyze(self.base, "import", "csv", old)
        if first.returncode != 0:
            raise RuntimeError(first.stderr)
        self.verbs = [
            ("import", "csv", new), ("import", "--undo", "1"),
            ("exclude", "old", "2023-11-14T23:20:00Z", "2023-11-15T00:30:00Z", "--reason", "x"),
            ("workload", "rename", "old", "other"), ("workload", "forget", "old"),
            ("inventory", "old", "--set", "cpu.cores=4")]
        self.before, self.after, self.seconds = state_of(self.base), {}, {}
        for verb in self.verbs:
            store = os.path.join(top, "after")
            shutil.copytree(self.base, store)
            begun = time.monotonic()
            done = analyze(store, *verb)
            self.seconds[verb] = time.monotonic() - begun
            if done.returncode != 0:
                raise RuntimeError("%s: %s" % (verb, done.stderr))
            self.after[verb] = state_of(store)
            shutil.rmtree(store)

    def cut(self, program, verb, chance):
        """None, or what is wrong after one cut; and whether the verb had told of success."""
        top = tempfile.mkdtemp(prefix="cut-", dir=self.top)
        disk = Disk(program, top)
        shutil.copytree(self.base, os.path.join(disk.image, "store"))
        data = os.path.join(disk.mount, "store")
        try:
            if not disk.on(chance.randrange(1 << 32)):
                return "crashfs cannot be mounted", False
            process = subprocess.Popen([ANALYZE, *verb, "--data", data],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env=dict(os.environ, TZ="UTC"))
            end = time.monotonic() + chance.uniform(0, 1.5 * self.seconds[verb])
            while process.poll() is None and time.monotonic() < end:
                time.sleep(0.002)
            is_told = process.poll() == 0
            disk.off(signal.SIGUSR1)
            process.kill()
            process.wait()
            if not disk.on(1):
                return "crashfs cannot be mounted again", is_told
            return self.judge(data, verb, is_told), is_told
        finally:
            disk.remove()
            shutil.rmtree(top, ignore_errors=True)

    def judge(self, data, verb, is_told):
        state = state_of(data)
        if state not in (self.before, self.after[verb]):
            return "neither as before nor as after: %s" % [
                text[-200:] for text, a, b in zip(state, self.before, self.after[verb])
                if text not in (a, b)]
        if is_told and state != self.after[verb]:
            return "it had told of its success, and nothing of it is there"
        fsck = analyze(data, "fsck")
        if fsck.returncode != 0:
            return "fsck: " + (fsck.stdout + fsck.stderr)[-300:]
        if state == self.before:
            again = analyze(data, *verb)
            if again.returncode != 0 or state_of(data) != self.after[verb]:
                return "it cannot be run again: " + again.stderr[-300:]
        return None


def main(*words):
    cuts = int(words[0]) if words else 24
    folder = tempfile.mkdtemp(prefix="headroom-import-cut-")
    try:
        program, why = build_crashfs(folder)
        if not program:
            skip(NAME, why)
            return
        writing, chance = Writing(folder), random.Random(SEED)
        bad, told, verbs = [], 0, {}
        for i in range(cuts):
            verb = writing.verbs[i % len(writing.verbs)]
            why, is_told = writing.cut(program, verb, chance)
            told += is_told
            verbs[verb[:2]] = verbs.get(verb[:2], 0) + 1
            if why:
                bad.append("%s, %s: %s" % (" ".join(verb[:2]),
                                           "told" if is_told else "not told", why))
        print("# T05: %d cuts of %d verbs, %d of them after success was told" % (
            cuts, len(verbs), told), flush=True)
        check("%s: %d cuts" % (NAME, cuts), not bad, "%d: %s" % (len(bad), "; ".join(bad)[:1500]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
    finish()
