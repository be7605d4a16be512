"""T00: each harness against programs with one deliberate fault; it must notice.

    mutants.py    one line for each mutant: which test caught it
"""
import shutil
import tempfile

import damage
import kill
import power_cut
from harness import SEED, build_mutants, check, fail, finish, skip

# mutant, harness, and how much of it shows the fault
KILL = [("ack-before-stage", 30), ("tick-twice", 4), ("gap-not-recorded", 4)]
CUT = [("staging-without-sync", 5, {}), ("rrd-without-sync", 6, {}),
       ("no-recovery", 10, {"HEADROOM_SLOW": "1"}),
       ("headers-not-saved", 10, {"HEADROOM_SLOW": "1"}),
       ("", 10, {"HEADROOM_SLOW": "1"})]  # and none at all, as slow: not caught

# the drills among the rows alone
DAMAGE = ["sums-not-checked", "sums-not-kept", "sums-one-short"]

TURNS = 6  # a fault that needs luck to show gets more than one chance


def main():
    libexec = build_mutants()
    if not libexec:
        fail("T00 mutants", "they cannot be built")
        finish()
    for name, kills in KILL:
        for turn in range(TURNS):
            done, feed = kill.campaign(kills, libexec, {"HEADROOM_MUTANT": name},
                                       SEED + turn)
            problems = kill.judge("mutant " + name, done, feed)
            feed.remove()
            if problems:
                break
        check("T00 mutant %s is caught by T04" % name, problems, "nothing was noticed")
    for name in DAMAGE:
        for turn in range(TURNS):
            found, _ = damage.campaign(damage.ROW_DRILLS, libexec, SEED + turn,
                                       damage.DRILLS - damage.ROW_DRILLS - 4,
                                       {"HEADROOM_MUTANT": name})
            caught = [drill for drill, problems in found if problems]
            if caught:
                break
        print("# mutant %s: %d of %d drills notice" % (name, len(caught), len(found)),
              flush=True)
        check("T00 mutant %s is caught by T17" % name, caught, "nothing was noticed")
    folder = tempfile.mkdtemp(prefix="headroom-crashfs-")
    program, why = power_cut.build_crashfs(folder)
    for name, cuts, env in CUT:
        if not program:
            skip("T00 mutant " + name, why)
            continue
        for turn in range(TURNS if name else 1):
            problems, figures = power_cut.campaign(
                program, cuts, libexec, dict(env, HEADROOM_MUTANT=name), SEED + turn)
            print("# mutant %s: %s" % (name, figures), flush=True)
            if problems:
                break
        if not name:
            check("T05 power cut with a slow writer and no mutant", not problems,
                  "; ".join(problems))
            continue
        check("T00 mutant %s is caught by T05" % name, problems, "nothing was noticed")
    shutil.rmtree(folder, ignore_errors=True)
    finish()


if __name__ == "__main__":
    main()
