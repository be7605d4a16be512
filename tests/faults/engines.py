"""Engines of Debian - prometheus, victoria-metrics - on loopback, with series of a test in
them.  Standard library alone."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.parse
import urllib.request

from harness import until

PROGRAMS = ("prometheus", "victoria-metrics")
_plain = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_there(name):
    """Installed, with what fills it."""
    return shutil.which(name) and (name != "prometheus" or shutil.which("promtool"))


def label_text(labels):
    return ",".join('%s=%s' % (key, json.dumps(value)) for key, value in sorted(labels.items())
                    if key != "__name__")


class Engine:
    """series: [({"__name__": ..., label: ...}, [(stamp_ms, value)])], in the order of time;
    a NaN is a sample of its own.  extra: more of its command line."""

    def __init__(self, name, series, extra=()):
        self.name = name
        self.top = tempfile.mkdtemp(prefix="headroom-engine-")
        self.port = free_port()
        self.url = "http://127.0.0.1:%d" % self.port
        if name == "prometheus":
            self._blocks(series)
        self.process = subprocess.Popen(self._command() + list(extra),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not until(self._is_up, 60):
            self.close()
            raise RuntimeError("%s does not answer" % name)
        if name != "prometheus":
            self._import(series)

    def _command(self):
        if self.name == "prometheus":
            config = os.path.join(self.top, "prometheus.yml")
            with open(config, "w") as out:
                out.write("global: {}\n")
            return ["prometheus", "--config.file=" + config,
                    "--storage.tsdb.path=" + os.path.join(self.top, "tsdb"),
                    "--storage.tsdb.retention.time=50y",
                    "--web.listen-address=127.0.0.1:%d" % self.port]
        return ["victoria-metrics", "-storageDataPath=" + os.path.join(self.top, "tsdb"),
                "-retentionPeriod=50y", "-search.latencyOffset=0s",
                "-httpListenAddr=127.0.0.1:%d" % self.port]

    def _blocks(self, series):
        """OpenMetrics and promtool: samples of any age."""
        path = os.path.join(self.top, "series.om")
        with open(path, "w") as out:
            for labels, samples in sorted(series, key=lambda row: row[0]["__name__"]):
                # promtool knows counters by their name
                head = "%s{%s} " % (labels["__name__"], label_text(labels))
                for stamp_ms, value in samples:
                    out.write("%s%r %d.%03d\n" % (head, value, stamp_ms // 1000,
                                                  stamp_ms % 1000))
            out.write("# EOF\n")
        # it reads the whole file once for each block
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "--max-block-duration=1000h",
                        "openmetrics", path, os.path.join(self.top, "tsdb")], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.unlink(path)

    def _import(self, series):
        lines = []
        for labels, samples in series:
            lines.append(json.dumps({"metric": labels, "values": [s[1] for s in samples],
                                     "timestamps": [s[0] for s in samples]}))
        for at in range(0, len(lines), 50):
            self.ask("/api/v1/import", "\n".join(lines[at:at + 50]).encode())
        self.ask("/internal/force_flush")

    def ask(self, path, body=None, **words):
        query = "?" + urllib.parse.urlencode(words) if words else ""
        with _plain.open(self.url + path + query, body, timeout=60) as answer:
            return answer.read()

    def _is_up(self):
        try:
            self.ask("/api/v1/query", query="1")
            return True
        except OSError:
            return False

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.top, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
