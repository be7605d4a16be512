#!/usr/bin/env python3
"""Flips one constant, comparison, operator or field at a time in what decides, plans and
reports, and says which flips no test notices.

    python3 tests/faults/mutation_run.py [--count 500] [--seed 1] [--files PATTERN...]
                [--results FILE] [--quick] [--again] [--sanitize] [--list] [--most-cpu S]

A command of its own, not part of `make check`: some seconds of CPU a mutant.  The committed
tree is copied (to /dev/shm) and built once.  Which functions each test reaches, and its CPU
time, are measured once with gcov and stand in RESULTS.reached; a test whose text changed is
measured anew.  A mutant is one object, compiled outside the tree; of the tests that reach its
function the quickest runs first, linked with that object, until the first check that fails.
A mutant that makes a test fail or never end is caught; one that does not build, or only with
a warning, counts for nothing: the compiler caught it.

The sample follows from the seed and stands in --results, where each judgement is a line; a run
that is begun again with the same file goes on where it was.  --quick leaves out the scripts but
whole_documents.py, of which it takes eight documents; --again judges the survivors of that file
once more by all of them, or after tests were written; --sanitize judges them with the
sanitizers of `make asan` in the mutant's file, which see a read beyond an array and memory that
is not freed.  What cannot be noticed because nothing that a test could see is different stands
with its reason in mutation_equivalents.txt; it is left out of the count.  Exit 0 when at least
95 % of those that build are caught.
"""
import argparse
import glob
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

from mutation_flips import equal_by_kind, key_of, pool_of, told

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tools"))
from whole_estate import DOCUMENTS  # noqa: E402
ROOT = os.path.dirname(os.path.dirname(HERE))
EQUIVALENTS = os.path.join(HERE, "mutation_equivalents.txt")
FILES = ["analyze/plan/*.c", "analyze/report/*.c", "analyze/assess/*.c",
         "schema/rule.c", "schema/condition.c", "schema/check.c", "schema/finding.c",
         "schema/profile.c", "schema/rules/*.json"]
SANITIZE = "address,undefined"
QUICK_DOCUMENTS = 8  # a survivor of all of them costs 20 s of CPU
TEST_S, GOAL = 600, 95  # by the clock: the machine may be busy; CPU is bounded per test
WHOLE, ESTATE = "whole_documents.py", "tests/tools/whole_estate.py"
# a rule is data: what reads it reaches it
READS_RULES = "schema/rule.c"

# The scripts that run analyze and compare what it says; every unit program is a test too.
SCRIPTS = [WHOLE, "deciding.py", "plan.py", "pack.py", "assess.py", "assess_recompute.py",
           "verdict_own.py", "explain_memory.py", "analyze_cli.sh", "compare.py", "report.py",
           "validate.py", "inventory.py", "machine.py", "saying.py", "waves.sh",
           "waves_plan.py", "runbook.py", "runbook_azure.py", "runbook_aws.py",
           "runbook_scripts.py", "runbook_vsmt.py", "runbook_orders.py", "catalogue.py",
           "import_outcomes.py", "import_remarks.py", "import_store.py",
           "json_schemas.py", "export_series.py"]


def run_quiet(command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, **options).returncode == 0


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Tree:
    """A copy of the committed tree, built; mutants are objects beside it."""

    def __init__(self, work, sanitize=""):
        self.work = work
        self.sanitize = sanitize and "-fsanitize=%s -fno-sanitize-recover=all" % sanitize
        self.top = os.path.join(work, "tree")
        self.scratch = os.path.join(work, "scratch")
        self.source = os.path.join(work, "source")  # of the mutant, without its folder
        os.mkdir(self.source)
        self.copy()
        self.units = {os.path.basename(path)[:-2]: path for path in sorted(glob.glob(
            "tests/unit/*/test_*.c", root_dir=self.top))}
        cc = ("ccache " if shutil.which("ccache") else "") + os.environ.get("CC", "gcc")
        # a test and its parts: test_NAME.c and NAME_*.c beside it
        self.own = {test: ["build/obj/%s.o" % part[:-2] for part in [path] + sorted(
            glob.glob(os.path.join(os.path.dirname(path), test[5:] + "_*.c"),
                      root_dir=self.top))] for test, path in self.units.items()}
        objects = [made for own in self.own.values() for made in own]
        self.support = ["build/obj/%s.o" % path[:-2] for path in sorted(glob.glob(
            "tests/*.c", root_dir=self.top))]
        subprocess.run(["make", "-s", "-j2", "BUILD=build", "CC=" + cc, "all", "fuzz-archives"]
                       + objects + self.support, cwd=self.top, check=True)
        self.says = {name: self.variable(name) for name in (
            "ALL_CPPFLAGS", "WARNINGS", "TEST_ARCHIVES", "ANALYZE_ARCHIVES", "LIBS_tests",
            "LIBS_analyze")}

    def copy(self):
        """What is committed; with what is built of it, where nothing else is there."""
        changed = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=ROOT,
                                 capture_output=True, text=True, check=True).stdout
        subprocess.run(["git", "clone", "-q", ROOT, self.top], check=True)
        if changed or not os.path.isdir(os.path.join(ROOT, "build/obj")):
            return
        for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True,
                                   text=True, check=True).stdout.splitlines():
            shutil.copystat(os.path.join(ROOT, name), os.path.join(self.top, name),
                            follow_symlinks=False)
        built = os.path.join(ROOT, "build")
        shutil.copytree(built, os.path.join(self.top, "build"), ignore=lambda folder, names: [
            n for n in names if folder == built and n in ("asan", "clang", "tests", "fuzz")])

    def variable(self, name):
        said = subprocess.run(["make", "-s", "BUILD=build", "CI=1", "print-" + name], cwd=self.top,
                              check=True, capture_output=True, text=True)
        # echo takes away the quotes of the folders' names
        return re.sub(r"(-DHEADROOM_\w+=)(\S+)", r"""\1'"\2"'""", said.stdout.strip())

    def compile(self, path, made, flags):
        """path: of the source in the tree, or of a mutant of it (--source)."""
        folder = os.path.dirname(os.path.relpath(path, self.source) if
                                 path.startswith(self.source) else path)
        command = "gcc %s -iquote %s -std=c11 -O0 -fPIE %s -ffunction-sections %s %s -c -o %s %s"
        # a chain of || with one && in it is no fault but to those who read it
        warnings = self.says["WARNINGS"] + " -Wno-parentheses"
        return run_quiet(["sh", "-c", command % (
            self.says["ALL_CPPFLAGS"], folder, warnings, flags, self.sanitize, made, path)],
                         cwd=self.top)

    def link(self, build, test, objects, flags=""):
        """A unit program, or analyze for a script, with these objects before the archives."""
        is_unit = test in self.units
        made = os.path.join(build, "tests", test) if is_unit else \
            os.path.join(build, "analyze")
        own = self.own[test] + self.support if is_unit else ["build/obj/analyze/main.o"]
        kind = "TEST_ARCHIVES" if is_unit else "ANALYZE_ARCHIVES"
        command = ("gcc %s %s -pie -Wl,--gc-sections -Wl,--as-needed -o %s %s %s "
                   "-Wl,--start-group %s -Wl,--end-group %s -lm") % (
                       "-fuse-ld=lld" if shutil.which("ld.lld") else "",
                       flags + " " + self.sanitize, made,
                       " ".join(own), " ".join(objects), self.says[kind],
                       self.says["LIBS_tests" if is_unit else "LIBS_analyze"])
        return run_quiet(["sh", "-c", command], cwd=self.top)

    def takes(self, build, test, sources):
        """Whether a unit program has any of these in it."""
        self.link(build, test, [], "-Wl,-Map=%s/map" % self.work)
        with open(self.work + "/map") as file:
            names = set(re.findall(r"lib([\w-]+)\.a\(([\w.]+)\.o\)", file.read()))
        return any((os.path.dirname(path).replace("/", "-"), os.path.basename(path)[:-2])
                   in names for path in sources)

    def build_folder(self, name):
        """As build/, but that its unit programs and its analyze are not there yet."""
        made = os.path.join(self.work, name)
        os.makedirs(os.path.join(made, "tests"))
        for entry in os.listdir(os.path.join(self.top, "build")):
            if entry not in ("tests", "analyze", "obj"):
                os.symlink(os.path.join(self.top, "build", entry), os.path.join(made, entry))
        os.mkdir(os.path.join(made, "obj"))
        return made

    def fails(self, test, build, most_cpu_s, documents=(), **more):
        """Whether a check of a test fails, or it takes too long: ended at the first."""
        command = [os.path.join(build, "tests", test)] if test in self.units else \
            [sys.executable if test.endswith(".py") else "sh", "tests/system/" + test]
        shutil.rmtree(self.scratch, ignore_errors=True)
        os.mkdir(self.scratch)
        environment = dict(os.environ, BUILD=build, LC_ALL="C.UTF-8", TMPDIR=self.scratch,
                           CMOCKA_MESSAGE_OUTPUT="TAP", PYTHONDONTWRITEBYTECODE="1",
                           PYTHON=sys.executable,
                           HEADROOM_WHOLE_STORE=os.path.join(self.work, "estate"),
                           HEADROOM_DOCUMENTS=",".join(documents), **more)
        for name in ("HEADROOM_DATA", "HEADROOM_CONFIG_DIR"):
            environment.pop(name, None)
        limit = (int(most_cpu_s), int(most_cpu_s) + 2)
        run = subprocess.Popen(command, cwd=self.top, env=environment, text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, start_new_session=True,
                               errors="replace", preexec_fn=lambda: resource.setrlimit(
                                   resource.RLIMIT_CPU, limit))
        late = threading.Timer(TEST_S, lambda: os.killpg(run.pid, signal.SIGKILL))
        late.start()
        why = ""
        for line in run.stdout:
            if line.startswith(("FAIL ", "not ok ")) and "# SKIP" not in line:
                why = line.strip()
                break
        try:
            os.killpg(run.pid, signal.SIGKILL) if why else None
        except ProcessLookupError:
            pass
        run.stdout.close()
        code = run.wait()
        late.cancel()
        return why or ("exit code %d" % code if code else "")


def functions_of(lines):
    """(first line, last line, name), as clang-format lays them out."""
    first = begin = 0
    for number, line in enumerate(lines, 1):
        if line == "{":
            begin = number
        elif line == "}" and begin:
            head = re.sub(r"__attribute__\(\(.*?\)\)\)?", "", " ".join(lines[first:begin - 1]))
            yield begin, number, re.search(r"(\w+)\(", head)[1]
            begin = 0
        if not begin and (not line or line[0] in "#}" or line.endswith((";", "*/"))):
            first = number


class Reach:
    """Which functions each test reaches and what it costs, from gcov, kept in a file."""

    def __init__(self, tree, path, files, scripts):
        self.tree, self.path, self.of = tree, path, {}
        self.functions = {}  # file: [(first line, last line, name)]
        self.cost = {}
        if path and os.path.exists(path):
            with open(path) as file:
                self.of = json.load(file)
        tests = list(tree.units) + scripts
        wanted = [t for t in tests if self.of.get(t, {}).get("text") != self.text_of(t)]
        self.of = {t: of for t, of in self.of.items() if t not in wanted}
        self.measure(wanted, files)
        self.cost = {t: of["cpu_s"] for t, of in self.of.items()}

    def text_of(self, test):
        paths = [self.tree.units.get(test, "tests/system/" + test)]
        digest = hashlib.sha256()
        for path in paths + ([ESTATE] if test == WHOLE else []):
            with open(os.path.join(self.tree.top, path), "rb") as file:
                digest.update(file.read())
        return digest.hexdigest()

    def measure(self, wanted, files):
        objects, sources = [], [f for f in files if f.endswith(".c")]
        self.read_functions(sources)
        if not wanted:
            return
        build = self.tree.build_folder("covered")
        for path in sources:
            made = os.path.join(build, "obj", path[:-2].replace("/", "-") + ".o")
            if not self.tree.compile(path, made, "--coverage"):
                sys.exit("%s does not build" % path)
            objects.append(made)
        for test in wanted:
            for old in glob.glob(build + "/obj/*.gcda"):
                os.unlink(old)
            if test in self.tree.units and not self.tree.takes(build, test, sources):
                self.of[test] = {"text": self.text_of(test), "cpu_s": 0, "sound": True,
                                 "reached": {}}
                continue
            if (test in self.tree.units or not os.path.exists(build + "/analyze")) and \
                    not self.tree.link(build, test, objects, "--coverage"):
                sys.exit("%s does not link" % test)
            before = children_cpu()
            top = os.path.join(self.tree.work, "counts")
            why = self.tree.fails(test, build, 300, (), HEADROOM_WHOLE_COVERAGE=top)
            cpu_s = children_cpu() - before
            reached = self.reached(build + "/obj")
            self.of[test] = {"text": self.text_of(test), "cpu_s": round(cpu_s, 3),
                             "sound": not why, "reached": reached}
            if test == WHOLE:
                self.of[test]["documents"] = self.read_documents(build, top, reached)
            print("%s: %.2f s of CPU, reaches %d functions%s" % (
                test, cpu_s, sum(map(len, reached.values())),
                "; FAILS WITHOUT A MUTANT, left out: " + why if why else ""), flush=True)
            if self.path:
                with open(self.path, "w") as out:
                    json.dump(self.of, out)
        shutil.rmtree(build)

    def read_documents(self, build, top, reached):
        """Which functions each document reaches: it has counts of its own; all into reached."""
        found = {}
        for name in sorted(os.listdir(top)):
            made = os.path.join(top, name, os.path.relpath(build, "/"), "obj")
            for note in glob.glob(build + "/obj/*.gcno"):
                os.symlink(note, os.path.join(made, os.path.basename(note)))
            found[name] = {"reached": self.reached(made), "cpu_s": 0}
            for path, names in found[name]["reached"].items():
                reached[path] = sorted(set(reached.get(path, [])) | set(names))
        shutil.rmtree(top)
        return found

    def read_functions(self, sources):
        for path in sources:
            with open(os.path.join(self.tree.top, path)) as file:
                self.functions[path] = list(functions_of(file.read().splitlines()))

    def reached(self, folder):
        """By the short form: names of functions are those of one file each (house.py)."""
        of = {name: path for path, rows in self.functions.items() for _, _, name in rows}
        counts = sorted(glob.glob(folder + "/*.gcda"))
        said = subprocess.run(["gcov", "-n", "-f"] + counts, text=True, cwd=self.tree.top,
                              capture_output=True, errors="replace").stdout if counts else ""
        found = {}
        for name, share in re.findall(r"Function '(\w+)'\nLines executed:([\d.]+)%", said):
            if name in of and float(share) > 0:
                found.setdefault(of[name], []).append(name)
        return found

    def those_of(self, mutant, of):
        """Of tests, or of documents; data and rules: whatever reaches the file."""
        path = mutant["file"] if mutant["file"].endswith(".c") else READS_RULES
        inside = {name for first, last, name in self.functions.get(path, [])
                  if first <= mutant["line"] <= last and path == mutant["file"]}
        found = [name for name, one in of.items() if one.get("sound", True) and
                 path in one["reached"] and
                 (not inside or inside & set(one["reached"][path]))]
        return sorted(found, key=lambda name: of[name]["cpu_s"])

    def tests_of(self, mutant):
        """The quickest first."""
        return self.those_of(mutant, self.of)

    def documents_of(self, mutant, most):
        """Those that reach little before those that reach much; where not all, some of each."""
        of = self.of[WHOLE]["documents"]
        names = sorted(self.those_of(mutant, of), key=lambda name: sum(
            map(len, of[name]["reached"].values())))
        step = max(1, len(names) / most)
        return [names[int(i * step)] for i in range(int(len(names) / step))]


class Judge:
    def __init__(self, tree, reach, is_quick, most_cpu_s):
        self.tree, self.reach = tree, reach
        self.is_quick, self.most_cpu_s = is_quick, most_cpu_s
        self.build = tree.build_folder("mutated")
        self.sound = {}  # tests that the sanitizers find nothing in without a mutant
        self.object = os.path.join(tree.work, "mutant.o")
        if WHOLE in reach.of and not os.path.isdir(os.path.join(tree.work, "estate")):
            # by no mutant: what all documents read, and the plans that some of them do
            tree.fails(WHOLE, os.path.join(tree.top, "build"), 300,
                       [name for name, words, _ in DOCUMENTS if "-o" in words])

    def make(self, mutant):
        path = os.path.join(self.tree.source, mutant["file"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(os.path.join(self.tree.top, mutant["file"])) as file:
            lines = file.read().splitlines(True)
        line, at, old = lines[mutant["line"] - 1], mutant["column"], mutant["old"]
        lines[mutant["line"] - 1] = line[:at] + mutant["new"] + line[at + len(old):]
        with open(path, "w") as file:
            file.write("".join(lines))
        if path.endswith(".c"):
            return self.tree.compile(path, self.object, "")
        with open(os.path.join(self.tree.top, "build/gen/builtin_data.S")) as file:
            data = file.read().replace('.incbin "%s"' % mutant["file"], '.incbin "%s"' % path)
        with open(self.tree.work + "/mutant.S", "w") as file:
            file.write(data)
        return run_quiet(["gcc", "-I.", "-c", "-o", self.object, self.tree.work + "/mutant.S"],
                         cwd=self.tree.top)

    def is_sound(self, test, path):
        """Whether what the sanitizers see is the mutant's doing: not without it."""
        if self.tree.sanitize and (test, path) not in self.sound:
            build, made = self.tree.build_folder("sound"), self.object + ".sound"
            self.sound[test, path] = self.tree.compile(path, made, "") and self.tree.link(
                build, test, [made]) and not self.tree.fails(test, build, 300)
            shutil.rmtree(build)
        return self.sound.get((test, path), True)

    def is_sound_document(self, name):
        """Whether it is as it should be without a mutant, made alone."""
        if name not in self.sound:
            self.sound[name] = not self.tree.fails(
                WHOLE, os.path.join(self.tree.top, "build"), 300, [name])
            if not self.sound[name]:
                print("%s FAILS ALONE WITHOUT A MUTANT, left out" % name, flush=True)
        return self.sound[name]

    def fails_in_documents(self, mutant):
        names = self.reach.documents_of(mutant, QUICK_DOCUMENTS if self.is_quick else 1000)
        of = self.reach.of[WHOLE]
        while names:
            limit_s = 3 + of["cpu_s"] * len(names) / len(of["documents"]) * (
                10 if self.tree.sanitize else 1)
            why = self.tree.fails(WHOLE, self.build, limit_s, names)
            failed = re.match(r"FAIL documents: (\w+)", why)
            suspects = [failed[1]] if failed else names if why else []
            unsound = [name for name in suspects if not self.is_sound_document(name)]
            if not unsound:
                return why
            names = [name for name in names if name not in unsound]
        return ""

    def judge(self, mutant):
        """("caught", by what), ("survived", ""), ("unbuilt", "")"""
        if not self.make(mutant):
            return "unbuilt", ""
        is_linked = False
        for test in self.reach.tests_of(mutant):
            cpu_s = self.reach.cost[test]
            if cpu_s > self.most_cpu_s or (
                    self.is_quick and test not in self.tree.units and test != WHOLE):
                continue
            if test in self.tree.units or not is_linked:
                if not self.tree.link(self.build, test, [self.object]):
                    return "unbuilt", ""
                is_linked = is_linked or test not in self.tree.units
            why = self.fails_in_documents(mutant) if test == WHOLE else self.tree.fails(
                test, self.build, 3 + cpu_s * (10 if self.tree.sanitize else 1))
            if why and self.is_sound(test, mutant["file"]):
                return "caught", "%s: %s" % (test, why)
        return "survived", ""


def read_equivalents():
    """(file, text of the line, old, new) to the reason.  A line of the file has these four
    and the reason, with a tabulator between them; where not every line of that text is meant,
    which of them."""
    found = {}
    if os.path.exists(EQUIVALENTS):
        with open(EQUIVALENTS) as file:
            for line in file:
                words = line.rstrip("\n").split("\t")
                if len(words) in (5, 6) and not line.startswith("#"):
                    found[tuple(words[:4] + [int(n) for n in words[5:]])] = words[4]
    return found


def reason_of(mutant, equivalents):
    key = (mutant["file"], mutant["text"], mutant["old"].strip(), mutant["new"].strip())
    return equal_by_kind(mutant) or equivalents.get(key) or equivalents.get(
        key + (mutant["nth"],))


def read_results(path):
    found = {}
    if path and os.path.exists(path):
        with open(path) as file:
            for line in file:
                row = json.loads(line)
                found[key_of(row)] = row
    return found


def summary(rows, equivalents):
    """The table, by folder; the share of those that build and can be noticed."""
    by = {}
    for row in rows:
        if row["judged"] == "todo":
            continue
        folder = os.path.dirname(row["file"])
        kind = row["judged"]
        if kind == "survived" and reason_of(row, equivalents):
            kind = "equivalent"
        by.setdefault(folder, {}).setdefault(kind, []).append(row)
    print("\n%-20s %8s %8s %8s %10s %8s %7s" % (
        "folder", "mutants", "unbuilt", "caught", "equivalent", "survive", "%"))
    total = {}
    for folder in sorted(by) + [None]:
        kinds = total if folder is None else by[folder]
        if folder is not None:
            for kind, of in kinds.items():
                total.setdefault(kind, []).extend(of)
        n = {kind: len(kinds.get(kind, [])) for kind in (
            "unbuilt", "caught", "equivalent", "survived")}
        judged = n["caught"] + n["survived"]
        print("%-20s %8d %8d %8d %10d %8d %7.1f" % (
            folder or "all", sum(n.values()), n["unbuilt"], n["caught"], n["equivalent"],
            n["survived"], 100 * n["caught"] / max(judged, 1)))
    for row in total.get("equivalent", []):
        print("equivalent %s\n    %s" % (told(row), reason_of(row, equivalents)))
    for row in total.get("survived", []):
        print("SURVIVED %s" % told(row))
    caught, left = len(total.get("caught", [])), len(total.get("survived", []))
    return 100 * caught / max(caught + left, 1)


def begin(picked, results, path):
    """The sample is written down: with the sources it would become another one."""
    with open(path or os.devnull, "a") as out:
        for mutant in picked:
            results[key_of(mutant)] = dict(mutant, judged="todo", by="")
            print(json.dumps(results[key_of(mutant)]), file=out)


def run(judge, picked, results, path):
    with open(path or os.devnull, "a") as out:
        for number, mutant in enumerate(picked, 1):
            before = children_cpu()
            judged, by = judge.judge(mutant)
            row = dict(mutant, judged=judged, by=by)
            results[key_of(mutant)] = row
            print(json.dumps(row), file=out, flush=True)
            print("%d of %d %s %s %s %.1f s" % (
                number, len(picked), judged, told(mutant), "(%s)" % by[:80] if by else "",
                children_cpu() - before), flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__,
                                      formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--count", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--files", nargs="*", default=FILES)
    options.add_argument("--results")
    options.add_argument("--quick", action="store_true")
    options.add_argument("--again", action="store_true")
    options.add_argument("--sanitize", action="store_true")
    options.add_argument("--most-cpu", type=float, default=60,
                         help="tests that need more seconds of CPU are left out (60)")
    options.add_argument("--list", action="store_true", help="the table alone")
    given = options.parse_args()
    results, equivalents = read_results(given.results), read_equivalents()
    for mutant in pool_of(ROOT, given.files):  # where it stands now, and why it is equal
        if key_of(mutant) in results:
            results[key_of(mutant)].update(mutant)
    if given.list:
        return 0 if summary(results.values(), equivalents) >= GOAL else 1
    work = tempfile.mkdtemp(prefix="headroom-mutate-", dir="/dev/shm" if os.path.isdir(
        "/dev/shm") else None)
    try:
        tree = Tree(work, SANITIZE if given.sanitize else "")
        pool = [m for m in pool_of(tree.top, given.files) if not equal_by_kind(m)]
        if not results:
            begin(random.Random(given.seed).sample(pool, min(given.count, len(pool))),
                  results, given.results)
        print("seed %d: %d of %d possible mutants" % (given.seed, len(results), len(pool)))
        wanted = "survived" if given.again or given.sanitize else "todo"
        if given.sanitize:  # what is data is the same under them
            pool = [m for m in pool if m["file"].endswith(".c")]
        picked = [m for m in pool if results.get(key_of(m), {}).get("judged") == wanted
                  and not reason_of(m, equivalents)]
        random.Random(given.seed).shuffle(picked)
        print("%d of them are to be judged" % len(picked), flush=True)
        if picked:
            reach = Reach(tree, given.results and given.results + ".reached",
                          sorted({m["file"] for m in pool} | {READS_RULES}),
                          [WHOLE] if given.quick else SCRIPTS)
            run(Judge(tree, reach, given.quick, given.most_cpu), picked, results,
                given.results)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0 if summary(results.values(), equivalents) >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
