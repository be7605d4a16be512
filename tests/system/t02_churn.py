"""T02: names that come and go.  A host root whose adapters are other ones every few ticks,
read by the real sampler under a scripted clock: memory, descriptors and files stay flat."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
TICKS = int(os.environ.get("T02_TICKS", "2000"))
EVERY = 5  # ticks between two generations of adapters
ALIVE = 8
failures = 0


def check(name, good, why=""):
    global failures
    failures += not good
    print(f"ok {name}" if good else f"FAIL {name}: {why}")


def write_root(root, generation, tick):
    """Eight adapters of this generation, their counters rising."""
    lines = ["Inter-|   Receive |  Transmit", " face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed"]
    net = root / "sys/class/net"
    for old in net.iterdir():
        if not old.name.startswith(f"g{generation}n"):
            shutil.rmtree(old)
    for i in range(ALIVE):
        name = f"g{generation}n{i}"
        (net / name / "device").mkdir(parents=True, exist_ok=True)
        lines.append(f"{name}: {tick * 1000} {tick} 0 0 0 0 0 0 {tick * 500} {tick} 0 0 0 0 0 0")
    temporary = root / "proc/net/dev.new"
    temporary.write_text("\n".join(lines) + "\n")
    temporary.rename(root / "proc/net/dev")


def figures(pid, run):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return (
        int(re.search(r"RssAnon:\s+(\d+)", status).group(1)),
        len(os.listdir(f"/proc/{pid}/fd")),
        sum(p.name.startswith("layout-") for p in run.iterdir()),
    )


def main(top):
    top = pathlib.Path(top)
    root, bin_, run = top / "root", top / "bin", top / "run"
    shutil.copytree("tests/roots/debian12-kvm-2cpu", root, symlinks=True)
    shutil.rmtree(root / "sys/class/net", ignore_errors=True)
    (root / "sys/class/net").mkdir(parents=True)
    os.chmod(root / "proc/net", 0o755)
    bin_.mkdir()
    run.mkdir(mode=0o750)
    shutil.copy(BUILD / "collectord", bin_)
    shutil.copy(BUILD / "tests/tools/ring_reader", bin_ / "collectord-recorder")
    ask, answer = top / "ask", top / "answer"
    os.mkfifo(ask)
    os.mkfifo(answer)
    (top / "clock").write_text(f"start 1795255200\npace {ask} {answer}\n")
    write_root(root, 0, 0)
    process = subprocess.Popen(
        [bin_ / "collectord", "--data", top / "data", "--root", root, "--interval", "1", "--no-helper", "--ticks", str(TICKS), "--clock", top / "clock"],
        env=dict(os.environ, RUNTIME_DIRECTORY=str(run), RING_READER_OUT=str(top / "out"), RING_READER_SLEEP_MS="5"),
        stderr=open(top / "log", "w"),
        start_new_session=True,
    )
    seen = []
    try:
        with open(ask) as questions, open(answer, "wb", buffering=0) as answers:
            for tick, _ in enumerate(questions, 1):
                write_root(root, tick // EVERY, tick)
                if tick % (TICKS // 10) == 0:
                    seen.append(figures(process.pid, run))
                try:
                    answers.write(b".")
                except BrokenPipeError:
                    break
        code = process.wait(30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    text = (top / "log").read_text()
    names = TICKS // EVERY * ALIVE
    print(f"# {names} names, {ALIVE} alive at once; RssAnon kB, descriptors, layouts: {seen[1]} ... {seen[-1]}")
    check("T02: it ends in order", code == 0, text[-300:])
    ticks = [l.split() for l in (top / "out").read_text().splitlines() if l.startswith("tick ")]
    check("T02: every tick is there", len(ticks) == TICKS, len(ticks))
    check(f"T02: {names} names cost no memory", seen[-1][0] <= seen[1][0] + 64, seen)
    check("T02: nor descriptors", seen[-1][1] <= seen[1][1], seen)
    check("T02: layouts that nobody needs are removed", max(s[2] for s in seen) <= 40, seen)
    check("T02: every change is an event, or counted where there were too many", sum(" hotplug " in l for l in (top / "out").read_text().splitlines()) > TICKS // EVERY // 4, "")
    check("T64: and the log stays short", len(text.splitlines()) <= 60, len(text.splitlines()))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="t02_churn.") as top_:
        try:
            main(top_)
        except Exception as error:
            check("t02_churn", False, f"{type(error).__name__}: {error}")
    sys.exit(1 if failures else 0)
