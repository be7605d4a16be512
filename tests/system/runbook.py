#!/usr/bin/env python3
"""analyze runbook: folders that a person follows, one target after the other.

Scripts pass shellcheck, XML passes the validators of libvirt, scripts run against stubs that
record their arguments; blockers, missing settings and interrupted writes leave nothing."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("BUILD", "build")
ANALYZE = os.path.join(BUILD, "analyze")
HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.join(HERE, "..", "..", "schema")
DAY = "2026-11-30"
failed = 0


def check(name, condition, why=""):
    global failed
    if condition:
        print("ok", name)
    else:
        failed += 1
        print("FAIL %s: %s" % (name, str(why)[:800].replace("\n", " | ")))


def skip(name, why):
    print("SKIP %s: %s" % (name, why))


def runbook(work, machine, target, *words, name="out", expect=0, more=()):
    """The folder that was written, and what was printed."""
    path = os.path.join(work, "machine.json")
    if machine is not None:
        with open(path, "w") as file:
            json.dump(machine, file)
    out = os.path.join(work, name)
    shutil.rmtree(out, ignore_errors=True)
    given = []
    for word in words:
        given += ["--set", word]
    done = subprocess.run(
        [ANALYZE, "runbook", path, "--target", target, "-o", out, "--as-of", DAY, *given, *more],
        capture_output=True, text=True, timeout=60)
    if done.returncode != expect:
        check("%s %s ends with %d" % (target, words, expect), False,
              "%d: %s%s" % (done.returncode, done.stdout, done.stderr))
    return out, done


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8-sig", newline="") as file:
        return file.read()


# ---- machines ---------------------------------------------------------------------------------

def linux(**changes):
    machine = {
        "schema": "headroom/machine/1", "name": "web1", "kind": "physical",
        "os": {"name": "Debian GNU/Linux 12 (bookworm)", "version": "12", "bits": 64},
        "general": {"firmware": "uefi", "cores": 4, "threads": 8, "memory_bytes": 8 << 30},
        "storage": {"disks": [
            {"device": "sda", "bytes": 100 << 30, "style": "gpt", "bus": "sata",
             "partitions": [{"number": 1, "bytes": 99 << 30, "volumes": ["/"]}]},
            {"device": "sdb", "bytes": (40 << 30) + 1, "style": "gpt", "bus": "sata"}],
            "volumes": [{"name": "/", "fs": "ext4", "bytes": 99 << 30, "used_bytes": 20 << 30}],
            "snapshots": 0},
        "network": [
            {"name": "eth0", "mac": "52:54:00:12:34:56", "dhcp": False, "primary": True,
             "addresses": ["192.0.2.7/24", "2001:db8::7/64"], "gateway": "192.0.2.1",
             "dns": ["192.0.2.53"]},
            {"name": "eth1", "mac": "52:54:00:12:34:57", "dhcp": True}],
        "routes": [{"to": "default", "via": "192.0.2.1", "adapter": "eth0"},
                   {"to": "10.0.0.0/8", "via": "192.0.2.254", "adapter": "eth0"}],
        "software": {"hibernation": False},
    }
    machine.update(changes)
    return machine


# ---- the data ---------------------------------------------------------------------------------

def step_files():
    try:
        import jsonschema
    except ImportError:
        return skip("step files follow their JSON Schema",
                    "the Python package jsonschema is not installed")
    with open(os.path.join(SCHEMA, "json-schema", "steps.json")) as file:
        validator = jsonschema.Draft7Validator(json.load(file))
    bad = []
    for name in sorted(os.listdir(os.path.join(SCHEMA, "steps"))):
        with open(os.path.join(SCHEMA, "steps", name)) as file:
            bad += ["%s: %s" % (name, e.message[:200])
                    for e in validator.iter_errors(json.load(file))]
    check("step files follow their JSON Schema", not bad, bad)


# ---- what every folder keeps ------------------------------------------------------------------

def shell_files(folder):
    return sorted(os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".sh"))


def check_folder(label, folder):
    steps = json.loads(read(folder, "steps.json"))
    readme = read(folder, "README.md")
    numbers = [s["number"] for s in steps["steps"] if s["number"]]
    check(label + ": steps are numbered in order", numbers == list(range(1, len(numbers) + 1)))
    boxes = [int(n) for n in re.findall(r"^- \[ \] \*\*(\d+)\. ", readme, re.M)]
    check(label + ": README.md has a box for each", boxes == numbers, boxes)
    listed = {name for step in steps["steps"] for name in step["files"]}
    present = {os.path.relpath(os.path.join(where, n), folder)
               for where, _, names in os.walk(folder) for n in names}
    check(label + ": every file belongs to a step",
          present == listed | {"README.md", "steps.json"}, present ^ listed)
    check(label + ": every step says how one sees that it worked",
          all(s["check"] for s in steps["steps"]))
    check(label + ": what destroys is not in the sequence and asks", all(
        (s["number"] is None) == s["destructive"] for s in steps["steps"]) and all(
            "Type destroy to go on" in read(folder, f) for s in steps["steps"]
            if s["destructive"] for f in s["files"] if f.endswith((".sh", ".ps1", ".cmd"))))
    left = [n for n in present if "{{" in read(folder, n)]
    check(label + ": no placeholder is left", not left, left)
    if not shutil.which("shellcheck"):
        skip(label + ": shellcheck", "shellcheck is not installed")
    elif shell_files(folder):
        done = subprocess.run(["shellcheck", *shell_files(folder)], capture_output=True, text=True)
        check(label + ": shell scripts pass shellcheck", done.returncode == 0, done.stdout)
    return steps


# ---- KVM --------------------------------------------------------------------------------------

KVM = {"p2v": ["host=kvm1"], "v2v-ssh": ["vmx=ssh://root@esxi/vmfs/a.vmx"],
       "v2v-images": ["source_images=/srv/in"], "copy": ["source_images=/srv/in"]}


def check_domain(label, work, path):
    if not shutil.which("virt-xml-validate") or not shutil.which("virsh"):
        return skip(label, "libvirt-clients is not installed")
    done = subprocess.run(["virt-xml-validate", path, "domain"], capture_output=True, text=True)
    check(label + " passes virt-xml-validate", done.returncode == 0, done.stderr)
    with open(path) as file:
        text = file.read().replace('<domain type="kvm">', '<domain type="test">')
    test = os.path.join(work, "test.xml")
    with open(test, "w") as file:
        file.write(text)
    done = subprocess.run(["virsh", "-c", "test:///default", "define", "--validate", test],
                          capture_output=True, text=True)
    check(label + " is taken by libvirt's test driver", done.returncode == 0, done.stderr)


def kvm(work):
    for method, words in KVM.items():
        for firmware in ("uefi", "bios"):
            out, _ = runbook(work, linux(), "kvm", "method=" + method,
                             "firmware=" + firmware, *words)
            check_folder("kvm %s %s" % (method, firmware), out)
            check_domain("kvm %s %s: domain.xml" % (method, firmware), work,
                         os.path.join(out, "domain.xml"))


if __name__ == "__main__":
    folder = tempfile.mkdtemp(prefix="headroom-runbook-")
    try:
        step_files()
        kvm(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(failed > 0)
