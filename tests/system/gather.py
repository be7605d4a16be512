#!/usr/bin/env python3
"""docs/gather: the scripts for Windows, as far as they can be tried here.

gather.vbs runs under Wine where that is installed; its document must be taken, and validated.
Both scripts must name only fields that the document has."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from checks import check, finish  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
HERE = os.path.dirname(os.path.abspath(__file__))
GATHER = os.path.join(HERE, "..", "..", "docs", "gather")


def text_of(name):
    with open(os.path.join(GATHER, name), encoding="ascii") as file:
        return file.read()


def known_fields():
    with open(os.path.join(HERE, "..", "..", "schema", "json-schema", "machine.json")) as file:
        schema = json.load(file)
    names = set(schema["properties"])
    for part in schema["$defs"].values():
        names |= set((part.get("anyOf", [part])[0]).get("properties", {}))
    return names


def fields():
    known = known_fields()
    vbs = set(re.findall(r'(?:Put\w+|Key) "(\w+)"', text_of("gather.vbs")))
    check("gather.vbs writes only fields of the document", vbs and vbs <= known,
          sorted(vbs - known))
    ps1 = text_of("gather.ps1")
    tables = "\n".join(re.findall(r"Clean \(\[ordered\]@\{(.*?)\}\)", ps1, re.S))
    found = set(re.findall(r"(?:^|[;{\n]) *(\w+) *= ", tables))
    check("gather.ps1 writes only fields of the document", found and found <= known,
          sorted(found - known))
    lines = [l for l in text_of("counters.txt").splitlines() if l]
    check("counters.txt holds paths of counters", len(lines) > 8 and all(
        re.match(r"\\[\w ]+(\([*\w]+\))?\\[%\w /]+$", l) for l in lines), lines)


def under_wine(work):
    if not shutil.which("wine"):
        print("SKIP gather.vbs under Wine: wine is not installed")
        return
    shutil.copy(os.path.join(GATHER, "gather.vbs"), work)
    env = dict(os.environ, WINEPREFIX=os.path.join(work, "prefix"), WINEDEBUG="-all",
               WINEDLLOVERRIDES="mscoree,mshtml=")
    env.pop("DISPLAY", None)
    try:
        subprocess.run(["wine", "cscript", "//nologo", "gather.vbs"], cwd=work, env=env,
                       capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        print("SKIP gather.vbs under Wine: it did not end in two minutes")
        return
    found = [n for n in os.listdir(work) if n.endswith(".json")]
    check("gather.vbs writes NAME.json", len(found) == 1, os.listdir(work))
    if not found:
        return
    path = os.path.join(work, found[0])
    with open(path, encoding="ascii") as file:
        machine = json.load(file)
    check("with the six groups", all(key in machine for key in (
        "os", "general", "storage", "network", "secondary", "software")), list(machine))
    check("and what a verdict needs", machine["general"]["memory_bytes"] > 1 << 20
          and machine["general"]["cores"] >= 1 and machine["storage"]["disks"]
          and machine["wmi"] is True and machine["os"]["name"], machine["general"])
    done = subprocess.run([os.path.join(BUILD, "analyze"), "inventory", "--load", path,
                           "--data", os.path.join(work, "data")], capture_output=True,
                          text=True)
    check("analyze takes it", done.returncode == 0, done.stderr)
    done = subprocess.run([os.path.join(BUILD, "analyze"), "validate", path, "--target",
                           "kvm", "--json"], capture_output=True, text=True)
    check("and validates it", json.loads(done.stdout)["name"] == machine["name"], done.stderr)


if __name__ == "__main__":
    folder = tempfile.mkdtemp(prefix="headroom-gather-")
    try:
        fields()
        under_wine(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    finish()
