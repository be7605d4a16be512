#!/usr/bin/env python3
"""The runbooks of AWS MGN, of SBS 2003 in eight phases and of Exchange from the inside out."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from checks import check, finish  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
PHASES = ["prepare_source", "install_migration_mode", "join_computers",
          "move_settings_and_data", "folder_redirection", "demote_source",
          "post_migration", "run_bpa"]


def machine(system, bits=64, kind="vm"):
    return {"schema": "headroom/machine/1", "name": "OLD1", "kind": kind,
            "os": {"name": system, "version": "5.2.3790", "service_pack": "Service Pack 2",
                   "bits": bits},
            "general": {"firmware": "bios", "cores": 2, "threads": 2,
                        "memory_bytes": 4 << 30},
            "storage": {"disks": [{"device": "d0", "bytes": 40 << 30, "style": "mbr"}],
                        "snapshots": 0},
            "network": [{"name": "LAN", "mac": "00:15:5d:00:00:01", "dhcp": True,
                         "primary": True}]}


def runbook(name, subject, target, *words, day="2025-01-01"):
    path = os.path.join(work, name + ".json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(subject, file)
    out = os.path.join(work, name)
    given = [w for word in words for w in ("--set", word)]
    done = subprocess.run([os.path.join(BUILD, "analyze"), "runbook", path, "--target",
                           target, "-o", out, "--as-of", day, *given],
                          capture_output=True, text=True, timeout=60)
    return out, done.returncode, done.stdout + done.stderr


def read(*names):
    with open(os.path.join(*names), encoding="utf-8") as file:
        return file.read()


def page(folder):
    return " ".join(read(folder, "README.md").split())


def steps_of(folder):
    return [s for s in json.loads(read(folder, "steps.json"))["steps"] if s["number"]]


def clean_shell(label, folder):
    scripts = [os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".sh")]
    if not shutil.which("shellcheck"):
        print("SKIP %s: shellcheck is not installed" % label)
    elif scripts:
        done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True,
                              timeout=60)
        check(label + ": shell scripts pass shellcheck", done.returncode == 0, done.stdout)


# ---- AWS MGN ---------------------------------------------------------------------------

STUB = """#!/bin/bash
# an account with one source server; its life is a line of $STUB/life for each question
printf '%s\\n' "$(printf '%q ' "$@")" >>"$STUB/log"
case "$*" in
*describe-replication-configuration-templates*) echo rct-1 ;;
*isArchived*) printf 's-9\\tother\\ns-1\\told1.example.local\\n' ;;
*describe-source-servers*)
	head -n 1 "$STUB/life"
	[ "$(wc -l <"$STUB/life")" -le 1 ] || sed -i 1d "$STUB/life" ;;
*get-launch-configuration*) echo lt-1 ;;
*create-launch-template-version*) echo 7 ;;
esac
"""
GRAMMAR = """
import contextlib, io, json, shlex, sys
import awscli.clidriver
out = []
for line in open(sys.argv[1]):
    sys.argv = ["aws"] + shlex.split(line) + ["--generate-cli-skeleton", "input"]
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        try:
            code = awscli.clidriver.main()
        except SystemExit as end:
            code = end.code
    out.append([line, code, said.getvalue()[-300:]])
print(json.dumps(out))
"""
RUNS = [  # script, the life of the source server meanwhile
    ("25-account.sh", ["NOT_READY"]),
    ("30-replicate.sh", ["NOT_READY", "NOT_READY", "READY_FOR_TEST"]),
    ("40-size.sh", ["READY_FOR_TEST"]),
    ("50-test.sh", ["READY_FOR_TEST", "READY_FOR_TEST", "TESTING"]),
    ("60-tested.sh", ["TESTING", "READY_FOR_CUTOVER"]),
    ("70-cutover.sh", ["READY_FOR_CUTOVER", "CUTTING_OVER"]),
    ("80-finalize.sh", ["CUTTING_OVER", "DISCONNECTED"]),
]


def run_mgn(folder):
    stub = os.path.join(work, "stub")
    os.makedirs(os.path.join(stub, "bin"))
    with open(os.path.join(stub, "bin", "aws"), "w", encoding="utf-8") as file:
        file.write(STUB)
    os.chmod(os.path.join(stub, "bin", "aws"), 0o755)
    env = dict(os.environ, STUB=stub, HEADROOM_PAUSE="0",
               PATH=os.path.join(stub, "bin") + ":/usr/bin:/bin")
    bad = []
    for script, life in RUNS:
        with open(os.path.join(stub, "life"), "w", encoding="ascii") as file:
            file.write("\n".join(life) + "\n")
        done = subprocess.run(["bash", os.path.join(folder, script)], env=env,
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            bad.append((script, done.stdout + done.stderr))
    check("MGN from the account to the end: every script comes to its end", not bad, bad)
    check("the one source server of that host name is taken",
          read(folder, "state", "server").strip() == "s-1")
    log = os.path.join(stub, "log")
    lines = read(log).splitlines()
    verbs = [w for line in lines for w in line.split() if w in (
        "start-test", "change-server-life-cycle-state", "start-cutover", "finalize-cutover",
        "mark-as-archived")]
    check("test, tested, cutover, finish: once each, in this order", verbs == [
        "start-test", "change-server-life-cycle-state", "start-cutover", "finalize-cutover",
        "mark-as-archived"], verbs)
    probe = subprocess.run(["/usr/bin/python3", "-c", "import awscli.clidriver"],
                           capture_output=True)
    if probe.returncode != 0:
        print("SKIP every line of aws by its own parser: the aws command is not installed "
              "(package awscli)")
        return
    script = os.path.join(work, "grammar.py")
    with open(script, "w", encoding="utf-8") as file:
        file.write(GRAMMAR)
    with open(log, "a", encoding="utf-8") as file:
        file.write("mgn start-test --no-such-option 1\n")
    done = subprocess.run(["/usr/bin/python3", script, log], capture_output=True, text=True,
                          timeout=240, env=dict(os.environ, HOME=work,
                                                AWS_CONFIG_FILE="/dev/null"))
    answers = json.loads(done.stdout.splitlines()[-1]) if done.stdout else []
    wrong = [a for a in answers[:-1] if a[1] != 0]
    check("every line of aws is taken by aws itself (%d lines)" % len(lines),
          len(answers) == len(lines) + 1 and not wrong, wrong or done.stderr)
    check("a line that aws does not know is not", answers and answers[-1][1] != 0,
          answers[-1:])


def mgn():
    old = machine("Windows Server 2003 R2 Enterprise x64")
    folder, code, text = runbook("mgn", old, "aws-mgn", "region=us-east-1", "dotnet35=yes",
                                 "instance_type=t2.medium")
    check("MGN-4 2003 on a Xen family: a runbook", code == 0, text)
    check("MGN-2 the legacy agent, from the address of the region, copied by hand",
          "https://aws-application-migration-service-us-east-1.s3.us-east-1.amazonaws.com/"
          "latest/windows_legacy/AwsReplicationWindowsLegacyInstaller.exe" in page(folder) and
          "by hand" in page(folder))
    check("MGN-3 it says what the agent needs", ".NET Framework 3.5" in page(folder))
    check("MGN-1 the list of today, and the day of our rules",
          "rules of `2025-01-01`" in page(folder))
    check("MGN-5 CloudEndure had the same conditions", "CloudEndure" in page(folder))
    numbers = {s["id"]: s["number"] for s in steps_of(folder)}
    check("the source is off before the cutover (ORD-3)",
          numbers["mgn-test"] < numbers["mgn-stop"] < numbers["mgn-cutover"], numbers)
    clean_shell("MGN", folder)
    run_mgn(folder)
    out, code, text = runbook("nitro", old, "aws-mgn", "region=us-east-1", "dotnet35=yes",
                              "instance_type=t3.medium")
    check("MGN-4 2003 on a Nitro family: refused, nothing written", code == 1 and
          "MGN-NITRO" in text and not os.path.exists(out), text)
    out, code, text = runbook("net", old, "aws-mgn", "region=us-east-1", "dotnet35=no",
                              "instance_type=t2.medium")
    check("MGN-3 without .NET 3.5: refused", code == 1 and "MGN-DOTNET35" in text, text)
    out, code, text = runbook("late", old, "aws-mgn", "region=us-east-1", "dotnet35=yes",
                              "instance_type=t2.medium", day="2026-11-30")
    check("since its support ended: refused by the rules of that day", code == 1 and
          "MGN-2003-ENDED" in text, text)
    folder, code, text = runbook("new", machine("Windows Server 2019 Standard"), "aws-mgn",
                                 "region=us-east-1")
    check("a newer Windows takes the other agent", code == 0 and
          "windows/AwsReplicationWindowsInstaller.exe" in page(folder) and
          "Legacy" not in page(folder), text)
    folder, code, text = runbook("r2", machine("Windows Server 2008 R2 Standard"), "aws-mgn",
                                 "region=eu-west-1")
    check("2008 R2 takes the legacy agent, too", code == 0 and
          "eu-west-1.amazonaws.com/latest/windows_legacy/" in page(folder), text)
    folder, code, text = runbook("linux", machine("Debian GNU/Linux 12 (bookworm)"),
                                 "aws-mgn", "region=us-east-1")
    check("Linux gets its agent by a script", code == 0 and
          os.path.exists(os.path.join(folder, "20-agent.sh")), text)
    clean_shell("MGN of Linux", folder)


# ---- Small Business Server --------------------------------------------------------------

SBS = ["destination=essentials", "domain=example.local", "router=192.0.2.1",
       "same_hardware=no"]


def waves_of(steps, order):
    """The rules that an order of these steps of one machine breaks."""
    path = os.path.join(work, "windows.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"workloads": [{"name": "sbs", "steps": steps}],
                   "order": [["sbs:" + step] for step in order]}, file)
    done = subprocess.run([os.path.join(BUILD, "analyze"), "waves", "--data", store,
                           "--windows", path, "--json"],
                          capture_output=True, text=True, timeout=60)
    return done.returncode, [v["rule"] for v in json.loads(done.stdout)["violated"]] \
        if done.stdout else done.stderr


def sbs():
    server = machine("Windows Small Business Server 2003", 32, "physical")
    folder, code, text = runbook("sbs", server, "server-2012-essentials",
                                 "folder_redirection=yes", "target_bits=64", *SBS)
    check("SBS-1 a 64-bit destination: a runbook", code == 0, text)
    steps = steps_of(folder)
    seen = []
    for step in steps:
        if step["phase"] not in seen:
            seen.append(step["phase"])
    check("SBS-3 to SBS-10 eight phases, in this order", seen == PHASES, seen)
    first = [s["id"] for s in steps if s["phase"] == "prepare_source"]
    check("SBS-3 the source: read, backup, service packs, network, health",
          first == ["sbs-read", "sbs-backup", "sbs-fixes", "sbs-network", "sbs-health"], first)
    check("SBS-12 the whole guide is read first", steps[0]["id"] == "sbs-read" and
          "For a source of a later version another guide applies" in page(folder))
    check("SBS-11 how a prompt of an administrator is opened, on both machines",
          "On the source: Start, Run" in page(folder) and
          "On the destination: type `cmd`" in page(folder))
    for name, words in (("10-network.cmd", ("yes: the router", "no: the router",
                                            "no: the name example.local")),
                        ("20-health.cmd", ("yes: dcdiag", "no: dcdiag", "no: netdiag"))):
        script = read(folder, name)
        check("SBS-13 %s says yes or no, and what was seen" % name,
              all(w in script for w in words) and "exit /b 1" in script)
    check("SBS-7 redirection is enabled on the new server, the old policy deleted",
          "delete the old policy" in page(folder))
    by_id = {s["id"]: s for s in steps}
    check("SBS-8 update of Group Policy, demotion, removal; not before phase 4 is done",
          by_id["sbs-gpupdate"]["number"] < by_id["sbs-demote"]["number"] <
          by_id["sbs-remove"]["number"] and "SBS-ORDER" in page(folder) and
          by_id["sbs-gpupdate"]["needs"] == ["sbs-move"], by_id["sbs-gpupdate"])
    check("SBS-10 the analyzer is last", steps[-1]["id"] == "sbs-bpa")
    folder, code, text = runbook("sbs-no", server, "server-2012-essentials",
                                 "folder_redirection=no", "target_bits=64", *SBS)
    check("SBS-7 without redirection the phase is not applicable", code == 0 and
          "Folder redirection: not applicable" in page(folder), text)
    out, code, text = runbook("sbs32", server, "server-2012-essentials",
                              "folder_redirection=no", "target_bits=32", *SBS)
    check("SBS-1 a 32-bit destination is refused", code == 1 and "SBS-64BIT" in text and
          not os.path.exists(out), text)
    out, code, text = runbook("sbs-same", server, "server-2012-essentials",
                              "folder_redirection=no", "target_bits=64", *SBS[:3],
                              "same_hardware=yes")
    check("SBS-2 the same machine is refused", code == 1 and "SBS-NEW-HARDWARE" in text, text)
    code, rules = waves_of(PHASES, PHASES)
    check("waves: the eight phases in their order hold", code == 0 and rules == [], rules)
    wrong = PHASES[:3] + ["demote_source", "move_settings_and_data", "folder_redirection"] + \
        PHASES[6:]
    code, rules = waves_of(PHASES, wrong)
    check("SBS-8 waves: demotion before phase 4 names SBS-ORDER", code == 3 and
          "SBS-ORDER" in rules, rules)


# ---- Exchange --------------------------------------------------------------------------

def exchange():
    server = machine("Windows 2000 Server", 32)
    folder, code, text = runbook("exchange", server, "exchange-2003", "dc_is_2003=no",
                                 "medium=E:\\exchange 2003")
    check("EXC-1 a runbook from the inside out", code == 0, text)
    phases = []
    for step in steps_of(folder):
        if step["phase"] not in phases:
            phases.append(step["phase"])
    check("EXC-4 backup, Exchange, Windows, then the features",
          phases == ["backup", "exchange2003", "os2003", "features"], phases)
    needs = {s["id"]: s["needs"] for s in steps_of(folder)}
    check("EXC-3 EXC-4 each waits for the one before", needs["exc-ready"] == ["exc-backup"] and
          needs["exc-windows"] == ["exc-upgrade"] and
          needs["exc-features"] == ["exc-windows"], needs)
    script = read(folder, "10-prepare.cmd")
    check("EXC-4 the preparation is run from the medium, forest before domain",
          'pushd "E:\\exchange 2003"' in script and
          -1 < script.find("/ForestPrep") < script.find("/DomainPrep"), script)
    check("EXC-6 the five features", all(w in page(folder) for w in (
        "RPC over HTTP", "SharePoint Portal Server", "IPSec for clustering",
        "Kerberos between forests", "Volume Shadow Copy")))
    check("EXC-6 SharePoint Portal Server and a VM exclude each other",
          "OPL-1" in page(folder))
    check("EXC-5 nothing of KB 325379 where no controller is on 2003",
          "KB 325379" not in page(folder))
    folder, code, text = runbook("exchange-dc", server, "exchange-2003", "dc_is_2003=yes",
                                 "medium=E:\\exchange 2003")
    check("EXC-5 else the preparation comes before Exchange",
          [s["id"] for s in steps_of(folder)].index("exc-dc") <
          [s["id"] for s in steps_of(folder)].index("exc-upgrade"), text)
    out, code, text = runbook("exchange-2003", machine("Windows Server 2003 Standard"),
                              "exchange-2003", "dc_is_2003=no", "medium=E:\\exchange",
                              "applications=Exchange 2000")
    check("EXC-2 Exchange 2000 on Windows Server 2003 is refused", code == 1 and
          "EXC-NO-2000-ON-2003" in text and not os.path.exists(out), text)


work = tempfile.mkdtemp()
store = os.path.join(work, "store")
try:
    csv = os.path.join(work, "estate.csv")
    with open(csv, "w", encoding="ascii") as estate:
        estate.write("time,workload,memory_used_bytes\n" + "".join(
            "%d,sbs,1000000000\n" % (1700000100 + 300 * k) for k in range(3)))
    subprocess.run([os.path.join(BUILD, "analyze"), "import", "csv", csv, "--data", store],
                   capture_output=True, check=True, timeout=60)
    mgn()
    sbs()
    exchange()
finally:
    shutil.rmtree(work)
finish()
