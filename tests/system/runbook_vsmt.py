#!/usr/bin/env python3
"""The runbook of Virtual Server 2005 R2: ten steps and ten files of its toolkit, Windows Server
2003 to each target, and what validation refuses."""
import json
import os
import re
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tools"))
from checks import check, finish, skip  # noqa: E402
from runbook_kit import (  # noqa: E402
    TEN, VS, check_domain, check_folder, contoso, full, read, runbook, shell_scripts)


def vsmt_steps(work, machine, *words):
    out, _ = runbook(work, machine, VS, "controller=VS1", *words)
    return out, json.loads(read(out, "steps.json")), read(out, "README.md")


def vsmt(work):
    out, doc, readme = vsmt_steps(work, contoso(), "name=TestMigration", "link_mbps=1000")
    check_folder("vsmt", out)
    ten = [s for s in doc["steps"] if s["number"]]
    words = ["repare", "ather", "alidate", "enerate", "eview", "rivers", "apture", "reate",
             "eploy", "omplete"]
    check("PHS-3: ten steps in order", [s["number"] for s in ten] == list(range(1, 11)) and
          all(w in s["title"] for w, s in zip(words, ten)), [s["title"] for s in ten])
    check("PHS-3: each needs the one before", all(
        before["id"] in s["needs"] for before, s in zip(ten, ten[1:])))
    check("PHS-1: three phases in order", re.findall(r"^## Phase \d: (.*)$", readme, re.M) == [
        "system preparation", "workload image capture", "VM creation and deployment"])
    check("PHS-2: gather, validate, generate, capture", [
        s["id"] for s in ten if s["phase"] == "capture" and s["id"] in (
            "vsmt-gather", "vsmt-validate", "vsmt-generate", "vsmt-capture")] == [
                "vsmt-gather", "vsmt-validate", "vsmt-generate", "vsmt-capture"])
    check("PRE-13, PRE-14: a backup is step 0, four lines of preparation follow",
          doc["steps"][0]["number"] == 0 and "backup" in doc["steps"][0]["text"] and all(
              w in ten[0]["text"] for w in ("validate", "chkdsk", "Delete files", "Defragment")))
    check("PRE-18, ADS-5: who does it, and on how many servers", "know DHCP" in readme.replace(
        "\n  ", " ") and "not required" in readme)
    text = doc["steps"][0]["text"]
    order = [text.index(w) for w in ("Virtual Server 2005", "ADS) 1.1", "Migration Toolkit",
                                     "VM0")]
    check("ADS-1 to ADS-4: the controller from the bottom up", order == sorted(order) and
          "Connected" in doc["steps"][0]["check"])
    check("PHS-4, ADS-7: the target is prepared too; DHCP and PXE where ADS is",
          "of the target too" in text and "DHCP and PXE answer" in text)
    check("DEP-5: checkpoints in ADS, the floppy, the network", "ADS lists it" in ten[7]["check"]
          and "VM0" in ten[7]["check"] and "floppy" in ten[8]["check"]
          and "ADS still lists" in ten[8]["check"])
    produced = {p["path"]: p for s in doc["steps"] for p in s["produces"]}
    check("GEN-1, GEN-11: ten files by name, below p2v", sorted(produced) == sorted(
        "p2v\\TestMigration\\TestMigration_" + n for n in TEN), sorted(produced))
    counts = {n: len(produced["p2v\\TestMigration\\TestMigration_" + n]["does"].splitlines())
              for n in TEN}
    check("GEN-2 to GEN-6, GEN-15: what each of them does", counts == dict(zip(TEN, (
        1, 5, 11, 6, 1, 6, 4, 5, 1, 1))), counts)
    check("GEN-3: the adapter for PXE last", "PXE last" in produced[
        "p2v\\TestMigration\\TestMigration_CreateVM.cmd"]["does"])
    generate = [l for l in read(out, "04-generate.cmd").splitlines() if "hwgenerate" in l]
    options = re.findall(r" (/\w+)", generate[0])
    check("GEN-10: six options in their order", options == [
        "/hwgeneratep2v", "/hwinfofile", "/name", "/vmconfigpath", "/virtualDiskPath",
        "/hwdestvs"] and '/name:"TestMigration"' in generate[0], generate)
    check("VAL-9: the line of the validation", 'VMScript.exe /hwvalidate /hwinfofile:"C:\\P2V\\'
          'CONTOSO-ADS.xml"' in read(out, "03-validate.cmd"))
    check("GEN-12: a step to review them", "read all ten files" in read(out, "05-review.cmd"))
    check("GEN-6: the clean-up is no step of the sequence", [
        s["files"] for s in doc["steps"] if s["destructive"]] == [["cleanup.cmd"]])
    check("GEN-9: VM0 where nobody named a network", "VM0" in text and
          "vsHostNet" not in generate[0])
    check("CAP-4: images of several disks add up", "add up" in readme)
    check("CAP-5: restart into PXE, watch the jobs", "PXE" in ten[6]["text"] and
          "running jobs" in ten[6]["text"])
    check("DEP-1, DEP-2: creating and deploying", "MACs of the source" in ten[7]["text"] and
          "floppy" in ten[8]["text"])
    check("DEP-3: six lines in order", re.findall(r"^(\d)\. ", ten[9]["text"], re.M) == list(
        "123456"))
    check("DEP-4: images after testing, last", ten[9]["text"].rstrip().endswith(
        "After testing, the images may be backed up and deleted from\nthe store.")
        or "After testing, the images" in ten[9]["text"].splitlines()[-1])
    check("CAP-1, CAP-2, G18: minutes of the book's disk", (
        doc["sizes"]["copy_minutes_fast"], doc["sizes"]["copy_minutes_slow"],
        doc["sizes"]["copy_minutes"]) == (66.685, 200.055, 201), doc["sizes"])
    check("CAP-3, G19: three at once over 1000 Mbit/s", doc["sizes"]["concurrent"] == 3)
    check("batch files end their lines as cmd.exe wants it, in ASCII", all(
        not re.search(r"(?<!\r)\n", read(out, n)) and read(out, n).isascii()
        for n in os.listdir(out) if n.endswith(".cmd")))


def vsmt_variants(work):
    for bytes_, slow, fast, planned in ((12584644608, 25.169, 8.39, 26), (60000000000, 120, 40,
                                                                       120)):
        _, doc, _ = vsmt_steps(work, contoso(disks=[{"kind": "basic", "bytes": bytes_}]))
        check("G18: %d bytes" % bytes_, (
            doc["sizes"]["copy_minutes_slow"], doc["sizes"]["copy_minutes_fast"],
            doc["sizes"]["copy_minutes"]) == (slow, fast, planned), doc["sizes"])
    for mbps, planned, bound in ((100, 1, True), (10000, 37, False)):
        _, doc, readme = vsmt_steps(work, contoso(), "link_mbps=%d" % mbps)
        check("G19: %d Mbit/s" % mbps, doc["sizes"]["concurrent"] == planned and
              ("slower than one capture" in readme) == bound, doc["sizes"])
    two = contoso(disks=[{"kind": "basic", "bytes": 100 << 30},
                         {"kind": "basic", "bytes": 40 << 30}])
    _, _, readme = vsmt_steps(work, two)
    check("CAP-6: the image store holds the sum of the disks", "image store needs 140 GiB" in readme)
    plain = vsmt_steps(work, contoso())[2]
    for name, machine, words, want in (
            ("GEN-4: a multiprocessor HAL is exchanged", contoso(hal="acpiapic_mp"), [],
             "exchanges the HAL"),
            ("GEN-16: by the files of the toolkit", None, [], "HAL.xml and Uniproc.xml"),
            ("GEN-5, PRE-15: Windows NT 4.0", full(contoso(
                os="Windows NT Server 4.0", os_version="4.0.1381"),
                os={"service_pack": "Service Pack 6a"}), [], "Setup.log"),
            ("GEN-16: and fixsetup.cmd", None, [], "fixsetup.cmd"),
            ("NET-6: a network of host and VMs alone", contoso(), ["internal_network=yes"],
             "Loopback Adapter"),
            ("GEN-5: NT 4.0 again", full(contoso(
                os="Windows NT Server 4.0", os_version="4.0.1381"),
                os={"service_pack": "Service Pack 6a"}), [], "Setup.log"),
            ("PRE-13: and its warning", None, [], "NTFS is upgraded"),
            ("PRE-15: and its hotfix", None, [], "872952"),
            ("GEN-7: sensitive data is encrypted", contoso(), ["sensitive=yes"], "nonetencrypt"),
            ("GEN-8: much free space", full(contoso(), storage={"volumes": [
                {"name": "C:", "fs": "NTFS", "bytes": 100 << 30, "used_bytes": 50 << 30,
                 "windows": True}]}), [], "disks=dynamic"),
            ("GEN-13: a VM that restarts", contoso(), ["post_deploy=restart"],
             "source must stay offline"),
            ("ADS-1: another controller", contoso(), ["controller_os=other"], "runs something else"),
            ("ADS-6: a driver from a disk", contoso(), ["driver_external=yes"], "841550"),
            ("PRE-17: managed by ADS", full(contoso(), ads_managed=True), [],
             "release control"),
            ("V2V-3: VMware Tools", full(contoso(), kind="vm", hypervisor="vmware"), [],
             "P2Vdrivers.xml"),
            ("V2V-2: VMware SCSI disks", full(contoso(), kind="vm", hypervisor="vmware", storage={
                "controllers": [{"name": "LSI", "kind": "scsi"}], "snapshots": 0}), [],
             "VMware SCSI driver"),
            ("V2V-2: and its hotfixes", None, [], "829053")):
        if machine is not None:
            flowed = " ".join(vsmt_steps(work, machine, *words)[2].split())
        check(name, want in flowed and want not in " ".join(plain.split()), want)
    out, _, _ = vsmt_steps(work, contoso(), "network=Lab Net", "disks=dynamic")
    check("GEN-9: another network is named", '/vsHostNet:"Lab Net" /virtualDiskDynamic' in
          "".join(read(out, "04-generate.cmd").split("set MORE=%MORE% ")).replace("\r\n", " "))
    _, doc, _ = vsmt_steps(work, contoso(), "memory_mb=512")
    check("GEN-14: our size beside the inventory's", doc["sizes"]["memory_mib"] == 512 and
          doc["sizes"]["memory_mib_today"] == 1015)


def gathered_2003():
    """A physical Windows Server 2003 as docs/gather writes it: the caption has its marks."""
    return full(
        contoso(name="FILESRV03", hal="acpiapic_mp",
                os="Microsoft(R) Windows(R) Server 2003, Standard Edition",
                os_version="5.2.3790", memory_mb=4095, processors=4),
        kind="physical", os={"service_pack": "Service Pack 2", "language": "English", "bits": 32},
        general={"firmware": "bios", "threads": 4}, storage={"snapshots": 0},
        network=[{"name": "Local Area Connection", "mac": "00:11:0A:12:34:56", "dhcp": True,
                  "primary": True, "pxe": True},
                 {"name": "Backup LAN", "mac": "00:11:0A:12:34:57", "dhcp": False,
                  "addresses": ["10.1.2.3/24"], "gateway": "10.1.2.1", "dns": ["10.1.2.53"]}],
        software={"hibernation": False})


def old_windows(work):
    machine = gathered_2003()
    for target, words in ((VS, ["controller=VS1"]), ("kvm", ["host=kvm1"]),
                          ("proxmox", ["vmid=120", "source_images=/srv"]),
                          ("hyper-v-2019", ["switch=External"])):
        out, _ = runbook(work, machine, target, *words)
        doc = check_folder("Windows Server 2003 to " + target, out)
        check("and %s knows what it is" % target, "Nobody said os" not in read(out, "README.md"))
        texts = "".join(read(out, f) for s in doc["steps"] for f in s["files"])
        if target == VS:
            check("a VM has no more than the target gives it", doc["sizes"]["memory_mib"] == 3648
                  and doc["sizes"]["vcpus"] == 1, doc["sizes"])
        else:
            check("%s: its address is set again by its MAC" % target,
                  "MACAddress='00:11:0A:12:34:57'" in texts and
                  "10.1.2.3 255.255.255.0" in texts)
        if target == "kvm":
            check("kvm: what an old guest has drivers for", 'machine="pc"' in texts and
                  'bus="ide"' in texts and '<model type="e1000"/>' in texts)
            check_domain("kvm: Windows Server 2003", work, os.path.join(out, "domain.xml"))
        if target == "proxmox":
            check("proxmox: what an old guest has drivers for", "'w2k3'" in texts and
                  "bus='ide'" in texts and "net='e1000'" in texts)
    out, done = runbook(work, machine, VS, "controller=VS1", "memory_mb=4096", expect=1)
    check("and not when it is asked for", "at most 3648 MiB" in done.stderr, done.stderr)
    out, done = runbook(work, machine, VS, "controller=VS1", "vcpus=2", expect=1)
    check("nor two processors", "at most 1" in done.stderr, done.stderr)


def golden_validation(work):
    """VAL-8, G22: what validate refuses gets no script."""
    if not os.environ.get("HEADROOM_TEST_DATA"):
        return skip("G22", "HEADROOM_TEST_DATA is not set")
    with open(os.path.join(os.environ["HEADROOM_TEST_DATA"], "golden.json")) as file:
        golden = {o["id"]: o for o in json.load(file)}["G22-source-validation"]
    for machine, wanted in zip(golden["inputs"]["cases"], golden["expected"]["cases"]):
        bad = set(wanted["incompatibilities"])
        out, done = runbook(work, machine, VS, "controller=VS1", expect=1 if bad else 0,
                            more=["--json"])
        doc = json.loads(done.stdout)
        found = {i["rule"] for i in doc["incompatibilities"]}
        check("G22: %s" % machine["name"], found == bad and os.path.exists(out) == (not bad)
              and doc["success"] == (not bad), found ^ bad)


if __name__ == "__main__":
    folder = tempfile.mkdtemp(prefix="headroom-runbook-")
    try:
        vsmt(folder)
        vsmt_variants(folder)
        old_windows(folder)
        golden_validation(folder)
        shell_scripts(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    finish()
