#!/usr/bin/env python3
"""The scripts of runbooks run: against stubs that record their arguments, on this machine
where that changes nothing, and with names of all kinds that have to arrive as they are."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tools"))
from checks import check, finish, skip  # noqa: E402
from runbook_kit import (  # noqa: E402
    ANALYZE, BUILD, DAY, VS, calls, check_folder, contoso, linux, powershell_faults,
    powershell_literals, read, remember_shell, run_script, runbook, shell_scripts,
    stub_folder)


# ---- Proxmox ----------------------------------------------------------------------------------

# qm of Proxmox VE 8.2: what each command takes (qm(1)); N stands for a number
QM = {
    "create": "name memory cores sockets cpu machine ostype scsihw agent",
    "set": "name memory cores sockets cpu machine ostype scsihw agent bios efidisk0 netN scsiN "
           "sataN ideN boot onboot",
    "import": "storage", "importovf": "", "disk import": "", "start": "", "stop": "",
    "destroy": "purge", "status": "", "list": "", "config": "",
}
QM_WORDS = {"images": ["source_images={dir}"], "live": ["source_images={dir}"],
            "esxi": ["esxi_volume=esxi1:ha-datacenter/store1/it's a $vm/web1.vmx"],
            "ovf": ["ovf=/srv/it's; $x/web1.ovf"]}


QM_STUB = """state=$(dirname "$0")/vm
case "$1" in
status) [ -e "$state" ] || exit 2 ;;
create | import | importovf) : >"$state" ;;
disk) echo "unused0: local-lvm:vm-120-disk-0" >>"$state" ;;
config) cat "$state" ;;
set) case "$*" in *vm-120-disk*) sed -i /unused0/d "$state" ;; esac ;;
destroy) rm "$state" ;;
esac"""


def qm_faults(call):
    words = [w.decode() for w in call[1:]]
    command = "disk import" if words[:2] == ["disk", "import"] else words[0]
    taken = QM.get(command)
    if taken is None:
        return ["qm %s" % command]
    options = [re.sub(r"(?<=net|csi|ata|ide)\d+$", "N", w[2:]) for w in words
               if w.startswith("--")]
    return ["qm %s --%s" % (command, o) for o in options if o not in taken.split()]


def proxmox(work):
    incoming = os.path.join(work, "it's in $coming;")
    os.makedirs(incoming, exist_ok=True)
    for number in (1, 2):
        with open(os.path.join(incoming, "disk%d.img" % number), "w"):
            pass
    for method, words in QM_WORDS.items():
        for firmware in ("uefi", "bios"):
            label = "proxmox %s %s" % (method, firmware)
            out, _ = runbook(work, linux(), "proxmox", "vmid=120", "method=" + method, "vlan=7",
                             "firmware=" + firmware, *[w.format(dir=incoming) for w in words])
            check_folder(label, out)
            stubs = stub_folder(work, {"qm": QM_STUB, "pvesm": "exit 0", "ping": "exit 1"})
            done = run_script(out, "50-create.sh", stubs)
            check(label + ": a script waits for the one it needs", done.returncode == 1 and
                  "30-check-node.sh is to be run first" in done.stderr, done.stderr)
            os.makedirs(os.path.join(out, "done"))
            open(os.path.join(out, "done", "30-check-node.sh"), "w").close()
            for name in ("50-create.sh", "60-first-start.sh", "70-plug.sh"):
                done = run_script(out, name, stubs)
                check("%s: %s runs" % (label, name), done.returncode == 0, done.stderr)
            made = calls(stubs)
            faults = [f for call in made if call[0] == b"qm" for f in qm_faults(call)]
            check(label + ": qm takes every option", not faults, faults)
            flat = [w for call in made for w in call]
            want = {"images": os.path.join(incoming, "disk2.img"), "live": os.path.join(
                incoming, "disk1.img"), "esxi": words[0][12:], "ovf": words[0][4:]}[method]
            check(label + ": names arrive as they are", want.encode() in flat, flat)
            nets = [call[-1].decode() for call in made if b"--net0" in call]
            check(label + ": the MAC, first unplugged, then plugged", nets == [
                "virtio=52:54:00:12:34:56,bridge=vmbr0,tag=7,link_down=%d" % n for n in (1, 0)],
                nets)
            check(label + ": firmware as the source", (b"ovmf" in flat) == (firmware == "uefi"))
            refused = run_script(out, "rollback.sh", stubs)
            check(label + ": what destroys does nothing unasked", refused.returncode != 0 and
                  b"destroy" not in [c[1] for c in calls(stubs)], refused.stdout)
    out, done = runbook(work, linux(name="Web Server 1"), "proxmox", "vmid=120",
                        "source_images=/srv", expect=1)
    check("proxmox: a name that is no DNS label asks for another", "name" in done.stdout and
          "DNS label" in done.stdout and not os.path.exists(out), done.stdout)


# ---- what runs without a target ---------------------------------------------------------------

def scripts_run(work):
    """The checks of a host that has nothing; recording and comparing on this machine."""
    stubs = stub_folder(work, {n: "exit 1" for n in ("virsh", "qm", "pvesm")})
    for target, words, script, wanted in (
            ("kvm", ["method=copy", "source_images=/srv", "images=/nowhere"], "30-check-host.sh",
             ["libvirt at qemu:///system", "the folder /nowhere", "the libvirt network default",
              "UEFI firmware"]),
            ("proxmox", ["vmid=120", "source_images=/srv"], "30-check-node.sh",
             ["the storage local-lvm", "the bridge vmbr0"])):
        out, _ = runbook(work, linux(), target, *words)
        done = run_script(out, script, stubs)
        check("%s: a host that has nothing is told all of it" % target, done.returncode == 1 and
              all("MISSING " + w in done.stdout for w in wanted) and
              not os.path.exists(os.path.join(out, "done")), done.stdout + done.stderr)
    if not shutil.which("ip"):
        return skip("recording and comparing", "ip is not installed")
    here = subprocess.run([os.path.join(BUILD, "collectord-inventory")], capture_output=True,
                          text=True, timeout=60)
    machine = json.loads(here.stdout)
    machine.update(kind="physical")
    machine["storage"].update(snapshots=0, san=False, iscsi=False)
    out, done = runbook(work, machine, "kvm", "host=kvm1", "memory_mb=1024", "vcpus=1")
    if done.returncode != 0:
        return skip("recording and comparing", "this machine is not ready for kvm")
    for script in ("10-record.sh", "80-check-guest.sh"):
        done = subprocess.run(["bash", os.path.join(out, script)], capture_output=True, text=True,
                              timeout=60)
        check("%s runs on this machine, which is as its inventory says" % script,
              done.returncode == 0 and "MISSING" not in done.stdout, done.stdout + done.stderr)
    check("and the folder before holds its addresses", all(
        n["mac"] in read(out, "before/links.txt") for n in machine["network"]
        if n.get("mac")))


def copies_images(work):
    """The copy of kvm with the real qemu-img: the same bytes, not again what is done."""
    if not shutil.which("qemu-img"):
        return skip("a copy by qemu-img", "qemu-utils is not installed")
    source, images = os.path.join(work, "in $dir"), os.path.join(work, "img 'x'")
    for folder in (source, images):
        os.makedirs(folder)
    for number in (1, 2):
        with open(os.path.join(source, "disk%d.img" % number), "wb") as file:
            file.write(os.urandom(200000))
            file.truncate(4 << 20)
    out, _ = runbook(work, linux(name="it's; $web"), "kvm", "method=copy",
                     "source_format=raw", "source_images=" + source, "images=" + images)
    os.makedirs(os.path.join(out, "done"))
    open(os.path.join(out, "done", "30-check-host.sh"), "w").close()
    first = run_script(out, "40-copy.sh", work)
    made = sorted(os.listdir(images))
    check("a copy by qemu-img", first.returncode == 0 and made == [
        "it%27s%3B%20%24web-sda", "it%27s%3B%20%24web-sdb"], (first.stdout, first.stderr, made))
    stamps = [os.stat(os.path.join(images, n)).st_mtime_ns for n in made]
    again = run_script(out, "40-copy.sh", work)
    check("what is finished is not copied again", again.returncode == 0 and stamps == [
        os.stat(os.path.join(images, n)).st_mtime_ns for n in made], again.stderr)


def live_copies(work):
    """A source that was started from a live system: its disks are said, or found by size."""
    if not shutil.which("qemu-img"):
        return skip("a live copy by qemu-img", "qemu-utils is not installed")
    mount = os.path.join(work, "it's mounted")
    os.makedirs(mount)
    disks = {}
    for number in (1, 2):
        disks["DISK%d" % number] = path = os.path.join(work, "block%d" % number)
        with open(path, "wb") as file:
            file.write(os.urandom(100000))
            file.truncate(4 << 20)
    for target, words, made in (
            ("proxmox", ["vmid=120", "source_images=/srv"], ["disk1.img", "disk2.img"]),
            ("hyper-v-2019", ["switch=x"], ["web1-disk1.vhdx", "web1-disk2.vhdx"])):
        machine = linux()
        machine["storage"]["disks"][0]["bytes"] = (50 << 40) + 512
        out, _ = runbook(work, machine, target, "method=live", "target_mount=" + mount, *words)
        none = run_script(out, "40-live-copy.sh", work)
        check(target + ": a disk that is not there is not guessed", none.returncode == 1 and
              "say which: DISK1=" in none.stderr and not os.listdir(mount), none.stderr)
        done = subprocess.run(["bash", os.path.join(out, "40-live-copy.sh")],
                              env=dict(os.environ, **disks), capture_output=True, text=True)
        check(target + ": live copies, compared", done.returncode == 0 and sorted(os.listdir(
            mount)) == made and done.stdout.count("Images are identical.") == 2,
            done.stdout + done.stderr)
        for name in made:
            os.remove(os.path.join(mount, name))


# ---- names ------------------------------------------------------------------------------------

PIECES = ["'", '"', "$", "`", "\\", ";", "&", "|", " ", "..", "$(id)", "${x}", "!", "*", "~",
          "#", "%", "<", ">", "\u2018", "\u2019", "\u201a", "\u201b", "\u201c", "\u00fc",
          "\u673a", "\U0001f5a5", "a", "Z", "7", "{{", "}}", "]]>", "--", "=", "x"]


def names(count, forbid=""):
    import random
    seed = int(os.environ.get("HEADROOM_SEED", "14"))
    chosen, source = [], random.Random(seed)
    while len(chosen) < count:
        name = "n" + "".join(source.choice(PIECES) for _ in range(source.randint(1, 8)))
        if not set(name) & set(forbid) and len(name.encode()) < 90 and name.strip():
            chosen.append(name)
    return chosen


def fuzz_kvm(work, count):
    """Names through a whole runbook: from the stub's arguments and the parsed XML."""
    import xml.etree.ElementTree as etree
    stubs = stub_folder(work, {"virsh": 'case "$*" in *"list --all"*) exit 0 ;; esac',
                               "virt-xml-validate": "exit 0"})
    folder, bad = os.path.join(work, "images"), []
    os.makedirs(folder, exist_ok=True)
    for number, name in enumerate(names(count, "/\n")):
        images = os.path.join(folder, name)
        out, _ = runbook(work, linux(name=name), "kvm", "method=copy", "images=" + images,
                         "source_images=/srv/" + name, "uri=" + name, name="out%d" % number)
        root = etree.parse(os.path.join(out, "domain.xml")).getroot()
        files = [s.get("file") for s in root.iter("source") if s.get("file")]
        if root.find("name").text != name or not files[0].startswith(images + "/"):
            bad.append((name, root.find("name").text, files))
        os.makedirs(images, exist_ok=True)
        os.makedirs(os.path.join(out, "done"))
        for mark in ("30-check-host.sh", "40-copy.sh"):
            open(os.path.join(out, "done", mark), "w").close()
        for path in files:
            open(path, "w").close()
        before = len(calls(stubs))
        done = run_script(out, "50-define.sh", stubs)
        made = calls(stubs)[before:]
        if done.returncode != 0 or made[-1] != [b"virsh", b"-c", name.encode(), b"define",
                                                b"--validate", b"domain.xml"]:
            bad.append((name, done.stderr, made))
        if number < 20:
            remember_shell(out)
    check("%d names: as they are in domain.xml and in the stub's arguments" % count, not bad,
          bad[:2])


def fuzz_hyperv(work, count):
    bad = []
    for name in names(count, "\\/:*?\"<>|[]\n"):
        out, _ = runbook(work, linux(name=name), "hyper-v-2019", "switch=" + name,
                         "method=vhdx")
        for script, times in (("30-check-host.ps1", 2), ("50-create.ps1", 1),
                              ("70-connect.ps1", 1)):
            text = read(out, script)
            if powershell_faults(text) or powershell_literals(text).count(name) < times:
                bad.append((name, script, powershell_faults(text)))
    check("%d names: literals of PowerShell" % count, not bad, bad[:2])


def fuzz_vsmt(work, count):
    """What a batch file can say is said; the rest is refused, and nothing is written."""
    bad, refused = [], 0
    for name in names(count, '<>:"/\\|?*%\n'):
        can = name.isascii()
        path = os.path.join(work, "machine.json")
        with open(path, "w") as file:
            json.dump(contoso(), file)
        out = os.path.join(work, "out")
        shutil.rmtree(out, ignore_errors=True)
        done = subprocess.run([ANALYZE, "runbook", path, "--target", VS, "-o", out, "--as-of", DAY,
                               "--set", "controller=VS1", "--set", "name=" + name],
                              capture_output=True, text=True, timeout=60)
        refused += not can
        if (done.returncode == 0) != can or os.path.exists(out) != can or (
                can and '/name:"%s" ' % name not in read(out, "04-generate.cmd")):
            bad.append((name, done.returncode, done.stderr))
    check("%d names: in quotes in batch files, or refused with the character" % count,
          not bad and refused > 0, bad[:2])


if __name__ == "__main__":
    folder = tempfile.mkdtemp(prefix="headroom-runbook-")
    try:
        proxmox(folder)
        fuzz_kvm(folder, 100)
        fuzz_hyperv(folder, 100)
        fuzz_vsmt(folder, 100)
        scripts_run(folder)
        copies_images(folder)
        live_copies(folder)
        shell_scripts(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    finish()
