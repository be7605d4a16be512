#!/usr/bin/env python3
"""Runbooks as somebody reads them who has to do it tonight: a Windows Server 2003 made from a
seed, and a Linux, to every target.  What such a reading found missing, wrong or dangerous
stays found: order, times, ways back, what must not be written over or deleted."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
from checks import check, finish  # noqa: E402
from runbook_kit import powershell_faults  # noqa: E402
from windows_2003 import windows_2003  # noqa: E402

ANALYZE = os.path.join(os.environ.get("BUILD", "build"), "analyze")
SCHEMA = os.path.join(HERE, "..", "..", "schema")
VS = "virtual-server-2005-r2"
def analyze(*words):
    return subprocess.run([ANALYZE, *words], capture_output=True, text=True, timeout=60)


def save(work, machine):
    path = os.path.join(work, "machine.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(machine, file)
    return path


def folder_of(work, name, machine, target, *words, day="2026-11-30"):
    given = [part for word in words for part in ("--set", word)]
    out = os.path.join(work, name)
    done = analyze("runbook", save(work, machine), "--target", target, "-o", out, "--as-of",
                   day, *given)
    check("%s: the folder is written" % name, done.returncode == 0, done.stdout + done.stderr)
    return out


def read(*names):
    with open(os.path.join(*names), encoding="utf-8-sig", newline="") as file:
        return file.read().replace("\r\n", "\n")


def page(folder):
    return " ".join(read(folder, "README.md").split())


# ---- the machines ------------------------------------------------------------------------

def seed_machines():
    check("a seed makes the same machine, another one another",
          windows_2003(5) == windows_2003(5) != windows_2003(6))
    try:
        import jsonschema
    except ImportError:
        return print("SKIP the fixture follows the JSON Schema: the Python package jsonschema "
                     "is not installed")
    with open(os.path.join(SCHEMA, "json-schema", "machine.json"), encoding="utf-8") as file:
        validator = jsonschema.validators.validator_for(schema := json.load(file))(schema)
    bad = [e.message for seed in range(30) for e in validator.iter_errors(windows_2003(seed))]
    check("thirty of them follow the JSON Schema of the machine document", not bad, bad[:2])
    with open(os.path.join(HERE, "..", "..", "docs", "gather", "gather.vbs"),
              encoding="ascii") as file:
        written = set(re.findall(r'(?:Put\w+|Key|StartModes) "(\w+)"', file.read()))
    fields = set()

    def walk(value):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(key, str):
                fields.add(key)
            if isinstance(inner, (dict, list)):
                walk(inner)
    walk(windows_2003(1))
    check("they have only what gather.vbs writes", fields <= written, fields - written)
    return None


def a_vm(machine):
    """The same system as a VM of VMware with one adapter."""
    machine = json.loads(json.dumps(machine))
    machine.update(kind="vm", hypervisor="vmware", network=machine["network"][:1])
    machine["storage"].update(snapshots=0, controllers=[
        {"name": "LSI Logic", "kind": "scsi", "driver": "symmpi"}])
    return machine


LINUX = {
    "schema": "headroom/machine/1", "name": "web1", "kind": "vm", "hypervisor": "kvm",
    "os": {"name": "Debian GNU/Linux 12 (bookworm)", "version": "12", "bits": 64},
    "general": {"firmware": "bios", "cores": 2, "threads": 2, "memory_bytes": 2 << 30},
    "storage": {"disks": [{"device": "vda", "bytes": 4 << 20, "style": "gpt", "bus": "virtio",
                           "partitions": [{"number": 1, "bytes": 3 << 20, "volumes": ["/"]}]}],
                "volumes": [{"name": "/", "fs": "ext4", "bytes": 3 << 20, "device": "vda1"},
                            {"name": "/srv/no such", "fs": "ext4", "bytes": 1 << 20}]},
    "network": [{"name": "eth0", "mac": "52:54:00:12:34:56", "dhcp": False, "primary": True,
                 "addresses": ["192.0.2.7/24", "fe80::1/64"], "gateway": "192.0.2.1"}],
    "software": {"services": [{"name": "postgresql", "start": "auto"}]},
}


# ---- what holds in every folder ----------------------------------------------------------

def every_folder(name, folder):
    steps = json.loads(read(folder, "steps.json"))
    numbered = [s for s in steps["steps"] if s["number"]]
    offline = [s["number"] for s in numbered if s["offline"]]
    check("%s: it is down in one stretch, and each step of it has its minutes" % name,
          offline == list(range(offline[0], offline[-1] + 1)) and all(
              s["minutes"] is not None for s in numbered if s["offline"]), offline)
    total = sum(s["minutes"] for s in numbered if s["offline"])
    text = page(folder)
    check("%s: the page says from when to when, and their sum" % name,
          0 <= steps["sizes"]["down_minutes"] - total < 1 and
          "down from step %d to step %d: plan with %d minutes" % (
              offline[0], offline[-1], steps["sizes"]["down_minutes"]) in text, total)
    wrong = [n for n in os.listdir(folder) if n.endswith((".sh", ".cmd", ".ps1"))
             and not os.path.exists(os.path.join(folder, n))]
    named = set(re.findall(r"`(\d\d-[\w-]+\.(?:sh|cmd|ps1))`", text))
    check("%s: every script that the page names is there" % name, not wrong and
          named <= set(os.listdir(folder)), named - set(os.listdir(folder)))
    order = [n for s in numbered for n in s["files"] if re.match(r"\d\d-", n)]
    places = {s["where"] for s in numbered}
    for place in places:
        mine = [n for s in numbered if s["where"] == place for n in s["files"]
                if re.match(r"\d\d-", n)]
        check("%s: scripts of one place are run in the order of their names (%s)" %
              (name, place), mine == sorted(mine), mine)
    check("%s: no two scripts begin with the same number" % name,
          len({n[:2] for n in order}) == len(order), order)
    check("%s: how to go back, and until when it costs nothing" % name,
          "going back" in text.lower() and ("turn back" in text or "starting the source" in text))


def words_of_stops(name, folder):
    text = page(folder)
    check("%s: what runs there is named where it is stopped" % name,
          re.search(r"By its inventory it runs: `[^`]*SQL Server", text), text[:200])
    check("%s: and activation, backup, monitoring" % name, "msoobe" in text and
          "backup of the VM" in text and "monitoring" in text)


def windows_everywhere(work):
    machine = windows_2003(1)
    check("seed 1 runs SQL Server", machine["name"].startswith("SQLSRV"), machine["name"])
    ready = json.loads(json.dumps(machine))
    ready["network"][0]["dhcp"] = True
    folders = {}
    for name, subject, target, day, words in (
            ("virtual server", ready, VS, "2026-11-30", ["controller=ADS1", "pxe=yes"]),
            ("aws import", a_vm(machine), "aws-vm-import", "2025-01-01",
             ["region=eu-central-1", "bucket=b1", "image=/srv/w1.vmdk", "vcpus=2"]),
            ("aws mgn", machine, "aws-mgn", "2025-01-01",
             ["region=eu-central-1", "dotnet35=yes", "instance_type=t2.xlarge"]),
            ("azure", machine, "azure-vm", "2026-11-30",
             ["group=servers", "location=westeurope", "image=/srv/w1.vhdx"]),
            ("kvm", machine, "kvm", "2026-11-30", ["host=kvm1"]),
            ("kvm from esxi", a_vm(machine), "kvm", "2026-11-30",
             ["vmx=ssh://root@esxi/vmfs/a.vmx"]),
            ("hyper-v", machine, "hyper-v-2019", "2026-11-30", ["switch=External"]),
            ("hyper-v of 2008", machine, "hyper-v-2008-r2", "2026-11-30", ["switch=External"]),
            ("proxmox", machine, "proxmox", "2026-11-30",
             ["vmid=120", "source_images=/srv/in"])):
        folders[name] = folder_of(work, name, subject, target, *words, day=day)
        every_folder(name, folders[name])
        if name != "virtual server":
            words_of_stops(name, folders[name])
    return folders


def drivers_before_the_move(folders):
    for name, has in (("kvm", True), ("hyper-v", True), ("proxmox", True), ("azure", True),
                      ("aws import", False), ("aws mgn", False)):
        steps = json.loads(read(folders[name], "steps.json"))["steps"]
        at = [s["number"] for s in steps if "22-ide-drivers.cmd" in s["files"]]
        stop = min(s["number"] for s in steps if s["offline"])
        check("%s: the drivers of IDE are put in place before it is stopped" % name,
              bool(at) == has and (not at or at[0] < stop), (at, stop))
    script = read(folders["kvm"], "22-ide-drivers.cmd")
    check("by the entries that Windows looks for at its start", all(
        "CriticalDeviceDatabase\\%s\" /v Service /t REG_SZ /d %s " % pair in script for pair in (
            ("primary_ide_channel", "atapi"), ("pci#cc_0101", "pciide"),
            ("pci#ven_8086&dev_7010", "intelide"), ("pci#ven_8086&dev_7111", "intelide"))) and
        script.count("/v Start /t REG_DWORD /d 0") == 3, script)
    check("and it says when one of them failed", script.count("|| set BAD=1") ==
          script.count("reg add") > 20 and "if defined BAD" in script)
    hyperv = json.loads(read(folders["hyper-v"], "steps.json"))
    check("a Windows of before 2008 is imaged from a live system, Disk2vhd does not run there",
          hyperv["settings"]["method"] == "live" and "40-live-copy.sh" in
          os.listdir(folders["hyper-v"]), hyperv["settings"]["method"])


def without_cmdlets(folders):
    """Windows Server 2008 R2: PowerShell 2.0, no module Hyper-V, no .vhdx."""
    folder = folders["hyper-v of 2008"]
    scripts = "".join(read(folder, n) for n in os.listdir(folder) if n.endswith(".ps1"))
    check("a host of 2008 R2 is asked by WMI, by what PowerShell 2.0 has",
          "root\\virtualization" in scripts and not re.search(
              r"-VM\b|VMSwitch|-VHD\b|Get-Cim|PSScriptRoot|Hyper-V'", scripts), scripts)
    text = page(folder)
    check("the VM is made in its manager, of .vhd files, with the MACs of the source",
          "make it in Hyper-V Manager" in text and ".vhdx" not in text.split("## Settings")[0]
          and "static MAC `00-11-0A-" in text and "force_size" in read(
              folder, "40-live-copy.sh"))
    check("PowerShell of every folder parses", not [
        f for name in ("hyper-v", "hyper-v of 2008") for n in os.listdir(folders[name])
        if n.endswith(".ps1") for f in powershell_faults(read(folders[name], n))])


def by_a_grammar_of_others(folders):
    """tree-sitter's PowerShell, where somebody has installed it: npm install --ignore-scripts
    tree-sitter-powershell web-tree-sitter, and the folder in HEADROOM_POWERSHELL_GRAMMAR."""
    where = os.environ.get("HEADROOM_POWERSHELL_GRAMMAR")
    if not where or not shutil.which("node"):
        return print("SKIP PowerShell by a grammar of others: HEADROOM_POWERSHELL_GRAMMAR names "
                     "no folder with tree-sitter-powershell, or node is not installed")
    scripts = [os.path.join(folder, n) for folder in folders.values()
               for n in os.listdir(folder) if n.endswith(".ps1")]
    scripts.append(os.path.join(HERE, "..", "..", "docs", "gather", "gather.ps1"))
    tool = os.path.join(HERE, "..", "tools", "powershell_grammar.js")
    done = subprocess.run(["node", tool, where, *scripts], capture_output=True, text=True,
                          timeout=600)
    check("%d scripts of PowerShell by a grammar of others" % len(scripts),
          done.returncode == 0, done.stdout + done.stderr)
    wrong = os.path.join(os.path.dirname(scripts[0]), "wrong.ps1")
    with open(wrong, "w", encoding="ascii") as file:
        file.write("Get-VM -Name 'it's'\n")
    done = subprocess.run(["node", tool, where, wrong], capture_output=True, text=True,
                          timeout=600)
    os.unlink(wrong)
    check("which finds a quote that ends too early", done.returncode == 1, done.stdout)
    return None


def addresses_again(folders):
    script = read(folders["kvm"], "75-set-addresses.cmd")
    lines = [l for l in script.splitlines() if l.startswith("netsh interface ip")]
    check("the first address is set, the second added, each with what happens if it fails",
          [l.split()[3] for l in lines][:4] == ["set", "add", "add", "set"] and
          all(l.endswith("|| set BAD=1") for l in lines) and "exit /b 1" in script, lines)
    check("routes that were there are there again", re.search(
        r"^route -p add 192\.168\.50\.0 mask 255\.255\.255\.0 10\.1\.\d+\.254$", script, re.M),
        script)
    check("only an adapter that has a connection is meant", "NetConnectionID is not null" in script)
    convert = read(folders["kvm from esxi"], "40-convert.sh")
    check("virt-v2v is given no addresses for a Windows without PowerShell for them",
          "options+=(--mac" not in convert, convert)
    guest = read(folders["kvm"], "80-check-guest.cmd")
    check("what is compared says MISSING, and 10.1.1.2 is not found in 10.1.1.21",
          guest.count("echo MISSING address") == 3 and '[^0-9]" after' in guest, guest)
    text = page(folders["virtual server"])
    check("to Virtual Server: name servers and routes are written down, DHCP gives the same "
          "address", "name server `10.1." in text and "route to `192.168.50.0/24`" in text and
          "Reserve its present address" in text)


def sizes_and_windows(work, folders):
    imported = json.loads(read(folders["aws import"], "steps.json"))
    check("aws: the smallest type that holds it, of a family with a 32-bit system",
          imported["settings"]["instance_type"] == "t2.medium" and "--architecture i386" in
          read(folders["aws import"], "30-import.sh"), imported["settings"])
    short = folder_of(work, "window", windows_2003(1), "kvm", "host=kvm1", "window_minutes=60")
    minutes = json.loads(read(short, "steps.json"))["sizes"]["down_minutes"]
    check("a window is compared with all of the time that it is down",
          "The window is %d minutes too short" % (minutes - 60) in page(short), minutes)
    check("a sentence that ends with a number begins no list",
          "minutes; 333 are planned" in page(folders["virtual server"]) or
          not re.search(r"^\s*333\. ", read(folders["virtual server"], "README.md"), re.M))


# ---- what validate says where nobody knows -----------------------------------------------

def remedies(work):
    path = save(work, windows_2003(1))
    text = analyze("validate", path, "--target", VS).stdout
    part = text[text.index("PRE-PXE"):].split("source:")[0]
    check("who does not know whether it boots by PXE hears where to look and how to say it",
          "--set pxe=yes" in part and "BIOS" in part and "gather it" not in part, part)
    text = analyze("validate", path, "--target", "kvm").stdout
    check("a fact that nobody stated is stated by --set", "--set hibernated=no" in
          text[text.index("MOVE-HIBERNATED"):].split("source:")[0], text)
    text = analyze("validate", save(work, LINUX), "--target", "kvm").stdout
    check("a VM does not know of its snapshots: its host does", "look at its host" in text and
          "--set snapshots=no" in text)
    out = os.path.join(work, "snapshots")
    done = analyze("runbook", save(work, LINUX), "--target", "kvm", "-o", out, "--set",
                   "source_images=/srv", "--set", "snapshots=yes")
    check("and --set snapshots=yes stands against it", done.returncode == 1 and
          "blocker MOVE-SNAPSHOTS" in done.stdout and not os.path.exists(out), done.stdout)
    whole = json.loads(json.dumps(LINUX))
    whole["storage"]["disks"][0].update(partitions=[], style="none")
    whole["storage"]["volumes"] = [{"name": "/", "fs": "ext4", "bytes": 1 << 20, "device": "vda"}]
    done = analyze("validate", save(work, whole), "--target", "aws-vm-import")
    check("a system on a disk without partitions is not sent where nothing starts it",
          done.returncode == 1 and "blocker MOVE-NO-BOOT-LOADER-CLOUD" in done.stdout)
    done = analyze("validate", save(work, whole), "--target", "kvm")
    check("and to KVM with a word on who starts it", "warning MOVE-NO-BOOT-LOADER" in
          done.stdout and "kernel" in done.stdout)
    data = os.path.join(work, "data")
    analyze("inventory", "--load", save(work, windows_2003(1)), "--data", data)
    for verb, more in (("validate", []), ("runbook", ["-o", os.path.join(work, "none")])):
        done = analyze(verb, "SQLSVR08", "--data", data, *more)
        check("%s: an unknown workload has its nearest" % verb, done.returncode == 1 and
              'did you mean "SQLSRV08"?' in done.stderr, done.stderr)


# ---- what must not be written over or deleted ---------------------------------------------

def run(folder, script, path, answer=""):
    env = dict(os.environ, PATH=path + ":" + os.environ["PATH"])
    return subprocess.run(["bash", os.path.join(folder, script)], input=answer, env=env,
                          capture_output=True, text=True, timeout=60)


def stub(work, name, body):
    folder = os.path.join(work, "stubs-" + name)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/bash\necho \"$*\" >>'%s/calls'\n%s\n" % (folder, body))
    os.chmod(path, 0o755)
    return folder


def called(folder):
    path = os.path.join(folder, "calls")
    return read(path) if os.path.exists(path) else ""


def images_of_others(work):
    images = os.path.join(work, "images")
    os.makedirs(images)
    theirs = os.path.join(images, "web1-sda")
    with open(theirs, "w", encoding="ascii") as file:
        file.write("of another machine")
    out = folder_of(work, "kvm names", LINUX, "kvm", "source_images=" + images,
                    "images=" + images, "snapshots=no")
    virsh = stub(work, "virsh", "exit 1")
    done = run(out, "30-check-host.sh", virsh)
    check("kvm: an image of that name is found before the copy", "MISSING a free name of an "
          "image: %s" % theirs in done.stdout, done.stdout)
    done = run(out, "rollback.sh", virsh, "destroy\n")
    check("kvm: and what destroys leaves it where it was never looked at",
          done.returncode == 1 and os.path.exists(theirs), done.stdout + done.stderr)
    if not shutil.which("qemu-img"):
        return print("SKIP a format that is another one: qemu-img is not installed")
    os.makedirs(os.path.join(out, "done"))
    with open(os.path.join(out, "done", "30-check-host.sh"), "w", encoding="ascii"):
        pass
    os.unlink(theirs)
    subprocess.run(["qemu-img", "create", "-q", "-f", "raw", images + "/disk1.img", "4M"],
                   check=True)
    done = run(out, "40-copy.sh", virsh)
    check("kvm: an image of another format than was said is not copied",
          done.returncode == 1 and "--set source_format=raw" in done.stderr and
          not os.path.exists(theirs), done.stderr)
    return None


def machines_of_others(work):
    out = folder_of(work, "proxmox number", LINUX, "proxmox", "vmid=120", "snapshots=no",
                    "source_images=/srv/in")
    qm = stub(work, "qm", "[ \"$1\" != config ] || echo 'name: payroll'")
    done = run(out, "rollback.sh", qm, "destroy\n")
    check("proxmox: a VM that this folder did not make is not destroyed", done.returncode == 1
          and "destroy" not in called(qm), done.stderr)
    os.makedirs(os.path.join(out, "state"))
    with open(os.path.join(out, "state", "made"), "w", encoding="ascii") as file:
        file.write("120 web1\n")
    done = run(out, "rollback.sh", qm, "destroy\n")
    check("proxmox: nor one that has another name by now", done.returncode == 1 and
          "is called payroll" in done.stderr and "destroy" not in called(qm), done.stderr)
    qm = stub(work, "qm", "[ \"$1\" != config ] || echo 'name: web1'")
    done = run(out, "rollback.sh", qm, "destroy\n")
    check("proxmox: its own is", done.returncode == 0 and "destroy 120 --purge 1" in called(qm),
          done.stderr)
    check("proxmox: no agent is waited for that is not there", "--agent 0" in read(
        out, "50-create.sh") and "`--agent 1`" in page(out))
    out = folder_of(work, "hyper-v files", LINUX, "hyper-v-2019", "switch=x", "method=images",
                    "source_images=/srv", "snapshots=no")
    text = read(out, "remove.ps1")
    check("hyper-v: what destroys wants the look at the host before", text.index(
        "done\\30-check-host.ps1") < text.index("Remove-VM") and "a free name of a file" in
        read(out, "30-check-host.ps1"))


def devices_by_uuid(work):
    out = folder_of(work, "fstab", LINUX, "kvm", "source_images=/srv", "snapshots=no")
    table = os.path.join(work, "fstab.txt")
    script = read(out, "17-fstab.sh").replace("for file in /etc/fstab /etc/crypttab /etc/default/"
                                              "grub /etc/initramfs-tools/conf.d/resume /proc/"
                                              "cmdline", "for file in " + table)
    with open(os.path.join(out, "17-fstab.sh"), "w", encoding="utf-8") as file:
        file.write(script)
    for line, good in (("UUID=1-2 / ext4 defaults 0 1", True), ("/dev/sda1 / ext4", False),
                       ("#/dev/sda1 / ext4", True), ("LABEL=x /mnt ext4", True),
                       ("/dev/mapper/vg-root / ext4", True), ("GRUB=root=/dev/vda1", False)):
        with open(table, "w", encoding="utf-8") as file:
            file.write(line + "\n")
        done = run(out, "17-fstab.sh", "/usr/bin")
        check("fstab: %s" % line, (done.returncode == 0) == good, done.stdout + done.stderr)
    os.makedirs(os.path.join(out, "before"))
    with open(os.path.join(out, "before", "services.txt"), "w", encoding="utf-8") as file:
        file.write("  no-such-thing.service loaded active running Nothing\n")
    done = run(out, "80-check-guest.sh", "/usr/bin")
    check("what ran before and does not now, what is not mounted, is MISSING",
          "MISSING service no-such-thing.service" in done.stdout and "MISSING a mounted file "
          "system: /srv/no such" in done.stdout and done.returncode == 1, done.stdout)
    check("an address that an adapter makes itself is not asked for",
          "fe80" not in read(out, "80-check-guest.sh"))


# ---- the data ----------------------------------------------------------------------------

def every_rule_has_its_date():
    """Each rule, check, step, order and system of every target: whence, and when looked at."""
    bad, count, targets = [], 0, set()
    for folder in ("rules", "steps", "order", "profiles", "catalogue"):
        for name in sorted(os.listdir(os.path.join(SCHEMA, folder))):
            with open(os.path.join(SCHEMA, folder, name), encoding="utf-8") as file:
                value = json.load(file)
            targets |= {value["id"]} if folder == "profiles" else set()
            rows = [value] if folder == "profiles" else [
                row for key in ("rules", "checks", "steps", "order", "files", "systems")
                for row in value.get(key, [])]
            for row in rows:
                count += 1
                checked = row.get("checked", value.get("checked", ""))
                source = row.get("source", value.get("source", ""))
                if not re.fullmatch(r"20\d\d-\d\d-\d\d", checked) or len(source) < 8:
                    bad.append((folder, name, row.get("id", row.get("match")), checked, source))
    check("every rule, check, step and system of %d targets has source and date (%d rows)" %
          (len(targets), count), count > 350 and len(targets) >= 11 and not bad, bad[:4])


if __name__ == "__main__":
    place = tempfile.mkdtemp(prefix="headroom-walk-")
    try:
        seed_machines()
        all_folders = windows_everywhere(place)
        drivers_before_the_move(all_folders)
        without_cmdlets(all_folders)
        by_a_grammar_of_others(all_folders)
        addresses_again(all_folders)
        sizes_and_windows(place, all_folders)
        remedies(place)
        images_of_others(place)
        machines_of_others(place)
        devices_by_uuid(place)
        every_rule_has_its_date()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    finish()
