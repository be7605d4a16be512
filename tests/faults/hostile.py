"""T61 from end to end: adapters, disks and mounts with hostile names, from the host root
to the names of archives, the database, every output of `analyze`, the log and a webhook.

    hostile.py [NAMES]    so many random names beside the chosen ones (10)

Nothing outside of the store is touched, each archive's name is plain and stands for one
device, JSON and CSV are valid, text carries no control codes, no cell is a formula.
"""
import csv
import http.server
import io
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from harness import BUILD, SEED, TOP, check, finish, until

CHOSEN = [
    b"new\nline", b"a\\040b", b"\\134012", b"\x1b[31mred\x1b[0m", b"\x9b31m", b"%n%s%x",
    b"-rf", b"$(reboot)", b"`id`", b"=cmd|' /C calc'!A0", b"+1+1", b"@SUM(A1)", b"-2+3",
    b"<script>alert(1)</script>", b"\"><img src=x onerror=alert(1)>", b"</title>", b"&lt;b&gt;",
    b"';DROP_TABLE_workloads;--", b"\xff\xfe\xfd", b"\xc0\xaf..\xc0\xaf", b"\xed\xa0\x80",
    b"\xe2\x80\xae" b"gnp.exe", b"\xe2\x80\xa8line", b"%2e%2e%2fetc", b"%00", b"..\\..\\x",
    b"...", b".hidden", b"x.rrd", b"cpu", b"headroom.db", b"A", b"a", b"{\"a\":1}", b"a,b;c",
    b"'", b"\"", b"\x07bell", b"\x7f", b"tab\tinside", b"~root", b"CON", b"q" * 100,
    b"m" * 255, b"n" * 254 + b"1", b"n" * 254 + b"2", b"\xf0\x9f\x92\xa9" * 20]
CELLS = set("=+-@\t\r")


def octal(name):
    """As the kernel writes a mount point."""
    return b"".join(b"\\%03o" % c if c in b" \t\n\\" else bytes([c]) for c in name)


def in_net(name):
    """May stand in proc/net/dev: one word, one component."""
    return not re.search(rb"[\s/:\0]", name) and len(name) < 60 and name not in (b".", b"..")


class Receiver:
    """A webhook on loopback: what it was sent."""

    def __init__(self):
        self.bodies = []
        bodies = self.bodies

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/hook" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def names_for(count):
    chance = random.Random(SEED)
    found = dict.fromkeys(CHOSEN)
    while len(found) < len(CHOSEN) + count:
        name = bytes(chance.choice(b"./\\%~-_ '\"=+@,;:*?<>|$`aA0\n\t\x1b\xff\xc3\xa4")
                     for _ in range(chance.randrange(1, 40))).replace(b"/", b"")
        # one that is mounted later hides what is below it
        hides = any(other.startswith(name + b"/") for other in found)
        if name not in (b"", b".", b"..") and not hides:
            found[name] = None
    return list(found)


def make_root(top, names):
    """Adapters, disks and mounts of those names."""
    root = os.path.join(top, "root").encode()
    shutil.copytree(os.path.join(TOP, "tests/roots/debian12-kvm-2cpu"), root.decode(),
                    symlinks=True)
    nics = [name for name in names if in_net(name)]
    with open(root + b"/proc/net/dev", "wb") as f:
        f.write(b"Inter-|   Receive  |  Transmit\n face |bytes packets\n")
        for name in nics:
            f.write(name + b": 1000 1 0 0 0 0 0 0 500 1 0 0 0 0 0 0\n")
            os.makedirs(root + b"/sys/class/net/" + name + b"/device", exist_ok=True)
            os.symlink(b"drivers/tg3", root + b"/sys/class/net/" + name + b"/device/driver")
    with open(root + b"/proc/diskstats", "wb") as f:
        for i, name in enumerate(nics):
            f.write(b"8 %d %s 10 0 100 5 20 0 200 6 0 1000 2000\n" % (i, name))
            os.makedirs(root + b"/sys/block/" + name + b"/device", exist_ok=True)
    mounts = []
    os.makedirs(root + b"/proc/self", exist_ok=True)
    with open(root + b"/proc/self/mountinfo", "wb") as f:
        for i, name in enumerate(names):
            os.makedirs(root + b"/" + name, exist_ok=True)
            f.write(b"%d 1 0:%d / /%s rw - btrfs /dev/%s rw\n" % (
                i + 30, i + 100, octal(name), octal(name)))
            mounts.append(b"/" + name)
        # out of the root
        for i, path in enumerate((b"/../../../../../../../etc", b"/..", b"//etc/../..")):
            f.write(b"%d 1 0:%d / %s rw - btrfs x rw\n" % (i + 9000, i + 9000, path))
    return root.decode(), nics, mounts


def outside(top, store):
    """What lies beside the store: {path: (inode, size, time)}."""
    seen = {}
    for folder, folders, files in os.walk(top.encode()):
        if folder == top.encode():
            for name in (store, "run", "log"):
                (folders if name.encode() in folders else files).remove(name.encode())
        for name in files + folders:
            info = os.lstat(os.path.join(folder, name))
            seen[os.path.join(folder, name)] = (info.st_ino, info.st_size, info.st_mtime_ns)
    return seen


def decoded(file_name):
    return urllib.parse.unquote_to_bytes(file_name[:-len(".rrd")])


def bad_codes(text):
    """Control codes in a text for people, or bytes that are no UTF-8."""
    try:
        line = text.decode("utf-8")
    except UnicodeDecodeError as error:
        return "not UTF-8: %r" % text[max(0, error.start - 20):error.start + 10]
    found = re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line)
    return found and "%r" % line[max(0, found.start() - 20):found.start() + 10]


def analyze(data, *words):
    return subprocess.run([os.path.join(BUILD, "analyze")] + list(words) + ["--data", data],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def judge_outputs(data, name):
    """Every verb that prints what came from outside, in every format."""
    problems = []
    for words in (["status"], ["peaks"], ["peaks", name], ["inventory"],
                  ["inventory", name], ["alerts"], ["verdict"], ["explain", name, "memory"],
                  ["explain", name, "network"], ["check"], ["fsck"], ["export", "csv"]):
        for form in ("text", "json", "csv", "kv"):
            if words[0] == "export" and form != "csv":
                continue
            more = [] if words[0] == "export" else ["--format", form]
            done = analyze(data, *words, *more)
            said = " ".join(words[:2])[:30] + " " + form
            if done.returncode < 0 or done.returncode > 3:
                problems.append("%s: exit %d" % (said, done.returncode))
            if b"can print" in done.stderr or b"has no" in done.stderr:
                continue  # not a format of that verb
            wrong = bad_codes(done.stderr) or (form in ("text", "kv") and
                                               bad_codes(done.stdout))
            if wrong:
                problems.append("%s: %s" % (said, wrong))
            if done.returncode == 2:
                continue
            try:
                if form == "json" and done.stdout:
                    json.loads(done.stdout.decode("utf-8"))
                if form == "csv" and re.search(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]",
                                              done.stdout):
                    problems.append("%s: control codes" % said)
                if form == "csv":
                    for row in csv.reader(io.StringIO(done.stdout.decode("utf-8"),
                                                      newline=""), strict=True):
                        for cell in row:
                            if cell[:1] in CELLS and not re.fullmatch(
                                    r"[-+]?[\d.]+(e[-+]?\d+)?", cell):
                                problems.append("%s: a formula %r" % (said, cell[:40]))
            except (ValueError, csv.Error) as error:
                problems.append("%s: %s" % (said, error))
    return problems


def campaign(count, libexec=None, env=None):
    """[(check, problems)]"""
    top = tempfile.mkdtemp(prefix="headroom-hostile-")
    build = libexec or BUILD
    name = "../<b>=x'\"&"
    receiver = Receiver()
    names = names_for(count)
    root, nics, mounts = make_root(top, names)
    data, runtime = os.path.join(top, "data"), os.path.join(top, "run")
    os.mkdir(runtime)
    with open(os.path.join(top, "conf"), "w") as f:
        f.write("keep_base = 1h\nkeep_fine = 1d\nkeep_coarse = 1d\nhelper_interval = 1s\n"
                "sensors = no\nalert_disk_percent = 1\nalert_webhook = \"%s\"\n"
                "instances_max = 64\n" % receiver.url)
    with open(os.path.join(top, "clock"), "w") as f:
        # a slot of a minute ends soon; helper's values are good for 7.5 s
        f.write("start 1795255224\nspeed 5\n")
    os.mkdir(data)
    with open(os.path.join(top, "log"), "wb") as log:
        before = outside(top, "data")
        daemon = subprocess.Popen(
            [os.path.join(build, "collectord"), "-c", os.path.join(top, "conf"), "--data",
             data, "--name", name, "--root", root, "--interval", "1s", "--clock",
             os.path.join(top, "clock")], stdout=log, stderr=log, start_new_session=True,
            env=dict(os.environ, RUNTIME_DIRECTORY=runtime, **(env or {})))
        until(lambda: len(receiver.bodies) > 20 or daemon.poll() is not None, 30)
        time.sleep(1)
        daemon.send_signal(signal.SIGTERM)
        try:
            code = daemon.wait(10)
        except subprocess.TimeoutExpired:
            code = None
            os.killpg(daemon.pid, signal.SIGKILL)
            daemon.wait()
    results = []
    log = open(os.path.join(top, "log"), "rb").read()
    if code != 0:
        return len(names), [("the daemon runs and ends in order", ["%s: %r" % (code, log[-300:])])]
    results.append(("the daemon runs and ends in order",
                    [] if code == 0 else ["%s: %r" % (code, log[-300:])]))
    after = outside(top, "data")
    results.append(("nothing outside of the store is touched",
                    [] if before == after else ["%r" % sorted(
                        set(before.items()) ^ set(after.items()))[:3]]))
    results.append(judge_archives(data, nics, mounts))
    results.append(judge_database(data, name))
    results.append(("every output is valid and carries no codes", judge_outputs(data, name)))
    results.append(judge_webhook(receiver, log))
    wrong = [bad_codes(line) for line in log.splitlines()]
    results.append(("no line of the log carries codes", [w for w in wrong if w]))
    receiver.server.shutdown()
    shutil.rmtree(top.encode(), ignore_errors=True)
    return len(names), results


def judge_archives(data, nics, mounts):
    problems = []
    folders = os.listdir(os.path.join(data, "rrd"))
    files = []
    for folder, _, found in os.walk(os.path.join(data, "rrd")):
        files += [os.path.relpath(os.path.join(folder, f), os.path.join(data, "rrd"))
                  for f in found]
    if len(folders) != 1 or any(path.count("/") != 1 for path in files):
        problems.append("%s, %s" % (folders, files[:5]))
    problems += [path for path in folders + [p.split("/")[-1] for p in files]
                 if not re.fullmatch(r"[A-Za-z0-9_%-][A-Za-z0-9._%-]*(~[0-9a-f]{16}\.rrd)?",
                                     path) or
                 len(path) > 255]
    archives = {kind: {decoded(f.split("/")[-1])[len(kind):] for f in files
                       if f.split("/")[-1].startswith(kind)}
                for kind in ("net-", "disk-", "fs-")}
    missing = [n for n in nics if n not in archives["net-"] and len(n) < 32]
    invented = [n for n in archives["net-"] if n not in nics]
    lost = [m for m in mounts if m not in archives["fs-"] and len(m) < 60]
    false = [m for m in archives["fs-"] if m not in mounts and
             b".." not in m and not re.search(rb"~[0-9a-f]{16}$", m)]  # cut, and a hash
    if missing or invented or lost or false:
        problems.append("adapters missing %r invented %r, mounts missing %r invented %r" % (
            missing[:3], invented[:3], lost[:3], false[:3]))
    return "%d archives have plain names, each is one device's" % len(files), problems


def judge_database(data, name):
    db = sqlite3.connect("file:%s/headroom.db?mode=ro" % data, uri=True)
    db.text_factory = bytes
    problems = [] if db.execute("PRAGMA integrity_check").fetchone()[0] == b"ok" else ["db"]
    workloads = [row[0] for row in db.execute("SELECT name FROM workloads")]
    if workloads != [name.encode()]:
        problems.append("workloads %r" % workloads)
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    if b"workloads" not in tables or b"devices" not in tables:
        problems.append("tables %r" % tables)
    db.close()
    return "the database is whole and has one workload", problems


def judge_webhook(receiver, log):
    problems = []
    for body in receiver.bodies:
        try:
            json.loads(body.decode("utf-8"))
        except ValueError as error:
            problems.append("%s: %r" % (error, body[:80]))
    if len(receiver.bodies) < 5:
        problems.append("%d bodies: %r" % (len(receiver.bodies), log[-300:]))
    return "%d bodies of the webhook are valid JSON" % len(receiver.bodies), problems


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    number, results = campaign(count)
    for what, problems in results:
        check("T61 %d hostile names: %s" % (number, what), not problems,
              "%d: %s" % (len(problems), "; ".join(problems[:4])))
    finish()


if __name__ == "__main__":
    main()
