#!/usr/bin/env python3
"""The report that is handed over: 200 workloads, names that would like to be markup, the
budgets of size, requests and pages, identical bytes, and what a browser and a spreadsheet
make of it.  Seed printed; the browser's part runs where chromium is installed."""
import base64
import collections
import csv
import hashlib
import html
import html.parser
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import xml.dom.minidom

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
SEED = int(os.environ.get("HEADROOM_SEED", "20261130"))
START = 1772323200
WORKLOADS, HOURS = 200, 15 * 24
BYTES_MAX, PAGES_MAX, LOAD_MS_MAX = 2000000, 30, 2000
AXE = os.environ.get("HEADROOM_AXE", "")  # the path of axe.min.js (axe-core)
HOSTILE = ["<script>alert(1)</script>", "\"><svg onload=x>", "=cmd|' /C calc'!A0",
           "turned\u202eround", "&amp;", "'quoted'"]
failures = 0


def check(name, condition, why=""):
    global failures
    if condition:
        print("ok", name, flush=True)
    else:
        failures += 1
        print("FAIL %s: %s (seed %d)" % (name, str(why)[:400], SEED), flush=True)
    return condition


def analyze(work, *words, expect=0):
    done = subprocess.run([os.path.join(BUILD, "analyze")] + list(words) +
                          ["--data", "data", "--as-of", "2026-11-30"], cwd=work,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True)
    if done.returncode not in (expect if isinstance(expect, tuple) else (expect,)):
        check("analyze " + " ".join(words[:2]), False, done.stderr)
    return done


def names():
    return HOSTILE + ["vm%03d" % n for n in range(WORKLOADS - len(HOSTILE))]


def csv_field(text):
    if text[0] in "=+-@'\t\r":
        text = "'" + text
    return '"%s"' % text.replace('"', '""') if re.search('[",\n]', text) else text


def write_estate(path):
    rng = random.Random(SEED)
    with open(path, "w", encoding="utf-8") as out:
        out.write("time,workload,memory_used_bytes,cpu_used_mhz,network_bps,"
                  "disk_bytes_per_s\n")
        for name in names():
            level = rng.uniform(2e8, 2e9)
            for k in range(HOURS * 4):
                busy = 1 + (k // 4 % 24 in (9, 10, 11)) * rng.uniform(0, 2) + \
                    rng.uniform(0, 0.4)
                out.write("%d,%s,%d,%.1f,%d,%d\n" % (
                    START + 900 * (k + 1), csv_field(name), level * busy,
                    level * busy / 2e6, level * busy / 100, level * busy / 900))


def write_hosts(path):
    with open(path, "w") as out:
        json.dump({"hosts": [{
            "type": "h", "count": 40, "cores": 24, "core_mhz": 2600, "memory_mb": 262144,
            "host_memory_mb": 2048, "disk_gb": 20000,
            "nics": [{"mbps": 10000, "use": "host"}, {"mbps": 10000, "use": "shared"}]}]},
            out)


def make(work):
    write_estate(os.path.join(work, "estate.csv"))
    write_hosts(os.path.join(work, "hosts.json"))
    analyze(work, "import", "csv", "estate.csv")
    # 3: made, and some find no room
    analyze(work, "plan", "--hosts", "hosts.json", "--include",
            "review,unknown,insufficient,disqualified", "--no-solver", "--time-limit", "2",
            "--json", "-o", "plan.json", expect=(0, 3))
    for form in ("html", "xlsx"):
        for n in "12":
            analyze(work, "report", "--plan", "plan.json", "-o", "r%s.%s" % (n, form))


def read(work, name):
    with open(os.path.join(work, name), "rb") as file:
        return file.read()


def policy_hash(text):
    return "'sha256-%s'" % base64.b64encode(
        hashlib.sha256(text.encode()).digest()).decode()


def check_page(work):
    page = read(work, "r1.html").decode("utf-8")
    print("# a page of %d workloads has %d bytes" % (WORKLOADS, len(page.encode())))
    check("200 workloads stay within 2,000,000 bytes", len(page.encode()) <= BYTES_MAX,
          len(page))
    check("the same inputs give the same page", read(work, "r1.html") == read(work,
                                                                              "r2.html"))
    check("no style attribute", not re.search(r"<[^>]*\sstyle=", page))
    check("nothing is fetched", not re.search(
        r"(src|href|action|data|url)\s*[=(]\s*[\"']?(https?:|//|[a-z]+\.)", page))
    style = re.search(r"<style>(.*?)</style>", page, re.S).group(1)
    script = re.search(r"<script>(.*?)</script>", page, re.S).group(1)
    check("the policy has the hash of the style", policy_hash(style) in page)
    check("the policy has the hash of the script", policy_hash(script) in page)
    check("there is one script and one style",
          page.count("<script") == 1 and page.count("<style") == 1)
    estate = re.search(r'<section id="estate">(.*?)</section>', page, re.S).group(1)
    check("every workload has its row without scripts",
          estate.count("<tr>") == WORKLOADS + 1, estate.count("<tr>"))
    check("hostile names are text", all(
        html.escape(name, quote=False).replace("'", "&#39;").replace('"', "&quot;")
        .replace("\u202e", "\\u{202e}") in page for name in HOSTILE))
    ids = re.findall(r'\sid="([^"]*)"', page)
    check("every id is there once", len(ids) == len(set(ids)))
    check("every link inside leads somewhere", all(
        target in ids for target in re.findall(r'href="#([^"]*)"', page)))
    return page


class Elements(html.parser.HTMLParser):
    """How many of each, and attributes that would run something."""

    def __init__(self, text):
        super().__init__()
        self.count, self.events = collections.Counter(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.count[tag] += 1
        self.events += [name for name, _ in attrs if name.startswith("on")]


def browse(work, *words, page="r1.html"):
    profile = os.path.join(work, "profile")
    return subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--user-data-dir=" + profile, "--enable-logging=stderr", "--v=0"] + list(words) +
        ["file://" + os.path.join(work, page)], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=300)


LOADED = """addEventListener("load",()=>setTimeout(()=>{
const p=document.createElement("pre");p.id="told";
const n=performance.getEntriesByType("navigation")[0];
p.textContent=JSON.stringify({ms:n.loadEventEnd,
more:performance.getEntriesByType("resource").length});document.body.append(p)},50))"""
AUDIT = """addEventListener("load",()=>{for(const d of document.querySelectorAll("details"))
d.open=true;axe.run({runOnly:["wcag2a","wcag2aa","wcag21a","wcag21aa"],
resultTypes:["violations"]}).then(r=>{const p=document.createElement("pre");p.id="told";
p.textContent=JSON.stringify({width:innerWidth,dark:matchMedia("(prefers-color-scheme: dark)").matches,
wrong:r.violations.map(v=>[v.id,v.nodes.length,v.nodes[0].html.slice(0,120)]),
passed:r.passes.length});document.body.append(p)})})"""


def told(work, page, scripts, *words):
    """What scripts that are put into a copy, without its policy, write into the page."""
    copy = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    with open(os.path.join(work, "copy.html"), "w", encoding="utf-8") as out:
        out.write(copy.replace("</head>", "".join(
            "<script>%s</script>" % script for script in scripts) + "</head>", 1))
    done = browse(work, "--dump-dom", "--virtual-time-budget=60000", *words,
                  page="copy.html")
    match = re.search(r'<pre id="told">(.*?)</pre>', done.stdout.decode("utf-8", "replace"),
                      re.S)
    return json.loads(html.unescape(match.group(1))) if match else None


def check_loaded(work, page):
    looks = [one for one in (told(work, page, [LOADED]) for _ in range(3)) if one]
    if not check("the page tells how it was loaded", looks):
        return
    best = min(one["ms"] for one in looks)
    print("# loaded after %.0f ms, the best of 3" % best)
    check("it is loaded in less than %d ms" % LOAD_MS_MAX, 0 < best < LOAD_MS_MAX, best)
    check("it is one request", looks[0]["more"] == 0, looks[0])


def check_audit(work, page):
    """WCAG A and AA by axe-core, all folds open, light and dark."""
    if not os.path.exists(AXE):
        print("SKIP report by axe-core: HEADROOM_AXE names no axe.min.js")
        return
    with open(AXE, encoding="utf-8") as source:
        axe = source.read().replace("</script", "<\\/script")
    found = told(work, page, [axe, AUDIT], "--window-size=400,900")
    check("no violation of WCAG A and AA at 400 pixels", found and not found["wrong"] and
          found["width"] < 600, found)
    for dark in (False, True):
        name = "dark" if dark else "light"
        found = told(work, page, [axe, AUDIT],
                     "--blink-settings=preferredColorScheme=%d" % (0 if dark else 1))
        if not check("axe-core ran (%s)" % name, found and found["dark"] == dark, found):
            continue
        print("# axe-core, %s: %d rules passed" % (name, found["passed"]))
        check("no violation of WCAG A and AA (%s)" % name, not found["wrong"],
              found["wrong"])
        worse = told(work, page.replace("<html lang=", "<html data-lang="), [axe, AUDIT],
                     "--blink-settings=preferredColorScheme=%d" % (0 if dark else 1))
        check("a page without its language is a violation (%s)" % name,
              worse and any(w[0] == "html-has-lang" for w in worse["wrong"]), worse)


def check_browser(work, page):
    if not shutil.which("chromium"):
        print("SKIP report in a browser: chromium is not installed")
        return
    done = browse(work, "--dump-dom")
    dom = done.stdout.decode("utf-8", "replace")
    console = [line for line in done.stderr.decode("utf-8", "replace").splitlines()
               if "CONSOLE" in line]
    if not dom:
        print("SKIP report in a browser: chromium does not start here")
        return
    check("a browser writes nothing to its console", not console, console[:2])
    elements = Elements(dom)
    check("hostile names add no element", elements.count["script"] == 1 and
          elements.count["main"] == 1 and not elements.events,
          (elements.count["script"], elements.events))
    check("the script adds sorting", dom.count("<button") > page.count("<button"))
    check_loaded(work, page)
    check_audit(work, page)
    browse(work, "--print-to-pdf=" + os.path.join(work, "r.pdf"))
    pages = len(re.findall(rb"/Type\s*/Page[^s]", read(work, "r.pdf")))
    print("# printed it has %d pages" % pages)
    check("printed it has at most 30 pages", 0 < pages <= PAGES_MAX, pages)


SHEETS = ["Summary", "vInfo", "vHost", "Peaks", "Verdicts", "Findings", "Plan", "Quality",
          "Method"]


def check_office(work, book):
    """What a spreadsheet program reads, sheet by sheet, against what openpyxl did."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if not office:
        print("SKIP report in LibreOffice: it is not installed")
        return
    out = os.path.join(work, "office")
    run = [office, "-env:UserInstallation=file://" + os.path.join(work, "office-profile"),
           "--headless", "--convert-to"]
    every = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    done = subprocess.run(run + [every, "--outdir", out, os.path.join(work, "r1.xlsx")], timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    found = {name[3:-4]: os.path.join(out, name) for name in os.listdir(out)} \
        if os.path.isdir(out) else {}
    if not check("LibreOffice opens it and has its sheets", sorted(found) == sorted(SHEETS),
                 (sorted(found), done.stdout)):
        return
    for name in SHEETS:
        with open(found[name], encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        check("sheet %s has as many rows as openpyxl finds" % name,
              len(rows) == len(book[name]), (len(rows), len(book[name])))
        same = [a == str(b) for row, other in zip(rows, book[name])
                for a, b in zip(row, other) if isinstance(b, str) and "\n" not in b and
                not re.match(r"\d{4}-\d\d-\d\d", b)]
        numbers = [abs(float(a.replace("%", "e-2")) - b) <= 1e-6 * abs(b) + 1e-9
                   for row, other in zip(rows, book[name]) for a, b in zip(row, other)
                   if isinstance(b, (int, float)) and not isinstance(b, bool)]
        check("sheet %s: its texts and numbers are the same" % name,
              same and all(same) and all(numbers), (same.count(False),
                                                    numbers.count(False)))
    done = subprocess.run(run + ["pdf", "--outdir", out, os.path.join(work, "r1.xlsx")], timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    check("it is printed", os.path.exists(os.path.join(out, "r1.pdf")), done.stdout)


def check_book(work):
    check("the same inputs give the same workbook",
          read(work, "r1.xlsx") == read(work, "r2.xlsx"))
    load = ("import openpyxl,json,sys;b=openpyxl.load_workbook(sys.argv[1]);"
            "print(json.dumps({s.title:[[c.value for c in r] for r in s.iter_rows()]"
            " for s in b},default=str))")
    python = next((p for p in (sys.executable, "/usr/bin/python3") if subprocess.run(
        [p, "-c", "import openpyxl"], stderr=subprocess.DEVNULL).returncode == 0), None)
    if not python:
        print("SKIP report as a workbook: openpyxl is not installed")
        return
    done = subprocess.run([python, "-c", load, os.path.join(work, "r1.xlsx")],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if not check("openpyxl opens the workbook", done.returncode == 0, done.stderr):
        return
    book = json.loads(done.stdout)
    check("it has the sheets", list(book) == SHEETS, list(book))
    head = book["vInfo"][0]
    needed = ["VM", "Powerstate", "Template", "CPUs", "Memory", "Provisioned MiB",
              "In Use MiB", "Cluster", "Host", "Datacenter", "Firmware",
              "OS according to the configuration file", "VM UUID"]
    check("vInfo has the columns that others look for", head == needed, head)
    rows = {row[0] for row in book["vInfo"][1:]}
    check("a formula stays a text", "=cmd|' /C calc'!A0" in rows)
    check("every workload is in vInfo", len(rows) == WORKLOADS, len(rows))
    check("every workload has its peaks", len(book["Peaks"]) == 4 * WORKLOADS + 1)
    peaks = json.loads(analyze(work, "peaks", "vm003", "--json").stdout)["workloads"][0]
    row = next(row for row in book["Peaks"] if row[:2] == ["vm003", "memory"])
    check("a peak is in the unit that stands beside it", row[2] == "GB (2^30)" and
          abs(row[3] * 2 ** 30 - peaks["resources"]["memory"]["peak"]) < 1, row)
    check_office(work, book)


def check_help(work):
    """The example is taken as it is, and every field of it is explained."""
    run = [os.path.join(BUILD, "analyze")]
    text = subprocess.run(run + ["plan", "--example-hosts"],
                          stdout=subprocess.PIPE).stdout.decode()
    with open(os.path.join(work, "example.json"), "w") as out:
        out.write(text)
    done = subprocess.run(run + ["plan", "--hosts", "example.json", "--data", "data",
                                 "--include", "unknown", "--json", "--time-limit", "1"],
                          cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check("the example of a hosts file makes a plan", done.returncode in (0, 3),
          done.stderr)
    help_text = subprocess.run(run + ["help", "hosts"],
                               stdout=subprocess.PIPE).stdout.decode()
    keys = set(re.findall(r'"([a-z_]+)":', text))
    check("every field of it is in help hosts",
          all(key in help_text for key in keys), keys)
    for topic in ("hosts", "constraints", "csv", "profile"):
        lines = subprocess.run(run + ["help", topic],
                               stdout=subprocess.PIPE).stdout.decode().splitlines()
        check("help %s is there, within 80 columns" % topic,
              len(lines) > 9 and max(map(len, lines)) <= 80)
    lines = subprocess.run(run + ["help", "profile"], stdout=subprocess.PIPE).stdout.decode()
    check("help profile tells of base", '"base": "kvm"' in lines, lines)
    for verb in (["status"], ["plan", "list"], ["plan", "show", "1"]):
        done = subprocess.run(run + verb + ["--data", "nowhere"], cwd=work,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        check("a folder that does not exist is an error, and is not made",
              done.returncode == 1 and not os.path.exists(os.path.join(work, "nowhere")) and
              b"does not exist" in done.stderr, (verb, done.stderr))


def check_targets(work):
    done = analyze(work, "verdict", "--profile", "all", "--json")
    answer = json.loads(done.stdout)
    names = [target["profile"] for target in answer["targets"]]
    check("every target is answered for every workload",
          len(answer["workloads"]) == WORKLOADS and
          all(sorted(w["verdicts"]) == sorted(names) for w in answer["workloads"]))
    check("what is there for its runbook alone is no target",
          "exchange-2003" not in names and "kvm" in names, names)
    done = analyze(work, "verdict", "--profile", "exchange-2003", expect=1)
    check("and no verdict is asked for it", "no place to run in" in done.stderr,
          done.stderr)
    check("the counts add up", all(
        target["pass"] == sum(w["verdicts"][target["profile"]] == "PASS"
                              for w in answer["workloads"]) and
        sum(target[key] for key in ("pass", "review", "unknown", "disqualified",
                                    "insufficient")) == WORKLOADS
        for target in answer["targets"]))
    one = json.loads(analyze(work, "verdict", "--profile", "kvm", "--json").stdout)
    check("each is the verdict of that target alone", all(
        a["verdicts"]["kvm"] == b["verdict"]
        for a, b in zip(answer["workloads"], one["workloads"])))
    check("--target says the same as --profile", json.loads(analyze(
        work, "verdict", "--target", "kvm", "--json").stdout) == one)
    one = json.loads(analyze(work, "verdict", "--profile", "all", "--top", "1",
                             "--json").stdout)
    check("--top is of workloads, and every target stays", len(one["workloads"]) == 1 and
          [target["profile"] for target in one["targets"]] == names, one["targets"])


def check_arranged(work):
    full = json.loads(analyze(work, "peaks", "--json").stdout)["workloads"]
    top = json.loads(analyze(work, "peaks", "--sort", "memory", "--top", "10",
                             "--json").stdout)["workloads"]
    peak = lambda w: w["resources"]["memory"]["peak"]
    check("--sort memory --top 10: the ten highest, highest first",
          [peak(w) for w in top] == sorted(map(peak, full), reverse=True)[:10])
    judged = json.loads(analyze(work, "verdict", "--json").stdout)["workloads"]
    only = json.loads(analyze(work, "verdict", "--only", "disqualified", "--sort", "cpu",
                              "--json").stdout)["workloads"]
    check("--only disqualified: those alone", {w["name"] for w in only} == {
        w["name"] for w in judged if w["verdict"] == "DISQUALIFIED"} and only)
    need = [w["requirement"]["cpu_mhz"] for w in only]
    check("and by CPU", need == sorted(need, reverse=True))
    for verb in ("status", "verdict"):
        text = analyze(work, verb, "--only", "colour").stdout
        check("%s: what no row says is told, not that nothing is stored" % verb,
              'no row says "colour"' in text and "stored yet" not in text, text)
    done = analyze(work, "peaks", "--sort", "colour", expect=1)
    check("an unknown column is named", "colour" in done.stderr, done.stderr)


def check_factors(work):
    analyze(work, "report", "--profile", "kvm", "-o", "f.html")
    rows = dict(re.findall(r"((?:cpu|memory)_sizing)<td[^>]*>(\w+)",
                           read(work, "f.html").decode()))
    check("the factors of the report are in words", rows == {
        "cpu_sizing": "sustained", "memory_sizing": "peak"}, rows)


def check_graph(work):
    analyze(work, "graph", "vm001", "memory", "-o", "g.svg")
    picture = read(work, "g.svg").decode()
    tree = xml.dom.minidom.parseString(picture)
    check("a graph is a picture with its axis", len(tree.getElementsByTagName("path")) == 3
          and "GB" in picture or "MB" in picture)
    analyze(work, "graph", "vm001", "memory", "-o", "g2.svg")
    check("the same picture twice", read(work, "g.svg") == read(work, "g2.svg"))
    points = json.loads(analyze(work, "graph", "vm001", "memory", "--json").stdout)
    peak = [w for w in json.loads(analyze(work, "peaks", "vm001", "--json").stdout)[
        "workloads"]][0]["resources"]["memory"]["peak"]
    high = max(p["high"] for p in points["points"])
    check("its highest point is the peak", abs(high - peak) <= 1e-6 * peak, (high, peak))
    analyze(work, "graph", "vm001", "memory:used_bytes", "--json")
    done = analyze(work, "graph", "vm001", "colour", expect=1)
    check("what is not stored is refused with what is", "cpu" in done.stderr, done.stderr)


def check_endings(work):
    """The name of the file says the format, or is refused with those there are."""
    for words, known in ((["graph", "vm001", "memory"], "FILE.svg, FILE.png"),
                         (["peaks"], "FILE.json, FILE.csv")):
        for ending in ("jpg", "pdf"):
            done = analyze(work, *words, "-o", "x." + ending, expect=2)
            check("%s -o x.%s is refused with what there is" % (words[0], ending),
                  known in done.stderr and not os.path.exists(
                      os.path.join(work, "x." + ending)), done.stderr)
    analyze(work, "peaks", "-o", "p.json")
    analyze(work, "peaks", "-o", "p.csv")
    analyze(work, "peaks", "-o", "p.txt")
    check("FILE.json is JSON", json.loads(read(work, "p.json"))["schema"] ==
          "headroom/peaks/1")
    check("FILE.csv is CSV", read(work, "p.csv").startswith(b"workload,"))
    check("another name is text", read(work, "p.txt").startswith(b"WORKLOAD "))
    sparks = analyze(work, "peaks", "--spark", "--sort", "memory", "--top", "3").stdout
    names = [line.split()[0] for line in sparks.splitlines()
             if re.match(r"\S", line)][1:4]
    top = json.loads(analyze(work, "peaks", "--sort", "memory", "--top", "3",
                             "--json").stdout)["workloads"]
    check("sparks are sorted as peaks are", names == [w["name"] for w in top], names)


def check_reservations(work):
    """The first sentence does not promise what the plan does not hold."""
    with open(os.path.join(work, "few.csv"), "w") as out:
        out.write("time,workload,memory_used_bytes\n" + "".join(
            "%d,idle,%d\n" % (START + 900 * (k + 1), 5e8) for k in range(HOURS * 4)))
    with open(os.path.join(work, "one.json"), "w") as out:
        json.dump({"hosts": [{"type": "h", "count": 1, "cores": 24, "core_mhz": 2600,
                              "memory_mb": 262144, "disk_gb": 20000, "nics": [
                                  {"mbps": 10000, "use": "shared"}]}]}, out)
    few = ("--data", "few")
    run = lambda *words: subprocess.run(
        [os.path.join(BUILD, "analyze"), *words, *few], cwd=work, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    run("import", "csv", "few.csv")
    done = run("plan", "--hosts", "one.json", "--profile", "plain", "--failover", "1",
               "--include", "unknown,insufficient,review", "-o", "few.json")
    run("report", "--plan", "few.json", "-o", "few.html")
    sentence = re.search("<h1.*?</h1>(.*?)</p>|fit on.*?<", read(
        work, "few.html").decode(), re.S).group(0)
    check("what is not counted stands in the first sentence",
          "CPU is not counted: no figure for 1 workload" in sentence, (sentence, done.stderr))
    check("a loss that is not survived, too",
          "the loss of any 1 is not survived" in sentence, sentence)


def check_refusals(work):
    done = analyze(work, "report", "-o", "x.pdf", expect=2)
    check("another ending is refused", "FILE.html" in done.stderr, done.stderr)
    done = analyze(work, "report", "-o", "x.html", "--plan", "hosts.json", expect=1)
    check("what is no plan is refused", "headroom/plan/1" in done.stderr, done.stderr)
    check("and nothing is left half-written", not os.path.exists(
        os.path.join(work, "x.html")))
    os.mkdir(os.path.join(work, "empty"))
    done = subprocess.run([os.path.join(BUILD, "analyze"), "report", "-o", "e.html",
                           "--data", "empty"], cwd=work, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    if done.returncode == 0:
        check("without figures it says what to do next",
              b"analyze import" in read(work, "e.html"))
    else:
        check("a folder without a store is an error", b"empty" in done.stderr, done.stderr)


def main():
    work = tempfile.mkdtemp(prefix="headroom-report-")
    print("seed", SEED)
    try:
        make(work)
        page = check_page(work)
        check_browser(work, page)
        check_book(work)
        check_help(work)
        check_targets(work)
        check_arranged(work)
        check_graph(work)
        check_factors(work)
        check_endings(work)
        check_reservations(work)
        check_refusals(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
