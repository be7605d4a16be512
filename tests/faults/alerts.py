"""Alerts from end to end: recorded once over kill -9 (T23), delivered at least once and
always under the same key, by a notifier whose receiver fails, hangs, drips and
recovers; mail; maintenance; the real Alertmanager where it is installed.

    alerts.py [KILLS]"""
import http.server
import json
import os
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import BUILD, SEED, Feed, check, finish, skip  # noqa: E402
import random  # noqa: E402

WAVE_S = 7200
START_S = 1700006400  # a whole number of waves since 1970, and of days' hours
assert START_S % WAVE_S == 0


class Receiver:
    """A webhook on loopback that misbehaves as it is told and keeps what it took."""

    def __init__(self):
        self.mode = "good"
        self.taken = []  # (key, body)
        self.refused = 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                mode = receiver.mode
                if mode == "fail":
                    receiver.refused += 1
                    self.send_response(500)
                    self.end_headers()
                    return
                if mode == "hang":
                    receiver.refused += 1
                    time.sleep(30)
                    return
                receiver.taken.append((self.headers.get("Idempotency-Key"),
                                       json.loads(body)))
                self.send_response(200)
                if mode == "drip":  # an answer of one byte a second
                    self.send_header("Content-Length", "3")
                    self.end_headers()
                    for _ in range(3):
                        time.sleep(1)
                        self.wfile.write(b".")
                        self.wfile.flush()
                    return
                self.end_headers()

            def log_message(self, *args):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that was killed

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/api/v2/alerts" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def keys(self):
        return {key for key, _ in self.taken}

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def alerts_of(feed):
    done = subprocess.run([os.path.join(BUILD, "analyze"), "alerts", "--json", "--data",
                           feed.data], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["alerts"]


def expected(stamps):
    """Openings and closings by the definition, from the stamps alone."""
    opened, closed, calm, is_open = [], [], 0, False
    for stamp in sorted(stamps):
        is_high = (stamp - 1) % WAVE_S < WAVE_S // 4
        if is_high:
            calm = 0
            if not is_open:
                opened.append(stamp)
                is_open = True
        elif is_open:
            calm += 60
            if calm >= 900:
                closed.append(stamp)
                is_open = False
    return opened, closed


def wait_for(what, seconds):
    end = time.time() + seconds
    while time.time() < end:
        if what():
            return True
        time.sleep(0.2)
    return False


def kills(count):
    rng = random.Random(SEED)
    receiver = Receiver()
    feed = Feed(step=60, start=START_S, rate=400, stage=1, batch=120, wave=WAVE_S,
                keep_base="1d", alert_webhook=receiver.url)
    for _ in range(count):
        feed.start()
        time.sleep(rng.uniform(0.05, 0.7))
        feed.kill_group()
    feed.start(rate=0, ticks=600)
    time.sleep(6)
    code = feed.stop()
    alerts = [a for a in alerts_of(feed) if a["kind"] == "memory_limit"]
    opened, closed = expected(feed.acks())
    check("T23 the last run ends in order", code == 0, "code %r" % code)
    check("T23 each alert is recorded once over %d kills" % count,
          [a["opened"] for a in alerts] == opened,
          "%d alerts, %d expected" % (len(alerts), len(opened)))
    check("T23 each alert closes where the definition says",
          [a["closed"] for a in alerts if a["closed"]] == closed, "")
    check("T23 every one was disqualifying after 900 s",
          all(a["disqualified"] == a["opened"] + 840 for a in alerts
              if a["closed"]), "")
    # what was not delivered when the end came is delivered by the next run
    feed.start(rate=1, ticks=0)
    done = wait_for(lambda: not feed.query(
        "SELECT 1 FROM deliveries WHERE delivered_at IS NULL LIMIT 1"),
        60 + count / 4)
    feed.stop()
    check("T23 everything recorded was delivered at last", done, "")
    wanted = {(a["id"], d["occasion"]) for a in alerts_of(feed)
              for d in a["deliveries"] if d["channel"] == "webhook"}
    got = {(int(body[0]["labels"]["alert_id"]), key.rsplit("-", 1)[1])
           for key, body in receiver.taken}
    check("T23 a receiver that drops repeated keys sees each alert once",
          wanted <= got and len(receiver.keys()) == len(got),
          "%d wanted, %d got, %d keys" % (len(wanted), len(got), len(receiver.keys())))
    starts = {}
    for key, body in receiver.taken:
        alert = body[0]
        starts.setdefault(json.dumps(alert["labels"], sort_keys=True), set()).add(
            alert["startsAt"])
    check("labels and startsAt of an alert never change",
          all(len(s) == 1 for s in starts.values()), "")
    receiver.close()
    shutil.rmtree(feed.top)


def misbehaviour():
    receiver = Receiver()
    receiver.mode = "fail"
    feed = Feed(step=60, start=START_S, rate=300, stage=1, wave=WAVE_S,
                alert_webhook=receiver.url)
    feed.start()
    check("a receiver that fails is tried again",
          wait_for(lambda: receiver.refused >= 3, 30), "%d tries" % receiver.refused)
    receiver.mode = "drip"
    check("one that answers drop by drop is waited for",
          wait_for(lambda: len(receiver.taken) >= 1, 60), "")
    receiver.mode = "hang"
    before = receiver.refused
    check("one that hangs does not stop the recorder",
          wait_for(lambda: receiver.refused > before, 30), "")
    marks = [len(feed.durable()), 0]
    time.sleep(5)
    marks[1] = len(feed.durable())
    check("ticks are acknowledged while a delivery hangs", marks[1] > marks[0],
          "%d to %d" % tuple(marks))
    receiver.mode = "good"
    check("after it recovered all is delivered", wait_for(
        lambda: feed.query("SELECT count(*) FROM deliveries WHERE channel = 'webhook' "
                           "AND delivered_at IS NOT NULL")[0][0] >= 3, 90), "")
    check("a delivery that failed is counted and made at last", wait_for(
        lambda: feed.query("SELECT count(*) FROM deliveries WHERE attempts > 1 AND "
                           "delivered_at IS NOT NULL")[0][0] >= 1, 90), "")
    before = len(receiver.taken)
    check("open alerts are sent again until they close",
          wait_for(lambda: len(receiver.taken) > before, 20), "")
    feed.stop()
    check("the journal has its line", "alert 1: fed: memory_limit opened" in feed.log(), "")
    receiver.close()
    shutil.rmtree(feed.top)


class MailServer(threading.Thread):
    """As much of SMTP as a client needs; keeps the messages."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.messages = []

    def run(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        lines = client.makefile("rb")
        client.sendall(b"220 here\r\n")
        recipients = []
        for line in lines:
            word = line[:4].upper()
            if word == b"RCPT":
                recipients.append(line.strip().decode())
            if word == b"DATA":
                client.sendall(b"354 go on\r\n")
                text = b""
                for part in lines:
                    if part == b".\r\n":
                        break
                    text += part
                self.messages.append((recipients, text.decode()))
            client.sendall(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")
            if word == b"QUIT":
                break
        client.close()


def mail():
    server = MailServer()
    server.start()
    feed = Feed(step=60, start=START_S, rate=300, stage=1, wave=WAVE_S,
                alert_mail_to="ops@example.invalid, boss@example.invalid",
                alert_smtp="smtp://127.0.0.1:%d" % server.port)
    feed.start()
    got = wait_for(lambda: len(server.messages) >= 3, 40)
    feed.stop()
    check("mail goes out when an alert opens, grows serious and closes", got,
          "%d messages" % len(server.messages))
    if got:
        recipients, text = [m for m in server.messages if "-opened@" in m[1]][0]
        check("mail has both recipients", len(recipients) == 2, repr(recipients))
        check("mail has a Message-ID of its own and a subject that says it all",
              "Message-ID: <headroom-" in text and "-opened@headroom.invalid>" in text and
              "Subject: [headroom] fed: memory_limit opened: 4.69 GB, limit 3.60 GB"
              in text, text)
    server.socket.close()
    shutil.rmtree(feed.top)


def maintenance():
    receiver = Receiver()
    feed = Feed(step=60, start=START_S - 3600, rate=300, stage=1, wave=WAVE_S,
                alert_webhook=receiver.url)
    feed.start(ticks=2)
    feed.wait()
    analyze = os.path.join(BUILD, "analyze")
    subprocess.run([analyze, "alerts", "maintenance", "@%d" % START_S,
                    "@%d" % (START_S + 3600), "--reason", "upgrade", "--data", feed.data,
                    "--quiet"], check=True)
    feed.start()
    wait_for(lambda: receiver.taken, 30)
    feed.stop()
    alerts = alerts_of(feed)
    check("an alert within maintenance is recorded and held back",
          alerts and all(d["held_back"] for d in alerts[0]["deliveries"]
                         if d["occasion"] == "opened"), json.dumps(alerts)[:300])
    check("the next one, after it, is delivered",
          receiver.taken and receiver.taken[0][1][0]["labels"]["alert_id"] != "1",
          repr(receiver.taken[:1]))
    receiver.close()
    shutil.rmtree(feed.top)


def alertmanager():
    name = "the real Alertmanager takes, shows and resolves an alert"
    program = shutil.which("prometheus-alertmanager")
    if not program:
        skip(name, "prometheus-alertmanager is not installed")
        return
    top = tempfile.mkdtemp(prefix="headroom-am-")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with open(os.path.join(top, "am.yml"), "w") as f:
        f.write("route:\n  receiver: none\nreceivers:\n  - name: none\n")
    process = subprocess.Popen(
        [program, "--config.file=" + os.path.join(top, "am.yml"),
         "--storage.path=" + top, "--web.listen-address=127.0.0.1:%d" % port,
         "--cluster.listen-address="], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    url = "http://127.0.0.1:%d/api/v2/alerts" % port

    def shown():
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return [a for a in json.load(answer)
                        if a["labels"].get("kind") == "memory_limit"]
        except OSError:
            return []

    now = int(time.time())
    feed = Feed(step=60, start=now // WAVE_S * WAVE_S, rate=20, stage=1, wave=WAVE_S,
                alert_webhook=url)
    wait_for(lambda: urllib.request.urlopen(url, timeout=2) and True, 0)
    time.sleep(2)
    feed.start(ticks=25)
    is_shown = wait_for(lambda: len(shown()) == 1, 30)
    check(name, is_shown, repr(shown())[:200])
    feed.wait()
    process.terminate()
    process.wait()
    shutil.rmtree(feed.top)
    shutil.rmtree(top)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    kills(count)
    misbehaviour()
    mail()
    maintenance()
    alertmanager()
    finish()


if __name__ == "__main__":
    main()
