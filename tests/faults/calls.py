"""T08, T09: every call of an import that changes the disk fails once and for ever, with
EIO, ENOSPC, or done by half; every allocation fails.

    calls.py [EVERY]     every EVERY-th call (7); 1: all of them; of the allocations
                         every 25 times EVERY-th
    calls.py mutants     against an analyze with one deliberate fault each

After each: no crash, no hang, an error told in words or a success that is one; the
workload that stood before is as it was or wholly new, fsck is content, and the same
import then succeeds.
"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import BUILD, TOP, check, finish, skip

ANALYZE = os.path.join(BUILD, "analyze")
EIO, ENOSPC = 5, 28


def csv(path, value, rows, names):
    with open(path, "w") as f:
        f.write("time,workload,memory_used_bytes\n")
        for i in range(rows):
            for name in names:
                f.write(f"{1700000100 + 300 * i},{name},{value + i}\n")


def analyze(store, *words, env=None, program=ANALYZE):
    return subprocess.run([program, *words, "--data", store], capture_output=True,
                          timeout=60, env={**os.environ, **(env or {})})


def rows_of(store):
    """workload -> its stored values, by a reader without faults"""
    done = analyze(store, "export", "csv")
    found = {}
    lines = done.stdout.decode().splitlines()
    if done.returncode != 0 or not lines:
        return found
    head = lines[0].split(",")
    at = head.index("memory_used_bytes")
    for line in lines[1:]:
        cells = line.split(",")
        found.setdefault(cells[head.index("workload")], []).append(float(cells[at]))
    return found


class Campaign:
    def __init__(self, top):
        self.top = top
        self.shim = os.path.join(top, "shim.so")
        self.base = os.path.join(top, "base")
        self.store = os.path.join(top, "store")
        self.old, self.new = os.path.join(top, "old.csv"), os.path.join(top, "new.csv")
        self.count = os.path.join(top, "count")
        csv(self.old, 1000, 20, ["old"])
        csv(self.new, 5000, 40, ["old", "new"])
        self.kept = {"old": [1000.0 + i for i in range(20)]}
        # the first of two readings of a slot counts: the old ones stay
        self.whole = {"old": self.kept["old"] + [5000.0 + i for i in range(20, 40)],
                      "new": [5000.0 + i for i in range(40)]}
        self.runs = self.refused = 0
        self.program = ANALYZE  # the one that meets the faults

    def build(self):
        return subprocess.run(
            [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE",
             "-o", self.shim, os.path.join(TOP, "tests/faults/fault_shim.c"), "-ldl"],
            capture_output=True).returncode == 0

    def fresh(self):
        shutil.rmtree(self.store, ignore_errors=True)
        shutil.copytree(self.base, self.store)

    def run(self, kind, **fault):
        env = {"LD_PRELOAD": self.shim, "FAULT_CLASS": kind}
        env.update({"FAULT_" + key.upper(): str(value) for key, value in fault.items()})
        return analyze(self.store, "import", "csv", self.new, env=env,
                       program=self.program)

    def calls(self, kind):
        self.fresh()
        done = self.run(kind, count=self.count)
        with open(self.count) as f:
            return done.returncode, int(f.read())

    def one(self, kind, **fault):
        """None, or what is wrong"""
        self.fresh()
        try:
            done = self.run(kind, **fault)
        except subprocess.TimeoutExpired:
            return "it hung"
        self.runs += 1
        said = done.stderr.decode(errors="replace").strip()
        if done.returncode < 0 or done.returncode > 2:
            return f"exit {done.returncode}: {said[-200:]}"
        if done.returncode != 0:
            self.refused += 1
            if not said:
                return "it failed without a word"
        fsck = analyze(self.store, "fsck")
        if fsck.returncode != 0:
            return f"fsck: {fsck.stdout.decode()[-300:]}{fsck.stderr.decode()[-300:]}"
        found = rows_of(self.store)
        # each workload is one transaction: both, one of them, or none are new
        for name in set(found) | {"old"}:
            if found.get(name) not in (self.kept.get(name), self.whole.get(name)):
                return f"{name} is half imported: {len(found.get(name, []))} rows"
        if done.returncode == 0 and found != self.whole:
            return f"success told, but {sorted(found)} stored"
        again = analyze(self.store, "import", "csv", self.new)
        if again.returncode != 0:
            return f"the import after it: {again.stderr.decode()[-300:]}"
        if rows_of(self.store) != self.whole:
            return "the import after it did not bring everything"
        return None


def disk_faults():
    return [{"errno": ENOSPC}, {"errno": EIO}, {"errno": ENOSPC, "forever": 1},
            {"errno": EIO, "forever": 1}, {"errno": EIO, "short": 1}]


def name_of(fault):
    return " ".join(f"{key} {value}" for key, value in fault.items()) or "once"


def run_all(campaign, every):
    for kind, test, faults, step in (("disk", "T08", disk_faults(), every),
                                     ("memory", "T09", [{}, {"forever": 1}], 25 * every)):
        code, total = campaign.calls(kind)
        check(f"{test} {kind}: {total} calls counted", code == 0 and total > 20)
        for fault in faults:
            wrong = []
            for at in range(1, total + 1, step):
                why = campaign.one(kind, at=at, **fault)
                if why:
                    wrong.append(f"call {at}: {why}")
            check(f"{test} {kind} calls failing, {name_of(fault)}", not wrong,
                  "; ".join(wrong[:3]))


def run_mutants(campaign):
    """Each must be noticed by some call that fails once."""
    folder = os.path.join(BUILD, "mutants")
    program = os.path.join(folder, "analyze")
    made = subprocess.run(["make", "-s", "BUILD=" + folder, "CPPFLAGS=-DHEADROOM_MUTANTS",
                           "CI=", "SANITIZE=", program], cwd=TOP, capture_output=True)
    if not check("T00 the mutants of analyze are built", made.returncode == 0,
                 made.stderr.decode()[-300:]):
        return
    campaign.program = program
    for mutant in ("write-error-ignored", "rename-error-ignored"):
        os.environ["HEADROOM_MUTANT"] = mutant
        code, total = campaign.calls("disk")
        caught = next((at for at in range(1, total + 1)
                       if campaign.one("disk", at=at, errno=ENOSPC)), None)
        check(f"T00 mutant {mutant} is caught by T08", caught, "nothing was noticed")
    del os.environ["HEADROOM_MUTANT"]


def main(word="7"):
    top = tempfile.mkdtemp(prefix="headroom-calls-")
    try:
        campaign = Campaign(top)
        if not campaign.build():
            skip("T08 T09 failing calls", "no C compiler for the shim")
            return
        first = analyze(campaign.base, "import", "csv", campaign.old)
        if not check("T08 the store to begin with", first.returncode == 0,
                     first.stderr.decode()):
            return
        if word == "mutants":
            run_mutants(campaign)
        else:
            run_all(campaign, int(word))
        print(f"# {campaign.runs} runs, {campaign.refused} refused with a message")
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
    finish()
