/* A sink that writes down what a probe hands over, one line a value. */
#ifndef TESTS_RECORD_SINK_H
#define TESTS_RECORD_SINK_H

#include "common/strbuf.h"
#include "probes/probe.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RECORD_SLOTS = 4096 };

struct record_sink {
	struct sink sink; /* first */
	struct strbuf text;
	char name[METRIC_FILE_COUNT][RECORD_SLOTS][64];
};

static const char *const record_metric_name[METRIC_COUNT] = {
#define METRIC(id, ...) #id,
#include "schema/metric_table.h"
};

static inline struct record_sink *record_of(struct sink *sink)
{
	return (struct record_sink *)sink;
}

static inline void record_appear(
	struct sink *sink, enum metric_file file, unsigned spot, const char *name)
{
	snprintf(record_of(sink)->name[file][spot],
		sizeof(record_of(sink)->name[file][spot]), "%s", name);
}

static inline void record_vanish(
	struct sink *sink, enum metric_file file, unsigned spot)
{
	strbuf_addf(&record_of(sink)->text, "gone %s %s\n",
		metric_file_table[file].name, record_of(sink)->name[file][spot]);
	record_of(sink)->name[file][spot][0] = '\0';
}

static inline void record_line(
	struct sink *sink, enum metric_id metric, unsigned spot, const char *value)
{
	const char *name = record_of(sink)->name[metric_table[metric].file][spot];

	strbuf_addf(&record_of(sink)->text, "%s%s%s %s\n", record_metric_name[metric],
		*name ? " " : "", name, value);
}

static inline void record_gauge(
	struct sink *sink, enum metric_id metric, unsigned spot, double value)
{
	char text[64];

	snprintf(text, sizeof(text), "%.15g", value);
	record_line(sink, metric, spot, text);
}

static inline void record_counter(
	struct sink *sink, enum metric_id metric, unsigned spot, uint64_t raw)
{
	char text[64];

	snprintf(text, sizeof(text), "%" PRIu64, raw);
	record_line(sink, metric, spot, text);
}

static inline void record_complete(struct sink *sink, enum metric_file file)
{
	static const char *const names[METRIC_FILE_COUNT] = {
#define METRIC_KIND(id, ...) #id,
#include "schema/metric_table.h"
	};

	strbuf_add(&record_of(sink)->text, "complete ");
	for (const char *at = names[file]; *at; at++)
		strbuf_addf(&record_of(sink)->text, "%c", tolower((unsigned char)*at));
	strbuf_add(&record_of(sink)->text, "\n");
}

static inline void record_overflow(
	struct sink *sink, enum metric_file file, size_t count)
{
	strbuf_addf(&record_of(sink)->text, "overflow %s %zu\n",
		metric_file_table[file].name, count);
}

/* The mean clock of the cores: that of each where they are alike. */
static inline void record_cpus(struct sink *sink, const struct probe_cpus *cpus)
{
	struct strbuf *text = &record_of(sink)->text;

	strbuf_addf(text, "cpus %u cores %u", cpus->online, cpus->physical_cores);
	if (isnan(cpus->whole_mhz))
		strbuf_add(text, " mhz unknown");
	else
		strbuf_addf(text, " mhz %.10g", cpus->whole_mhz / cpus->physical_cores);
	strbuf_add(text, cpus->is_even || isnan(cpus->whole_mhz) ? "\n" : " uneven\n");
}

static inline void record_init(struct record_sink *record)
{
	memset(record, 0, sizeof(*record));
	strbuf_init(&record->text, 16 << 20);
	record->sink = (struct sink){
		.appear = record_appear,
		.vanish = record_vanish,
		.put_gauge = record_gauge,
		.put_counter = record_counter,
		.complete = record_complete,
		.overflow = record_overflow,
		.put_cpus = record_cpus,
	};
}

#endif
