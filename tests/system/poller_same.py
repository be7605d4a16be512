"""One machine three times: by the local sampler on a host root, by a real sshd on loopback
whose sessions see that root as /proc and /sys, and by a scripted exporter of the same
figures.  It reboots, an adapter gets another name, a driver forgets its counters: all three
say what the machine does, and none of them sees a peak that was none."""

import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../oracle"))
sys.path.insert(0, os.path.join(HERE, "../faults"))  # its harness is ours
from harness import BUILD, check, finish, skip  # noqa: E402
from sshd import Sshd, why_not, write  # noqa: E402

# Seconds of the test.  The last span has two readings of the exporter, 15 s apart, wherever
# its slots lie: one rate of the network that no event spoils.
REBOOT, RENAME, RESET, END = 24, 44, 62, 98
HZ = 100
MHZ, CPUS, BUSY = 2000, 2, 0.25
TRUTH = {"memory": 4 << 30, "cpu": MHZ * CPUS * BUSY, "network": 1e6, "disk": 512000,
         "disk_ops": 10}
BEGAN = time.time()
STALE = [0.0]  # seconds that the files of the root stood still, at the most


def machine():
    """What its counters say now: begun anew by the reboot, those of the adapter by each."""
    at = time.time() - BEGAN
    up = at if at < REBOOT else at - REBOOT
    since = at - max(event for event in (0, REBOOT, RENAME, RESET) if event <= at)
    return {"boot": 1 if at < REBOOT else 2, "up": up + 1000 * (at < REBOOT),
            "adapter": "eth0" if at < RENAME else "ens3",
            "received": since * 125000, "sent": since * 1250}


def texts(now):
    jiffies = now["up"] * HZ
    user, idle = jiffies * BUSY, jiffies * (1 - BUSY)
    stat = "".join("cpu%s %d 0 0 %d 0 0 0 0 0 0\n" % (name, user * share, idle * share)
                   for name, share in (("", CPUS), ("0", 1), ("1", 1)))
    kib = 1 << 10
    return {
        "proc/stat": stat + "ctxt 1\nbtime %d\nprocesses 1\n" % (1700000000 + now["boot"]),
        "proc/meminfo": "MemTotal: %d kB\nMemFree: %d kB\nMemAvailable: %d kB\n"
                        "Buffers: 0 kB\nCached: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n" % (
                            (8 << 30) / kib, (3 << 30) / kib, (4 << 30) / kib),
        "proc/net/dev": "Inter-|   Receive |  Transmit\n face |bytes packets errs drop fifo "
                        "frame compressed multicast|bytes packets errs drop fifo colls "
                        "carrier compressed\n"
                        "  %s: %d 1 0 0 0 0 0 0 %d 1 0 0 0 0 0 0\n" % (
                            now["adapter"], now["received"], now["sent"]),
        "proc/diskstats": "   8  0 sda %d 0 %d 0 0 0 0 0 0 0 0\n" % (
            now["up"] * 10, now["up"] * 1000),
        "proc/sys/kernel/random/boot_id": "%08d-0000-4000-8000-000000000000\n" % now["boot"],
    }


def put(root, path, text):
    whole = os.path.join(root, path)
    os.makedirs(os.path.dirname(whole), exist_ok=True)
    with open(whole + ".new", "w") as out:
        out.write(text)
    os.rename(whole + ".new", whole)


def adapter(root, name):
    for path, text in (("type", "1\n"), ("speed", "1000\n"), ("operstate", "up\n"),
                       ("device/recorded", "")):
        put(root, "sys/class/net/%s/%s" % (name, path), text)


def make(root):
    put(root, "proc/cpuinfo", "".join(
        "processor\t: %d\nmodel name\t: Test CPU @ 2.00GHz\ncpu MHz\t\t: 2000.000\n"
        "physical id\t: 0\ncore id\t\t: %d\ncpu cores\t: 2\n\n" % (n, n) for n in (0, 1)))
    put(root, "proc/loadavg", "0.5 0.5 0.5 1/100 1\n")
    for path, text in (("size", "1000000\n"), ("removable", "0\n"),
                       ("queue/rotational", "1\n"), ("device/recorded", "")):
        put(root, "sys/block/sda/" + path, text)
    os.makedirs(os.path.join(root, "sys/devices/system/cpu"))
    adapter(root, "eth0")
    run(root)


def run(root):
    now = machine()
    if now["adapter"] == "ens3" and os.path.isdir(root + "/sys/class/net/eth0"):
        shutil.rmtree(root + "/sys/class/net/eth0")
        adapter(root, "ens3")
    for path, text in texts(now).items():
        put(root, path, text)


class Exporter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        now = machine()
        lines = ['node_cpu_seconds_total{cpu="%d",mode="%s"} %.3f' % (
            cpu, mode, now["up"] * share)
                 for cpu in (0, 1) for mode, share in (("idle", 1 - BUSY), ("user", BUSY))]
        lines += ["node_memory_MemTotal_bytes %d" % (8 << 30),
                  "node_memory_MemFree_bytes %d" % (3 << 30),
                  "node_memory_MemAvailable_bytes %d" % (4 << 30),
                  'node_network_receive_bytes_total{device="%s"} %d' % (
                      now["adapter"], now["received"]),
                  'node_network_transmit_bytes_total{device="%s"} %d' % (
                      now["adapter"], now["sent"]),
                  'node_disk_read_bytes_total{device="sda"} %d' % (now["up"] * 512000),
                  'node_disk_written_bytes_total{device="sda"} 0',
                  'node_disk_reads_completed_total{device="sda"} %d' % (now["up"] * 10),
                  'node_disk_writes_completed_total{device="sda"} 0',
                  "node_boot_time_seconds %d" % (1700000000 + 3600 * now["boot"])]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(("\n".join(lines) + "\n").encode())

    def log_message(self, *args):
        pass


def why_no_namespace():
    done = subprocess.run(["unshare", "-m", "true"], capture_output=True, text=True,
                          check=False)
    return None if done.returncode == 0 else done.stderr.strip()


def sample(top, root, port):
    """The daemon on the root, with both other ways as hosts of it, until the end."""
    with open(os.path.join(top, "conf"), "w") as out:
        out.write("user = \"\"\ninterval = 5s\nbatch_interval = 1h\n"
                  "host exporter { address = \"http://127.0.0.1:%d/\" nominal_mhz = %d }\n"
                  "host ssh { source = ssh address = there interval = 10s }\n" % (port, MHZ))
    os.makedirs(os.path.join(top, "run"))
    with open(os.path.join(top, "log"), "w") as log:
        daemon = subprocess.Popen(
            [os.path.join(BUILD, "collectord"), "-c", os.path.join(top, "conf"), "--data",
             os.path.join(top, "data"), "--name", "local", "--root", root, "--no-helper"],
            stdout=log, stderr=log,
            env=dict(os.environ, RUNTIME_DIRECTORY=os.path.join(top, "run")))
        written = time.time()
        while time.time() < BEGAN + END and daemon.poll() is None:
            run(root)
            STALE[0] = max(STALE[0], time.time() - written)
            written = time.time()
            time.sleep(0.05)
        daemon.terminate()
        code = daemon.wait(30)
    with open(os.path.join(top, "log")) as log:
        check("one machine three times: the daemon ends in order", code == 0,
              "code %r: %s" % (code, log.read()[-300:]))


def judge(top):
    done = subprocess.run([os.path.join(BUILD, "analyze"), "peaks", "--json", "--data",
                           os.path.join(top, "data")], capture_output=True, text=True,
                          check=False)
    workloads = {w["name"]: w for w in json.loads(done.stdout)["workloads"]}
    with open(os.path.join(top, "log")) as log:
        said = log.read()[-400:]
    for name, least, step_s in (("local", 12, 5), ("ssh", 5, 10), ("exporter", 3, 15)):
        # a root that stood still on a busy machine gives its reader more in one slot
        stale_s = 0 if name == "exporter" else STALE[0]
        seen = workloads.get(name, {"resources": {}, "samples": 0})
        check("%s: at least %d slots are known" % (name, least), seen["samples"] >= least,
              "%r %s" % (seen["samples"], said))
        for resource, wanted in TRUTH.items():
            got = seen["resources"].get(resource) or {}
            mean, peak = got.get("mean"), got.get("peak")
            check("%s: %s is what the machine does, and no more at any time" % (
                name, resource), mean is not None and abs(mean - wanted) <= 0.05 * wanted and
                  peak <= (1.1 + stale_s / step_s) * wanted,
                  "mean %r, peak %r, wanted %r, stale for %.1f s" % (
                      mean, peak, wanted, stale_s))


def main():
    reason = why_not() or why_no_namespace()
    if reason:
        skip("one machine three times", reason)
        return
    top = tempfile.mkdtemp(prefix="headroom-same-")
    root = os.path.join(top, "root")
    make(root)
    inside = write(os.path.join(top, "inside"), "#!/bin/sh\nexec unshare -m sh -c '"
                   "mount --bind %s/proc /proc && mount --bind %s/sys /sys && "
                   "exec sh -c \"$SSH_ORIGINAL_COMMAND\"'\n" % (root, root), 0o755)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.makedirs(os.path.join(top, "sshd"))
    with Sshd(os.path.join(top, "sshd"), extra="ForceCommand " + inside) as sshd:
        os.environ["PATH"] = sshd.bin + ":" + os.environ["PATH"]
        sample(top, root, server.server_port)
    judge(top)
    server.shutdown()
    shutil.rmtree(top)


main()
finish()
