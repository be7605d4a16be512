/* analyze export: what is stored, in the format of others. */
#include "analyze/export/coarse.h"
#include "analyze/export/exporter.h"
#include "analyze/verbs/screen.h"
#include "analyze/verbs/verbs.h"
#include "analyze/import/parcel_send.h"
#include "common/suggest.h"
#include "store/flush_client.h"
#include "store/store.h"

#include <string.h>
#include <unistd.h>

#define NAMES_MAX 64

const struct option_spec verb_export_options[] = {
	{ "columns", "LIST",
		"of csv: time, workload and only these: cpu_used_mhz,cpu_used_mhz_max" },
	{ "step", "LENGTH",
		"slots of this length: means, lowest and highest (5m, 1h, 1d)" },
	{ NULL, NULL, NULL },
};

static int export_unknown_format(const char *name, struct err *err)
{
	const char *names[NAMES_MAX];
	const char *nearest;
	char list[256] = "";
	size_t length = 0;

	for (size_t i = 0; i < exporter_count && i < NAMES_MAX; i++) {
		names[i] = exporter_table[i].name;
		if (length < sizeof(list))
			length += (size_t)snprintf(list + length, sizeof(list) - length,
				"%s%s", i ? ", " : "", names[i]);
	}
	nearest = name ? suggest_nearest(name, names, exporter_count) : NULL;
	if (!name)
		err_set(err, -1, "a format is missing: %s", list);
	else if (nearest)
		err_set(err, -1, "unknown format \"%.40s\", did you mean \"%s\"?", name,
			nearest);
	else
		err_set(err, -1, "unknown format \"%.40s\"; there is %s", name, list);
	return EXIT_USAGE;
}

static int export_with(
	const struct exporter *exporter, struct context *context, struct err *err)
{
	struct screen screen;
	struct estate estate;
	const char *step = context_option(context, "step");
	struct export_request request = { .columns =
						  context_option(context, "columns") };
	int r;

	if (request.columns && !exporter->has_columns) {
		err_set(err, -EINVAL, "--columns: %s has no columns to choose from",
			exporter->name);
		return EXIT_USAGE;
	}
	if (step && coarse_step_parse(step, &request.step_s, err) < 0)
		return EXIT_USAGE;
	r = screen_open_estate(&screen, context, 1, SCREEN_NAMES_ALL, &estate, err);

	if (r < 0)
		return EXIT_FAILED;
	r = exporter->run(&estate, &request, context->out, err);
	estate_close(&estate);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

/* The far end of `analyze import store ssh:...`: requests come in, archives go out. */
static int export_store(struct context *context, struct err *err)
{
	struct flush_result flush;
	struct store *store;
	int r;

	if (context->argument_count != 1 || context->output_path ||
		isatty(STDIN_FILENO)) {
		err_set(err, -1,
			"export store answers `analyze import store ssh:HOST:DIR`, "
			"which starts it");
		return EXIT_USAGE;
	}
	store_flush(context->data_dir, FLUSH_TIMEOUT_MS, &flush);
	r = store_open(context->data_dir, &store, err);
	if (r < 0)
		return EXIT_FAILED;
	r = parcel_send(store, STDIN_FILENO, STDOUT_FILENO, err);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

int verb_export(struct context *context, struct err *err)
{
	const char *name = context->argument_count ? context->arguments[0] : NULL;

	if (name && !strcmp(name, "store"))
		return export_store(context, err);
	for (size_t i = 0; name && i < exporter_count; i++)
		if (!strcmp(exporter_table[i].name, name))
			return export_with(&exporter_table[i], context, err);
	return export_unknown_format(name, err);
}
