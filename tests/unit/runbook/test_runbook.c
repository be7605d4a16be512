/* Runbooks (analyze/runbook): sizes, gates, what stands against one, what is written. */
#include "tests/support.h"

#include "analyze/runbook/runbook.h"
#include "analyze/runbook/runbook_render.h"
#include "analyze/runbook/runbook_value.h"
#include "tests/scratch_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define DAY "2026-11-30"

static struct library library;

/* A machine and a runbook of it that lives as long as the test. */
struct scene {
	struct machine machine;
	struct runbook_request request;
	struct runbook runbook;
	struct err err;
};

static const char linux_vm[] =
	"{\"schema\":\"headroom/machine/1\",\"name\":\"web1\",\"kind\":\"vm\","
	"\"hypervisor\":\"kvm\",\"os\":{\"name\":\"Debian GNU/Linux 12\"},\"general\":{"
	"\"firmware\":\"uefi\",\"cores\":4,\"threads\":8,\"memory_bytes\":8000000000},"
	"\"storage\":{\"snapshots\":0,\"disks\":[{\"device\":\"vda\",\"bytes\":10737418241,"
	"\"bus\":\"virtio\"},{\"device\":\"vdb\",\"bytes\":1000000000,\"bus\":\"sata\"}]},"
	"\"network\":[{\"name\":\"eth0\",\"mac\":\"5254.0012.3456\",\"dhcp\":false,"
	"\"addresses\":[\"192.0.2.7/25\",\"nonsense/3\",\"2001:db8::7/64\"]}]}";

static int begin(struct scene *scene, const char *machine, const char *target,
	char **words, size_t count)
{
	struct json_doc doc;

	memset(scene, 0, sizeof(*scene));
	assert_int_equal(
		json_doc_parse("m", machine, strlen(machine), &doc, &scene->err), 0);
	if (machine_parse(&doc, &scene->machine, &scene->err) < 0)
		fail_msg("%s", scene->err.text);
	json_doc_done(&doc);
	scene->request = (struct runbook_request){ .library = &library,
		.target = library_profile(&library, target),
		.day = DAY,
		.machine = &scene->machine,
		.alloc_bytes = NAN,
		.cores_needed = NAN,
		.reserved_percent = NAN,
		.word = words,
		.word_count = count };
	return runbook_prepare(&scene->request, &scene->runbook, &scene->err);
}

static void end(struct scene *scene)
{
	runbook_done(&scene->runbook);
	machine_done(&scene->machine);
}

/* ---- values -------------------------------------------------------------------------------- */

struct value_case {
	const char *name, *wanted; /* NULL: not known */
	size_t disk, address;
};

static struct value_case values[] = {
	{ "machine.name", "web1", 0, 0 },
	{ "vm.memory_mib", "7680", 0, 0 }, /* up to 64 MiB */
	{ "vm.vcpus", "8", 0, 0 },
	{ "disks.count", "2", 0, 0 },
	{ "disks.gib", "12", 0, 0 }, /* each rounded up */
	{ "disks.largest_gib", "11", 0, 0 },
	{ "scratch.gib", "34", 0, 0 }, /* CAP-6: all, and twice the largest */
	{ "copy.gb", "12", 0, 0 },
	{ "copy.minutes_slow", "23.475", 0, 0 },
	{ "copy.minutes", "24", 0, 0 },
	/* stop 15, copy twice 24 and 10, make 5, start 20, plug 5, check 30 */
	{ "down.minutes", "133", 0, 0 },
	{ "down.over_window", "123", 0, 0 },
	{ "address.is_first", "yes", 0, 0 },
	{ "address.is_first", NULL, 0, 2 },
	{ "address.is_local", NULL, 0, 2 },
	{ "adapters.static", "1", 0, 0 },
	{ "disk.device", "vdb", 1, 0 },
	{ "disk.letter", "b", 1, 0 },
	{ "disk.gib", "11", 0, 0 },
	{ "adapter.mac", "52:54:00:12:34:56", 0, 0 },
	{ "adapter.mac_dash", "52-54-00-12-34-56", 0, 0 },
	{ "adapter.mac_bare", "525400123456", 0, 0 },
	{ "adapter.gateway", NULL, 0, 0 },
	{ "address", "192.0.2.7", 0, 0 },
	{ "address.prefix", "25", 0, 0 },
	{ "address.netmask", "255.255.255.128", 0, 0 },
	{ "address", NULL, 0, 1 }, /* no address */
	{ "address", "2001:db8::7", 0, 2 },
	{ "address.family", "ipv6", 0, 2 },
	{ "address.netmask", NULL, 0, 2 },
	{ "set.name", "web1", 0, 0 },
	{ "set.bridge", NULL, 0, 0 },
	{ "rule.MOVE-STATIC-ADDRESS", "a fixed address", 0, 0 },
	{ "rule.MOVE-ENCRYPTED", NULL, 0, 0 },
};

static void values_are_those_of_the_machine(void **state)
{
	char window[] = "window_minutes=10", images[] = "source_images=/srv";
	char *words[] = { window, images };
	struct scene scene;

	(void)state;
	assert_int_equal(begin(&scene, linux_vm, "kvm", words, 2), 0);
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct runbook_cursor cursor = { .innermost = EACH_NONE };
		struct strbuf text;
		bool is_known;

		cursor.index[EACH_DISK] = values[i].disk;
		cursor.index[EACH_ADDRESS] = values[i].address;
		strbuf_init(&text, 1000);
		is_known = runbook_value(&scene.runbook, &cursor, values[i].name,
			strlen(values[i].name), &text, NULL);
		if (is_known != (values[i].wanted != NULL) ||
			(is_known &&
				strncmp(strbuf_text(&text), values[i].wanted,
					strlen(values[i].wanted)) != 0))
			fail_msg("%s: \"%s\"", values[i].name, strbuf_text(&text));
		strbuf_done(&text);
	}
	end(&scene);
}

/* What was measured holds over the inventory, what is given over both (GEN-14). */
static void sizes_have_an_order(void **state)
{
	static const struct {
		double alloc_bytes, cores;
		const char *memory, *vcpus, *wanted_memory, *wanted_vcpus;
	} rows[] = {
		{ NAN, NAN, NULL, NULL, "7680", "8" },
		{ 1.5 * 1073741824, 1.2, NULL, NULL, "1536", "2" },
		{ 1.5 * 1073741824, 0.1, NULL, NULL, "1536", "1" },
		{ 1.5 * 1073741824, 1.2, "memory_mb=2000", "vcpus=6", "2000", "6" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct runbook_cursor cursor = { .innermost = EACH_NONE };
		char images[] = "source_images=/srv", first[32] = "", second[32] = "";
		char *words[] = { images, first, second };
		struct scene scene;
		struct strbuf text;

		if (rows[i].memory) {
			(void)snprintf(first, sizeof(first), "%s", rows[i].memory);
			(void)snprintf(second, sizeof(second), "%s", rows[i].vcpus);
		}
		assert_int_equal(
			begin(&scene, linux_vm, "kvm", words, rows[i].memory ? 3 : 1),
			0);
		scene.request.alloc_bytes = rows[i].alloc_bytes;
		scene.request.cores_needed = rows[i].cores;
		strbuf_init(&text, 100);
		assert_true(runbook_value(
			&scene.runbook, &cursor, "vm.memory_mib", 13, &text, NULL));
		assert_string_equal(strbuf_text(&text), rows[i].wanted_memory);
		strbuf_clear(&text);
		assert_true(runbook_value(
			&scene.runbook, &cursor, "vm.vcpus", 8, &text, NULL));
		assert_string_equal(strbuf_text(&text), rows[i].wanted_vcpus);
		strbuf_done(&text);
		end(&scene);
	}
}

/* ---- the gate ------------------------------------------------------------------------------ */

static void a_blocker_generates_nothing(void **state)
{
	char images[] = "source_images=/srv", *words[] = { images };
	char text[1200];
	struct scene scene;

	(void)state;
	(void)snprintf(text, sizeof(text), "%s", linux_vm);
	memcpy(strstr(text, "\"snapshots\":0"), "\"snapshots\":2", 13);
	assert_int_equal(begin(&scene, text, "kvm", words, 1), 0);
	assert_false(scene.runbook.validation.is_success);
	assert_int_equal(runbook_render(&scene.runbook, &scene.err), -EINVAL);
	assert_int_equal(scene.runbook.file_count, 0);
	end(&scene);
}

static void what_is_missing_generates_nothing(void **state)
{
	struct scene scene;

	(void)state;
	assert_int_equal(begin(&scene, linux_vm, "kvm", NULL, 0), 0);
	assert_true(scene.runbook.validation.is_success);
	assert_int_equal(scene.runbook.missing_count, 1);
	assert_string_equal(scene.runbook.missing[0].setting->key, "source_images");
	assert_int_equal(runbook_render(&scene.runbook, &scene.err), -EINVAL);
	assert_int_equal(scene.runbook.file_count, 0);
	end(&scene);
}

static void a_setting_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *word, *says;
	} rows[] = { { "imagse=/x", "did you mean \"images\"" },
		{ "images", "expected key=value" },
		{ "images=x", "a path from the root" }, { "firmware=x", "firmware" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char word[64], *words[] = { word };
		struct scene scene;

		(void)snprintf(word, sizeof(word), "%s", rows[i].word);
		assert_int_equal(begin(&scene, linux_vm, "kvm", words, 1), -EINVAL);
		if (!strstr(scene.err.text, rows[i].says))
			fail_msg("%s: %s", word, scene.err.text);
		machine_done(&scene.machine);
	}
}

/* ---- the folder ---------------------------------------------------------------------------- */

static void a_folder_is_written_whole(void **state)
{
	char images[] = "source_images=/srv", *words[] = { images };
	char dir[300], path[400];
	struct scene scene;
	struct stat status;

	assert_int_equal(begin(&scene, linux_vm, "kvm", words, 1), 0);
	assert_int_equal(runbook_render(&scene.runbook, &scene.err), 0);
	(void)snprintf(dir, sizeof(dir), "%s/out/", (const char *)*state);
	assert_int_equal(runbook_write(&scene.runbook, dir, &scene.err), 0);
	for (size_t i = 0; i < scene.runbook.file_count; i++) {
		const struct runbook_file *file = &scene.runbook.file[i];

		(void)snprintf(path, sizeof(path), "%s%s", dir, file->path);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_size, file->length);
		assert_int_equal((status.st_mode & 0100) != 0, file->is_program);
	}
	/* what is there stays */
	assert_int_equal(runbook_write(&scene.runbook, dir, &scene.err), -ENOTEMPTY);
	/* not by the rename at the end, which would refuse it too */
	assert_non_null(strstr(scene.err.text, "name a folder that is not there yet"));
	(void)snprintf(path, sizeof(path), "%s/file", (const char *)*state);
	assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(runbook_write(&scene.runbook, path, &scene.err), -ENOTDIR);
	(void)snprintf(path, sizeof(path), "%s/none/out", (const char *)*state);
	assert_int_equal(runbook_write(&scene.runbook, path, &scene.err), -ENOENT);
	assert_int_equal(runbook_write(&scene.runbook, "-", &scene.err), -EINVAL);
	end(&scene);
}

/* ---- pages --------------------------------------------------------------------------------- */

static void text_is_filled(void **state)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "a\nb\n\nc\n", "  a b\n\n  c\n" },
		{ "- a\n  - b\nc\n1. d\n", "  - a\n    - b c\n  1. d\n" },
		{ "| a |\n| b |\n", "  | a |\n  | b |\n" },
		{ "1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 xxx\n",
			"  1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 "
			"1234567890\n  xxx\n" },
		{ "- 1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 "
		  "12345678 `a b`\n",
			"  - 1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 12345678\n"
			"    `a b`\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strbuf out;

		strbuf_init(&out, 10000);
		runbook_flow(rows[i].text, 2, &out);
		assert_string_equal(strbuf_text(&out), rows[i].wanted);
		strbuf_done(&out);
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
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_those_of_the_machine),
		cmocka_unit_test(sizes_have_an_order),
		cmocka_unit_test(a_blocker_generates_nothing),
		cmocka_unit_test(what_is_missing_generates_nothing),
		cmocka_unit_test(a_setting_that_is_none_is_refused),
		cmocka_unit_test_setup_teardown(a_folder_is_written_whole,
			scratch_dir_setup, scratch_dir_teardown),
		cmocka_unit_test(text_is_filled),
	};

	return cmocka_run_group_tests_name(
		"runbook", tests, load_library, drop_library);
}
