"""A store that somebody else made, or that root and the daemon's user share: a verb that
reads changes nothing in any folder, and a verb that writes changes its own store alone."""
import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
from harness import BUILD, TOP, Feed, check, finish, skip, until  # noqa: E402

NOBODY = 65534
READING = (["status"], ["peaks", "--json"], ["verdict", "--json"], ["alerts"], ["check"])


def analyze(data, *words, **more):
    return subprocess.run([os.path.join(BUILD, "analyze")] + list(words) + ["--data", data],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=90, **more)


def picture(top):
    """Every name below the folder with its kind, owner, mode and content."""
    found = {}
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            state = os.lstat(path)
            content = ""
            if stat.S_ISREG(state.st_mode):
                with open(path, "rb") as f:
                    content = hashlib.sha256(f.read()).hexdigest()
            found[os.path.relpath(path, top)] = (state.st_mode, state.st_uid, content)
    return found


def difference(before, after):
    return sorted(name for name in set(before) | set(after)
                  if before.get(name) != after.get(name))


class World:
    """A folder with a store of one imported workload and a home that is not its business."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="headroom-hostile-")
        self.data = os.path.join(self.top, "store")
        os.makedirs(os.path.join(self.top, "home/docs"))
        for name in ("home/docs/thesis", "home/bashrc", "store.csv"):
            with open(os.path.join(self.top, name), "w") as f:
                f.write("precious\n")
        with open(os.path.join(self.top, "store.csv"), "w") as f:
            f.write("time,workload,memory_used_bytes\n")
            for i in range(20):
                f.write("%d,w,%d\n" % (1700000000 + 300 * i, 1000 + i))
        done = analyze(self.data, "import", "csv", os.path.join(self.top, "store.csv"))
        assert done.returncode == 0, done.stderr

    def sql(self, *statements):
        db = sqlite3.connect(os.path.join(self.data, "headroom.db"), isolation_level=None)
        for statement in statements:
            db.execute(statement)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        for ending in ("-wal", "-shm"):
            path = os.path.join(self.data, "headroom.db" + ending)
            if os.path.exists(path):
                os.unlink(path)

    def remove(self):
        shutil.rmtree(self.top, ignore_errors=True)


TRAPS = ((None, "../home/docs"), (None, "rrd/../../home/docs"), ("payload", "../home/bashrc"),
         ("payload", "home"), (None, "rrd"), (None, "."), ("rrd/w/memory.rrd", "../taken"),
         ("../home/bashrc", "rrd/w/x.rrd"), ("incoming/1-a/../../../home/bashrc", "rrd/w/x.rrd"),
         (None, "rrd/link/docs.rrd"), ("/etc/hostname", "rrd/w/h.rrd"), (None, "store.id"))


def moves_that_lead_out():
    world = World()
    with open(os.path.join(world.data, "payload"), "w") as f:
        f.write("attack\n")
    os.symlink(os.path.join(world.top, "home"), os.path.join(world.data, "rrd/link"))
    os.symlink(os.path.join(world.top, "home/docs"), os.path.join(world.top, "home/docs.rrd"))
    db = sqlite3.connect(os.path.join(world.data, "headroom.db"))
    db.executemany("INSERT INTO pending_files (source, target) VALUES (?, ?)", TRAPS)
    db.commit()
    db.close()
    world.sql()
    before = picture(world.top)
    for verb in READING:
        analyze(world.data, *verb)
    check("a reading verb moves and removes nothing that a foreign database names",
          picture(world.top) == before, str(difference(before, picture(world.top))))
    other = os.path.join(world.top, "other")
    analyze(other, "import", "store", world.data)
    shutil.rmtree(other, ignore_errors=True)
    check("nor does an import of that store", picture(world.top) == before,
          str(difference(before, picture(world.top))))
    done = analyze(world.data, "exclude", "w", "2023-11-14T22:20:00Z", "2023-11-14T22:30:00Z",
                   "--reason", "test")
    changed = [n for n in difference(before, picture(world.top)) if not n.startswith("store/")]
    kept = os.path.exists(os.path.join(world.data, "rrd/w/memory.rrd"))
    check("a writing verb does none of the moves either, and says so",
          not changed and kept and "not those of a store" in done.stderr + done.stdout,
          "%s %s %s" % (changed, kept, done.stderr))
    world.remove()


def what_a_commit_left_is_read_in_place():
    world = World()
    reference = analyze(world.data, "peaks", "--json").stdout
    os.makedirs(os.path.join(world.data, "incoming/1-0000abcd"))
    os.rename(os.path.join(world.data, "rrd/w/memory.rrd"),
              os.path.join(world.data, "incoming/1-0000abcd/1.rrd"))
    world.sql("INSERT INTO pending_files (source, target) "
              "VALUES ('incoming/1-0000abcd/1.rrd', 'rrd/w/memory.rrd')")
    before = picture(world.data)
    done = analyze(world.data, "peaks", "--json")
    check("an interrupted import is read whole although its files are not in place",
          done.stdout == reference and '"memory"' in reference, done.stderr)
    check("... and reading it moved nothing", picture(world.data) == before,
          str(difference(before, picture(world.data))))
    analyze(world.data, "exclude", "w", "2023-11-14T23:20:00Z", "2023-11-14T23:30:00Z",
            "--reason", "test")
    check("... the next writer moves it", not os.path.exists(
        os.path.join(world.data, "incoming/1-0000abcd/1.rrd")) and
        os.path.exists(os.path.join(world.data, "rrd/w/memory.rrd")))
    world.remove()


def damaged_or_old():
    world = World()
    world.sql()
    path = os.path.join(world.data, "headroom.db")
    with open(path, "r+b") as f:
        f.write(b"\0" * 20)
    before = picture(world.data)
    done = analyze(world.data, "status")
    check("a damaged database is read from its backup, and nothing is moved",
          done.returncode == 0 and picture(world.data) == before and " w " in " " + done.stdout
          .replace("\n", " ") and "damaged" in done.stderr + done.stdout,
          "%s %s" % (difference(before, picture(world.data)), done.stderr + done.stdout))
    world.remove()

    world = World()
    os.unlink(os.path.join(world.data, "headroom.db.backup"))
    for ending in ("", "-wal", "-shm"):
        if os.path.exists(path + ending):
            os.unlink(path + ending)
    path = os.path.join(world.data, "headroom.db")
    for ending in ("", "-wal", "-shm"):
        if os.path.exists(path + ending):
            os.unlink(path + ending)
    db = sqlite3.connect(path)
    with open(os.path.join(TOP, "schema/migrations/0001-first.sql")) as f:
        db.executescript(f.read())
    db.execute("PRAGMA user_version = 1")
    db.execute("INSERT INTO workloads (name, folder, source, step_s, first_at, last_at) "
               "VALUES ('w', 'w', 'imported', 300, 1700000100, 1700005800)")
    db.commit()
    db.close()
    before = picture(world.data)
    done = analyze(world.data, "peaks", "--json")
    check("a database of an older version is read, and stays as it is",
          done.returncode == 0 and '"name":"w"' in done.stdout.replace(" ", "") and
          picture(world.data) == before,
          "%s %s" % (difference(before, picture(world.data)), done.stderr))
    world.remove()


def sql_of_strangers():
    traps = {
        "a view without an end": (
            "ALTER TABLE workloads RENAME TO kept",
            "CREATE VIEW workloads AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
            "FROM n) SELECT i AS id, 'w' AS name, 'w' AS folder, 'imported' AS source, 300 AS "
            "step_s, 0 AS phase_s, 1 AS first_at, 1 AS last_at FROM n"),
        "a view of much memory": (
            "ALTER TABLE workloads RENAME TO kept",
            "CREATE VIEW workloads AS SELECT 1 AS id, hex(zeroblob(400000000)) AS name, 'w' AS "
            "folder, 'imported' AS source, 300 AS step_s, 0 AS phase_s, 1 AS first_at, 1 AS "
            "last_at"),
        "a table with other columns": (
            "DROP TABLE events", "CREATE TABLE events (id INTEGER, at TEXT, kind BLOB, "
            "text TEXT, data TEXT, workload_id TEXT)"),
    }
    for name, statements in traps.items():
        world = World()
        world.sql("PRAGMA foreign_keys = OFF", "PRAGMA legacy_alter_table = ON", *statements)
        began = time.monotonic()
        worst = 0
        done = None
        for verb in READING:
            done = analyze(world.data, *verb)
            worst = max(worst, abs(done.returncode)) if done.returncode < 0 else worst
        check("SQL of a stranger: %s ends at once" % name, worst == 0 and
              time.monotonic() - began < 15, "%s %.1f s" % (worst, time.monotonic() - began))
        other = os.path.join(world.top, "other")
        done = analyze(other, "import", "store", world.data)
        check("... and is not imported", done.returncode in (0, 1) and
              time.monotonic() - began < 20, "%s %s" % (done.returncode, done.stderr))
        world.remove()
    world = World()
    world.sql("CREATE TRIGGER t AFTER INSERT ON exclusions BEGIN DELETE FROM workloads; END")
    analyze(world.data, "exclude", "w", "2023-11-14T22:20:00Z", "2023-11-14T22:30:00Z",
            "--reason", "test")
    done = analyze(world.data, "status")
    check("SQL of a stranger: a trigger does not run", "imported" in done.stdout, done.stdout)
    world.remove()


def files_that_are_none():
    for place in ("store.id", "headroom.db", "headers.0", "sums.0", "staging"):
        world = World()
        path = os.path.join(world.data, place)
        if os.path.exists(path):
            os.unlink(path)
        os.mkfifo(path)
        began = time.monotonic()
        try:
            for verb in READING[:3]:
                analyze(world.data, *verb)
            why = ""
        except subprocess.TimeoutExpired:
            why = "it hangs"
        check("a FIFO in place of %s stops no verb" % place,
              not why and time.monotonic() - began < 40, why)
        world.remove()


def owners(data):
    return {os.path.relpath(os.path.join(folder, name), data)
            for folder, folders, files in os.walk(data) for name in folders + files
            if os.lstat(os.path.join(folder, name)).st_uid != NOBODY}


def root_and_the_daemons_user():
    if os.geteuid() != 0:
        skip("root and the daemon's user share a store", "only root can become a second user")
        return
    feed = Feed(rate=200, batch=3600, stage=1)
    feed.start()
    until(lambda: len(feed.durable()) >= 60, 10)
    feed.kill_group()
    durable = feed.durable()
    for folder, folders, files in os.walk(feed.top):
        for name in folders + files:
            os.lchown(os.path.join(folder, name), NOBODY, NOBODY)
    os.chown(feed.top, NOBODY, NOBODY)
    os.chmod(feed.top, 0o755)
    for verb in READING + (["fsck"],):
        analyze(feed.data, *verb)
    check("what root reads stays the daemon's user's", not owners(feed.data),
          str(owners(feed.data)))
    result = feed.verify(stamps=durable)
    check("... and what was staged was stored for it", result["missing"] == 0 and
          result["stored"] >= 60, result["text"])
    csv = os.path.join(feed.top, "a.csv")
    with open(csv, "w") as f:
        f.write("time,workload,memory_used_bytes\n1700000000,x,1\n1700000300,x,2\n")
    done = analyze(feed.data, "import", "csv", csv)
    check("what root imports into it is that user's, too",
          done.returncode == 0 and not owners(feed.data),
          "%s %s" % (done.stderr, owners(feed.data)))
    empty = os.path.join(feed.top, "empty")
    os.mkdir(empty, 0o750)
    os.chown(empty, NOBODY, NOBODY)
    done = analyze(empty, "import", "csv", csv)
    check("before the daemon's first start likewise",
          done.returncode == 0 and not owners(empty), "%s %s" % (done.stderr, owners(empty)))
    feed.remove()


def roots_folder_is_not_given_away():
    if os.geteuid() != 0:
        skip("a folder of root's is not given away", "only root can give one away")
        return
    top = tempfile.mkdtemp(prefix="headroom-hostile-")
    os.chmod(top, 0o755)
    conf = os.path.join(top, "conf")
    with open(conf, "w") as f:
        f.write('user = nobody\n')
    daemon = os.path.join(BUILD, "collectord")
    etc = os.path.join(top, "etc")
    os.mkdir(etc, 0o755)
    with open(os.path.join(etc, "shadow"), "w") as f:
        f.write("x\n")
    done = subprocess.run([daemon, "-c", conf, "--data", etc, "--interval", "1s", "--ticks", "1"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30,
                          universal_newlines=True)
    check("a folder of root's with other files is not given away, and it says why",
          os.stat(etc).st_uid == 0 and os.listdir(etc) == ["shadow"] and
          done.returncode != 0 and "none of a store" in done.stderr, done.stderr)
    data = os.path.join(top, "data")
    csv = os.path.join(top, "a.csv")
    with open(csv, "w") as f:
        f.write("time,workload,memory_used_bytes\n1700000000,x,1\n1700000300,x,2\n")
    analyze(data, "import", "csv", csv)
    assert os.stat(data).st_uid == 0
    done = subprocess.run([daemon, "-c", conf, "--data", data, "--interval", "1s",
                           "--ticks", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, universal_newlines=True)
    check("a store that root began by an import becomes the daemon's user's",
          os.stat(data).st_uid == NOBODY and not owners(data) and done.returncode == 0,
          "%s %s" % (owners(data), done.stderr[-300:]))
    shutil.rmtree(top, ignore_errors=True)


def an_output_behind_a_link():
    """-o FILE in a folder that all may write to, where FILE is somebody else's link."""
    if os.geteuid() != 0:
        skip("-o FILE at another user's link", "only root can make a link of another user")
        return
    world = World()
    public = os.path.join(world.top, "public")
    os.mkdir(public)
    os.chmod(public, 0o1777)
    precious = os.path.join(world.top, "home/bashrc")
    for name, owner in (("trap", NOBODY), ("own", 0)):
        os.symlink(precious, os.path.join(public, name))
        os.lchown(os.path.join(public, name), owner, owner)
    before = picture(world.top)
    done = analyze(world.data, "peaks", "-o", os.path.join(public, "trap"))
    check("-o FILE does not follow another user's link in a folder that all may write to",
          done.returncode == 1 and "another user" in done.stderr
          and picture(world.top) == before,
          "%d %s %s" % (done.returncode, done.stderr, difference(before, picture(world.top))))
    done = analyze(world.data, "peaks", "-o", os.path.join(public, "own"))
    with open(precious, encoding="utf-8") as f:
        text = f.read()
    check("one's own link there is followed, and stays a link", done.returncode == 0
          and "memory" in text and os.path.islink(os.path.join(public, "own")),
          "%d %s" % (done.returncode, done.stderr))
    world.remove()


def main():
    moves_that_lead_out()
    what_a_commit_left_is_read_in_place()
    damaged_or_old()
    sql_of_strangers()
    files_that_are_none()
    root_and_the_daemons_user()
    an_output_behind_a_link()
    roots_folder_is_not_given_away()
    finish()


main()
