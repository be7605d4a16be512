"""A recorder that hangs: check and status say so at once, the sampler ends it and starts
another, and no tick is lost.  A history that ends in the future is no OK either."""
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, check, children, finish, until  # noqa: E402


def analyze(data, *words):
    done = subprocess.run([os.path.join(BUILD, "analyze")] + list(words) + ["--data", data],
                          capture_output=True, timeout=60, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def recorder_of(daemon):
    found = [pid for pid, name in children(daemon.pid) if name.startswith("collectord-reco")]
    return found[0] if found else 0


def hang(top):
    data = os.path.join(top, "hung")
    config = os.path.join(top, "config")
    with open(config, "w") as out:
        out.write("interval = 1s\nstage_interval = 1s\nsensors = no\n"
                  "alert_disk_percent = 0\nalert_saturation_percent = 0\n"
                  "alert_core_mhz = 0\nalert_memory_limit_bytes = 0\n")
    with open(os.path.join(top, "log"), "w") as log:
        daemon = subprocess.Popen([os.path.join(BUILD, "collectord"), "-c", config, "--data",
                                   data, "--no-helper"], stderr=log)
    try:
        def sampling():
            code, text = analyze(data, "check")
            return code == 0 and "age=" in text
        check("while all is well check is OK", until(sampling, 40), str(analyze(data, "check")))
        before = recorder_of(daemon)
        os.kill(before, signal.SIGSTOP)
        code, text = analyze(data, "check")
        check("a recorder that does not answer is critical",
              code == 2 and "does not answer" in text, "%s %s" % (code, text))
        text = analyze(data, "status")[1]
        check("... and status says so", "does not answer" in text, text[:300])
        check("the sampler ends it and starts another", until(
            lambda: recorder_of(daemon) not in (0, before), 90), str(recorder_of(daemon)))
        check("then check is OK again", until(sampling, 40), str(analyze(data, "check")))
        os.kill(daemon.pid, signal.SIGSTOP)
        time.sleep(66)
        code, text = analyze(data, "check")
        check("a sampler that hangs for a minute at a step of 1 s is critical",
              code == 2 and "s old" in text, "%s %s" % (code, text))
        os.kill(daemon.pid, signal.SIGCONT)
        check("... and no longer once it samples", until(sampling, 40),
              str(analyze(data, "check")))
        daemon.send_signal(signal.SIGTERM)
        check("the end is in order", daemon.wait(30) == 0, str(daemon.returncode))
    finally:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()
    with open(os.path.join(top, "log")) as log:
        text = log.read()
    check("the log says why it was ended", "collectord-recorder has hung" in text, text[-400:])


def future(top):
    """The first start had a clock of 2033, a second has the right one."""
    data = os.path.join(top, "future")
    script = os.path.join(top, "clock")
    config = os.path.join(top, "config")
    with open(config, "w") as out:
        out.write("interval = 10s\nkeep_base = 2d\nsensors = no\n")

    def run(start, *more, wait=True):
        with open(script, "w") as out:
            out.write("start %d 5000\n" % start)
        words = [os.path.join(BUILD, "collectord"), "-c", config, "--data", data,
                 "--no-helper"] + list(more)
        if wait:
            return subprocess.run(words + ["--clock", script], capture_output=True,
                                  timeout=120, check=False)
        return subprocess.Popen(words, stderr=subprocess.DEVNULL)

    run(2000000000, "--ticks", "100")
    daemon = run(0, wait=False)
    try:
        def told():
            code, text = analyze(data, "check")
            return code == 2 and "ends in the future (2033-05-18" in text
        check("a history that ends in the future is critical, with its cure",
              until(told, 30) and "--trust-clock" in analyze(data, "check")[1],
              str(analyze(data, "check")))
        check("... and status says so", "ends in the future" in analyze(data, "status")[1],
              analyze(data, "status")[1])
    finally:
        daemon.terminate()
        try:
            daemon.wait(30)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
    renewed(data, run)


def renewed(data, run):
    """The cure that was named: a new history, and the old one whole under another name."""
    run(1792966500, "--ticks", "60", "--trust-clock")
    run(1792966500 + 3600, "--ticks", "40")
    spans = {w["name"]: w for w in json.loads(analyze(data, "status", "--json")[1])["workloads"]}
    old = [name for name in spans if name.endswith(" until 2033-05-18")]
    check("--trust-clock begins a new history and keeps the old one", len(old) == 1 and
          len(spans) == 2, str(sorted(spans)))
    code, text = analyze(data, "fsck")
    check("... and both are whole", code == 0 and " 0 lost" in text, text)
    database = sqlite3.connect("file:%s/headroom.db?mode=ro" % data, uri=True)
    stored = dict(database.execute("SELECT name, last_at - first_at FROM workloads"))
    database.close()
    new = [name for name in spans if name not in old]
    check("... the new one has what was sampled since", new and
          stored[new[0]] == 3600 + 39 * 10, str(stored))
    check("... and status no longer warns", "ends in the future" not in
          analyze(data, "status")[1], analyze(data, "status")[1])


def main():
    top = tempfile.mkdtemp()
    try:
        future(top)
        hang(top)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    finish()


main()
