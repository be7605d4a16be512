"""What the system tests of imports share: running analyze, reporting checks."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("BUILD", "build")
ANALYZE = os.path.abspath(os.path.join(BUILD, "analyze"))
SHARED = os.environ.get("HEADROOM_TEST_DATA")


MEASURE = """
import os, sys
pid = os.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
sys.stdout.write("\\0%f %d %d" % (usage.ru_utime + usage.ru_stime, usage.ru_maxrss,
                                 os.waitstatus_to_exitcode(status)))
"""


class Checks:
    """Prints one line per check, as tests/run.sh counts them."""

    def __init__(self):
        self.failed = 0

    def check(self, name, good, why=""):
        if good:
            print("ok " + name, flush=True)
        else:
            self.failed += 1
            print(f"FAIL {name}: {why}", flush=True)
        return good

    def skip(self, name, why):
        print(f"SKIP {name}: {why}", flush=True)

    def finish(self):
        sys.exit(1 if self.failed else 0)


class Store:
    """A store of its own in a temporary folder."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="headroom-test-")
        self.dir = os.path.join(self.top, "store")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.top, name)

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb" if isinstance(content, bytes) else "w") as out:
            out.write(content)
        return path

    def run(self, *arguments, store=None):
        environment = dict(os.environ, HEADROOM_DATA=store or self.dir, TZ="UTC")
        return subprocess.run(
            [ANALYZE, *arguments], env=environment, capture_output=True, text=True,
            errors="replace", check=False)

    def json(self, *arguments, store=None):
        done = self.run(*arguments, "--json", store=store)
        if done.returncode != 0:
            raise RuntimeError(f"analyze {' '.join(arguments[:3])}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def measured(self, *arguments):
        """The finished process, its CPU seconds and its resident KiB at most.

        A small process in between starts it: a child counts the resident size that its
        parent had at the fork as its own.
        """
        environment = dict(os.environ, HEADROOM_DATA=self.dir, TZ="UTC")
        done = subprocess.run(
            [sys.executable, "-S", "-c", MEASURE, ANALYZE, *arguments], env=environment,
            capture_output=True, text=True, errors="replace", check=False)
        out, _, usage = done.stdout.rpartition("\0")
        cpu, peak_kib, code = usage.split()
        return (subprocess.CompletedProcess(arguments, int(code), out, done.stderr),
                float(cpu), int(peak_kib))

    def tree(self):
        """Every archive with its bytes: what must not change."""
        content = {}
        for folder, _, names in os.walk(os.path.join(self.dir, "rrd")):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    content[os.path.relpath(path, self.dir)] = file.read()
        return content


def python_csv_cpu(paths):
    """CPU seconds that Python's csv module takes to read the same files."""
    code = (
        "import csv, sys\n"
        "rows = 0\n"
        "for path in sys.stdin.read().splitlines():\n"
        "    with open(path, newline='') as file:\n"
        "        for row in csv.reader(file, delimiter=';'):\n"
        "            rows += 1\n")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], input="\n".join(paths), text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
