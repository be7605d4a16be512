/* analyze peaks: what each workload used at its highest, and for how long. */
#include "analyze/document/arrange.h"
#include "analyze/report/peaks_document.h"
#include "analyze/verbs/verbs.h"
#include "store/store.h"

#include <stdlib.h>

const struct option_spec verb_peaks_options[] = {
	{ "detail", NULL,
		"every figure and the peak-duration curve, as for one by name" },
	{ "brief", NULL, "one row per workload: what it would be sized by" },
	{ "horizon", "TIME", "growth to this time ahead: 12months, 90d" },
	{ "return-level", "TIME", "the highest value to expect within 1y, 6months" },
	ARRANGE_OPTIONS,
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

int verb_peaks(struct context *context, struct err *err)
{
	const struct workload **chosen = NULL;
	struct workload_list list = { 0 };
	struct judged *judged = NULL;
	struct forecast_request ahead;
	struct forecast *forecast = NULL;
	struct store *store = NULL;
	size_t count = 0;
	int r;

	if (forecast_read_options(context, &ahead, err) < 0)
		return EXIT_USAGE;
	r = load_open(context, &store, err);
	if (r == 0)
		r = store_workloads(store, &list, err);
	if (r == 0)
		r = load_choose(context, 0, &list, &chosen, &count, err);
	if (r == 0)
		r = judged_read(context, store, chosen, count, &judged, err);
	if (r == 0 && forecast_is_asked(&ahead))
		r = forecast_all(context, store, &ahead, chosen, count, &forecast, err);
	if (r == 0) {
		struct peaks_request request = { .view = peaks_view_of(context, count),
			.workload = chosen,
			.judged = judged,
			.count = count,
			.ahead = &ahead,
			.forecast = forecast };

		r = document_print(peaks_document(&request), context, err);
	}
	free(forecast);
	free(judged);
	free(chosen);
	workload_list_done(&list);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
