"""kill -9 of the whole group of the real daemon at random moments, at a step of 1 s, on a
simulated host.

    kill_daemon.py [KILLS]   no repair; of what was sampled before a kill at most one tick
                             is missing; the slots up to the second tick after the restart
                             are unknown and one gap; no spike; status and fsck agree
"""
import json
import random
import sys
import time

from harness import SEED, check, finish
from simulated import START, Daemon
from weeks import analyze, fetch, near


def campaign(kills):
    chance = random.Random(SEED)
    daemon = Daemon(SEED & 0xffff, "batch_interval = 20s\nkeep_base = 1d\n"
                    "keep_fine = 2d\nkeep_coarse = 30d\n", step=1)
    ok = True
    for _ in range(kills):
        daemon.start()
        ok = ok and daemon.run(daemon.now + chance.randint(3, 40))
        time.sleep(chance.uniform(0, 0.03))  # anywhere in what it does now
        daemon.kill_group()
        daemon.now += chance.randint(0, 30)
        daemon.host.write(daemon.now)
    daemon.start()
    ok = ok and daemon.run(daemon.now + 30)
    code = daemon.stop()
    return daemon, ok, code


def judge(daemon):
    """(problems, figures)"""
    begin, end = START - 100, daemon.now
    cpu = fetch(daemon, "cpu", "used_mhz", "AVERAGE", 1, begin, end)
    memory = fetch(daemon, "memory", "used_bytes", "AVERAGE", 1, begin, end)
    net = fetch(daemon, "network", "demand_bps", "AVERAGE", 1, begin, end)
    problems, missing = [], 0
    for run in daemon.runs:
        lost = [t for t in run[1:] if t not in memory]
        missing += len(lost)
        if len(lost) > 1 or (lost and lost[0] != run[-1]):
            problems.append("sampled and not stored: %s of %s" % (lost, run))
        if run and run[0] in cpu:
            problems.append("a rate from one reading at %d" % run[0])
    strangers = set(memory) - set(daemon.stamps)
    if strangers:
        problems.append("never sampled and stored: %s" % sorted(strangers)[:5])
    for name, rows, index in (("cpu", cpu, 0), ("memory", memory, 1), ("network", net, 2)):
        spikes = [t for t, v in rows.items() if not near(v, daemon.truth.demand(t)[index])]
        if spikes:
            problems.append("%s is wrong at %s" % (name, spikes[:5]))
    stamps = sorted(memory)
    holes = [(a, b - 1) for a, b in zip(stamps, stamps[1:]) if b - a > 1]
    import sqlite3
    db = sqlite3.connect("file:%s/headroom.db?mode=ro" % daemon.data, uri=True)
    gaps = sorted(db.execute("SELECT begin_at, end_at FROM gaps").fetchall())
    db.close()
    if gaps != holes:
        problems.append("holes without gap %s, gaps without hole %s" % (
            [h for h in holes if h not in gaps][:4], [g for g in gaps if g not in holes][:4]))
    code, text, _ = analyze(daemon, "status", "--json")
    status = json.loads(text)
    count, workload = status["collector"], status["workloads"][0]
    if count["ticks"] != count["stored"] + count["held"] + count["dropped"] or \
            count["stored"] != len(memory) or workload["gaps"] != len(gaps):
        problems.append("status: %s, %d slots, %d gaps" % (count, len(memory), len(gaps)))
    code, text, _ = analyze(daemon, "fsck", "--json")
    if code != 0:
        problems.append("fsck: " + text[-300:])
    return problems, {"runs": len(daemon.runs), "sampled": len(daemon.stamps),
                      "stored": len(memory), "missing": missing, "gaps": len(gaps)}


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    daemon, ok, code = campaign(kills)
    problems, figures = judge(daemon)
    if not ok or code != 0:
        problems.append("it did not run to the end: %s %s" % (ok, code))
    print("# kill -9 of the daemon:", figures, flush=True)
    check("T04 kill -9 of the daemon at %d random moments: at most one tick each" % kills,
          not problems, "; ".join(problems[:6]) + daemon.text_of_log()[-400:])
    daemon.remove()
    finish()


if __name__ == "__main__":
    main()
