"""The sender against an engine that misbehaves: killed at random moments, refused, put off,
hung up on; every stored slot is at the engine exactly once.  One workload whose requests are
put off, hang, drip or are cut off, and an engine that is down for three hours of samples.

    sender.py [KILLS]"""
import csv
import http.server
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import BUILD, SEED, check, finish, until  # noqa: E402

START = 1700000100 // 300 * 300
FIGURES = {"memory_used_bytes": "memory_used_bytes", "cpu_used_mhz": "cpu_used_mhz",
           "network_bps": "network_bps", "disk_bytes_per_s": "disk_bytes_per_s",
           "disk_ops_per_s": "disk_ops_per_s"}
STALE = struct.pack("<Q", 0x7ff0000000000002)


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            return value, at


def unsnappy(data):
    length, at = varint(data, 0)
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 3:  # a copy of what stands already: 4 to 11 bytes, or up to 64
            if tag & 3 == 1:
                size, back = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | data[at]
                at += 1
            else:
                wide = 2 if tag & 3 == 2 else 4
                size, back = (tag >> 2) + 1, int.from_bytes(data[at:at + wide], "little")
                at += wide
            assert 0 < back <= len(out)
            for _ in range(size):
                out.append(out[-back])
            continue
        size = tag >> 2
        if size >= 60:
            extra = size - 59
            size = int.from_bytes(data[at:at + extra], "little")
            at += extra
        out += data[at:at + size + 1]
        at += size + 1
    assert len(out) == length
    return bytes(out)


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 2:
            size, at = varint(data, at)
            yield key >> 3, data[at:at + size]
            at += size
        elif key & 7 == 1:
            yield key >> 3, data[at:at + 8]
            at += 8
        else:
            value, at = varint(data, at)
            yield key >> 3, value


class Engine:
    """Keeps what it took, each time that it took it, as VictoriaMetrics does."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.lock = threading.Lock()
        self.taken = {}  # (workload, name): {stamp: times}
        self.value = {}
        self.stale = 0
        self.is_bad = True
        self.too_old = None  # a name that is always refused
        self.ill = None  # a workload, and how its requests are answered
        self.order = []  # the workload of each request, as they came
        self.requests = self.busy = 0
        engine = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                with engine.lock:
                    engine.busy += 1
                try:
                    body = self.rfile.read(int(self.headers["Content-Length"]))
                    engine.write(self, unsnappy(body))
                finally:
                    with engine.lock:
                        engine.busy -= 1

            def do_GET(self):
                engine.query(self)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self.make = lambda port: Server(("127.0.0.1", port), Handler)
        self.listen(0)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]

    def listen(self, port):
        self.server = self.make(port)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def go_down(self):
        """Nobody listens any more; the port."""
        port = self.server.server_address[1]
        self.server.shutdown()
        self.server.server_close()
        return port

    def be_ill(self, handler, way):
        if way in (429, 500, 503):
            return self.reply(handler, way, b"not now")
        if way == "close":
            return handler.connection.close()
        try:
            if way == "drip":
                for byte in b"HTTP/1.1 204 No Content\r\n" + b"X-Drip: 1\r\n" * 20:
                    handler.wfile.write(bytes([byte]))
                    time.sleep(0.5)
            else:
                time.sleep(40)  # longer than anybody waits
        except OSError:  # who asked has had enough
            pass
        return handler.connection.close()

    def reply(self, handler, code, text=b""):
        handler.send_response(code)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def write(self, handler, request):
        rows = []
        for _, series in fields(request):
            labels, samples = {}, []
            for key, part in fields(series):
                inner = dict(fields(part))
                if key == 1:
                    labels[inner[1].decode()] = inner[2].decode()
                else:
                    # a field of 0 is not written
                    samples.append((inner.get(2, 0) // 1000, inner.get(1, bytes(8))))
            rows.append((labels["workload"], labels["__name__"], samples))
        if self.ill and rows[0][0] == self.ill[0]:
            with self.lock:
                self.order.append(rows[0][0])
            return self.be_ill(handler, self.ill[1])
        with self.lock:
            self.requests += 1
            chance = self.rng.random() if self.is_bad else 1
            self.order.append(rows[0][0])
            names = {name for _, name, _ in rows}
            if self.too_old in names:
                return self.reply(handler, 500, b"too old sample")
            if chance < 0.1:
                return self.reply(handler, 429, b"slow down")
            if chance < 0.2:
                return self.reply(handler, 500, b"no disk")
            for workload, name, samples in rows:
                kept = self.taken.setdefault((workload, name), {})
                for stamp, bits in samples:
                    if bits == STALE:
                        self.stale += 1
                        continue
                    kept[stamp] = kept.get(stamp, 0) + 1
                    self.value[workload, name, stamp] = struct.unpack("<d", bits)[0]
        if chance < 0.35:
            return handler.connection.close()  # taken, and nobody hears of it
        if chance < 0.4:
            time.sleep(0.2)
        return self.reply(handler, 204)

    def query(self, handler):
        asked = urllib.parse.parse_qs(urllib.parse.urlparse(handler.path).query)
        found = re.match(r'\{__name__=~"headroom_\.\+",workload="(.*)"\}\[(\d+)s\]$',
                         asked["query"][0])
        workload = found.group(1).replace('\\"', '"').replace("\\\\", "\\")
        until = int(asked["time"][0])
        after = until - int(found.group(2))
        with self.lock:
            if self.is_bad and self.rng.random() < 0.1:
                return self.reply(handler, 503)
            result = [{"metric": {"__name__": name, "workload": w},
                       "values": [[s, "1"] for s in sorted(kept) if after < s <= until]}
                      for (w, name), kept in self.taken.items() if w == workload]
        text = json.dumps({"status": "success", "data": {
            "resultType": "matrix", "result": [r for r in result if r["values"]]}})
        return self.reply(handler, 200, text.encode())


def store(top, url, days):
    """Imported workloads with gaps, and the settings as a daemon leaves them."""
    rng = random.Random(SEED)
    path, data, runtime = (os.path.join(top, n) for n in ("rows.csv", "data", "run"))
    os.makedirs(runtime)
    with open(path, "w") as f:
        f.write("time,workload,cpu_used_mhz,memory_used_bytes,network_bps,"
                "disk_bytes_per_s,disk_ops_per_s\n")
        for name in ("web", "db \"1\\", "silent at times"):
            for i in range(288 * days):
                if rng.random() < 0.03 or (name[0] == "s" and i % 288 < 100):
                    continue
                f.write('%d,"%s",%d,%d,%s,7,\n' % (
                    START + 300 * i, name.replace('"', '""'), i, 2 ** 30 + i,
                    "" if i % 5 == 0 else i))
    subprocess.run([os.path.join(BUILD, "analyze"), "import", "csv", path, "--data", data],
                   stdout=subprocess.DEVNULL, check=True)
    config = os.path.join(top, "conf")
    with open(config, "w") as f:
        f.write("user = \"\"\nengine_url = \"%s/api/v1/write\"\ninterval = 300s\n" % url)
    with open(os.path.join(runtime, "settings"), "w") as f:
        f.write("data %s\nengine_url %s/api/v1/write\n" % (data, url))
    return data, runtime


def wanted(data, top):
    """{(workload, series): {stamp}} of what is stored."""
    path = os.path.join(top, "out.csv")
    subprocess.run([os.path.join(BUILD, "analyze"), "export", "csv", "-o", path, "--data",
                    data], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rows = {}
    with open(path) as f:
        for row in csv.DictReader(f):
            stamp = int(time.mktime(time.strptime(row["time"], "%Y-%m-%dT%H:%M:%SZ")) -
                        time.timezone)
            for name, column in FIGURES.items():
                if row[column]:
                    for ending in ("", "_min", "_max"):
                        rows.setdefault((row["workload"], "headroom_" + name + ending),
                                        set()).add(stamp)
    return rows


def differences(engine, expected, leave_out=None):
    wrong = []
    for key, stamps in expected.items():
        with engine.lock:
            kept = dict(engine.taken.get(key, {}))
        if key[1] == leave_out:
            continue
        lost, twice = stamps - set(kept), [s for s, n in kept.items() if n != 1]
        strange = set(kept) - stamps
        if lost or twice or strange:
            wrong.append("%s: %d lost, %d twice, %d strange" % (
                key, len(lost), len(twice), len(strange)))
    return wrong


def run(runtime, seconds):
    return subprocess.Popen([os.path.join(BUILD, "collectord-sender"), "--once",
                             "--runtime", runtime], stderr=subprocess.PIPE), seconds


def forget_cursors(data):
    """As if nothing had ever been sent, by a process of its own: the daemon may be at it."""
    subprocess.run([sys.executable, "-c",
                    "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute("
                    "\"DELETE FROM meta WHERE key LIKE 'sender.%'\"); d.commit()",
                    os.path.join(data, "headroom.db")], check=True)


def kills(count):
    top = tempfile.mkdtemp(prefix="headroom-sender-")
    engine = Engine(SEED)
    data, runtime = store(top, engine.url, 40)
    expected = wanted(data, top)
    total = sum(len(stamps) for stamps in expected.values())
    rng = random.Random(SEED + 1)
    rounds = 1
    for number in range(count):
        process, _ = run(runtime, 0)
        time.sleep(rng.uniform(0.005, 0.15))
        ended = process.poll() is not None
        process.kill()
        process.wait()
        process.stderr.close()
        # a daemon waits 10 s before it asks: what was on its way has arrived by then
        time.sleep(0.03)
        until(lambda: engine.busy == 0, 10)
        if ended:  # all is there: checked, then from the beginning
            wrong = differences(engine, expected)
            if wrong:
                break
            engine.taken.clear()
            rounds += 1
            forget_cursors(data)
    engine.is_bad = False
    process, _ = run(runtime, 0)
    try:
        code = process.wait(120)
    except subprocess.TimeoutExpired:
        process.kill()
        code = "still at work"
    wrong = differences(engine, expected)
    check("sender: it comes to its end", code == 0, repr(code))
    check("sender: %d samples are there exactly once over %d kills, %d rounds, %d requests" %
          (total, count, rounds, engine.requests), not wrong, "; ".join(wrong[:3]))
    check("sender: a gap begins with a stale marker", engine.stale > 0, "")
    sample = [(w, n, s) for (w, n), stamps in expected.items() if n.endswith("cpu_used_mhz")
              for s in stamps]
    bad = [k for k in sample if engine.value[k] != (k[2] - START) / 300]
    check("sender: the values are those of the store", sample and not bad, repr(bad[:2]))
    shutil.rmtree(top)


def too_old():
    top = tempfile.mkdtemp(prefix="headroom-sender-")
    engine = Engine(SEED)
    engine.is_bad = False
    engine.too_old = "headroom_cpu_used_mhz_max"
    data, runtime = store(top, engine.url, 5)
    process, _ = run(runtime, 0)
    try:
        text = process.communicate(timeout=120)[1].decode()
    except subprocess.TimeoutExpired:
        process.kill()
        text = "still at work"
    wrong = differences(engine, wanted(data, top), engine.too_old)
    check("sender: one series that is too old is left out, the others are there once",
          not wrong, "; ".join(wrong[:3]))
    check("sender: it is told which one, and why",
          "headroom_cpu_used_mhz_max" in text and "too old" in text, text[-300:])
    shutil.rmtree(top)


def longest_run(order, name, others):
    """How often that one was tried on end while one of the others had yet to come."""
    run = most = 0
    for at, workload in enumerate(order):
        run = run + 1 if workload == name else 0
        if others & set(order[at + 1:]):
            most = max(most, run)
    return most


def one_is_ill(ways):
    """Its queue waits; the others go on, and it is whole once the engine takes it again."""
    for way in ways:
        top = tempfile.mkdtemp(prefix="headroom-sender-")
        engine = Engine(SEED)
        engine.is_bad, engine.ill = False, ("web", way)
        data, runtime = store(top, engine.url, 5)
        expected = wanted(data, top)
        others = {key: stamps for key, stamps in expected.items() if key[0] != "web"}
        process, _ = run(runtime, 0)
        until(lambda engine=engine, others=others: not differences(engine, others), 150)
        wrong = differences(engine, others)
        tried = longest_run(list(engine.order), "web", {key[0] for key in others})
        check("sender: the others are there once while one workload's answer is %s" % way,
              not wrong and "web" in engine.order, "; ".join(wrong[:3]))
        check("sender: none of them waited for more than one batch of it (%s: %d at most, "
              "%d tried of %d in all)" % (way, tried, engine.order.count("web"),
                                          len(engine.order)),
              tried <= 1, "%d on end: %r" % (tried, engine.order[:20]))
        engine.ill = None
        try:
            code = process.wait(150)
        except subprocess.TimeoutExpired:
            process.kill()
            code = "still at work"
        wrong = differences(engine, expected)
        check("sender: and that one, too, once it is answered again (%s)" % way,
              code == 0 and not wrong, "%r %s" % (code, "; ".join(wrong[:3])))
        process.stderr.close()
        engine.go_down()
        shutil.rmtree(top)


def down_for_hours():
    """Three hours come while nobody listens, the sender is killed twice meanwhile."""
    top = tempfile.mkdtemp(prefix="headroom-sender-")
    engine = Engine(SEED)
    engine.is_bad = False
    data, runtime = store(top, engine.url, 2)
    process, _ = run(runtime, 0)
    first = process.wait(120)
    process.stderr.close()
    before = sum(len(kept) for kept in engine.taken.values())
    port = engine.go_down()
    path = os.path.join(top, "more.csv")
    with open(path, "w") as f:
        f.write("time,workload,cpu_used_mhz,memory_used_bytes\n")
        for name in ("web", "db \"\"1\\", "silent at times"):
            for i in range(288 * 2, 288 * 2 + 36):
                f.write('%d,"%s",%d,%d\n' % (START + 300 * i, name, i, 2 ** 30 + i))
    subprocess.run([os.path.join(BUILD, "analyze"), "import", "csv", path, "--data", data],
                   stdout=subprocess.DEVNULL, check=True)
    expected = wanted(data, top)
    total = sum(len(stamps) for stamps in expected.values())
    for _ in range(2):
        process, _ = run(runtime, 0)
        time.sleep(2)
        ended = process.poll()
        process.kill()
        process.communicate()
        check("sender: an engine that is down is waited for", ended is None, repr(ended))
    process, _ = run(runtime, 0)
    time.sleep(1)
    engine.listen(port)
    try:
        code = process.wait(120)
    except subprocess.TimeoutExpired:
        process.kill()
        code = "still at work"
    process.stderr.close()
    wrong = differences(engine, expected)
    check("sender: after three hours without an engine each slot is there once",
          first == 0 and code == 0 and not wrong and total > before > 0,
          "%r %r %d of %d, %s" % (first, code, before, total, "; ".join(wrong[:3])))
    shutil.rmtree(top)


if __name__ == "__main__":
    kills(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    too_old()
    one_is_ill([429, 500, "close", "drip", "hang"])
    down_for_hours()
    finish()
