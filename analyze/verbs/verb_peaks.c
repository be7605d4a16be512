/* analyze peaks: what each workload used at its highest, and for how long. */
#include "analyze/document/arrange.h"
#include "analyze/report/peaks_document.h"
#include "analyze/report/sparks_document.h"
#include "analyze/verbs/engine_options.h"
#include "analyze/verbs/screen.h"
#include "analyze/verbs/verbs.h"
#include "common/timefmt.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

const struct option_spec verb_peaks_options[] = {
	{ "detail", NULL,
		"every figure and the peak-duration curve, as for one by name" },
	{ "brief", NULL, "one row per workload: what it would be sized by" },
	{ "spark", NULL, "the course of every figure as a line of blocks" },
	{ "horizon", "TIME", "growth to this time ahead: 12months, 90d" },
	{ "return-level", "TIME", "the highest value to expect within 1y, 6months" },
	ARRANGE_OPTIONS,
	SOURCE_OPTIONS,
	{ "push-down", NULL, "figures by queries that the engine computes" },
	{ NULL, NULL, NULL },
};

static enum peaks_view peaks_view_of(const struct context *context, size_t count)
{
	if (context_option(context, "brief") && count)
		return PEAKS_BRIEF;
	return context->argument_count > 0 || context_option(context, "detail")
		? PEAKS_DETAIL
		: PEAKS_TABLE;
}

static int peaks_read_days(const struct context *context, const char *option,
	double *ret_days, struct err *err)
{
	const char *text = context_option(context, option);

	*ret_days = NAN;
	if (!text || growth_parse_horizon(text, ret_days) == 0)
		return 0;
	return err_set(err, -EINVAL,
		"--%s: expected a time such as 90d, 12months or 1y, found \"%.40s\"",
		option, text);
}

/* In the period that was asked for is nothing: say where the data end. */
static int say_where_data_end(const struct estate *estate,
	const struct workload_judgement *judged, const struct context *context,
	struct err *err)
{
	const struct load_request whole = { .has_since = false };
	char text[TIME_TEXT_SIZE];
	int64_t end = 0;
	int r = 0;

	for (size_t i = 0; i < estate->count; i++)
		if (judged[i].peaks.to)
			return 0;
	for (size_t i = 0; r == 0 && i < estate->count; i++) {
		struct load_period period = { .count = 0 };

		r = load_period_of(estate, estate->chosen[i], &whole, &period, err);
		if (r == 0 && period.count && period.to > end)
			end = period.to;
	}
	if (r == 0 && end)
		context_say(context,
			"nothing is known of the period asked for: the data end %s; try "
			"--since and --until before that",
			time_text(end, text));
	return r;
}

static int peaks_print(const struct context *context, const struct estate *estate,
	const struct forecast_request *ahead, struct err *err)
{
	struct workload_judgement *judged = NULL;
	struct forecast *forecast = NULL;
	int r = judged_read(estate, &judged, err);

	if (r == 0 && (context->has_since || context->has_until))
		r = say_where_data_end(estate, judged, context, err);
	if (r == 0 && forecast_is_asked(ahead))
		r = forecast_all(estate, ahead, &forecast, err);
	if (r == 0) {
		struct peaks_request request = { .view = peaks_view_of(
							 context, estate->count),
			.workload = estate->chosen,
			.judged = judged,
			.count = estate->count,
			.ahead = ahead,
			.forecast = forecast };

		r = document_print(peaks_document(&request), context, err);
	}
	free(forecast);
	free(judged);
	return r;
}

static int peaks_print_sparks(
	const struct context *context, const struct estate *estate, struct err *err)
{
	struct outline *outlines = NULL;
	int r = outline_read(estate, &outlines, err);

	if (r == 0)
		r = document_print(sparks_document(estate, outlines), context, err);
	free(outlines);
	return r;
}

int verb_peaks(struct context *context, struct err *err)
{
	struct forecast_request ahead;
	struct screen screen;
	struct estate estate;
	int r;

	if (peaks_read_days(context, "horizon", &ahead.horizon_days, err) < 0 ||
		peaks_read_days(context, "return-level", &ahead.return_days, err) < 0)
		return EXIT_USAGE;
	r = screen_open_estate(&screen, context, 0, SCREEN_NAMES_ALL, &estate, err);
	if (r < 0)
		return EXIT_FAILED;
	r = context_option(context, "spark") && context->format == FORMAT_TEXT
		? peaks_print_sparks(context, &estate, err)
		: peaks_print(context, &estate, &ahead, err);
	estate_close(&estate);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
