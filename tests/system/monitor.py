"""`analyze check` as a monitoring system calls it: words, codes, thresholds, figures, the
time limit, and the textfile for node_exporter, read by promtool where there is one."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, check, finish, skip, until  # noqa: E402

GB = 1 << 30
LINE = re.compile(r"HEADROOM (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]*(\|[^|\n]*)?\n")
PERFORMANCE = re.compile(r"[a-z_]+=-?[0-9.e+]+(s|%|c|B)?(;[-@~:0-9.]*){0,4}")


def run(data, *words, program="analyze"):
    done = subprocess.run([os.path.join(BUILD, program)] + list(words) + ["--data", data],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          universal_newlines=True, check=False)
    return done.returncode, done.stdout + done.stderr


def well_formed(name, code, text):
    first = text.splitlines(True)[0]
    match = LINE.fullmatch(first)
    words = ["OK", "WARNING", "CRITICAL", "UNKNOWN"]
    check(name + ": a plugin's line", match and words.index(match.group(1)) == code, text)
    if match and match.group(2):
        wrong = [w for w in match.group(2)[1:].split() if not PERFORMANCE.fullmatch(w)]
        check(name + ": performance data", not wrong, wrong)


def write_csv(path):
    """One hour up to now: 12 of 16 GB, half of 4 cores; half of the minutes of `holes`."""
    now = int(time.time()) // 60 * 60
    with open(path, "w") as out:
        out.write("time,workload,memory_used_bytes,memory_total_bytes,cpu_used_mhz,"
                  "cpu_cores,cpu_core_mhz,network_bps\n")
        for k in range(60):
            out.write("%d,mail,%d,%d,4000,4,2000,250000000\n" %
                      (now - 60 * k, 12 * GB, 16 * GB))
            out.write("%d,\"od\"\"d\\x\",%d,,4000,,,\n" % (now - 60 * k, 3 * GB))
            if k >= 8:
                out.write("%d,holes,%d,%d,,,,\n" % (now - 60 * k, GB, 2 * GB))


def thresholds(data):
    rows = (
        ("nothing asked", ("mail",), 0, "no open alerts"),
        ("per cent of both: fine", ("mail", "-w", "80", "-c", "90"), 0, "memory=75%;80;90;0;100"),
        ("memory over", ("mail", "-w", "70"), 1, "mail: 75 % of the memory"),
        ("cpu over", ("mail", "-w80", "-ccpu=40"), 2, "mail: 50 % of all cores"),
        ("the worst counts", ("mail", "-w", "memory=10", "-c", "cpu=10"), 2, "% of all cores"),
        ("a least", ("mail", "--critical", "network_mbps=300:"), 2, "250 Mb/s"),
        ("inside", ("mail", "-w", "memory=@74:76"), 1, "75 % of"),
        ("a figure of the daemon", ("mail", "-w", "open=~:-1"), 1, "0 open alerts"),
        ("the age of an import", ("mail", "-c", "age=0:0.5"), 2, "s since the last sample"),
        ("not counted is no OK", ("mail", "-w", "disk_ops_per_s=5"), 3, "not counted here"),
        ("too many holes is no OK", ("holes", "-w", "memory=90"), 3, "less than half"),
        ("nobody said how much", ("od\"d\\x", "-w", "memory=90"), 3, "inventory --set"),
        ("bad is worse than unknown", ("mail", "-c", "memory=10,disk_ops_per_s=5"), 2, "75 %"),
        ("no such workload", ("maul",), 3, "no workload is called \"maul\""),
        ("two workloads", ("mail", "holes"), 3, "expected one workload"),
        ("no such figure", ("mail", "-w", "ram=5"), 3, "\"ram\" is none of memory, cpu"),
        ("no range", ("mail", "-w", "memory=5%"), 3, "is no range"),
        ("no such option", ("mail", "-x"), 3, "unknown option -x"),
        ("no such store", ("--data", data + "/none"), 3, "does not exist"),
    )
    for name, words, wanted, part in rows:
        code, text = run(data, "check", *words) if "--data" not in words else \
            run(words[1], "check")
        check(name, code == wanted and part in text, "%d: %s" % (code, text))
        well_formed(name, code, text)
    code, text = run(data, "check", "mail", "-v")
    check("-v: a line for each figure", code == 0 and text.count("\n") == 7 and
          "  50 % of all cores\n" in text, text)
    code, text = run(data, "check", "-V")
    check("-V", code == 0 and "Headroom" in text, text)


def daemon(data, top):
    config = os.path.join(top, "config")
    with open(config, "w") as out:
        out.write("interval = 1s\nstage_interval = 1s\nsensors = no\n"
                  "alert_disk_percent = 0\nalert_saturation_percent = 0\n"
                  "alert_core_mhz = 0\nalert_memory_limit_bytes = 0\n")
    with open(os.path.join(top, "log"), "w") as log:
        child = subprocess.Popen([os.path.join(BUILD, "collectord"), "-c", config, "--data",
                                  data, "--no-helper"], stderr=log)
    words = ("check", "-w", "network_mbps=0:1000000", "-v", "--over", "0.1")
    try:
        check("the daemon's own machine, of the last seconds",
              until(lambda: run(data, *words)[0] == 0, 30), run(data, *words))
        os.kill(child.pid, signal.SIGSTOP)  # the recorder answers, nobody samples
        os.kill(child.pid, signal.SIGCONT)
        code, text = run(data, "check", "--textfile", "-o", os.path.join(top, "h.prom"))
        check("the textfile is written", code == 0 and text == "", text)
        code, text = run(data, "check", "-t", "1", "mail")
        check("in time", code == 0, text)
        recorder = [int(p) for p in open("/proc/%d/task/%d/children" % (
            child.pid, child.pid)).read().split()
            if open("/proc/%s/comm" % p).read().startswith("collectord-reco")]
        os.kill(recorder[0], signal.SIGSTOP)
        code, text = run(data, "check", "-t", "1", "mail")
        os.kill(recorder[0], signal.SIGCONT)
        check("a daemon that hangs: UNKNOWN after -t", code == 3 and "too long" in text,
              "%d: %s" % (code, text))
    finally:
        child.terminate()
        child.wait(30)


def textfile(top):
    with open(os.path.join(top, "h.prom"), encoding="utf-8") as source:
        text = source.read()
    for name in ("headroom_up 1", "headroom_check_state 0", "headroom_ticks_total ",
                 "headroom_last_sample_timestamp_seconds ", "headroom_open_alerts 0",
                 "headroom_peak_memory_bytes{workload=\"mail\"} %d" % (12 * GB),
                 "headroom_sustained_cpu_mhz{workload=\"mail\"} 4000",
                 "headroom_peak_memory_bytes{workload=\"od\\\"d\\\\x\"} %d" % (3 * GB)):
        check("textfile: " + name, "\n" + name in "\n" + text, text[:600])
    if not shutil.which("promtool"):
        skip("promtool reads the textfile", "promtool is not installed")
        return
    done = subprocess.run(["promtool", "check", "metrics"], input=text,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, check=False)
    check("promtool finds nothing in the textfile",
          done.returncode == 0 and not done.stdout.strip(), done.stdout)


def main():
    top = tempfile.mkdtemp(prefix="headroom-monitor-")
    try:
        data = os.path.join(top, "data")
        write_csv(os.path.join(top, "in.csv"))
        code, text = run(data, "import", "csv", os.path.join(top, "in.csv"))
        check("the store", code == 0, text)
        thresholds(data)
        daemon(data, top)
        textfile(top)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    finish()


main()
