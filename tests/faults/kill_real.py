"""kill -9 of the whole group while this machine itself is sampled at 1 s, in real time.

    kill_real.py [KILLS]   of the ticks before a kill at most one is missing, each hole is
                           one gap, no value stands above what the machine can do
"""
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import shutil
import time

from harness import BUILD, SEED, check, finish
from weeks import analyze, fetch


class Real:
    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="headroom-real-")
        self.data = os.path.join(self.top, "data")
        os.makedirs(os.path.join(self.top, "run"))
        with open(os.path.join(self.top, "conf"), "w") as f:
            f.write("keep_base = 1d\nkeep_fine = 2d\nkeep_coarse = 30d\n"
                    "batch_interval = 20s\n")
        self.log = open(os.path.join(self.top, "log"), "w")

    def start(self):
        return subprocess.Popen(
            [os.path.join(BUILD, "collectord"), "-c", os.path.join(self.top, "conf"),
             "--data", self.data, "--name", "sim", "--interval", "1"],
            stdout=self.log, stderr=self.log, start_new_session=True,
            env=dict(os.environ, RUNTIME_DIRECTORY=os.path.join(self.top, "run")))


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    chance = random.Random(SEED)
    real = Real()
    begin = int(time.time())
    killed, problems = [], []
    for _ in range(kills):
        process = real.start()
        started = time.time()
        time.sleep(chance.uniform(1.5, 4))
        os.killpg(process.pid, signal.SIGKILL)
        killed.append((started, time.time()))
        process.wait()
    process = real.start()
    time.sleep(4)
    process.terminate()
    code = process.wait(30)
    if code != 0:
        problems.append("the end: %s" % code)
    end = int(time.time()) + 1
    memory = fetch(real, "memory", "used_bytes", "AVERAGE", 1, begin, end)
    cpu = fetch(real, "cpu", "busy_ratio", "AVERAGE", 1, begin, end)
    net = fetch(real, "network", "demand_bps", "AVERAGE", 1, begin, end)
    missing = 0
    for started, at in killed:
        # slots that ended well inside the run, after its second reading
        wanted = [t for t in range(int(started) + 3, int(at - 0.1) + 1)]
        lost = [t for t in wanted if t not in memory]
        missing += len(lost)
        if len(lost) > 1:
            problems.append("lost %s of a run from %.2f to %.2f" % (lost, started, at))
    if [v for v in cpu.values() if v > 1.0001] or [v for v in net.values() if v > 4e11]:
        problems.append("a spike")
    stamps = sorted(memory)
    holes = [(a, b - 1) for a, b in zip(stamps, stamps[1:]) if b - a > 1]
    db = sqlite3.connect("file:%s/headroom.db?mode=ro" % real.data, uri=True)
    gaps = sorted(db.execute("SELECT begin_at, end_at FROM gaps").fetchall())
    db.close()
    if gaps != holes:
        problems.append("holes %s, gaps %s" % (holes[:5], gaps[:5]))
    _, text, _ = analyze(real, "status", "--json")
    count = json.loads(text)["collector"]
    if count["ticks"] != count["stored"] + count["held"] + count["dropped"] or \
            count["stored"] != len(memory):
        problems.append("status: %s, %d slots" % (count, len(memory)))
    if analyze(real, "fsck")[0] != 0:
        problems.append("fsck")
    print("# kill -9 in real time: %d kills, %d slots stored, %d missing, %d gaps" % (
        kills, len(memory), missing, len(gaps)), flush=True)
    check("T04 kill -9 of the daemon %d times while it samples this machine at 1 s" % kills,
          not problems, "; ".join(problems[:6]))
    real.log.close()
    shutil.rmtree(real.top, ignore_errors=True)
    finish()


if __name__ == "__main__":
    main()
