#!/usr/bin/env python3
"""The runbook of an Azure VM (AZR): disks to the byte by the real qemu-img, every line of az
by the grammar of the real az, the rest against a stub that records its arguments."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("BUILD", "build")
failed = 0


def check(name, condition, why=""):
    global failed
    if condition:
        print("ok", name, flush=True)
    else:
        failed += 1
        print("FAIL %s: %s" % (name, str(why)[:800].replace("\n", " | ")), flush=True)


def machine(name, firmware="bios", disks=2):
    return {
        "schema": "headroom/machine/1", "name": "OLD1", "kind": "vm", "hypervisor": "hyper-v",
        "os": {"name": name, "version": "5.2.3790", "service_pack": "Service Pack 2",
               "bits": 64},
        "general": {"firmware": firmware, "cores": 2, "threads": 2, "memory_bytes": 4 << 30},
        "storage": {"disks": [{"device": "\\device\\harddisk%d" % n, "bytes": 1 << 30,
                               "style": "mbr", "bus": "ide"} for n in range(disks)],
                    "snapshots": 0},
        "network": [{"name": "LAN", "mac": "00:15:5d:00:00:01", "dhcp": True,
                     "primary": True}],
    }


OLD = machine("Windows Server 2003 R2 Standard x64")


def runbook(name, subject, *words, expect=0):
    path = os.path.join(work, name + ".json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(subject, file)
    out = os.path.join(work, name)
    given = []
    for word in ("group=servers", "location=westeurope", "image=" + image,
                 *([] if "-" in words else ["source_format=raw"]),
                 *(w for w in words if w != "-")):
        given += ["--set", word]
    done = subprocess.run([os.path.join(BUILD, "analyze"), "runbook", path, "--target",
                           "azure-vm", "-o", out, "--as-of", "2020-07-21", *given],
                          capture_output=True, text=True, timeout=60)
    if done.returncode != expect:
        check("the runbook %s ends with %d" % (name, expect), False, done.stdout + done.stderr)
    return out, done.stdout + done.stderr


def read(*names):
    with open(os.path.join(*names), encoding="utf-8") as file:
        return file.read()


STUB = """#!/bin/bash
# records its arguments, ended by NUL, a call by an empty one more
printf '%s\\0' "${0##*/}" "$@" "" >>"$STUB_LOG"
case "$1 $2 $3" in
'disk show '*) [ -e "$STUB_LOG.made" ] && echo Unattached || exit 3 ;;
'disk grant-access '*) echo 'https://md.example/disk?sv=1&sig=a%2Bb' ;;
'vm list-skus '*) echo 'Standard_B2s 2 4' ;;
'vm show '*) exit 3 ;;
esac
[ "${0##*/}" != azcopy ] || [ ! -e "$STUB_LOG.broken" ] || exit 1
exit 0
"""


def run(folder, script, answer="", fails=None):
    env = dict(os.environ, PATH=bin_dir + ":/usr/bin:/bin", STUB_LOG=log)
    return subprocess.run(["bash", os.path.join(folder, script)], input=answer, env=env,
                          capture_output=True, text=True, timeout=120)


def calls():
    """Every call that was recorded: the words of it."""
    with open(log, "rb") as file:
        words = file.read().decode().split("\0")
    found, one = [], []
    for word in words[:-1]:
        # an empty argument is followed by another word of the call, the end by a program
        one.append(word)
        if word == "" and len(one) > 1:
            found.append(one[:-1])
            one = []
    merged = []
    for call in found:
        if call and call[0] in ("az", "azcopy"):
            merged.append(call)
        else:
            merged[-1] += [""] + call
    return merged


def to_the_byte(folder):
    second = image.replace(".raw", ".disk2.raw")
    for path, size, tail in ((image, 536870912, 1 << 20), (second, (1 << 30) + 1, 1)):
        with open(path, "wb") as file:
            file.write(b"first sector")
            file.truncate(size)
            file.seek(size - tail)
            file.write(b"\1")
    if not shutil.which("qemu-img"):
        print("SKIP sizes of VHDs: qemu-img is not installed (package qemu-utils)")
        os.mkdir(os.path.join(folder, "vhd"))
        for n in (1, 2):
            with open(os.path.join(folder, "vhd", "disk%d.vhd" % n), "wb") as file:
                file.truncate((n << 20) + 512)
        with open(os.path.join(folder, "done", "30-make-vhd.sh"), "w", encoding="ascii"):
            return
    done = run(folder, "30-make-vhd.sh")
    sizes = [os.path.getsize(os.path.join(folder, "vhd", "disk%d.vhd" % n))
             for n in (1, 2) if done.returncode == 0]
    check("512 MiB become 536,871,424 bytes; 1 GiB and a byte 1025 MiB and 512",
          sizes == [536871424, 1025 * (1 << 20) + 512], done.stdout + done.stderr)
    for n, path in ((1, image), (2, second)):
        vhd = os.path.join(folder, "vhd", "disk%d.vhd" % n)
        info = json.loads(subprocess.run(
            ["qemu-img", "info", "-f", "vpc", "--output=json", vhd],
            capture_output=True, text=True, timeout=60).stdout)
        same = subprocess.run(["qemu-img", "compare", "-q", "-f", "raw", "-F", "vpc", path,
                               vhd], capture_output=True, timeout=60)
        check("disk %d is a VHD of whole MiB with what the image holds" % n,
              info["virtual-size"] % (1 << 20) == 0 and same.returncode == 0, info)
        with open(vhd, "rb") as file:
            file.seek(-512, 2)
            footer = file.read()
        check("disk %d is a fixed one: type 2, no table of blocks" % n,
              footer[:8] == b"conectix" and footer[60:64] == b"\0\0\0\2" and
              footer[16:24] == b"\xff" * 8, footer[:64])
    before = os.stat(os.path.join(folder, "vhd", "disk1.vhd")).st_mtime_ns
    done = run(folder, "30-make-vhd.sh")
    check("run again it makes nothing twice", done.returncode == 0 and
          os.stat(os.path.join(folder, "vhd", "disk1.vhd")).st_mtime_ns == before,
          done.stderr)


def upload_and_create(folder):
    for name in ("25-check-azure.sh", "40-upload.sh", "50-create-vm.sh"):
        if name.startswith("25") and not shutil.which("qemu-img"):
            print("SKIP", name, "comes to its end: qemu-img is not installed (package qemu-utils)")
            os.makedirs(os.path.join(folder, "done"), exist_ok=True)
            with open(os.path.join(folder, "done", name), "w", encoding="ascii"):
                pass
            continue
        done = run(folder, name)
        check(name + " comes to its end", done.returncode == 0, done.stdout + done.stderr)
    got = calls()
    words = [" ".join(c[1:3]) for c in got if c[0] == "az"]
    check("each disk: made, granted, copied, revoked, in this order; then the VM",
          words[words.index("disk show"):] ==
          ["disk show", "disk create", "disk grant-access", "disk revoke-access"] * 2 +
          ["vm create", "vm boot-diagnostics"], words)
    made = [c for c in got if c[1:3] == ["disk", "create"]]
    sizes = [c[c.index("--upload-size-bytes") + 1] for c in made]
    check("the disks wait for the bytes of the files, footer and all", sizes == [
        str(os.path.getsize(os.path.join(folder, "vhd", "disk%d.vhd" % n))) for n in (1, 2)],
        sizes)
    check("only the first is a system disk, of generation 1 for a BIOS",
          "V1" in made[0] and "Windows" in made[0] and "--os-type" not in made[1], made)
    copied = [c for c in got if c[0] == "azcopy"]
    check("azcopy gets the file and the address as they are, as page blobs",
          [c[1:] for c in copied] == [
              ["copy", "vhd/disk%d.vhd" % n, "https://md.example/disk?sv=1&sig=a%2Bb",
               "--blob-type", "PageBlob"] for n in (1, 2)], copied)
    vm = [c for c in got if c[1:3] == ["vm", "create"]][0]
    check("AZR-5 AZR-13 the VM is of the specialised disk, without the VM agent",
          vm[vm.index("--attach-os-disk") + 1] == "OLD1-disk1" and
          vm[vm.index("--enable-agent") + 1] == "false" and
          vm[vm.index("--attach-data-disks") + 1] == "OLD1-disk2", vm)
    os.unlink(log)
    done = run(folder, "40-upload.sh")
    check("disks that were sent whole are not sent again", done.returncode == 0 and
          not os.path.exists(log), done.stderr)
    done = run(folder, "90-delete-disks.sh", answer="no\n")
    check("what deletes asks first", done.returncode != 0 and not os.path.exists(log))
    run(folder, "90-delete-disks.sh", answer="destroy\n")
    check("and then deletes both disks", [c[1:3] for c in calls()] ==
          [["disk", "delete"]] * 2, calls())
    return got + calls()


GRAMMAR = """
import json, logging, os, sys
logging.disable(logging.WARNING)
from azure.cli.core import get_default_cli
cli = get_default_cli()
out = []
for words in json.load(open(sys.argv[1])):
    text = ""
    try:
        code = cli.invoke(words, out_file=open(os.devnull, "w"))
        error = cli.result.error if cli.result else None
        text = str(error)
    except SystemExit as end:
        code, text = end.code, "the arguments were refused"
    out.append([code, text])
print(json.dumps(out))
"""


def by_the_grammar(got):
    probe = subprocess.run(["/usr/bin/python3", "-c", "import azure.cli.core"],
                           capture_output=True)
    if probe.returncode != 0:
        print("SKIP every line of az by its own parser: azure-cli is not installed "
              "(package azure-cli)")
        return
    lines = [c[1:] for c in got if c[0] == "az"]
    path, script = os.path.join(work, "lines.json"), os.path.join(work, "grammar.py")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(lines + [["disk", "create", "--no-such-option", "1"]], file)
    with open(script, "w", encoding="utf-8") as file:
        file.write(GRAMMAR)
    env = dict(os.environ, AZURE_CONFIG_DIR=os.path.join(work, "azure"), HOME=work,
               AZURE_CORE_COLLECT_TELEMETRY="no", PYTHONWARNINGS="ignore")
    done = subprocess.run(["/usr/bin/python3", script, path], env=env, capture_output=True,
                          text=True, timeout=240)
    answers = json.loads(done.stdout.splitlines()[-1]) if done.stdout else []
    bad = [(line, answer) for line, answer in zip(lines, answers)
           if "az login" not in answer[1]]
    check("every line of az is taken by az itself, up to its login (%d lines)" % len(lines),
          len(answers) == len(lines) + 1 and not bad, bad or done.stderr)
    check("a line that az does not know is not", answers and "az login" not in answers[-1][1],
          answers[-1:])


def the_page(folder):
    readme = " ".join(read(folder, "README.md").split())
    for name, text in (
            ("AZR-2 out of support, a reason by itself", "a reason by itself for security"),
            ("AZR-16 ready images with Windows and SQL are the target to prefer",
             "ready images with Windows Server and SQL Server are the recommended target"),
            ("AZR-10 web applications go to App Service", "App Service for web applications"),
            ("AZR-15 partners and the planning assistant", "planning assistant"),
            ("AZR-7 changes of the platform", "Changes of the platform may break it"),
            ("AZR-8 for own use", "for your own use"),
            ("AZR-12 no upgrade in place", "an upgrade in place"),
            ("the disk stays specialised", "without sysprep")):
        check(name, text in readme, readme[:300])
    if not shutil.which("shellcheck"):
        return print("SKIP shell scripts pass shellcheck: shellcheck is not installed")
    done = subprocess.run(["shellcheck", *(os.path.join(folder, n)
                                           for n in os.listdir(folder) if n.endswith(".sh"))],
                          capture_output=True, text=True, timeout=60)
    check("shell scripts pass shellcheck", done.returncode == 0, done.stdout)
    return None


def broken_off(folder):
    """Taking the right to write back ends an upload that was broken off, too: the disk says
    Unattached, and holds a part.  It must never become a VM."""
    os.makedirs(os.path.join(folder, "vhd"))
    os.makedirs(os.path.join(folder, "done"))
    with open(os.path.join(folder, "vhd", "disk1.vhd"), "wb") as file:
        file.truncate((1 << 20) + 512)
    for name in ("25-check-azure.sh", "30-make-vhd.sh"):
        with open(os.path.join(folder, "done", name), "w", encoding="ascii"):
            pass
    for name in (".broken", ".made"):
        with open(log + name, "w", encoding="ascii"):
            pass
        done = run(folder, "40-upload.sh")
        if name == ".broken":
            check("a copy that is broken off ends the script, its right is taken back",
                  done.returncode != 0 and [" ".join(c[1:3]) for c in calls()][-1] ==
                  "disk revoke-access", done.stderr)
    check("its disk is not taken for whole when the script is run again",
          done.returncode == 1 and "nothing here says that it is whole" in done.stderr and
          not os.path.exists(os.path.join(folder, "done", "40-upload.sh")), done.stderr)
    os.unlink(log + ".broken")
    os.unlink(log)
    run(folder, "90-delete-disks.sh", answer="destroy\n")
    check("what deletes takes what was begun here alone", [c[1:3] + c[-2:-1] for c in calls()] ==
          [["disk", "delete", "OLD1-disk1"]], calls())
    os.unlink(log)
    done = run(folder, "90-delete-disks.sh", answer="destroy\n")
    check("and nothing where nothing was begun", done.returncode == 1 and
          not os.path.exists(log), done.stderr)
    os.unlink(log + ".made")


def other_formats():
    """A .vhdx that is read as raw would become a VHD that holds a .vhdx."""
    if not shutil.which("qemu-img"):
        return print("SKIP formats of images: qemu-img is not installed (package qemu-utils)")
    path = os.path.join(work, "one.vhdx")
    for named, given, wanted in (("one.vhdx", "source_format=raw", "--set source_format=vhdx"),
                                 ("one.raw", "source_format=vhdx", "--set source_format=vpc"),
                                 ("one.vhdx", None, None)):
        path = os.path.join(work, named)
        words = ["vhdx"] if named == "one.vhdx" else ["vpc", "-o", "subformat=fixed,force_size"]
        subprocess.run(["qemu-img", "create", "-q", "-f", *words, path, "4M"], check=True)
        folder, _ = runbook("format" + str(wanted)[-4:], machine("Windows Server 2019", disks=1),
                            "image=" + path, *([given] if given else ["-"]))
        os.makedirs(os.path.join(folder, "done"))
        with open(os.path.join(folder, "done", "25-check-azure.sh"), "w", encoding="ascii"):
            pass
        done = run(folder, "30-make-vhd.sh")
        check("%s with %s: %s" % (named, given, wanted or "taken"), (
            done.returncode == 0) == (wanted is None) and (wanted or "") in done.stderr and
            (wanted is None) == os.path.exists(os.path.join(folder, "vhd", "disk1.vhd")),
            done.stderr)
    return None


def sizes():
    for memory, threads, wanted in ((4 << 30, 2, "Standard_B2s"), (4 << 30, 4, "Standard_D4s_v3"),
                                    (30 << 30, 2, "Standard_E4s_v3")):
        subject = machine("Windows Server 2019")
        subject["general"].update(memory_bytes=memory, cores=threads, threads=threads)
        folder, _ = runbook("size%d-%d" % (threads, memory >> 30), subject)
        check("%d processors, %d GiB: %s" % (threads, memory >> 30, wanted),
              "size='%s'" % wanted in read(folder, "50-create-vm.sh"))
    subject["general"].update(memory_bytes=3 << 40)
    folder, text = runbook("size-none", subject, expect=1)
    check("what no size of our list holds is asked for", "missing: size" in text and
          not os.path.exists(folder), text)
    physical = dict(OLD, kind="physical")
    folder, _ = runbook("physical", physical)
    page = " ".join(read(folder, "README.md").split())
    check("a physical machine goes over Hyper-V, where it gets its drivers",
          "Move it to Hyper-V first" in page and "AZR-NO-DRIVERS" in page)
    check("its adapters keep their addresses until nobody works with it",
          page.index("Stop the applications** ") < page.index("Set the adapters to DHCP") <
          page.index("Shut the source down**"))


def others():
    out, _ = runbook("new", machine("Windows Server 2019 Standard", "uefi", 1))
    script = read(out, "40-upload.sh")
    check("UEFI is generation 2", re.search(r"^generation=V2$", script, re.M), script[:900])
    check("a newer Windows keeps the agent", "--enable-agent" not in read(out, "50-create-vm.sh"))
    check("and nothing is said of 2003", "Windows Server 2003" not in read(out, "README.md"))
    old = dict(OLD, os=dict(OLD["os"], name="Windows Server 2003 Web Edition"))
    out, text = runbook("gen", OLD, "vhd_kind=generalized", expect=1)
    check("AZR-5 a generalised disk of 2003 is refused, nothing is written",
          "AZR-GENERALIZED" in text and not os.path.exists(out), text)
    out, _ = runbook("web", old)
    check("AZR-14 an edition that is not named is told before the first step",
          "AZR-EDITION" in read(out, "README.md"))


work = tempfile.mkdtemp()
image = os.path.join(work, "b c;$x.raw")
bin_dir, log = os.path.join(work, "bin"), os.path.join(work, "log")
try:
    os.mkdir(bin_dir)
    for name in ("az", "azcopy"):
        path = os.path.join(bin_dir, name)
        with open(path, "w", encoding="utf-8") as stub:
            stub.write(STUB)
        os.chmod(path, 0o755)
    main_folder, _ = runbook("old", OLD)
    the_page(main_folder)
    os.makedirs(os.path.join(main_folder, "done"), exist_ok=True)
    with open(os.path.join(main_folder, "done", "25-check-azure.sh"), "w", encoding="ascii"):
        pass
    to_the_byte(main_folder)
    by_the_grammar(upload_and_create(main_folder))
    os.unlink(log)
    broken_off(runbook("broken", machine("Windows Server 2019", disks=1))[0])
    other_formats()
    sizes()
    others()
finally:
    shutil.rmtree(work)
sys.exit(1 if failed else 0)
