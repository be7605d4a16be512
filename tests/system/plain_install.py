"""The plain install stays small: where neither hosts nor an engine are configured, poller,
sender and SNMP are not started, and what runs does not link what only they need."""

import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, check, family, finish, skip, until  # noqa: E402

# by name without version, all that each may need itself; the C library is everybody's
LINKS = {"collectord": {"libconfuse"}, "collectord-recorder": {"libsqlite3"},
         "collectord-helper": {"libsensors"}}
HEAVY = ("libcurl", "librrd", "libnetsnmp", "libprotobuf", "libsnappy", "libssl")
USUAL = {"collectord", "collectord-recorder", "collectord-helper"}
ANON_KB = 4096  # of all of them; 2.2 MB measured


def needed(program):
    out = subprocess.run(["readelf", "-d", os.path.join(BUILD, program)], check=True,
                         capture_output=True, text=True).stdout
    return {name for name in re.findall(r"NEEDED.*\[(lib\w+)", out)} - {"libc", "libm"}


def anonymous_kb(pids):
    total = 0
    for pid in pids:
        with open("/proc/%d/status" % pid) as f:
            total += int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1))
    return total


def run(hosts, wanted):
    """What runs beside the daemon with these settings, once what is wanted does."""
    with tempfile.TemporaryDirectory(prefix="headroom-plain-") as top:
        runtime = os.path.join(top, "run")
        os.makedirs(runtime)
        with open(os.path.join(top, "conf"), "w") as f:
            f.write("user = \"\"\ninterval = 1s\n" + hosts)
        with open(os.path.join(top, "log"), "w") as log:
            daemon = subprocess.Popen(
                [os.path.join(BUILD, "collectord"), "-c", os.path.join(top, "conf"), "--data",
                 os.path.join(top, "data"), "--name", "plain"], stdout=log, stderr=log,
                env=dict(os.environ, RUNTIME_DIRECTORY=runtime))
            until(lambda: wanted <= set(family(daemon.pid).values()), 30)
            time.sleep(4)
            running = family(daemon.pid)
            memory = anonymous_kb(running)
            made = os.path.exists(os.path.join(runtime, "poller"))
            daemon.terminate()
            daemon.wait(30)
        return set(running.values()), memory, made


def main():
    for program, allowed in LINKS.items():
        found = needed(program)
        check("plain install: %s links nothing but %s" % (program, ", ".join(sorted(allowed))),
              found <= allowed, repr(sorted(found)))
        out = subprocess.run(["ldd", os.path.join(BUILD, program)], check=True,
                             capture_output=True, text=True).stdout
        check("plain install: %s brings no %s" % (program, ", ".join(HEAVY)),
              not [name for name in HEAVY if name in out], out)
    running, memory, made = run("", USUAL)
    check("plain install: nothing but sampler, recorder and helper runs",
          running == USUAL, repr(sorted(running)))
    check("plain install: no ring is made for hosts", not made)
    check("plain install: %d kB of their own, at most %d" % (memory, ANON_KB),
          memory <= ANON_KB)
    running, _, made = run("host other { address = \"http://127.0.0.1:1/\" }\n",
                           USUAL | {"collectord-poller"})
    check("plain install: with a host there is a poller, too",
          running == USUAL | {"collectord-poller"} and made, repr(sorted(running)))


if "asan" in BUILD or "tsan" in BUILD:
    skip("plain install", "a sanitizer's runtime is linked and takes memory")
else:
    main()
finish()
