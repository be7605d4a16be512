"""T04: kill -9 of the group, the recorder and the writer at random moments.

    kill.py [KILLS]    no tick that was in the ring is lost, none stands there twice or
                       wrong, each hole is one gap, fsck is content
"""
import random
import sys
import time

from harness import BUILD, SEED, Feed, check, finish, until, kill_quietly, ok, fail
import os


ROUND = 500


def campaign(kills, libexec=None, env=None, seed=SEED):
    """(figures, feed): the store is stopped in order at the end."""
    chance = random.Random(seed)
    feed = Feed(libexec=libexec, env=env, rate=200, lost=2, batch=10)
    done = {"group": 0, "recorder": 0, "writer": 0}
    while sum(done.values()) < kills:
        if feed.process is None:
            feed.start()
            time.sleep(chance.uniform(0, 0.05))
        kind = chance.choice(["group", "group", "recorder", "writer"])
        time.sleep(chance.uniform(0, 0.15))
        if kind == "group":
            feed.kill_group()
        else:
            pid = None
            end = time.monotonic() + 0.5
            while pid is None and time.monotonic() < end:
                pid = feed.recorder() if kind == "recorder" else feed.writer()
            if pid is None:
                continue
            kill_quietly(pid)
        done[kind] += 1
        if feed.process and feed.process.poll() is not None:
            feed.process = None
    if feed.process is None:
        feed.start()
    until(lambda: len(feed.acks()) and feed.recorder(), 5)
    time.sleep(0.3)
    done["exit"] = feed.stop()
    return done, feed


def judge(name, done, feed):
    result = feed.verify()
    gaps = sorted((a, b) for a, b in feed.query("SELECT begin_at, end_at FROM gaps"))
    holes = sorted(result["unknown"])
    print("# %s: %s; ticks stored %d missing %d wrong %d; %d holes, %d gaps" %
          (name, done, result["stored"], result["missing"], result["wrong"],
           len(holes), len(gaps)), flush=True)
    problems = []
    if done["exit"] != 0:
        problems.append("the end took too long or failed: %s" % done["exit"])
    if result["missing"] or result["wrong"] or result["stored"] <= 0:
        problems.append(result["text"].replace("\n", "; "))
    if gaps != holes:
        problems.append("holes %s, gaps %s" % (
            [h for h in holes if h not in gaps][:5], [g for g in gaps if g not in holes][:5]))
    code, text = feed.fsck()
    if code != 0:
        problems.append("fsck: " + text[-300:])
    return problems


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for first in range(0, kills, ROUND):  # a new store each: its base rows roll over
        count = min(ROUND, kills - first)
        done, feed = campaign(count, seed=SEED + first)
        problems = judge("T04", done, feed)
        check("T04 kill -9 %d times: no tick lost, none doubled, each hole one gap" % count,
              not problems, "; ".join(problems) + " " + feed.log()[-500:])
        if problems and os.environ.get("KEEP"):
            print("# kept", feed.top)
        else:
            feed.remove()
    finish()


if __name__ == "__main__":
    main()
