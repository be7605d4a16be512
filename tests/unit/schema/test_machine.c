/* The machine document: read, written, refused with a path, compared. */
#include "tests/support.h"

#include "schema/machine.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

static int parse_text(const char *text, struct machine *machine, struct err *err)
{
	struct json_doc doc;
	int r = json_doc_parse("m.json", text, strlen(text), &doc, err);

	if (r < 0)
		return r;
	r = machine_parse(&doc, machine, err);
	json_doc_done(&doc);
	return r;
}

#define HEAD "{\"schema\":\"headroom/machine/1\",\"name\":\"m\""

/* INV-2 to INV-7: each of the six groups is there, and comes back as it was written. */
static const char whole[] =
	"{\n\t\"schema\": \"headroom/machine/1\",\n\t\"gathered\": 1764460800,\n"
	"\t\"name\": \"db 1\",\n\t\"kind\": \"vm\",\n\t\"hypervisor\": \"vmware\",\n"
	"\t\"os\": {\"name\": \"Windows Server 2003 Standard\", \"version\": "
	"\"5.2.3790\", \"service_pack\": \"Service Pack 2\", \"language\": "
	"\"English\", \"hal\": \"acpipic_up\", \"bits\": 32},\n"
	"\t\"general\": {\"bios\": \"Phönix \\\"4\\\"\", \"firmware\": \"bios\", "
	"\"secure_boot\": false, \"sockets\": 2, \"cores\": 4, \"threads\": 8, "
	"\"core_mhz\": 2599.9996, \"memory_bytes\": 1064304640},\n"
	"\t\"storage\": {\"controllers\": [{\"name\": \"LSI\", \"kind\": \"scsi\"}], "
	"\"disks\": [{\"device\": \"d0\", \"bytes\": 100027630080, \"kind\": "
	"\"basic\", \"partitions\": [{\"number\": 1, \"primary\": true, \"volumes\": "
	"[\"C:\"]}]}], \"volumes\": [{\"name\": \"C:\", \"fs\": \"NTFS\", \"windows\": "
	"true}], \"san\": false, \"snapshots\": 0},\n"
	"\t\"network\": [{\"name\": \"lan\", \"mac\": \"000AE45A7D1B\", "
	"\"speed_mbps\": 1000, \"dhcp\": true, \"primary\": true, \"addresses\": "
	"[\"192.0.2.7/24\"], \"dns\": []}],\n"
	"\t\"routes\": [{\"to\": \"default\", \"via\": \"192.0.2.1\"}],\n"
	"\t\"secondary\": [{\"class\": \"video\", \"name\": \"VGA\"}],\n"
	"\t\"software\": {\"services\": [{\"name\": \"a\", \"start\": \"auto\"}], "
	"\"drivers\": [\"x.sys\"], \"updates\": [\"KB872952\"], \"packages\": "
	"[{\"name\": \"bash\", \"version\": \"5.2\"}]},\n"
	"\t\"wmi\": true,\n\t\"admin\": true\n}\n";

static char *write_document(const struct machine *machine)
{
	struct strbuf out;

	strbuf_init(&out, MACHINE_BYTES_MAX);
	machine_write(machine, &out);
	return strbuf_take(&out);
}

static void what_is_written_is_read_again(void **state)
{
	struct machine machine, again;
	struct err err = ERR_INIT;
	char *once, *twice;

	(void)state;
	assert_int_equal(parse_text(whole, &machine, &err), 0);
	once = write_document(&machine);
	assert_non_null(once);
	if (parse_text(once, &again, &err) != 0)
		fail_msg("%s\n%s", err.text, once);
	twice = write_document(&again);
	assert_string_equal(once, twice);
	assert_non_null(strstr(once, "\"gathered\": 1764460800"));
	assert_non_null(strstr(once, "\"core_mhz\": 2599.9996"));
	assert_non_null(strstr(once, "Phönix \\\"4\\\""));
	assert_null(
		strstr(once, "packages\": [\"")); /* a name alone becomes an object */
	assert_true(isnan(again.general.installed_bytes));
	assert_int_equal(again.network.count, 1);
	assert_true(machine_items(again.network, machine_adapter)[0].dns.is_known);
	assert_false(again.storage.mounted.is_known);
	free(once);
	free(twice);
	machine_done(&machine);
	machine_done(&again);
}

static void bytes_that_are_no_text_become_one(void **state)
{
	struct machine machine;
	char *text;

	(void)state;
	machine_init(&machine);
	machine.name = strdup("a\xff\n\x1b[2J\u2028");
	text = write_document(&machine);
	assert_non_null(strstr(text, "\"a\\ufffd\\u000a\\u001b[2J\\u2028\""));
	free(text);
	machine_done(&machine);
}

/* ---- refusals ----------------------------------------------------------------------- */

static struct refusal_case {
	const char *name, *text, *reason;
} refusals[] = {
	{ "no name", "{\"schema\":\"headroom/machine/1\"}",
		"name: the machine needs it" },
	{ "another schema", "{\"schema\":\"headroom/plan/1\"}",
		"expected \"headroom/machine/1\"" },
	{ "a list", "[1]", "expected an object" },
	{ "a name that is a number", "{\"schema\":\"headroom/machine/1\",\"name\":4}",
		"name: expected a text, found a number" },
	{ "a field that is none", HEAD ",\"storge\":{}}",
		"storge: the machine has no such field, did you mean \"storage\"?" },
	{ "a field that is none, below",
		HEAD ",\"storage\":{\"disks\":[{\"device\":\"a\","
		     "\"bites\":1}]}}",
		"storage.disks[0].bites: a disk has no such field, did you mean \"bytes\"" },
	{ "bytes that are a text",
		HEAD ",\"storage\":{\"disks\":[{\"device\":\"a\"},"
		     "{\"device\":\"b\",\"bytes\":\"1 GB\"}]}}",
		"storage.disks[1].bytes: expected a number, found a text" },
	{ "a negative size", HEAD ",\"general\":{\"memory_bytes\":-1}}",
		"general.memory_bytes: expected a number from 0" },
	{ "half a core", HEAD ",\"general\":{\"cores\":2.5}}",
		"general.cores: expected a whole number, found 2.5" },
	{ "a disk without a device", HEAD ",\"storage\":{\"disks\":[{\"bytes\":1}]}}",
		"storage.disks[0].device: a disk needs it" },
	{ "a partition without a number",
		HEAD
		",\"storage\":{\"disks\":[{\"device\":\"a\",\"partitions\":[{}]}]}}",
		"storage.disks[0].partitions[0].number: a partition needs it" },
	{ "a volume that is nowhere",
		HEAD ",\"storage\":{\"volumes\":[],\"disks\":[{\"device\":\"a\","
		     "\"partitions\":[{\"number\":1,\"volumes\":[\"C:\"]}]}]}}",
		"storage.disks[0].partitions[0].volumes[0]: no volume is called \"C:\"" },
	{ "a word that is none of those", HEAD ",\"general\":{\"firmware\":\"efi\"}}",
		"general.firmware: expected one of bios uefi, found \"efi\"" },
	{ "yes in words", HEAD ",\"network\":[{\"name\":\"e\",\"dhcp\":\"yes\"}]}",
		"network[0].dhcp: expected true or false, found a text" },
	{ "an object for a list", HEAD ",\"network\":{}}",
		"network: expected a list, found an object" },
	{ "a text for an object", HEAD ",\"os\":\"Debian\"}",
		"os: expected an object, found a text" },
	{ "an address that is empty",
		HEAD ",\"network\":[{\"name\":\"e\",\"addresses\":[\"\"]}]}",
		"network[0].addresses[0]: expected a text that is not empty" },
	{ "a moment in words", HEAD ",\"gathered\":\"today\"}",
		"gathered: expected Unix seconds" },
	{ "a line number",
		"{\"schema\":\"headroom/machine/1\",\n\"name\":\"m\",\n\"wmi\":1}",
		"m.json:3: wmi: expected true or false, found a number" },
	{ "the flat form with a field of the other", "{\"name\":\"m\",\"os\":{}}",
		"os: expected a text, found an object" },
	{ "the flat form without a name", "{\"memory_mb\":1}",
		"name: the machine needs" },
};

static void check_refusal(void **state)
{
	const struct refusal_case *row = *state;
	struct machine machine;
	struct err err = ERR_INIT;

	assert_int_equal(parse_text(row->text, &machine, &err), -EINVAL);
	if (!strstr(err.text, row->reason))
		fail_msg("\"%s\" does not say \"%s\"", err.text, row->reason);
}

/* A million disks, and what is nested deeper than any document of ours. */
static void what_is_too_much_is_refused(void **state)
{
	struct strbuf text;
	struct machine machine;
	struct err err = ERR_INIT;

	(void)state;
	strbuf_init(&text, 64u << 20);
	strbuf_add(&text, HEAD ",\"storage\":{\"disks\":[");
	for (int i = 0; i < 1000000; i++)
		strbuf_addf(&text, "%s\"d%d\"", i ? "," : "", i);
	strbuf_add(&text, "]}}");
	assert_int_equal(strbuf_failed(&text), 0);
	assert_int_equal(parse_text(strbuf_text(&text), &machine, &err), -EINVAL);
	if (!strstr(err.text, "storage.disks: 1000000 entries, at most 4096"))
		fail_msg("%s", err.text);
	strbuf_clear(&text);
	strbuf_add(&text, HEAD ",\"os\":");
	for (int i = 0; i < 100000; i++)
		strbuf_add(&text, "[");
	err = (struct err)ERR_INIT;
	assert_int_equal(parse_text(strbuf_text(&text), &machine, &err), -EINVAL);
	assert_non_null(strstr(err.text, "deep"));
	strbuf_done(&text);
}

/* ---- what differs ------------------------------------------------------------------------ */

static struct comparison_case {
	const char *name, *before, *after, *said;
} comparisons[] = {
	{ "nothing", HEAD "}", HEAD "}", "" },
	{ "memory", HEAD ",\"general\":{\"memory_bytes\":1024}}",
		HEAD ",\"general\":{\"memory_bytes\":2048}}",
		"general.memory_bytes:1024>2048;" },
	{ "a kernel that was not known", HEAD "}", HEAD ",\"os\":{\"kernel\":\"6.1\"}}",
		"os.kernel:->\"6.1\";" },
	{ "disks in another order", HEAD ",\"storage\":{\"disks\":[\"sda\",\"sdb\"]}}",
		HEAD ",\"storage\":{\"disks\":[\"sdb\",\"sda\"]}}", "" },
	{ "a disk more, one less", HEAD ",\"storage\":{\"disks\":[\"sda\",\"sdb\"]}}",
		HEAD
		",\"storage\":{\"disks\":[{\"device\":\"sdc\",\"bytes\":9},\"sda\"]}}",
		"storage.disks[sdb]:{ \"device\": \"sdb\" }>-;"
		"storage.disks[sdc]:->{ \"device\": \"sdc\", \"bytes\": 9 };" },
	{ "a disk that grew",
		HEAD ",\"storage\":{\"disks\":[{\"device\":\"a\",\"bytes\":1}]}}",
		HEAD ",\"storage\":{\"disks\":[{\"device\":\"a\",\"bytes\":2}]}}",
		"storage.disks[a].bytes:1>2;" },
	{ "partitions by their numbers",
		HEAD
		",\"storage\":{\"disks\":[{\"device\":\"a\",\"partitions\":[{\"number\":2"
		"},{\"number\":1}]}]}}",
		HEAD
		",\"storage\":{\"disks\":[{\"device\":\"a\",\"partitions\":[{\"number\":1"
		"},{\"number\":3}]}]}}",
		"storage.disks[a].partitions[2]:{ \"number\": 2 }>-;"
		"storage.disks[a].partitions[3]:->{ \"number\": 3 };" },
	{ "used space changes by itself",
		HEAD ",\"storage\":{\"volumes\":[{\"name\":\"/\",\"used_bytes\":1}]}}",
		HEAD ",\"storage\":{\"volumes\":[{\"name\":\"/\",\"used_bytes\":2}]}}",
		"" },
	{ "one of two of the same name",
		HEAD
		",\"secondary\":[{\"class\":\"usb\",\"kind\":\"a\"},{\"class\":\"usb\","
		"\"kind\":\"b\"}]}",
		HEAD ",\"secondary\":[{\"class\":\"usb\",\"kind\":\"a\"}]}",
		"secondary[usb]:{ \"class\": \"usb\", \"kind\": \"b\" }>-;" },
	{ "an address", HEAD ",\"network\":[{\"name\":\"e\",\"addresses\":[\"1\"]}]}",
		HEAD ",\"network\":[{\"name\":\"e\",\"addresses\":[\"1\",\"2\"]}]}",
		"network[e].addresses:[\"1\"]>[\"1\", \"2\"];" },
};

static int note_change(
	void *context, const char *path, const char *before, const char *after)
{
	char *text = context;
	size_t length = strlen(text);

	(void)snprintf(text + length, 1024 - length, "%s:%s>%s;", path,
		before ? before : "-", after ? after : "-");
	return 0;
}

static void check_comparison(void **state)
{
	const struct comparison_case *row = *state;
	struct machine before, after;
	struct err err = ERR_INIT;
	char said[1024] = "";

	assert_int_equal(parse_text(row->before, &before, &err), 0);
	assert_int_equal(parse_text(row->after, &after, &err), 0);
	assert_int_equal(machine_compare(&before, &after, note_change, said), 0);
	assert_string_equal(said, row->said);
	machine_done(&before);
	machine_done(&after);
}

/* ---- answers ------------------------------------------------------------------------------- */

static void the_flat_form_says_the_same(void **state)
{
	static const char flat[] =
		"{\"name\":\"CONTOSO-ADS\",\"memory_mb\":1015,\"processors\":1,"
		"\"hal\":\"acpipic_up\",\"os\":\"Windows Server 2003 Standard\","
		"\"os_version\":\"5.2.3790 Service Pack 1\",\"nics\":[{\"mac\":"
		"\"000AE45A7D1B\",\"dhcp\":true,\"primary\":true,\"pxe\":true}],"
		"\"disks\":[{\"kind\":\"basic\",\"bytes\":100027630080}],\"volumes\":"
		"[{\"letter\":\"C:\",\"fs\":\"NTFS\",\"bytes\":12584644608,"
		"\"windows\":true}],\"san\":false,\"wmi\":true,\"admin\":true}";
	struct machine machine;
	struct err err = ERR_INIT;
	char partition[64];
	bool is_certain = false;

	(void)state;
	if (parse_text(flat, &machine, &err) != 0)
		fail_msg("%s", err.text);
	assert_near(machine.general.memory_bytes, 1015.0 * 1048576, 0);
	assert_string_equal(machine.os.version, "5.2.3790");
	assert_string_equal(machine.os.service_pack, "Service Pack 1");
	assert_near(machine_service_pack(&machine), 1, 0);
	assert_string_equal(machine_system_partition(&machine, partition, 64),
		"\\device\\harddisk0\\partition1");
	assert_string_equal(
		machine_capture_adapter(&machine, &is_certain)->mac, "000AE45A7D1B");
	assert_true(is_certain);
	machine_done(&machine);
}

static struct partition_case {
	const char *name, *disks, *partition;
} partitions[] = {
	{ "the second of the second",
		"[\"a\",{\"device\":\"b\",\"partitions\":[{\"number\":1},"
		"{\"number\":2,\"windows\":true}]}]",
		"\\device\\harddisk1\\partition2" },
	{ "Linux on a SCSI disk",
		"[{\"device\":\"sda\",\"partitions\":[{\"number\":2,"
		"\"volumes\":[\"/boot\",\"/\"]}]}]",
		"/dev/sda2" },
	{ "Linux on NVMe",
		"[{\"device\":\"nvme0n1\",\"partitions\":[{\"number\":3,\"volumes\":"
		"[\"/\"]}]}]",
		"/dev/nvme0n1p3" },
	{ "none of them", "[{\"device\":\"sda\",\"partitions\":[{\"number\":1}]}]",
		"" },
	{ "no disks", "[]", "" },
};

static void check_partition(void **state)
{
	const struct partition_case *row = *state;
	struct machine machine;
	struct err err = ERR_INIT;
	char text[512], partition[64];

	(void)snprintf(
		text, sizeof(text), HEAD ",\"storage\":{\"disks\":%s}}", row->disks);
	assert_int_equal(parse_text(text, &machine, &err), 0);
	assert_string_equal(
		machine_system_partition(&machine, partition, 64), row->partition);
	machine_done(&machine);
}

#define TABLE(rows, function)                                            \
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)                     \
		tests[count++] = (struct CMUnitTest)                     \
		{                                                        \
			.name = (rows)[i].name, .test_func = (function), \
			.initial_state = &(rows)[i]                      \
		}

/* An exact fit after reading would be written behind by the next one that is added. */
static void a_list_that_was_read_has_room_for_more(void **state)
{
	static const char text[] =
		"{\"schema\":\"headroom/machine/1\",\"name\":\"m\","
		"\"network\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"}]}";
	struct machine machine;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(parse_text(text, &machine, &err), 0);
	assert_int_equal(machine.network.count, 3);
	assert_non_null(machine_list_add(&machine.network, &machine_adapter_shape));
	assert_int_equal(machine.network.count, 4);
	assert_true(malloc_usable_size(machine.network.item) >=
		4 * machine_adapter_shape.size);
	machine_done(&machine);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(refusals) + ARRAY_LEN(comparisons) +
		ARRAY_LEN(partitions) + 5];
	size_t count = 0;

	TABLE(refusals, check_refusal);
	TABLE(comparisons, check_comparison);
	TABLE(partitions, check_partition);
	tests[count++] =
		(struct CMUnitTest)cmocka_unit_test(what_is_written_is_read_again);
	tests[count++] =
		(struct CMUnitTest)cmocka_unit_test(bytes_that_are_no_text_become_one);
	tests[count++] =
		(struct CMUnitTest)cmocka_unit_test(what_is_too_much_is_refused);
	tests[count++] =
		(struct CMUnitTest)cmocka_unit_test(the_flat_form_says_the_same);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(
		a_list_that_was_read_has_room_for_more);
	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
