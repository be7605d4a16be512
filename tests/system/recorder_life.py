"""The recorder's ordinary life: flush, a second adapter, more values than the ring was made
for, no daemon, another step, a rename, a hung writer, an orderly end."""
import fcntl
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
from harness import BUILD, Feed, check, finish, until  # noqa: E402


def analyze(feed, *words):
    return subprocess.run([os.path.join(BUILD, "analyze")] + list(words) +
                          ["--data", feed.data], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True)


def good(feed, code, need):
    result = feed.verify()
    return (code == 0 and result["missing"] == 0 and result["wrong"] == 0 and
            result["stored"] >= need, "%s %s %s" % (code, result["text"], feed.log()[-300:]))


def flush():
    """Nothing is due for an hour: only what asks brings ticks into the archives."""
    feed = Feed(rate=100, batch=3600, stage=60)
    feed.start()
    until(lambda: len(feed.acks()) >= 40, 10)
    with open(os.path.join(feed.data, "writer.lock"), "ab") as lock:  # nothing can be written
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = feed.ask("flush", 2)
        check("a flush is not done before its ticks are in the archives",
              not (answer or "").startswith("ok"), answer)
    before = os.path.exists(os.path.join(feed.data, "rrd/fed/cpu.rrd"))
    said = len(feed.acks())
    done = analyze(feed, "peaks", "--json")
    result = feed.verify(stamps=feed.acks()[:said])
    check("a reader's flush brings every tick into the archives",
          not before and done.returncode == 0 and result["missing"] == 0 and
          result["stored"] >= 40, "%s %s" % (done.stderr, result["text"]))
    answers = [feed.ask(w) for w in ("health", "take", "nonsense")]
    check("the socket answers health and take, and refuses the rest",
          answers[0].startswith("ok ticks ") and answers[1].startswith("ok 17") and
          answers[2].startswith("failed"), str(answers))
    mode = stat.S_IMODE(os.stat(os.path.join(feed.data, "recorder.sock")).st_mode)
    check("the socket is for owner and group alone", mode == 0o660, oct(mode))
    began = time.monotonic()
    code = feed.stop()
    check("the end stores everything within 15 s", time.monotonic() - began < 15 and
          good(feed, code, 40)[0], good(feed, code, 40)[1])
    feed.remove()


def no_daemon():
    feed = Feed(rate=200, batch=3600, stage=1)
    feed.start()
    until(lambda: len(feed.durable()) >= 60, 10)
    feed.kill_group()
    durable = feed.durable()
    done = analyze(feed, "peaks", "--json")
    result = feed.verify(stamps=durable)
    check("without a daemon analyze stores what was staged", done.returncode == 0 and
          result["missing"] == 0 and result["stored"] >= 60,
          "%s %s" % (done.stderr, result["text"]))
    check("... and changes nothing the second time",
          analyze(feed, "peaks", "--json").stdout == done.stdout)
    feed.remove()


def topology():
    feed = Feed(rate=400, batch=20, spare=1)
    feed.start(ticks=400)
    code = feed.wait()
    check("an adapter that comes gets a file, and no tick is lost",
          os.path.exists(os.path.join(feed.data, "rrd/fed/net-eth1.rrd")) and
          good(feed, code, 400)[0], good(feed, code, 400)[1])
    size = os.path.getsize(os.path.join(feed.data, "staging"))
    feed.start(ticks=100, pad=900, batch=120)
    code = feed.wait()
    grown = os.path.getsize(os.path.join(feed.data, "staging"))
    check("staging grows with the values of a tick (%d to %d bytes)" % (size, grown),
          grown > size and good(feed, code, 500)[0], good(feed, code, 500)[1])
    feed.remove()


def other_step():
    feed = Feed(rate=200, batch=20)
    feed.start(ticks=50)
    feed.wait()
    feed.start(step=2, ticks=5)
    until(lambda: "sampled at 1 s" in feed.log(), 5)
    feed.kill_group()
    check("another step is refused with both numbers",
          "the store was sampled at 1 s, the setting interval says 2 s" in feed.log(),
          feed.log()[-300:])
    result = feed.verify(stamps=[t for t in feed.acks() if t <= 1700000050])
    check("... and nothing is changed by it", result["missing"] == 0 and
          result["wrong"] == 0 and result["stored"] == 50, result["text"])
    feed.remove()


def rename():
    feed = Feed(rate=200, batch=20)
    feed.start(ticks=50)
    feed.wait()
    done = analyze(feed, "workload", "rename", "fed", "other")
    feed.start(ticks=50)
    code = feed.wait()
    rows = feed.query("SELECT name, last_at - first_at FROM workloads")
    check("a renamed workload is sampled on", code == 0 and done.returncode == 0 and
          [r[0] for r in rows] == ["other"] and rows[0][1] >= 98,
          "%s %s %s" % (done.stderr, rows, feed.log()[-200:]))
    feed.remove()


def broken_writer():
    """A writer that cannot run, then one that can: ticks wait in staging."""
    feed = Feed(rate=200, batch=20)
    libexec = os.path.join(feed.top, "libexec")
    os.makedirs(libexec)
    os.symlink(os.path.join(BUILD, "collectord-recorder"),
               os.path.join(libexec, "collectord-recorder"))
    path = os.path.join(libexec, "collectord-writer")
    with open(path, "w") as f:
        f.write("#!/bin/sh\nexit 1\n")
    os.chmod(path, stat.S_IRWXU)
    feed.libexec = libexec
    feed.start()
    until(lambda: len(feed.acks()) > 300, 10)
    one_line = feed.log().count("the writer ended with 1")
    os.unlink(path)
    os.symlink(os.path.join(BUILD, "collectord-writer"), path)
    answer = feed.ask("flush")
    code = feed.stop()
    check("a writer that fails is tried again, and told of once", one_line == 1 and
          (answer or "").startswith("ok") and good(feed, code, 300)[0],
          "%d %s %s" % (one_line, answer, good(feed, code, 300)[1]))
    feed.remove()


def layouts_removed():
    """The folder that says what the ticks of staging are is removed under the daemon."""
    feed = Feed(rate=100, batch=3600, stage=1)
    feed.start()
    until(lambda: len(feed.durable()) >= 30, 10)
    shutil.rmtree(os.path.join(feed.data, "layouts"))
    many = len(feed.durable()) + 60
    until(lambda: len(feed.durable()) >= many, 10)
    answer = feed.ask("flush")
    code = feed.stop()
    check("layouts that are removed are made again, and no tick is lost",
          (answer or "").startswith("ok") and good(feed, code, many)[0],
          "%s %s" % (answer, good(feed, code, many)[1]))
    feed.remove()


def staging_removed():
    """The ticks that are on the disk, and in no archive yet, are removed under the daemon."""
    feed = Feed(rate=100, batch=3600, stage=1)
    feed.start()
    until(lambda: len(feed.durable()) >= 30, 10)
    os.unlink(os.path.join(feed.data, "staging"))
    many = len(feed.durable()) + 60
    until(lambda: len(feed.durable()) >= many, 10)
    feed.kill_group()
    durable = feed.durable()
    feed.start()
    until(lambda: (feed.ask("flush") or "").startswith("ok"), 10)
    result = feed.verify(stamps=durable)
    check("a staging that is removed is written again, with all that was in it",
          result["missing"] == 0 and result["wrong"] == 0 and len(durable) >= many,
          "%s %s" % (result["text"], feed.log()[-300:]))
    feed.remove()


def folder_away():
    """What an unmount leaves behind: another folder, empty, at the path of the store's."""
    feed = Feed(rate=100, batch=10, stage=1)
    feed.start()
    until(lambda: len(feed.durable()) >= 30, 10)
    away = feed.data + ".away"
    os.rename(feed.data, away)
    os.mkdir(feed.data, 0o750)
    until(lambda: "is not the folder of the store any more" in feed.log(), 10)
    recorder = feed.recorder()
    if recorder:  # nor does one that starts now
        os.kill(recorder, signal.SIGKILL)
    time.sleep(2)
    found, told = os.listdir(feed.data), len(feed.durable())
    time.sleep(1)
    # a batch that was under way may leave some of itself, and fails; a store is none of it
    begun = {"store.id", "staging", "layouts", "subjects", "headroom.db"}
    check("nothing is made at the store's path while its folder is away",
          not begun & set(found + os.listdir(feed.data)) and len(feed.durable()) == told,
          "%s %s" % (os.listdir(feed.data), feed.log()[-600:]))
    shutil.rmtree(feed.data)
    os.rename(away, feed.data)
    until(lambda: len(feed.durable()) >= told + 60, 30)
    code = feed.stop()
    result = good(feed, code, told + 60)
    check("once it is back all goes on, and no tick is lost", result[0], result[1])
    feed.remove()


def staging_cut():
    """Staging is cut short under the daemon: to its heads, to nothing, in the middle of a block."""
    for size in (8192, 0, 300001):
        feed = Feed(rate=100, batch=10, stage=1)
        feed.start()
        until(lambda: len(feed.durable()) >= 30, 10)
        feed.ask("flush")
        os.truncate(os.path.join(feed.data, "staging"), size)
        time.sleep(0.3)
        told = len(feed.durable())
        until(lambda: len(feed.durable()) >= told + 60, 30)
        behind = feed.durable()[told + 20:]
        code = feed.stop()
        result = feed.verify(stamps=behind)
        check("a staging that is cut to %d bytes is made whole, and what follows is stored" %
              size, code == 0 and len(behind) >= 20 and result["missing"] == 0
              and result["wrong"] == 0, "%s %d %s %s" % (code, len(behind), result["text"],
                                                        feed.log()[-400:]))
        feed.remove()


def database_gone():
    """The database and its backup are removed under the daemon: only the archives are left."""
    feed = Feed(rate=100, batch=10, stage=1)
    feed.start()
    until(lambda: len(feed.durable()) >= 30, 10)
    feed.ask("flush")
    for name in os.listdir(feed.data):
        if name.startswith("headroom.db"):
            os.unlink(os.path.join(feed.data, name))
    many = len(feed.durable()) + 60
    until(lambda: len(feed.durable()) >= many, 20)
    code = feed.stop()
    result = good(feed, code, many)
    check("a lost database costs no tick", result[0], result[1])
    done = analyze(feed, "export", "csv")
    rows = done.stdout.splitlines()
    at = rows[0].split(",").index("memory_used_bytes") if rows else 0
    known = [row for row in rows[1:] if row.split(",")[at]]
    check("the archives are found again: all of them can be read", len(known) >= many,
          "%d of %d %s" % (len(known), many, done.stderr))
    collector = json.loads(analyze(feed, "status", "--json").stdout)["collector"]
    check("what was stored before does not count as waiting", collector["held"] == 0,
          str(collector))
    feed.remove()


for part in (database_gone, staging_cut, folder_away, layouts_removed, staging_removed, flush, no_daemon, topology, other_step, rename, broken_writer):
    part()
finish()
