"""What the tests of runbooks share: machines, the folder that is written for one, what every
folder keeps, a grammar of PowerShell, and commands that record their arguments."""
import json
import os
import re
import shutil
import subprocess

from checks import check, skip

BUILD = os.environ.get("BUILD", "build")
ANALYZE = os.path.join(BUILD, "analyze")
HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.join(HERE, "..", "..", "schema")
DAY = "2026-11-30"


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


# ---- stubs -------------------------------------------------------------------------------------

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
