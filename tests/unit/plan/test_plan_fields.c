/*
 * Each field of a hosts file and of a plan's file, one by one: left out, null, at its bounds
 * and beyond them; and each figure of a plan's file, that it is read as that figure.
 */
#include "tests/support.h"

#include "analyze/plan/hosts.h"
#include "analyze/plan/plan_file.h"
#include "analyze/plan/plan_units.h"
#include "common/units.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { VALUES_MAX = 4, FIELDS_MAX = 24 };

struct field_row {
	const char *name, *value; /* NULL: not in the object unless the row is tried */
	bool is_required, may_be_null;
	const char *good[VALUES_MAX], *bad[VALUES_MAX];
};

struct object_row {
	const char *before, *after;
	const struct field_row *field;
	size_t count;
	bool is_plan;
};

#define NICS                                    \
	"[{\"mbps\":1000,\"use\":\"host\"},"    \
	"{\"mbps\":100,\"use\":\"dedicated\"}," \
	"{\"mbps\":1000,\"use\":\"shared\"}]"
#define OVER "1000000000001"
#define A_TYPE                                                            \
	"{\"type\":\"h\",\"count\":4,\"cores\":4,\"core_mhz\":3000,\"mem" \
	"ory_mb\":8192,\"host_memory_mb\":1024"

static const struct field_row host_fields[] = {
	{ "type", "\"h\"", true, false, { "\"x\"" }, { "1" } },
	{ "count", "4", true, false, { "1", "100000", "\"any\"" },
		{ "0", "100001", "1.5", "\"all\"" } },
	{ "cores", "4", true, false, { "1", "16" }, { "0", "65537", "1.5" } },
	{ "core_mhz", "3000", true, false, { "100", "1000000" }, { "99", "1000001" } },
	{ "memory_mb", "8192", true, false, { "1024.5", "1000000000000" },
		{ "0.9", OVER, "1024" } },
	{ "host_memory_mb", "1024", false, true, { "0", "8191" }, { "-1", "8192" } },
	{ "numa_nodes", "2", false, true, { "1", "1024" }, { "0", "1025", "1.5" } },
	{ "nics", NICS, false, true, { "[]" }, { "1" } },
	{ "disk_gb", "500", false, true, { "1e-6", "1000000000000" }, { "0", OVER } },
	{ "disk_mb_s", "50", false, true, { "1e-6", "1000000000000" }, { "0", OVER } },
	{ "disk_iops", "50", false, true, { "1e-6", "1000000000000" }, { "0", OVER } },
	{ "cost", "2", false, true, { "0", "1000000000000" }, { "-1", OVER } },
	{ "zone", "\"a\"", false, true, { "\"b\"" }, { "1", "\"\"" } },
	{ "spare", "1", false, true, { "0", "4" }, { "-1", "5", "0.5" } },
	{ "cpu_reserve_percent", "30", false, true, { "0", "99" }, { "-1", "100" } },
	{ "roles", "[\"dns\"]", false, true, { "[]" }, { "1", "[1]" } },
	{ "site", "\"main\"", false, true, { "\"branch\"" }, { "1", "\"x\"" } },
	{ "storage", "\"san\"", false, true, { "\"fast\"", "\"slow\"" },
		{ "1", "\"x\"" } },
	{ "raid", "\"5\"", false, true, { "\"1+0\"", "\"none\"" }, { "5", "\"7\"" } },
	{ "used", "{}", false, true, { NULL }, { "1" } },
	{ "volumes", NULL, false, true, { NULL }, { "1", "[]" } },
};

static const struct field_row file_fields[] = {
	{ "hosts", "[" A_TYPE "}]", true, false, { NULL }, { "{}", "[]", "[1]" } },
	{ "constraints", "[]", false, true, { NULL }, { "{}", "[1]" } },
};

static const struct field_row nic_fields[] = {
	{ "mbps", "1000", true, false, { "0.001", "1000000000" },
		{ "0", "1000000001" } },
	{ "use", "\"shared\"", true, false, { "\"host\"", "\"dedicated\"" },
		{ "1", "\"x\"" } },
};

static const struct field_row volume_fields[] = {
	{ "name", "\"d\"", true, false, { NULL }, { "1" } },
	{ "gb", "100", true, false, { "1e-6", "1000000000000" }, { "0", OVER } },
	{ "used_gb", "5", false, true, { "0", "1000000000000" }, { "-1", OVER } },
	{ "os", "true", false, true, { "false" }, { "1" } },
};

static const struct field_row used_fields[] = {
	{ "memory_mb", "5", false, true, { "0", "1000000000000" }, { "-1", OVER } },
	{ "cpu_percent", "5", false, true, { "0", "1000000000000" }, { "-1", OVER } },
	{ "network_mbps", "5", false, true, { "0", "1000000000000" }, { "-1", OVER } },
	{ "storage_gb", "5", false, true, { "0", "1000000000000" }, { "-1", OVER } },
};

static const struct field_row constraint_fields[] = {
	{ "kind", "\"at_most\"", true, false, { "\"spread\"" }, { "1", "\"x\"" } },
	{ "workloads", "[\"a\",\"b\"]", true, false, { "[\"b\",\"c\"]" },
		{ "1", "[]", "[\"a\",\"a\"]", "[\"a\"]" } },
	{ "hosts", NULL, false, true, { "[]" }, { "1", "[\"h\"]" } },
	{ "n", "2", true, false, { "1", "100000" }, { "0", "1.5", "100001" } },
};

static const struct field_row placed_fields[] = {
	{ "name", "\"h-1\"", true, false, { NULL }, { "1" } },
	{ "type", "\"h\"", true, false, { NULL }, { "1", "\"x\"" } },
	{ "workloads", "[\"a\"]", true, false, { "[]" }, { "1", "[\"\"]", "[1]" } },
	{ "use", "{}", false, true, { NULL }, { "1" } },
	{ "memory_to_buy_gb", "4", false, true, { NULL }, { "\"x\"" } },
	{ "to_buy", "{}", false, true, { NULL }, { "1" } },
};

static const struct object_row objects[] = {
	{ "{", "}", file_fields, ARRAY_LEN(file_fields), false },
	{ "{\"hosts\":[{", "}]}", host_fields, ARRAY_LEN(host_fields), false },
	{ "{\"hosts\":[" A_TYPE ",\"nics\":[{", "}]}]}", nic_fields,
		ARRAY_LEN(nic_fields), false },
	{ "{\"hosts\":[" A_TYPE ",\"volumes\":[{", "}]}]}", volume_fields,
		ARRAY_LEN(volume_fields), false },
	{ "{\"hosts\":[" A_TYPE ",\"used\":{", "}}]}", used_fields,
		ARRAY_LEN(used_fields), false },
	{ "{\"hosts\":[" A_TYPE "}],\"constraints\":[{", "}]}", constraint_fields,
		ARRAY_LEN(constraint_fields), false },
	{ "{\"schema\":\"headroom/plan/1\",\"profile\":\"plain\",\"host_types\":[" A_TYPE
	  "}],\"hosts\":[{",
		"}]}", placed_fields, ARRAY_LEN(placed_fields), true },
};

static int read_text(bool is_plan, const char *text, struct err *err)
{
	struct host_list hosts;
	struct plan_file file;
	int r;

	if (is_plan) {
		r = plan_file_parse("f.json", text, strlen(text), &file, err);
		if (r == 0)
			plan_file_done(&file);
		return r;
	}
	r = host_list_parse("f.json", text, strlen(text), &hosts, err);
	if (r == 0)
		host_list_done(&hosts);
	return r;
}

/* The object with another value for one field; NULL: without it. */
static void try_value(const struct object_row *object, const struct field_row *tried,
	const char *value, bool is_taken)
{
	struct err err = ERR_INIT;
	char text[4096];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s", object->before);
	const char *comma = "";
	int r;

	for (size_t i = 0; i < object->count; i++) {
		const struct field_row *field = &object->field[i];
		const char *of = field == tried ? value : field->value;

		if (!of)
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used,
			"%s\"%s\":%s", comma, field->name, of);
		comma = ",";
	}
	(void)snprintf(text + used, sizeof(text) - used, "%s", object->after);
	r = read_text(object->is_plan, text, &err);
	if (r != (is_taken ? 0 : -EINVAL))
		fail_msg("%s %s is %s: %s", tried->name, value ? value : "left out",
			r == 0 ? "taken" : "refused", r == 0 ? text : err.text);
	if (!is_taken && strncmp(err.text, "f.json:1: ", 10) != 0)
		fail_msg("%s: no file and line: %s", tried->name, err.text);
}

static void each_field_of_the_files(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(objects); k++)
		for (size_t i = 0; i < objects[k].count; i++) {
			const struct field_row *field = &objects[k].field[i];

			try_value(&objects[k], field, field->value, true);
			try_value(&objects[k], field, NULL, !field->is_required);
			try_value(&objects[k], field, "null", field->may_be_null);
			for (size_t v = 0; v < VALUES_MAX && field->good[v]; v++)
				try_value(&objects[k], field, field->good[v], true);
			for (size_t v = 0; v < VALUES_MAX && field->bad[v]; v++)
				try_value(&objects[k], field, field->bad[v], false);
		}
}

/* ---- what is read ---------------------------------------------------------------- */

static void the_figures_of_a_host_are_read_as_what_they_are(void **state)
{
	static const char text[] =
		"{\"hosts\":[{\"type\":\"x\",\"count\":1,\"cores\":1,\"core_mhz\":2000,"
		"\"memory_mb\":3000},"
		"{\"type\":\"h\",\"count\":4,\"cores\":8,\"core_mhz\":3000,"
		"\"memory_mb\":8192,\"host_memory_mb\":1024,\"numa_nodes\":2,"
		"\"nics\":" NICS ",\"disk_gb\":500,\"disk_mb_s\":51,\"disk_iops\":52,"
		"\"cost\":2.5,\"zone\":\"a\",\"spare\":1,\"cpu_reserve_percent\":30,"
		"\"roles\":[\"dns\",\"dhcp\"],\"site\":\"branch\",\"storage\":\"slow\","
		"\"raid\":\"5\",\"used\":{\"memory_mb\":11,\"cpu_percent\":12,"
		"\"network_mbps\":13,\"storage_gb\":14}},"
		"{\"type\":\"v\",\"count\":\"any\",\"cores\":1,\"core_mhz\":2000,"
		"\"memory_mb\":3000,\"volumes\":[{\"name\":\"c\",\"gb\":40,\"used_gb\":30,"
		"\"os\":true},{\"name\":\"d\",\"gb\":9,\"used_gb\":10},"
		"{\"name\":\"e\",\"gb\":7}]}]}";
	struct err err = ERR_INIT;
	struct host_list list;
	const struct host_type *h, *v;

	(void)state;
	if (host_list_parse("f.json", text, strlen(text), &list, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(list.type_count, 3);
	assert_false(list.type[0].is_host_memory_stated);
	assert_false(list.type[0].has_nics || list.type[0].has_cpu_reserve);
	assert_true(isnan(list.type[0].cost) && isnan(list.type[0].disk_gb) &&
		isnan(list.type[0].disk_mb_s) && isnan(list.type[0].disk_iops));
	assert_true(list.type[0].host_memory_mb == 0 && list.type[0].numa_nodes == 0 &&
		list.type[0].used_memory_mb == 0 &&
		list.type[0].used_cpu_percent == 0 &&
		list.type[0].used_network_mbps == 0 &&
		list.type[0].used_storage_gb == 0 && list.type[0].spare == 0);
	h = &list.type[1];
	assert_true(h->count == 4 && h->cores == 8 && h->core_mhz == 3000 &&
		h->memory_mb == 8192 && h->host_memory_mb == 1024 &&
		h->is_host_memory_stated && h->numa_nodes == 2 && h->disk_gb == 500 &&
		h->disk_mb_s == 51 && h->disk_iops == 52 && h->cost == 2.5 &&
		h->spare == 1 && h->cpu_reserve_percent == 30 && h->has_cpu_reserve &&
		!h->is_any_count);
	assert_true(h->used_memory_mb == 11 && h->used_cpu_percent == 12 &&
		h->used_network_mbps == 13 && h->used_storage_gb == 14);
	assert_true(h->has_nics && h->nic_count == 3 && h->nic[0].use == NIC_HOST &&
		h->nic[1].use == NIC_DEDICATED && h->nic[1].mbps == 100 &&
		h->nic[2].use == NIC_SHARED && h->nic[2].mbps == 1000);
	assert_string_equal(h->zone, "a");
	assert_string_equal(h->site, "branch");
	assert_string_equal(h->storage, "slow");
	assert_string_equal(h->raid, "5");
	assert_int_equal(h->role_count, 2);
	assert_string_equal(h->role[1], "dhcp");
	v = &list.type[2];
	assert_true(v->is_any_count && v->volume_count == 3 && v->volume[0].is_os &&
		!v->volume[1].is_os && v->volume[0].gb == 40 &&
		v->volume[0].used_gb == 30 && v->volume[2].used_gb == 0);
	assert_true(v->disk_gb == 10 + 0 + 7); /* what is left of each */
	host_list_done(&list);
}

#define PLAN_FILE                                                                     \
	"{\"schema\":\"headroom/plan/1\",\"profile\":\"kvm\",\"demand\":\"aligned\"," \
	"\"memory_aligned\":true,\"period\":{\"from\":100,\"to\":200},"               \
	"\"host_types\":[" A_TYPE "}],\"hosts\":[{\"name\":\"h-1\",\"type\":\"h\","   \
	"\"workloads\":[\"a\",\"b\"]},{\"name\":\"h-2\",\"type\":\"h\","              \
	"\"workloads\":[\"c\"]}],\"workloads\":[{\"name\":\"gone\",\"cpu_mhz\":1},"   \
	"{\"name\":\"b\",\"environment\":\"test\",\"memory_mb\":1032,"                \
	"\"memory_shortfall_mb\":3,\"performance_factor\":0.5,\"cpu_mhz\":400,"       \
	"\"network_mbps\":5,\"disk_mb_s\":6,\"disk_ops\":7,\"storage_gb\":8,"         \
	"\"held_to_core\":\"x\",\"settings\":{\"vm_alloc_mb\":1000,"                  \
	"\"relative_weight\":200,\"dedicated_adapters\":2}},"                         \
	"{\"name\":\"c\",\"sensitive\":\"yes\"}]}"

static void the_figures_of_a_plan_are_read_as_what_they_are(void **state)
{
	struct err err = ERR_INIT;
	struct plan_file file;
	const struct plan_workload *b;

	(void)state;
	if (plan_file_parse("f.json", PLAN_FILE, strlen(PLAN_FILE), &file, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(file.profile, "kvm");
	assert_true(file.is_aligned && file.is_memory_aligned && file.from == 100 &&
		file.to == 200 && file.host_count == 2 && file.workload_count == 3);
	assert_true(file.words[0].host == 0 && file.words[1].host == 0 &&
		file.words[2].host == 1 && file.host[0].workload_count == 2 &&
		file.host[1].workload[0] == 2);
	assert_true(isnan(file.workload[0].need.of[RESOURCE_CPU]) &&
		isnan(file.workload[0].storage_bytes));
	assert_string_equal(file.workload[0].environment, "production");
	b = &file.workload[1];
	assert_string_equal(b->name, "b");
	assert_string_equal(b->environment, "test");
	assert_near(b->need.of[RESOURCE_MEMORY], 1000 * BYTES_PER_MB, 0);
	assert_near(b->overhead_bytes, 32 * BYTES_PER_MB, 0);
	assert_near(b->shortfall_bytes, 3 * BYTES_PER_MB, 0);
	assert_near(b->need.of[RESOURCE_CPU], 400, 0);
	assert_near(b->cpu_factor, 0.5, 0);
	assert_near(b->need.of[RESOURCE_NETWORK], 5e6, 0);
	assert_near(b->need.of[RESOURCE_DISK], 6 * BYTES_PER_MB, 0);
	assert_near(b->need.of[RESOURCE_DISK_OPS], 7, 0);
	assert_near(b->storage_bytes, 8 * BYTES_PER_GB, 0);
	assert_true(b->is_capped_to_a_core && !b->is_sensitive && b->weight == 200 &&
		b->dedicated_adapters == 2);
	assert_true(file.workload[2].is_sensitive &&
		!file.workload[2].is_capped_to_a_core &&
		file.workload[2].cpu_factor == 1 && file.workload[2].weight == 0 &&
		file.workload[2].dedicated_adapters == 0 &&
		file.workload[2].shortfall_bytes == 0);
	plan_file_done(&file);
}

/* What a plan's file need not say, and what then holds. */
static void what_a_plan_leaves_out_is_not_known(void **state)
{
	static const char text[] =
		"{\"schema\":\"headroom/plan/1\",\"profile\":\"plain\","
		"\"host_types\":[" A_TYPE "}],\"hosts\":[{\"name\":\"h-1\","
		"\"type\":\"h\",\"workloads\":[\"a\"]}]}";
	struct err err = ERR_INIT;
	struct plan_file file;

	(void)state;
	assert_int_equal(plan_file_parse("f.json", text, strlen(text), &file, &err), 0);
	assert_true(file.from == 0 && file.to == 0);
	assert_true(!file.is_aligned && !file.is_memory_aligned);
	assert_true(isnan(plan_footprint(&file.workload[0])));
	plan_file_done(&file);
}

static void what_is_no_plan_is_refused_by_its_part(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "[]", "not a plan: expected \"schema\": \"headroom/plan/1\"" },
		{ "{\"schema\":\"headroom/peaks/1\"}", "found \"headroom/peaks/1\"" },
		{ "{\"schema\":\"headroom/plan/1\"}", "profile: expected a text" },
		{ "{\"schema\":\"headroom/plan/1\",\"profile\":\"kvm\"}",
			"hosts: expected a list" },
		{ "{\"schema\":\"headroom/plan/1\",\"profile\":\"kvm\",\"hosts\":[]}",
			"host_types: expected a list" },
		{ "{\"schema\":\"headroom/plan/1\",\"profile\":\"kvm\",\"host_types\":[" A_TYPE
		  "}],\"hosts\":[{\"name\":\"a\",\"type\":\"h\",\"workloads\":[]},"
		  "{\"name\":\"a\",\"type\":\"h\",\"workloads\":[]}]}",
			"hosts[1].name: \"a\" is the name of hosts[0] too" },
		{ "{\"schema\":\"headroom/plan/1\",\"profile\":\"kvm\",\"host_types\":[" A_TYPE
		  "}],\"hosts\":[{\"name\":\"a\",\"type\":\"h\",\"workloads\":[\"x\"]},"
		  "{\"name\":\"b\",\"type\":\"h\",\"workloads\":[\"x\"]}]}",
			"workload \"x\" is placed twice" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(read_text(true, rows[i].text, &err), -EINVAL);
		if (!strstr(err.text, rows[i].why))
			fail_msg("%s: %s", rows[i].why, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_of_the_files),
		cmocka_unit_test(the_figures_of_a_host_are_read_as_what_they_are),
		cmocka_unit_test(the_figures_of_a_plan_are_read_as_what_they_are),
		cmocka_unit_test(what_a_plan_leaves_out_is_not_known),
		cmocka_unit_test(what_is_no_plan_is_refused_by_its_part),
	};

	return cmocka_run_group_tests_name("fields of plans", tests, NULL, NULL);
}
