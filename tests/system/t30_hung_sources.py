"""T30, T43: file systems and sensors that hang.  A FUSE file system of our own (the raw
protocol, no library) answers statfs or does not; a FIFO stands for a sensor that takes
for ever.  All in a mount namespace of its own."""

import ctypes
import errno
import os
import pathlib
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
MOUNTS = 20
failures = 0


def check(name, good, why=""):
    global failures
    failures += not good
    print(f"ok {name}" if good else f"FAIL {name}: {why}")
    sys.stdout.flush()


class Servers(threading.Thread):
    """The file systems: one thread answers for all.  Those in `hung` are not even
    listened to, as when their daemon is stopped (who asks can be killed); those in
    `silent` take the question and do not answer (who asks cannot be killed)."""

    INIT, GETATTR, STATFS, ACCESS, FORGET, INTERRUPT, DESTROY, BATCH_FORGET = 26, 3, 17, 34, 2, 36, 38, 42

    def __init__(self):
        super().__init__(daemon=True)
        self.fds = {}
        self.hung = set()
        self.silent = set()
        self.owed = []
        self.asked = {}

    def add(self, index, path):
        libc = ctypes.CDLL(None, use_errno=True)
        fd = os.open("/dev/fuse", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        options = f"fd={fd},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
        if libc.mount(b"remote%d" % index, str(path).encode(), b"fuse.sshfs", 6, options.encode()) < 0:
            raise OSError(ctypes.get_errno(), "mount")
        self.fds[fd] = index

    def answer(self, fd, data):
        index = self.fds[fd]
        _, opcode, unique, _ = struct.unpack_from("<IIQQ", data)
        body, error = b"", 0
        if opcode == self.INIT:
            body = struct.pack("<IIIIHHIIHHI7I", 7, 31, 4096, 0, 12, 9, 4096, 1, 0, 0, 0, *[0] * 7)
        elif opcode == self.STATFS:
            self.asked[index] = self.asked.get(index, 0) + 1
            if index in self.silent:
                self.owed.append((fd, data))
                return
            body = struct.pack("<5Q10I", 1000 + index, 400, 300, 50, 20, 4096, 255, 4096, 0, *[0] * 6)
        elif opcode == self.GETATTR:
            body = struct.pack("<QII6Q10I", 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o40755, 2, 0, 0, 0, 4096, 0)
        elif opcode in (self.FORGET, self.INTERRUPT, self.BATCH_FORGET):
            return
        elif opcode not in (self.ACCESS, self.DESTROY):
            error = -38
        try:
            os.write(fd, struct.pack("<IiQ", 16 + len(body), error, unique) + body)
        except OSError:
            pass  # the asker was killed meanwhile

    def run(self):
        while True:
            if self.owed and not self.silent:
                owed, self.owed = self.owed, []
                for fd, data in owed:
                    self.answer(fd, data)
            wanted = [fd for fd, index in self.fds.items() if index not in self.hung]
            ready, _, _ = select.select(wanted, [], [], 0.2)
            for fd in ready:
                try:
                    self.answer(fd, os.read(fd, 65536))
                except OSError as error:
                    if error.errno == errno.ENODEV:  # unmounted: ready for ever
                        self.fds.pop(fd, None)


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


class Run:
    def __init__(self, top, config):
        self.top = pathlib.Path(top)
        bin_, run = self.top / "bin", self.top / "run"
        bin_.mkdir()
        run.mkdir(mode=0o750)
        shutil.copy(BUILD / "collectord", bin_)
        shutil.copy(BUILD / "collectord-helper", bin_)
        shutil.copy(BUILD / "tests/tools/ring_reader", bin_ / "collectord-recorder")
        self.out = self.top / "out"
        (self.top / "conf").write_text(config)
        self.log = open(self.top / "log", "w")
        self.process = subprocess.Popen(
            [bin_ / "collectord", "-c", self.top / "conf", "--data", self.top / "data", "--interval", "1"],
            env=dict(os.environ, RUNTIME_DIRECTORY=str(run), RING_READER_OUT=str(self.out), RING_READER_VALUES="1"),
            stderr=self.log,
            start_new_session=True,
        )

    def latest(self, file_part):
        """The values of the newest whole tick: {file: value of its first column}."""
        found, current = {}, {}
        for line in self.out.read_text().splitlines() if self.out.exists() else []:
            if line.startswith("tick "):
                found, current = current, {}
            elif line.startswith("value ") and file_part in line:
                _, name, source, value = line.rsplit(" ", 3)
                current.setdefault(name + " " + source, float(value))
        return found

    def ticks(self):
        return [l.split() for l in self.out.read_text().splitlines() if l.startswith("tick ")]

    def events(self, kind):
        return [l for l in self.out.read_text().splitlines() if l.startswith("event ") and l.split()[2] == kind]

    def helpers(self):
        out = subprocess.run(["pgrep", "-g", str(self.process.pid), "-f", "collectord-helper"], capture_output=True, text=True)
        return len(out.stdout.split())

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        return self.process.returncode


class Control(threading.Thread):
    """How late this machine wakes a sleeper at all: under load nobody is on time."""

    def __init__(self):
        super().__init__(daemon=True)
        self.late_us = [0]

    def run(self):
        while True:
            due = time.monotonic() + 0.1
            time.sleep(0.1)
            self.late_us.append(int((time.monotonic() - due) * 1e6))

    def allowed(self):
        """50 ms, and what the worst hundredth of the sleepers had to wait, twice."""
        return 50000 + 2 * sorted(self.late_us)[int(len(self.late_us) * 0.99)]


control = Control()


def on_time(ticks):
    late = sorted(int(t[4]) for t in ticks)
    stamps = [int(t[2]) for t in ticks]
    whole = stamps == list(range(stamps[0], stamps[-1] + 1))
    return whole, late[int(len(late) * 0.99)] if late else 0


def hung_mounts(top):
    servers = Servers()
    for i in range(MOUNTS):
        point = pathlib.Path(top) / f"m{i}"
        point.mkdir()
        servers.add(i, point)
    servers.start()
    run = Run(top, "network_file_systems = yes\nhelper_interval = 1s\nsource_deadline_ms = 200\nsensors = no\n")
    known = lambda: {k: v for k, v in run.latest("size_bytes").items() if str(top) in k and v == v}
    good = wait_for(lambda: len(known()) == MOUNTS, 20)
    check(f"T30: {MOUNTS} file systems are measured", good, (run.top / "log").read_text() + str(sorted(known())))
    sizes = {float((1000 + i) * 4096) for i in range(MOUNTS)}
    check("T30: with the right sizes", set(known().values()) == sizes, known())
    for hung in ({3}, set(range(10)), set(range(MOUNTS))):
        servers.hung = hung
        most = 0
        begin = len(run.ticks())

        def settled():
            nonlocal most
            most = max(most, run.helpers())
            return len(known()) == MOUNTS - len(hung)

        good = wait_for(settled, 30)
        check(f"T30: {len(hung)} hung: they are unknown, the other {MOUNTS - len(hung)} are complete", good, sorted(known()))
        asked = dict(servers.asked)
        wait_for(lambda: (settled(), False)[1], 3)
        fresh = all(servers.asked.get(i, 0) > asked.get(i, 0) for i in range(MOUNTS) if i not in hung)
        check(f"T30: {len(hung)} hung: the others go on being measured", fresh, (asked, servers.asked))
        whole, p99 = on_time(run.ticks()[begin:])
        check(f"T30: {len(hung)} hung: no tick is missing, 99 % of them within 50 ms of what a sleeper here is", whole and p99 <= control.allowed(), f"{whole} {p99} us")
        check(f"T30: {len(hung)} hung: at most the helper and 4 children", most <= 5, most)
    late = run.events("source_late")
    check("T30: one event for each that became late", len(late) == MOUNTS and all("does not answer" in l for l in late), late)
    servers.hung = set()
    check("T30: all are back within a minute", wait_for(lambda: len(known()) == MOUNTS, 60), sorted(known()))
    check("T30: and each says so once", len(run.events("source_well")) == MOUNTS, run.events("source_well"))
    servers.silent = {1, 2}
    good = wait_for(lambda: len(known()) == MOUNTS - 2, 30)
    check("T30: two that cannot even be given up: the others are complete", good, sorted(known()))
    wait_for(lambda: run.helpers() > 3, 7)
    check("T30: ... and cost a process each, not one a turn", run.helpers() == 3, run.helpers())
    servers.silent = set()
    check("T30: ... they are back, too", wait_for(lambda: len(known()) == MOUNTS and run.helpers() == 1, 60), (run.helpers(), sorted(known())))
    whole, p99 = on_time(run.ticks())
    check("T30: all the time no tick was missing", whole and p99 <= control.allowed(), f"{whole} {p99} us")
    servers.silent = {1, 2}
    wait_for(lambda: run.helpers() == 3, 10)
    begin = time.monotonic()
    code = run.end()
    took = time.monotonic() - begin
    check("T30: SIGTERM while two cannot be given up ends it in order within 15 s", code == 0 and took < 15, f"code {code}, {took:.1f} s")
    servers.silent = set()


class Stopped:
    """A daemon that serves file systems, a process of its own that can be stopped."""

    def __init__(self, indexes, top):
        read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            servers = Servers()
            for i in indexes:
                servers.add(i, top / f"m{i}")
            os.write(write, b".")
            servers.run()
        os.close(write)
        os.read(read, 1)
        os.close(read)

    def signal(self, number):
        os.kill(self.pid, number)


def stopped_daemon(top):
    """T30 as it happens: the daemon of a mounted file system is stopped."""
    top = pathlib.Path(top)
    for i in range(4):
        (top / f"m{i}").mkdir()
    stopped = Stopped((0, 1), top)
    servers = Servers()
    for i in (2, 3):
        servers.add(i, top / f"m{i}")
    servers.start()
    run = Run(top, "network_file_systems = yes\nhelper_interval = 1s\nsource_deadline_ms = 200\nsensors = no\n")
    known = lambda: {k for k, v in run.latest("size_bytes").items() if str(top) in k and v == v}
    try:
        check("T30: four file systems of two daemons are measured", wait_for(lambda: len(known()) == 4, 20), known())
        stopped.signal(signal.SIGSTOP)
        begin = len(run.ticks())
        check("T30: one daemon is stopped: its two are unknown, the other two known", wait_for(lambda: len(known()) == 2, 20), known())
        asked = dict(servers.asked)
        time.sleep(3)
        check("T30: ... and those go on being measured", all(servers.asked.get(i, 0) > asked.get(i, 0) for i in (2, 3)), (asked, servers.asked))
        whole, p99 = on_time(run.ticks()[begin:])
        check("T30: ... no tick is missing, 99 % of them within 50 ms of what a sleeper here is", whole and p99 <= control.allowed(), f"{whole} {p99} us")
        late = run.events("source_late")
        check("T30: ... each is late, once", len(late) == 2, late)
        stopped.signal(signal.SIGCONT)
        check("T30: it goes on: all four are back within a minute", wait_for(lambda: len(known()) == 4, 60), known())
        check("T30: ... and each says so", len(run.events("source_well")) == 2, run.events("source_well"))
        stopped.signal(signal.SIGSTOP)
        wait_for(lambda: len(known()) == 2, 20)
        begin = time.monotonic()
        code = run.end()
        took = time.monotonic() - begin
        check("T30: SIGTERM while it hangs ends the daemon in order within 15 s", code == 0 and took < 15, f"code {code}, {took:.1f} s")
        left = subprocess.run(["pgrep", "-g", str(run.process.pid)], capture_output=True, text=True).stdout.split()
        check("T30: ... and leaves no process behind that could be ended", not left, left)
    finally:
        stopped.signal(signal.SIGCONT)
        stopped.signal(signal.SIGKILL)
        os.waitpid(stopped.pid, 0)


class SlowSensor(threading.Thread):
    """Who reads it waits so long for the value."""

    def __init__(self, path, seconds):
        super().__init__(daemon=True)
        self.path, self.seconds, self.read = path, seconds, 0

    def run(self):
        while True:
            try:
                fd = os.open(self.path, os.O_WRONLY)  # until somebody reads
            except OSError:
                return
            self.read += 1
            time.sleep(self.seconds)
            try:
                os.write(fd, b"39000\n")
            except OSError:
                pass  # given up
            os.close(fd)


def hung_sensor(top):
    libc = ctypes.CDLL(None, use_errno=True)
    print("#", os.listdir("/sys/class/hwmon") if os.path.isdir("/sys/class/hwmon") else "no sensors here")
    if libc.mount(b"none", b"/sys/class", b"tmpfs", 0, None) < 0:
        print("SKIP T43: no tmpfs over /sys/class here")
        return
    for number, chip in enumerate(("good", "slow")):
        folder = pathlib.Path(f"/sys/class/hwmon/hwmon{number}")
        folder.mkdir(parents=True)
        (folder / "name").write_text(chip + "\n")
        (folder / "temp1_input").write_text("42500\n")
        (folder / "temp2_input").write_text("3892314000\n")
    slow = pathlib.Path("/sys/class/hwmon/hwmon1/temp1_input")
    slow.write_text("41000\n")
    run = Run(top, "helper_interval = 1s\nsensor_deadline_ms = 300\n")
    values = lambda: [v for v in run.latest("value sensors").values()]
    good = wait_for(lambda: {41.0, 42.5} <= set(values()), 20)
    check("T43: the sensors are read", good, values())
    slow.unlink()
    os.mkfifo(slow)
    SlowSensor(slow, 30).start()
    good = wait_for(lambda: 42.5 in values() and 41.0 not in values(), 20)
    check("T30, T43: beside a sensor that takes 30 s the good one is read", good, values())
    check("T43: no impossible temperature is stored (F49)", all(v != v or v < 125 for v in values()), values())
    late = wait_for(lambda: any("slow-virtual-0/temp1" in l and "does not answer" in l for l in run.events("source_late")), 10)
    check("T43: the one that hangs is late, in one event", late, run.events("source_late"))
    whole, p99 = on_time(run.ticks())
    check("T43: ticks are on time", whole and p99 <= control.allowed(), f"{whole} {p99} us")
    slow.unlink()
    slow.write_text("40000\n")
    check("T43: it comes back", wait_for(lambda: 40.0 in values(), 30), values())
    run.end()


def in_namespace():
    control.start()
    tests = [t for t in (hung_mounts, stopped_daemon, hung_sensor) if t.__name__ in sys.argv[2:] or not sys.argv[2:]]
    for test in tests:
        with tempfile.TemporaryDirectory(prefix="t30.") as top:
            try:
                test(top)
            except Exception as error:
                check(test.__name__, False, f"{type(error).__name__}: {error}")
            for i in range(MOUNTS):
                subprocess.run(["umount", "-l", f"{top}/m{i}"], capture_output=True, check=False)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        in_namespace()
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        print("SKIP t30_hung_sources: /dev/fuse cannot be opened")
        sys.exit(0)
    ways = [["unshare", "-m"], ["unshare", "-Urm"]]
    for way in ways:
        if subprocess.run([*way, "true"], capture_output=True, check=False).returncode == 0:
            sys.exit(subprocess.run([*way, sys.executable, __file__, "inside", *sys.argv[2:]], check=False).returncode)
    print("SKIP t30_hung_sources: no mount namespace can be made here: not permitted, or / is no mount point (a chroot)")
