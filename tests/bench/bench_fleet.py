"""Many machines: 200 by ssh every 10 s behind one sshd, 1,000 exporters every 15 s, and
vmagent, Prometheus as an agent and collectd (its plugins curl and rrdtool; seven figures of each
page, none of the processors) with the same exporters, where they are installed.  Prints a
table: slots that are missing, processor time and memory for each host; "batches" is what the
writers took that ended in the window.  About six minutes on a quiet machine; ssh is waited for
until all are open, six minutes at most.  What is measured comes before others on the machine
(autogroup), where root runs it; who answers does not.

    bench_fleet.py [SSH_HOSTS [EXPORTERS [SECONDS]]]
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

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


class Exporter(asyncio.Protocol):
    """Any path, the same figures; as cheap as can be, so that what is measured is the reader."""

    said, at, reads = b"", 0.0, 0

    def connection_made(self, transport):
        self.transport, self.asked, self.left = transport, b"", 0

    def data_received(self, data):
        self.asked += data
        while True:
            if self.left:  # of a body: a peer writes what it has read
                taken = min(self.left, len(self.asked))
                self.asked, self.left = self.asked[taken:], self.left - taken
                if self.left:
                    return
                self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            if b"\r\n\r\n" not in self.asked:
                return
            head, _, self.asked = self.asked.partition(b"\r\n\r\n")
            if head.startswith(b"POST"):
                self.left = int(head.lower().split(b"content-length:")[1].split()[0])
            elif head.startswith(b"GET /reads "):  # how many there were
                self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n%9d" %
                                     Exporter.reads)
            else:
                self.transport.write(self.answer())

    @staticmethod
    def answer():
        Exporter.reads += 1
        at = time.time() - BEGAN
        if at > Exporter.at + 1:
            Exporter.at = at
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
            Exporter.said = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" \
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        return Exporter.said


async def serve(port):
    server = await asyncio.get_running_loop().create_server(
        Exporter, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


def exporters():
    """A process of its own and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "serve", str(port)])
    return process, "http://127.0.0.1:%d" % port


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
        if name == "collectord-reco":
            total["batches"] = (ended(each), 0, 0)
    return total


def ended(pid):
    """Seconds of the children that have ended: of the recorder, its writers."""
    with open("/proc/%d/stat" % pid) as f:
        field = f.read().rsplit(") ", 1)[1].split()
    return (int(field[13]) + int(field[14])) / TICK


def come_first(process):
    """Others on this machine shall not decide what is late."""
    try:
        with open("/proc/%d/autogroup" % process.pid, "w") as out:
            out.write("-15")
    except OSError:  # not root, or a kernel without it
        pass


def row(what, hosts, seconds, before, after, name):
    cpu = after.get(name, (0, 0, 0))[0] - before.get(name, (0, 0, 0))[0]
    _, bytes_, count = after.get(name, (0, 0, 0))
    print("%-34s %9.3f %% of a core a host  %8.1f kB a host  %7.1f MB  (%d processes)" % (
        what + ": " + name, 100 * cpu / seconds / hosts, bytes_ / 1e3 / hosts, bytes_ / 1e6,
        count), flush=True)


def stored(data):
    """All that was staged is in the archives: the daemon's last batch may outlive it, and
    what that leaves in staging is stored by who reads."""
    until = time.time() + 600
    while True:
        done = subprocess.run([os.path.join(BUILD, "analyze"), "export", "csv", "--data", data],
                              capture_output=True, text=True, check=True,
                              env=dict(os.environ, TZ="UTC"))
        if "not in this report" not in done.stderr or time.time() > until:
            return done
        time.sleep(5)


def missing(data, step, begin, end):
    """Slots of the window that are not known, by the stamps that stand in the archives."""
    # a slot that is unknown is told as a gap, one that was late as missed
    done = stored(data)
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
            env=dict(os.environ, RUNTIME_DIRECTORY=os.path.join(folder, "run"), PATH=path),
            start_new_session=True)
        come_first(daemon)
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
    for name in ("collectord-poll", "ssh", "collectord-reco", "batches"):
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


def reads(url):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            url + "/reads", timeout=30) as answer:
        return int(answer.read())


def by_peer(top, url, name, command, hosts, seconds):
    if not shutil.which(command[0]):
        print("%s: left out, it is not installed" % name)
        return
    with open(os.path.join(top, name + ".log"), "w") as log:
        agent = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    come_first(agent)
    time.sleep(40)
    before, begin, first = usage(agent.pid), time.time(), reads(url)
    time.sleep(seconds)
    after, end, last = usage(agent.pid), time.time(), reads(url)
    for each in after:
        row(name, hosts, end - begin, before, after, each)
    print("%-34s %d reads, %d wanted" % (name, last - first, hosts * (end - begin) / 15),
          flush=True)
    agent.terminate()
    agent.wait(30)


def by_peers(top, url, hosts, seconds):
    """The same exporters, and who takes what they send."""
    config = {"scrape_configs": [{
        "job_name": "node", "scrape_interval": "15s", "static_configs": [
            {"targets": ["%s" % url.split("//")[1]],
             "labels": {"host": "h%d" % n}} for n in range(hosts)]}]}
    scrape = write(os.path.join(top, "scrape.yml"), json.dumps(config))
    write_too = write(os.path.join(top, "agent.yml"), json.dumps(dict(
        config, remote_write=[{"url": url + "/write"}])))
    by_peer(top, url, "vmagent", [
        "vmagent", "-promscrape.config=" + scrape, "-httpListenAddr=127.0.0.1:0",
        "-remoteWrite.url=%s/write" % url,
        "-remoteWrite.tmpDataPath=" + os.path.join(top, "vmagent")], hosts, seconds)
    by_peer(top, url, "prometheus as agent", [
        "prometheus", "--enable-feature=agent", "--config.file=" + write_too,
        "--web.listen-address=127.0.0.1:0",
        "--storage.agent.path=" + os.path.join(top, "prometheus")], hosts, seconds)
    by_peer(top, url, "collectd", [
        "collectd", "-f", "-C", write(os.path.join(top, "collectd.conf"), collectd_config(
            top, url, hosts)), "-P", os.path.join(top, "collectd.pid")], hosts, seconds)


def collectd_config(top, url, hosts):
    """Each exporter is a page; it is looked through once for each figure."""
    match = """  <Match>
   Regex "%s ([0-9.e+]+)"
   DSType "%s"
   Type "%s"
   Instance "%s"
  </Match>
"""
    matches = "".join(match % row for row in [
        ("node_memory_MemTotal_bytes", "GaugeLast", "memory", "total"),
        ("node_memory_MemAvailable_bytes", "GaugeLast", "memory", "available"),
        ("node_boot_time_seconds", "GaugeLast", "gauge", "boot"),
        (r"node_network_receive_bytes_total[^ ]*", "DeriveSet", "derive", "received"),
        (r"node_network_transmit_bytes_total[^ ]*", "DeriveSet", "derive", "sent"),
        (r"node_disk_read_bytes_total[^ ]*", "DeriveSet", "derive", "read"),
        (r"node_disk_reads_completed_total[^ ]*", "DeriveSet", "derive", "reads")])
    pages = "".join(' <Page "h%d">\n  URL "%s/%d"\n%s </Page>\n' % (n, url, n, matches)
                    for n in range(hosts))
    return """BaseDir "%s/collectd"
Interval 15
LoadPlugin curl
LoadPlugin rrdtool
<Plugin rrdtool>
 DataDir "%s/collectd"
 CacheTimeout 3600
 CacheFlush 7200
</Plugin>
<Plugin curl>
%s</Plugin>
""" % (top, top, pages)


def main():
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(int(sys.argv[2])))
        return
    number = [int(word) for word in sys.argv[1:]] + [200, 1000, 60][len(sys.argv) - 1:]
    top = tempfile.mkdtemp(prefix="headroom-fleet-")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started ends with us
    server, url = exporters()
    try:
        if number[0]:
            by_ssh(top, number[0], number[2])
        if number[1]:
            poll(top, "exporter", number[1], 15, number[2], 40,
                 "address = \"" + url + "/%d\"", os.environ["PATH"])
            by_peers(top, url, number[1], number[2])
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(top, ignore_errors=True)


main()
