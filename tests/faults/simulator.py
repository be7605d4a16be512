"""T68: the simulator of the whole (tests/simulator): machines drawn from seeds, with their
samplers, recorders, writers, readers, administrators, disk faults, clocks and kills.

    simulator.py DAYS [STATE]   so many simulated days, an event a day on average; STATE, a
                                file, keeps how far it is: it goes on there.  At 10^6 days
                                each kind of fault is to be seen 1,000 times
    simulator.py check          some machines to which much happens; the same seed twice;
                                some of the planted faults
    simulator.py mutants        all planted faults, and after how many machines each is seen
"""
import json
import os
import re
import subprocess
import sys
import time

from harness import BUILD, SEED, build_mutants, check, fail, finish

CHUNK = 20  # machines a turn of a long run
NEUTRAL = 6  # machines of the copy that has the planted faults, with none of them
LEAST = 1000  # of each kind of fault, once a million days are asked for
PROGRAM = "tests/tools/simulator"
# planted fault, machines that are tried
MUTANTS = [("ack-before-stage", 10), ("staging-error-ignored", 20), ("gap-not-recorded", 20),
           ("staging-without-sync", 10), ("tick-twice", 5), ("rrd-without-sync", 20),
           ("gap-bridged", 20), ("headers-not-saved", 80), ("rows-before-sums", 200),
           ("second-history", 200), ("failing-is-ok", 40)]
IN_CHECK = ("ack-before-stage", "staging-without-sync", "tick-twice", "gap-bridged",
            "failing-is-ok")


def simulate(folder, seeds, first, every, *more, **env):
    """(code, what went wrong by seed, days, counts of what happened, story)."""
    done = subprocess.run(
        [os.path.join(folder, PROGRAM), "--seeds", str(seeds), "--first", str(first),
         "--every", str(every)] + list(more),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
        env=dict(os.environ, **env))
    wrong = re.findall(r"^seed (\d+): (.*)$", done.stdout, re.M)
    days = re.search(r"^simulated (\d+) days", done.stdout, re.M)
    happened = {name: int(count)
                for count, name in re.findall(r"^ +(\d+)  (.*)$", done.stdout, re.M)}
    story = re.search(r"story (\w+)", done.stdout)
    return (done.returncode, wrong, int(days.group(1)) if days else 0, happened,
            story.group(1) if story else "")


def told(wrong):
    return "; ".join("seed %s: %s" % item for item in wrong[:4])


def plant(names):
    folder = build_mutants([PROGRAM])
    if not folder:
        fail("T68 planted faults", "they cannot be built")
        return
    # what finds a fault must find nothing where there is none
    code, wrong, days, _, _ = simulate(folder, NEUTRAL, SEED, 60)
    check("T68 %d days of the copy without a fault" % days, code == 0 and days > 0, told(wrong))
    for name, machines in MUTANTS:
        if name not in names:
            continue
        begun = time.monotonic()
        code, wrong, days, _, _ = simulate(folder, machines, SEED, 60, "--until-wrong",
                                           HEADROOM_MUTANT=name)
        print("# %s: %s after %d days, %.1f s" % (name, told(wrong) or "nothing", days,
                                                  time.monotonic() - begun), flush=True)
        check("T68 planted fault %s is seen" % name, code == 1 and wrong,
              "not in %d machines" % machines)


def small():
    code, wrong, days, _, story = simulate(BUILD, 6, SEED, 60)
    check("T68 %d simulated days, five events a day" % days, code == 0 and days > 0,
          told(wrong) or "it ended with %d" % code)
    again = simulate(BUILD, 6, SEED, 60)[4]
    check("T68 the same seed tells the same story", story and story == again,
          "%s and %s" % (story, again))
    plant(IN_CHECK)


def read_state(path):
    if path and os.path.exists(path):
        with open(path) as file:
            return json.load(file)
    return {"first": SEED, "days": 0, "wrong": [], "happened": {}}


def write_state(path, state):
    if not path:
        return
    with open(path + ".new", "w") as file:
        json.dump(state, file)
    os.replace(path + ".new", path)


def run(days_wanted, path):
    state = read_state(path)
    begun = time.monotonic()
    while state["days"] < days_wanted:
        code, wrong, days, happened, _ = simulate(BUILD, CHUNK, state["first"], 288)
        if days == 0:
            fail("T68 simulator", "it ended with %d" % code)
            break
        state["first"] += CHUNK
        state["days"] += days
        state["wrong"] += wrong
        for name, count in happened.items():
            state["happened"][name] = state["happened"].get(name, 0) + count
        write_state(path, state)
        print("# %d days, %d wrong, %.0f s" % (state["days"], len(state["wrong"]),
                                               time.monotonic() - begun), flush=True)
    for name, count in sorted(state["happened"].items()):
        print("# %7d  %s" % (count, name))
    check("T68 %d simulated days" % state["days"], not state["wrong"], told(state["wrong"]))
    if days_wanted >= 1000000:
        rare = [item for item in state["happened"].items() if item[1] < LEAST]
        check("T68 each kind of fault at least %d times" % LEAST, not rare, rare)


def main():
    words = sys.argv[1:]
    if words == ["mutants"]:
        plant([name for name, _ in MUTANTS])
    elif words == ["check"]:
        small()
    else:
        run(int(words[0]), words[1] if len(words) > 1 else None)
    finish()


if __name__ == "__main__":
    main()
