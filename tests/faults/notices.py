"""T08, T09: system calls and allocations of the notifier fail, once and for ever.

    notices.py [EVERY [SECONDS]] [call|memory]   as syscalls.py
    notices.py mutants                           notifiers with one deliberate fault each

Three messages, one to a receiver that takes it, one to a receiver that refuses it and a
mail, meet each error at each place that makes a call or allocates.  Whatever fails: no
crash, no hang; nothing is told as delivered that its receiver has not taken; who ends early
says why, and who ends well has a receipt for every message.
"""
import http.server
import json
import os
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading

from harness import BUILD, build_mutants, check, fail, finish, skip
from sites import EAGAIN, Campaign, build_shim, faults_of, patience, read_sites, why_not

NOTIFIER = os.path.join(BUILD, "collectord-notifier")
HANG_S = 10
STATE = os.path.join(BUILD, "faults-notifier-%s.state")
TAKEN = set()  # the keys that a receiver has answered well


class Webhook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_good = self.path == "/good"
        if is_good:
            TAKEN.add(self.headers.get("Idempotency-Key"))
        self.send_response(200 if is_good else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Mailbox(socketserver.StreamRequestHandler):
    """The least of SMTP; the key is in the sender's address."""

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        key = None
        self.say("220 here")
        for line in self.rfile:
            word = line.strip().upper()
            if word.startswith(b"MAIL FROM"):
                key = line.split(b"<")[1].split(b"@")[0].decode()
                self.say("250 yes")
            elif word.startswith(b"DATA"):
                self.say("354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                TAKEN.add(key)
                self.say("250 yes")
            elif word.startswith(b"QUIT"):
                self.say("221 bye")
                return
            else:
                self.say("250 yes")


class Receiver(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        pass  # the one whose calls fail hangs up


def receive(handler):
    server = Receiver(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


class Notices:
    def __init__(self, top, shim, program=NOTIFIER):
        self.top, self.shim, self.program = top, shim, program
        self.web, self.mail = receive(Webhook), receive(Mailbox)
        self.secret = os.path.join(top, "secret")
        with open(self.secret, "w", encoding="ascii") as out:
            out.write("token\n")
        self.lock, self.number = threading.Lock(), 0

    def messages(self):
        """id -> message; each run has keys of its own"""
        with self.lock:
            self.number += 1
            key = "run%d" % self.number
        web = "http://127.0.0.1:%d" % self.web
        return {1: {"id": 1, "channel": "webhook", "url": web + "/good", "key": key + "-1",
                    "body": "[1]", "secret_file": self.secret},
                2: {"id": 2, "channel": "webhook", "url": web + "/bad", "key": key + "-2",
                    "body": "[2]"},
                3: {"id": 3, "channel": "mail", "url": "smtp://127.0.0.1:%d" % self.mail,
                    "key": key + "-3", "from": key + "-3@example.net",
                    "to": "a@example.net, b@example.net", "body": "Subject: x\r\n\r\nx\r\n"}}

    def run(self, env):
        """(messages, exit code, receipts' lines, what it said)"""
        messages = self.messages()
        text = "".join(json.dumps(m) + "\n" for m in messages.values())
        done = subprocess.run([self.program], input=text.encode(), capture_output=True,
                              timeout=patience(HANG_S), env={**os.environ, **env}, check=False)
        return (messages, done.returncode, done.stdout.decode(errors="replace"),
                done.stderr.decode(errors="replace").strip())

    def sites(self, kind):
        path = os.path.join(self.top, "list")
        _, code, text, said = self.run({"LD_PRELOAD": self.shim, "FAULT_KIND": kind,
                                        "FAULT_PROGRAM": "collectord-notifier",
                                        "FAULT_LIST": path})
        if code != 0 or text.count('"ok":true') != 2:
            raise RuntimeError("without a fault: exit %d, %s %s" % (code, text, said))
        found = read_sites(path)
        os.unlink(path)
        print("# %s of the notifier: %d at %d places" % (
            "calls" if kind == "call" else "allocations", sum(s.calls for s in found),
            len(found)), flush=True)
        return found

    @staticmethod
    def judge(messages, code, text, said):
        """What is wrong with a run that ended."""
        problems, told = [], set()
        if code not in (0, 1):
            problems.append("exit %d" % code)
        if code == 1 and not said:
            problems.append("it ended early without a word")
        lines = text.split("\n")
        last = lines.pop()  # of one who ended early it may be cut
        if last and code == 0:
            problems.append("a receipt is cut, and it ended well")
        for line in lines:
            try:
                receipt = json.loads(line)
                number, is_good = receipt["id"], receipt["ok"]
            except (ValueError, KeyError, TypeError):
                problems.append("no receipt: " + line)
                continue
            if number in told:
                problems.append("two receipts for %s" % number)
            told.add(number)
            if is_good and messages[number]["key"] not in TAKEN:
                problems.append("told as delivered, and nobody has it: %s" % line)
            if not is_good and not receipt.get("error"):
                problems.append("a failure without its reason: " + line)
        # what could not be read as a message has the number -1
        if code == 0 and len(told) < len(messages) and -1 not in told:
            problems.append("it ended well with receipts for %s alone" % sorted(told))
        return problems

    def one(self, fault, worker):
        mark = os.path.join(self.top, "mark.%s" % worker)
        if os.path.exists(mark):
            os.unlink(mark)
        try:
            result = self.run(dict(fault.env(self.shim, mark), FAULT_SPEED="20"))
        except subprocess.TimeoutExpired:
            # input that is there and cannot be read, for ever, is waited for
            is_storm = fault.is_storm() or (fault.forever and fault.error == EAGAIN
                                            and fault.site.call() == "read")
            return True, [] if is_storm else ["it hung"]
        problems = self.judge(*result)
        if problems:
            problems.append(result[3][-200:])
        return os.path.exists(mark), problems


def run_mutants(top, shim):
    """Each must be noticed by some fault that it does not heed."""
    folder = build_mutants(("collectord-notifier",))
    if not check("T00 the mutants of the notifier are built", folder, "see above"):
        return
    notices = Notices(top, shim, os.path.join(folder, "collectord-notifier"))
    for mutant, kind, number, why in (("receipt-in-part", "memory", -1, "T09"),
                                      ("receipt-unwritten", "call", 1, "T08")):
        os.environ["HEADROOM_MUTANT"] = mutant
        faults = [f for f in faults_of("three messages", notices.sites(kind))
                  if f.site.number == number and not f.forever]
        caught = next((p for f in faults for p in notices.one(f, 0)[1]), None)
        check("T00 mutant %s is caught by %s" % (mutant, why), caught, "nothing was noticed")
    del os.environ["HEADROOM_MUTANT"]


def main(*words):
    numbers = [float(w) for w in words if w[0].isdigit()]
    every = int(numbers[0]) if numbers else 40
    seconds = numbers[1] if len(numbers) > 1 else None
    kinds = [w for w in words if not w[0].isdigit()] or ["call", "memory"]
    tempfile.tempdir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    top = tempfile.mkdtemp(prefix="headroom-notices-")
    try:
        shim = build_shim(top)
        why = why_not(shim)
        if why:
            skip("T08 T09 failing calls of the notifier", why)
            return
        if words == ("mutants",):
            run_mutants(top, shim)
            return
        notices = Notices(top, shim)
        for kind in kinds:
            name = "T08 failing system calls" if kind == "call" else "T09 failing allocations"
            run = Campaign("notifier-" + kind, faults_of("three messages", notices.sites(kind)),
                           notices.one, every, seconds, STATE % kind if seconds else None)
            if run.run():
                check(name + " of the notifier", not run.bad and run.fired > 0,
                      " | ".join(run.bad)[:1500])
            elif run.bad:
                fail(name + " of the notifier", " | ".join(run.bad)[:1500])
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
    finish()
