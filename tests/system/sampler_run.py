"""collectord as an administrator meets it: options, signals, a second start, kills, the
ring, hung and late sources, systemd's words.  The recorder is replaced by ring_reader,
which prints what it takes."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
failures = 0


def check(name, good, why=""):
    global failures
    if good:
        print(f"ok {name}")
    else:
        failures += 1
        print(f"FAIL {name}: {why}")
    sys.stdout.flush()
    return good


class Daemon:
    """One collectord in folders of its own; ring_reader stands for the recorder."""

    def __init__(self, top, *, helper=False):
        self.top = pathlib.Path(top)
        self.bin = self.top / "bin"
        self.data = self.top / "data"
        self.run = self.top / "run"
        self.out = self.top / "out"
        self.bin.mkdir()
        self.run.mkdir(mode=0o750)
        shutil.copy(BUILD / "collectord", self.bin)
        shutil.copy(BUILD / "tests/tools/ring_reader", self.bin / "collectord-recorder")
        if helper:
            shutil.copy(BUILD / "collectord-helper", self.bin)
        self.environment = dict(
            os.environ, RUNTIME_DIRECTORY=str(self.run), RING_READER_OUT=str(self.out)
        )
        self.process = None

    def arguments(self, *more):
        return [str(self.bin / "collectord"), "--data", str(self.data), *more]

    def start(self, *more, **environment):
        self.log = open(self.top / "log", "a")
        self.process = subprocess.Popen(
            self.arguments(*more),
            env=dict(self.environment, **environment),
            stderr=self.log,
            start_new_session=True,
        )
        return self.process

    def call(self, *more, **environment):
        return subprocess.run(
            self.arguments(*more),
            env=dict(self.environment, **environment),
            capture_output=True,
            text=True,
            timeout=60,
        )

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=20)
        return self.process.returncode

    def lines(self, kind):
        if not self.out.exists():
            return []
        return [l.split() for l in self.out.read_text().splitlines() if l.startswith(kind + " ")]

    def stamps(self):
        return [int(l[2]) for l in self.lines("tick")]

    def wait_for(self, condition, seconds=15):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.05)
        return False

    def text(self):
        return (self.top / "log").read_text()


def fresh(function):
    """A folder for the test, gone afterwards, whatever happens."""

    def run():
        with tempfile.TemporaryDirectory(prefix="sampler_run.") as top:
            daemons = []

            def make(sub="d", **options):
                folder = pathlib.Path(top) / sub
                folder.mkdir()
                daemons.append(Daemon(folder, **options))
                return daemons[-1]

            try:
                function(make)
            except Exception as error:  # a harness that breaks is a failed check
                check(function.__name__, False, f"{type(error).__name__}: {error}")
            finally:
                for daemon in daemons:
                    if daemon.process and daemon.process.poll() is None:
                        os.killpg(daemon.process.pid, signal.SIGKILL)
                        daemon.process.wait()

    return run


@fresh
def options(make):
    d = make()
    for arguments, code, words in [
        (["--help"], 0, "usage: collectord"),
        (["--version"], 0, "collectord "),
        (["--list-probes"], 0, "memory"),
        (["--check-config"], 0, "interval = 10s"),
        (["--print-sample"], 0, "#interval = 10s"),
        (["--estimate"], 0, "MiB for this workload"),
        (["--tick", "5"], 2, "did you mean --ticks?"),
        (["--ticks", "0"], 2, "expected a number from 1"),
        (["--interval", "7"], 1, "expected 1, 2, 5, 10, 15, 20, 30 s, 1, 2 or 5 m; found 7 s"),
        (["--interval", "1,5"], 1, "expected a time span"),
        (["-c", "/nowhere/x.conf"], 1, "/nowhere/x.conf: No such file"),
        (["-c", "/"], 1, "/: "),
        (["--root", "/nowhere", "--ticks", "1"], 1, "/nowhere"),
        (["--clock", "/dev/null/x", "--ticks", "1"], 1, "/dev/null/x"),
    ]:
        r = d.call(*arguments)
        text = r.stdout + r.stderr
        check(
            f"options {' '.join(arguments)}",
            r.returncode == code
            and words in text
            and (code == 0 or len([l for l in r.stderr.splitlines() if "root" not in l or "nowhere" in l]) == 1),
            f"code {r.returncode}: {text[-300:]}",
        )
    conf = d.top / "c.conf"
    conf.write_text('interval = 5s\nname = "web 1"\n')
    r = d.call("-c", str(conf), "--check-config")
    check(
        "options the file holds, the command line over it",
        'name = "web 1"' in r.stdout
        and "interval = 5s" in r.stdout
        and "interval = 20s" in d.call("-c", str(conf), "--check-config", "--interval", "20").stdout,
        r.stdout + r.stderr,
    )
    conf.write_text("\nintervall = 5s\n")
    r = d.call("-c", str(conf), "--check-config")
    check(
        "options a mistake in the file has its line",
        r.returncode == 1 and f"{conf}:2: there is no setting" in r.stderr and "did you mean interval?" in r.stderr,
        r.stderr,
    )
    check(
        "options docs/collectord.conf.5 is what the table makes",
        d.call("--print-man").stdout == pathlib.Path("docs/collectord.conf.5").read_text(),
        "run collectord --print-man > docs/collectord.conf.5",
    )


@fresh
def ticks_and_end(make):
    d = make()
    r = d.call("--interval", "1", "--ticks", "3")
    stamps = d.stamps()
    check("--ticks 3 ends after three stored ticks", r.returncode == 0 and len(stamps) == 3, f"{r.returncode} {stamps} {r.stderr}")
    check("stamps follow each other by the step", stamps == list(range(stamps[0], stamps[0] + 3)), stamps)
    now = time.time()
    check("stamps are the time of day", abs(stamps[-1] - now) < 3, f"{stamps[-1]} {now}")
    check("the first tick says it follows a start", int(d.lines("tick")[0][3]) & 1, d.lines("tick")[0])
    kinds = [l[2] for l in d.lines("event")]
    check("start and stop are events", kinds == ["start", "stop"], kinds)
    modes = {p.name: oct(p.stat().st_mode & 0o777) for p in [*d.data.iterdir(), *d.run.iterdir(), d.data]}
    good = all(m == "0o640" for n, m in modes.items() if n != "data") and modes["data"] == "0o750"
    check("T63: files are 0640, folders 0750", good, modes)


@fresh
def clean_end(make):
    """On a tmpfs that nobody tidies the ring stays after a kill, and goes with a clean end."""
    d = make()
    del d.environment["RUNTIME_DIRECTORY"]
    d.start("--interval", "1")
    d.wait_for(lambda: len(d.stamps()) >= 2)
    words = (d.data / "collectord.lock").read_text().split()
    run = next((pathlib.Path(w) for w in words if w.startswith("/dev/shm/headroom-")), None)
    if not check("its lock names the folder of its ring", run and run.is_dir(), words):
        return
    os.killpg(d.process.pid, signal.SIGKILL)
    d.process.wait()
    check("a kill leaves the ring for the next start", (run / "ring").exists())
    d.start("--interval", "1")
    seen = len(d.stamps())
    d.wait_for(lambda: len(d.stamps()) > seen)
    check("SIGTERM ends it well", d.stop() == 0, d.text()[-300:])
    check("and leaves nothing on the tmpfs", not run.exists(), list(run.glob("*")))


@fresh
def second_start(make):
    d = make()
    d.start("--interval", "1")
    d.wait_for(lambda: len(d.stamps()) >= 1)
    r = d.call("--interval", "1")
    lines = [l for l in r.stderr.splitlines() if "running as root" not in l]
    check(
        "a second start ends with one clear line and code 1",
        r.returncode == 1 and len(lines) == 1 and f"already running on {d.data} (pid {d.process.pid})" in lines[0],
        f"{r.returncode} {r.stderr}",
    )
    check("the first one goes on", d.wait_for(lambda: len(d.stamps()) >= 3), d.stamps())
    check("SIGTERM ends it with code 0", d.stop() == 0, d.process.returncode)


@fresh
def kill_and_replay(make):
    d = make()
    d.environment["RING_READER_SLEEP_MS"] = "400"
    # what a killed reader had not acknowledged comes again: only new numbers count
    newest = lambda: max([int(l[1]) for l in d.lines("tick")], default=0)
    for round_ in range(6):
        before = newest()
        d.start("--interval", "1")
        d.wait_for(lambda: newest() > before)
        time.sleep(0.37 * round_ % 1.1)
        os.killpg(d.process.pid, signal.SIGKILL)
        d.process.wait()
    before = newest()
    d.start("--interval", "1")
    d.wait_for(lambda: newest() >= before + 2)
    code = d.stop()
    sequences = sorted({int(l[1]) for l in d.lines("tick")})
    stamps = d.stamps()
    check("T04: after kill -9 of the group it starts without repair", code == 0, d.text())
    check("T04: no tick is missing from the sequence", sequences == list(range(1, len(sequences) + 1)), sequences)
    unique = sorted(set(stamps))
    check("T04: stamps never repeat", len(unique) == len(sequences), stamps)
    starts = sum(int(l[3]) & 1 for l in {l[1]: l for l in d.lines("tick")}.values())
    check("T04: the tick after each start says so", starts >= 6, starts)


@fresh
def child_dies(make):
    d = make()
    d.start("--interval", "1")
    d.wait_for(lambda: len(d.stamps()) >= 2)
    for _ in range(3):
        child = subprocess.run(["pgrep", "-P", str(d.process.pid), "-f", "collectord-recorder"], capture_output=True, text=True).stdout.split()
        for pid in child:
            os.kill(int(pid), signal.SIGKILL)
        time.sleep(1.3)
    d.wait_for(lambda: len(set(d.stamps())) >= 5)
    d.stop()
    sequences = sorted({int(l[1]) for l in d.lines("tick")})
    check("T04: a killed recorder is started again, no tick is lost", sequences == list(range(1, len(sequences) + 1)) and len(sequences) >= 5, sequences)
    deaths = [l for l in d.lines("event") if l[2] == "child_died"]
    check("a child's death is an event with its signal", len(deaths) >= 2 and "signal 9" in " ".join(deaths[0]), deaths)


@fresh
def missing_recorder(make):
    d = make()
    program = d.bin / "collectord-recorder"
    d.start("--interval", "1")
    d.wait_for(lambda: len(d.stamps()) >= 1)
    program.rename(d.top / "away")
    for pid in subprocess.run(["pgrep", "-P", str(d.process.pid), "-f", "collectord-recorder"], capture_output=True, text=True).stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    time.sleep(4)
    text = d.text()
    check("without a recorder sampling goes on, and the log says so in few lines", d.process.poll() is None and 1 <= text.count("cannot start") <= 12, text)
    (d.top / "away").rename(program)
    count = len(d.stamps())
    d.wait_for(lambda: len(d.stamps()) >= count + 3, 30)
    stamps = sorted(set(d.stamps()))
    check("what was sampled meanwhile is stored when it is there again", stamps == list(range(stamps[0], stamps[-1] + 1)) and len(stamps) > 5, stamps)
    d.stop()


@fresh
def clock_jump(make):
    d = make()
    clock = d.top / "clock"
    clock.write_text("start 1795255200\nat 600 set 2110615200\nat 660 set 1795255860\n")
    r = d.call("--interval", "10", "--ticks", "200", "--clock", str(clock), "--no-helper")
    stamps = d.stamps()
    check("T10: ten years ahead for a minute: 200 of 200 stored, in order", len(stamps) == 200 and stamps == sorted(set(stamps)), len(stamps))
    check("T10: none of them from the future", max(stamps) < 1795255200 + 2100, max(stamps))
    kinds = [l[2] for l in d.lines("event")]
    check("T10: jump and settlement are one event each", kinds.count("clock_jump") == 1 and kinds.count("clock_settled") == 1, kinds)
    check("T10: and one line each in the log", r.stderr.count("the clock jumped") == 1, r.stderr)


@fresh
def end_while_held(make):
    d = make()
    clock = d.top / "clock"
    clock.write_text("start 1795255200\nat 100 set 2110615200\n")
    r = d.call("--interval", "10", "--ticks", "40", "--clock", str(clock), "--no-helper")
    stamps = d.stamps()
    check("T10: the end while ticks are held stores them, by the time they had", r.returncode == 0 and len(stamps) == 40 and max(stamps) < 1795255200 + 500, f"{r.returncode} {len(stamps)} {r.stderr[-300:]}")
    d = make("never")
    clock = d.top / "clock"
    clock.write_text("start 1000\n")
    r = d.call("--interval", "10", "--ticks", "20", "--clock", str(clock), "--no-helper")
    check("T10: a clock that was never set stores nothing and says so", r.returncode == 0 and not d.stamps() and "20 ticks stay in the ring" in r.stderr, f"{r.returncode} {d.stamps()} {r.stderr[-300:]}")
    clock.write_text("start 1795255200 1400\n")
    r = d.call("--interval", "10", "--ticks", "5", "--clock", str(clock), "--no-helper")
    check("T10: a start with the clock set, in the same boot, stores what was held", r.returncode == 0 and len(d.stamps()) == 25 and min(d.stamps()) == 1795255200 - 390, f"{d.stamps()} {r.stderr[-300:]}")


@fresh
def far_future(make):
    d = make()
    clock = d.top / "clock"
    clock.write_text("start 2147483000\n")
    r = d.call("--interval", "10", "--ticks", "120", "--clock", str(clock), "--no-helper")
    stamps = d.stamps()
    check("T10: the year 2038 passes unnoticed", r.returncode == 0 and len(stamps) == 120 and stamps[-1] > 2147483647, stamps[-1:])


@fresh
def reload(make):
    d = make()
    conf = d.top / "c.conf"
    conf.write_text("interval = 1s\nbatch_interval = 1h\n")
    d.start("-c", str(conf))
    d.wait_for(lambda: len(d.stamps()) >= 1)
    conf.write_text("interval = 1s\nbatch_interval = 10m\n")
    d.process.send_signal(signal.SIGHUP)
    settings = d.run / "settings"
    check("SIGHUP: the children get the new settings", d.wait_for(lambda: "batch_interval 10m" in settings.read_text()), settings.read_text())
    conf.write_text("interval = 1s\nbatch_interval = never\n")
    d.process.send_signal(signal.SIGHUP)
    check("SIGHUP: a mistake is logged with its line, the old settings hold", d.wait_for(lambda: f"{conf}:2: batch_interval" in d.text()) and "batch_interval 10m" in settings.read_text() and d.process.poll() is None, d.text())
    conf.write_text("interval = 2s\n")
    d.process.send_signal(signal.SIGHUP)
    check("SIGHUP: what needs a restart is named", d.wait_for(lambda: "with a restart only" in d.text()), d.text())
    count = len(d.stamps())
    d.wait_for(lambda: len(d.stamps()) >= count + 3)
    stamps = d.stamps()[-3:]
    check("SIGHUP: the step stays", stamps[2] - stamps[0] == 2, stamps)
    d.stop()


@fresh
def service_manager(make):
    d = make()
    path = str(d.top / "notify")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(path)
    listener.settimeout(5)
    d.start("--interval", "60", NOTIFY_SOCKET=path, WATCHDOG_USEC="1500000")
    words = []
    end = time.monotonic() + 5
    try:
        while time.monotonic() < end:
            words.append(listener.recv(4096).decode())
    except TimeoutError:
        pass
    check("systemd hears READY=1 first", words and words[0] == "READY=1", words)
    check("systemd's watchdog hears us more often than a step of 60 s", 6 <= sum("WATCHDOG=1" in w for w in words) <= 14, words)
    check("systemd gets a status", any("STATUS=" in w for w in words), words)
    d.stop()
    words = []
    try:
        listener.settimeout(0.2)
        while True:
            words.append(listener.recv(4096).decode())
    except TimeoutError:
        pass
    check("systemd hears STOPPING=1", any("STOPPING=1" in w for w in words), words)
    listener.close()


@fresh
def lateness(make):
    d = make()
    d.start("--interval", "1", "--no-helper")
    d.wait_for(lambda: len(d.stamps()) >= 2)
    os.kill(d.process.pid, signal.SIGSTOP)
    time.sleep(4.2)
    os.kill(d.process.pid, signal.SIGCONT)
    count = len(d.stamps())
    d.wait_for(lambda: len(d.stamps()) >= count + 3)
    d.stop()
    stamps = d.stamps()
    gaps = [b - a for a, b in zip(stamps, stamps[1:])]
    check("T11: stopped for 4 s: the slots are missing, no burst", max(gaps) in (4, 5, 6) and gaps.count(1) == len(gaps) - 1, gaps)
    missed = [l for l in d.lines("event") if l[2] == "missed"]
    check("T11: the missed ticks are counted in one event", len(missed) == 1 and int(missed[0][4]) == max(gaps) - 1, missed)
    flags = [int(l[3]) for l in d.lines("tick")]
    check("T11: the tick after the gap says why", flags[gaps.index(max(gaps)) + 1] & 2, flags)


@fresh
def helper_hangs(make):
    d = make(helper=True)
    conf = d.top / "c.conf"
    conf.write_text("helper_interval = 1s\nsource_deadline_ms = 10\nsensor_deadline_ms = 10\n")
    d.start("-c", str(conf), "--interval", "1")
    helper = lambda: subprocess.run(["pgrep", "-P", str(d.process.pid), "-f", "collectord-helper"], capture_output=True, text=True).stdout.split()
    d.wait_for(helper)
    time.sleep(1.5)
    first = helper()
    os.kill(int(first[0]), signal.SIGSTOP)
    check("a helper that hangs itself is killed and started again", d.wait_for(lambda: helper() and helper() != first, 40), first)
    stamps = d.stamps()
    check("... and no tick waited for it", stamps == list(range(stamps[0], stamps[-1] + 1)), stamps)
    d.stop()


@fresh
def bad_places(make):
    d = make()
    blocked = d.top / "file"
    blocked.write_text("")
    r = d.call("--data", str(blocked / "x"), "--ticks", "1")
    check("a data folder that cannot be made: one line, code 1", r.returncode == 1 and "Not a directory" in r.stderr, r.stderr)
    os.rmdir(d.run)
    d.run.symlink_to(d.top)
    r = d.call("--ticks", "1", "--interval", "1")
    check("T61: a link in place of the runtime folder is refused", r.returncode == 1 and "not a folder of ours" in r.stderr, r.stderr)
    d.run.unlink()
    d.run.mkdir()
    d.run.chmod(0o777)
    r = d.call("--ticks", "1", "--interval", "1")
    check("T61: a runtime folder that others may write is refused", r.returncode == 1 and "written by others" in r.stderr, r.stderr)


if __name__ == "__main__":
    for test in [options, ticks_and_end, clean_end, second_start, kill_and_replay, child_dies, missing_recorder, clock_jump, end_while_held, far_future, reload, service_manager, lateness, helper_hangs, bad_places]:
        test()
    sys.exit(1 if failures else 0)
