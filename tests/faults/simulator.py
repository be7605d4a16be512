"""T68: the simulator of the whole (tests/simulator): machines drawn from seeds, with their
samplers, recorders, writers, readers, administrators, disk faults, clocks and kills.

    simulator.py DAYS [STATE]   so many simulated days, an event a day on average; STATE, a
                                file, keeps how far it is, by which build: it goes on
                                there, and first runs again what went wrong in another
                                build.  At 10^6 days each kind of fault is to be seen
                                1,000 times
    simulator.py told STATE     what that file says
    simulator.py check          some machines to which much happens; the same seed twice;
                                some of the planted faults
    simulator.py mutants        all planted faults, and after how many machines each is seen
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import time

from harness import BUILD, SEED, build_mutants, check, fail, finish

CHUNK = 10  # machines a turn of a long run
EVERY = 288  # ticks between two events of a long run
NEUTRAL = 6  # machines of the copy that has the planted faults, with none of them
LEAST = 1000  # of each kind of fault, once a million days are asked for
PROGRAM = "tests/tools/simulator"
# planted fault, machines that are tried
MUTANTS = [("ack-before-stage", 10), ("staging-error-ignored", 20), ("gap-not-recorded", 20),
           ("staging-without-sync", 10), ("tick-twice", 5), ("rrd-without-sync", 20),
           ("gap-bridged", 20), ("headers-not-saved", 80), ("rows-before-sums", 200),
           ("second-history", 200), ("failing-is-ok", 40)]
# machines that went wrong once, and after how many ticks something happens to them
FOUND = [(1000111, 288), (1001113, 288), (1001168, 288), (1002832, 288), (1002987, 288),
         (5000594, 288), (5001872, 288), (5003215, 288), (7000019, 100)]
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
    ticks = re.search(r": (\d+) ticks", done.stdout)
    happened["ticks"] = int(ticks.group(1)) if ticks else 0
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
    for seed, every in FOUND:
        code, wrong, days, _, _ = simulate(BUILD, 1, seed, every)
        check("T68 seed %d, which went wrong once" % seed, code == 0 and days > 0, told(wrong))
    plant(IN_CHECK)


def read_state(path):
    state = {"first": SEED, "days": 0, "ticks": 0, "wrong": [], "mended": [], "happened": {},
             "builds": {}}
    if path and os.path.exists(path):
        with open(path) as file:
            state.update(json.load(file))
    return state


def write_state(path, state):
    if not path:
        return
    with open(path + ".new", "w") as file:
        json.dump(state, file)
    os.replace(path + ".new", path)


def name_of_build():
    with open(os.path.join(BUILD, PROGRAM), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:12]


def run_again(state, build):
    """What went wrong in another build and goes well in this one is mended."""
    for item in [item for item in state["wrong"] if item[2] != build]:
        code, wrong, _, _, _ = simulate(BUILD, 1, item[0], EVERY)
        print("# seed %s again: %s" % (item[0], told(wrong) or "it goes well now"), flush=True)
        if code == 0:
            state["wrong"].remove(item)
            state["mended"].append(item)


def tell(state):
    for name, count in sorted(state["happened"].items()):
        print("# %7d  %s" % (count, name))
    for build, days in state["builds"].items():
        print("# %7d days by build %s" % (days, build))
    for item in state["mended"]:
        print("# mended: seed %s: %s (build %s)" % tuple(item))
    print("# %d days, %d ticks, %d machines went wrong and were mended since, %d are wrong" % (
        state["days"], state["ticks"], len(state["mended"]), len(state["wrong"])), flush=True)


def run(days_wanted, path):
    state = read_state(path)
    build = name_of_build()
    begun = time.monotonic()
    run_again(state, build)
    while state["days"] < days_wanted:
        code, wrong, days, happened, _ = simulate(BUILD, CHUNK, state["first"], EVERY)
        if days == 0:
            fail("T68 simulator", "it ended with %d" % code)
            break
        state["first"] += CHUNK
        state["days"] += days
        state["ticks"] += happened.pop("ticks", 0)
        state["wrong"] += [[seed, text, build] for seed, text in wrong]
        state["builds"][build] = state["builds"].get(build, 0) + days
        for name, count in happened.items():
            state["happened"][name] = state["happened"].get(name, 0) + count
        write_state(path, state)
        print("# %d days, %d wrong, %.0f s" % (state["days"], len(state["wrong"]),
                                               time.monotonic() - begun), flush=True)
    tell(state)
    check("T68 %d simulated days" % state["days"], not state["wrong"],
          told([item[:2] for item in state["wrong"]]))
    if days_wanted >= 1000000:
        rare = [item for item in state["happened"].items() if item[1] < LEAST]
        check("T68 each kind of fault at least %d times" % LEAST, not rare, rare)


def main():
    words = sys.argv[1:]
    if words == ["mutants"]:
        plant([name for name, _ in MUTANTS])
    elif words == ["check"]:
        small()
    elif words[0] == "told":
        tell(read_state(words[1]))
    else:
        run(int(words[0]), words[1] if len(words) > 1 else None)
    finish()


if __name__ == "__main__":
    main()
