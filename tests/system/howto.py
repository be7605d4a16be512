"""docs/howto.md: each of its commands runs, on a store and files that are made here; its
settings are taken; the samples load in the programs that they are for; and the weekly
report arrives, through the notifier, at a mail server of our own."""
import email
import json
import os
import random
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../oracle"))
from xlsx_made import workbook  # noqa: E402
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, SEED, TOP, check, finish, skip  # noqa: E402

SAMPLES = os.path.join(TOP, "docs/samples")
START = 1793491200  # 2026-11-01
# Those that want another machine: their options are checked, they are not run.
ELSEWHERE = ("https://", "/var/lib/rrdcached", "ssh:")
# What an exit code may be beside 0: a plan with somebody left out, a check with news.
CODES = {"plan": (0, 3), "check": (0, 1, 2, 3), "validate": (0, 1)}


def blocks():
    """The commands, and the settings, of the page."""
    with open(os.path.join(TOP, "docs/howto.md"), encoding="utf-8") as source:
        text = source.read()
    blocks_of = re.findall(r"(?ms)^```(\w*)\n(.*?)^```", text)
    commands = [line for kind, block in blocks_of if not kind
                for line in block.splitlines() if line.strip()]
    return commands, [block for kind, block in blocks_of if kind == "conf"]


def environment(work):
    return dict(os.environ, HEADROOM_DATA=os.path.join(work, "data"), LC_ALL="C.UTF-8",
                PATH=BUILD + ":" + os.environ["PATH"],
                NOTIFIER=os.path.join(BUILD, "collectord-notifier"))


def run(work, *words, data="data"):
    return subprocess.run(list(words), cwd=work, stdout=subprocess.PIPE,
                          env=dict(environment(work), HEADROOM_DATA=os.path.join(work, data)),
                          stderr=subprocess.STDOUT, universal_newlines=True, timeout=120,
                          check=False)


def write(work, name, text):
    with open(os.path.join(work, name), "w", encoding="utf-8") as out:
        out.write(text)


def estate(names):
    rng = random.Random(SEED)
    rows = ["time,workload,memory_used_bytes,memory_total_bytes,cpu_used_mhz,cpu_cores,"
            "cpu_core_mhz,network_bps,disk_bytes_per_s"]
    for name in names:
        for k in range(20 * 96):
            busy = rng.uniform(1, 2) + (k // 4 % 24 in (9, 10))
            rows.append("%d,%s,%d,17179869184,%d,4,2600,%d,%d" % (
                START + 900 * (k + 1), name, busy * 2e9, busy * 900, busy * 1e7, busy * 1e6))
    return "\n".join(rows) + "\n"


def counters(paths, rows):
    """A log of Windows' counters, as esxtop -b writes them, too."""
    lines = [",".join('"%s"' % c for c in ["(PDH-CSV 4.0) (UTC)(0)"] + paths)]
    for k in range(rows):
        lines.append(",".join('"%s"' % c for c in
                              ["11/%02d/2026 %02d:%02d:00" % (1 + k // 96, k // 4 % 24,
                                                              k % 4 * 15)] +
                              ["%d" % (20 + k % 40 + i) for i in range(len(paths))]))
    return "\r\n".join(lines) + "\r\n"


def make(work, settings):
    write(work, "estate.csv", estate(["mail", "db"]))
    write(work, "other.csv", estate(["web-1"]))
    for data in ("data", "web-1"):
        os.mkdir(os.path.join(work, data))
    run(work, "analyze", "import", "csv", "estate.csv")
    run(work, "analyze", "import", "csv", "other.csv", data="web-1")
    machine = json.loads(run(work, "analyze", "inventory", "--here", "--machine").stdout)
    write(work, "WEB1.json", json.dumps(dict(machine, name="WEB1")))
    write(work, "perfmon.csv", counters(
        ["\\\\WEB1\\Processor(_Total)\\% Processor Time", "\\\\WEB1\\Memory\\Available MBytes"],
        20 * 96))
    write(work, "esxtop.csv", counters(
        ["\\\\esx1\\Group Cpu(1001:vm-a)\\% Used", "\\\\esx1\\Group Memory(1001:vm-a)\\Memory "
         "Size MBytes", "\\\\esx1\\Group Memory(1001:vm-a)\\Touched MBytes"], 96))
    write(work, "hosts.json", run(work, "analyze", "plan", "--example-hosts").stdout)
    make_rvtools(work)
    for name, text in zip(("collectord.conf", "branch.conf", "alerts.conf"), settings):
        write(work, name, text)


def make_rvtools(work):
    """The sheets that matter."""
    sheets = {
        "vInfo": [["VM", "Powerstate", "Template", "CPUs", "Memory", "Provisioned MiB",
                   "In Use MiB", "Host", "OS according to the configuration file"],
                  ["vm-a", "poweredOn", False, 4, 8192, 102400, 51200, "esx1",
                   "Debian GNU/Linux 12 (64-bit)"]],
        "vHost": [["Host", "Datacenter", "Cluster", "CPU Model", "Speed", "# CPU",
                   "Cores per CPU", "# Cores", "# Memory", "# NICs", "# VMs"],
                  ["esx1", "dc", "c", "Xeon", 2600, 2, 12, 24, 262144, 2, 1]],
        "vNIC": [["Host", "Network Device", "Speed", "Duplex", "MAC", "Switch"],
                 ["esx1", "vmnic0", 10000, True, "02:00:00:00:00:01", "vSwitch0"],
                 ["esx1", "vmnic1", 10000, True, "02:00:00:00:00:02", "vSwitch0"]]}
    with open(os.path.join(work, "rvtools.xlsx"), "wb") as out:
        out.write(workbook(sheets))


def check_commands(work, commands):
    check("there are commands", len(commands) > 20, commands)
    for line in commands:
        words = shlex.split(line)
        if any(mark in line for mark in ELSEWHERE):
            done = run(work, words[0], "help", words[1])
            known = set(re.findall(r"--[a-z-]+", done.stdout)) | {"--since", "--until"}
            check("options of: " + line, set(w for w in words if w.startswith("--")) <= known)
            continue
        done = run(work, *words)
        check("runs: " + line, done.returncode in CODES.get(words[1], (0,)) and
              ("HEADROOM " in done.stdout or words[1] != "check" or "-o" in words),
              "exit %d: %s" % (done.returncode, done.stdout[-300:]))
    check("the report is there", os.path.exists(os.path.join(work, "report.html")))
    done = run(work, "analyze", "status")
    check("what the page imports is in the store",
          all(name in done.stdout for name in ("WEB1", "vm-a", "web-1")), done.stdout)
    bad = run(work, "analyze", "peaks", "--no-such")
    check("a command that is wrong would be noticed", bad.returncode == 2, bad.stdout)


def loads(name, tool, words, work):
    if not shutil.which(tool):
        skip("sample " + name, tool + " is not installed")
        return
    done = subprocess.run([tool] + words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, timeout=60, cwd=work, check=False,
                          env=dict(os.environ, ICINGA2_USER="root", ICINGA2_GROUP="root"))
    check("%s takes %s" % (tool, name), done.returncode == 0, done.stdout[-400:])


def check_samples(work):
    loads("alertmanager.yml", "amtool",
          ["check-config", os.path.join(SAMPLES, "alertmanager.yml")], work)
    write(work, "nagios.cfg", "\n".join([
        "nagios_user=root", "nagios_group=root", "log_file=" + work + "/nagios.log", "check_result_path=" + work,
        "status_file=" + work + "/status.dat", "object_cache_file=" + work + "/objects",
        "cfg_file=" + os.path.join(SAMPLES, "nagios.cfg"),
        "cfg_file=" + work + "/contacts.cfg"]) + "\n")
    write(work, "contacts.cfg", """
define timeperiod {
 timeperiod_name 24x7
 alias always
 monday 00:00-24:00
}
define command {
 command_name tell
 command_line /bin/true
}
define contact {
 contact_name nagiosadmin
 alias admin
 host_notification_period 24x7
 service_notification_period 24x7
 host_notification_options d
 service_notification_options c
 host_notification_commands tell
 service_notification_commands tell
}
""")
    loads("nagios.cfg", "nagios4", ["-v", os.path.join(work, "nagios.cfg")], work)
    write(work, "icinga2.conf", """
object CheckCommand "dummy" { command = [ "/bin/true" ] }
object Endpoint NodeName {}
const ZoneName = NodeName
object Zone ZoneName { endpoints = [ NodeName ] }
include "%s"
""" % os.path.join(SAMPLES, "icinga2.conf"))
    loads("icinga2.conf", "icinga2", ["daemon", "-C", "-c", os.path.join(
        work, "icinga2.conf"), "-D", "CacheDir=" + work, "-D", "DataDir=" + work, "-D",
        "LogDir=" + work, "-D", "InitRunDir=" + work, "-D", "SpoolDir=" + work], work)
    for name in ("headroom-report.service", "headroom-report.timer"):
        shutil.copy(os.path.join(SAMPLES, name), work)
    loads("headroom-report.timer", "systemd-analyze",
          ["verify", "--man=no", os.path.join(work, "headroom-report.timer")], work)
    with open(os.path.join(TOP, "docs/engine/dashboard.json"), encoding="utf-8") as source:
        board = json.load(source)
    check("the dashboard is JSON with panels that ask for our series", board["panels"] and
          "headroom_" in json.dumps(board["panels"]))


class MailServer(threading.Thread):
    """As much of SMTP as one client needs; refuses a recipient called nobody."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.mails, self.recipients = [], []

    def run(self):
        while True:
            connection, _ = self.socket.accept()
            with connection, connection.makefile("rwb") as stream:
                self.serve(stream)

    def serve(self, stream):
        def say(text):
            stream.write(text.encode() + b"\r\n")
            stream.flush()
        say("220 here")
        for line in stream:
            word = line.split()[0].upper() if line.split() else b""
            if word == b"RCPT":
                self.recipients.append(line.decode())
                say("550 no" if b"nobody" in line else "250 ok")
            elif word == b"DATA":
                say("354 go on")
                body = []
                for text in stream:
                    if text == b".\r\n":
                        break
                    body.append(text[1:] if text.startswith(b"..") else text)
                self.mails.append(b"".join(body))
                say("250 taken")
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


def check_mail(work):
    server = MailServer()
    server.start()
    script = os.path.join(SAMPLES, "weekly-report.sh")
    env = dict(environment(work), SMTP="smtp://127.0.0.1:%d" % server.port,
               FROM="headroom@example.org")
    words = ["sh", script, "ops@example.org", "--profile", "kvm", "--as-of", "2026-11-30"]
    done = subprocess.run(words, env=env, cwd=work, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=90, check=False)
    if not check("the weekly report is handed over", done.returncode == 0 and
                 len(server.mails) == 1, done.stdout):
        return
    mail = email.message_from_bytes(server.mails[0])
    parts = mail.get_payload()
    check("it is a mail with a text and a page", mail["To"] == "ops@example.org" and
          mail["Subject"].startswith("Headroom of ") and
          [p.get_content_type() for p in parts] == ["text/plain", "text/html"], mail.items())
    run(work, "analyze", "report", "-q", "-o", "same.html", "--profile", "kvm", "--as-of",
        "2026-11-30")
    with open(os.path.join(work, "same.html"), "rb") as same:
        check("the page is the report, byte for byte",
              parts[1].get_payload(decode=True) == same.read())
    check("the text is its first sentence", b"server" in parts[0].get_payload(decode=True),
          parts[0].get_payload(decode=True))
    done = subprocess.run(["sh", script, "nobody@example.org"], env=env, cwd=work,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=90,
                          check=False)
    check("a mail that is refused is an error", done.returncode == 1 and
          b'"ok":false' in done.stdout and len(server.mails) == 1, done.stdout)


def main():
    print("seed", SEED)
    work = tempfile.mkdtemp(prefix="headroom-howto-")
    try:
        commands, settings = blocks()
        make(work, settings)
        check_commands(work, commands)
        check_samples(work)
        check_mail(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    finish()


main()
