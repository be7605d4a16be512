"""Alerts on simulated days while somebody reads once a minute: each day has a short
excursion of memory (10:00 to 10:12), a sustained one (14:00 to 14:30) and an hour that
needs two processors (16:00 to 17:00).  Every one of them is an alert, opened, disqualified
and closed at the minute of the definition; the verdict has the same excursions.

    alert_days.py [DAYS]"""
import json
import os
import random
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import BUILD, SEED, check, finish, skip  # noqa: E402
from simulated import START, Daemon, Truth  # noqa: E402

LIMIT = 10 ** 10
DAY, MINUTE = 86400, 60


class Days(Truth):
    """The same pattern each day, UTC."""

    def hour(self, stamp):
        is_busy = (stamp - 1) % DAY // 3600 == 16
        return (180 if is_busy else 10, 1000, 1000, 10, 10, 10)

    def available_kib(self, stamp):
        minute = (stamp - 1) % DAY // MINUTE
        is_high = 600 <= minute < 612 or 840 <= minute < 870
        return self.MEMORY_KIB - (16000000 if is_high else 4000000)


def flush(daemon):
    """What every reading verb asks for first."""
    with socket.socket(socket.AF_UNIX) as s:
        here = os.getcwd()
        os.chdir(daemon.data)  # a socket's path is short
        try:
            s.connect("recorder.sock")
        finally:
            os.chdir(here)
        s.settimeout(60)
        s.sendall(b"flush\n")
        answer = b""
        while not answer.endswith(b"\n"):
            got = s.recv(256)
            if not got:
                break
            answer += got
    return answer.startswith(b"ok")


def wanted(days):
    """(kind, opened, disqualified, closed) in the order of their opening."""
    first = START - START % DAY
    rows = []
    for day in range(days + 1):
        at = first + day * DAY
        rows += [("memory_limit", at + 601 * 60, 0, at + 627 * 60),
                 ("memory_limit", at + 841 * 60, at + 855 * 60, at + 885 * 60)]
        # 260 MHz and 4673: the 900 s mean is over 3000 with the tenth busy minute, and
        # under 2850 from the seventh quiet one on, which has to last 15 minutes
        rows.append(("smp_need", at + 970 * 60, at + 970 * 60, at + 1041 * 60))
    end = START + days * DAY
    return sorted(row for row in rows if row[1] > START and row[3] <= end)


def days(count, kills=0):
    daemon = Daemon(SEED, "user = \"\"\nalert_memory_limit_bytes = %d\n"
                    "alert_memory_overhead_mb = 0\nalert_core_mhz = 3000\n"
                    "alert_saturation_percent = 0\nalert_disk_percent = 0\n" % LIMIT,
                    step=MINUTE)
    daemon.truth = Days(SEED)
    daemon.host.truth = daemon.truth
    end = START + count * DAY
    rng = random.Random(SEED)
    at = sorted(rng.randrange(START, end) for _ in range(kills))
    flushed = failed = 0
    daemon.start()
    while daemon.now < end:
        if not daemon.run(daemon.now + MINUTE):
            break
        if at and daemon.now >= at[0]:
            at.pop(0)
            daemon.kill_group()
            daemon.start()
        try:
            failed += not flush(daemon)
            flushed += 1
        except OSError:
            failed += flushed > 0  # before the first it is being started
    code = daemon.stop()
    done = subprocess.run([os.path.join(BUILD, "analyze"), "alerts", "--json", "--data",
                           daemon.data], stdout=subprocess.PIPE, check=True)
    alerts = json.loads(done.stdout)["alerts"]
    seen = sorted((a["kind"], a["opened"], a["disqualified"] or 0, a["closed"] or 0)
                  for a in alerts if a["kind"] != "health")
    expected = sorted(wanted(count))
    right = len(set(seen) & set(expected))
    words = "%d simulated days, a reader a minute (%d flushes)" % (count, flushed)
    check("alert days: the daemon ends in order", code == 0, "code %r" % code)
    check("alert days (CARD-4): %d of %d alerts over %s" % (right, len(expected), words),
          seen == expected and flushed > 0, "%r not %r" % (
              [row for row in seen if row not in expected][:3],
              [row for row in expected if row not in seen][:3]))
    if kills == 0:
        health = [a for a in alerts if a["kind"] == "health"]
        check("alert days: no false alert of the collector's own", not health,
              repr(health[:2]))
        check("alert days: every flush was answered", failed == 0, "%d were not" % failed)
    done = subprocess.run([os.path.join(BUILD, "analyze"), "peaks", "--json", "--data",
                           daemon.data], stdout=subprocess.PIPE, check=True)
    memory = json.loads(done.stdout)["workloads"][0]["resources"]["memory"]
    heights = {a["height"] for a in alerts if a["kind"] == "memory_limit"}
    check("alert days: alerts and peaks name the same height",
          heights == {memory["peak"]}, "%r %r" % (heights, memory["peak"]))
    daemon.remove()


def full_disk():
    """One per cent is called full: the store's disk and the file system below the root
    are told, and neither where the limit is 0."""
    for percent in (1, 0):
        daemon = Daemon(SEED, "user = \"\"\nalert_memory_limit_bytes = 0\n"
                        "alert_saturation_percent = 0\nalert_disk_percent = %d\n" % percent,
                        step=MINUTE)
        of = os.stat(daemon.host.root).st_dev
        path = os.path.join(daemon.host.root, "proc/self/mountinfo")
        os.chmod(path, 0o644)
        with open(path, "w") as file:
            file.write("20 1 %d:%d / / rw - ext4 /dev/vda1 rw\n" % (
                os.major(of), os.minor(of)))
        used = os.statvfs(daemon.data if os.path.exists(daemon.data) else daemon.top)
        if used.f_bavail > 0.98 * used.f_blocks:
            skip("alert days: a full disk", "the disk of the scratch folder is empty")
            daemon.remove()
            return
        daemon.has_helper = True
        daemon.start()
        for minute in range(1, 31):
            daemon.run(START + minute * MINUTE)
            time.sleep(0.1)  # the helper reads file systems in its own time
        daemon.stop()
        done = subprocess.run([os.path.join(BUILD, "analyze"), "alerts", "--json", "--data",
                               daemon.data], stdout=subprocess.PIPE, check=True)
        seen = [(a["kind"], a["subject"], a["limit"])
                for a in json.loads(done.stdout)["alerts"]
                if a["kind"] in ("disk_space", "health")]
        want = [("disk_space", "/", 0.01), ("health", "disk of the store", 0)] if percent \
            else []
        check("alert days: disks over %d %% are %s" % (
            percent, "told" if percent else "not asked for"), sorted(seen) == want, seen)
        daemon.remove()


if __name__ == "__main__":
    days(int(sys.argv[1]) if len(sys.argv) > 1 else 28)
    full_disk()
    finish()
