#!/usr/bin/env python3
"""analyze validate: the report (VAL-1 to VAL-5, VAL-8) as a person and a program get it."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from checks import check, finish  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
DATA = os.environ.get("HEADROOM_TEST_DATA")


def analyze(*args):
    return subprocess.run([os.path.join(BUILD, "analyze"), *args], capture_output=True,
                          text=True, timeout=60)


# The machine of the book's sample report, in full.
SAMPLE = {
    "schema": "headroom/machine/1", "name": "CONTOSO-ADS",
    "os": {"name": "Windows Server 2003 Standard", "version": "5.2.3790",
           "service_pack": "Service Pack 1", "language": "English", "hal": "acpipic_up"},
    "general": {"cores": 1, "memory_bytes": 1015 << 20},
    "storage": {
        "controllers": [{"name": "PCI IDE", "kind": "ide"}],
        "disks": [{"device": "\\device\\harddisk0", "bytes": 100027630080, "kind": "basic",
                   "partitions": [{"number": 1, "bytes": 12584644608, "primary": True,
                                   "bootable": True, "windows": True, "boot_ini": True,
                                   "extended": False, "volumes": ["C:"]},
                                  {"number": 2, "extended": True}]}],
        "volumes": [{"name": "C:", "fs": "NTFS", "bytes": 12584644608, "windows": True}],
        "san": False, "mounted": ["\\DosDevices\\%s:" % c for c in "ACDEFG"]},
    "network": [{"name": "Intel PRO/100", "mac": "000AE45A7D1B", "dhcp": True,
                 "primary": True, "pxe": True}],
    "secondary": [{"class": "cdrom", "name": "DVD-ROM"}],
    "software": {"services": [{"name": "svc%d" % i, "start": "auto"} for i in range(88)],
                 "drivers": [{"name": "drv%d" % i, "start": "system"} for i in range(174)],
                 "auto_run": ["a.exe", "b.exe"],
                 "system_files": ["hal.dll", "ntoskrnl.exe", "ntdll.dll", "kernel32.dll",
                                  "winsrv.dll"] + ["file%d.dll" % i for i in range(6)],
                 "updates": ["KB%d" % i for i in range(56)]},
    "wmi": True, "admin": True,
}
# VAL-2: these lines, in this order.
LINES = ["System", "  Name: CONTOSO-ADS", "  Memory: 1015MB", "  Processors: 1",
         "  HAL: acpipic_up", "  OS Version: 5.2.3790 Service Pack 1", "Network",
         "  Network Card[0]: Intel PRO/100", "    MAC[0]: 000AE45A7D1B", "    DHCP: True",
         "    PrimaryNic: True", "Storage Controller", "  PCI IDE: ide", "Logical Drive",
         "  Count: 1", "  C: 12584644608 bytes, NTFS, hosts Windows: True", "Hard Disk",
         "  Count: 1", "  \\device\\harddisk0: 100027630080 bytes, basic",
         "    Partition 1: 12584644608 bytes, primary: True, bootable: True, hosts Windows: "
         "True, able to capture: True, extended: False, boot.ini: True, logical drives: C:",
         "CDROM", "  DVD-ROM", "Services", "  Count: 88", "Drivers", "  Count: 174",
         "Auto Run Programs", "  Count: 2", "System Files", "  Count: 11", "Hotfixes",
         "  Count: 56", "MountedDevices", "  Count: 6", "Mapping Storage Devices",
         "  C: is partition 1 of \\device\\harddisk0",
         "Windows partition used: \\device\\harddisk0\\partition1",
         "MAC used for PXE: 000AE45A7D1B", "Checking ...", "No incompatibilities found.",
         "Success."]


def write(path, value):
    with open(path, "w") as file:
        json.dump(value, file)
    return path


def report(work):
    path = write(os.path.join(work, "contoso.json"), SAMPLE)
    done = analyze("validate", path)
    lines, at, missing = done.stdout.splitlines(), 0, []
    for line in LINES:
        if line in lines[at:]:
            at = lines.index(line, at) + 1
        else:
            missing.append(line)
    check("VAL-2: the sections and lines in their order", done.returncode == 0 and
          not missing, (missing, done.stderr))
    check("and these two at the end",
          lines[-2:] == ["No incompatibilities found.", "Success."], lines[-2:])
    check("with our own banner", lines[0].startswith("Headroom: ") and
          "Microsoft" not in done.stdout, lines[:1])
    value = json.loads(analyze("validate", path, "--json").stdout)
    check("VAL-4: the partition and the MAC", value["schema"] == "headroom/validate/1" and
          value["windows_partition"] == "\\device\\harddisk0\\partition1" and
          value["pxe_mac"] == "000AE45A7D1B" and value["success"] is True and
          value["incompatibilities"] == [] and value["missing_files"] == [], value)

    sample = json.loads(json.dumps(SAMPLE))
    sample["software"]["system_files"].remove("winsrv.dll")
    done = analyze("validate", write(path, sample))
    check("VAL-5, VAL-10: a missing file, what holds it, and two steps", done.returncode == 1
          and "missing file winsrv.dll: it is in Windows Server 2003 Service Pack 1" in
          done.stdout and "extract that update first, then load the file" in done.stdout
          and done.stdout.splitlines()[-1] == "Failed.", done.stdout[-400:])
    value = json.loads(analyze("validate", path, "--json").stdout)
    check("in JSON, too", [f["file"] for f in value["missing_files"]] == ["winsrv.dll"]
          and value["success"] is False)
    sample["storage"]["san"] = True
    done = analyze("validate", write(path, sample), "--format", "csv")
    check("as CSV", "PRE-SAN,blocker,storage.san," in done.stdout, done.stdout)


def golden(work):
    if not DATA:
        print("SKIP G22: HEADROOM_TEST_DATA is not set")
        return
    with open(os.path.join(DATA, "golden.json")) as file:
        vector = [v for v in json.load(file) if v["id"].startswith("G22")][0]
    for case, wanted in zip(vector["inputs"]["cases"], vector["expected"]["cases"]):
        path = write(os.path.join(work, "g22.json"), case)
        value = json.loads(analyze("validate", path, "--json").stdout)
        got = {i["rule"] for i in value["incompatibilities"]}
        last = analyze("validate", path).stdout.splitlines()[-2:]
        check("G22 " + case["name"], got == set(wanted["incompatibilities"])
              and value["windows_partition"] == wanted.get(
                  "windows_partition", value["windows_partition"])
              and value["pxe_mac"] == wanted.get("pxe_mac", value["pxe_mac"])
              and last == wanted.get("last_lines", last), (got, wanted, last))


def again(work):
    """VAL-8: mend, gather, validate again; and what cannot be read."""
    data, path = os.path.join(work, "data"), os.path.join(work, "m.json")
    bad = json.loads(json.dumps(SAMPLE))
    bad["wmi"] = False
    analyze("inventory", "--load", write(path, bad), "--data", data)
    done = analyze("validate", "CONTOSO-ADS", "--data", data)
    check("a workload's stored document is validated", done.returncode == 1
          and "blocker PRE-WMI at wmi" in done.stdout, done.stdout[-300:])
    analyze("inventory", "--load", write(path, SAMPLE), "--data", data)
    check("after the mend it is ready",
          analyze("validate", "CONTOSO-ADS", "--data", data).returncode == 0)
    analyze("inventory", "CONTOSO-ADS", "--set", "wmi=no", "--data", data)
    done = analyze("validate", "CONTOSO-ADS", "--data", data)
    check("a person's word counts beside the document", done.returncode == 1
          and "PRE-WMI" in done.stdout, done.stdout[-300:])
    done = analyze("validate", "CONTOSO-ADS", "--target", "kvm", "--data", data)
    check("another target has other checks", "MOVE-OLD-WINDOWS-DRIVERS" in done.stdout
          and "PRE-" not in done.stdout, done.stdout[-300:])
    for name, words, reason in (
            ("an unknown workload", ["nobody", "--data", data], "nobody"),
            ("a file that is not there", ["/none/x.json"], "there is no such file"),
            ("a target that is none", [path, "--target", "kvn"], 'did you mean "kvm"'),
            ("a file that is no machine", [write(os.path.join(work, "x.json"), {"a": 1})],
             "is no machine document")):
        done = analyze("validate", *words)
        check("refused: " + name, done.returncode == 1 and reason in done.stderr
              and not done.stdout, done.stderr)
    check("no argument is a usage error", analyze("validate").returncode == 2)


def own_checks(work):
    """Checks are data: a file of the user's adds and replaces."""
    folder = os.path.join(work, "config", "rules")
    os.makedirs(folder)
    row = {"id": "OWN-1", "severity": "blocker", "when": {
        "field": "general.memory_bytes", "less": 1 << 40}, "text": "too small",
        "source": "house rule", "checked": "2026-11-30"}
    own = {"schema": "headroom/checks/1", "targets": ["kvm"], "checks": [row]}
    write(os.path.join(folder, "own.json"), own)
    path = write(os.path.join(work, "own-machine.json"), SAMPLE)
    words = ["validate", path, "--target", "kvm", "--config-dir", os.path.join(work, "config")]
    check("a check of one's own", "blocker OWN-1 at general.memory_bytes: too small" in
          analyze(*words).stdout)
    own["checks"][0]["when"] = {"field": "general.memry", "less": 1}
    write(os.path.join(folder, "own.json"), own)
    done = analyze(*words)
    check("a bad one is refused with its place", "own.json:1" in done.stderr
          and "general.mem" in done.stderr and done.returncode == 0, done.stderr)


if __name__ == "__main__":
    folder = tempfile.mkdtemp(prefix="headroom-validate-")
    try:
        report(folder)
        golden(folder)
        again(folder)
        own_checks(folder)
    finally:
        shutil.rmtree(folder)
    finish()
