/* From an engine's samples to slots: the step, the nearest slot, repeats, extremes. */
#include "tests/named_rows.h"
#include "tests/support.h"

#include "analyze/estate/engine_slots.h"
#include "common/strbuf.h"
#include "common/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Samples as "SECONDS=VALUE ...", of the memory; written as "step from: v v - v". */
struct slots_case {
	const char *name, *mean, *minimum, *maximum;
	unsigned step_s;      /* 0: what the samples say */
	int64_t since, until; /* 0: their own */
	const char *expected, *lowest, *highest;
};
static struct slots_case slots_cases[] = {
	{ "every minute, with a gap", "60=1 120=1 180=2 300=4", "", "", 0, 0, 0,
		"60 0: 1 1 2 - 4", "1 1 2 - 4", "1 1 2 - 4" },
	{ "the most frequent difference is the step", "300=1 600=2 900=3 1800=6", "",
		"", 0, 0, 0, "300 0: 1 2 3 - - 6", "1 2 3 - - 6", "1 2 3 - - 6" },
	{ "of two that are as frequent the larger", "60=1 120=2 240=4", "", "", 0, 0, 0,
		"120 0: 1.5 4", "1.5 4", "1.5 4" },
	{ "a step that is known holds", "120=1 240=2 360=3", "", "", 60, 0, 0,
		"60 60: 1 - 2 - 3", "1 - 2 - 3", "1 - 2 - 3" },
	{ "one sample alone", "600=5", "", "", 0, 0, 0, "60 540: 5", "5", "5" },
	{ "a phase, and a stamp that is late", "67=1 127=2 190=3", "", "", 60, 0, 0,
		"60 0: 1 2 3", "1 2 3", "1 2 3" },
	{ "of repeats the first counts", "60=1 60=9 120=2", "", "", 60, 0, 0,
		"60 0: 1 2", "1 2", "1 2" },
	{ "in any order", "180=3 60=1 120=2", "", "", 60, 0, 0, "60 0: 1 2 3", "1 2 3",
		"1 2 3" },
	{ "unknown is no sample", "60=1 120=nan 180=3", "", "", 60, 0, 0, "60 0: 1 - 3",
		"1 - 3", "1 - 3" },
	{ "extremes of their own", "60=2 120=2", "60=1 120=0", "60=5 120=7", 60, 0, 0,
		"60 0: 2 2", "1 0", "5 7" },
	{ "an extreme without its mean is none", "60=2 180=2", "60=1 120=0 180=1",
		"60=5 120=7 180=4", 60, 0, 0, "60 0: 2 - 2", "1 - 1", "5 - 4" },
	{ "a span that was asked for, wider than the samples", "180=3", "", "", 60, 60,
		300, "60 60: - 3 - -", "- 3 - -", "- 3 - -" },
	{ "a span within the samples", "60=1 120=2 180=3 240=4", "", "", 60, 60, 180,
		"60 60: 2 3", "2 3", "2 3" },
	{ "nothing", "", "", "", 60, 0, 0, "60 0:", "", "" },
};

static void add_samples(struct engine_column *column, const char *text)
{
	struct err err = ERR_INIT;
	long stamp;
	double value;
	int used;

	while (sscanf(text, "%ld=%lf %n", &stamp, &value, &used) == 2) {
		const struct engine_sample sample = { stamp * 1000, value };

		assert_int_equal(engine_columns_add(column, &sample, 1, &err), 0);
		text += used;
	}
}

static void write_slots(struct strbuf *out, const double *value, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (out->length)
			strbuf_add(out, " ");
		if (isnan(value[i]))
			strbuf_add(out, "-");
		else
			strbuf_addf(out, "%g", value[i]);
	}
}

static void assert_slots(const double *value, size_t count, const char *expected)
{
	struct strbuf text;

	strbuf_init(&text, 1000);
	write_slots(&text, value, count);
	assert_string_equal(strbuf_text(&text), expected);
	strbuf_done(&text);
}

static void check_slots(void **state)
{
	const struct slots_case *row = *state;
	const struct load_request request = { .has_since = row->until,
		.has_until = row->until,
		.since = row->since,
		.until = row->until };
	struct engine_columns columns = { .of = { { { .count = 0 } } } };
	const struct series *memory;
	struct load_set set;
	struct err err = ERR_INIT;
	struct strbuf text;

	add_samples(&columns.of[RESOURCE_MEMORY][SLOT_MEAN], row->mean);
	add_samples(&columns.of[RESOURCE_MEMORY][SLOT_MIN], row->minimum);
	add_samples(&columns.of[RESOURCE_MEMORY][SLOT_MAX], row->maximum);
	assert_int_equal(
		engine_slots_make(&columns, row->step_s, &request, &set, &err), 0);
	memory = &set.series[RESOURCE_MEMORY];
	strbuf_init(&text, 1000);
	strbuf_addf(&text, "%u %ld:", set.period.step_s, (long)set.period.from);
	write_slots(&text, memory->mean, memory->count);
	assert_string_equal(strbuf_text(&text), row->expected);
	assert_slots(memory->minimum, memory->count, row->lowest);
	assert_slots(memory->maximum, memory->count, row->highest);
	assert_int_equal(set.series[RESOURCE_CPU].count, 0);
	strbuf_done(&text);
	load_set_done(&set);
	engine_columns_done(&columns);
}

static void check_metrics(void **state)
{
	enum resource resource;
	unsigned kind;

	(void)state;
	assert_true(engine_slots_find("headroom_disk_ops_per_s_max", &resource, &kind));
	assert_int_equal(resource, RESOURCE_DISK_OPS);
	assert_int_equal(kind, SLOT_MAX);
	assert_false(
		engine_slots_find("headroom_disk_ops_per_s_p95", &resource, &kind));
	assert_false(engine_slots_find("up", &resource, &kind));
}

int main(void)
{
	static struct named_rows rows;

	named_rows_add(&rows, "names of metrics", check_metrics, NULL);
	for (size_t i = 0; i < ARRAY_LEN(slots_cases); i++)
		named_rows_add(
			&rows, slots_cases[i].name, check_slots, &slots_cases[i]);
	return _cmocka_run_group_tests(
		"engine_slots", rows.test, rows.count, NULL, NULL);
}
