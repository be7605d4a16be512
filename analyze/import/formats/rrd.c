/*
 * RRD files of other tools (collectd, Munin, Ganglia, LibreNMS, Cacti, Proxmox), by the
 * rules of schema/trees: what a file is of stands in its path.
 *
 * One archive of means is read, and with it those of minima and maxima of the same step:
 * the finest that covers --since, without it the finest that covers 14 days, else the
 * longest.
 */
#include "analyze/import/device_rules.h"
#include "analyze/import/formats/tree_rules.h"
#include "analyze/import/readers/rrd_image.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WANTED_S (INT64_C(14) * 86400)
#define VALUE_MAX 1e30
#define FROM_SIZE 200

struct rrd_reading {
	const struct import_source *source;
	struct import_sink *sink;
	struct err *err;
	struct rrd_image image;
	struct tree_match match;
	uint32_t workload;
	const struct rrd_image_archive *by_kind[CELL_KINDS]; /* NULL: there is none */
};

/* ---- which archive ------------------------------------------------------------------ */

static int64_t archive_span_s(const struct rrd_image_archive *archive)
{
	return (int64_t)archive->rows * archive->step_s;
}

static bool archive_covers(
	const struct rrd_image_archive *archive, const struct import_options *options)
{
	if (options && options->has_since)
		return archive->first - (int64_t)archive->step_s <= options->since;
	return archive_span_s(archive) >= WANTED_S;
}

/* Is a better than b, of two archives of means? */
static bool is_better_archive(const struct rrd_image_archive *a,
	const struct rrd_image_archive *b, const struct import_options *options)
{
	bool a_covers = archive_covers(a, options),
	     b_covers = archive_covers(b, options);

	if (a_covers != b_covers)
		return a_covers;
	if (a_covers && a->step_s != b->step_s)
		return a->step_s < b->step_s;
	return archive_span_s(a) > archive_span_s(b);
}

/* The archive of this function whose rows stand beside those of the means. */
static const struct rrd_image_archive *archive_beside(const struct rrd_image *image,
	const struct rrd_image_archive *mean, enum rrd_image_cf cf)
{
	const struct rrd_image_archive *best = NULL;

	for (uint32_t i = 0; i < image->archives; i++) {
		const struct rrd_image_archive *archive = &image->archive[i];

		if (archive->cf == cf && archive->step_s == mean->step_s &&
			(!best || archive->rows > best->rows))
			best = archive;
	}
	return best;
}

static void choose_archives(struct rrd_reading *reading)
{
	const struct rrd_image *image = &reading->image;
	const struct rrd_image_archive *mean = NULL;

	for (uint32_t i = 0; i < image->archives; i++) {
		const struct rrd_image_archive *archive = &image->archive[i];

		if (archive->cf == RRD_IMAGE_AVERAGE &&
			(!mean ||
				is_better_archive(
					archive, mean, reading->source->options)))
			mean = archive;
	}
	reading->by_kind[CELL_MEAN] = mean;
	if (!mean)
		return;
	reading->by_kind[CELL_MIN] = archive_beside(image, mean, RRD_IMAGE_MIN);
	reading->by_kind[CELL_MAX] = archive_beside(image, mean, RRD_IMAGE_MAX);
	/* of one step a row the extremes are the means */
	if (mean->step_s == image->step_s)
		reading->by_kind[CELL_MIN] = reading->by_kind[CELL_MAX] = NULL;
}

static void say_archive(const struct rrd_image_archive *archive, char *to, size_t size)
{
	double days = (double)archive_span_s(archive) / 86400;

	snprintf(to, size, "AVERAGE of %u s over %.*f days", archive->step_s,
		days < 10 ? 2 : 0, days);
}

/* The other archives of means, and why they are not read. */
static int ignore_archives(struct rrd_reading *reading)
{
	const struct rrd_image_archive *mean = reading->by_kind[CELL_MEAN];
	const struct import_options *options = reading->source->options;
	int r = 0;

	for (uint32_t i = 0; r >= 0 && i < reading->image.archives; i++) {
		const struct rrd_image_archive *archive = &reading->image.archive[i];
		char from[FROM_SIZE];

		if (archive->cf != RRD_IMAGE_AVERAGE || archive == mean)
			continue;
		say_archive(archive, from, sizeof(from));
		r = account_ignore(reading->sink->account, from, strlen(from),
			archive_covers(archive, options) &&
					archive->step_s >= mean->step_s
				? "finer rows cover the time that is wanted"
				: options && options->has_since
				? "its rows do not reach back to --since"
				: "its rows do not reach back 14 days (--since 1d asks "
				  "for less)",
			reading->err);
	}
	return r;
}

/* ---- values ------------------------------------------------------------------------- */

/* NAN rows are unknown; what is not believable (a gauge below zero) is, too. */
static int put_row_value(struct rrd_reading *reading, uint32_t column, int64_t stamp,
	double value, uint64_t *readings)
{
	struct account *account = reading->sink->account;

	if (!(value >= 0 && value < VALUE_MAX)) {
		if (account && !isnan(value))
			account->unknown++;
		return 0;
	}
	(*readings)++;
	return reading->sink->put_part(
		reading->sink, reading->workload, column, stamp, value, reading->err);
}

static int put_archive(struct rrd_reading *reading, const struct tree_read *read,
	unsigned kind, const char *instance, uint32_t data_source, uint64_t *readings)
{
	const struct rrd_image_archive *archive = reading->by_kind[kind];
	const struct import_options *options = reading->source->options;
	int64_t from = options && options->has_since ? options->since : INT64_MIN;
	uint32_t column;
	int r;

	r = reading->sink->find_part(reading->sink, reading->workload, read->part, kind,
		instance, strlen(instance), &column, reading->err);
	for (uint32_t row = 0; r >= 0 && row < archive->rows; row++) {
		int64_t stamp = archive->first + (int64_t)row * archive->step_s;

		if (stamp <= from || stamp <= 0)
			continue;
		r = put_row_value(reading, column, stamp,
			rrd_image_value(&reading->image, archive, row, data_source) *
				read->scale,
			readings);
	}
	return r;
}

static int put_read(struct rrd_reading *reading, const struct tree_read *read)
{
	const char *slash = strrchr(reading->source->path, '/');
	int data_source = rrd_image_find(&reading->image, read->source);
	char instance[TREE_VALUE_SIZE], from[FROM_SIZE + 200], archive[FROM_SIZE];
	uint64_t readings = 0;
	size_t row = ACCOUNT_NO_ROW;
	int r = 0;

	if (data_source < 0)
		return 0;
	tree_match_fill(&reading->match, read->instance, instance, sizeof(instance));
	for (unsigned kind = 0; r >= 0 && kind < CELL_KINDS; kind++) {
		uint64_t extremes = 0;

		/* a size has no extremes: it is what it was */
		if (!reading->by_kind[kind] ||
			(kind != CELL_MEAN && part_is_size(read->part)))
			continue;
		r = put_archive(reading, read, kind, instance, (uint32_t)data_source,
			kind == CELL_MEAN ? &readings : &extremes);
	}
	say_archive(reading->by_kind[CELL_MEAN], archive, sizeof(archive));
	snprintf(from, sizeof(from), "%.100s %s: %s%s%s%s",
		slash ? slash + 1 : reading->source->path, read->source, archive,
		reading->by_kind[CELL_MAX] ? ", with its extremes" : "",
		reading->match.file->note ? "; " : "",
		reading->match.file->note ? reading->match.file->note : "");
	if (r >= 0)
		r = account_map(reading->sink->account, from, strlen(from),
			part_figure(read->part), &row, reading->err);
	if (r >= 0)
		account_count(reading->sink->account, row, readings);
	if (r >= 0 && readings && part_is_memory(read->part) &&
		reading->match.file->memory_kind)
		r = reading->sink->put_fact(reading->sink, reading->workload,
			"memory.kind", reading->match.file->memory_kind, reading->err);
	return r;
}

static int put_file(struct rrd_reading *reading)
{
	const struct import_options *options = reading->source->options;
	const char *name = tree_match_value(&reading->match, "workload");
	const struct text_place place = { reading->source->path, 0 };
	int r;

	if (options && options->workload)
		name = options->workload;
	r = text_name(&place, "workload", name, strlen(name), reading->err);
	if (r < 0)
		return err_set(reading->err, -EINVAL,
			"%s: the path does not say which workload it is of: give "
			"--workload NAME",
			reading->source->path);
	r = reading->sink->find_workload(
		reading->sink, name, strlen(name), &reading->workload, reading->err);
	for (size_t i = 0; r >= 0 && i < reading->match.file->reads; i++)
		r = put_read(reading, &reading->match.file->read[i]);
	return r < 0 ? r : ignore_archives(reading);
}

/* ---- which rule --------------------------------------------------------------------- */

static bool has_any_source(const struct rrd_reading *reading)
{
	const struct tree_file *file = reading->match.file;

	for (size_t i = 0; i < file->reads; i++) {
		if (rrd_image_find(&reading->image, file->read[i].source) >= 0)
			return true;
	}
	return false;
}

static bool find_match(
	struct rrd_reading *reading, const struct tree_rules *rules, const char *path)
{
	size_t at = 0;

	while (tree_rules_find(rules, path, &at, &reading->match)) {
		if (has_any_source(reading))
			return true;
	}
	return false;
}

/* A path that begins below the workload's folder gets the name of --workload there. */
static bool find_tree_rule(struct rrd_reading *reading, const struct tree_rules *rules)
{
	const struct import_options *options = reading->source->options;
	char path[PATH_MAX];

	if (find_match(reading, rules, reading->source->path))
		return true;
	if (!options || !options->workload || strchr(options->workload, '/'))
		return false;
	snprintf(path, sizeof(path), "%s/%s", options->workload, reading->source->path);
	return find_match(reading, rules, path);
}

/* Does the device count?  NULL: it does. */
static const char *why_not_counted(const struct rrd_reading *reading)
{
	const struct tree_file *file = reading->match.file;
	char name[TREE_VALUE_SIZE];

	if (file->adapter) {
		tree_match_fill(&reading->match, file->adapter, name, sizeof(name));
		if (!device_is_adapter(name, strlen(name)))
			return "a virtual adapter is not counted";
	}
	if (file->disk) {
		tree_match_fill(&reading->match, file->disk, name, sizeof(name));
		if (!device_is_disk(name, strlen(name)))
			return "it is no whole disk";
	}
	return NULL;
}

static int read_image(struct rrd_reading *reading, const struct tree_rules *rules)
{
	const char *path = reading->source->path, *slash = strrchr(path, '/');
	const char *from = slash ? slash + 1 : path, *why = NULL;

	if (!find_tree_rule(reading, rules))
		why = "no rule of schema/trees knows its path and its data sources";
	else
		why = why_not_counted(reading);
	if (!why) {
		choose_archives(reading);
		if (!reading->by_kind[CELL_MEAN])
			why = "it has no archive of means";
	}
	if (why)
		return account_ignore(
			reading->sink->account, from, strlen(from), why, reading->err);
	return put_file(reading);
}

static int rrd_importer_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct rrd_reading reading = { .source = source, .sink = sink, .err = err };
	struct tree_rules *own = NULL;
	const struct tree_rules *rules =
		source->prepared ? source->prepared->trees : NULL;
	int r = rules ? 0 : tree_rules_load(&own, err);

	if (r >= 0)
		r = rrd_image_read(source->bytes, &reading.image, err);
	if (r >= 0)
		r = read_image(&reading, rules ? rules : own);
	rrd_image_done(&reading.image);
	tree_rules_free(own);
	return r;
}

static int rrd_prepare(const struct import_source *source,
	struct import_prepared *ret_prepared, struct err *err)
{
	(void)source;
	return tree_rules_load(&ret_prepared->trees, err);
}

static int rrd_recognise(const struct import_head *head)
{
	return rrd_image_is_binary(head->text, head->length) ||
			rrd_image_is_xml(head->text, head->length)
		? IMPORT_SURE
		: IMPORT_NOT_MINE;
}

const struct importer rrd_importer = {
	.name = "rrd",
	.help = "RRD trees of collectd, Munin, Ganglia, LibreNMS, Cacti and Proxmox",
	.example = "analyze import rrd /var/lib/collectd/rrd",
	.is_confined = true,
	.walks = true,
	.prepare = rrd_prepare,
	.recognise = rrd_recognise,
	.read = rrd_importer_read,
};
