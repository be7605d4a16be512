/* `analyze import`: the formats of analyze/import/, other stores, and undo. */
#include "analyze/console/terminal.h"
#include "analyze/console/verb.h"
#include "analyze/import/import.h"
#include "analyze/import/import_store.h"
#include "analyze/report/import_document.h"
#include "analyze/import/live.h"
#include "analyze/verbs/engine_options.h"
#include "analyze/verbs/verbs.h"
#include "common/parse.h"
#include "common/suggest.h"
#include "common/util.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LOCK_TIMEOUT_MS 60000
#define FORMATS_MAX 32
#define LIVE_DAYS 30 /* of a server, unless --since says otherwise */

const struct option_spec verb_import_options[] = {
	{ "undo", "ID", "take back what the import of this number brought" },
	{ "zone", "ZONE", "of times that carry none: UTC, +02:00, Europe/Berlin" },
	{ "date-format", "ORDER", "of dates: YMD, MDY or DMY" },
	{ "workload", "NAME", "of files that name none" },
	{ "encoding", "NAME", "of texts that are not UTF-8: CP1251, UTF-16LE" },
	{ "map", "FILE", "what the columns of a file are (analyze import map)" },
	{ "hosts-out", "FILE",
		"write the hosts of a workbook (vHost) as a hosts file" },
	{ "keep-going", NULL, "take the good files, leave out those that are refused" },
	{ "match", "SELECTOR", "of a server's series: '{job=\"node\"}'" },
	ENGINE_OPTIONS,
	{ "max-workloads", "N", "refuse more workloads in one import (20000)" },
	{ NULL, NULL, NULL },
};

static void verbs_import_show_progress(
	void *data, double done_ratio, const char *detail)
{
	progress_show(data, done_ratio, detail);
}

/* The reader's first question behind any fault. */
static void say_nothing_changed(const struct import_report *report, struct err *err)
{
	size_t length = strlen(err->text);

	snprintf(err->text + length, sizeof(err->text) - length, "%s",
		report->id
			? "; what was read before it is stored, the same command goes "
			  "on from there"
			: "; nothing was imported");
}

/* A server instead of files. */
static bool is_live(const struct context *context)
{
	const char *from = context->argument_count > 1 ? context->arguments[1] : "";

	return !strcmp(context->arguments[0], prometheus_importer.name) &&
		(!strncasecmp(from, "http://", 7) || !strncasecmp(from, "https://", 8));
}

static int open_live(
	struct context *context, struct import_origin **ret_origin, struct err *err)
{
	struct live_request request = { .match = context_option(context, "match"),
		.workload = context_option(context, "workload"),
		.since = context->has_since ? context->since
					    : context->now - LIVE_DAYS * 86400,
		.until = context->has_until ? context->until : context->now };
	int r;

	if (context->argument_count != 2)
		return err_set(err, -EINVAL, "expected one server at a time");
	r = engine_options_take(context, context->arguments[1], &request.engine, err);
	return r < 0 ? r : live_open(&request, ret_origin, err);
}

static int run_importer(struct context *context, const struct importer *importer,
	struct store *store, struct err *err)
{
	struct progress progress;
	struct import_report report;
	const char *hosts_path = context_option(context, "hosts-out");
	double workloads_max = IMPORT_WORKLOADS_MAX;
	struct import_request request = { .importer = importer,
		.options = { .zone = context_option(context, "zone"),
			.date_format = context_option(context, "date-format"),
			.workload = context_option(context, "workload"),
			.encoding = context_option(context, "encoding"),
			.map_path = context_option(context, "map"),
			.has_since = context->has_since,
			.since = context->since,
			.now = context->now },
		.is_keeping_going = context_option(context, "keep-going") != NULL,
		.paths = context->arguments + 1,
		.path_count = context->argument_count - 1,
		.now = context->now,
		.lock_timeout_ms = LOCK_TIMEOUT_MS,
		.progress = verbs_import_show_progress,
		.progress_data = &progress };
	int r;

	r = context_number(context, "max-workloads", 1, IMPORT_WORKLOADS_CEILING,
		&workloads_max, err);
	if (r == 0 && is_live(context))
		r = open_live(context, &request.origin, err);
	if (r < 0)
		return r;
	request.workloads_max = (uint32_t)workloads_max;
	progress_begin(&progress, context, "importing");
	r = import_run(store, &request, &report, err);
	progress_done(&progress);
	if (r >= 0)
		r = document_print(
			import_document(importer ? importer->name : "auto", &report),
			context, err);
	else if (r != -EINPROGRESS)
		say_nothing_changed(&report, err);
	if (r >= 0 && hosts_path)
		r = import_hosts_write(&report, hosts_path, err);
	/* what was left out must not look like success to a script */
	if (r >= 0 && report.refused > 0)
		r = err_set(err, -EINVAL, "%llu of %zu files were refused",
			(unsigned long long)report.refused, report.files);
	import_report_done(&report);
	live_close(request.origin);
	return r;
}

static void say_kept(struct err *err)
{
	size_t length = strlen(err->text);

	snprintf(err->text + length, sizeof(err->text) - length,
		"; what came whole before it is stored, the same command goes on from "
		"there");
}

static int run_store(struct context *context, struct store *store, struct err *err)
{
	const struct import_store_request request = { .dirs = context->arguments + 1,
		.count = context->argument_count - 1,
		.is_keeping_going = context_option(context, "keep-going") != NULL,
		.now = context->now,
		.lock_timeout_ms = LOCK_TIMEOUT_MS };
	struct import_store_report report;
	int r;

	r = import_store(store, &request, &report, err);
	if (r >= 0)
		r = document_print(import_store_document(&report), context, err);
	else if (report.id)
		say_kept(err);
	if (r >= 0 && report.refusals > 0)
		r = err_set(err, -EINVAL, "%zu of %zu stores were refused",
			report.refusals, report.stores);
	import_store_report_done(&report);
	return r;
}

static int run_undo(struct context *context, struct store *store, const char *id_text,
	struct err *err)
{
	size_t removed, restored;
	uint64_t id;
	int r;

	if (parse_u64(id_text, strlen(id_text), &id) < 0 || id == 0 || id > INT64_MAX)
		return err_set(err, -EINVAL,
			"--undo: expected the number of an import, found \"%.40s\" "
			"(`analyze import` lists them)",
			id_text);
	r = import_undo(store, (int64_t)id, context->now, LOCK_TIMEOUT_MS, &removed,
		&restored, err);
	if (r < 0)
		return r;
	return document_print(
		import_undo_document((int64_t)id, removed, restored), context, err);
}

static int list_imports(struct context *context, struct store *store, struct err *err)
{
	struct import_list list;
	int r = store_imports(store, &list, err);

	if (r < 0)
		return r;
	r = document_print(import_list_document(&list), context, err);
	import_list_done(&list);
	return r;
}

/* Every format by name, with "store", which is no row of the table: it reads no files. */
static int import_unknown_format(const char *name, struct err *err)
{
	const char *names[FORMATS_MAX] = { "store", "auto" };
	size_t count = 2;
	const char *nearest;

	for (size_t i = 0; i < importer_count && count < FORMATS_MAX; i++)
		names[count++] = importer_table[i]->name;
	nearest = suggest_nearest(name, names, count);
	if (nearest)
		return err_set(err, -EINVAL, "no format \"%.40s\": did you mean %s?",
			name, nearest);
	return err_set(err, -EINVAL,
		"no format \"%.40s\": `analyze import` alone lists the formats", name);
}

int verb_import(struct context *context, struct err *err)
{
	const char *undo = context_option(context, "undo");
	const char *format = context->argument_count ? context->arguments[0] : NULL;
	const struct importer *importer = format ? importer_find(format) : NULL;
	struct store *store;
	int r;

	if (format && !undo && !importer && strcmp(format, "store") != 0 &&
		strcmp(format, "auto") != 0) {
		import_unknown_format(format, err);
		return EXIT_USAGE;
	}
	if ((format && undo) || (format && context->argument_count < 2)) {
		err_set(err, -EINVAL,
			undo ? "--undo takes no files"
			     : "expected at least one file behind the format");
		return EXIT_USAGE;
	}
	r = store_open(context->data_dir, &store, err);
	if (r < 0)
		return EXIT_FAILED;
	if (undo)
		r = run_undo(context, store, undo, err);
	else if (!format)
		r = list_imports(context, store, err);
	else if (importer || !strcmp(format, "auto"))
		r = run_importer(context, importer, store, err);
	else
		r = run_store(context, store, err);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
