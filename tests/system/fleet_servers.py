"""Poller and sender against servers with a private authority and such as misbehave: a wrong
certificate, a redirect to another host, an answer of 10 GB, a header line of 1 MB are refused
with a reason, and nothing of it is believed."""

import http.server
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
import sender as sending  # noqa: E402
from harness import BUILD, check, finish, skip  # noqa: E402

TOP = tempfile.mkdtemp(prefix="headroom-servers-")
MEMORY = 4 << 30
BLOCK = b"node_padding 1\n" * 4096


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        way = self.server.way
        self.server.asked += 1
        try:
            getattr(self, way)()
        except OSError:  # who asked has had enough
            self.close_connection = True

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def good(self):
        self.say(200, b"node_memory_MemTotal_bytes %d\nnode_memory_MemAvailable_bytes %d\n" %
                 (2 * MEMORY, MEMORY))

    def say(self, code, body, **headers):
        self.send_response(code)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def redirect(self):
        self.say(307, b"", Location=self.server.elsewhere + self.path)

    def announced(self):
        self.send_response(200)
        self.send_header("Content-Length", str(10 << 30))
        self.end_headers()
        self.flood()

    def endless(self):
        self.send_response(200)
        self.end_headers()
        self.flood()

    def flood(self):
        for _ in range((10 << 30) // len(BLOCK)):
            self.wfile.write(BLOCK)
            self.server.sent += len(BLOCK)

    def header(self):
        self.send_response(200)
        self.send_header("X-Long", "x" * (1 << 20))
        self.end_headers()
        self.wfile.write(b"node_memory_MemTotal_bytes 1\n")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, way, context=None, elsewhere=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.way, self.elsewhere, self.asked, self.sent = way, elsewhere, 0, 0
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = "%s://localhost:%d" % ("https" if context else "http", self.server_port)

    def handle_error(self, *_):
        pass


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], cwd=TOP, check=True, capture_output=True)


def certificate(name, host):
    with open(os.path.join(TOP, name + ".ext"), "w") as out:
        out.write("subjectAltName=DNS:%s\n" % host)
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out",
            name + ".csr", "-subj", "/CN=" + host)
    openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", name + ".ext", "-out", name + ".pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(TOP, name + ".pem"), os.path.join(TOP, name + ".key"))
    return context


def servers():
    """name: (server, has the authority, what is told of it)."""
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
            "ca.pem", "-subj", "/CN=A private authority", "-days", "2")
    good, other = certificate("good", "localhost"), certificate("other", "other.example")
    elsewhere = Server("good")
    return {
        "unknown": (Server("good", good), False, "certificate"),
        "elsewhere": (Server("good", other), True, "other.example|does not match|subject"),
        "redirect": (Server("redirect", elsewhere=elsewhere.url.replace(
            "localhost", "127.0.0.1")), False, "redirect"),
        "announced": (Server("announced"), False, "16 MB|64 MB|no space|exceed"),
        "endless": (Server("endless"), False, "16 MB|64 MB"),
        "header": (Server("header"), False, "header"),
    }, elsewhere, Server("good", good)


def poller(bad, elsewhere, good):
    with open(os.path.join(TOP, "conf"), "w") as out:
        out.write("user = \"\"\ninterval = 5s\nbatch_interval = 1h\n")
        for name, (server, is_known, _) in dict(bad, good=(good, True, "")).items():
            out.write("host %s { address = \"%s/metrics\" %s }\n" % (
                name, server.url, "ca_file = \"%s/ca.pem\"" % TOP if is_known else ""))
    os.makedirs(os.path.join(TOP, "run"))
    with open(os.path.join(TOP, "log"), "w") as log:
        daemon = subprocess.Popen(
            [os.path.join(BUILD, "collectord"), "-c", os.path.join(TOP, "conf"), "--data",
             os.path.join(TOP, "data"), "--name", "hub"], stdout=log, stderr=log,
            env=dict(os.environ, RUNTIME_DIRECTORY=os.path.join(TOP, "run")))
        time.sleep(50)
        most = 0
        for pid in os.listdir("/proc"):
            try:
                with open("/proc/%s/stat" % pid) as stat, open("/proc/%s/status" % pid) as s:
                    if int(stat.read().rsplit(") ")[-1].split()[1]) == daemon.pid:
                        text = s.read()
                        if "collectord-poll" in text:
                            most = int(re.search(r"VmHWM:\s+(\d+)", text).group(1))
            except (OSError, ValueError):
                continue
        daemon.terminate()
        daemon.wait(30)
    done = subprocess.run([os.path.join(BUILD, "analyze"), "peaks", "--json", "--data",
                           os.path.join(TOP, "data")], capture_output=True, text=True,
                          check=False)
    names = {w["name"]: w for w in json.loads(done.stdout)["workloads"]}
    with open(os.path.join(TOP, "log")) as log:
        said = log.read()
    seen = (names.get("good", {"resources": {}})["resources"].get("memory") or {}).get("mean")
    check("poller: TLS with a private authority is read", seen == MEMORY, "%r %s" % (
        seen, said[-300:]))
    for name, (_, _, wanted) in bad.items():
        told = re.findall(r"%s: (.*); its slots are unknown" % name, said)
        check("poller: %s is refused with a reason, and is no workload" % name,
              len(told) == 1 and re.search(wanted, told[0]) and name not in names,
              repr(told))
    check("poller: nobody was asked at the redirect's address", elsewhere.asked == 0,
          repr(elsewhere.asked))
    check("poller: 10 GB are not taken: at most 96 MB of memory", 0 < most < 96000,
          "%d KiB" % most)


def send(url, authority, seconds):
    """What the sender says of this engine within so many seconds."""
    top = tempfile.mkdtemp(dir=TOP)
    _, runtime = sending.store(top, url, 1)
    if authority:
        with open(os.path.join(runtime, "settings"), "a") as out:
            out.write("engine_ca_file %s/ca.pem\n" % TOP)
    process = subprocess.Popen(
        [os.path.join(BUILD, "collectord-sender"), "--once", "--runtime", runtime],
        stderr=subprocess.PIPE, text=True)
    try:
        return process.wait(seconds), process.stderr.read()
    except subprocess.TimeoutExpired:
        process.kill()
        return None, process.communicate()[1]


def sender(bad, elsewhere):
    engine = sending.Engine(1)
    engine.is_bad = False
    context = certificate("engine", "localhost")
    engine.server.socket = context.wrap_socket(engine.server.socket, server_side=True)
    url = "https://localhost:%d" % engine.server.server_address[1]
    code, said = send(url, True, 60)
    check("sender: TLS with a private authority is written to",
          code == 0 and len(engine.taken) > 0, "%r %s" % (code, said[-300:]))
    for name, (server, is_known, wanted) in bad.items():
        _, said = send(server.url, is_known, 8)
        check("sender: %s is refused with a reason" % name, re.search(wanted, said),
              said[-300:])
    check("sender: nobody was asked at the redirect's address", elsewhere.asked == 0,
          repr(elsewhere.asked))


def main():
    if not shutil.which("openssl"):
        skip("poller and sender: TLS", "openssl is not installed")
        return
    bad, elsewhere, good = servers()
    sender(bad, elsewhere)
    poller(bad, elsewhere, good)
    shutil.rmtree(TOP)


main()
finish()
