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
    numbers = [s["number"] for s in steps["steps"] if s["number"] is not None]
    check(label + ": steps are numbered in order",
          numbers[numbers[0] == 0:] == list(range(1, max(numbers) + 1)), numbers)
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


# ---- Virtual Server 2005 R2 and its toolkit ---------------------------------------------------

VS = "virtual-server-2005-r2"
TEN = ["commonInit.cmd", "capture.cmd", "CreateVM.cmd", "DeployVM.cmd", "PostDeploy.cmd",
       "CleanupVM.cmd", "captureDisk.xml", "DeployVM.xml", "internalState.xml",
       "ServiceDriver.xml"]


def contoso(**changes):
    """The flat form, as the report of the book has it."""
    machine = {
        "name": "CONTOSO-ADS", "memory_mb": 1015, "processors": 1, "hal": "acpipic_up",
        "os": "Windows Server 2003 Standard", "os_version": "5.2.3790 Service Pack 1",
        "nics": [{"mac": "000AE45A7D1B", "dhcp": True, "primary": True, "pxe": True}],
        "disks": [{"kind": "basic", "bytes": 100027630080}],
        "volumes": [{"letter": "C:", "fs": "NTFS", "bytes": 12584644608, "windows": True}],
        "san": False, "wmi": True, "admin": True}
    machine.update(changes)
    return machine


def full(flat, **changes):
    """The same as headroom/machine/1, for what the flat form does not have."""
    machine = {
        "schema": "headroom/machine/1", "name": flat["name"],
        "os": {"name": flat["os"], "version": flat["os_version"], "hal": flat["hal"]},
        "general": {"memory_bytes": flat["memory_mb"] << 20, "cores": flat["processors"]},
        "storage": {"disks": [{"device": "\\device\\harddisk0", "kind": "basic",
                               "bytes": flat["disks"][0]["bytes"], "partitions": [
                                   {"number": 1, "windows": True, "volumes": ["C:"]}]}],
                    "volumes": [{"name": "C:", "fs": "NTFS", "bytes": 12584644608,
                                 "windows": True}], "san": False},
        "network": [dict(n, name="LAN %d" % i) for i, n in enumerate(flat["nics"])],
        "wmi": True, "admin": True}
    for key, value in changes.items():
        machine[key] = dict(machine.get(key, {}), **value) if isinstance(value, dict) else value
    return machine


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
            ("GEN-5, PRE-15: Windows NT 4.0", full(contoso(
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
        step_files()
        kvm(folder)
        vsmt(folder)
        vsmt_variants(folder)
        golden_validation(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(failed > 0)
