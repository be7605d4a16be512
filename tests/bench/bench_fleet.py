"""Many machines: 200 by ssh every 10 s behind one sshd, 1,000 exporters every 15 s, and
vmagent with the same exporters, where it is installed.  Prints a table: slots that are
missing, processor time and memory for each host.  About four minutes on a quiet machine; ssh is waited for until all are
open, six at most.

    bench_fleet.py [SSH_HOSTS [EXPORTERS [SECONDS]]]
"""

import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../oracle"))
sys.path.insert(0, os.path.join(HERE, "../faults"))  # its harness is ours
from harness import BUILD  # noqa: E402
from sshd import Sshd, why_not, write  # noqa: E402

ROOT = os.path.join(os.path.dirname(HERE), "roots", "debian12-kvm-2cpu")
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGESIZE")
BEGAN = time.time()
# what a node_exporter says beside what is used: 60 kB in all
PADDING = "".join("node_cooling_device_max_state{name=\"%d\",type=\"Processor\"} 10\n" % n
                  for n in range(950)).encode()


class Exporter(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        at = time.time() - BEGAN
        lines = ['node_cpu_seconds_total{cpu="%d",mode="%s"} %.2f' % (n, mode, at * share)
                 for n in range(8) for mode, share in (
                     ("idle", 0.7), ("user", 0.2), ("system", 0.1), ("iowait", 0))]
        lines += ["node_memory_MemTotal_bytes 8e9", "node_memory_MemAvailable_bytes 4e9",
                  'node_network_receive_bytes_total{device="eth0"} %d' % (at * 1e5),
                  'node_network_transmit_bytes_total{device="eth0"} %d' % (at * 1e4),
                  'node_disk_read_bytes_total{device="sda"} %d' % (at * 1e5),
                  'node_disk_reads_completed_total{device="sda"} %d' % (at * 10),
                  "node_boot_time_seconds 1.7e+09"]
        body = ("\n".join(lines) + "\n").encode() + PADDING
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, *_):
        pass


def processes():
    """pid: (name, parent, seconds, resident bytes)"""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as f:
                name, rest = f.read().split("(", 1)[1].rsplit(") ", 1)
        except (OSError, IndexError):
            continue
        field = rest.split()
        found[int(pid)] = (name, int(field[1]), (int(field[11]) + int(field[12])) / TICK,
                           int(field[21]) * PAGE)
    return found


def below(found, top):
    family = {top}
    while True:
        more = {pid for pid, row in found.items() if row[1] in family} - family
        if not more:
            return family
        family |= more


def usage(pid):
    """Seconds and bytes by name, of a process and what it started."""
    found, total = processes(), {}
    for each in below(found, pid):
        if each not in found:
            continue
        name, _, seconds, bytes_ = found[each]
        had = total.get(name, (0, 0, 0))
        total[name] = (had[0] + seconds, had[1] + bytes_, had[2] + 1)
    return total


def row(what, hosts, seconds, before, after, name):
    cpu = after.get(name, (0, 0, 0))[0] - before.get(name, (0, 0, 0))[0]
    _, bytes_, count = after.get(name, (0, 0, 0))
    print("%-34s %9.3f %% of a core a host  %8.1f kB a host  %7.1f MB  (%d processes)" % (
        what + ": " + name, 100 * cpu / seconds / hosts, bytes_ / 1e3 / hosts, bytes_ / 1e6,
        count), flush=True)


def missing(data, step, begin, end):
    """Slots of the window that are not known, by the stamps that stand in the archives."""
    # a slot that is unknown is told as a gap, one that was late as missed
    done = subprocess.run([os.path.join(BUILD, "analyze"), "export", "csv", "--data", data],
                          capture_output=True, text=True, check=True,
                          env=dict(os.environ, TZ="UTC"))
    lines = done.stdout.splitlines()
    head = lines[0].split(",")
    at, memory = head.index("workload"), head.index("memory_used_bytes")
    known = {}
    for line in lines[1:]:
        cell = line.split(",")
        stamp = time.mktime(time.strptime(cell[0], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        if cell[memory] and begin < stamp <= end:
            known[cell[at]] = known.get(cell[at], 0) + 1
    known.pop("hub", None)
    wanted = int(end // step) - int(begin // step)
    return wanted, known


def poll(top, kind, hosts, step, seconds, warm, line, path):
    """The daemon with so many hosts; its table."""
    folder = os.path.join(top, kind)
    os.makedirs(os.path.join(folder, "run"))
    data = os.path.join(folder, "data")
    with open(os.path.join(folder, "conf"), "w") as out:
        # a thousand workloads would be 50 GB with the rows that are usual
        out.write("user = \"\"\ninterval = 10s\nbatch_interval = 1h\nkeep_base = 1h\n"
                  "keep_fine = 2h\nkeep_coarse = 0s\n")
        for n in range(hosts):
            out.write("host %s%d { %s interval = %ds }\n" % (kind, n, line % n, step))
    with open(os.path.join(folder, "log"), "w") as log:
        daemon = subprocess.Popen(
            [os.path.join(BUILD, "collectord"), "-c", os.path.join(folder, "conf"), "--data",
             data, "--name", "hub", "--no-helper"], stdout=log, stderr=log,
            env=dict(os.environ, RUNTIME_DIRECTORY=os.path.join(folder, "run"), PATH=path))
        until, open_for = time.time() + 6 * warm, 0
        try:
            time.sleep(warm)
            while kind == "ssh" and time.time() < until and open_for < 3:
                time.sleep(10)
                clients = usage(daemon.pid).get("ssh", (0, 0, 0))[2]
                open_for = open_for + 1 if clients >= hosts else 0
            before, begin, load = usage(daemon.pid), time.time(), os.getloadavg()
            time.sleep(seconds)
            after, end = usage(daemon.pid), time.time()
        finally:
            daemon.terminate()
            daemon.wait(120)
    wanted, known = missing(data, step, begin + step, end - step)
    late = sum(max(0, wanted - known.get("%s%d" % (kind, n), 0)) for n in range(hosts))
    with open(os.path.join(folder, "log")) as log:
        told = sum("its slots are unknown" in said for said in log)
    print("%d hosts by %s every %d s, %d s, load %.1f to %.1f: %d of %d slots missing "
          "(%d hosts told of)" % (hosts, kind, step, seconds, load[0], os.getloadavg()[0],
                                  late, wanted * hosts, told), flush=True)
    for name in ("collectord-poll", "ssh", "collectord-reco"):
        if name in after:
            row(kind, hosts, end - begin, before, after, name)
    return late


def by_ssh(top, hosts, seconds):
    reason = why_not()
    if reason:
        print("ssh: left out, " + reason)
        return
    inside = write(os.path.join(top, "inside"), "#!/bin/sh\nexec unshare -m sh -c '"
                   "mount --bind %s/proc /proc && mount --bind %s/sys /sys && "
                   "exec sh -c \"$SSH_ORIGINAL_COMMAND\"'\n" % (ROOT, ROOT), 0o755)
    os.makedirs(os.path.join(top, "sshd"))
    with Sshd(os.path.join(top, "sshd"), extra="ForceCommand " + inside) as server:
        poll(top, "ssh", hosts, 10, seconds, 60, "source = ssh address = there%d",
             server.bin + ":" + os.environ["PATH"])


def by_vmagent(top, url, hosts, seconds):
    vmagent = shutil.which("vmagent")
    if not vmagent:
        print("vmagent: left out, it is not installed")
        return
    config = write(os.path.join(top, "scrape.yml"), json.dumps({"scrape_configs": [{
        "job_name": "node", "scrape_interval": "15s", "static_configs": [
            {"targets": ["%s" % url.split("//")[1]],
             "labels": {"host": "h%d" % n}} for n in range(hosts)]}]}))
    with open(os.path.join(top, "vmagent.log"), "w") as log:
        agent = subprocess.Popen(
            [vmagent, "-promscrape.config=" + config, "-httpListenAddr=127.0.0.1:0",
             "-remoteWrite.url=%s/write" % url, "-remoteWrite.tmpDataPath=" +
             os.path.join(top, "vmagent")], stdout=log, stderr=log)
        time.sleep(30)
        before, begin = usage(agent.pid), time.time()
        time.sleep(seconds)
        after, end = usage(agent.pid), time.time()
        for name in after:
            row("vmagent", hosts, end - begin, before, after, name)
        agent.terminate()
        agent.wait(30)


def main():
    number = [int(word) for word in sys.argv[1:]] + [200, 1000, 60][len(sys.argv) - 1:]
    top = tempfile.mkdtemp(prefix="headroom-fleet-")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started ends with us
    server = Server(("127.0.0.1", 0), Exporter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = "http://127.0.0.1:%d" % server.server_port
    try:
        if number[0]:
            by_ssh(top, number[0], number[2])
        if number[1]:
            poll(top, "exporter", number[1], 15, number[2], 40,
                 "address = \"" + url + "/%d\"", os.environ["PATH"])
            by_vmagent(top, url, number[1], number[2])
    finally:
        shutil.rmtree(top, ignore_errors=True)


main()
