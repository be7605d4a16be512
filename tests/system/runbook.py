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


shell_seen = {}


def remember_shell(folder):
    """Scripts that differ, for one run of shellcheck at the end."""
    for path in shell_files(folder):
        with open(path, "rb") as file:
            shell_seen.setdefault(file.read(), path)


def shell_scripts(work):
    if not shutil.which("shellcheck"):
        return skip("shellcheck", "shellcheck is not installed")
    scripts = []
    for number, text in enumerate(shell_seen):
        scripts.append(os.path.join(work, "%d.sh" % number))
        with open(scripts[-1], "wb") as file:
            file.write(text)
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True)
    check("%d scripts pass shellcheck" % len(scripts), done.returncode == 0 and scripts,
          done.stdout)


def output_schema():
    try:
        import jsonschema
    except ImportError:
        return None
    with open(os.path.join(SCHEMA, "json-schema", "output", "runbook-steps.json")) as file:
        return jsonschema.Draft7Validator(json.load(file))


def check_folder(label, folder):
    steps = json.loads(read(folder, "steps.json"))
    validator = output_schema()
    if validator:
        bad = [e.message[:200] for e in validator.iter_errors(steps)]
        check(label + ": steps.json follows its JSON Schema", not bad, bad)
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
    remember_shell(folder)
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


# ---- PowerShell -------------------------------------------------------------------------------

QUOTES = "'\u2018\u2019\u201a\u201b"
PS_TOKEN = re.compile(r"""(?P<blank>[ \t]+)|(?P<comment>\#.*)
    |(?P<literal>'(?:[^%s]|[%s]{2})*')
    |(?P<variable>[$@][A-Za-z_][\w:]*)|(?P<number>\d+(?:MB|GB|KB)?(?![\w]))
    |(?P<parameter>-[A-Za-z]+)|(?P<type>\[[A-Za-z.]+\])|(?P<member>\.[A-Za-z]\w*)
    |(?P<static>::[A-Za-z]\w*)|(?P<index>\[\d+\])|(?P<word>[A-Za-z][\w-]*)
    |(?P<open>@\(|@\{|\$\(|[({\[])|(?P<close>[)}\]])|(?P<operator>\+=|[=+/|;,.!*])""" % (QUOTES, QUOTES),
                      re.X)
PAIRS = {"(": ")", "@(": ")", "$(": ")", "{": "}", "@{": "}", "[": "]"}
KEYWORDS = {"if", "else", "elseif", "foreach", "in", "function", "throw", "return", "param"}


def powershell_faults(text):
    """What is no token, does not close, or stands as an argument without quotes."""
    faults, stack = [], []
    for number, line in enumerate(text.splitlines(), 1):
        at, before, command, hash_ = 0, None, False, False
        while at < len(line):
            match = PS_TOKEN.match(line, at)
            if not match:
                faults.append("%d: %r" % (number, line[at:at + 20]))
                break
            kind, token, at = match.lastgroup, match.group(), match.end()
            if kind in ("blank", "comment"):
                continue
            if kind == "open":
                stack.append(PAIRS[token])
                command, hash_ = False, token == "@{"
            elif kind == "close":
                if not stack or stack.pop() != token:
                    faults.append("%d: %s closes nothing" % (number, token))
            elif kind == "operator" and token in "|;=":
                command = False
            elif kind == "word" and token not in KEYWORDS:
                # the name of a command begins it; a function's name; a key of a table
                if before == "function" or hash_:
                    hash_ = False
                elif not command and re.match(r"[A-Z][A-Za-z]+-[A-Z]\w+$", token):
                    command = True
                elif not (stack and re.match(r"\w+$", token) and "@{" in line):
                    faults.append("%d: %s stands without quotes" % (number, token))
            before = token
    return faults + (["not closed: %s" % stack] if stack else [])


def powershell_literals(text):
    """The literals of a script, as PowerShell reads them."""
    return [re.sub("[%s]([%s])" % (QUOTES, QUOTES), r"\1", m.group("literal")[1:-1])
            for m in PS_TOKEN.finditer(text) if m.lastgroup == "literal"]


def powershell_grammar():
    for text, good in (("Get-VM -Name 'a b'", True), ("Get-VM -Name a", False),
                       ("Get-VM -Name 'it''s'", True), ("Get-VM -Name 'it's'", False),
                       ("Get-VM -Name 'a\u2019b'", False), ("Get-VM -Name 'a\u2019\u2019b'", True),
                       ("if ($a) {", False), ("$a = @{ Name = 'x'; Passthru = $true }", True),
                       ("Get-VM | Remove-VM -Force", True), ('Get-VM -Name "x"', False)):
        check("the grammar of the test: %s" % text, (not powershell_faults(text)) == good)


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


def stub_folder(work, stubs):
    """Commands that record their arguments, NUL after each and a newline after a call."""
    folder = os.path.join(work, "stubs")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name, body in stubs.items():
        path = os.path.join(folder, name)
        with open(path, "w") as file:
            file.write("#!/bin/bash\n{ printf '%%s\\0' %s \"$@\"; printf '\\n\\0'; } "
                       ">>'%s/calls'\n%s\n" % (name, folder, body))
        os.chmod(path, 0o755)
    return folder


def calls(folder):
    path = os.path.join(folder, "calls")
    if not os.path.exists(path):
        return []
    with open(path, "rb") as file:
        data = file.read()
    return [call.split(b"\0")[:-1] for call in data.split(b"\n\0")[:-1]]


def run_script(out, name, stubs):
    return subprocess.run(
        ["bash", os.path.join(out, name)], capture_output=True, text=True, timeout=60,
        env=dict(os.environ, PATH=stubs + ":" + os.environ["PATH"]), stdin=subprocess.DEVNULL)


# a node in a file: which VM is there, which disk has no place yet
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
        step_files()
        kvm(folder)
        hyperv(folder)
        proxmox(folder)
        fuzz_kvm(folder, 100)
        fuzz_hyperv(folder, 100)
        fuzz_vsmt(folder, 100)
        scripts_run(folder)
        copies_images(folder)
        live_copies(folder)
        measured(folder)
        refusals(folder)
        interrupted(folder)
        vsmt(folder)
        vsmt_variants(folder)
        old_windows(folder)
        golden_validation(folder)
        shell_scripts(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(failed > 0)
