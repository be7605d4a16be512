"""`analyze watch` on a daemon that runs: a line a tick in a pipe, JSON, a screen that ends on
q; it takes nothing from the daemon.  The pager, which is for terminals alone.  Pictures in
pixels."""
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, TOP, check, finish, skip, until  # noqa: E402

ANALYZE = os.path.join(BUILD, "analyze")


def run(*words, **more):
    done = subprocess.run([ANALYZE] + list(words), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, universal_newlines=True,
                          check=False, **more)
    return done.returncode, done.stdout, done.stderr


def on_terminal(words, keys=b"", after=b"\0", **environment):
    """Exit code and what a terminal of 80 columns got; keys are typed once `after` is seen."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(environment, TERM="xterm", LC_ALL="C.UTF-8")
        os.execv(ANALYZE, [ANALYZE] + words)
    got, end = b"", time.monotonic() + 30
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                more = os.read(fd, 4096)
            except OSError:
                break
            if not more:
                break
            got += more
        if keys and after in got:
            os.write(fd, keys)
            keys = b""
    else:
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), got.decode("utf-8", "replace")


def of_pipe(data):
    code, out, err = run("watch", "--count", "3", "--data", data)
    lines = out.splitlines()
    check("a line a tick", code == 0 and len(lines) == 3 and len(set(lines)) == 3 and all(
        " memory " in line and " disk_ops " in line for line in lines), (code, out, err))
    code, out, err = run("watch", "--count", "2", "--json", "--data", data)
    ticks = [json.loads(line) for line in out.splitlines()]
    check("as JSON: one line each", code == 0 and len(ticks) == 2 and
          ticks[0]["schema"] == "headroom/watch/1" and ticks[0]["at"] < ticks[1]["at"] and
          ticks[1]["memory"]["day"] >= ticks[1]["memory"]["now"] > 1e6, out + err)



    try:
        import jsonschema
    except ImportError:
        skip("watch against its schema", "the Python package jsonschema is not installed")
        return
    with open(os.path.join(TOP, "schema/json-schema/output/watch.json")) as source:
        validator = jsonschema.Draft202012Validator(json.load(source))
    check("each line is what its schema says",
          ticks and not [e for t in ticks for e in validator.iter_errors(t)], ticks)
    check("the schema refuses a member it does not know",
          any(validator.iter_errors(dict(ticks[0], surplus=1))))


def of_screen(data):
    code, text = on_terminal(["watch", "--data", data], b"q", b"Ctrl-C ends")
    check("a screen that ends on q", code == 0 and "memory" in text and "tasks waited" in text
          and text.rstrip().endswith("\x1b[?1049l"), (code, text[-300:]))
    lines = text.split("\x1b[J")[1].split("\x1b[H")[0].splitlines()
    check("within 80 columns", all(len(line) <= 80 + line.count("\x1b") * 6 for line in lines),
          lines)
    code, text = on_terminal(["watch", "--data", data], b"\x03", b"Ctrl-C ends")
    check("and on Ctrl-C", code == 0 and text.rstrip().endswith("\x1b[?1049l"),
          (code, text[-300:]))


def of_pager(data):
    code, text = on_terminal(["peaks", "--data", data], PAGER="sed s/^/paged:/")
    check("on a terminal through the pager", code == 0 and "paged:WORKLOAD" in text, text)
    code, text = on_terminal(["peaks", "--data", data], PAGER="sed s/^/paged:/",
                             HEADROOM_PAGER="cat")
    check("HEADROOM_PAGER goes first, and cat is none", "paged:" not in text and
          "WORKLOAD" in text, text)
    code, text = on_terminal(["peaks", "--data", data], PAGER="there-is-no-such-pager -x")
    check("a pager that is not there loses nothing", code == 0 and "WORKLOAD" in text, text)
    code, text = on_terminal(["peaks", "--json", "--data", data], PAGER="sed s/^/paged:/")
    check("machines' formats are not paged", "paged:" not in text, text)
    code, text = on_terminal(["explain", "nobody", "--data", data], PAGER="sed s/^/paged:/")
    check("a failure keeps its code and its words", code == 1 and "nobody" in text, text)
    code, out, err = run("peaks", "--data", data, env=dict(os.environ, PAGER="sed s/^/paged:/"))
    check("no pager in a pipe", code == 0 and "paged:" not in out, out + err)


def of_pictures(data, top):
    for figure in ("memory", "pressure:load1", "fs-/:used_bytes"):
        code, out, err = run("graph", "own", figure, "--data", data)
        if figure.startswith("fs-") and code:
            continue  # the helper is off here
        check("graph of %s in letters" % figure, code == 0 and out.count("|") == 8, out + err)
    code, out, err = run("graph", "own", "--data", data)
    check("without a figure: what there is", code == 0 and "pressure:cpu_some_ratio" in out and
          "memory:used_bytes" in out, out + err)
    code, out, err = run("graph", "own", "memory", "--json", "--data", data)
    known = [point["mean"] is not None for point in json.loads(out)["points"]]
    check("few samples make a line, not points that nobody sees",
          any(a and b for a, b in zip(known, known[1:])), out + err)
    for figure, unit in (("memory:used_bytes", "B"), ("cpu:busy_ratio", "%"),
                         ("cores:core0", "%"), ("disk:bytes_per_s", "B/s")):
        code, out, err = run("graph", "own", figure, "--data", data)
        check("%s has its unit" % figure, code == 0 and out.rstrip().endswith(unit), out + err)
    path = os.path.join(top, "m.png")
    code, out, err = run("graph", "own", "memory", "-o", path, "--data", data)
    with open(path, "rb") as picture:
        head = picture.read(26)
    check("a picture in pixels", code == 0 and head[:8] == b"\x89PNG\r\n\x1a\n" and
          struct.unpack(">II", head[16:24]) == (1120, 260), (err, head))
    code, out, err = run("peaks", "--spark", "--data", data)
    check("--spark", code == 0 and "COURSE" in out and "memory" in out, out + err)


def main():
    top = tempfile.mkdtemp(prefix="headroom-watch-")
    data = os.path.join(top, "data")
    config = os.path.join(top, "conf")
    with open(config, "w") as out:
        out.write("interval = 1s\nsensors = no\n")
    with open(os.path.join(top, "log"), "w") as log:
        daemon = subprocess.Popen([os.path.join(BUILD, "collectord"), "-c", config, "--data",
                                   data, "--name", "own", "--no-helper"], stderr=log)
    try:
        check("the daemon samples", until(
            lambda: run("watch", "--count", "1", "--data", data)[0] == 0, 30))
        of_pipe(data)
        of_screen(data)
        of_pager(data)
        of_pictures(data, top)
    finally:
        daemon.terminate()
        daemon.wait(30)
    code, out, err = run("watch", "--data", data)
    check("without a daemon: one line and exit 1", code == 1 and "no collector runs" in err and
          err.count("\n") == 1, err)
    shutil.rmtree(top, ignore_errors=True)
    finish()


main()
