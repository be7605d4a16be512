#!/usr/bin/env python3
"""analyze runbook: folders that a person follows, one target after the other.

Scripts pass shellcheck, XML passes the validators of libvirt; blockers, missing settings and
interrupted writes leave nothing."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tools"))
from checks import check, finish, skip  # noqa: E402
from runbook_kit import (  # noqa: E402
    ANALYZE, DAY, SCHEMA, VS, check_domain, check_folder, contoso, full, linux,
    powershell_faults, powershell_grammar, read, runbook, shell_scripts)


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


# ---- KVM --------------------------------------------------------------------------------------

KVM = {"p2v": ["host=kvm1"], "v2v-ssh": ["vmx=ssh://root@esxi/vmfs/a.vmx"],
       "v2v-images": ["source_images=/srv/in"], "copy": ["source_images=/srv/in"]}


def kvm(work):
    for method, words in KVM.items():
        for firmware in ("uefi", "bios"):
            out, _ = runbook(work, linux(), "kvm", "method=" + method,
                             "firmware=" + firmware, *words)
            check_folder("kvm %s %s" % (method, firmware), out)
            check_domain("kvm %s %s: domain.xml" % (method, firmware), work,
                         os.path.join(out, "domain.xml"))


# ---- Hyper-V ----------------------------------------------------------------------------------

HV_WORDS = {"disk2vhd": [], "live": [], "images": ["source_images=/srv/in"], "vhdx": []}


def hyperv(work):
    powershell_grammar()
    for method, words in HV_WORDS.items():
        for firmware in ("uefi", "bios"):
            out, _ = runbook(work, linux(), "hyper-v-2019", "method=" + method, "vlan=20",
                             "switch=External", "firmware=" + firmware, *words)
            label = "hyper-v %s %s" % (method, firmware)
            check_folder(label, out)
            faults = []
            for name in sorted(os.listdir(out)):
                if name.endswith(".ps1"):
                    raw = open(os.path.join(out, name), "rb").read()
                    faults += powershell_faults(read(out, name))
                    faults += [] if raw.startswith(b"\xef\xbb\xbf") else [name + ": no BOM"]
            check(label + ": PowerShell parses, every argument is quoted", not faults, faults)
            text = read(out, "50-create.ps1")
            check(label + ": generation as the firmware, MACs, sizes", (
                "-Generation '%d'" % (2 if firmware == "uefi" else 1)) in text and
                "'525400123456'" in text and "-MemoryStartupBytes 8192MB" in text and
                "-ProcessorCount 8 " in text and ("EnableSecureBoot" in text) == (
                    firmware == "uefi"), text)
    old = full(contoso(), kind="physical", general={"firmware": "bios"})
    out, _ = runbook(work, old, "hyper-v-2019", "switch=External")
    check("hyper-v: Windows Server 2003 gets IDE and a legacy adapter", "IsLegacy" in read(
        out, "50-create.ps1") and "'IDE'" in read(out, "50-create.ps1"))


# ---- from the store ---------------------------------------------------------------------------

def measured(work):
    """A workload with 28 days of samples: its sizes are the measured ones, its plan's host is
    named, and what its figures rule out stands against a runbook."""
    data, rows = os.path.join(work, "data"), os.path.join(work, "rows.csv")
    with open(rows, "w") as out:
        out.write("time,workload,memory_used_bytes,cpu_used_mhz,cpu_cores,cpu_core_mhz,"
                  "network_bps\n")
        for i in range(28 * 24):
            for name, mib in (("CONTOSO-ADS", 700), ("BIG", 5000)):
                out.write("%d,%s,%d,%d,1,2000,1000000\n" % (
                    1793491200 + 3600 * (i + 1), name, (mib + i % 7) << 20, 400 + i % 5))

    def analyze(*words):
        return subprocess.run([ANALYZE, *words, "--data", data, "--as-of", DAY],
                              capture_output=True, text=True, timeout=60)
    os.makedirs(data)
    done = analyze("import", "csv", rows)
    check("the weeks are taken", done.returncode == 0, done.stderr)
    for name in ("CONTOSO-ADS", "BIG"):
        path = os.path.join(work, name + ".json")
        with open(path, "w") as file:
            json.dump(contoso(name=name), file)
        done = analyze("inventory", name, "--load", path)
        check("and the inventory of " + name, done.returncode == 0, done.stderr)
    out = os.path.join(work, "measured")
    done = analyze("runbook", "CONTOSO-ADS", "--target", VS, "-o", out, "--set",
                   "controller=VS1")
    check("a runbook of a workload", done.returncode == 0, done.stdout + done.stderr)
    sizes = json.loads(read(out, "steps.json"))["sizes"]
    check("GEN-14: the measured peak, up to 64 MiB, beside the inventory's",
          sizes["memory_mib"] == 768 and sizes["memory_mib_today"] == 1015, sizes)
    check("and README.md says why", "measured: its peak" in read(out, "README.md"))
    check("GEN-14: reserved capacity", "reserved capacity" in read(out, "README.md"))
    out = os.path.join(work, "big")
    done = analyze("runbook", "BIG", "--target", VS, "-o", out, "--set", "controller=VS1")
    check("what was measured can stand against it", done.returncode == 1 and
          not os.path.exists(out) and "blocker MEM-5" in done.stdout, done.stdout + done.stderr)
    done = analyze("runbook", "CONTOSO-AD", "--target", VS, "-o", out)
    check("a workload that is none", done.returncode == 1 and "no workload is called" in done.stderr,
          done.stderr)


# ---- what is refused --------------------------------------------------------------------------

def refusals(work):
    out, done = runbook(work, linux(storage=dict(linux()["storage"], snapshots=2), kind="vm"),
                        "kvm", "source_images=/srv", expect=1)
    check("a blocker: no script, exit 1, the list", not os.path.exists(out) and
          "blocker MOVE-SNAPSHOTS" in done.stdout and "nothing was written" in done.stderr,
          done.stdout + done.stderr)
    out, done = runbook(work, linux(), "kvm", expect=1)
    check("what is missing is said with its --set", "--set 'host=" in done.stdout and
          not os.path.exists(out), done.stdout)
    out, done = runbook(work, linux(kind="vm", general={}), "kvm", expect=1)
    check("all at once", all(("missing: " + k) in done.stdout for k in (
        "memory_mb", "vcpus", "source_images")), done.stdout)
    out, done = runbook(work, None, "kvm", "memory=5", expect=1)
    check("an unknown setting has its nearest", 'did you mean "memory_mb"' in done.stderr,
          done.stderr)
    for word, says in (("memory_mb=lots", "expected a whole number"), ("method=magic", "one of"),
                       ("images=here", "a path from the root"), ("name=-rf", "begin with -"),
                       ("name=a/b", "holds /"), ("nonsense", "key=value"),
                       ("firmware=coreboot", "expected"), ("name=", "not blank")):
        out, done = runbook(work, None, "kvm", word, expect=1)
        check("refused: --set %s" % word, says in done.stderr and not os.path.exists(out),
              done.stderr)
    out, done = runbook(work, linux(), "plain", expect=1)
    check("a target without a runbook names those with one", "kvm" in done.stderr and VS in
          done.stderr, done.stderr)
    out, _ = runbook(work, linux(), "kvm", "host=kvm1")
    done = subprocess.run([ANALYZE, "runbook", os.path.join(work, "machine.json"), "--target",
                           "kvm", "-o", out, "--set", "host=kvm1"], capture_output=True, text=True)
    check("a folder that is not empty stays", done.returncode == 1 and "not empty" in done.stderr,
          done.stderr)
    empty = os.path.join(work, "empty")
    os.makedirs(empty)
    out, done = runbook(work, linux(), "kvm", "host=kvm1", name="empty")
    check("an empty one is taken", os.path.exists(os.path.join(out, "README.md")))
    done = subprocess.run([ANALYZE, "runbook", os.path.join(work, "machine.json"), "--target",
                           "kvm"], capture_output=True, text=True)
    check("-o is needed", done.returncode == 2 and "-o DIR" in done.stderr)


def interrupted(work):
    """A write that fails or is killed on its way leaves nothing."""
    if not shutil.which("strace"):
        return skip("interrupted writes", "strace is not installed")
    parent = os.path.join(work, "parent")
    for inject, code in (("write:error=ENOSPC:when=3", 1), ("fsync:error=EIO:when=5", 1),
                         ("rename:error=EACCES:when=1", 1), ("mkdir:error=EACCES:when=1", 1),
                         ("fsync:signal=SIGTERM:when=4", -15)):
        shutil.rmtree(parent, ignore_errors=True)
        os.makedirs(parent)
        done = subprocess.run(
            ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=write,fsync,rename,mkdir",
             "-e", "inject=" + inject, ANALYZE, "runbook", os.path.join(work, "machine.json"),
             "--target", "kvm", "-o", os.path.join(parent, "out"), "--set", "host=kvm1"],
            capture_output=True, text=True, timeout=60)
        left = os.listdir(parent)
        whole = left == ["out"] and "README.md" in os.listdir(os.path.join(parent, "out"))
        check("interrupted by %s: nothing, or all of it" % inject, done.returncode == code and
              (left == [] if code == 1 else left == [] or whole), (done.returncode, left,
                                                                  done.stderr))


if __name__ == "__main__":
    folder = tempfile.mkdtemp(prefix="headroom-runbook-")
    try:
        step_files()
        kvm(folder)
        hyperv(folder)
        measured(folder)
        refusals(folder)
        interrupted(folder)
        shell_scripts(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    finish()
