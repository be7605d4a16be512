"""The sender with the engines that people have: what Prometheus and VictoriaMetrics say they
hold is what is stored, each slot once, with its value.  Each is skipped where it is not
installed (Debian: prometheus, victoria-metrics)."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import sender
from harness import BUILD, TOP, check, finish, skip, until

DAYS = 3


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def prometheus(top, port):
    config = os.path.join(top, "prometheus.yml")
    with open(config, "w") as out:
        out.write("global: {}\n")
    return ["prometheus", "--config.file=" + config, "--web.enable-remote-write-receiver",
            "--storage.tsdb.path=" + os.path.join(top, "tsdb"),
            "--storage.tsdb.retention.time=50y", "--web.listen-address=127.0.0.1:%d" % port]


def victoria_metrics(top, port):
    return ["victoria-metrics", "-storageDataPath=" + os.path.join(top, "tsdb"),
            "-retentionPeriod=50y", "-search.latencyOffset=0s", "-search.maxPointsPerTimeseries=1000000",
            "-httpListenAddr=127.0.0.1:%d" % port]


def ask(url, path, **words):
    with urllib.request.urlopen("%s%s?%s" % (url, path, urllib.parse.urlencode(words)),
                                timeout=30) as answer:
        return json.load(answer)


def is_up(url):
    try:
        ask(url, "/api/v1/query", query="1")
        return True
    except OSError:
        return False


def held(url, name, workload, until_s):
    """{stamp: value} of one series, by a range selector."""
    words = '%s{workload=%s,source="imported"}[%ds]' % (name, json.dumps(workload), (DAYS + 1) * 86400)
    found = ask(url, "/api/v1/query", query=words, time=until_s)["data"]["result"]
    return {int(float(stamp)): float(value) for row in found
            for stamp, value in row["values"] if value != "NaN"}


def dashboard_shows_something(name, url, end):
    """Every query of docs/engine/dashboard.json has an answer at this engine."""
    with open(os.path.join(TOP, "docs/engine/dashboard.json")) as file:
        panels = json.load(file)["panels"]
    # the estate of the test has no disk operations
    queries = [target["expr"].replace("$workload", ".+").replace("$__range", "2d")
               for panel in panels for target in panel["targets"] if "disk_ops" not in
               target["expr"]]
    silent = [query for query in queries
              if not ask(url, "/api/v1/query", query=query, time=end)["data"]["result"]]
    check("sender: %s answers the %d queries of the dashboard" % (name, len(queries)),
          len(queries) >= 10 and not silent, "; ".join(silent[:3]))


def rules_hold():
    if not shutil.which("promtool"):
        skip("sender: alert rules", "promtool is not installed (Debian: prometheus)")
        return
    for words in (("check", "rules", "headroom.rules.yml"),
                  ("test", "rules", "headroom.rules.test.yml")):
        done = subprocess.run(["promtool", *words], cwd=os.path.join(TOP, "docs/engine"),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        check("sender: promtool %s %s" % words[:2], done.returncode == 0,
              done.stdout.decode()[-300:])


def engine_holds_the_store(name, command):
    if not shutil.which(name):
        skip("sender: " + name, "%s is not installed" % name)
        return
    top = tempfile.mkdtemp(prefix="headroom-engine-")
    port = free_port()
    url = "http://127.0.0.1:%d" % port
    process = subprocess.Popen(command(top, port), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        if not until(lambda: is_up(url), 30):
            check("sender: %s starts" % name, False, "no answer in 30 s")
            return
        data, runtime = sender.store(top, url, DAYS)
        expected = sender.wanted(data, top)
        end = max(max(stamps) for stamps in expected.values())
        for turn in ("first", "again, as if the cursor was lost"):
            done = subprocess.run([os.path.join(BUILD, "collectord-sender"), "--once",
                                   "--runtime", runtime], stderr=subprocess.PIPE, timeout=120)
            check("sender: %s takes all, %s" % (name, turn), done.returncode == 0,
                  done.stderr.decode()[-300:])
            time.sleep(1.5 if name == "prometheus" else 3)  # until it shows what it took
            wrong = []
            for (workload, series), stamps in expected.items():
                found = held(url, series, workload, end)
                if set(found) != stamps:
                    wrong.append("%s of %s: %d lost, %d strange" % (
                        series, workload, len(stamps - set(found)), len(set(found) - stamps)))
                elif series.endswith("cpu_used_mhz") and any(
                        value != (stamp - sender.START) / 300
                        for stamp, value in found.items()):
                    wrong.append("%s of %s: other values" % (series, workload))
            check("sender: %s holds every slot of %d series, %s" % (name, len(expected), turn),
                  expected and not wrong, "; ".join(wrong[:4]))
            sender.forget_cursors(data)
        dashboard_shows_something(name, url, end)
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(top)


rules_hold()
engine_holds_the_store("prometheus", prometheus)
engine_holds_the_store("victoria-metrics", victoria_metrics)
finish()
