/* analyze compare: does the machine after the move need what it needed before? */
#include "analyze/compare/compare.h"
#include "analyze/report/compare_document.h"
#include "analyze/verbs/screen.h"
#include "analyze/verbs/verbs.h"
#include "common/iso_time.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec verb_compare_options[] = {
	{ "detail", NULL, "every figure: all percentiles and the peak-duration curve" },
	{ NULL, NULL, NULL },
};

/* One side: a workload, and its period. */
struct compare_side {
	const char *text; /* as given */
	const struct workload *workload;
	struct load_request span;
	struct load_set set;
};

/* "FROM..TO", one of them may be left out. */
static int parse_period(
	const char *text, int64_t now, struct compare_side *side, struct err *err)
{
	const char *dots = strstr(text, "..");
	char from[64];
	int r = 0;

	if (!dots || (size_t)(dots - text) >= sizeof(from) ||
		(dots == text && !dots[2]))
		return err_set(err, -EINVAL,
			"\"%.100s\": expected NAME@FROM..TO, with FROM or TO as --since "
			"takes them",
			side->text);
	memcpy(from, text, (size_t)(dots - text));
	from[dots - text] = '\0';
	if (*from) {
		side->span.has_since = true;
		r = time_parse(from, now, &side->span.since, err);
	}
	if (r == 0 && dots[2]) {
		side->span.has_until = true;
		r = time_parse(dots + 2, now, &side->span.until, err);
	}
	if (r < 0)
		return err_wrap(err, r, "\"%.100s\"", side->text);
	if (side->span.has_since && side->span.has_until &&
		side->span.since >= side->span.until)
		return err_set(err, -EINVAL,
			"\"%.100s\": the period ends before it begins", side->text);
	return 0;
}

/* A workload's whole name wins; else what stands behind its last @ is a period. */
static int choose_side(const struct context *context, const struct estate *estate,
	struct compare_side *side, struct err *err)
{
	const char *at = strrchr(side->text, '@');
	const struct workload **chosen;
	char *name = strdup(side->text);
	size_t count;
	int r = name ? 0 : err_oom(err);

	side->span = estate->request.span;
	if (r == 0 && at && !workload_list_find(&estate->list, side->text)) {
		name[at - side->text] = '\0';
		side->span = (struct load_request){ .has_since = false };
		r = parse_period(at + 1, context->now, side, err);
	}
	if (r == 0)
		r = estate_choose(&estate->list, &name, 1, &chosen, &count, err);
	free(name);
	if (r < 0)
		return r;
	side->workload = count == 1 ? chosen[0] : NULL;
	free(chosen);
	if (!side->workload)
		return err_set(err, -EINVAL,
			"\"%.100s\" is a pattern of %zu workloads; expected one",
			side->text, count);
	r = load_set_read(estate, side->workload, &side->span, &side->set, err);
	if (r == 0 && side->set.period.count == 0)
		return err_set(err, -ENODATA, "%s: nothing is stored%s",
			side->workload->name,
			side->span.has_since || side->span.has_until ? " of that period"
								     : "");
	return r;
}

static int compare_and_print(const struct context *context,
	const struct compare_side side[2], struct err *err)
{
	struct comparison comparison;
	int r = compare_sets(&side[0].set, side[0].workload, &side[1].set,
		side[1].workload, &comparison, err);

	if (r == 0)
		r = document_print(compare_document(&comparison, side[0].workload,
					   side[1].workload,
					   context_option(context, "detail") != NULL),
			context, err);
	if (r < 0)
		return EXIT_FAILED;
	*err = (struct err)ERR_INIT; /* of what was never counted: no failure */
	/* the answer, as with diff: what is not known is not alike */
	return comparison.outcome == COMPARE_ALIKE ? EXIT_OK : EXIT_FAILED;
}

int verb_compare(struct context *context, struct err *err)
{
	struct compare_side side[2] = { { .text = NULL } };
	struct screen screen;
	struct estate estate;
	int r;

	if (context->argument_count != 2) {
		(void)err_set(err, -EINVAL,
			"expected BEFORE and AFTER: two workloads, or one and its "
			"periods, as in mail@..2026-11-01 mail@2026-11-02..");
		return EXIT_USAGE;
	}
	r = screen_open_estate(&screen, context, 0, 0, &estate, err);
	if (r < 0)
		return EXIT_FAILED;
	for (unsigned i = 0; r == 0 && i < 2; i++) {
		side[i].text = context->arguments[i];
		r = choose_side(context, &estate, &side[i], err);
	}
	r = r < 0 ? EXIT_FAILED : compare_and_print(context, side, err);
	for (unsigned i = 0; i < 2; i++)
		load_set_done(&side[i].set);
	estate_close(&estate);
	return r;
}
