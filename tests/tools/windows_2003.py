#!/usr/bin/env python3
"""A Windows Server 2003 as docs/gather/gather.vbs writes it, made from a seed.

    windows_2003.py SEED        prints the document

It has what WMI of that system says and no more: no snapshots, no PXE, no cores (a row of
Win32_Processor is a logical processor), no word on hibernation; marks in the caption, adapters by
the name of their connection, hotfixes with their numbers."""
import json
import random
import sys

SERVICES = """Alerter:disabled ALG:manual AppMgmt:manual AudioSrv:disabled BITS:manual
Browser:auto CiSvc:disabled ClipSrv:disabled COMSysApp:manual CryptSvc:auto DcomLaunch:auto
Dfs:auto Dhcp:auto dmadmin:manual dmserver:auto Dnscache:auto ERSvc:auto Eventlog:auto
EventSystem:auto helpsvc:auto HidServ:disabled HTTPFilter:manual IISADMIN:auto
ImapiService:disabled IsmServ:disabled kdc:disabled lanmanserver:auto lanmanworkstation:auto
LicenseService:disabled LmHosts:auto Messenger:disabled mnmsrvc:disabled MSDTC:auto
MSIServer:manual NetDDE:disabled NetDDEdsdm:disabled Netlogon:auto Netman:manual Nla:manual
NtFrs:manual NtLmSsp:manual NtmsSvc:manual PlugPlay:auto PolicyAgent:auto
ProtectedStorage:auto RasAuto:manual RasMan:manual RDSessMgr:manual RemoteAccess:disabled
RemoteRegistry:auto RpcLocator:manual RpcSs:auto RSoPProv:manual sacsvr:manual SamSs:auto
SCardSvr:manual Schedule:auto seclogon:auto SENS:auto SharedAccess:disabled
ShellHWDetection:auto Spooler:auto stisvc:disabled swprv:manual SysmonLog:manual
TapiSrv:manual TermService:manual Themes:disabled TlntSvr:disabled TrkSvr:disabled
TrkWks:auto UMWdf:manual UPS:manual vds:manual VSS:manual W32Time:auto W3SVC:auto
WebClient:disabled WinHttpAutoProxySvc:manual winmgmt:auto Wmi:manual WmiApSrv:manual
wuauserv:auto WZCSVC:auto"""
DRIVERS = """ACPI:boot atapi:boot Beep:system Cdrom:system cercsr6:boot crcdisk:boot Disk:boot
dmio:boot Fips:system Fs_Rec:system Ftdisk:boot i8042prt:system intelppm:manual IpNat:manual
IPSec:system isapnp:boot Kbdclass:system KSecDD:boot MountMgr:boot Mouclass:system
MRxSmb:system Msfs:system Mup:boot NDIS:boot NetBIOS:system NetBT:system Npfs:system Ntfs:boot
Null:system Parport:manual PartMgr:boot PCI:boot PCIIde:boot Rdbss:system redbook:system
Serial:system Srv:manual swenum:manual symmpi:boot Tcpip:system TermDD:system Update:manual
usbehci:manual usbhub:manual usbuhci:manual VgaSave:system VolSnap:boot Wanarp:manual"""
ROLES = (
    ("FILE", "File server", [], []),
    ("SQL", "Database", [("MSSQLSERVER", "auto"), ("SQLSERVERAGENT", "auto")],
     [("Microsoft SQL Server 2005", "9.4.5000.00")]),
    ("WEB", "Web", [("ASP.NET State Service", "manual")],
     [("Microsoft .NET Framework 2.0 Service Pack 2", "2.2.30729")]),
    ("PRINT", "Print server", [("cpqrcmc", "auto")], [("HP Insight Management Agents", "7.80")]),
)
MODELS = (("HP", "ProLiant DL380 G4", "P51", "symmpi"), ("Dell Inc.", "PowerEdge 2850", "A07", "cercsr6"),
          ("IBM", "eserver xSeries 346 -[88405RY]-", "KPE146AUS", "symmpi"))
FILES = ("hal.dll ntoskrnl.exe ntkrnlpa.exe ntdll.dll kernel32.dll winsrv.dll win32k.sys user32.dll "
         "gdi32.dll atapi.sys disk.sys").split()


def rows(text):
    return [{"name": n, "start": s} for n, s in (w.split(":") for w in text.split())]


def disk(index, size, partitions):
    return {"device": "\\device\\harddisk%d" % index, "bytes": size, "kind": "basic",
            "style": "mbr", "bus": "scsi", "model": "LOGICAL VOLUME SCSI Disk Device",
            "partitions": partitions}


def partition(number, size, letter, system=False):
    return {"number": number, "bytes": size, "primary": True, "bootable": system,
            "extended": False, "windows": system, "boot_ini": system, "volumes": [letter]}


def storage(chance, driver):
    system, data = chance.choice((12, 20, 36)) * 10 ** 9, chance.choice((36, 73, 146)) * 10 ** 9
    disks = [disk(0, system + 8225280, [partition(1, system, "C:", True)]),
             disk(1, data + 8225280, [partition(1, data, "D:")])]
    return {"controllers": [{"name": "Primary IDE Channel", "kind": "ide", "driver": "atapi"},
                            {"name": "Smart Array Controller", "kind": "scsi", "driver": driver}],
            "disks": disks,
            "volumes": [{"name": "C:", "fs": "NTFS", "bytes": system,
                         "used_bytes": int(system * chance.uniform(.4, .7)), "windows": True},
                        {"name": "D:", "fs": "NTFS", "bytes": data,
                         "used_bytes": int(data * chance.uniform(.3, .8)), "windows": False}],
            "san": False, "iscsi": False,
            "mounted": ["\\DosDevices\\C:", "\\DosDevices\\D:", "\\DosDevices\\A:"]}


def network(chance):
    net = chance.randint(1, 200)
    mac = "00110A%06X" % chance.randint(0, 0xfffffe)
    return [{"name": "Local Area Connection", "mac": mac, "speed_mbps": 1000, "dhcp": False,
             "primary": True, "addresses": ["10.1.%d.21/24" % net, "10.1.%d.22/24" % net],
             "gateway": "10.1.%d.1" % net, "dns": ["10.1.%d.2" % net, "10.1.%d.3" % net]},
            {"name": "Backup LAN", "mac": "%012X" % (int(mac, 16) + 1), "speed_mbps": 100,
             "dhcp": False, "primary": False, "addresses": ["172.16.%d.21/24" % net],
             "dns": []}]


def windows_2003(seed, **changes):
    chance = random.Random(seed)
    role, _, services, packages = chance.choice(ROLES)
    vendor, model, bios, driver = chance.choice(MODELS)
    adapters = network(chance)
    threads = chance.choice((2, 4))
    machine = {
        "schema": "headroom/machine/1", "name": "%sSRV%02d" % (role, chance.randint(1, 40)),
        "gathered": 1795000000 + chance.randint(0, 86400), "kind": "physical",
        "os": {"name": "Microsoft(R) Windows(R) Server 2003, Standard Edition",
               "version": "5.2.3790", "service_pack": "Service Pack 2", "language": "English",
               "hal": "acpiapic_mp", "bits": 32},
        "general": {"bios": "%s %s" % (vendor, bios), "firmware": "bios", "vendor": vendor,
                    "model": model, "processor": "Intel(R) Xeon(TM) CPU 3.00GHz",
                    "cores": threads, "threads": threads, "core_mhz": 3000,
                    "memory_bytes": chance.choice((1, 2, 3)) * (1 << 30) - 524288},
        "storage": storage(chance, driver), "network": adapters,
        "routes": [{"to": "default", "via": adapters[0]["gateway"], "metric": 10},
                   {"to": "192.168.50.0/24", "via": adapters[0]["gateway"][:-1] + "254",
                    "metric": 1}],
        "secondary": [{"class": "video", "kind": "vga", "name": "ATI RADEON 7000"},
                      {"class": "serial", "name": "Communications Port (COM1)"},
                      {"class": "cdrom", "name": "HL-DT-ST CD-ROM GCR-8240N"},
                      {"class": "floppy", "name": "Floppy disk drive"},
                      {"class": "usb", "kind": "keyboard", "name": "USB Keyboard"}],
        "software": {
            "services": rows(SERVICES) + [{"name": n, "start": s} for n, s in services],
            "drivers": rows(DRIVERS),
            "updates": sorted("KB%d" % chance.randint(890000, 990000) for _ in range(60)) + ["KB958644"],
            "packages": [{"name": n, "version": v} for n, v in packages + [
                ("Windows Server 2003 Service Pack 2", "20070217.021455")]],
            "auto_run": ["C:\\WINDOWS\\system32\\ctfmon.exe"],
            "system_files": [{"name": n, "version": "5.2.3790.3959"} for n in FILES],
            "dotnet35": False},
        "wmi": True, "admin": True}
    machine.update(changes)
    return machine


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.exit("usage: windows_2003.py SEED")
    json.dump(windows_2003(int(sys.argv[1])), sys.stdout, indent=1)
    print()
