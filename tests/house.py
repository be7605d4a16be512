"""The limits that the tree keeps, each with what is over it:

    a file has at most 600 lines (in analyze/verbs 250), a function at most 70, its
    complexity is at most 25 (pmccabe); modules that include each other in a circle: at most 2 circles, each with
    its reason in docs/decisions.md; the name of a static function, a struct or an enum
    stands in one file; every document of report/ is in a table of tests/unit/document;
    verbs and reports print nothing by themselves; nothing casts const away through
    uintptr_t; outside schema/, probes/ and store/ no archive and no data source is read by a
    name that stands there as a text; a function of more than 40 lines has a comment above
    its first line or in its body: its why.
    Files and functions of tests/ keep the same two lengths, those in Python too.

Prints one line for each check, "ok NAME" or "FAIL NAME: what"; exit 1 where one fails.
"""
import ast
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ("common", "schema", "probes", "store", "collectord", "analyze")
# What a probe keeps is its own matter, and has one name in all of them (probes/probe.h).
OPAQUE = ("struct probe_state", "struct slow_state")
FILE_LINES, FUNCTION_LINES, COMPLEXITY, CIRCLES, SILENT_LINES = 600, 70, 25, 2, 40
VERB_LINES = 250
_failed = False


def check(name, problems):
    global _failed
    if problems:
        _failed = True
        print("FAIL house %s: %d: %s" % (name, len(problems), "; ".join(problems[:20])))
    else:
        print("ok house %s" % name)


def sources(folders, endings):
    found = []
    for folder in folders:
        for where, _, names in os.walk(os.path.join(TOP, folder)):
            found += [os.path.relpath(os.path.join(where, n), TOP) for n in names
                      if n.endswith(endings)]
    return sorted(found)


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as source:
        return source.read()


def functions(files):
    """(path, name, lines, complexity, first line) of each function in C."""
    done = subprocess.run(["pmccabe"] + [f for f in files if f.endswith(".c")], cwd=TOP,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          universal_newlines=True)
    for row in done.stdout.splitlines():
        fields = row.split("\t")
        place = fields[5]
        yield (place[:place.index("(")], place.split(": ")[1], int(fields[4]),
               int(fields[0]), int(fields[3]))


def python_functions(files):
    """(path, name, lines) of each function in Python."""
    for path in files:
        for node in ast.walk(ast.parse(read(path))):
            if isinstance(node, ast.FunctionDef):
                yield path, node.name, node.end_lineno - node.lineno + 1


def is_silent(text, first, count):
    """No comment ends above the function that begins in this line, none stands in it."""
    lines = text.split("\n")
    above = lines[first - 2].rstrip() if first > 1 else ""
    return not above.endswith("*/") and \
        not any("/*" in line for line in lines[first - 1:first - 1 + count])


def silent_functions(rows):
    """The long ones without a why.  The check checks itself first."""
    plain = "static int take(void)\n{\n\treturn 0;\n}"
    if not is_silent("\n" + plain, 2, 4) or is_silent("/* Why. */\n" + plain, 2, 4) or \
            is_silent(plain.replace("0;", "0; /* why */"), 1, 4):
        return ["the check does not see a silent function"]
    return ["%s:%d %s" % (path, first, name) for path, name, lines, _, first in rows
            if lines > SILENT_LINES and is_silent(read(path), first, lines)]


def module_of(path):
    return path[:-2]


def circles(files):
    """Strongly connected modules (a .c and its .h are one), by Tarjan.  A header without a
    .c is no module: what includes it includes what it includes."""
    graph = {}
    for path in files:
        targets = graph.setdefault(module_of(path), set())
        for target in re.findall(r'^#include "([^"]+)\.h"', read(path), re.M):
            if target != module_of(path) and os.path.exists(os.path.join(TOP, target + ".h")):
                targets.add(target)
    for node in [n for n in graph if n + ".c" not in files]:
        below = graph.pop(node) - {node}
        for other, targets in graph.items():
            if node in targets:
                targets.discard(node)
                targets |= below - {other}
    index, low, stack, found, counter = {}, {}, [], [], [0]
    sys.setrecursionlimit(10000)

    def visit(node):
        index[node] = low[node] = counter[0]
        counter[0] += 1
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = []
            while True:
                part.append(stack.pop())
                if part[-1] == node:
                    break
            if len(part) > 1:
                found.append(" <-> ".join(sorted(part)))
    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def static_names(files):
    places = {}
    for path in files:
        if path.endswith(".c"):
            for name in re.findall(r"^static (?!inline|const struct|const char)[^;={()]*?"
                                   r"\b(\w+)\(", read(path), re.M):
                if name != "__attribute__":
                    places.setdefault(name, set()).add(path)
    return ["%s (%s)" % (name, ", ".join(sorted(where)))
            for name, where in sorted(places.items()) if len(where) > 1]


def tags(files):
    places = {}
    for path in files:
        for tag in re.findall(r"^(?:static |const |extern )*((?:struct|enum|union) \w+)\s*\{",
                              read(path), re.M):
            places.setdefault(tag, set()).add(path)
    return ["%s (%s)" % (tag, ", ".join(sorted(where)))
            for tag, where in sorted(places.items()) if len(where) > 1 and tag not in OPAQUE]


def untested_documents(files):
    """Functions of report/ that make a document and stand in no table of the tests that
    write each in every format."""
    folder = os.path.join(TOP, "tests/unit/document")
    tests = "".join(read(os.path.join("tests/unit/document", name))
                    for name in sorted(os.listdir(folder)) if name.endswith(".c"))
    return ["%s %s" % (path, name) for path in files
            if path.startswith("analyze/report/") and path.endswith(".h")
            for name in re.findall(r"^struct document \*(\w+)\(", read(path), re.M)
            if not re.search(r"\b%s\b" % name, tests)]


# Files, stderr and a format of others: what a verb may still write by itself.
WRITES = {"analyze/verbs/monitor_textfile.c": "the text format of Prometheus",
          "analyze/verbs/first_look.c": "its settings file, and the daemon's last words",
          "analyze/verbs/first_look_samples.c": "the hosts file of the samples",
          "analyze/verbs/verb_watch.c": "a screen drawn in place, JSON in one line"}


def prints(files):
    """Lines of verbs and reports that print by themselves instead of filling a document."""
    return ["%s:%d" % (path, number) for path in files
            if path.startswith(("analyze/verbs/", "analyze/report/")) and path not in WRITES
            for number, line in enumerate(read(path).splitlines(), 1)
            if re.search(r"\b(?:v?f?printf|fputs|fputc|puts|putchar|fwrite|safe_print_\w+)\(",
                         line) and "stderr" not in line]


def long_verbs(files):
    """A verb is options, stage, document, print: what is longer holds a stage."""
    return ["%s has %d" % (path, lines) for path in files
            if path.startswith("analyze/verbs/")
            for lines in [read(path).count("\n")] if lines > VERB_LINES]


def check_lengths(whose, files, rows):
    check("a file%s has at most %d lines" % (whose, FILE_LINES),
          ["%s has %d" % (f, n) for f in files
           for n in [read(f).count("\n")] if n > FILE_LINES])
    check("a function%s has at most %d lines" % (whose, FUNCTION_LINES),
          ["%s %s has %d" % row for row in rows if row[2] > FUNCTION_LINES])


def main():
    files = sources(FOLDERS, (".c", ".h"))
    tests = sources(("tests",), (".c", ".h", ".py", ".sh"))
    rows = list(functions(files))
    test_rows = list(functions(tests))
    if not rows or not test_rows:
        check("pmccabe reads the sources", ["it is not installed, or says nothing"])
    check_lengths("", files, [row[:3] for row in rows])
    check_lengths(" of tests", tests, [row[:3] for row in test_rows] + list(
        python_functions([f for f in tests if f.endswith(".py")])))
    check("a file of verbs/ has at most %d lines" % VERB_LINES, long_verbs(files))
    check("a function's complexity is at most %d" % COMPLEXITY,
          ["%s %s has %d" % (row[0], row[1], row[3]) for row in rows
           if row[3] > COMPLEXITY])
    check("a function of more than %d lines says why" % SILENT_LINES,
          silent_functions(rows))
    found = circles(files)
    for circle in found:
        print("# circle: " + circle)
    check("at most %d circles of includes" % CIRCLES,
          found if len(found) > CIRCLES else [])
    check("a static function's name stands in one file", static_names(files))
    check("a struct's or enum's name stands in one file", tags(files))
    check("every document is written in every format", untested_documents(files))
    check("verbs and reports fill documents and print nothing", prints(files))
    check("const is not cast away",
          ["%s:%d" % (f, i + 1) for f in files
           for i, line in enumerate(read(f).splitlines()) if "(uintptr_t)" in line])
    check("what is measured is named by its metric",
          ["%s: %s" % (f, call) for f in files
           if f.endswith(".c") and not f.startswith(("schema/", "probes/", "store/"))
           for call in re.findall(r'store_(?:read_series|series_bounds)\([^;]*?"[a-z_]+"', read(f))])
    sys.exit(1 if _failed else 0)


if __name__ == "__main__":
    main()
