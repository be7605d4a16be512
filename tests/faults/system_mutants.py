"""T00: each system test of table.SYSTEM against programs with the fault that it must notice,
and the power cuts against two that leave out a sync.

    system_mutants.py [NAME...]    about a quarter of an hour on a quiet machine; those alone
"""
import os
import shutil
import subprocess
import sys
import tempfile

import power_cut
from harness import BUILD, SEED, TOP, build_mutants, check, fail, finish, skip

sys.path.insert(0, os.path.join(TOP, "tests/mutants"))
import table  # noqa: E402

DAEMON = ("collectord", "collectord-recorder", "collectord-writer", "collectord-notifier")
CUT = [("headers-unsynced", 40), ("database-unsynced", 20)]
TURNS = 4  # of those that need luck


def run_script(script, folder, mutant):
    """What the test says of programs with that fault ("": none)."""
    return subprocess.run(
        [sys.executable, os.path.join(TOP, "tests/system", script)], capture_output=True,
        text=True, timeout=900, check=False, cwd=TOP,
        env=dict(os.environ, BUILD=folder, HEADROOM_MUTANT=mutant, HEADROOM_SEED=str(SEED)))


def check_scripts(folder, wanted):
    for mutant, script in table.SYSTEM:
        if wanted and mutant not in wanted:
            continue
        done = run_script(script, folder, mutant)
        lines = [line for line in done.stdout.splitlines() if line.startswith("FAIL ")]
        if not lines and done.returncode != 0:
            lines = ["it ended with %d: %s" % (done.returncode, done.stderr[-200:])]
        print("# mutant %s: %s" % (mutant, (lines or ["nothing"])[0][:150]), flush=True)
        check("T00 mutant %s is caught by %s" % (mutant, script), lines, "nothing was noticed")


def check_cuts(folder, wanted):
    place = tempfile.mkdtemp(prefix="headroom-crashfs-")
    program, why = power_cut.build_crashfs(place)
    for mutant, cuts in CUT:
        if wanted and mutant not in wanted:
            continue
        if not program:
            skip("T00 mutant " + mutant, why)
            continue
        problems = []
        for turn in range(TURNS):
            problems, _ = power_cut.campaign(
                program, cuts, folder, {"HEADROOM_SLOW": "1", "HEADROOM_MUTANT": mutant},
                SEED + turn)
            if problems:
                break
        check("T00 mutant %s is caught by T05" % mutant, problems, "nothing was noticed")
    shutil.rmtree(place, ignore_errors=True)


def is_of_analyze(wanted):
    """Is one of them in code of analyze, or of the store, which analyze reads and writes too?"""
    return any(path.startswith(("analyze/", "store/")) for name, path, _, _ in table.RUNTIME
               if not wanted or name in wanted)


def main(wanted):
    folder = build_mutants(DAEMON + (("analyze",) if is_of_analyze(wanted) else ()))
    if not folder:
        fail("T00 mutants of the system tests", "they cannot be built")
        finish()
    # all else is of the build without faults
    for name in os.listdir(BUILD):
        if name.startswith(("collectord", "analyze", "headroom-", "tests")) and \
                not os.path.lexists(os.path.join(folder, name)):
            os.symlink(os.path.join(BUILD, name), os.path.join(folder, name))
    check_scripts(folder, wanted)
    check_cuts(folder, wanted)
    finish()


if __name__ == "__main__":
    main(sys.argv[1:])
