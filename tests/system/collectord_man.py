#!/usr/bin/env python3
"""docs/collectord.8 is written by hand: is it what `collectord --help` says, both ways?"""
import os
import re
import subprocess
import sys

BUILD = os.environ.get("BUILD", "build")
COLLECTORD = os.path.join(BUILD, "collectord")
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*|-[a-zA-Z])(?![\w-])")
failures = 0


def check(name, wrong):
    global failures
    failures += bool(wrong)
    print("FAIL %s: %s" % (name, wrong) if wrong else "ok %s" % name, flush=True)


def helped():
    """Options with whether they take a value, and settings, as --help prints them."""
    text = subprocess.run([COLLECTORD, "--help"], capture_output=True, text=True).stdout
    upper, lower = text.split("\nsettings ", 1)
    options = {}
    for line in re.findall(r"(?m)^ +(-.*)$", upper):
        names = line.split("   ")[0]  # what it does follows after three blanks or more
        value = re.search(r"-[a-z]+ ([A-Z]+)\b", names)
        for option in OPTION.findall(names):
            options[option] = value.group(1) if value else None
    return options, re.findall(r"(?m)^  ([a-z]\w*)(?: |$)", lower)


def page():
    """The page without its markup, by section."""
    with open("docs/collectord.8") as f:
        text = f.read()
    sections = {}
    for part in re.split(r"(?m)^\.SH ", text)[1:]:
        title, body = part.split("\n", 1)
        body = re.sub(r"\\f[A-Z]|(?m:^\.[A-Z]+ ?)|\"", "", body).replace("\\-", "-")
        sections[title] = body
    return sections


options, settings = helped()
sections = page()
with open("docs/collectord.conf.5") as f:  # written by the program (sampler_run.py)
    names = set(re.findall(r"(?m)^\.B[A-Z]* (\w+)", f.read()))
check("--help names options and settings", "" if len(options) > 15 and len(settings) > 20
      else "%d options, %d settings" % (len(options), len(settings)))
described = set(OPTION.findall(sections["OPTIONS"]))
check("every option of --help stands in collectord(8)",
      ", ".join(sorted(set(options) - described)))
# "uname -n" is no option of ours
check("collectord(8) names no option that is not in --help",
      ", ".join(sorted(described - set(options) - {"-n"})))
check("every setting stands in collectord.conf(5)", ", ".join(sorted(set(settings) - names)))
restart = re.search(r"(?s)the old ones hold\.\s+(.*?)\s+need a\s+restart", sections["SIGNALS"])
restart = set(re.split(r",\s+|\s+and\s+", restart.group(1))) if restart else {"(not found)"}
check("what needs a restart are settings", ", ".join(sorted(restart - set(settings))))
for option, value in sorted(options.items()):
    # read from left to right: one that is not known ends before --help
    words = [option] + (["1"] if value else []) + ["--help"]
    done = subprocess.run([COLLECTORD] + words, capture_output=True, text=True,
                          timeout=20)
    check("%s is taken" % option, "" if done.returncode == 0 else done.stderr.strip())
sys.exit(1 if failures else 0)
