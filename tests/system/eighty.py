"""Every verb at 80 columns: its help and what it says of an estate with long names.  A line
is wider only where one word of it alone would not fit.  Seed printed."""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, SEED, check, fail, finish  # noqa: E402

WIDTH = 80
START = 1793491200  # 2026-11-01
DAYS = 16
LONG = "web-frontend-production-01.datacenter-frankfurt.example.internal"
NAMES = [LONG, LONG.replace("01", "02"), "mail", "db",
         "Büro-Fileserver für die Außenstelle in München (alt)",
         "日本語のサーバー名はとても長いことがある", "SQL-CLUSTER-NODE-B_of_the_old_payroll_system_2003",
         "one-word" * 9]


def cells(text):
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def too_wide(text):
    """Lines that could have been broken at a word."""
    wide = []
    for line in re.sub("\x1b\\[[0-9;]*[A-Za-z]", "", text).split("\n"):
        words = line.split()
        room = WIDTH - (len(line) - len(line.lstrip()))
        if cells(line) > WIDTH and len(words) > 1 and \
                not any(cells(word) > room - 2 for word in words):
            wide.append(line)
    return wide


def run(work, *words, expect=None, **more):
    env = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", HEADROOM_DATA="data",
               **dict({"COLUMNS": str(WIDTH)}, **more))
    for name in ("NO_COLOR", "COLUMNS" if not env["COLUMNS"] else "NO_COLOR"):
        env.pop(name, None)
    try:
        done = subprocess.run([os.path.join(BUILD, "analyze")] + list(words), cwd=work,
                              env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        fail("analyze " + " ".join(words), "took too long")
        return "", ""
    out, err = (t.decode("utf-8", "replace") for t in (done.stdout, done.stderr))
    if expect is not None and done.returncode not in expect:
        fail("analyze " + " ".join(words), "exit %d: %s" % (done.returncode, err[:300]))
    return out, err


def write_estate(work):
    rng = random.Random(SEED)
    with open(os.path.join(work, "estate.csv"), "w", encoding="utf-8") as out:
        out.write("time,workload,memory_used_bytes,cpu_used_mhz,network_bps,"
                  "disk_bytes_per_s,disk_ops_per_s\n")
        for n, name in enumerate(NAMES):
            level = rng.uniform(1e9, 4e9)
            days = DAYS if n % 4 else DAYS - 5
            for k in range((DAYS - days) * 96, DAYS * 96):
                busy = 1 + (k // 4 % 24 in (9, 10, 11)) * rng.uniform(0, 2)
                out.write("%d,%s,%d,%.1f,%d,%d,%d\n" % (
                    START + 900 * (k + 1), name, level * busy, level * busy / 2e6,
                    level * busy / 90, level * busy / 900, level * busy / 1e8))


def make(work):
    write_estate(work)
    host = {"type": "rack-server-of-the-second-generation", "count": 6, "cores": 24,
            "core_mhz": 2600, "memory_mb": 65536, "host_memory_mb": 2048, "disk_gb": 20000,
            "nics": [{"mbps": 10000, "use": "host"}, {"mbps": 10000, "use": "shared"}]}
    with open(os.path.join(work, "hosts.json"), "w", encoding="utf-8") as out:
        json.dump({"hosts": [host, dict(host, type="small", count=2, memory_mb=4096)],
                   "constraints": [{"kind": "apart", "workloads": NAMES[:2]}]}, out)
    os.mkdir(os.path.join(work, "data"))
    run(work, "import", "csv", "estate.csv", expect=(0,))
    for fact in ("os=Windows Server 2003 Standard", "disks=c:40,d:100", "firmware=bios",
                 "roles=domain-controller", "devices=usb:dongle:required"):
        run(work, "inventory", LONG, "mail", NAMES[4], "--set", fact, expect=(0,))
    run(work, "plan", "--hosts", "hosts.json", "--profile", "kvm", "--time-limit", "2",
        "--include", "review,unknown,insufficient,disqualified", "--json", "-o",
        "plan.json", expect=(0, 3))
    run(work, "plan", "--hosts", "hosts.json", "--profile", "plain", "--time-limit", "2",
        "--include", "review,unknown,insufficient,disqualified", "--json", "-o",
        "other.json", expect=(0, 3))
    run(work, "exclude", LONG, "2026-11-08T02:00Z", "2026-11-08T04:00Z", "--reason",
        "the restore of the whole cluster after the failed upgrade of its firmware in the "
        "night", expect=(0,))
    subprocess.run([os.path.join(BUILD, "collectord"), "--data",
                    os.path.join(work, "own"), "--interval", "1s", "--ticks", "3"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
                   env=dict(os.environ, RUNTIME_DIRECTORY=os.path.join(work, "run")),
                   check=False)


ALL = "review,unknown,insufficient,disqualified"
SAID = [
    ["status"], ["status", "--gaps"], ["status", LONG],
    ["peaks"], ["peaks", "--brief"], ["peaks", "--detail"], ["peaks", "--spark"],
    ["peaks", LONG], ["peaks", "mail", "--horizon", "12months", "--return-level", "1y"],
    ["verdict"], ["verdict", "--profile", "kvm"], ["verdict", "--profile", "all"],
    ["verdict", "--detail"], ["verdict", "--profile", "kvm", "--sizes"],
    ["verdict", "--profile", "azure-vm", "--strict", LONG],
    ["verdict", "--profile", "aws-mgn", "--detail"],
    ["explain", LONG], ["explain", LONG, "memory"], ["explain", NAMES[4]],
    ["explain", "mail", "--profile", "kvm"],
    ["review"], ["exclude"], ["inventory"], ["inventory", LONG],
    ["inventory", "--missing"], ["inventory", "--keys"],
    ["profiles"], ["profiles", "kvm"], ["profiles", "virtual-server-2005-r2"],
    ["profiles", "--os", "Windows Server 2003 Standard"],
    ["workload", "list"],
    ["plan", "list"], ["plan", "show", "1"],
    ["plan", "--hosts", "hosts.json", "--profile", "kvm", "--include", ALL,
     "--time-limit", "2", "--settings"],
    ["plan", "--hosts", "hosts.json", "--profile", "kvm", "--include", ALL, "--demand",
     "aligned", "--failover", "1", "--resamples", "5", "--time-limit", "2"],
    ["plan", "diff", "plan.json", "other.json"], ["plan", "add", "plan.json", "mail"],
    ["plan", "--hosts", "hosts.json"],
    ["backtest", "plan.json"], ["waves", "--plan", "plan.json"],
    ["validate", LONG, "--target", "kvm"],
    ["validate", "mail", "--target", "virtual-server-2005-r2"],
    ["runbook", "mail", "--target", "kvm", "--settings"],
    ["runbook", "mail", "--target", "kvm", "-o", "folder"],
    ["compare", "mail", "db"], ["compare", LONG, NAMES[4]],
    ["graph", LONG], ["graph", "mail", "memory"],
    ["watch", "--count", "2", "--data", "own"],
    ["status", "--data", "own"], ["graph", "--data", "own"],
    ["alerts"], ["alerts", "maintenance"],
    ["check"], ["check", "-v"], ["fsck"], ["import", "map"],
    ["report", "-o", "r.html"], ["export", "csv", "-o", "e.csv"],
    ["plan", "--example-hosts"], ["help", "--nothing"],
    ["first-look", "--seconds", "10", "--data", "look"],
    # what is wrong is said within the width, too
    ["graph", "mail", "memory", "-o", "x.jpg"], ["peaks", "-o", "x.pdf"],
    ["peaks", "--spark", "--sort", "memory", "--top", "2"],
    ["peaks", "no-such"], ["status", "--data", "nowhere"], ["explain", "mail", "nothing"],
    ["plan", "--hosts", "estate.csv"], ["import", "csv", "hosts.json"],
    ["import", "auto", "hosts.json"], ["verdict", "--profile", "kvmm"],
    ["inventory", "mail", "--set", "os_bits=65"], ["report", "-o", "x.pdf"],
    ["validate", "mail"], ["alerts", "maintenance", "now", "2h"],
    ["verdict", "--profile", "exchange-2003"],
]


def verbs(work):
    text, _ = run(work, "help")
    return re.findall(r"(?m)^  ([a-z-]+) {2,}\S", text.split("options of all")[0])


def of_words(work):
    """A cell that goes on in the next line breaks between words, not "2026-1" and "2-05"."""
    plan = ["plan", "--hosts", "hosts.json", "--profile", "kvm", "--time-limit", "2"]
    out, _ = run(work, *plan)
    reasons = [one["reason"] for one in json.loads(run(work, *plan, "--json")[0])["unplaced"]]
    shown = set(out.split())
    words = {word for reason in reasons for word in reason.split() if len(word) < 20}
    check("reasons break at words", len(words) > 5 and words <= shown, words - shown)
    check("and no line begins with a comma", not re.search(r"(?m)^ *,", out), out)


def in_a_pipe(work):
    """Where no width is known sentences are broken at 80 as well, and no name is cut."""
    for words in (["plan", "--hosts", "hosts.json", "--profile", "kvm", "--include", ALL,
                   "--time-limit", "2"], ["explain", LONG], ["profiles", "kvm"],
                  ["verdict", "--profile", "kvm", "--detail"], ["plan", "show", "1"]):
        out, _ = run(work, *words, COLUMNS="")
        tables = re.findall(r"(?m)^[A-Z]+ .*$(?:\n.+$)*", out)
        prose = out
        for table in tables:
            prose = prose.replace(table, "")
        check("in a pipe: %s keeps to 80 columns" % " ".join(words[:2]),
              out and not too_wide(prose), too_wide(prose)[:3])
    out, _ = run(work, "check", COLUMNS="")
    check("in a pipe the line of check, which a program reads, stays one",
          len(out.splitlines()) == 1 and "|" in out and len(out) > WIDTH, out)
    names = set(re.split(r"\s{2,}|\n", run(work, "verdict", COLUMNS="")[0]))
    check("in a pipe no name is cut", all(any(one.startswith(name) for one in names)
                                          for name in NAMES), names)


def main():
    print("seed", SEED)
    work = tempfile.mkdtemp(prefix="headroom-eighty-")
    if check("a line that could be broken is noticed", too_wide("word " * 20) and
             not too_wide("x" * 90) and not too_wide("  see " + "/x" * 50)):
        pass
    try:
        make(work)
        names = verbs(work)
        said = {words[0] for words in SAID}
        check("no verb is left out", set(names) <= said | {"pack"}, set(names) - said)
        helps = [["help"]] + [["help", name] for name in names] + [
            ["help", topic] for topic in ("hosts", "constraints", "csv", "profile",
                                          "windows", "import")]
        text = subprocess.run([os.path.join(BUILD, "collectord"), "--help"], check=False,
                              stdout=subprocess.PIPE).stdout.decode("utf-8")
        check("collectord --help keeps to 80 columns", text and not too_wide(text),
              "\n" + "\n".join(too_wide(text)[:4]))
        for words in helps + SAID:
            out, err = run(work, *words)
            name = "analyze " + " ".join(words)
            check(name[:90] + " keeps to 80 columns",
                  (out + err or "-o" in words) and not too_wide(out + err),
                  "\n" + "\n".join(too_wide(out + err)[:4]))
        of_words(work)
        in_a_pipe(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    finish()


if __name__ == "__main__":
    main()
