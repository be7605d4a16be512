/* RRD files of other machines, written here by the layout of each, and the rules that say
 * whose file a path is. */
#include "analyze/import/formats/tree_rules.h"
#include "analyze/import/readers/rrd_image.h"
#include "common/util.h"
#include "tests/named_rows.h"
#include "tests/support.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 4
#define STEP 300
#define LAST 1700000100 /* 0 s of a step later than the newest row */

struct machine_kind {
	const char *name;
	size_t word, align;
	bool is_swapped;
	size_t padding;
};

struct written {
	const struct machine_kind *kind;
	char bytes[4096];
	size_t length;
};

static void write_aligned(struct written *w, const void *bytes, size_t size, size_t to)
{
	const char *from = bytes;

	while (w->length % to != 0)
		w->bytes[w->length++] = 0;
	for (size_t i = 0; i < size; i++)
		w->bytes[w->length++] = from[w->kind->is_swapped ? size - 1 - i : i];
}

static void write_word(struct written *w, uint64_t value)
{
	uint32_t half = (uint32_t)value;

	if (w->kind->word == 8)
		write_aligned(w, &value, 8, 8);
	else
		write_aligned(w, &half, 4, 4);
}

static void write_double(struct written *w, double value)
{
	write_aligned(w, &value, sizeof(value), w->kind->align);
}

static void write_text(struct written *w, const char *text, size_t size)
{
	memset(w->bytes + w->length, 0, size);
	memcpy(w->bytes + w->length, text, strlen(text));
	w->length += size;
}

static void write_unused(struct written *w, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		write_double(w, 0);
}

/* One data source, one archive of means of four rows; the newest is row 1 of the ring. */
static void write_file(struct written *w, const struct machine_kind *kind)
{
	static const double ring[ROWS] = { 30, 40, 10, 20 };

	*w = (struct written){ .kind = kind };
	write_text(w, "RRD", 4);
	write_text(w, "0003", 5);
	write_double(w, 8.642135E130);
	write_word(w, 1);
	write_word(w, 1);
	write_word(w, STEP);
	write_unused(w, 10);
	write_text(w, "value", 20);
	write_text(w, "GAUGE", 20);
	write_unused(w, 10);
	write_text(w, "AVERAGE", 20);
	write_word(w, ROWS);
	write_word(w, 1);
	write_unused(w, 10);
	write_word(w, LAST);
	write_word(w, 0);
	write_text(w, "40", 30);
	write_unused(w, 10);
	write_unused(w, 10);
	write_word(w, 1);
	for (unsigned i = 0; i < ROWS; i++) {
		double value = ring[i];

		/* the rows follow without a gap, whatever a double is aligned to */
		write_aligned(w, &value, sizeof(value), 4);
	}
	w->length += kind->padding;
}

static struct machine_kind kinds[] = {
	{ "x86-64", 8, 8, false, 0 },
	{ "i386", 4, 4, false, 0 },
	{ "i386, with padding at its end", 4, 4, false, 4 },
	{ "32-bit arm", 4, 8, false, 0 },
	{ "s390x", 8, 8, true, 0 },
	{ "powerpc", 4, 8, true, 0 },
};

static int parse_written(const struct written *w, size_t length,
	struct rrd_image *image, struct err *err)
{
	char *copy = malloc(length + 1);

	assert_non_null(copy);
	memcpy(copy, w->bytes, length);
	return rrd_image_parse("x.rrd", copy, length, image, err);
}

static void rows_come_in_time_order(void **state)
{
	struct written w;
	struct rrd_image image;
	struct err err = ERR_INIT;

	write_file(&w, *state);
	if (parse_written(&w, w.length, &image, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(image.archive[0].rows, ROWS);
	assert_int_equal(image.archive[0].step_s, STEP);
	assert_int_equal(image.archive[0].first, LAST - LAST % STEP - 3 * STEP);
	assert_string_equal(image.source[0], "value");
	for (unsigned i = 0; i < ROWS; i++)
		assert_true(fabs(rrd_image_value(&image, &image.archive[0], i, 0) -
				    10 * (i + 1)) < 1e-9);
	rrd_image_done(&image);
}

static void what_is_cut_or_longer_is_refused(void **state)
{
	struct written w;
	struct rrd_image image;

	write_file(&w, *state);
	for (size_t length = 0;
		length < w.length - ((struct machine_kind *)*state)->padding;
		length++) {
		struct err err = ERR_INIT;

		if (parse_written(&w, length, &image, &err) != -EINVAL || !*err.text)
			fail_msg("%zu of its %zu bytes are taken", length, w.length);
	}
	w.length += 8;
	assert_int_equal(parse_written(&w, w.length, &image, NULL), -EINVAL);
}

struct path_case {
	const char *name, *path, *wanted; /* NULL: nobody's */
};

static struct path_case path_cases[] = {
	{ "collectd, one mode of a processor", "/c/rrd/web1.lan/cpu-0/cpu-user.rrd",
		"web1.lan cpu=0 mode=user" },
	{ "collectd, idle is no use", "/c/rrd/web1.lan/cpu-0/cpu-idle.rrd", NULL },
	{ "a single file keeps its folder's name", "/copies/web1/memory-used.rrd",
		"web1 kind=used" },
	{ "a plugin's folder is no machine", "memory/memory-used.rrd", NULL },
	{ "Munin, a host with hyphens", "/m/lan/db-1-cpu-2.lan-cpu-user-d.rrd",
		"db-1-cpu-2.lan mode=user type=d" },
	{ "Munin, an adapter", "/m/lan/db-if_eth0-down-d.rrd",
		"db adapter=eth0 way=down type=d" },
	{ "Ganglia's XML, compressed", "/g/cluster/n1/cpu_idle.rrd.xml.xz",
		"n1 mode=idle" },
	{ "Ganglia's sums of a cluster are no machine",
		"/g/cluster/__SummaryInfo__/cpu_idle.rrd", NULL },
	{ "LibreNMS, a port", "/l/sw1/port-id12.rrd", "sw1 port=id12" },
	{ "Cacti, a host with underscores", "/rra/mail_01_traffic_in_12.rrd",
		"mail_01 id=12" },
	{ "Proxmox to 8", "/var/lib/rrdcached/db/pve2-vm/101", "101" },
	{ "Proxmox 9", "/var/lib/rrdcached/db/pve-vm-9.0/101", "101" },
	{ "Proxmox, a node", "/db/pve-node-9.0/pve1", "pve1" },
	{ "another file", "/x/y/z.rrd", NULL },
	{ "no path at all", "", NULL },
};

static void a_path_is_of(void **state)
{
	const struct path_case *c = *state;
	struct tree_rules *rules = NULL;
	struct tree_match match;
	struct err err = ERR_INIT;
	char text[512];
	size_t at = 0;

	if (tree_rules_load(&rules, &err) < 0)
		fail_msg("%s", err.text);
	if (!tree_rules_find(rules, c->path, &at, &match)) {
		assert_null(c->wanted);
	} else {
		snprintf(
			text, sizeof(text), "%s", tree_match_value(&match, "workload"));
		for (size_t i = 0; i < match.values; i++)
			if (strcmp(match.value[i].name, "workload") != 0)
				snprintf(text + strlen(text),
					sizeof(text) - strlen(text), " %s=%s",
					match.value[i].name, match.value[i].value);
		assert_string_equal(text, c->wanted ? c->wanted : "nobody's");
	}
	tree_rules_free(rules);
}

struct refusal {
	const char *name, *text, *says;
};

static struct refusal refusals[] = {
	{ "another schema",
		"{\"schema\":\"x\",\"title\":\"t\",\"source\":\"s\","
		"\"checked\":\"2026-11-30\",\"files\":[]}",
		"schema: expected \"headroom/tree/1\"" },
	{ "a part that there is not",
		"{\"schema\":\"headroom/tree/1\",\"title\":\"t\",\"source\":\"s\","
		"\"checked\":\"2026-11-30\",\"files\":[{\"path\":\"{workload}/x\","
		"\"read\":[{\"source\":\"a\",\"part\":\"cpu\"}]}]}",
		"no part of a figure is called \"cpu\"" },
};

static void a_rule_is_refused(void **state)
{
	const struct refusal *c = *state;
	struct tree_rules rules = { .trees = 0 };
	struct err err = ERR_INIT;

	assert_int_equal(
		tree_rules_add(&rules, "t.json", c->text, strlen(c->text), &err),
		-EINVAL);
	if (!strstr(err.text, c->says))
		fail_msg("%s", err.text);
}

int main(void)
{
	static struct named_rows rows;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		named_rows_add(
			&rows, kinds[i].name, rows_come_in_time_order, &kinds[i]);
		named_rows_add(&rows, "cut, or too long",
			what_is_cut_or_longer_is_refused, &kinds[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(path_cases); i++)
		named_rows_add(&rows, path_cases[i].name, a_path_is_of, &path_cases[i]);
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		named_rows_add(
			&rows, refusals[i].name, a_rule_is_refused, &refusals[i]);
	return _cmocka_run_group_tests("import_rrd", rows.test, rows.count, NULL, NULL);
}
