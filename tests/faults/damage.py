"""T17: damaged files.  The daemon is stopped, a file is damaged, the daemon runs again.

    damage.py [ROUNDS]   never a crash or a loop; what is sampled afterwards is stored;
                         what stood in other files is still there; no wrong value; the
                         damage is told in the log or by fsck where it cost anything
"""
import os
import random
import shutil
import sys
import time

from harness import SEED, Feed, check, finish, until


def flip(path, chance, low=0.0, high=1.0):
    size = os.path.getsize(path)
    with open(path, "r+b") as f:
        for _ in range(chance.randint(1, 8)):
            at = int(size * chance.uniform(low, high))
            f.seek(min(at, size - 1))
            byte = f.read(1)
            f.seek(min(at, size - 1))
            f.write(bytes([byte[0] ^ (1 << chance.randrange(8))]))


def overwrite(path, at, count, chance):
    with open(path, "r+b") as f:
        f.seek(at)
        f.write(chance.randbytes(count))


def zero(path, at, count):
    with open(path, "r+b") as f:
        f.seek(at)
        f.write(bytes(count))


def cut(path, part):
    os.truncate(path, int(os.path.getsize(path) * part))


# name, file, what is done, the RRD file whose old rows may be gone ("" none, "*" any)
def drills(data, chance):
    rrd = os.path.join(data, "rrd/fed")
    name = chance.choice(["cpu", "memory", "net-eth0"])
    one = os.path.join(rrd, name + ".rrd")
    staging = os.path.join(data, "staging")
    db = os.path.join(data, "headroom.db")
    return [
        ("one head of staging", lambda: zero(staging, 4096 * chance.randrange(2), 64), ""),
        ("both heads of staging", lambda: overwrite(staging, 0, 8192, chance), ""),
        ("frames of staging", lambda: overwrite(staging, 8192, 40960, chance), ""),
        ("staging cut", lambda: cut(staging, chance.random()), ""),
        ("staging empty", lambda: cut(staging, 0), ""),
        ("staging gone", lambda: os.unlink(staging), ""),
        ("an RRD's first bytes", lambda: overwrite(one, 0, 64, chance), name),
        ("an RRD's header flipped", lambda: flip(one, chance, 0, 0.0005), name),
        ("an RRD cut", lambda: cut(one, chance.random()), name),
        ("an RRD empty", lambda: cut(one, 0), name),
        ("an RRD gone", lambda: os.unlink(one), name),
        ("a saved header flipped", lambda: flip(
            os.path.join(data, "headers.%d" % chance.randrange(2)), chance), ""),
        ("both saved headers cut", lambda: [
            cut(os.path.join(data, "headers.%d" % i), chance.random()) for i in (0, 1)], ""),
        ("the database's head", lambda: overwrite(db, 0, 100, chance), "db"),
        ("the database flipped", lambda: flip(db, chance), "db"),
        ("the database cut", lambda: cut(db, chance.random()), "db"),
        ("the database's log", lambda: overwrite(db + "-wal", 0, 4096, chance)
            if os.path.getsize(db + "-wal") > 4096 else None, "db"),
        ("layouts gone", lambda: shutil.rmtree(os.path.join(data, "layouts")), ""),
    ]


def one_drill(template, index, chance):
    """Problems of one drill, on a copy of a store."""
    feed = Feed(rate=250, lost=1, batch=20)
    shutil.copytree(template.data, feed.data, symlinks=True)
    shutil.copytree(template.runtime, feed.runtime, symlinks=True)
    drill = drills(feed.data, chance)
    name, act, costs = drill[index % len(drill)]
    before = template.acks()
    problems = []
    act()
    began = time.monotonic()
    feed.start()
    came = until(lambda: feed.process.poll() is not None or len(feed.acks()) > 60, 8)
    if not came:
        problems.append("sampling did not go on")
    code = feed.stop()
    took = time.monotonic() - began
    if code != 0:
        problems.append("the end: %s" % code)
    new = feed.acks()
    result = feed.verify(stamps=new)
    if result["missing"] or result["wrong"] or result["stored"] < 50:
        problems.append("new ticks: " + result["text"])
    if "Segmentation" in feed.log() or "signal 11" in feed.log():
        problems.append("a crash")
    if costs in ("", "db"):
        old = feed.verify(stamps=before)
        if old["missing"] or old["wrong"]:
            problems.append("old ticks: " + old["text"])
    fsck_code, fsck_text = feed.fsck()
    told = "anew" in feed.log() and feed.query(
        "SELECT count(*) FROM events WHERE kind = 'damage'")[0][0] > 0
    if costs in ("cpu", "memory", "net-eth0") and fsck_code == 0 and not told and \
            feed.verify(stamps=before)["missing"]:
        problems.append("nobody told of it: " + fsck_text[-200:])
    if fsck_code not in (0, 1):
        problems.append("fsck: " + fsck_text[-200:])
    if problems:
        problems.append("log: " + feed.log()[-500:])
        if os.environ.get("KEEP"):
            print("# kept", feed.top)
            return name, problems, took
    feed.remove()
    return name, problems, took


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 18
    chance = random.Random(SEED)
    template = Feed(rate=400, batch=20)
    template.start(ticks=150)
    template.wait()
    good = 0
    for index in range(rounds):
        name, problems, took = one_drill(template, index, chance)
        good += not problems
        if index < 18 or problems:
            check("T17 %s: sampling goes on, nothing else is lost" % name, not problems,
                  "; ".join(problems))
    print("# T17: %d of %d drills" % (good, rounds), flush=True)
    template.remove()
    finish()


if __name__ == "__main__":
    main()
