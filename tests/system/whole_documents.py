#!/usr/bin/env python3
"""Every document of an estate made from a seed, whole, against the text that stands in
tests/golden/documents: nothing is said otherwise without somebody looking at the difference.
That the figures are right is computed again by other tests; here each one stays where it is,
with its unit, its rule and its words.  `make golden` (GOLDEN_WRITE=1) writes them anew.
HEADROOM_WHOLE_STORE=DIR keeps the estate and its plans there, for the runs after the first;
HEADROOM_DOCUMENTS=NAME,... makes these alone, HEADROOM_WHOLE_COVERAGE=DIR counts what each
reaches there (mutation_run)."""
import difflib
import html.parser
import json
import math
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from whole_estate import (ADDED, ALERTS, DAYS, DOCUMENTS, ESTATE, FACTS, FILES, HAS_GB,
    JSON_FILES, MB, PAGE, PHASE_S, REPORTS, START, STEP, UNSTATED)  # noqa: E402

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden", "documents")
failed = 0
current = ""  # the document that is made


def check(name, condition, why=""):
    global failed
    failed += not condition
    print("ok documents: " + name if condition else
          "FAIL documents: %s: %s" % (name, why), flush=True)


def analyze(work, *words):
    where = [] if "--data" in words else ["--data", "data"]
    counts = os.environ.get("HEADROOM_WHOLE_COVERAGE")
    more = {"GCOV_PREFIX": os.path.join(counts, current)} if counts and current else {}
    return subprocess.run([os.path.join(BUILD, "analyze"), *words, *where,
                           "--as-of", "2026-10-15"], cwd=work, capture_output=True,
                          text=True, env=dict(os.environ, TZ="UTC0", COLUMNS="100",
                                              HEADROOM_CONFIG_DIR=work + "/none", **more))


def made(work, *words):
    done = analyze(work, *words)
    if done.returncode:
        check("analyze " + " ".join(words[:3]), False, done.stderr)


def figure(value):
    return "" if value is None else "%.3f" % value


def make_store(work):
    with open(work + "/estate.csv", "w", encoding="ascii") as out:
        out.write("time,workload,memory_used_bytes,cpu_used_mhz,cpu_cores,cpu_core_mhz,"
                  "memory_total_bytes,network_bps,disk_bytes_per_s,disk_ops_per_s\n")
        for name, figures in ESTATE.items():
            for i in range(DAYS * 86400 // STEP):
                of = figures(i)
                if of:
                    out.write("%d,%s,%.0f,%s,%d,2000,%s,%s\n" % (
                        START + (i + 1) * STEP + PHASE_S.get(name, 0),
                        ("'" if name[0] == "=" else "") + name,
                        of[0] * MB, figure(of[1]), 4 if name == "parallel" else 1,
                        HAS_GB[name] * 1024 * MB if name in HAS_GB else "",
                        ",".join(map(figure, of[2:]))))
    for name, text in FILES.items():
        os.makedirs(os.path.dirname(os.path.join(work, name)), exist_ok=True)
        with open(os.path.join(work, name), "w", encoding="ascii") as out:
            out.write(text)
    made(work, "import", "csv", "estate.csv", "--quiet")
    for name in sorted(set(ESTATE) - set(UNSTATED)):
        made(work, "inventory", name, "--set", "devices=none", "--set", "applications=none",
             "--set", "roles=none", "--set", "os_bits=32")
    for name, facts in FACTS.items():
        made(work, "inventory", name, *[w for f in facts for w in ("--set", f)])
    for name, value in JSON_FILES.items():
        with open("%s/%s.json" % (work, name), "w", encoding="ascii") as out:
            json.dump(value, out)
    made(work, "inventory", "mail", "--load", "machine.json")
    made(work, "review", "short", "MEM-5-SHORT", "accept", "--by", "ana", "--reason", "a,b",
         "--any-profile")
    made(work, "review", "twice", "MEM-5-SHORT", "reject", "--by", "ben", "--reason", "no")
    for decision in "accept", "withdraw":
        made(work, "review", "line", "OPL-3", decision, "--by", "ana", "--reason", "wins")
    made(work, "exclude", "grows", "2026-03-04T00:00Z", "2026-03-04T02:00Z",
         "--reason", "restore")
    made(work, "exclude", "idle", "2026-03-05T00:00Z", "2026-03-06T00:00Z", "--by", "ben",
         "--reason", "off")
    database = sqlite3.connect(work + "/data/headroom.db")
    database.executescript(ALERTS)
    database.close()
    make_sampled(work)
    make_coarse(work)
    make_peaky(work)
    make_odd(work)


def make_odd(work):
    """A day of each: an excursion that is accepted, on a disk that keeps undo; processors busy
    when memory is not; one figure alone, which never moves; and a row a day for 40 days."""
    with open(work + "/one_day.csv", "w", encoding="ascii") as out:
        out.write("time,workload,memory_used_bytes,cpu_used_mhz,network_bps,cpu_cores,"
                  "cpu_core_mhz\n")
        for i in range(288):
            at = START + STEP * (i + 1)
            out.write("%d,lived,%d,300,1e6,1,2000\n" % (
                at, (3750 if i in (100, 101) else 2000 + i % 7) * MB))
            out.write("%d,slow,%d,%d,1e6,1,4000\n" % (
                at, (1200 if i == 36 else 900) * MB, 3900 if 240 <= i < 252 else 200))
            out.write("%d,still-cpu,,0.5,,,\n%d,still-net,,,10,,\n" % (at, at))
    with open(work + "/days.csv", "w", encoding="ascii") as out:
        out.write("time,workload,memory_used_bytes,cpu_used_mhz\n")
        for i in range(40):
            out.write("%d,daily,%d,%d\n" % (START + 86400 * (i + 1), 900 * MB, 50 + i % 9))
    for name in "one_day.csv", "days.csv":
        made(work, "import", "csv", name, "--quiet", "--data", "odd")
    for name, undo in ("lived", 1), ("slow", 0):
        made(work, "inventory", name, "--set", "disks=c:30:undo=%d" % undo, "--data", "odd")
    made(work, "review", "lived", "MEM-5-SHORT", "accept", "--by", "ana", "--reason", "b",
         "--any-profile", "--data", "odd")


def make_coarse(work):
    """Three weeks in steps of an hour: rows that average short peaks away, one over the limit
    of a VM; little goes over its network, and yet it has an adapter of its own."""
    with open(work + "/coarse.csv", "w", encoding="ascii") as out:
        out.write("time,workload,memory_used_bytes,cpu_used_mhz,network_bps,"
                  "disk_bytes_per_s,disk_ops_per_s,disk_size_bytes\n")
        for i in range(504):
            out.write("%d,hours,%d,%d,1e6,1e5,4,%d\n" % (
                START + 3600 * (i + 1), (3900 if i == 100 else 900) * MB, 50 + i % 9,
                30 * 1024 * MB))
    made(work, "import", "csv", "coarse.csv", "--quiet", "--data", "coarse")
    made(work, "inventory", "hours", "--set", "dedicated_adapters=1", "--data", "coarse")


def make_peaky(work):
    """30 days of hours, each twentieth higher by an exponential draw: what has not happened yet
    reaches the memory that is there with its interval, the processors with its level."""
    with open(work + "/peaky.csv", "w", encoding="ascii") as out:
        out.write("time,workload,memory_used_bytes,memory_total_bytes,cpu_used_mhz,cpu_cores,"
                  "cpu_core_mhz,network_bps\n")
        for i in range(720):
            more = -math.log(1 - i // 20 * 5 % 36 / 36) if i % 20 == 7 else 0
            out.write("%d,peaky,%d,%d,%.1f,2,1000,%d\n" % (
                START + 3600 * (i + 1), (900 + 150 * more) * MB, 2048 * MB,
                1500 + 150 * more + i % 7, (50 + 5 * more) * 1e6 + i))
    made(work, "import", "csv", "peaky.csv", "--quiet", "--data", "peaky")


def make_sampled(work):
    """100 minutes in steps of 10 s of a machine that was sampled: 40 s over the limit of a VM
    are a slot of 60 s or none, 16 minutes are sustained; from minute 90 on it swaps."""
    with open(work + "/fine.csv", "w", encoding="ascii") as out:
        out.write("time,workload,memory_used_bytes,cpu_used_mhz,cpu_cores,cpu_core_mhz\n")
        for i in range(600):
            high = i < 4 or 63 <= i < 67 or 300 <= i < 396
            out.write("%d,fine,%d,%d,2,2000\n" % (
                START + 10 * (i + 1), (3900 if high else 3000 + i % 7) * MB, 100 + i % 13))
    for words in (["import", "csv", "fine.csv", "--quiet"],
                  ["inventory", "fine", "--set", "disks=c:40"]):
        made(work, *words, "--data", "sampled")
    database = sqlite3.connect(work + "/sampled/headroom.db")
    database.execute("UPDATE workloads SET source = 'sampled'")
    database.commit()
    database.close()


def without_clock(name, text):
    """What hangs on the day of the test, or on how quick the machine is."""
    text = re.sub(r'"(seconds|at)":[0-9.e+-]+', r'"\1":0', text)
    if name.startswith(("plan", "report", "pack")):
        text = re.sub(r"\b[0-9.]+ s$", "0 s", text, flags=re.M)
    if name.startswith(("plan_", "review", "exclude", "report", "import_list")):
        text = re.sub(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?Z?",
                      lambda m: m[0] if m[0] < "2026-05" else "THEN", text)
    return text


class Reader(html.parser.HTMLParser):
    """The words of a page, a block a line."""

    def __init__(self):
        super().__init__()
        self.out, self.silent = [], 0

    def handle_starttag(self, tag, attrs):
        self.silent += tag in ("style", "script")
        self.out.append("\n" if tag in ("p", "h1", "h2", "h3", "tr", "li", "svg") else " ")
        self.out += ["[%s]" % v for k, v in attrs if k in ("class", "href", "d", "points")
                     and self.silent == 0]

    def handle_endtag(self, tag):
        self.silent -= tag in ("style", "script")

    def handle_data(self, data):
        if not self.silent:
            self.out.append(data.strip())


def words_of_page(path):
    reader = Reader()
    with open(path, encoding="utf-8") as page:
        reader.feed(page.read())
    return re.sub(r"\n\s+", "\n", "".join(reader.out)) + "\n"


def words_of_book(path):
    """Each sheet: the values of its rows."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    lines = []
    with zipfile.ZipFile(path) as book:
        texts = []
        if "xl/sharedStrings.xml" in book.namelist():
            root = xml.etree.ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
            texts = ["".join(t.text or "" for t in item.iter(space + "t")) for item in root]
        for name in sorted(n for n in book.namelist() if "worksheets/sheet" in n):
            lines.append("== " + name)
            for row in xml.etree.ElementTree.fromstring(book.read(name)).iter(space + "row"):
                cells = []
                for cell in row:
                    value = cell.find(space + "v")
                    value = "" if value is None else value.text
                    cells.append(texts[int(value)] if cell.get("t") == "s" else value or
                                 "".join(t.text or "" for t in cell.iter(space + "t")))
                lines.append(" | ".join(cells).rstrip(" |"))
    return "\n".join(lines) + "\n"


def compare(name, seen):
    path = os.path.join(GOLDEN, name + ".txt")
    if os.environ.get("GOLDEN_WRITE"):
        os.makedirs(GOLDEN, exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(seen)
    try:
        with open(path, encoding="utf-8") as file:
            golden = file.read()
    except FileNotFoundError:
        golden = ""
    lines = list(difflib.unified_diff(golden.splitlines(), seen.splitlines(), "golden",
                                      "seen", n=0, lineterm=""))
    check(name, golden == seen, " / ".join(line[:120] for line in lines[2:8]))


def wanted(work, rows):
    """Some of them, where they are asked for, after those that made what they read: what is
    listed, plans, and what was imported."""
    names = set(os.environ.get("HEADROOM_DOCUMENTS", "").split(",")) - {""}
    for listed in ("plan_list", "plan_show", "import_folder", "import_list"):
        if listed in names:
            names |= {row[0] for row in rows if row[0].split("_")[0] == listed.split("_")[0]}
    reports = [words for name, _, words in REPORTS if name.split(".")[0] in names]
    if ADDED[0] in names or any("--data" not in words for words in reports):
        names |= {"import_csv", "import_refused", "import_folder"}
    for words in reports:  # of the last plan that its store has
        if "--plan" not in words:
            names |= {row[0] for row in rows if row[1][0] == "plan" and words[-1] in row[1]}
    reads = {word for words in reports + [row[1] for row in rows if row[0] in names]
             for word in words} | ({"plan.json"} if ADDED[0] in names else set())
    for name, words, _ in rows:
        made_file = words[words.index("-o") + 1] if "-o" in words else ""
        if made_file in reads and not os.path.exists(os.path.join(work, made_file)):
            names |= {name}
    return [row for row in rows if row[0] in names or not names]


def documents(work):
    global current
    seen = {}
    shutil.copytree(work + "/data", work + "/unplanned")
    os.mkdir(work + "/empty")
    rows = wanted(work, DOCUMENTS + [ADDED])
    for place, (name, words, formats) in enumerate(rows):
        if (name, words, formats) == ADDED:
            with open(work + "/plan.json", encoding="utf-8") as plan:
                less = plan.read().replace('"gap"', '"not here"')
            with open(work + "/less.json", "w", encoding="utf-8") as out:
                out.write(less)
        current = name
        for form in formats.split():
            done = analyze(work, *words, "--format", form)
            text = done.stdout
            written = os.path.join(work, words[words.index("-o") + 1]) if "-o" in words else ""
            if os.path.isfile(written):
                with open(written, encoding="utf-8") as file:
                    text = file.read()
            if form == "json" and done.returncode in (0, 3):
                # one value a line, so that a difference is one line
                text = re.sub(r"([{,\[])(?=[\"{\[])", "\\1\n", text)
            seen[name] = seen.get(name, "") + "== analyze %s --format %s: exit %d\n%s%s" % (
                " ".join(words), form, done.returncode, without_clock(name, text),
                without_clock(name, done.stderr))
        if name not in [row[0] for row in rows[place + 1:]]:
            compare(name, seen[name])


def reports(work):
    global current
    names = set(os.environ.get("HEADROOM_DOCUMENTS", "").split(",")) - {""}
    if not names or "report_spare" in names:
        with open(work + "/backtest.json", "w", encoding="utf-8") as out:
            out.write(analyze(work, "backtest", "spare.json", "--format", "json").stdout)
    for name, kind, words in REPORTS:
        if names and name.split(".")[0] not in names:
            continue
        current = name.split(".")[0]
        done = analyze(work, "report", *words, "-o", name)
        path = os.path.join(work, name)
        words_of = words_of_page if kind == PAGE else words_of_book
        compare(name, without_clock(name, words_of(path)) if os.path.exists(path) else
                done.stderr)


def main():
    work = tempfile.mkdtemp(prefix="documents.")
    made_once = os.environ.get("HEADROOM_WHOLE_STORE")
    try:
        if made_once and os.path.isdir(made_once):
            shutil.copytree(made_once, work, dirs_exist_ok=True)
        else:
            make_store(work)
            if made_once:
                shutil.copytree(work, made_once)
        documents(work)
        reports(work)
        for name in ("plan.json", "spare.json", "early.json", "less.json", "aligned.json",
                     "other_plan.json", "few_plan.json", "bound_plan.json"):
            if made_once and os.path.exists(os.path.join(work, name)) and \
                    not os.path.exists(os.path.join(made_once, name)):
                shutil.copy(os.path.join(work, name), made_once)
    finally:
        shutil.rmtree(work)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
