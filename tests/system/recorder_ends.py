"""The recorder and the writer as programs: how they are called, what they say when they cannot
begin, what a signal does, and what is told of ticks that no end could bring into the archives."""
import concurrent.futures
import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
from harness import BUILD, Feed, check, finish, until  # noqa: E402

RECORDER = os.path.join(BUILD, "collectord-recorder")
WRITER = os.path.join(BUILD, "collectord-writer")


def run(program, *words):
    done = subprocess.run([program] + list(words), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


class Alone:
    """A recorder of our own over the folders of a feed that is gone."""

    def __init__(self, feed, **settings):
        self.feed = feed
        for name, value in settings.items():
            self.setting(name, value)
        self.log = os.path.join(feed.top, "alone.%d" % time.monotonic_ns())
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([RECORDER, "--runtime", feed.runtime], stderr=log)

    def setting(self, name, value):
        path = os.path.join(self.feed.runtime, "settings")
        with open(path) as f:
            lines = [line for line in f if not line.startswith(name + " ")]
        with open(path, "w") as f:
            f.write("".join(lines) + "%s %s\n" % (name, value))

    def said(self, text, seconds=10):
        def look():
            with open(self.log) as f:
                return text in f.read()
        return until(look, seconds)

    def end(self, number=signal.SIGTERM, seconds=30):
        self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None


def staged(**options):
    """A store with ticks that wait in staging; nobody runs."""
    feed = Feed(rate=200, batch=3600, stage=1, **options)
    feed.start()
    until(lambda: len(feed.durable()) >= 30, 10)
    feed.kill_group()

    def is_free():
        try:
            with open(os.path.join(feed.data, "recorder.lock")) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            return False
    until(is_free, 10)
    return feed


def words():
    """Each is called by another program: a person who calls it is told so."""
    for program, calls in ((RECORDER, ((), ("--drain",), ("--drain", "a", "b"), ("--no", "a"))),
                           (WRITER, ((), ("--data", "a", "--lock"), ("--no", "a", "--lock", "3"),
                                     ("--data", "a", "--no", "3"),
                                     ("--data", "a", "--lock", "3", "--no"),
                                     ("--data", "a", "--lock", "3", "--give-up", "x")))):
        answers = [run(program, *call) for call in calls]
        check("%s says how it is called" % os.path.basename(program),
              all(code == 2 and "usage: " in text for code, text in answers), str(answers))


def beginnings():
    feed = staged()
    empty = os.path.join(feed.top, "empty")
    os.mkdir(empty)
    check("without settings there is nothing to do",
          (lambda r: r[0] == 1 and "settings" in r[1])(run(RECORDER, "--runtime", empty)))
    check("nothing is staged in an empty folder: that is soon done",
          run(RECORDER, "--drain", empty)[0] == 0 and
          run(RECORDER, "--begin-anew", empty)[0] == 0)
    code, text = run(RECORDER, "--drain", os.path.join(feed.top, "none"))
    check("a folder that is not there is told", code == 1 and "none/" in text, text)
    code, text = run(RECORDER, "--drain", os.path.join(feed.top, "n" * 4090))
    check("a path that is too long is told", code == 1 and text.strip() != "", text)
    answers = [run(WRITER, "--data", empty, "--lock", "3", *more)
               for more in ((), ("--give-up",))]
    check("the writer says what it lacks", all(code == 1 and "staging" in text
                                               for code, text in answers), str(answers))
    alone = Alone(feed)
    until(lambda: feed.ask("health"), 10)
    for word in ("--drain", "--begin-anew"):
        code, text = run(RECORDER, word, feed.data)
        check("%s leaves a store to the recorder that is at work" % word, code == 75 and
              "another recorder is at work" in text, "%s %s" % (code, text))
    second = Alone(feed)  # it waits for the first
    time.sleep(0.3)
    check("a second one waits", second.process.poll() is None and not second.said("w", 0))
    first_code = alone.end()
    check("... and takes over where the first one ends", first_code == 0 and
          until(lambda: feed.ask("health"), 10), str(first_code))
    check("SIGINT ends it as SIGTERM does", second.end(signal.SIGINT) == 0)
    result = feed.verify(stamps=feed.durable())
    check("what was staged is in the archives", result["missing"] == 0 and
          result["wrong"] == 0, result["text"])
    with open(os.path.join(feed.data, "staging"), "r+b") as f:
        f.write(b"x" * 8192)
    code, text = run(RECORDER, "--drain", feed.data)
    check("a damaged staging is not called drained", code == 1 and
          "both of its heads are damaged" in text, "%s %s" % (code, text))
    feed.remove()


def anew():
    """What is staged is stored under the stamps it has, then a new history begins."""
    feed = staged()
    code, text = run(RECORDER, "--begin-anew", feed.data)
    names = [row[0] for row in feed.query("SELECT name FROM workloads")]
    check("a new history begins beside the old one, which has all", code == 0 and
          names[:1] == ["fed"] and len(names) == 2 and "until" in names[1], "%s %s %s" % (code, text, names))
    os.rename(os.path.join(feed.data, "headroom.db"), os.path.join(feed.top, "kept"))
    os.mkdir(os.path.join(feed.data, "headroom.db"))
    code, text = run(RECORDER, "--begin-anew", feed.data)
    check("without a database no history begins", code == 1 and text != "",
          "%s %s" % (code, text))
    feed.remove()


def reload():
    feed = staged()
    alone = Alone(feed)
    until(lambda: feed.ask("health"), 10)
    with open(os.path.join(feed.runtime, "settings")) as f:
        good = f.read()
    with open(os.path.join(feed.runtime, "settings"), "w") as f:
        f.write("interval nonsense\n")
    alone.process.send_signal(signal.SIGHUP)
    check("settings that cannot be read change nothing",
          alone.said("the settings stay as they were"))
    with open(os.path.join(feed.runtime, "settings"), "w") as f:
        f.write(good)
    alone.process.send_signal(signal.SIGHUP)
    alone.process.send_signal(signal.SIGUSR1)  # the sampler: the ring fills
    answer = feed.ask("flush")
    check("new ones are taken, and what is stored goes on", (answer or "").startswith("ok 17"),
          str(answer))
    os.kill(alone.process.pid, signal.SIGCHLD)
    check("it ends in order", alone.end() == 0)
    # nobody can ask where the socket's name is taken, and all else goes on
    path = os.path.join(feed.data, "recorder.sock")
    os.mkdir(path)
    alone = Alone(feed)
    check("a socket that cannot be is told", alone.said("nobody can ask for a flush"))
    check("... and nothing else suffers", alone.end() == 0)
    os.rmdir(path)
    # another step: trying again does not help
    alone.setting("interval", "2s")
    alone = Alone(feed)
    check("another step ends it with a code of its own", alone.process.wait(20) == 78 and
          alone.said("sampled at 1 s", 0))
    feed.remove()


def left(how, expected):
    """No writer can run until the end's deadline: what is told of the rest is read back."""
    feed = staged()
    libexec = os.path.join(feed.top, "libexec")
    os.makedirs(libexec)
    path = os.path.join(libexec, "collectord-writer")
    with open(path, "w") as f:
        f.write("#!/bin/sh\n%s\n" % how[0])
    os.chmod(path, stat.S_IRWXU)
    alone = Alone(feed, libexec=libexec)
    until(lambda: feed.ask("health"), 10)
    alone.process.send_signal(signal.SIGTERM)
    alone.said("ticks are held", 10)
    how[1](feed)
    try:
        code = alone.process.wait(25)
    except subprocess.TimeoutExpired:
        alone.process.kill()
        code = alone.process.wait()
    with open(alone.log) as log:
        text = log.read()
    feed.remove()
    return ("ticks left at the end: %s" % expected, code == 75 and expected in text,
            "%s %s" % (code, text))


def damage(feed):
    with open(os.path.join(feed.data, "staging"), "r+b") as f:
        f.seek(2 * 4096)
        f.write(b"x" * 65536)


def quiet():
    """Nothing happens for a while: what SQLite brought in is given back, and it goes on."""
    feed = staged()
    alone = Alone(feed, stage_interval="1m", alert_resend="1h")
    until(lambda: feed.ask("health"), 10)
    time.sleep(13)
    answer = feed.ask("flush")
    code = alone.end()
    feed.remove()
    return ("after a long sleep it answers as before",
            (answer or "").startswith("ok 17") and code == 0, "%s %s" % (code, answer))


def together(*parts):
    """They mostly wait."""
    with concurrent.futures.ThreadPoolExecutor(len(parts)) as pool:
        for done in [pool.submit(*part) for part in parts]:
            check(*done.result())


together((left, ("exit 1", lambda feed: None), "the rest was read back from staging"),
         (left, ("exit 1", damage), "of the rest some cannot be read"),
         (left, ("exit 1", lambda feed: shutil.move(feed.data, feed.data + ".away")),
          "is not the folder of the store any more"),
         (quiet,))
words()
beginnings()
anew()
reload()
finish()
