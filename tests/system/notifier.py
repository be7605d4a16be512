"""The notifier alone, against receivers of every kind: only an answer of 2xx is a delivery;
a redirect, a certificate that nobody signed and a secret that is none are told as what they
are."""
import http.server
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, check, finish  # noqa: E402

SEEN = []


class Handler(http.server.BaseHTTPRequestHandler):
    """/204 is answered with 204, and a redirect leads to /200."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        SEEN.append((self.path, self.headers.get("Authorization")))
        code = int(self.path[1:])
        self.send_response(code)
        if 300 <= code <= 399:
            self.send_header("Location", "/200")
        if code != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that does not trust us hangs up


def serve(context=None):
    server = Server(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def notify(messages):
    """The receipts by id."""
    text = "".join(json.dumps(dict({"channel": "webhook", "body": "[]"}, **m)) + "\n"
                   for m in messages)
    done = subprocess.run([os.path.join(BUILD, "collectord-notifier")], input=text.encode(),
                          capture_output=True, timeout=60, check=False)
    receipts = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return {receipt["id"]: receipt for receipt in receipts}


def check_answers(port):
    codes = [200, 201, 202, 204, 299, 300, 301, 302, 303, 304, 307, 308, 400, 401, 404, 429,
             500, 503, 999]
    SEEN.clear()
    receipts = notify([{"id": code, "url": "http://127.0.0.1:%d/%d" % (port, code)}
                       for code in codes])
    for code in codes:
        receipt = receipts.get(code, {})
        is_good = 200 <= code <= 299
        check("HTTP %d is %s" % (code, "delivered" if is_good else "a failure with its code"),
              receipt.get("ok") is is_good
              and (is_good or "HTTP %d" % code in receipt.get("error", "")), str(receipt))
        if 300 <= code <= 399:
            check("HTTP %d is told as a redirect, with its cure" % code,
                  "redirect" in receipt.get("error", "")
                  and "alert_webhook" in receipt.get("error", ""), str(receipt))
    check("no redirect is followed",
          sorted(int(path[1:]) for path, _ in SEEN) == codes, str(SEEN))


def check_secrets(top, port):
    def secret(name, content):
        path = os.path.join(top, name)
        with open(path, "wb") as out:
            out.write(content)
        return path

    fifo = os.path.join(top, "fifo")
    os.mkfifo(fifo)
    files = [(1, secret("good", b"token\nsecond line\n"), None),
             (2, secret("empty", b""), "empty"),
             (3, secret("long", b"x" * 5000), "4095 bytes"),
             (4, fifo, "empty"),
             (5, os.path.join(top, "absent"), "No such file"),
             (6, top, "Is a directory"),
             (7, secret("most", b"x" * 4095), None)]
    SEEN.clear()
    receipts = notify([{"id": number, "url": "http://127.0.0.1:%d/200" % port,
                        "secret_file": path} for number, path, _ in files])
    for number, path, why in files:
        receipt = receipts.get(number, {})
        check("the secret's file %s: %s" % (os.path.basename(path) if number != 6 else
                                            "that is a folder", why or "taken whole"),
              receipt.get("ok") is True if why is None else why in receipt.get("error", ""),
              str(receipt))
    check("nothing is sent without the secret that was asked for",
          sorted(token or "" for _, token in SEEN) == ["Bearer token", "Bearer " + "x" * 4095],
          str(SEEN)[:200])


def check_tls(top):
    if not shutil.which("openssl"):
        print("SKIP TLS: there is no openssl to make a certificate with")
        return
    key, certificate = os.path.join(top, "key.pem"), os.path.join(top, "certificate.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                    "-out", certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    port = serve(context)
    SEEN.clear()
    receipt = notify([{"id": 1, "url": "https://localhost:%d/200" % port}]).get(1, {})
    check("a certificate that nobody trusts is refused", receipt.get("ok") is False
          and "certificate" in receipt.get("error", "").lower() and not SEEN, str(receipt))


def main():
    with tempfile.TemporaryDirectory() as top:
        port = serve()
        check_answers(port)
        check_secrets(top, port)
        check_tls(top)
    finish()


main()
