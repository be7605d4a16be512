/* The sample estate of `analyze first-look`, and what the other verbs say of it. */
#include "analyze/verbs/first_look.h"

#include "analyze/document/writer.h"
#include "analyze/report/first_look_document.h"
#include "analyze/sample/sample_estate.h"
#include "analyze/verbs/screen.h"
#include "common/grid.h"
#include "common/units.h"
#include "common/util.h"
#include "schema/builtin.h"
#include "store/store.h"

#include <stdio.h>

#define SAMPLE_PROFILE "kvm" /* a target of today */

static void first_look_show_progress(void *data, double done_ratio)
{
	progress_show(data, done_ratio, NULL);
}

static int write_example_hosts(const char *path, struct err *err)
{
	const struct builtin_file *example = builtin_find("help/hosts.json");
	FILE *file = fopen(path, "we");

	if (!file)
		return err_errno(err, "%s", path);
	fwrite(example->data, 1, example->size, file);
	return fclose(file) == 0 ? 0 : err_errno(err, "%s", path);
}

/* The two things the product is for, of the sample estate, and the page that says all. */
int first_look_answers(struct first_look *look, struct err *err)
{
	char hosts[PATH_MAX + 32], page[PATH_MAX + 32];
	const char *const verdict[] = { "verdict", "--profile", SAMPLE_PROFILE,
		"--data", look->sample_dir };
	const char *const plan[] = { "plan", "--hosts", hosts, "--profile",
		SAMPLE_PROFILE, "--include", "review", "--time-limit", "3", "--data",
		look->sample_dir };
	const char *const all[] = { "report", "-q", "-o", page, "--profile",
		SAMPLE_PROFILE, "--data", look->sample_dir };
	int r;

	(void)snprintf(hosts, sizeof(hosts), "%s/hosts.json", look->sample_dir);
	(void)snprintf(page, sizeof(page), "%s/report.html", look->sample_dir);
	r = write_example_hosts(hosts, err);
	if (r < 0)
		return r;
	r = first_look_say(look,
		"May the samples move? The end of `analyze verdict --profile " SAMPLE_PROFILE
		"`",
		verdict, ARRAY_LEN(verdict), -1, err);
	if (r == 0)
		r = first_look_say(look,
			"On how few hosts? The beginning of their plan", plan,
			ARRAY_LEN(plan), 2, err);
	if (r == 0)
		r = document_print(first_look_command("who runs where", look->prefix,
					   "plan --profile " SAMPLE_PROFILE " --hosts",
					   hosts, look->sample_dir),
			look->context, err);
	if (r == 0)
		r = first_look_say(look, NULL, all, ARRAY_LEN(all), 0, err);
	return r < 0
		? r
		: document_print(
			  first_look_note("the report of the samples: ", page, true),
			  look->context, err);
}

int first_look_samples(struct first_look *look, struct err *err)
{
	int64_t end = grid_floor(look->context->now, SECONDS_PER_DAY);
	struct progress progress;
	struct store *store = NULL;
	int r = store_open(look->sample_dir, &store, err);

	if (r < 0)
		return r;
	progress_begin(&progress, look->context, "making samples");
	r = sample_estate_store(
		store, SAMPLE_SEED, end, first_look_show_progress, &progress, err);
	progress_done(&progress);
	store_close(store);
	if (r < 0)
		return r;
	r = first_look_print(look,
		"A SAMPLE estate, not yours: the ten largest of 40 made-up workloads, "
		"30 days",
		"", err);
	if (r == 0)
		r = first_look_peaks(
			look->context, look->sample_dir, 0, PEAKS_BRIEF, err);
	return r < 0
		? r
		: document_print(first_look_note("memory, network: highest reading; "
						 "CPU, disk: highest mean over "
						 "15 minutes",
					 "", false),
			  look->context, err);
}
