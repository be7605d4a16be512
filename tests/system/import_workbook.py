"""Workbooks of RVTools: facts by the names of sheets and columns; bombs cost no memory."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store
from xlsx_made import MAIN, workbook

checks = Checks()
SANITIZED = "asan" in os.environ.get("BUILD", "")
INFO = [["VM", "Powerstate", "Template", "CPUs", "Memory", "NICs", "Firmware",
         "OS according to the configuration file", "OS according to the VMware Tools"],
        ["web1", "poweredOn", "False", 4, 8192, 2, "efi", "Other (64-bit)", "Debian 12 (64-bit)"],
        ["db1", "poweredOff", "False", 8, 16384, 1, "bios", "Windows Server 2019", None],
        ["gold", "poweredOff", "True", 1, 1024, 1, "bios", "Debian 12", None]]
DISK = [["vm", "Disk", "Capacity {}", "Raw", "Thin"],
        ["web1", "Hard disk 1", 40960, "False", "True"],
        ["web1", "Hard disk 2", 102400, "False", "False"],
        ["db1", "Hard disk 1", 51200, "True", "False"]]
PART = [["VM", "Disk", "Capacity MiB", "Free MiB"], ["web1", "/boot", 500, 400],
        ["web1", "/", 40000, 10240]]


def take(store, content, verb="workbook"):
    return store.run("import", verb, store.write("estate.xlsx", content))


def facts(store, name):
    """Key to value, as the list for people has them."""
    return " ".join(store.run("inventory", name).stdout.split())


def sheets(unit, names=str):
    disk = [[c.format(unit).strip() if isinstance(c, str) else c for c in row] for row in DISK]
    return {names("vInfo"): INFO, names("vDisk"): disk, names("vPartition"): PART}


def check_facts():
    for name, content in (
            ("MiB in the heading", workbook(sheets("MiB"))),
            ("MB in the heading, names of sheets in capitals", workbook(sheets("MB", str.upper))),
            ("no unit in the heading", workbook(sheets("")))):
        with Store() as store:
            done = take(store, content, "auto")
            web, db = facts(store, "web1"), facts(store, "db1")
            wanted = ["8589934592", "Debian 12 (64-bit)", "uefi", "disk1:40:dynamic,disk2:100",
                      "vmware"]
            missing = [w for w in wanted if w not in web]
            missing += [w for w in ("17179869184", "Windows Server 2019", "bios", "disk1:50")
                        if w not in db]
            checks.check(f"facts of two machines: {name}",
                         done.returncode == 0 and not missing,
                         f"{done.stderr} {missing} in {web} | {db}")
            checks.check(f"a template is no machine: {name}",
                         store.run("inventory", "gold").returncode != 0
                         and "1 of its VMs are templates" in done.stdout,
                         done.stdout)


HOST = [["Host", "Cluster", "CPU Model", "Speed", "# CPU", "Cores per CPU", "# Cores",
         "# Memory", "in Maintenance Mode", "Model"],
        ["esx1", "A", "Xeon", 2600, 2, 16, 32, 262144, "False", "ProLiant DL380 Gen10"],
        ["esx2", "A", "Xeon", 2600, 2, 16, 32, 262144, "False", "ProLiant DL380 Gen10"],
        ["esx3", "B", "Xeon", 2600, 2, 16, 32, 262144, "False", "ProLiant DL380 Gen10"],
        ["esx4", "B", "Xeon", 3000, 1, 8, 8, 65536, "True", "Old one"],
        ["esx5", "B", "Xeon", None, 1, 8, 8, 65536, "False", "Old one"]]
NIC = [["Host", "Network Device", "Speed"], ["esx1", "vmnic0", 10000], ["esx1", "vmnic1", 10000],
       ["esx2", "vmnic0", 10000], ["esx2", "vmnic1", 10000], ["esx3", "vmnic0", 1000]]
NETWORK = [["VM", "Adapter", "Network"], ["web9", "Network adapter 1", "lan"],
           ["web9", "Network adapter 2", "lan"]]


def check_hosts():
    with Store() as store:
        path = store.path("hosts.json")
        book = store.write("estate.xlsx", workbook(
            {"vInfo": INFO, "vHost": HOST, "vNIC": NIC, "vNetwork": NETWORK}))
        done = store.run("import", "rvtools", book, "--hosts-out", path)
        try:
            hosts = json.load(open(path))["hosts"]
        except (OSError, ValueError) as why:
            checks.check("--hosts-out writes a hosts file", False, f"{why} {done.stderr}")
            return
        checks.check("hosts of one kind are one type, with the adapters of vNIC", hosts == [
            {"type": "proliant-dl380-gen10", "count": 2, "cores": 32, "core_mhz": 2600,
             "memory_mb": 262144, "nics": [{"mbps": 10000, "use": "host"},
                                           {"mbps": 10000, "use": "shared"}], "zone": "A"},
            {"type": "proliant-dl380-gen10_2", "count": 1, "cores": 32, "core_mhz": 2600,
             "memory_mb": 262144, "nics": [{"mbps": 1000, "use": "shared"}], "zone": "B"}],
            str(hosts))
        checks.check("hosts in maintenance or without a speed are left out and told",
                     "1 of its hosts are in maintenance" in done.stdout and
                     "1 of its hosts say no cores" in done.stdout, done.stdout)
        checks.check("adapters are counted where vInfo does not say them",
                     store.json("inventory")["workloads"]["web9"]["adapters"] == 2)
        store.write("w.csv", "time,workload,cpu_used_mhz,memory_used_bytes\n" + "".join(
            f"{1700000000 + 300 * i},web1,100,1073741824\n" for i in range(50)))
        store.run("import", "csv", store.path("w.csv"))
        done = store.run("plan", "--hosts", path, "--profile", "plain", "--include",
                         "pass,review,unknown,insufficient", "--json")
        checks.check("a plan takes the hosts file as it is",
                     done.returncode in (0, 3) and '"hosts_used"' in done.stdout,
                     done.stderr[:300])
        before = open(path).read()
        book = store.write("vms.xlsx", workbook({"vInfo": INFO}))
        done = store.run("import", "rvtools", book, "--hosts-out", path)
        checks.check("no host in the workbook: refused, the old file stays",
                     done.returncode == 1 and "no host is in these files" in done.stderr and
                     open(path).read() == before, done.stderr)


def check_estates():
    azure = ("*Server Name,IP addresses,*Cores,*Memory (In MB),*OS name,Disk 1 size (In GB),"
             "Disk 2 size (In GB),CPU utilization percentage,Boot type\n"
             "web1,10.0.0.1,4,8192,Windows Server 2016,80,100.5,15,EFI\n"
             "db1,,8,32768,Ubuntu 20.04,200,,,\n")
    aws = ("ExternalId,HostName,VMware.VMName,CPU.NumberOfCores,CPU.NumberOfLogicalCores,"
           "RAM.TotalSizeInMB,OS.Name,CPU.UsagePct.Max\n"
           "a,web2,,4,8,8192,Windows Server 2016,70\nb,,vm3,2,2,4096,Linux,\n")
    with Store() as store:
        done = store.json("import", "auto", store.write("azure.csv", "\ufeff" + azure),
                          store.write("aws.csv", aws.replace(",", ";")))
        checks.check("Azure Migrate and AWS Discovery are recognised by their headings",
                     [(f["format"], f["outcome"]) for f in done["files"]] ==
                     [("estate", "facts")] * 2, str(done["files"])[:300])
        found = store.json("inventory")["workloads"]
        gib = 1 << 30
        checks.check("their columns are facts; a percentage is none", found["web1"] == {
            "cpu.cores": 4, "memory.total_bytes": 8 * gib, "os": "Windows Server 2016",
            "firmware": "uefi", "disks": "disk1:80,disk2:100.5"} and
            found["vm3"] == {"cpu.cores": 2, "memory.total_bytes": 4 * gib, "os": "Linux",
                             "machine": "vmware"} and
            found["web2"] == {"cpu.cores": 4, "memory.total_bytes": 8 * gib,
                              "os": "Windows Server 2016"}, str(found)[:600])
        path = store.write("bad.csv", azure.replace(",8,", ",eight,"))
        done = store.run("import", "estate", path)
        checks.check("a cell that is no number is named", done.returncode == 1 and
                     f"{path}:3: field 3: " in done.stderr and '"eight"' in done.stderr,
                     done.stderr)


BAD = [
    ("no workbook at all", lambda: b"PK\x03\x04 and then nothing", "ZIP archive"),
    ("a workbook cut short", lambda: workbook(sheets("MiB"))[:-200], "ZIP archive"),
    ("a workbook of something else", lambda: workbook({"Sheet1": INFO}), "none of them"),
    ("a sheet without a column VM", lambda: workbook({"vInfo": [["CPUs"], [4]]}), "column VM"),
    ("a number that is none", lambda: workbook({"vInfo": [["VM", "CPUs"], ["web1", "four"]]}),
     "row 2, column 2"),
    ("a text that there is not", lambda: workbook(
        {"vInfo": INFO}, shared=f"<sst {MAIN}><si><t>VM</t></si></sst>"), "texts"),
    ("XML that ends too early", lambda: workbook({"vInfo": INFO}, raw_sheet="<worksheet><row>"),
     "well-formed"),
    ("a bomb of entities", lambda: workbook({"vInfo": INFO}, raw_sheet='<!DOCTYPE a [<!ENTITY x '
                                            '"haha"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'),
     "entity"),
    ("a bomb of one text", lambda: workbook({"vInfo": INFO}, shared="<sst><si><t>" + "A" *
                                            150_000_000 + "</t></si></sst>"), "more"),
    ("a bomb of many texts", lambda: workbook(
        {"vInfo": INFO}, shared="<sst>" + "<si><t>AAAAAAAA</t></si>" * 5_000_000 + "</sst>"),
     "more"),
    ("a bomb of one cell", lambda: workbook(
        {"vInfo": INFO}, raw_sheet='<worksheet><row><c r="A1"><v>' + "1" * 150_000_000 +
        "</v></c></row></worksheet>"), ""),
    ("a bomb of rows", lambda: workbook(
        {"vInfo": INFO}, raw_sheet="<worksheet>" + "<row><c><v></v></c></row>" * 8_000_000 +
        "</worksheet>"), "found more"),
    ("elements within each other", lambda: workbook(
        {"vInfo": INFO}, raw_sheet="<a>" * 100_000), "levels"),
]


def check_bad():
    for name, make, why in BAD:
        with Store() as store:
            path = store.write("estate.xlsx", make())
            done, _, peak = store.measured("import", "workbook", path)
            checks.check(f"{name}: refused", done.returncode == 1 and why in done.stderr
                         and "estate.xlsx" in done.stderr, done.stderr + done.stdout)
            # a sanitizer's memory is no measure
            if not SANITIZED:
                checks.check(f"{name}: below 64 MiB", peak < 65536, f"{peak} KiB")


def check_export():
    root = os.environ.get("HEADROOM_TEST_DATA")
    if not root:
        checks.skip("an export of RVTools", "HEADROOM_TEST_DATA names no folder")
        return
    with Store() as store:
        done, _, peak = store.measured(
            "import", "auto", os.path.join(root, "data", "vsphere", "rvtools-example1.xlsx"))
        first = facts(store, "vm-1")
        checks.check("an export of RVTools gives facts", done.returncode == 0 and
                     "2332033024" in first and "Amazon Linux 2" in first and "uefi" in first,
                     done.stderr + first)
        if not SANITIZED:
            checks.check("an export of RVTools: below 64 MiB", peak < 65536, f"{peak} KiB")


check_facts()
check_hosts()
check_estates()
check_bad()
check_export()
checks.finish()
