"""T14: readers and writers that hold what the daemon needs, for seconds.

    locks.py [SECONDS]    nothing is lost, nothing is delayed for good
"""
import fcntl
import os
import sqlite3
import sys
import time

from harness import Feed, check, finish, until


def hold_rrd(feed, seconds):
    """A reader in the middle of a fetch: the lock that librrd never waits for."""
    with open(os.path.join(feed.data, "rrd/fed/cpu.rrd"), "rb") as f:
        fcntl.lockf(f, fcntl.LOCK_SH)
        time.sleep(seconds)


def hold_writer_lock(feed, seconds):
    """An import."""
    with open(os.path.join(feed.data, "writer.lock"), "r+b") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        time.sleep(seconds)


def hold_transaction(feed, seconds):
    """A reader of the database that takes its time."""
    db = sqlite3.connect("file:%s/headroom.db?mode=ro" % feed.data, uri=True)
    db.execute("BEGIN")
    db.execute("SELECT count(*) FROM gaps").fetchall()
    time.sleep(seconds)
    db.close()


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3
    for name, hold in (("an RRD's lock", hold_rrd), ("the writer lock", hold_writer_lock),
                       ("a reading transaction", hold_transaction)):
        feed = Feed(rate=200, batch=20)
        feed.start()
        until(lambda: os.path.exists(os.path.join(feed.data, "rrd/fed/cpu.rrd")), 10)
        hold(feed, seconds)
        answer = feed.ask("flush")
        code = feed.stop()
        result = feed.verify()
        check("T14 %s held for %g s: no sample lost" % (name, seconds),
              code == 0 and result["missing"] == 0 and result["wrong"] == 0 and
              result["stored"] > 40 * seconds and not result["unknown"] and
              (answer or "").startswith("ok"),
              "%s, %s, %s, %s" % (code, answer, result["text"], feed.log()[-300:]))
        feed.remove()
    finish()


if __name__ == "__main__":
    main()
