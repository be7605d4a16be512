/* analyze plan diff: what changes from one plan to another, and in which order. */
#include "analyze/plan/plan_difference.h"
#include "analyze/report/moves_document.h"
#include "analyze/verbs/plan_verbs.h"

#include <errno.h>

/* The estate is read for aligned plans alone: the others say all in their files. */
static int order(const struct context *context, struct plan_difference *difference,
	struct err *err)
{
	struct screen screen;
	struct estate estate = { .count = 0 };
	int r;

	if (!plan_difference_is_aligned(difference))
		return plan_difference_order(difference, NULL, err);
	r = screen_open_estate(&screen, context, 0, 0, &estate, err);
	if (r == 0)
		r = plan_difference_order(difference, &estate, err);
	estate_close(&estate);
	return r;
}

static struct document *build(const struct plan_difference *difference)
{
	struct moves_view view = { .hosts_before = difference->today.host_count,
		.hosts_after = difference->next.host_count,
		.cost_before = difference->cost_today,
		.cost_after = difference->cost_next,
		.is_beneficial = difference->is_beneficial,
		.workload = difference->workload,
		.workload_count = difference->count,
		.host_name = difference->host_name,
		.to = difference->to,
		.moves = &difference->moves,
		.overfull_host = difference->overfull_host,
		.overfull_row = difference->overfull_row,
		.before = &difference->today,
		.after = &difference->next,
		.factors = &difference->factors };

	return moves_document(&view);
}

int plan_diff(struct context *context, struct err *err)
{
	struct plan_difference difference;
	int r;

	if (context->argument_count != 3 || context->format == FORMAT_KV) {
		err_set(err, -EINVAL,
			"expected `analyze plan diff A.json B.json`, as text, JSON or "
			"CSV");
		return EXIT_USAGE;
	}
	r = plan_difference_read(context->arguments[1], context->arguments[2],
		context->config_dir, &difference, err);
	if (r == 0)
		r = order(context, &difference, err);
	if (r == 0)
		r = document_print(build(&difference), context, err);
	plan_difference_done(&difference);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
