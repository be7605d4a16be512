/*
 * Validation (VAL-1, VAL-3 to VAL-8; PRE-1 to PRE-12, PRE-13, PRE-15 to PRE-17; V2V-1 to V2V-3): each
 * check of the built-in files has a machine that fires it and one that does not, and a
 * check without its two rows fails here.
 */
#include "tests/support.h"

#include "analyze/validate/validate.h"

#include <string.h>

#define VS "virtual-server-2005-r2"
#define DAY "2026-11-30"
/* A machine that the toolkit takes, but for what a row adds or changes. */
#define OS_GOOD \
	"\"os\":\"Windows Server 2003 Standard\",\"os_version\":\"5.2 Service Pack 1\""
#define NIC_GOOD \
	"\"nics\":[{\"mac\":\"01\",\"dhcp\":true,\"primary\":true,\"pxe\":true}]"
#define REST                                                                        \
	",\"disks\":[{\"kind\":\"basic\"}],\"volumes\":[{\"letter\":\"C:\",\"fs\":" \
	"\"NTFS\",\"windows\":true}]"
#define FLAT(os, nic, more) \
	"{\"name\":\"m\",\"memory_mb\":96,\"hal\":\"acpipic_up\"," os "," nic more "}"
#define GOOD FLAT(OS_GOOD, NIC_GOOD, REST ANSWERS)
#define ANSWERS ",\"san\":false,\"wmi\":true,\"admin\":true"
#define FULL(more) "{\"schema\":\"headroom/machine/1\",\"name\":\"m\"," more "}"

static struct check_case {
	const char *id, *target;
	const char *fires, *does_not;
} checks[] = {
	{ "PRE-OS", VS,
		FLAT("\"os\":\"Windows 2000 Server\",\"os_version\":\"5.0 Service Pack 3\"",
			NIC_GOOD, REST ANSWERS),
		FLAT("\"os\":\"Windows 2000 Server\",\"os_version\":\"5.0 Service Pack 4\"",
			NIC_GOOD, REST ANSWERS) },
	{ "PRE-OS", VS, /* V2V-1: a Linux guest of VMware is none of them */
		FULL("\"hypervisor\":\"vmware\",\"os\":{\"name\":\"Debian GNU/Linux 12\"}"),
		FULL("\"hypervisor\":\"vmware\",\"os\":{\"name\":\"Microsoft Windows 2000 "
		     "Server\",\"service_pack\":\"Service Pack 4\"}") },
	{ "PRE-OS", VS,
		FULL("\"os\":{\"name\":\"Windows NT Server 4.0\",\"service_pack\":\"Service "
		     "Pack 6\"}"),
		FULL("\"os\":{\"name\":\"Windows NT Server 4.0\",\"service_pack\":\"Service "
		     "Pack 6a\"}") },
	{ "PRE-OS", VS,
		FULL("\"os\":{\"name\":\"Windows Server 2003 Enterprise x64\"}"),
		FULL("\"os\":{\"name\":\"Windows Server 2003 Enterprise\"}") },
	{ "PRE-OS", VS,
		FULL("\"os\":{\"name\":\"Windows Server 2003 Standard\",\"bits\":64}"),
		FULL("\"os\":{\"name\":\"Windows Server 2003 Standard\",\"bits\":32}") },
	{ "PRE-OS-R2", VS,
		FULL("\"os\":{\"name\":\"Windows Server 2003 R2 Standard\"}"), GOOD },
	{ "PRE-HAL", VS, FULL("\"os\":{\"hal\":\"syspro_mp\"}"),
		FULL("\"os\":{\"hal\":\"ACPI Multiprocessor PC\"}") },
	{ "PRE-MEM", VS, FULL("\"general\":{\"memory_bytes\":99614720}"),
		FULL("\"general\":{\"memory_bytes\":100663296}") },
	{ "PRE-NIC-PRIMARY", VS, FULL("\"network\":[\"a\",\"b\"]"),
		FULL("\"network\":[\"a\",{\"name\":\"b\",\"primary\":true}]") },
	{ "PRE-NIC-PRIMARY", VS, FULL("\"network\":[\"a\",\"b\",\"c\"]"),
		FULL("\"network\":[\"a\"]") },
	{ "PRE-DHCP", VS, FULL("\"network\":[{\"name\":\"a\",\"dhcp\":false}]"), GOOD },
	{ "PRE-DHCP", VS,
		FULL("\"network\":[{\"name\":\"a\",\"dhcp\":true},{\"name\":\"b\",\"dhcp\":"
		     "false,\"primary\":true}]"),
		FULL("\"network\":[{\"name\":\"a\",\"dhcp\":false},{\"name\":\"b\",\"dhcp\":"
		     "true,\"primary\":true}]") },
	{ "PRE-PXE", VS, FULL("\"network\":[{\"name\":\"a\",\"pxe\":false}]"), GOOD },
	{ "PRE-DYNAMIC-DISK", VS,
		FULL("\"storage\":{\"disks\":[{\"device\":\"a\",\"kind\":\"dynamic\"}]}"),
		GOOD },
	{ "PRE-FAT", VS,
		FULL("\"storage\":{\"volumes\":[{\"name\":\"C:\",\"fs\":\"FAT32\"}]}"),
		GOOD },
	{ "PRE-SAN", VS, FULL("\"storage\":{\"san\":true}"), GOOD },
	{ "PRE-WMI", VS, FULL("\"wmi\":false"), GOOD },
	{ "PRE-ADMIN", VS, FULL("\"admin\":false"), GOOD },
	{ "PRE-SERVICE", VS,
		FULL("\"software\":{\"services\":[{\"name\":\"CqMgHost\",\"start\":\"Auto\"}]}"),
		FULL("\"software\":{\"services\":[{\"name\":\"CqMgHost\",\"start\":"
		     "\"disabled\"}]}") },
	{ "PRE-DRIVER", VS,
		FULL("\"software\":{\"drivers\":[{\"name\":\"cpqteam\",\"start\":\"boot\"}]}"),
		FULL("\"software\":{\"drivers\":[{\"name\":\"cpqteam\",\"start\":"
		     "\"disabled\"}]}") },
	{ "PRE-ADS", VS, FULL("\"ads_managed\":true"), FULL("\"ads_managed\":false") },
	{ "PRE-NT4-BACKUP", VS, FULL("\"os\":{\"name\":\"Windows NT Server 4.0\"}"),
		GOOD },
	{ "PRE-NT4-872952", VS, FULL("\"os\":{\"name\":\"Windows NT Server 4.0\"}"),
		GOOD },
	{ "V2V-SCSI-DRIVER", VS,
		FULL("\"hypervisor\":\"vmware\",\"storage\":{\"controllers\":[{\"name\":\"a\","
		     "\"kind\":\"scsi\"}]}"),
		FULL("\"hypervisor\":\"vmware\",\"storage\":{\"controllers\":[{\"name\":\"a\","
		     "\"kind\":\"ide\"}]}") },
	{ "V2V-SCSI-HOTFIX", VS,
		FULL("\"hypervisor\":\"vmware\",\"storage\":{\"controllers\":[{\"name\":\"a\","
		     "\"kind\":\"scsi\"}]}"),
		FULL("\"kind\":\"physical\",\"hypervisor\":\"none\",\"storage\":{"
		     "\"controllers\":[{\"name\":\"a\",\"kind\":\"scsi\"}]}") },
	{ "V2V-TOOLS", VS, FULL("\"hypervisor\":\"vmware\""),
		FULL("\"hypervisor\":\"xen\"") },
	{ "VAL-LANGUAGE", VS, FULL("\"os\":{\"language\":\"German\"}"),
		FULL("\"os\":{\"language\":\"en-US\"}") },
	{ "MOVE-CONTAINER", "kvm", FULL("\"kind\":\"container\""),
		FULL("\"kind\":\"vm\"") },
	{ "MOVE-SNAPSHOTS", "kvm",
		FULL("\"kind\":\"vm\",\"storage\":{\"snapshots\":2}"),
		FULL("\"kind\":\"vm\",\"storage\":{\"snapshots\":0}") },
	{ "MOVE-SNAPSHOTS", "kvm",
		FULL("\"kind\":\"vm\",\"storage\":{\"snapshots\":1}"),
		FULL("\"kind\":\"physical\"") },
	{ "MOVE-RAW-DISK", "azure-vm",
		FULL("\"storage\":{\"disks\":[{\"device\":\"a\",\"raw\":true}]}"),
		FULL("\"storage\":{\"disks\":[{\"device\":\"a\",\"raw\":false}]}") },
	{ "MOVE-SHARED-DISK", "kvm",
		FULL("\"storage\":{\"disks\":[{\"device\":\"a\",\"shared\":true}]}"),
		FULL("\"storage\":{\"disks\":[{\"device\":\"a\",\"shared\":false}]}") },
	{ "MOVE-HIBERNATED", "kvm",
		FULL("\"os\":{\"name\":\"Windows Server 2012\"},\"software\":{"
		     "\"hibernation\":true}"),
		FULL("\"os\":{\"name\":\"Windows Server 2012\"},\"software\":{"
		     "\"hibernation\":false}") },
	{ "MOVE-DYNAMIC-DISK", "aws-vm-import",
		FULL("\"storage\":{\"disks\":[{\"device\":\"a\",\"kind\":\"dynamic\"}]}"),
		FULL("\"storage\":{\"disks\":[{\"device\":\"a\",\"kind\":\"basic\"}]}") },
	{ "MOVE-STATIC-ADDRESS", "kvm",
		FULL("\"network\":[{\"name\":\"a\",\"dhcp\":false}]"),
		FULL("\"network\":[{\"name\":\"a\",\"dhcp\":true}]") },
	{ "MOVE-ENCRYPTED", "hyper-v-2019",
		FULL("\"storage\":{\"volumes\":[{\"name\":\"/\",\"encrypted\":true}]}"),
		FULL("\"storage\":{\"volumes\":[{\"name\":\"/\",\"encrypted\":false}]}") },
	{ "MOVE-SAN", "kvm", FULL("\"storage\":{\"san\":true}"),
		FULL("\"storage\":{\"san\":false}") },
	{ "MOVE-ISCSI", "kvm", FULL("\"storage\":{\"iscsi\":true}"),
		FULL("\"storage\":{\"iscsi\":false}") },
	{ "MOVE-TOOLS", "kvm",
		FULL("\"software\":{\"services\":[{\"name\":\"open-vm-tools\",\"start\":"
		     "\"auto\"}]}"),
		FULL("\"software\":{\"services\":[{\"name\":\"open-vm-tools\",\"start\":"
		     "\"disabled\"}]}") },
	{ "MOVE-FULL-VOLUME", "kvm",
		FULL("\"storage\":{\"volumes\":[{\"name\":\"/\",\"bytes\":100,\"used_bytes\":"
		     "96}]}"),
		FULL("\"storage\":{\"volumes\":[{\"name\":\"/\",\"bytes\":100,\"used_bytes\":"
		     "95}]}") },
	{ "MOVE-SECURE-BOOT", "kvm", FULL("\"general\":{\"secure_boot\":true}"),
		FULL("\"general\":{\"secure_boot\":false}") },
	{ "MOVE-UEFI", "kvm", FULL("\"general\":{\"firmware\":\"uefi\"}"),
		FULL("\"general\":{\"firmware\":\"bios\"}") },
	{ "MOVE-OLD-WINDOWS-DRIVERS", "kvm",
		FULL("\"os\":{\"name\":\"Windows Server 2003 Standard\"}"),
		FULL("\"os\":{\"name\":\"Windows Server 2019\"}") },
	{ "MOVE-DC", "kvm",
		FULL("\"software\":{\"services\":[{\"name\":\"NTDS\",\"start\":\"auto\"}]}"),
		FULL("\"software\":{\"services\":[{\"name\":\"W3SVC\",\"start\":\"auto\"}]}") },
	{ "MOVE-NO-BOOT-LOADER", "kvm",
		FULL("\"storage\":{\"disks\":[{\"device\":\"vda\"}],\"volumes\":[{\"name\":"
		     "\"/\",\"device\":\"vda\"}]}"),
		FULL("\"storage\":{\"disks\":[{\"device\":\"vda\",\"style\":\"gpt\"}],"
		     "\"volumes\":[{\"name\":\"/\",\"device\":\"vda1\"}]}") },
	{ "MOVE-NO-BOOT-LOADER-CLOUD", "aws-vm-import",
		FULL("\"storage\":{\"disks\":[{\"device\":\"vda\"}],\"volumes\":[{\"name\":"
		     "\"/\",\"device\":\"vda\"}]}"),
		FULL("\"storage\":{\"disks\":[{\"device\":\"vda\",\"style\":\"mbr\"}],"
		     "\"volumes\":[{\"name\":\"/\",\"device\":\"vda1\"}]}") },
	{ "MOVE-ADDRESS-CHANGES", "azure-vm",
		FULL("\"network\":[{\"name\":\"a\",\"dhcp\":false}]"),
		FULL("\"network\":[{\"name\":\"a\",\"dhcp\":true}]") },
	{ "AZR-NO-DRIVERS", "azure-vm",
		FULL("\"kind\":\"physical\",\"os\":{\"name\":\"Windows Server 2003 R2\"}"),
		FULL("\"kind\":\"vm\",\"os\":{\"name\":\"Windows Server 2003 R2\"}") },
	{ "AZR-INTEGRATION", "azure-vm",
		FULL("\"kind\":\"vm\",\"os\":{\"name\":\"Windows Server 2003 R2\"}"),
		FULL("\"kind\":\"vm\",\"os\":{\"name\":\"Windows Server 2008\"}") },
	{ "IMP-8TB", "aws-vm-import",
		FULL("\"storage\":{\"disks\":[{\"device\":\"a\",\"bytes\":8796093022208}]}"),
		FULL("\"storage\":{\"disks\":[{\"device\":\"a\",\"bytes\":8796093022207}]}") },
	{ "IMP-HYPERV-ROLE", "aws-vm-import",
		FULL("\"software\":{\"services\":[{\"name\":\"vmms\",\"start\":\"auto\"}]}"),
		FULL("\"software\":{\"services\":[{\"name\":\"vmmsx\",\"start\":\"auto\"}]}") },
	{ "IMP-LANGUAGE", "aws-vm-import",
		FULL("\"os\":{\"name\":\"Windows Server 2019\",\"language\":\"Japanese\"}"),
		FULL("\"os\":{\"name\":\"Windows Server 2019\",\"language\":\"English\"}") },
	{ "IMP-INTERFACE-NAME", "aws-vm-import",
		FULL("\"network\":[{\"name\":\"ens192\"}]"),
		FULL("\"network\":[{\"name\":\"eth0\"}]") },
	{ "IMP-EFI-FALLBACK", "aws-vm-import",
		FULL("\"os\":{\"name\":\"Debian GNU/Linux 12\"},\"general\":{\"firmware\":"
		     "\"uefi\"}"),
		FULL("\"os\":{\"name\":\"Debian GNU/Linux 12\"},\"general\":{\"firmware\":"
		     "\"bios\"}") },
	{ "IMP-NITRO-DRIVERS", "aws-vm-import",
		FULL("\"os\":{\"name\":\"Debian GNU/Linux 12\"}"),
		FULL("\"os\":{\"name\":\"Windows Server 2019\"}") },
};

static struct library library;

static void parse_machine(const char *text, struct machine *machine)
{
	struct json_doc doc;
	struct err err = ERR_INIT;

	if (json_doc_parse("m.json", text, strlen(text), &doc, &err) != 0 ||
		machine_parse(&doc, machine, &err) != 0)
		fail_msg("%s: %s", err.text, text);
	json_doc_done(&doc);
}

static void validate_text(const char *target, const char *text, struct machine *machine,
	const struct facts *facts, struct validation *validation)
{
	struct err err = ERR_INIT;

	parse_machine(text, machine);
	assert_int_equal(validate_machine(&library, library_profile(&library, target),
				 DAY, machine, facts, validation, &err),
		0);
}

/* How often the rule is there, judged. */
static size_t count_of(const struct validation *validation, const char *id)
{
	size_t count = 0;

	for (size_t i = 0; i < validation->count; i++)
		count += !validation->item[i].is_unknown &&
			strcmp(validation->item[i].rule, id) == 0;
	return count;
}

static const struct incompatibility *find_item(
	const struct validation *validation, const char *id)
{
	for (size_t i = 0; i < validation->count; i++) {
		if (strcmp(validation->item[i].rule, id) == 0)
			return &validation->item[i];
	}
	return NULL;
}

static void check_both(void **state)
{
	const struct check_case *row = *state;
	struct validation validation;
	struct machine machine;

	validate_text(row->target, row->fires, &machine, NULL, &validation);
	if (count_of(&validation, row->id) == 0)
		fail_msg("%s is silent on %s", row->id, row->fires);
	assert_non_null(find_item(&validation, row->id)->at);
	validation_done(&validation);
	machine_done(&machine);
	validate_text(row->target, row->does_not, &machine, NULL, &validation);
	if (find_item(&validation, row->id))
		fail_msg("%s fires on %s: %s", row->id, row->does_not,
			find_item(&validation, row->id)->text);
	validation_done(&validation);
	machine_done(&machine);
}

static void every_check_has_its_rows(void **state)
{
	(void)state;
	assert_true(library.checks.count > 30);
	for (size_t i = 0; i < library.checks.count; i++) {
		size_t at = 0;

		while (at < ARRAY_LEN(checks) &&
			strcmp(checks[at].id, library.checks.check[i].id) != 0)
			at++;
		if (at == ARRAY_LEN(checks))
			fail_msg("%s has no case", library.checks.check[i].id);
	}
}

/* ---- beside the single checks -------------------------------------------------------- */

/* PRE-12: a data volume can go by another way, the system's own cannot. */
static void fat_on_a_data_volume_is_less_grave(void **state)
{
	static const char text[] = FULL(
		"\"storage\":{\"volumes\":[{\"name\":\"C:\",\"fs\":\"FAT\",\"windows\":true},"
		"{\"name\":\"D:\",\"fs\":\"FAT32\",\"windows\":false}]}");
	const struct incompatibility *item;
	struct validation validation;
	struct machine machine;

	(void)state;
	validate_text(VS, text, &machine, NULL, &validation);
	item = find_item(&validation, "PRE-FAT");
	assert_int_equal(count_of(&validation, "PRE-FAT"), 2);
	assert_int_equal(item[0].severity, CHECK_BLOCKER);
	assert_string_equal(item[0].at, "storage.volumes[0].fs");
	assert_int_equal(item[1].severity, CHECK_WARNING);
	assert_string_equal(item[1].at, "storage.volumes[1].fs");
	assert_non_null(strstr(item[1].remedy, "migrate this partition separately"));
	validation_done(&validation);
	machine_done(&machine);
}

/* Who cannot look at a blocker must not go on: it is said what is missing. */
static void what_nobody_asked_blocks(void **state)
{
	const struct incompatibility *item;
	struct validation validation;
	struct machine machine;

	(void)state;
	validate_text(VS, FULL("\"wmi\":true"), &machine, NULL, &validation);
	item = find_item(&validation, "PRE-SAN");
	assert_non_null(item);
	assert_true(item->is_unknown);
	assert_int_equal(item->severity, CHECK_BLOCKER);
	assert_non_null(strstr(item->text, "nobody said storage.san"));
	assert_false(validation.is_success);
	assert_null(find_item(&validation, "VAL-LANGUAGE")); /* a warning is silent */
	validation_done(&validation);
	machine_done(&machine);
}

/* PRE-1: a boot disk that a person states stands in for the adapter's own PXE. */
static void a_person_wins_over_the_document(void **state)
{
	static const char text[] = FULL("\"network\":[{\"name\":\"a\",\"pxe\":false}]");
	struct facts facts = { .value = { { .is_known = false } } };
	struct validation validation;
	struct machine machine;

	(void)state;
	facts.value[FACT_PXE_BOOT_DISK] =
		(struct fact_value){ .is_known = true, .is_true = true };
	validate_text(VS, text, &machine, &facts, &validation);
	assert_int_equal(count_of(&validation, "PRE-PXE"), 0);
	validation_done(&validation);
	machine_done(&machine);
	facts.value[FACT_PXE_BOOT_DISK].is_true = false;
	validate_text(VS, text, &machine, &facts, &validation);
	assert_int_equal(count_of(&validation, "PRE-PXE"), 1);
	validation_done(&validation);
	machine_done(&machine);
}

/* VAL-3, VAL-5, VAL-7: a file that is not there, and the update that holds it. */
static void a_missing_file_is_named_with_what_holds_it(void **state)
{
#define FILES(more)                                                               \
	FULL("\"os\":{\"name\":\"Windows Server 2003 Standard\",\"hal\":"         \
	     "\"acpipic_up\"},\"general\":{\"memory_bytes\":1e9},\"storage\":{"   \
	     "\"san\":false,\"disks\":[],\"volumes\":[]},\"network\":[{\"name\":" \
	     "\"a\",\"dhcp\":true,\"pxe\":true}],\"wmi\":true,\"admin\":true,"    \
	     "\"software\":{\"system_files\":[\"C:\\\\WINDOWS\\\\system32\\\\"    \
	     "hal.dll\",\"ntoskrnl.exe\",\"NTDLL.DLL\",\"kernel32.dll\"" more "]}")
	struct validation validation;
	struct machine machine;

	(void)state;
	validate_text(VS, FILES(""), &machine, NULL, &validation);
	assert_int_equal(validation.count, 0);
	assert_int_equal(validation.missing_count, 1);
	assert_string_equal(validation.missing[0].file, "winsrv.dll");
	assert_non_null(strstr(validation.missing[0].held_by, "Service Pack 1"));
	assert_false(validation.is_success);
	validation_done(&validation);
	machine_done(&machine);
	validate_text(VS, FILES(",\"winsrv.dll\""), &machine, NULL, &validation);
	assert_int_equal(validation.missing_count, 0);
	assert_true(validation.is_success);
	validation_done(&validation);
	machine_done(&machine);
}

/* ORD-4: one machine, each target by its own rules; and those of the day. */
static void the_rules_of_the_target_count(void **state)
{
	static const char text[] =
		FULL("\"os\":{\"name\":\"Windows Server 2003 R2 Enterprise x64\"},"
		     "\"software\":{\"dotnet35\":true},\"wmi\":true");
	const char *const targets[] = { VS, "aws-mgn", "azure-vm" };
	const char *const rules[] = { "PRE-OS", "MGN-2003-ENDED", NULL };
	struct validation validation;
	struct machine machine;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		validate_text(targets[i], text, &machine, NULL, &validation);
		if (rules[i])
			assert_int_equal(find_item(&validation, rules[i])->severity,
				CHECK_BLOCKER);
		else
			assert_true(validation.is_success ||
				!find_item(&validation, "PRE-OS"));
		validation_done(&validation);
		machine_done(&machine);
	}
}

static int load_library(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	return library_load(NULL, &library, &err);
}

static int drop_library(void **state)
{
	(void)state;
	library_done(&library);
	return 0;
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(checks) + 6];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		tests[count++] = (struct CMUnitTest){ .name = checks[i].id,
			.test_func = check_both,
			.initial_state = &checks[i] };
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(every_check_has_its_rows);
	tests[count++] =
		(struct CMUnitTest)cmocka_unit_test(fat_on_a_data_volume_is_less_grave);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(what_nobody_asked_blocks);
	tests[count++] =
		(struct CMUnitTest)cmocka_unit_test(a_person_wins_over_the_document);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(
		a_missing_file_is_named_with_what_holds_it);
	tests[count++] =
		(struct CMUnitTest)cmocka_unit_test(the_rules_of_the_target_count);
	return cmocka_run_group_tests_name(
		"validate", tests, load_library, drop_library);
}
