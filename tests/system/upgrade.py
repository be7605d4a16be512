"""A store that the build before subjects (4f50d0b) left in the middle of its work: imported
and sampled workloads, frames in staging that no archive has, ticks in the ring that staging
has not.  This build takes it over, goes on, and every row is what that build would have made.

    upgrade.py record    BUILD names that build: its store and its answers become the fixture
"""
import csv
import json
import os
import subprocess
import sys
import tarfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, check, fail, finish, until  # noqa: E402
from simulated import START, Daemon  # noqa: E402

FIXTURE = os.path.join(HERE, "../upgrade/4f50d0b")
SEED = 20261130
KILLED, END = START + 3530, START + 3700
SETTINGS = ("user = \"\"\nbatch_interval = 20m\nkeep_base = 2h\nkeep_fine = 1d\n"
            "keep_coarse = 30d\nalert_disk_percent = 0\n"
            "alert_memory_limit_bytes = 20000000000\n")


def analyze(data, *words):
    done = subprocess.run([os.path.join(BUILD, "analyze")] + list(words) +
                          ["--data", data], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True)
    if done.returncode != 0:
        fail("upgrade: analyze " + words[0], done.stderr.strip())
    return done.stdout


def imported(top):
    """Two workloads of a day at 5 minutes."""
    path = os.path.join(top, "rows.csv")
    with open(path, "w") as f:
        f.write("time,workload,cpu_used_mhz,memory_used_bytes,disk_size_bytes\n")
        for i in range(288):
            f.write("%d,web,%d,%d,1000000000\n" % (START + 300 * i, 100 + i, 2 ** 30 + i))
            if i % 7:
                f.write("%d,db 1,%d,,\n" % (START + 300 * i, 2000 - i))
    return path


def export(data, path):
    analyze(data, "export", "csv", "-o", path)


def rows_of(path):
    """{(time, workload): {column: text}}; a build may add columns."""
    with open(path) as f:
        return {(row["time"], row["workload"]): row for row in csv.DictReader(f)}


def differences(wanted, got):
    """Rows of wanted that got has otherwise, or has not."""
    return [key for key, row in wanted.items()
            if any(got.get(key, {}).get(column) != text for column, text in row.items())]


def go_on(daemon):
    """From the moment of the kill to the end, in order."""
    daemon.now = KILLED
    daemon.start()
    daemon.run(END)
    time.sleep(0.5)
    return daemon.stop()


def record():
    daemon = Daemon(SEED, SETTINGS)
    os.makedirs(daemon.data)
    here = os.getcwd()
    os.chdir(daemon.top)
    analyze(daemon.data, "import", "csv", os.path.basename(imported(daemon.top)))
    os.chdir(here)
    daemon.start()
    daemon.run(START + 3400)
    until(lambda: pending(daemon) is not None, 5)
    time.sleep(1.5)  # what is taken is staged
    daemon.run(KILLED)
    daemon.kill_group()
    os.makedirs(FIXTURE, exist_ok=True)
    with tarfile.open(os.path.join(FIXTURE, "store.tar.xz"), "w:xz", preset=9) as tar:
        for name in ("data", "run"):
            tar.add(os.path.join(daemon.top, name), name, filter=plain)
    print("code", go_on(daemon))
    export(daemon.data, os.path.join(FIXTURE, "rows.csv"))
    with open(os.path.join(FIXTURE, "peaks.json"), "w") as f:
        f.write(analyze(daemon.data, "peaks", "--json"))
    daemon.remove()


def pending(daemon):
    path = os.path.join(daemon.data, "staging")
    return os.path.getsize(path) if os.path.exists(path) else None


def plain(info):
    """Without an owner, and without the files that name folders of the machine."""
    if os.path.basename(info.name) in ("settings", "collectord.lock"):
        return None
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    return info


def upgrade():
    daemon = Daemon(SEED, SETTINGS)
    with tarfile.open(os.path.join(FIXTURE, "store.tar.xz")) as tar:
        tar.extractall(daemon.top)
    code = go_on(daemon)
    check("upgrade: the daemon takes the store over and ends in order", code == 0,
          "%r: %s" % (code, daemon.text_of_log()[-300:]))
    path = os.path.join(daemon.top, "rows.csv")
    export(daemon.data, path)
    wanted, got = rows_of(os.path.join(FIXTURE, "rows.csv")), rows_of(path)
    wrong = differences(wanted, got)
    check("upgrade: all %d rows are those of the build before" % len(wanted),
          not wrong and len(got) == len(wanted), repr(wrong[:3]))
    with open(os.path.join(FIXTURE, "peaks.json")) as f:
        before = json.load(f)
    now = json.loads(analyze(daemon.data, "peaks", "--json"))
    keep = ("name", "step_s", "samples", "coverage", "resources")
    check("upgrade: so are the peaks",
          [[w[key] for key in keep] for w in before["workloads"]] ==
          [[w[key] for key in keep] for w in now["workloads"]], "they differ")
    fsck = subprocess.run([os.path.join(BUILD, "analyze"), "fsck", "--data", daemon.data],
                          stdout=subprocess.PIPE, universal_newlines=True)
    check("upgrade: fsck finds it whole", fsck.returncode == 0, fsck.stdout)
    daemon.remove()


def drained():
    """The same where no daemon comes: a reader drains staging; the ring stays."""
    daemon = Daemon(SEED, SETTINGS)
    with tarfile.open(os.path.join(FIXTURE, "store.tar.xz")) as tar:
        tar.extractall(daemon.top)
    path = os.path.join(daemon.top, "rows.csv")
    export(daemon.data, path)
    wanted, got = rows_of(os.path.join(FIXTURE, "rows.csv")), rows_of(path)
    sim = [key for key in got if key[1] == "sim"]
    # the minute that was not over when it ended has fewer readings
    wrong = [key for key in differences(got, wanted) if key != max(sim)]
    check("upgrade: a drain without a daemon finds %d of its minutes" % len(sim),
          len(sim) > 50 and not wrong, repr(wrong[:2]))
    daemon.remove()


if __name__ == "__main__":
    if sys.argv[1:] == ["record"]:
        record()
    else:
        upgrade()
        drained()
        finish()
