"""A server that a live import and `--source` ask: with a private authority, passwords and
tokens, and one that misbehaves.  It is refused with a reason, and nothing is imported."""
import base64
import http.server
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
from harness import BUILD, check, finish, skip

NOW = int(time.time()) // 60 * 60
ANALYZE = os.path.join(BUILD, "analyze")
TOP = tempfile.mkdtemp(prefix="headroom-server-")
SERIES = {"node_memory_MemTotal_bytes": 8e9, "node_memory_MemAvailable_bytes": 2e9}
SENT = {"headroom_memory_used_bytes": 6e9, "headroom_memory_used_bytes_max": 7e9}


class Server(http.server.ThreadingHTTPServer):
    """way: what it does with an export; wanted: the Authorization that it asks for;
    is_sent: it has series of collectord-sender, not of an exporter."""

    daemon_threads = True

    def __init__(self, way="good", wanted=None, context=None, is_sent=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.way, self.wanted, self.seen = way, wanted, set()
        self.is_sent = is_sent
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = "%s://localhost:%d" % ("https" if context else "http", self.server_port)

    def handle_error(self, *_):
        pass  # who asked has had enough


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def do_GET(self):
        server = self.server
        path = urllib.parse.urlsplit(self.path).path
        server.seen.add(path)
        if server.wanted and self.headers.get("Authorization") != server.wanted:
            self.answer(401, b"who are you?", WWW_Authenticate="Basic")
        elif path.startswith("/api/v1/label/"):
            labels = {"source": ["sampled"], "workload": ["web1"]} if server.is_sent else {
                "__name__": list(SERIES), "instance": ["web1:9100"]}
            found = labels.get(path.split("/")[4], [])
            self.answer(200, json.dumps({"status": "success", "data": found}).encode())
        elif path != "/api/v1/export":
            self.answer(404, b"none of that here")
        elif "headroom_nothing" in self.path:
            self.answer(200, b"")  # is there an export at all?
        else:
            getattr(self, server.way)()

    def good(self):
        is_sent = self.server.is_sent
        labels = {"workload": "web1", "source": "sampled"} if is_sent else {
            "instance": "web1:9100"}
        lines = [json.dumps({"metric": dict(labels, __name__=name),
                             "values": [value + i for i in range(100)],
                             "timestamps": [(NOW - 6000 + 60 * i) * 1000 for i in range(100)]})
                 for name, value in (SENT if is_sent else SERIES).items()]
        self.answer(200, "\n".join(lines).encode())

    def redirect(self):
        self.answer(302, b"", Location="http://elsewhere.example/api/v1/export")

    def much(self):
        self.send_response(200)
        self.send_header("Content-Length", str(10 << 30))
        self.end_headers()
        self.wfile.write(b" " * 65536)

    def endless(self):
        """10 GB that nobody announced: one series without an end."""
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b'{"metric":{"__name__":"node_memory_MemTotal_bytes"},"values":[1')
        for _ in range((10 << 30) // (1 << 20)):
            self.wfile.write(b",1" * (1 << 19))

    def header(self):
        self.answer(200, b"{}", X_Long="x" * (1 << 20))

    def garbage(self):
        self.answer(200, bytes(range(256)) * 100)

    def short(self):
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b'{"metric":{"__name__":"node_memory_MemTotal_bytes"},"values":[1,')
        self.close_connection = True

    def error(self):
        self.answer(503, b"\x1b[31mtoo busy\x1b[0m")


def run(url, *options):
    """Exit code, output, message and whether there is a store behind it."""
    data = os.path.join(TOP, "store")
    shutil.rmtree(data, ignore_errors=True)
    started = time.monotonic()
    done = subprocess.run([ANALYZE, "import", "prometheus", url, "--since", "1d", "--data", data,
                           *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=100,
                          env=dict(os.environ, no_proxy="*"))
    return (done.returncode, done.stderr.decode(), os.path.exists(os.path.join(data, "rrd")),
            time.monotonic() - started)


def refused(name, url, *words, options=()):
    code, message, has_store, took = run(url, *options)
    check("server: " + name, code == 1 and not has_store and all(w in message for w in words)
          and "\x1b" not in message and message.count("\n") == 1,
          "%d, %.0f s: %s" % (code, took, message))


def figures(url, *options):
    """The same of `analyze peaks --source`, without a store."""
    done = subprocess.run([ANALYZE, "peaks", "--source", url, "--data",
                           os.path.join(TOP, "nowhere"), "--json", *options],
                          capture_output=True, text=True, timeout=100,
                          env=dict(os.environ, no_proxy="*"))
    return done.returncode, done.stdout, done.stderr


def not_believed(name, url, *words, options=()):
    code, out, message = figures(url, *options)
    check("server: --source: " + name, code == 1 and not out and message.count("\n") == 1 and
          all(w in message for w in words), "%d %r %s" % (code, out[:100], message))


def with_source():
    """What a source is asked for, and what of its answers is refused."""
    code, out, message = figures(Server(is_sent=True).url)
    found = json.loads(out)["workloads"] if code == 0 else []
    check("server: --source: as it should be", [w["resources"]["memory"]["peak"] for w in found]
          == [7e9 + 99], "%d %s" % (code, message))

    def bad(way):
        return Server(way, is_sent=True).url

    not_believed("a redirect to another host", bad("redirect"), "302", "elsewhere.example",
                 "not followed")
    not_believed("an answer of 10 GB", bad("much"), "expected an answer of at most")
    not_believed("10 GB that nobody announced", bad("endless"), "expected at most", "samples")
    not_believed("a header line of 1 MB", bad("header"), "header")
    not_believed("an answer that is cut", bad("short"))
    not_believed("no password", Server(wanted="Basic x", is_sent=True).url, "401")


def taken(name, url, *options):
    code, message, has_store, _ = run(url, *options)
    check("server: " + name, code == 0 and has_store, "%d: %s" % (code, message))


def secret(name, text):
    path = os.path.join(TOP, name)
    with open(path, "w") as out:
        out.write(text + "\n")
    return path


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, cwd=TOP, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def certificate(name, host):
    """A key and a certificate of our own authority for a host."""
    with open(os.path.join(TOP, name + ".ext"), "w") as out:
        out.write("subjectAltName=DNS:%s\n" % host)
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out",
            name + ".csr", "-subj", "/CN=" + host)
    openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", name + ".ext", "-out", name + ".pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(TOP, name + ".pem"), os.path.join(TOP, name + ".key"))
    return context


def with_authority():
    if not shutil.which("openssl"):
        skip("server: TLS", "openssl is not installed")
        return
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
            "ca.pem", "-subj", "/CN=A private authority", "-days", "2")
    authority = os.path.join(TOP, "ca.pem")
    good = Server(context=certificate("good", "localhost"))
    taken("TLS with a private authority", good.url, "--cacert", authority)
    refused("a certificate of an authority that nobody knows", good.url, "certificate")
    refused("a certificate of another host", Server(
        context=certificate("other", "other.example")).url, "certificate", "localhost",
        options=("--cacert", authority))
    refused("an authority that is not there", good.url, "CA",
            options=("--cacert", os.path.join(TOP, "nowhere.pem")))
    good.is_sent = True
    code, out, message = figures(good.url, "--cacert", authority)
    check("server: --source: TLS with a private authority", code == 0 and "web1" in out,
          "%d %s" % (code, message))
    not_believed("a certificate of an authority that nobody knows", good.url, "certificate")
    not_believed("a certificate of another host", Server(
        context=certificate("third", "other.example"), is_sent=True).url, "certificate",
        "localhost", options=("--cacert", authority))


def with_secrets():
    password = secret("password", "s3 cret")
    token = secret("token", "t0ken")
    basic = Server(wanted="Basic " + base64.b64encode(b"me:s3 cret").decode())
    taken("a password from a file", basic.url, "--user", "me", "--password-file", password)
    refused("a wrong password", basic.url, "401", options=("--user", "you", "--password-file",
                                                           password))
    refused("no password", basic.url, "401", "--token-file")
    bearer = Server(wanted="Bearer t0ken")
    taken("a token from a file", bearer.url, "--token-file", token)
    refused("a token file that is not there", bearer.url, "nowhere",
            options=("--token-file", os.path.join(TOP, "nowhere")))
    refused("a password in the address", "http://me:s3cret@localhost:1/", "--password-file")


def with_trouble():
    taken("as it should be", Server().url)
    refused("a redirect to another host", Server("redirect").url, "302", "elsewhere.example",
            "not followed")
    refused("an answer of 10 GB", Server("much").url, "expected an answer of at most")
    refused("10 GB that nobody announced", Server("endless").url, "expected at most", "samples")
    refused("a header line of 1 MB", Server("header").url, "header")
    refused("bytes that are no JSON", Server("garbage").url, "expected")
    refused("an answer that is cut", Server("short").url)
    refused("an error, with colours", Server("error").url, "503", "too busy")
    refused("nobody there", "http://127.0.0.1:1", "onnect")
    refused("no address", "http://", "address of a server")
    refused("a selector that is none", Server().url, "--match", options=("--match", "{job=node}"))
    refused("a way that it has not", Server().url, "404", options=("--fetch", "read"))


try:
    with_trouble()
    with_source()
    with_secrets()
    with_authority()
finally:
    shutil.rmtree(TOP, ignore_errors=True)
finish()
