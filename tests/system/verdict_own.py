"""A machine that sampled itself for four weeks and was told nothing: under kvm its verdict
needs no fact that a person would have to state; what was taken as absent is listed, and
--strict takes nothing.  What it has stands beside what it needs."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, SEED, check, finish  # noqa: E402
from simulated import START, Daemon  # noqa: E402

DAYS, STEP = 29, 300


def run(program, *words):
    done = subprocess.run([os.path.join(BUILD, program)] + list(words),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          universal_newlines=True, check=False)
    return done.returncode, done.stdout + done.stderr


def verdict(data, *words):
    code, text = run("analyze", "verdict", "--profile", "kvm", "--json", "--data", data, *words)
    return json.loads(text)["workloads"][0] if code == 0 else {"verdict": text}


def of_too_short(daemon):
    daemon.run(START + 3 * STEP - STEP)
    text = run("analyze", "verdict", "sim", "--profile", "kvm", "--data", daemon.data)[1]
    check("before 15 minutes: how long to wait, and no remedy that is none",
          "no mean of CPU over 15 minutes yet" in text and "import csv" not in text, text)


def of_weeks(daemon):
    daemon.run(START + DAYS * 86400)
    data = daemon.data
    for name, root in (("this machine", "/"), ("the recorded machine", daemon.host.root)):
        code, text = run("collectord-inventory", "--root", root, "--name", "sim", "--data", data)
        check("%s: its inventory" % name, code == 0, text)
        got = verdict(data)
        unknown = [f for f in got.get("findings", ()) if f["outcome"] == "UNKNOWN"]
        check("%s: nothing is UNKNOWN for want of a fact" % name,
              got["verdict"] in ("PASS", "REVIEW") and not unknown, (got["verdict"], unknown))
        check("%s: has stands beside needs" % name,
              all(got["has"][k] for k in ("memory_mb", "cores", "core_mhz")), got.get("has"))
    check("the recorded machine passes under kvm, and nobody stated a thing",
          got["verdict"] == "PASS", got)
    strict = verdict(data, "--strict")
    check("--strict: what nobody stated is UNKNOWN", strict["verdict"] == "UNKNOWN", strict)
    text = run("analyze", "verdict", "--profile", "kvm", "--data", data)[1]
    check("what was taken as absent is listed", "taken as absent, for nobody stated it" in text,
          text)
    check("the last lines: how many pass where", "of 1 pass:" in text and " kvm 1" in text, text)
    text = run("analyze", "verdict", "--sizes", "--profile", "kvm", "--data", data)[1]
    check("--sizes: 23.5 GB and 2 cores are there", "23.5 GB" in text and " 2 " in text, text)
    text = run("analyze", "verdict", "sim", "--profile", "kvm", "--data", data)[1]
    check("the page of one: has and needs in GB, cores, GHz and per cent",
          "has 23.5 GB and 2 cores of 2.60 GHz; needs " in text and " cores, " in text, text)
    under = json.loads(run("analyze", "verdict", "--profile", "all", "--json", "--data",
                           data)[1])["workloads"][0]["verdicts"]
    for profile in under:
        alone = json.loads(run("analyze", "verdict", "--profile", profile, "--json", "--data",
                               data)[1])["workloads"][0]["verdict"]
        check("under %s the same verdict by itself and among all" % profile,
              alone == under[profile], (alone, under))


def main():
    daemon = Daemon(SEED, "sensors = no\n", step=STEP)
    try:
        daemon.start()
        of_too_short(daemon)
        of_weeks(daemon)
        daemon.stop()
    finally:
        daemon.remove()
    finish()


main()
