"""Other machines: an exporter of the test on loopback and a channel as ssh gives it; one that
is silent, one that answers with nonsense and one that drips do not hold up the others."""
import http.server
import json
import os
import re
import resource
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, check, finish  # noqa: E402

BEGAN = time.time()
FLEET = 10  # beside the hosts that differ
FILES = 40  # open at once: fewer than so many hosts need


def answer(busy):
    """A machine of 2 CPUs of 2000 MHz: known rates for every second of its life."""
    at = time.time() - BEGAN
    lines = []
    for cpu in (0, 1):
        for mode, value in (("idle", 1000 + at * (1 - busy)), ("user", 50 + at * busy)):
            lines.append('node_cpu_seconds_total{cpu="%d",mode="%s"} %.6f' % (
                cpu, mode, value))
    lines += ["node_memory_MemTotal_bytes 8589934592", "node_memory_MemFree_bytes 1e9",
              "node_memory_MemAvailable_bytes 4294967296",
              'node_network_receive_bytes_total{device="eth0"} %d' % (at * 125000),
              'node_network_transmit_bytes_total{device="eth0"} %d' % (at * 1250),
              'node_disk_read_bytes_total{device="sda"} %d' % (int(at * 1000) * 512),
              'node_disk_written_bytes_total{device="sda"} 0',
              'node_disk_reads_completed_total{device="sda"} %d' % (at * 10),
              'node_disk_writes_completed_total{device="sda"} 0',
              "node_boot_time_seconds 1.7e+09"]
    return ("\n".join(lines) + "\n").encode()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            if self.path == "/redirect":
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:%d/good" %
                                 self.server.server_port)
                self.end_headers()
            elif self.path == "/token" and \
                    self.headers.get("Authorization") != "Bearer secret-1":
                self.send_error(401)
            elif self.path == "/nonsense":
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"<html>\0\xff" * 1000)
            elif self.path == "/endless":
                self.send_response(200)
                self.end_headers()
                for _ in range(64):
                    self.wfile.write(b"node_x 1\n" * 65536)
            elif self.path == "/drip":
                self.send_response(200)
                self.end_headers()
                for _ in range(60):
                    self.wfile.write(b"n")
                    self.wfile.flush()
                    time.sleep(1)
            else:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer(0.25))
        except OSError:
            pass

    def log_message(self, *args):
        pass


def fake_ssh(top):
    """An ssh that runs what it is given here: the channel without the network."""
    folder = os.path.join(top, "bin")
    os.makedirs(folder)
    path = os.path.join(folder, "ssh")
    with open(path, "w") as f:
        f.write("#!/bin/sh\nfor last; do :; done\n"
                "case \" $* \" in *' BatchMode=yes '*) ;; *) exit 255 ;; esac\n"
                "case \" $* \" in *' refused '*) exit 255 ;; esac\nexec sh -c \"$last\"\n")
    os.chmod(path, 0o755)
    return folder


def watch_memory(seconds):
    """How far the memory of this machine moves meanwhile, in bytes: what runs beside us may
    start and end within it, and two hosts are not read at the same moments."""
    seen, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        with open("/proc/meminfo") as f:
            kib = {line.split(":")[0]: int(line.split()[1]) for line in f}
        seen.append(1024 * max(kib.get("MemAvailable", 0), kib["MemFree"]))
        time.sleep(0.5)
    return max(seen) - min(seen)


def write_settings(top, url, bad, silent_port):
    """A host for each way in which one can answer, well or badly."""
    token = os.path.join(top, "token")
    with open(token, "w") as f:
        f.write("secret-1\n")
    with open(os.path.join(top, "conf"), "w") as f:
        f.write("user = \"\"\ninterval = 5s\nbatch_interval = 1h\n")
        for n in range(FLEET):
            f.write("host like-good-%d { address = \"%s/good\" nominal_mhz = 2000 }\n" % (
                n, url))
        for name in ["good"] + bad:
            f.write("host %s { address = \"%s/%s\" nominal_mhz = 2000 }\n" % (
                name, url, name))
        f.write("host token { address = \"%s/token\" token_file = \"%s\" }\n" % (url, token))
        f.write("host silent { address = \"http://127.0.0.1:%d/\" }\n" % silent_port)
        f.write("host itself { source = ssh address = here interval = 10s }\n")
        f.write("host refused { source = ssh address = refused }\n")


def few_files():
    """As a service manager starts it: the poller has to ask for what its hosts need."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))


def command_lines():
    lines = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid) as f:
                lines.append(f.read().replace("\0", " "))
        except OSError:  # it has ended meanwhile
            pass
    return " ".join(lines)


def peaks(data):
    """Once all is stored: the daemon's last batch may outlive it where others run beside us."""
    until = time.monotonic() + 90
    while True:
        done = subprocess.run([os.path.join(BUILD, "analyze"), "peaks", "--json", "--data", data],
                              capture_output=True, universal_newlines=True)
        if "not in this report" not in done.stderr or time.monotonic() > until:
            return {w["name"]: w for w in json.loads(done.stdout)["workloads"]}
        time.sleep(2)


def main():
    top = tempfile.mkdtemp(prefix="headroom-poller-")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    silent = socket.socket()  # takes connections and says nothing
    silent.bind(("127.0.0.1", 0))
    silent.listen(8)
    bad = ["redirect", "nonsense", "endless", "drip"]
    write_settings(top, "http://127.0.0.1:%d" % server.server_port, bad,
                   silent.getsockname()[1])
    data, runtime = os.path.join(top, "data"), os.path.join(top, "run")
    os.makedirs(runtime)
    log = open(os.path.join(top, "log"), "w")
    daemon = subprocess.Popen(
        [os.path.join(BUILD, "collectord"), "-c", os.path.join(top, "conf"), "--data", data,
         "--name", "hub"], stdout=log, stderr=log,
        env=dict(os.environ, RUNTIME_DIRECTORY=runtime,
                 PATH=fake_ssh(top) + ":" + os.environ["PATH"]), preexec_fn=few_files)
    moved = watch_memory(57)
    commands = command_lines()
    daemon.terminate()
    code = daemon.wait(30)
    text = open(os.path.join(top, "log")).read()
    check("poller: the daemon ends in order", code == 0, "code %r: %s" % (code, text[-300:]))
    workloads = peaks(data)
    good = workloads.get("good", {"resources": {}, "samples": 0})
    for resource, wanted, tolerance in (("memory", 4294967296, 0), ("cpu", 1000, 0.03),
                                        ("network", 1000000, 0.01), ("disk", 512000, 0.01),
                                        ("disk_ops", 10, 0.15)):
        got = (good["resources"].get(resource) or {}).get("mean")
        check("poller: %s of an exporter is what its machine does" % resource,
              got is not None and abs(got - wanted) <= tolerance * wanted,
              "%r, wanted %r" % (got, wanted))
    check("poller: three of its slots of 15 s are known at least", good["samples"] >= 2,
          repr(good["samples"]))
    fleet = [n for n in workloads if n.startswith("like-good-")]
    check("poller: it has the open files that its hosts need, whatever it was started with",
          len(fleet) == FLEET and "Too many open files" not in text, "%r %s" % (
              fleet, text[-200:]))
    check("poller: a bearer token comes from its file", "token" in workloads,
          repr(sorted(workloads)))
    check("poller: it stands on no command line", "secret-1" not in commands, "")
    check("poller: what cannot be used is no workload",
          not set(bad + ["silent", "refused"]) & set(workloads), repr(sorted(workloads)))
    for name in bad + ["silent", "refused"]:
        told = re.findall(r"collectord-poller: %s: (.*); its slots are unknown" % name, text)
        check("poller: %s is told once with its reason" % name, len(told) == 1, repr(told))
    ours, itself = (workloads[n]["resources"]["memory"]["mean"] if n in workloads else None
                    for n in ("hub", "itself"))
    check("poller: this machine by ssh has the memory that it has by itself",
          itself is not None and abs(ours - itself) < 0.2 * ours + moved,
          "%r %r, moved by %r" % (ours, itself, moved))
    inventory = [set(os.listdir(os.path.join(data, "rrd", n))) if os.path.isdir(
        os.path.join(data, "rrd", n)) else set() for n in ("hub", "itself")]
    missing = {n for n in inventory[0] if not n.startswith(("fs-", "sensors"))} - inventory[1]
    check("poller: and the same archives", not missing, repr(missing))
    server.shutdown()
    silent.close()
    shutil.rmtree(top)


main()
finish()
