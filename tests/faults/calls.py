"""T08, T09: system calls and allocations of `analyze` fail, once and for ever.

    calls.py [EVERY [SECONDS]]   every EVERY-th fault (1: all), for SECONDS at most; run
                                 again it goes on where it was
    calls.py EVERY SECONDS KIND  call, memory or verbs alone
    calls.py mutants             against an analyze with one deliberate fault each

An import (a first one, one into a store with a workload, one larger than its memory) meets
each error at each place that makes a call or allocates (sites.py).  After each: no crash,
no hang, an error told in words or a success that is one; the workload that stood before is
as it was or wholly new, fsck is content, and the same import then succeeds.  The verbs that
read have allocations fail alone: they say so and fail, or answer as ever.
"""
import os
import shutil
import subprocess
import sys
import tempfile

from harness import BUILD, TOP, build_mutants, check, fail, finish, skip
from sites import (ENOMEM, ENOSPC, Campaign, Fault, aside, build_shim, faults_of, patience,
                   read_sites, why_not)

ANALYZE = os.path.join(BUILD, "analyze")
HANG_S = 10
LARGE_ROWS = 560000  # more than the 12 MiB of readings that an import keeps in memory
STATE = os.path.join(BUILD, "faults-import-%s.state")
HOSTS = '{"hosts":[{"type":"h","count":2,"cores":4,"core_mhz":3000,"memory_mb":8192,' \
        '"host_memory_mb":512,"nics":[{"mbps":1000,"use":"shared"}],"disk_gb":500}]}'
VERBS = {"peaks": ("peaks", "--json"), "peaks text": ("peaks",), "status": ("status", "--json"),
         "verdict": ("verdict", "--json"), "plan": ("plan", "--hosts", "HOSTS", "--json"),
         "export": ("export", "csv"), "fsck": ("fsck", "--json"),
         "alerts": ("alerts", "--json"), "explain": ("explain", "old", "memory"),
         "inventory": ("inventory", "--json"), "profiles": ("profiles",)}


def csv(path, value, rows, names):
    with open(path, "w") as f:
        f.write("time,workload,memory_used_bytes\n")
        for i in range(rows):
            for name in names:
                f.write(f"{1700000100 + 300 * i},{name},{value + i}\n")


def analyze(store, *words, env=None, program=ANALYZE, timeout=60):
    return subprocess.run([program, *words, "--data", store], capture_output=True,
                          timeout=timeout, env={**os.environ, **(env or {})})


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


class Importer:
    """Scenarios: "first", "again", "large"; what stood before and stands after each."""

    def __init__(self, top, shim, program=ANALYZE):
        self.top, self.shim, self.program = top, shim, program
        self.base = os.path.join(top, "base")
        self.refused = 0
        self.files = {n: os.path.join(top, n + ".csv") for n in ("old", "new", "large")}
        csv(self.files["old"], 1000, 20, ["old"])
        csv(self.files["new"], 5000, 40, ["old", "new"])
        old = [1000.0 + i for i in range(20)]
        self.kept = {"first": {}, "again": {"old": old}, "large": {"old": old}}
        new = [5000.0 + i for i in range(40)]
        # the first of two readings of a slot counts: the old ones stay
        self.whole = {"first": {"old": new, "new": new},
                      "again": {"old": old + new[20:], "new": new},
                      "large": {"old": old, "large": [i + 0.0 for i in range(LARGE_ROWS)]}}
        first = analyze(self.base, "import", "csv", self.files["old"])
        if first.returncode != 0:
            raise RuntimeError(first.stderr.decode())

    def words(self, scenario):
        name = "large" if scenario == "large" else "new"
        if name == "large" and not os.path.exists(self.files[name]):
            csv(self.files[name], 0, LARGE_ROWS, ["large"])
        return ("import", "csv", self.files[name])

    def fresh(self, scenario, worker):
        store = os.path.join(self.top, "store.%s" % worker)
        shutil.rmtree(store, ignore_errors=True)
        if scenario != "first":
            shutil.copytree(self.base, store)
        return store

    def sites(self, scenario, kind):
        path = os.path.join(self.top, "list")
        done = analyze(self.fresh(scenario, "list"), *self.words(scenario), program=self.program,
                       env={"LD_PRELOAD": self.shim, "FAULT_KIND": kind,
                            "FAULT_PROGRAM": "analyze", "FAULT_LIST": path})
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())
        found = read_sites(path)
        os.unlink(path)
        return found

    @staticmethod
    def fsck_said(fsck):
        return f"fsck: {fsck.stdout.decode()[-300:]}{fsck.stderr.decode()[-300:]}"

    def after(self, store, scenario, code):
        """None, or what is wrong with what is stored"""
        kept, whole = self.kept[scenario], self.whole[scenario]
        if aside(store):
            return f"taken for damaged: {aside(store)}"
        if code != 0 and not os.path.exists(store):
            found = {}  # a verb that fails makes no store
        else:
            fsck = analyze(store, "fsck")
            if fsck.returncode != 0:
                return self.fsck_said(fsck)
            found = rows_of(store)
        # each workload is one transaction: both, one of them, or none are new
        for name in set(found) | set(kept):
            if found.get(name) not in (kept.get(name), whole.get(name)):
                return f"{name} is half imported: {len(found.get(name, []))} rows"
        if code == 0 and found != whole:
            return f"success told, but {sorted(found)} stored"
        again = analyze(store, *self.words(scenario))
        if again.returncode != 0:
            return f"the import after it: {again.stderr.decode()[-300:]}"
        if rows_of(store) != whole:
            return "the import after it did not bring everything"
        return None

    def one(self, fault, worker):
        store = self.fresh(fault.scenario, worker)
        mark = os.path.join(self.top, "mark.%s" % worker)
        if os.path.exists(mark):
            os.unlink(mark)
        try:
            done = analyze(store, *self.words(fault.scenario), program=self.program,
                           env=dict(fault.env(self.shim, mark), FAULT_SPEED="20"),
                           timeout=patience(HANG_S))
        except subprocess.TimeoutExpired:
            if fault.is_storm():  # it is interrupted for ever: who stops it loses nothing
                wrong = self.after(store, fault.scenario, 1)
                return True, [wrong] if wrong else []
            return True, ["it hung"]
        fired = os.path.exists(mark)
        said = done.stderr.decode(errors="replace").strip()
        if done.returncode < 0 or done.returncode > 2:
            return fired, [f"exit {done.returncode}: {said[-200:]}"]
        if done.returncode != 0:
            self.refused += 1
            if not said:
                return fired, ["it failed without a word"]
        wrong = self.after(store, fault.scenario, done.returncode)
        return fired, [wrong + " | " + said[-200:]] if wrong else []

    def faults(self, kind, with_large):
        found, known = [], set()
        for scenario in ("first", "again", "large") if with_large else ("first", "again"):
            sites = self.sites(scenario, kind)
            fresh = [s for s in sites if s.key not in known]
            known.update(s.key for s in fresh)
            found += faults_of(scenario, fresh)
            print("# %s of an import, %s: %d at %d places, %d of them met here" % (
                "calls" if kind == "call" else "allocations", scenario,
                sum(s.calls for s in sites), len(sites), len(fresh)), flush=True)
        return found


class Reader:
    """The verbs that only read: an allocation fails."""

    def __init__(self, importer):
        self.top, self.shim = importer.top, importer.shim
        self.store = os.path.join(self.top, "read")
        shutil.copytree(importer.base, self.store)
        with open(os.path.join(self.top, "HOSTS"), "w") as f:
            f.write(HOSTS)
        analyze(self.store, *importer.words("again"))
        self.refused = 0
        self.right = {}

    def run(self, verb, worker, env=None):
        """(exit code, what it answered, what it said)"""
        words = [os.path.join(self.top, w) if w == "HOSTS" else w for w in VERBS[verb]]
        store = os.path.join(self.top, "read.%s" % worker)  # fsck and plan write
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(self.store, store)
        done = analyze(store, *words, env=env, timeout=patience(HANG_S))
        return (done.returncode, done.stdout.decode(errors="replace"),
                done.stderr.decode(errors="replace").strip())

    def faults(self):
        found = []
        for verb in VERBS:
            path = os.path.join(self.top, "list")
            self.right[verb] = self.run(verb, "list")
            self.run(verb, "list", {"LD_PRELOAD": self.shim, "FAULT_KIND": "memory",
                                    "FAULT_PROGRAM": "analyze", "FAULT_LIST": path})
            sites = read_sites(path)
            os.unlink(path)
            found += faults_of(verb, sites)
            print("# allocations of %s: %d at %d places" % (
                verb, sum(s.calls for s in sites), len(sites)), flush=True)
        return found

    def one(self, fault, worker):
        mark = os.path.join(self.top, "mark.%s" % worker)
        if os.path.exists(mark):
            os.unlink(mark)
        try:
            code, text, said = self.run(fault.scenario, worker, fault.env(self.shim, mark))
        except subprocess.TimeoutExpired:
            return True, ["it hung"]
        fired = os.path.exists(mark)
        right_code, right, _ = self.right[fault.scenario]
        if aside(os.path.join(self.top, "read.%s" % worker)):
            return fired, ["taken for damaged: " + said[-300:]]
        if code == right_code and text == right:
            return fired, []
        if code in (1, 2):
            self.refused += 1
            return fired, [] if said else ["it failed without a word"]
        lines = set(right.splitlines())
        return fired, ["exit %d, another answer: more %s, less %s, said %s" % (
            code, [t for t in text.splitlines() if t not in lines][:3],
            [t for t in right.splitlines() if t not in set(text.splitlines())][:3],
            said[-300:])]


def conclude(name, campaign, refused):
    whole = campaign.run()
    print("# %d of these runs refused, with a message" % refused(), flush=True)
    if whole:
        check(name, not campaign.bad and campaign.fired > 0, " | ".join(campaign.bad)[:1500])
    elif campaign.bad:
        fail(name, " | ".join(campaign.bad)[:1500])


def run_all(top, shim, words):
    numbers = [float(w) for w in words if w[0].isdigit()]
    every = int(numbers[0]) if numbers else 60
    seconds = numbers[1] if len(numbers) > 1 else None
    kinds = [w for w in words if not w[0].isdigit()] or ["call", "memory", "verbs"]
    importer = Importer(top, shim)
    for kind, name in (("call", "T08 failing system calls of an import"),
                       ("memory", "T09 failing allocations of an import")):
        if kind in kinds:
            conclude(name, Campaign("import-" + kind, importer.faults(kind, every <= 10),
                                    importer.one, every, seconds,
                                    STATE % kind if seconds else None),
                     lambda: importer.refused)
            importer.refused = 0
    if "verbs" in kinds:
        reader = Reader(importer)
        conclude("T09 failing allocations of the verbs that read",
                 Campaign("verbs-memory", reader.faults(), reader.one,
                          every if every == 1 else 4 * every, seconds,
                          STATE % "verbs" if seconds else None), lambda: reader.refused)


def run_mutants(top, shim):
    """Each must be noticed by some fault that it does not heed."""
    folder = build_mutants(("analyze",))
    if not check("T00 the mutants of analyze are built", folder, "see above"):
        return
    program = os.path.join(folder, "analyze")
    importer = Importer(top, shim, program)
    sites = {kind: importer.sites("again", kind) for kind in ("call", "memory")}
    for mutant, kind, number, error in (("write-error-ignored", "call", 1, ENOSPC),
                                        ("rename-error-ignored", "call", 82, ENOSPC),
                                        ("allocation-unchecked", "memory", -1, ENOMEM)):
        os.environ["HEADROOM_MUTANT"] = mutant
        caught = next((why for s in sites[kind] if s.number == number
                       for at in range(1, min(s.calls, 6) + 1)
                       for why in importer.one(Fault("again", s, at, error, False), 0)[1]),
                      None)
        print("# mutant %s: %s" % (mutant, caught), flush=True)
        check("T00 mutant %s is caught by %s" % (mutant, "T08" if kind == "call" else "T09"),
              caught, "nothing was noticed")
    del os.environ["HEADROOM_MUTANT"]


def main(*words):
    tempfile.tempdir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    top = tempfile.mkdtemp(prefix="headroom-calls-")
    try:
        shim = build_shim(top)
        why = why_not(shim)
        if why:
            skip("T08 T09 failing calls of analyze", why)
        elif words == ("mutants",):
            run_mutants(top, shim)
        else:
            run_all(top, shim, list(words))
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
    finish()
