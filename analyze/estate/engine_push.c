#include "analyze/estate/engine_push.h"

#include "analyze/estate/engine_slots.h"
#include "common/grid.h"
#include "common/util.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* VictoriaMetrics refuses a subquery of more than 30,000 points. */
#define POINTS_MAX 20000
#define DAY_MS INT64_C(86400000)
#define QUERY_BYTES 8192
#define COARSE_S 300

/* One workload's queries on the way. */
struct pushing {
	const struct engine_push *push;
	struct workload_peaks *peaks;
	unsigned step_s;
	int64_t slots;
	char mean[QUERY_BYTES], low[QUERY_BYTES], high[QUERY_BYTES]; /* selectors */
	struct strbuf query;
	struct err *err;
};

/* ---- one query ------------------------------------------------------------------------------ */

/* *ret_value NAN: no series; -ENOTSUP: more than one. */
static int ask_value(struct engine_link *link, const char *query, int64_t at_ms,
	double *ret_value, struct err *err)
{
	struct engine_item item;
	double value = NAN;
	size_t count = 0;
	int r = engine_ask_query(link, query, at_ms, err);

	while (r == 0 && (r = engine_next(link, &item, err)) > 0) {
		r = 0;
		for (size_t i = 0; item.kind == ITEM_SAMPLES && i < item.count; i++) {
			value = item.sample[i].value;
			count++;
		}
	}
	if (r < 0)
		return r;
	if (count > 1)
		return err_set(err, -ENOTSUP, "series of more than one source");
	*ret_value = value;
	return 0;
}

int engine_push_window(
	struct engine_link *link, int64_t now_ms, bool *ret_is_closed, struct err *err)
{
	double count = NAN;
	int r = ask_value(link, "count_over_time(vector(1)[2s:1s])",
		now_ms / 1000 * 1000, &count, err);

	if (r < 0)
		return r;
	if (count != 2 && count != 3)
		return err_set(err, -ENOTSUP,
			"the engine counts %g moments in a range of two", count);
	*ret_is_closed = count == 3;
	return 0;
}

/* A range that holds so many slots, counted from its end. */
static void add_range(struct pushing *p, int64_t slots)
{
	if (p->push->is_closed)
		strbuf_addf(&p->query, "[%" PRId64 "ms]", slots * p->step_s * 1000 - 1);
	else
		strbuf_addf(&p->query, "[%" PRId64 "s]", slots * p->step_s);
}

/* A subquery of so many moments a step apart, the last one at the query's time. */
static void add_moments(struct pushing *p, int64_t moments)
{
	if (p->push->is_closed)
		strbuf_addf(&p->query, "[%" PRId64 "ms:%us]",
			(moments - 1) * p->step_s * 1000 + 1, p->step_s);
	else
		strbuf_addf(&p->query, "[%" PRId64 "s:%us]", moments * p->step_s,
			p->step_s);
}

static int ask(struct pushing *p, const char *figure, int64_t at_s, double *ret_value)
{
	if (strbuf_failed(&p->query) < 0)
		return err_set(p->err, -E2BIG, "a query is too long");
	if (p->push->question && figure)
		p->push->question(p->push->closure, figure, strbuf_text(&p->query));
	return ask_value(
		p->push->link, strbuf_text(&p->query), at_s * 1000, ret_value, p->err);
}

/* fn(range of the whole period): one query. */
static int ask_whole(struct pushing *p, const char *figure, const char *before,
	const char *selector, double *ret_value)
{
	strbuf_clear(&p->query);
	strbuf_addf(&p->query, "%s%s", before, selector);
	add_range(p, p->slots);
	strbuf_add(&p->query, ")");
	return ask(p, figure, p->peaks->to, ret_value);
}

enum gather { GATHER_HIGHEST, GATHER_FIRST, GATHER_SUM };

/*
 * outer((inner)[moments]) over the last so many moments of the period, some thousand at a
 * time: the highest, the first, or the sum of what comes.
 */
static int ask_moments(struct pushing *p, const char *figure, enum gather gather,
	const char *outer, const char *inner, int64_t moments, double *ret_value)
{
	double best = NAN;
	int r = 0;

	for (int64_t done = 0; r == 0 && done < moments; done += POINTS_MAX) {
		int64_t begin = p->peaks->to - (moments - 1) * p->step_s;
		int64_t piece =
			moments - done < POINTS_MAX ? moments - done : POINTS_MAX;
		double value = NAN;

		strbuf_clear(&p->query);
		strbuf_addf(&p->query, "%s((%s)", outer, inner);
		add_moments(p, piece);
		strbuf_add(&p->query, ")");
		r = ask(p, done == 0 ? figure : NULL,
			begin + (done + piece - 1) * p->step_s, &value);
		if (isnan(value))
			continue;
		if (gather == GATHER_SUM)
			best = isnan(best) ? value : best + value;
		else if (isnan(best) || (gather == GATHER_HIGHEST && value > best))
			best = value;
		if (gather == GATHER_FIRST)
			break;
	}
	*ret_value = best;
	return r;
}

/* ---- figures --------------------------------------------------------------------------------- */

/* A window's function where at least half of its slots are known. */
static void push_window_of(struct pushing *p, const char *function,
	const char *selector, int64_t slots, const char *compare, char to[QUERY_BYTES])
{
	struct strbuf text = p->query;

	strbuf_init(&p->query, QUERY_BYTES - 1);
	strbuf_addf(&p->query, "%s(%s", function, selector);
	add_range(p, slots);
	strbuf_addf(&p->query, ")%s and count_over_time(%s", compare, p->mean);
	add_range(p, slots);
	strbuf_addf(&p->query, ") >= %" PRId64, (slots + 1) / 2);
	snprintf(to, QUERY_BYTES, "%s", strbuf_text(&p->query));
	strbuf_done(&p->query);
	p->query = text;
}

static int push_duration(struct pushing *p, struct peaks *peaks, size_t d)
{
	int64_t slots = (duration_s[d] + p->step_s - 1) / p->step_s;
	int64_t moments = p->slots - slots + 1;
	char inner[QUERY_BYTES], again[QUERY_BYTES + 64], compare[64];
	double sustained = NAN, held = NAN, at = NAN;
	char figure[40];
	int r;

	if (moments < 1)
		return 0;
	snprintf(figure, sizeof(figure), "sustained %u s", duration_s[d]);
	push_window_of(p, "avg_over_time", p->mean, slots, "", inner);
	r = ask_moments(
		p, figure, GATHER_HIGHEST, "max_over_time", inner, moments, &sustained);
	if (r < 0 || isnan(sustained))
		return r;
	snprintf(figure, sizeof(figure), "held %u s", duration_s[d]);
	push_window_of(p, "min_over_time", p->low, slots, "", inner);
	r = ask_moments(
		p, figure, GATHER_HIGHEST, "max_over_time", inner, moments, &held);
	if (r < 0)
		return r;
	/* the engine's own figure, by its own digits */
	snprintf(compare, sizeof(compare), " >= %.17g", sustained);
	push_window_of(p, "avg_over_time", p->mean, slots, compare, inner);
	snprintf(again, sizeof(again), "(%s) * 0 + time()", inner);
	r = ask_moments(p, NULL, GATHER_FIRST, "min_over_time", again, moments, &at);
	peaks->held[d] = held;
	peaks->sustained[d] =
		fmin(isnan(held) ? sustained : fmax(sustained, held), peaks->peak);
	peaks->sustained_at[d] = isnan(at) ? 0 : (int64_t)at;
	return r;
}

static int push_percentiles(struct pushing *p, struct peaks *peaks)
{
	const struct {
		const char *figure, *before;
		double *value;
	} asked[] = { { "mean", "avg_over_time(", &peaks->mean },
		{ "p50", "quantile_over_time(0.5, ", &peaks->p50 },
		{ "p90", "quantile_over_time(0.9, ", &peaks->p90 },
		{ "p95", "quantile_over_time(0.95, ", &peaks->p95 },
		{ "p99", "quantile_over_time(0.99, ", &peaks->p99 } };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(asked); i++)
		r = ask_whole(
			p, asked[i].figure, asked[i].before, p->mean, asked[i].value);
	if (r == 0)
		peaks->mean = fmin(peaks->mean, peaks->peak);
	return r;
}

static int push_peak(struct pushing *p, struct peaks *peaks)
{
	char inner[QUERY_BYTES];
	double at = NAN;
	int r = ask_whole(p, "peak", "max_over_time(", p->high, &peaks->peak);

	if (r == 0 && isnan(peaks->peak)) { /* no extremes are sent */
		snprintf(p->high, sizeof(p->high), "%s", p->mean);
		snprintf(p->low, sizeof(p->low), "%s", p->mean);
		r = ask_whole(p, NULL, "max_over_time(", p->high, &peaks->peak);
	}
	if (r < 0)
		return r;
	/* a moment in a gap shows the sample before it, with that one's stamp: it may lie
	 * before the period */
	snprintf(inner, sizeof(inner),
		"(timestamp(%.2500s) > %" PRId64 ") and (%.2500s >= %.17g)", p->high,
		p->peaks->from, p->high, peaks->peak);
	r = ask_moments(
		p, "peak at", GATHER_FIRST, "min_over_time", inner, p->slots, &at);
	peaks->peak_at = isnan(at) ? 0 : (int64_t)at;
	return r;
}

static void selector_of(const struct engine_push *push, enum resource resource,
	unsigned kind, char to[QUERY_BYTES])
{
	char metric[ENGINE_METRIC_BYTES];
	struct strbuf text;

	engine_slots_metric(resource, kind, metric);
	strbuf_init(&text, QUERY_BYTES - 1);
	strbuf_addf(&text, "%s{workload=\"", metric);
	selector_quote(push->workload->name, &text);
	strbuf_add(&text, "\"}");
	snprintf(to, QUERY_BYTES, "%s", strbuf_text(&text));
	strbuf_done(&text);
}

static int push_resource(struct pushing *p, enum resource resource)
{
	struct peaks *peaks = &p->peaks->resource[resource];
	double known = NAN;
	int r;

	peak_absent(peaks);
	selector_of(p->push, resource, SLOT_MEAN, p->mean);
	selector_of(p->push, resource, SLOT_MIN, p->low);
	selector_of(p->push, resource, SLOT_MAX, p->high);
	if (p->push->question)
		p->push->question(
			p->push->closure, NULL, resource_table[resource].name);
	r = ask_whole(p, "known slots", "count_over_time(", p->mean, &known);
	if (r < 0 || !(known > 0))
		return r;
	if (known > (double)p->slots)
		return err_set(p->err, -ENOTSUP, "more samples than slots");
	peaks->is_counted = true;
	peaks->known = (size_t)known;
	peaks->expected = (size_t)p->slots;
	peaks->coverage = known / (double)p->slots;
	r = push_peak(p, peaks);
	if (r == 0)
		r = push_percentiles(p, peaks);
	for (size_t d = 0; r == 0 && d < DURATION_COUNT; d++)
		r = push_duration(p, peaks, d);
	return r;
}

/* ---- the period -------------------------------------------------------------------------------- */

/* {__name__=~"...",workload="w"} of all means. */
static int select_means(
	const struct engine_push *push, struct selector *selector, struct err *err)
{
	char metric[ENGINE_METRIC_BYTES];
	struct strbuf names;
	int r;

	strbuf_init(&names, SELECTOR_TEXT_MAX);
	for (unsigned i = 0; i < RESOURCE_COUNT; i++) {
		engine_slots_metric((enum resource)i, SLOT_MEAN, metric);
		strbuf_addf(&names, "%s%s", i ? "|" : "", metric);
	}
	r = selector_add(selector, MATCH_REGEX, "__name__", strbuf_text(&names), err);
	strbuf_done(&names);
	return r < 0 ? r
		     : selector_add(selector, MATCH_EQUAL, "workload",
			       push->workload->name, err);
}

/* Is there any sample from the one to the other moment (both in)? */
static int has_any(struct pushing *p, const struct selector *selector, int64_t from_ms,
	int64_t to_ms, bool *ret_has)
{
	double count = NAN;
	int r;

	strbuf_clear(&p->query);
	strbuf_add(&p->query, "count(last_over_time(");
	selector_write(selector, &p->query);
	strbuf_addf(&p->query, "[%" PRId64 "ms]))",
		to_ms - from_ms + (p->push->is_closed ? 0 : 1));
	r = ask_value(p->push->link, strbuf_text(&p->query), to_ms, &count, p->err);
	*ret_has = count > 0;
	return r;
}

/* The day that holds the first sample, or the last: by halves. */
static int find_day(struct pushing *p, const struct selector *selector, bool is_last,
	int64_t *from_ms, int64_t *to_ms)
{
	bool has = false;
	int r = has_any(p, selector, *from_ms, *to_ms, &has);

	if (r < 0 || !has)
		return r < 0 ? r : -ENODATA;
	while (r == 0 && *to_ms - *from_ms > DAY_MS) {
		int64_t middle = *from_ms + (*to_ms - *from_ms) / 2;

		r = is_last ? has_any(p, selector, middle + 1, *to_ms, &has)
			    : has_any(p, selector, *from_ms, middle, &has);
		if (is_last == has)
			*from_ms = middle + 1;
		else
			*to_ms = middle;
	}
	return r;
}

/* The samples of a day as slots: step and first or last of them. */
static int read_day(struct pushing *p, const struct selector *selector, int64_t from_ms,
	int64_t to_ms, struct load_set *ret_set)
{
	const struct load_request all = { .has_since = false };
	struct engine_columns columns = { .of = { { { .count = 0 } } } };
	struct engine_column *column = NULL;
	enum resource resource;
	struct engine_item item;
	unsigned kind;
	int r = engine_ask_series(p->push->link, selector, from_ms, to_ms, p->err);

	while (r == 0 && (r = engine_next(p->push->link, &item, p->err)) > 0) {
		r = 0;
		if (item.kind == ITEM_SERIES)
			column = engine_slots_find(item.labels->text[LABEL_METRIC],
					 &resource, &kind)
				? &columns.of[resource][kind]
				: NULL;
		else if (item.kind == ITEM_SAMPLES && column)
			r = engine_columns_add(column, item.sample, item.count, p->err);
	}
	for (unsigned i = 0; r == 0 && i < RESOURCE_COUNT; i++)
		for (size_t k = 0; p->step_s && k < columns.of[i][SLOT_MEAN].count; k++)
			if (columns.of[i][SLOT_MEAN].sample[k].stamp_ms %
				(1000 * (int64_t)p->step_s))
				r = err_set(p->err, -ENOTSUP,
					"stamps that are no multiples of the step");
	if (r == 0)
		r = engine_slots_make(&columns, p->step_s, &all, ret_set, p->err);
	engine_columns_done(&columns);
	return r;
}

static int find_end(struct pushing *p, const struct selector *selector, bool is_last,
	int64_t *ret_stamp)
{
	int64_t from_ms = p->push->from_ms, to_ms = p->push->to_ms;
	struct load_set set = { .period = { .count = 0 } };
	int r = find_day(p, selector, is_last, &from_ms, &to_ms);

	if (r == 0)
		r = read_day(p, selector, from_ms, to_ms, &set);
	if (r < 0)
		return r;
	p->step_s = set.period.step_s;
	*ret_stamp = is_last ? set.period.to : set.period.from;
	load_set_done(&set);
	return 0;
}

static int push_find_period(struct pushing *p)
{
	const struct engine_push *push = p->push;
	struct selector selector = { .count = 0 };
	int64_t from = 0, to = 0;
	int r = select_means(push, &selector, p->err);

	p->step_s = push->step_s;
	if (r == 0)
		r = find_end(p, &selector, true, &to);
	if (r == 0)
		r = find_end(p, &selector, false, &from);
	selector_done(&selector);
	if (r < 0)
		return r;
	if (push->has_since)
		from = grid_ceil(push->from_ms / 1000, p->step_s);
	if (push->has_until)
		to = grid_floor(push->to_ms / 1000, p->step_s);
	p->slots = to > from ? (to - from) / p->step_s : 0;
	p->peaks->step_s = p->step_s;
	p->peaks->is_coarse = p->step_s > COARSE_S;
	p->peaks->from = p->slots ? from : 0;
	p->peaks->to = p->slots ? to : 0;
	return p->slots ? 0 : -ENODATA;
}

/* Slots in which any resource is known. */
static int push_samples(struct pushing *p)
{
	struct selector selector = { .count = 0 };
	char inner[QUERY_BYTES];
	double samples = NAN;
	int r = select_means(p->push, &selector, p->err);

	strbuf_clear(&p->query);
	strbuf_add(&p->query, "count(last_over_time(");
	selector_write(&selector, &p->query);
	add_range(p, 1);
	strbuf_add(&p->query, "))");
	snprintf(inner, sizeof(inner), "%s", strbuf_text(&p->query));
	selector_done(&selector);
	if (r == 0)
		r = ask_moments(p, "slots in which anything is known", GATHER_SUM,
			"count_over_time", inner, p->slots, &samples);
	if (r < 0)
		return r;
	p->peaks->samples = isnan(samples) ? 0 : (size_t)samples;
	p->peaks->coverage = (double)p->peaks->samples / (double)p->slots;
	return 0;
}

int engine_push_peaks(const struct engine_push *push, struct workload_peaks *ret_peaks,
	struct err *err)
{
	struct workload_peaks peaks = { .name = push->workload->name, .coverage = NAN };
	struct pushing *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return err_oom(err);
	p->push = push;
	p->peaks = &peaks;
	p->err = err;
	strbuf_init(&p->query, 4 * QUERY_BYTES);
	r = push_find_period(p);
	if (r == 0)
		r = push_samples(p);
	for (unsigned i = 0; i < RESOURCE_COUNT; i++) {
		if (r == 0)
			r = push_resource(p, (enum resource)i);
		else
			peak_absent(&peaks.resource[i]);
	}
	strbuf_done(&p->query);
	free(p);
	if (r < 0 && r != -ENODATA)
		return r;
	*ret_peaks = peaks;
	return 0;
}
