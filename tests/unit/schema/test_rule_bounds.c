/*
 * The rules of the targets, each with the value that decides and one just beside it while all else
 * that it asks for is met, numbers at their bounds, by the documents that the rules name: what is judged, how, and which limit is told.
 */
#include "tests/support.h"

#include "schema/library.h"

#include <string.h>

static struct library library;

static int load(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	return library_load(NULL, &library, &err);
}

static int unload(void **state)
{
	(void)state;
	library_done(&library);
	return 0;
}

/* What makes a rule fire, one value that does and one that does not; the limit it tells. */
static const struct bound {
	const char *profile, *rule, *day;
	enum outcome outcome;
	const char *beside; /* "field=value field=value" */
	const char *field, *fires, *silent;
	double allowed; /* NAN: none */
} bounds[] = {
	{ "virtual-server-2005-r2", "VS-64BIT", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"os_bits", "64", "32", 32 },
	{ "virtual-server-2005-r2", "MEM-1-SWAP", "2026-10-15", OUTCOME_PASS, "",
		"memory.swap_mb", "0.5", "0", NAN },
	{ "virtual-server-2005-r2", "MEM-5-NOTICE", "2026-10-15", OUTCOME_PASS, "",
		"requirement.vm_memory_mb", "3600.5", "3600", 3686.4 },
	{ "virtual-server-2005-r2", "MEM-5-NOTICE", "2026-10-15", OUTCOME_PASS, "",
		"requirement.vm_memory_mb", "3686.4", "3686.5", 3686.4 },
	{ "virtual-server-2005-r2", "CPU-2-SMP", "2026-10-15", OUTCOME_DISQUALIFIED,
		"cpu.cores=2 environment=production requirement.cpu_mhz=3300",
		"requirement.cores", "1.01", "1", 3000 },
	{ "virtual-server-2005-r2", "CPU-2-SMP", "2026-10-15", OUTCOME_DISQUALIFIED,
		"environment=production requirement.cores=1.1 "
		"requirement.cpu_mhz=3300",
		"cpu.cores", "2", "1", 3000 },
	{ "virtual-server-2005-r2", "CPU-2-SMP-TEST", "2026-10-15", OUTCOME_REVIEW,
		"environment=test requirement.cores=1.1 requirement.cpu_mhz=3300",
		"cpu.cores", "2", "1", 3000 },
	{ "virtual-server-2005-r2", "CPU-2-SMP-TEST", "2026-10-15", OUTCOME_REVIEW,
		"cpu.cores=2 requirement.cores=1.1 requirement.cpu_mhz=3300",
		"environment", "test", "production", 3000 },
	{ "virtual-server-2005-r2", "CPU-2-SLOW", "2026-10-15", OUTCOME_DISQUALIFIED,
		"environment=production requirement.cores=1.1 "
		"requirement.cpu_mhz=3300",
		"cpu.cores", "1", "2", 3000 },
	{ "virtual-server-2005-r2", "CPU-2-SLOW-TEST", "2026-10-15", OUTCOME_REVIEW,
		"environment=test requirement.cores=1.1 requirement.cpu_mhz=3300",
		"cpu.cores", "1", "2", 3000 },
	{ "virtual-server-2005-r2", "NET-2", "2026-10-15", OUTCOME_PASS, "",
		"dedicated_adapters", "1", "0", NAN },
	{ "virtual-server-2005-r2", "STO-14", "2026-10-15", OUTCOME_REVIEW, "",
		"disk.size_gb", "2048.1", "2048", 2048 },
	{ "aws-mgn", "MGN-2003-32BIT", "2026-02-01", OUTCOME_REVIEW, "os.release=2003",
		"os_bits", "32", "64", NAN },
	{ "aws-mgn", "MGN-FREE", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.family=windows", "root_free_gb", "1.99", "2", 2 },
	{ "aws-mgn", "MGN-LINUX-32BIT", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.family=linux", "os_bits", "32", "64", NAN },
	{ "aws-vm-import", "IMP-2003-SP1", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.release=2003", "service_pack", "0", "1", 1 },
	{ "aws-vm-import", "IMP-FREE", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.family=windows", "root_free_gb", "5.99", "6", 6 },
	{ "aws-vm-import", "IMP-MANIFEST", "2026-10-15", OUTCOME_PASS, "",
		"disk.size_gb", "8192.1", "8192", 8192 },
	{ "aws-vm-import", "IMP-LINUX-32BIT", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.family=linux", "os_bits", "32", "64", NAN },
	{ "azure-vm", "AZR-2CPU", "2026-10-15", OUTCOME_REVIEW, "os.release=2003",
		"requirement.cores", "2.01", "2", 2 },
	{ "azure-vm", "AZR-32BIT", "2026-10-15", OUTCOME_REVIEW, "", "os_bits", "32",
		"64", NAN },
	{ "azure-vm", "AZR-GEN2", "2026-10-15", OUTCOME_DISQUALIFIED, "os.release=2003",
		"generation", "2", "1", NAN },
	{ "azure-vm", "AZR-GEN2", "2026-10-15", OUTCOME_DISQUALIFIED, "os.release=2003",
		"generation", "2", "3", NAN },
	{ "azure-vm", "AZR-OS-DISK", "2026-10-15", OUTCOME_REVIEW,
		"os.release=2003 disk.name=c", "disk.size_gb", "2048.1", "2048", 2048 },
	{ "azure-vm", "AZR-P2V", "2026-10-15", OUTCOME_REVIEW, "os.release=2003",
		"machine", "physical", "vm", NAN },
	{ "hyper-v-2008-r2", "HV8-BOOT", "2026-10-15", OUTCOME_PASS, "", "disks.count",
		"1", "0", NAN },
	{ "hyper-v-2019", "HV19-GEN1-CPU", "2026-10-15", OUTCOME_DISQUALIFIED,
		"generation=1", "requirement.cores", "64.1", "64", 64 },
	{ "hyper-v-2019", "HV19-GEN1-CPU", "2026-10-15", OUTCOME_DISQUALIFIED,
		"requirement.cores=65", "generation", "1", "2", 64 },
	{ "hyper-v-2019", "HV19-GEN1-MEMORY", "2026-10-15", OUTCOME_DISQUALIFIED,
		"generation=1", "requirement.vm_memory_mb", "1048577", "1048576",
		1048576 },
	{ "hyper-v-2019", "HV19-2003-GEN", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.release=2003", "generation", "2", "1", NAN },
	{ "hyper-v-2019", "HV19-VHD", "2026-10-15", OUTCOME_PASS, "", "disk.size_gb",
		"2040.1", "2040", 2040 },
	{ "server-2012-essentials", "SBS-64BIT", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"target_bits", "32", "64", NAN },
	{ "aws-mgn", "MGN-DOTNET35", "2026-02-14", OUTCOME_DISQUALIFIED,
		"os.release=2003", "dotnet35", "false", "true", NAN },
	{ "aws-mgn", "MGN-WMI", "2026-02-14", OUTCOME_DISQUALIFIED, "wmi=false",
		"os.release", "2003 R2", "2008", NAN },
	{ "aws-mgn", "MGN-NITRO", "2026-02-14", OUTCOME_DISQUALIFIED, "os.release=2003",
		"instance_type", "m5.large", "m4.large", NAN },
	{ "aws-mgn", "MGN-2008-GPT", "2026-10-15", OUTCOME_DISQUALIFIED,
		"boot_disk_style=gpt", "os.release", "2008", "2012", NAN },
	{ "aws-mgn", "MGN-NO-INSTALL", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"may_install", "false", "true", NAN },
	{ "aws-mgn", "MGN-WMI-ALL", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.family=windows wmi=false", "os.release", "2008", "2003", NAN },
	{ "aws-mgn", "MGN-DOTNET35-2008", "2026-10-15", OUTCOME_DISQUALIFIED,
		"dotnet35=false", "os.release", "2008", "2012", NAN },
	{ "aws-mgn", "MGN-NITRO-2008", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.release=7", "instance_type", "c5.large", "t2.micro", NAN },
	{ "aws-mgn", "MGN-EL5-ENDED", "2025-12-30", OUTCOME_DISQUALIFIED,
		"os.family=linux", "os", "CentOS 5.11", "CentOS 6.1", NAN },
	{ "aws-mgn", "MGN-DEBIAN9-ENDED", "2026-04-30", OUTCOME_DISQUALIFIED,
		"os.family=linux", "os", "Debian GNU/Linux 9 (stretch)",
		"Debian GNU/Linux 11", NAN },
	{ "aws-mgn", "MGN-UBUNTU1204-ENDED", "2026-08-20", OUTCOME_DISQUALIFIED,
		"os.family=linux", "os", "Ubuntu 12.04.5", "Ubuntu 14.04", NAN },
	{ "aws-mgn", "MGN-EL6-ENDED", "2026-08-28", OUTCOME_DISQUALIFIED,
		"os.family=linux", "os", "Oracle Linux 6", "Oracle Linux 7", NAN },
	{ "aws-mgn", "MGN-CENTOS7-ENDED", "2026-11-20", OUTCOME_DISQUALIFIED,
		"os.family=linux", "os", "CentOS Linux 7 (Core)", "CentOS Stream 9",
		NAN },
	{ "aws-mgn", "MGN-UBUNTU1404-ENDED", "2026-12-20", OUTCOME_DISQUALIFIED,
		"os.family=linux", "os", "Ubuntu 14.04.6", "Ubuntu 16.04", NAN },
	{ "aws-mgn", "MGN-RHEL6-ENDED", "2026-12-30", OUTCOME_DISQUALIFIED,
		"os.family=linux", "os", "CentOS Linux 8", "Rocky Linux 8", NAN },
	{ "aws-mgn", "MGN-DEBIAN-NEWER", "2026-10-15", OUTCOME_REVIEW,
		"os.family=linux", "os", "Debian GNU/Linux 12", "Debian GNU/Linux 11",
		NAN },
	{ "aws-vm-import", "IMP-ADAPTERS", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"adapters", "2", "1", 1 },
	{ "aws-vm-import", "IMP-EOL", "2026-10-15", OUTCOME_REVIEW, "os_bits=64",
		"os.release", "2008 R2", "2012", NAN },
	{ "aws-vm-import", "IMP-EDITION", "2026-10-15", OUTCOME_REVIEW,
		"os.release=2003", "os", "Windows Server 2003 Web Edition",
		"Windows Server 2003 Standard", NAN },
	{ "azure-vm", "AZR-ADAPTERS", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"adapters", "33", "32", 32 },
	{ "azure-vm", "AZR-GENERALIZED", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.release=2003", "vhd_kind", "generalized", "specialized", NAN },
	{ "azure-vm", "AZR-NO-MARKETPLACE", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.release=2003", "image_source", "marketplace", "own", NAN },
	{ "azure-vm", "AZR-NO-MARKETPLACE", "2026-10-15", OUTCOME_DISQUALIFIED,
		"image_source=marketplace", "os.release", "2000", "2012", NAN },
	{ "azure-vm", "AZR-NO-MARKETPLACE", "2026-10-15", OUTCOME_DISQUALIFIED,
		"image_source=marketplace", "os.release", "NT 4.0", "2012", NAN },
	{ "azure-vm", "AZR-NO-MARKETPLACE", "2026-10-15", OUTCOME_DISQUALIFIED,
		"image_source=marketplace", "os.release", "2008", "2012", NAN },
	{ "azure-vm", "AZR-NO-INPLACE", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.release=2003", "action", "upgrade_in_place", "other", NAN },
	{ "azure-vm", "AZR-NO-AGENT", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.release=2003", "action", "use_vm_agent", "other", NAN },
	{ "azure-vm", "AZR-EDITION", "2026-10-15", OUTCOME_REVIEW, "os.release=2003",
		"os", "Windows Server 2003 Web Edition", "Windows Server 2003 Standard",
		NAN },
	{ "azure-vm", "AZR-CUSTOM-SUPPORT", "2026-10-15", OUTCOME_PASS, "",
		"custom_support", "true", "false", NAN },
	{ "azure-vm", "AZR-WEB-APP-SERVICE", "2026-10-15", OUTCOME_PASS,
		"os.family=windows", "roles", "web", "mail", NAN },
	{ "azure-vm", "AZR-APP-EOS", "2026-10-15", OUTCOME_REVIEW, "", "applications",
		"SQL Server 2005", "SQL Server 2008", NAN },
	{ "exchange-2003", "EXC-NO-2000-ON-2003", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.release=2003", "applications", "Exchange 2000", "Exchange 2003",
		NAN },
	{ "hyper-v-2008-r2", "HV8-UEFI", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"firmware", "uefi", "bios", NAN },
	{ "hyper-v-2008-r2", "HV8-USB", "2026-10-15", OUTCOME_REVIEW,
		"device.required=true", "device.kind", "printer", "keyboard", NAN },
	{ "hyper-v-2008-r2", "HV8-USB", "2026-10-15", OUTCOME_REVIEW,
		"device.kind=printer", "device.required", "true", "false", NAN },
	{ "hyper-v-2019", "HV19-USB", "2026-10-15", OUTCOME_REVIEW,
		"device.required=true", "device.kind", "printer", "mouse", NAN },
	{ "kvm", "KVM-OS", "2026-10-15", OUTCOME_REVIEW, "os.family=windows",
		"os.release", "NT 4.0", "2022", NAN },
	{ "kvm", "KVM-HIBERNATED", "2026-10-15", OUTCOME_DISQUALIFIED,
		"os.family=windows", "hibernated", "true", "false", NAN },
	{ "kvm", "KVM-2008R2-SHA2", "2026-10-15", OUTCOME_REVIEW, "os.family=windows",
		"os.release", "2008 R2", "2012", NAN },
	{ "kvm", "KVM-USB", "2026-10-15", OUTCOME_REVIEW, "device.required=true",
		"device.class", "scsi", "usb", NAN },
	{ "virtual-server-2005-r2", "FIG-MEMORY-KIND", "2026-10-15", OUTCOME_REVIEW, "",
		"memory.kind", "active", "used", NAN },
	{ "virtual-server-2005-r2", "CPU-2-MARKED", "2026-10-15", OUTCOME_DISQUALIFIED,
		"environment=production", "smp_required", "true", "false", NAN },
	{ "virtual-server-2005-r2", "CPU-2-MARKED-TEST", "2026-10-15", OUTCOME_REVIEW,
		"smp_required=true", "environment", "test", "production", NAN },
	{ "virtual-server-2005-r2", "HWL-1", "2026-10-15", OUTCOME_DISQUALIFIED,
		"device.class=usb device.required=true", "device.kind", "printer",
		"hid", NAN },
	{ "virtual-server-2005-r2", "HWL-1-HAS", "2026-10-15", OUTCOME_REVIEW,
		"device.class=usb device.required=false", "device.kind", "printer",
		"hid", NAN },
	{ "virtual-server-2005-r2", "HWL-3", "2026-10-15", OUTCOME_DISQUALIFIED,
		"device.class=network device.required=true", "device.kind",
		"token-ring", "ethernet", NAN },
	{ "virtual-server-2005-r2", "HWL-3-HAS", "2026-10-15", OUTCOME_REVIEW,
		"device.class=network device.required=false", "device.kind",
		"token-ring", "ethernet", NAN },
	{ "virtual-server-2005-r2", "HWL-4", "2026-10-15", OUTCOME_DISQUALIFIED,
		"device.class=scsi device.required=true", "device.kind", "tape", "disk",
		NAN },
	{ "virtual-server-2005-r2", "HWL-4-HAS", "2026-10-15", OUTCOME_REVIEW,
		"device.class=scsi device.required=false", "device.kind", "tape",
		"disk", NAN },
	{ "virtual-server-2005-r2", "HWL-5", "2026-10-15", OUTCOME_DISQUALIFIED,
		"device.class=video device.required=true", "device.kind", "capture",
		"vga", NAN },
	{ "virtual-server-2005-r2", "HWL-5-HAS", "2026-10-15", OUTCOME_REVIEW,
		"device.class=video device.required=false", "device.kind", "capture",
		"vga", NAN },
	{ "virtual-server-2005-r2", "HWL-2", "2026-10-15", OUTCOME_DISQUALIFIED,
		"device.class=firewire device.kind=x", "device.required", "true",
		"false", NAN },
	{ "virtual-server-2005-r2", "HWL-2-HAS", "2026-10-15", OUTCOME_REVIEW,
		"device.class=firewire device.kind=x", "device.required", "false",
		"true", NAN },
	{ "virtual-server-2005-r2", "HWL-6", "2026-10-15", OUTCOME_DISQUALIFIED,
		"device.class=dongle device.kind=x", "device.required", "true", "false",
		NAN },
	{ "virtual-server-2005-r2", "HWL-6-HAS", "2026-10-15", OUTCOME_REVIEW,
		"device.class=dongle device.kind=x", "device.required", "false", "true",
		NAN },
	{ "virtual-server-2005-r2", "HWL-7", "2026-10-15", OUTCOME_DISQUALIFIED,
		"device.required=true device.kind=x", "device.class", "gps", "cdrom",
		NAN },
	{ "virtual-server-2005-r2", "HWL-7-HAS", "2026-10-15", OUTCOME_REVIEW,
		"device.required=false device.kind=x", "device.class", "gps", "serial",
		NAN },
	{ "virtual-server-2005-r2", "NET-8", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"network_type", "token-ring", "ethernet", NAN },
	{ "virtual-server-2005-r2", "OPL-1-SPEECH", "2026-10-15", OUTCOME_DISQUALIFIED,
		"environment=production", "applications", "Speech Server",
		"SQL Server 2000", NAN },
	{ "virtual-server-2005-r2", "OPL-1-TEST", "2026-10-15", OUTCOME_PASS,
		"environment=test", "applications", "Speech Server", "SQL Server 2000",
		NAN },
	{ "virtual-server-2005-r2", "OPL-1-ISA-2000", "2026-10-15",
		OUTCOME_DISQUALIFIED, "environment=production", "applications",
		"ISA Server 2000", "SQL Server 2000", NAN },
	{ "virtual-server-2005-r2", "OPL-1-TEST", "2026-10-15", OUTCOME_PASS,
		"environment=test", "applications", "ISA Server 2000",
		"SQL Server 2000", NAN },
	{ "virtual-server-2005-r2", "OPL-1-ISA-2004", "2026-10-15",
		OUTCOME_DISQUALIFIED, "environment=production", "applications",
		"ISA Server 2004", "SQL Server 2000", NAN },
	{ "virtual-server-2005-r2", "OPL-1-TEST", "2026-10-15", OUTCOME_PASS,
		"environment=test", "applications", "ISA Server 2004",
		"SQL Server 2000", NAN },
	{ "virtual-server-2005-r2", "OPL-1-SPS-2003", "2026-10-15",
		OUTCOME_DISQUALIFIED, "environment=production", "applications",
		"SharePoint Portal Server 2003", "SQL Server 2000", NAN },
	{ "virtual-server-2005-r2", "OPL-1-TEST", "2026-10-15", OUTCOME_PASS,
		"environment=test", "applications", "SharePoint Portal Server 2003",
		"SQL Server 2000", NAN },
	{ "virtual-server-2005-r2", "OPL-1-MIIS-2003", "2026-10-15",
		OUTCOME_DISQUALIFIED, "environment=production", "applications",
		"MIIS 2003", "SQL Server 2000", NAN },
	{ "virtual-server-2005-r2", "OPL-1-TEST", "2026-10-15", OUTCOME_PASS,
		"environment=test", "applications", "MIIS 2003", "SQL Server 2000",
		NAN },
	{ "virtual-server-2005-r2", "OPL-1-IIFP", "2026-10-15", OUTCOME_DISQUALIFIED,
		"environment=production", "applications", "IIFP", "SQL Server 2000",
		NAN },
	{ "virtual-server-2005-r2", "OPL-1-TEST", "2026-10-15", OUTCOME_PASS,
		"environment=test", "applications", "IIFP", "SQL Server 2000", NAN },
	{ "virtual-server-2005-r2", "OPL-1-SPEECH", "2026-10-15", OUTCOME_DISQUALIFIED,
		"applications=Speech#Server", "environment", "production", "test",
		NAN },
	{ "virtual-server-2005-r2", "OPL-2", "2026-10-15", OUTCOME_DISQUALIFIED,
		"environment=production", "vendor_support", "false", "true", NAN },
	{ "virtual-server-2005-r2", "OPL-2-TEST", "2026-10-15", OUTCOME_PASS,
		"environment=test", "vendor_support", "false", "true", NAN },
	{ "virtual-server-2005-r2", "OPL-LICENCE", "2026-10-15", OUTCOME_REVIEW, "",
		"licence_bound", "true", "false", NAN },
	{ "virtual-server-2005-r2", "OPL-SENSITIVE", "2026-10-15", OUTCOME_PASS, "",
		"sensitive", "true", "false", NAN },
	{ "azure-vm", "AZR-CPU", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"requirement.cores", "128.1", "128", 128 },
	{ "azure-vm", "AZR-DISKS", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"disks.count", "66", "65", 65 },
	{ "azure-vm", "AZR-DISK", "2026-10-15", OUTCOME_REVIEW, "", "disk.size_gb",
		"32767.1", "32767", 32767 },
	{ "azure-vm", "AZR-DISK", "2026-10-15", OUTCOME_REVIEW, "", "disk.size_gb",
		"65536", "65536.1", 32767 },
	{ "azure-vm", "AZR-DISK-MOST", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"disk.size_gb", "65536.1", "65536", 65536 },
	{ "aws-vm-import", "IMP-DISKS", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"disks.count", "22", "21", 21 },
	{ "aws-vm-import", "IMP-DISK", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"disk.size_gb", "16384.1", "16384", 16384 },
	{ "aws-vm-import", "IMP-32BIT-ENDED", "2026-04-01", OUTCOME_DISQUALIFIED, "",
		"os_bits", "32", "64", 64 },
	{ "aws-vm-import", "IMP-32BIT-ENDS", "2026-03-31", OUTCOME_REVIEW, "",
		"os_bits", "32", "64", 64 },
	{ "hyper-v-2008-r2", "HV8-CPU", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"requirement.cores", "4.1", "4", 4 },
	{ "hyper-v-2008-r2", "HV8-DISKS", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"disks.count", "261", "260", 260 },
	{ "hyper-v-2008-r2", "HV8-DISK", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"disk.size_gb", "2040.1", "2040", 2040 },
	{ "hyper-v-2019", "HV19-CPU", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"requirement.cores", "240.1", "240", 240 },
	{ "hyper-v-2019", "HV19-DISKS", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"disks.count", "261", "260", 260 },
	{ "hyper-v-2019", "HV19-DISK", "2026-10-15", OUTCOME_DISQUALIFIED, "",
		"disk.size_gb", "65536.1", "65536", 65536 },
	{ "kvm", "KVM-CPU", "2026-10-15", OUTCOME_DISQUALIFIED, "", "requirement.cores",
		"240.1", "240", 240 },
};

struct made {
	struct rule_subject subject;
	const char *list[8]; /* of texts, one for each field of that kind */
	size_t lists;
	struct field_item *disk;
};

static void set(struct made *made, const char *name, const char *value)
{
	int field = field_find(name, NULL);
	struct field_value *to;

	if (field < 0)
		fail_msg("there is no field %s", name);
	to = &made->subject.value[field];
	if (field_scope(field) != SCOPE_WORKLOAD) {
		if (!made->disk)
			assert_int_equal(subject_add_item(&made->subject,
						 field_scope(field), &made->disk),
				0);
		made->subject.is_listed[field_scope(field)] = true;
		to = field_item_value(made->disk, field);
	}
	if (field_type(field) == FIELD_NUMBER)
		field_set_number(to, strtod(value, NULL));
	else if (field_type(field) == FIELD_BOOL)
		field_set_bool(to, strcmp(value, "true") == 0);
	else if (field_type(field) == FIELD_LIST) {
		made->list[made->lists] = value;
		*to = (struct field_value){ .is_known = true,
			.number = NAN,
			.list = &made->list[made->lists++],
			.list_count = 1 };
	} else
		field_set_text(to, value);
}

static const struct finding *judge(const struct bound *row, const char *value,
	struct made *made, struct finding_list *list)
{
	const struct profile *profile = library_profile(&library, row->profile);
	bool has_heading[HEADING_COUNT];
	static char words[200];
	char *at, *word;
	struct err err = ERR_INIT;

	assert_non_null(profile);
	*made = (struct made){ .subject = { .name = "w" } };
	(void)snprintf(words, sizeof(words), "%s", row->beside);
	for (word = strtok_r(words, " ", &at); word; word = strtok_r(NULL, " ", &at)) {
		char *is = strchr(word, '=');

		*is = '\0';
		for (char *c = is + 1; *c; c++)
			*c = *c == '#' ? ' ' : *c; /* a blank in a value */
		set(made, word, is + 1);
	}
	set(made, row->field, value);
	assert_int_equal(library_judge(&library, profile, &profile->settings,
				 &made->subject, row->day, list, has_heading, &err),
		0);
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->finding[i].rule->id, row->rule) == 0)
			return &list->finding[i];
	}
	return NULL;
}

static size_t print_wrong(
	const struct bound *row, const char *value, const struct finding *found)
{
	print_error("%s: %s of %s: %s\n", row->rule, row->field, value,
		found ? outcome_name(found->outcome) : "silent");
	return 1;
}

static void each_rule_at_its_bound(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
		const struct bound *row = &bounds[i];
		struct finding_list list = { .count = 0 };
		const struct finding *found;
		struct made made;

		found = judge(row, row->fires, &made, &list);
		if (!found || found->outcome != row->outcome || found->is_for_missing)
			wrong += print_wrong(row, row->fires, found);
		else
			assert_near(found->allowed, row->allowed, 1e-9);
		finding_list_done(&list);
		subject_done(&made.subject);
		found = judge(row, row->silent, &made, &list);
		if (found)
			wrong += print_wrong(row, row->silent, found);
		finding_list_done(&list);
		subject_done(&made.subject);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_at_its_bound),
	};

	return cmocka_run_group_tests_name("bounds of rules", tests, load, unload);
}
