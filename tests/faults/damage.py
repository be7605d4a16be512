"""T17: damaged files.  The daemon is stopped, a file is damaged, the daemon runs again.

    damage.py [ROUNDS]   never a crash or a loop; what is sampled afterwards is stored;
                         what stood in other files is still there; no wrong value; the
                         damage is told in the log or by fsck where it cost anything

Drills among the rows of a valid RRD file: what is read back, by the reader and from the
file after fsck, is what was stored or unknown, never anything else; no block that was not
touched is lost; all of it is told; a second fsck is content.
"""
import os
import random
import shutil
import struct
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


DRILLS = 37  # one of each, of them
ROW_DRILLS = 15  # among the rows, before the four of the checksums
PAGE = 4096
BLOCK_ROWS = 64  # as store/rrd/row_sums.h has them for files of few sources


class Archive:
    """Where the rows of one archive lie, and its bytes."""

    def __init__(self, path, number):
        with open(path, "rb") as f:
            self.bytes = f.read()
        sources, archives, self.step = struct.unpack_from("<QQQ", self.bytes, 24)
        at = 128 + 120 * sources
        offset = (at + 120 * archives + 16 + 112 * sources + 80 * sources * archives
                  + 8 * archives)
        self.last, = struct.unpack_from("<q", self.bytes, at + 120 * archives)
        for i in range(number + 1):
            rows, pdp = struct.unpack_from("<QQ", self.bytes, at + 120 * i + 24)
            self.begin, self.rows, self.row = offset, rows, 8 * sources
            offset += rows * self.row
        self.end = offset
        self.row_step = self.step * pdp
        self.newest, = struct.unpack_from(
            "<Q", self.bytes, at + 120 * archives + 16 + 112 * sources
            + 80 * sources * archives + 8 * number)
        self.archives = archives

    def values(self):
        return self.bytes[self.begin:self.end]

    def rows_by_stamp(self):
        found = {}
        for i in range(self.rows):
            age = (self.newest - i) % self.rows
            stamp = self.last - self.last % self.row_step - age * self.row_step
            at = self.begin + i * self.row
            found[stamp] = self.bytes[at:at + self.row]
        return found

    def live_page(self, chance, hours):
        """The offset of a 4 KiB page (of the archive, or of the file) with rows that
        were stored in the last hours."""
        rows = max(1, min(self.rows, hours * 3600 // self.row_step))
        row = (self.newest - chance.randrange(rows)) % self.rows
        at = self.begin + row * self.row
        at -= at % PAGE if chance.random() < 0.7 else chance.randrange(PAGE)
        return max(self.begin, min(at, self.end - PAGE))


def in_rows(path, number, kind, chance):
    """Damages a page among the rows of one archive."""
    archive = Archive(path, number)
    one, two = archive.live_page(chance, 3), archive.live_page(chance, 3)
    page = archive.bytes[one:one + PAGE]
    with open(path, "r+b") as f:
        if kind == "bit":
            row = (archive.newest - chance.randrange(
                max(1, min(archive.rows, 9000 // archive.row_step)))) % archive.rows
            at = archive.begin + row * archive.row + chance.randrange(archive.row)
            f.seek(at)
            f.write(bytes([archive.bytes[at] ^ (1 << chance.randrange(8))]))
            return
        f.seek(one)
        if kind == "zeros":
            f.write(bytes(PAGE))
        elif kind == "noise":
            f.write(chance.randbytes(PAGE))
        elif kind == "double":
            f.write(archive.bytes[two:two + PAGE])
        elif kind == "swap":
            f.write(archive.bytes[two:two + PAGE])
            f.seek(two)
            f.write(page)


ROW_KINDS = [("a flipped bit", "bit"), ("4 KiB of zeros", "zeros"),
             ("4 KiB of noise", "noise"), ("a page stands there twice", "double"),
             ("two pages swapped", "swap")]
# archives of the files: base, then AVERAGE and MAX of 60 s and of 1 h
ROW_PLACES = [("base rows", [0]), ("rows of 60 s", [1, 2]), ("rows of 1 h", [3, 4])]


def row_drills(data, chance):
    """As drills; costs "rows:NAME": rows of that file may be unknown; "sums": none."""
    name = chance.choice(["cpu", "memory", "net-eth0"])
    one = os.path.join(data, "rrd/fed", name + ".rrd")
    found = []
    for place, numbers in ROW_PLACES:
        for text, kind in ROW_KINDS:
            found.append(("%s: %s" % (place, text),
                          lambda n=chance.choice(numbers), k=kind:
                          in_rows(one, n, k, chance), "rows:" + name))
    sums = os.path.join(data, "sums.0")
    if os.path.exists(sums):
        found += [("checksums flipped", lambda: flip(sums, chance, 0, 0.3), "sums"),
                  ("checksums cut", lambda: cut(sums, chance.random() / 2), "sums"),
                  ("checksums: noise", lambda: overwrite(
                      sums, chance.randrange(8) * PAGE, PAGE, chance), "sums"),
                  ("checksums gone", lambda: os.unlink(sums), "sums")]
    return found


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


def blocks_hit(path, before):
    """(archive number, blocks) of what differs between the file and a copy of it."""
    hit = {}
    for number in range(Archive(before, 0).archives):
        old, new = Archive(before, number), Archive(path, number)
        size = BLOCK_ROWS * old.row
        a, b = old.values(), new.values()
        blocks = [i for i in range(0, len(a), size) if a[i:i + size] != b[i:i + size]]
        if blocks:
            hit[number] = len(blocks)
    return hit


def not_as_stored(path, before, until):
    """Rows after fsck that are neither as they were nor unknown."""
    nan = struct.pack("<d", float("nan"))
    wrong = 0
    for number in range(Archive(before, 0).archives):
        now = Archive(path, number).rows_by_stamp()
        for stamp, row in Archive(before, number).rows_by_stamp().items():
            found = now.get(stamp, row)
            if stamp <= until and found != row and \
                    found.replace(b"\xff", b"\x7f") != nan * (len(row) // 8):
                wrong += 1
    return wrong


def check_rows(feed, costs, copy, hit, before):
    """Problems of the rows after the drill, the daemon stopped."""
    problems = []
    name = costs[5:]
    seen = feed.verify(stamps=before, damaged=1)
    told = len(feed.query("SELECT 1 FROM events WHERE kind = 'damage'"))
    code, text = feed.fsck()
    if seen["wrong"]:
        problems.append("%d wrong values: %s" % (seen["wrong"], seen["text"]))
    if costs == "sums":
        if seen["missing"] or seen["rows"]:
            problems.append("whole rows are unknown: " + seen["text"])
        if code != 0:
            problems.append("a false alarm: " + text[-300:])
        return problems
    columns = 3 if name == "memory" else 2
    if seen["missing"] > hit.get(0, 0) * BLOCK_ROWS * columns:
        problems.append("more ticks are gone than were damaged: " + seen["text"])
    if seen["rows"] > sum(hit.get(n, 0) for n in (1, 2, 3, 4)) * BLOCK_ROWS * columns:
        problems.append("more rows are gone than were damaged: " + seen["text"])
    if (seen["missing"] or seen["rows"]) and code == 0 and not told:
        problems.append("nobody told of it: " + text[-200:])
    path = os.path.join(feed.data, "rrd/fed", name + ".rrd")
    wrong = not_as_stored(path, copy, before[-1])
    if wrong:
        problems.append("%d rows of the file are neither stored ones nor unknown" % wrong)
    code, text = feed.fsck()
    if code != 0:
        problems.append("fsck once more: " + text[-300:])
    after = feed.verify(stamps=before, damaged=1)
    if after["wrong"] or after["missing"] != seen["missing"] or \
            after["rows"] != seen["rows"]:
        problems.append("after fsck: " + after["text"])
    return problems


def one_drill(template, index, chance, libexec, env):
    """(name, problems, blocks hit) of one drill, on a copy of a store."""
    feed = Feed(libexec=libexec, env=env, rate=250, lost=1, batch=20, keep_base="3h")
    shutil.copytree(template.data, feed.data, symlinks=True)
    shutil.copytree(template.runtime, feed.runtime, symlinks=True)
    drill = drills(feed.data, chance) + row_drills(feed.data, chance)
    name, act, costs = drill[index % len(drill)]
    before = template.acks()[-9000:]
    is_row = costs == "sums" or costs.startswith("rows:")
    copy = os.path.join(template.data, "rrd/fed", costs[5:] + ".rrd")
    problems, hit = [], {}
    act()
    if is_row:
        if costs != "sums":
            hit = blocks_hit(os.path.join(feed.data, "rrd/fed", costs[5:] + ".rrd"), copy)
        seen = feed.verify(stamps=before, damaged=1)  # before any writer comes
        if seen["wrong"] or (costs == "sums" and (seen["missing"] or seen["rows"])):
            problems.append("read: " + seen["text"])
    feed.start()
    came = until(lambda: feed.process.poll() is not None or len(feed.acks()) > 60, 8)
    if not came:
        problems.append("sampling did not go on")
    code = feed.stop()
    if code != 0:
        problems.append("the end: %s" % code)
    new = feed.acks()
    result = feed.verify(stamps=new, damaged=int(is_row))
    if result["missing"] or result["wrong"] or result["stored"] < 50:
        problems.append("new ticks: " + result["text"])
    if "Segmentation" in feed.log() or "signal 11" in feed.log():
        problems.append("a crash")
    if is_row:
        problems += check_rows(feed, costs, copy, hit, before)
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
            return name, problems, sum(hit.values())
    feed.remove()
    return name, problems, sum(hit.values())


def campaign(rounds, libexec=None, seed=SEED, first=0, env=None, tell=0):
    """(drills that went well, [(name, problems)], blocks that were damaged)"""
    chance = random.Random(seed)
    template = Feed(libexec=libexec, env=env, rate=0, batch=20, keep_base="3h")
    template.start(ticks=13000)
    template.wait(120)
    found, blocks = [], 0
    for index in range(first, first + rounds):
        name, problems, hit = one_drill(template, index, chance, libexec, env)
        if index < tell or (tell and problems):
            check("T17 %s: sampling goes on, nothing else is lost" % name, not problems,
                  "; ".join(problems))
        blocks += hit
        found.append((name, problems))
    template.remove()
    return found, blocks


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else DRILLS
    found, blocks = campaign(rounds, tell=DRILLS)
    print("# T17: %d of %d drills, %d blocks of rows damaged" % (
        sum(not problems for _, problems in found), rounds, blocks), flush=True)
    finish()


if __name__ == "__main__":
    main()
