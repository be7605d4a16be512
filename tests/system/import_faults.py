"""T08: an import whose system calls fail, or which is killed, one call after the other:
the store is as before or as after, whole in both cases, and the next import mends it."""

import os
import random
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
import bitbrains
from harness import ANALYZE, Checks, Store

SEED = os.environ.get("HEADROOM_SEED", "8")
EACH = int(os.environ.get("IMPORT_FAULTS", "5"))  # points per call and fault; 0: all
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "syncfs", "rename", "mkdir", "unlink",
         "ftruncate", "openat", "flock", "read", "pread64")
FAULTS = ("error=EIO", "error=ENOSPC", "signal=KILL")
checks = Checks()
print(f"# seed {SEED}")


def traced(store, folder, options, arguments):
    return subprocess.run(
        ["strace", "-f", "-qq", *options, ANALYZE, "--data", folder, *arguments],
        capture_output=True, text=True, errors="replace", check=False,
        env=dict(os.environ, TZ="UTC"), cwd=store.top)


if not shutil.which("strace"):
    checks.skip("import_faults", "strace is not installed")
    checks.finish()

with Store() as store:
    paths = bitbrains.generate(store.path("traces"), SEED, machines=2, days=3)
    first = paths["gen-0"][:2]
    then = ["import", "bitbrains", paths["gen-0"][2], *paths["gen-1"]]
    store.json("import", "bitbrains", *first)
    before = store.json("peaks")["workloads"]
    good = store.path("good")
    shutil.copytree(store.dir, good)
    probe = traced(store, good, ["-c", "-U", "calls,name"], then)
    if probe.returncode != 0:
        checks.skip("import_faults", f"strace does not work here: {probe.stderr[:80]!r}")
        checks.finish()
    after = store.json("peaks", store=good)["workloads"]
    counts = {name: int(calls) for calls, name in
              re.findall(r"^ *(\d+) +([a-z0-9_]+)$", probe.stderr, re.MULTILINE)}
    tried, bad = 0, []
    for call in CALLS:
        for fault in FAULTS:
            count = counts.get(call, 0)
            if not count or (fault == "error=ENOSPC" and call in ("read", "pread64", "flock")):
                continue
            points = range(1, count + 1)
            if EACH and count > EACH:
                points = sorted(random.Random(f"{SEED}{call}{fault}").sample(points, EACH))
            for point in points:
                folder = store.path("victim")
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(store.dir, folder)
                done = traced(store, folder, [
                    "-o", "/dev/null", "-e", f"trace={call}", "-e",
                    f"inject={call}:{fault}:when={point}"], then)
                tried += 1
                where = f"{call} {point} of {count}, {fault}, exit {done.returncode}"
                try:
                    # whoever comes next finishes what was committed
                    state = store.json("peaks", store=folder)["workloads"]
                    whole = store.json("fsck", store=folder)["ok"]
                    again = store.run(*then, store=folder)
                    final = store.json("peaks", store=folder)["workloads"]
                except RuntimeError as why:
                    bad.append(f"{where}: {why}")
                    continue
                if state not in (before, after) or (done.returncode == 0 and state != after):
                    bad.append(f"{where}: neither as before nor as after: {done.stderr[:200]}")
                elif not whole:
                    bad.append(f"{where}: fsck finds damage")
                elif again.returncode != 0 or final != after:
                    bad.append(f"{where}: the next import: {again.stderr[:200]}")
                elif done.returncode not in (0, 1) and "KILL" not in fault and \
                        "loading shared libraries" not in done.stderr:
                    bad.append(f"{where}: {done.stderr[:200]}")
    checks.check(f"{tried} faults leave the store as before or as after, and whole",
                 not bad, f"{len(bad)}: " + "; ".join(bad[:6]))
checks.finish()
