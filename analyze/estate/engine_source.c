#include "analyze/estate/engine_source.h"

#include "analyze/estate/engine_push.h"
#include "analyze/estate/engine_slots.h"
#include "common/array.h"
#include "common/grid.h"
#include "common/timefmt.h"
#include "store/db/exclusions.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINKS_MAX 4
#define SENT_STEP_S 60 /* the sender's finest */

struct engine_source {
	struct series_source source; /* first: it is the source */
	struct engine_source_request request;
	int64_t now;
	bool is_closed;                   /* engine_push_window */
	struct exclusion_list exclusions; /* of all workloads */
	pthread_mutex_t lock;
	pthread_cond_t is_free;
	struct engine_link *link[LINKS_MAX]; /* those that nobody uses come first */
	size_t links, idle;
};

/* ---- connections --------------------------------------------------------------------------- */

static struct engine_link *take_link(struct engine_source *source)
{
	struct engine_link *link;

	pthread_mutex_lock(&source->lock);
	while (source->idle == 0)
		pthread_cond_wait(&source->is_free, &source->lock);
	link = source->link[--source->idle];
	pthread_mutex_unlock(&source->lock);
	return link;
}

static void give_link(struct engine_source *source, struct engine_link *link)
{
	engine_skip(link);
	pthread_mutex_lock(&source->lock);
	source->link[source->idle++] = link;
	pthread_cond_signal(&source->is_free);
	pthread_mutex_unlock(&source->lock);
}

static void engine_source_close(struct series_source *base)
{
	struct engine_source *source = (struct engine_source *)base;

	for (size_t i = 0; i < source->links; i++)
		engine_close(source->link[i]);
	exclusion_list_done(&source->exclusions);
	pthread_cond_destroy(&source->is_free);
	pthread_mutex_destroy(&source->lock);
	free(source);
}

/* ---- what is asked --------------------------------------------------------------------------- */

static int add_metrics(struct selector *selector, struct err *err)
{
	char metric[ENGINE_METRIC_BYTES];
	struct strbuf names;
	int r;

	strbuf_init(&names, SELECTOR_TEXT_MAX);
	for (unsigned i = 0; i < RESOURCE_COUNT; i++)
		for (unsigned k = 0; k < SLOT_KINDS; k++) {
			engine_slots_metric((enum resource)i, k, metric);
			strbuf_addf(&names, "%s%s", names.length ? "|" : "", metric);
		}
	r = selector_add(selector, MATCH_REGEX, "__name__", strbuf_text(&names), err);
	strbuf_done(&names);
	return r;
}

/* Both are in. */
static void asked_span(const struct engine_source *source,
	const struct load_request *request, int64_t *ret_from_ms, int64_t *ret_to_ms)
{
	int64_t since = request->has_since ? request->since
					   : source->now - (int64_t)ENGINE_DAYS * 86400;
	int64_t until = request->has_until ? request->until : source->now;

	*ret_from_ms = since * 1000 + 1;
	*ret_to_ms = until * 1000;
}

/* The step that the store knows; 0: what the samples say. */
static unsigned known_step(const struct workload *workload)
{
	return workload->id == 0                 ? 0
		: workload->step_s > SENT_STEP_S ? workload->step_s
						 : SENT_STEP_S;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int take_piece(struct engine_link *link, const struct selector *selector,
	int64_t from_ms, int64_t to_ms, struct engine_columns *columns, struct err *err)
{
	struct engine_column *column = NULL;
	enum resource resource = RESOURCE_MEMORY;
	struct engine_item item;
	unsigned kind = 0;
	int r = engine_ask_series(link, selector, from_ms, to_ms, err);

	while (r == 0 && (r = engine_next(link, &item, err)) > 0) {
		r = 0;
		if (item.kind == ITEM_SERIES)
			column = engine_slots_find(item.labels->text[LABEL_METRIC],
					 &resource, &kind)
				? &columns->of[resource][kind]
				: NULL;
		else if (item.kind == ITEM_SAMPLES && column)
			r = engine_columns_add(column, item.sample, item.count, err);
	}
	return r;
}

static int fetch_columns(struct engine_source *source, const struct workload *workload,
	const struct load_request *request, struct engine_columns *columns,
	struct err *err)
{
	struct selector selector = { .count = 0 };
	struct engine_link *link = take_link(source);
	int64_t from_ms, to_ms, piece_ms = engine_span_ms(link);
	int r = add_metrics(&selector, err);

	asked_span(source, request, &from_ms, &to_ms);
	if (r == 0)
		r = selector_add(
			&selector, MATCH_EQUAL, "workload", workload->name, err);
	while (r == 0 && from_ms <= to_ms) {
		int64_t end_ms =
			to_ms - from_ms < piece_ms ? to_ms : from_ms + piece_ms - 1;

		r = take_piece(link, &selector, from_ms, end_ms, columns, err);
		from_ms = end_ms + 1;
	}
	selector_done(&selector);
	give_link(source, link);
	return r;
}

static void exclude_window(struct series *series, const struct exclusion *window)
{
	int64_t first = grid_index(series->first, series->step_s,
		grid_next(window->begin, series->step_s));
	int64_t last = grid_index(
		series->first, series->step_s, grid_ceil(window->end, series->step_s));

	for (int64_t i = first < 0 ? 0 : first; i <= last && i < (int64_t)series->count;
		i++)
		series->mean[i] = series->minimum[i] = series->maximum[i] = NAN;
}

/* As the store reads them: slots that a window touches are unknown. */
static void exclude_windows(const struct engine_source *source,
	const struct workload *workload, struct load_set *set)
{
	for (size_t i = 0; workload->id && i < source->exclusions.count; i++) {
		const struct exclusion *window = &source->exclusions.exclusion[i];

		if (window->workload_id != workload->id)
			continue;
		for (unsigned k = 0; k < RESOURCE_COUNT; k++)
			if (set->series[k].count)
				exclude_window(&set->series[k], window);
	}
}

static int engine_source_read(struct series_source *base,
	const struct workload *workload, const struct load_request *request,
	struct load_set *ret_set, struct err *err)
{
	struct engine_source *source = (struct engine_source *)base;
	struct engine_columns columns = { .of = { { { .count = 0 } } } };
	int r = fetch_columns(source, workload, request, &columns, err);

	if (r == 0)
		r = engine_slots_make(
			&columns, known_step(workload), request, ret_set, err);
	engine_columns_done(&columns);
	if (r < 0)
		return err_wrap(err, r, "%s", workload->name);
	exclude_windows(source, workload, ret_set);
	return 0;
}

static int engine_source_peaks(struct series_source *base,
	const struct workload *workload, const struct load_request *request,
	struct workload_peaks *ret_peaks,
	void (*question)(void *closure, const char *figure, const char *text),
	void *closure, struct err *err)
{
	struct engine_source *source = (struct engine_source *)base;
	struct engine_push push = { .link = take_link(source),
		.workload = workload,
		.step_s = known_step(workload),
		.is_closed = source->is_closed,
		.question = question,
		.closure = closure };
	int r = 0;

	for (size_t i = 0; workload->id && i < source->exclusions.count; i++)
		if (source->exclusions.exclusion[i].workload_id == workload->id)
			r = err_set(err, -ENOTSUP, "windows of it are excluded");
	asked_span(source, request, &push.from_ms, &push.to_ms);
	push.has_since = request->has_since;
	push.has_until = request->has_until;
	if (r == 0)
		r = engine_push_peaks(&push, ret_peaks, err);
	give_link(source, push.link);
	return r < 0 ? err_wrap(err, r, "%s", workload->name) : 0;
}

static void engine_source_tell(struct series_source *base,
	const struct workload *workload, const struct load_request *request,
	struct strbuf *out)
{
	struct engine_source *source = (struct engine_source *)base;
	struct selector selector = { .count = 0 };
	int64_t from_ms, to_ms;
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];

	asked_span(source, request, &from_ms, &to_ms);
	if (add_metrics(&selector, NULL) == 0 &&
		selector_add(&selector, MATCH_EQUAL, "workload", workload->name,
			NULL) == 0) {
		strbuf_addf(out, "%s: ", engine_way_text(engine_way(source->link[0])));
		selector_write(&selector, out);
		(void)time_text_utc(from_ms / 1000, from);
		(void)time_text_utc(to_ms / 1000, to);
		strbuf_addf(out, " after %s up to %s, from %s", from, to,
			source->request.engine.url);
	}
	selector_done(&selector);
}

/* ---- listing ---------------------------------------------------------------------------------- */

struct engine_names {
	char **name;
	size_t count;
};

static void engine_names_done(struct engine_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
}

/* The values of a label of our series, with one more matcher (value NULL: without). */
static int ask_names(struct engine_source *source, const struct load_request *request,
	const char *label, const char *name, const char *value,
	struct engine_names *names, struct err *err)
{
	struct selector selector = { .count = 0 };
	struct engine_item item;
	int64_t from_ms, to_ms;
	int r = add_metrics(&selector, err);

	asked_span(source, request, &from_ms, &to_ms);
	if (r == 0 && value)
		r = selector_add(&selector, MATCH_EQUAL, name, value, err);
	if (r == 0)
		r = engine_ask_names(
			source->link[0], label, &selector, from_ms, to_ms, err);
	while (r == 0 && (r = engine_next(source->link[0], &item, err)) > 0) {
		r = 0;
		if (item.kind != ITEM_NAME)
			continue;
		if (ARRAY_EXTEND(names->name, names->count) < 0) {
			r = err_oom(err);
			break;
		}
		names->name[names->count] = strdup(item.name);
		r = names->name[names->count++] ? 0 : err_oom(err);
	}
	selector_done(&selector);
	return r;
}

/* One that the engine has: as the store knows it, else a new one without facts. */
static int add_workload(const struct engine_source *source,
	const struct load_request *request, const struct workload *known,
	const char *name, const char *origin, struct workload *workload)
{
	int64_t from_ms, to_ms;

	asked_span(source, request, &from_ms, &to_ms);
	*workload =
		(struct workload){ .origin = ORIGIN_SAMPLED, .step_s = SENT_STEP_S };
	if (known)
		*workload = *known;
	workload->name = strdup(name);
	workload->folder = strdup(known ? known->folder : "");
	for (int i = ORIGIN_SAMPLED; !known && i <= ORIGIN_SAMPLE; i++)
		if (!strcmp(workload_origin_name((enum workload_origin)i), origin))
			workload->origin = (enum workload_origin)i;
	workload->step_s = known_step(workload) ? known_step(workload) : SENT_STEP_S;
	/* the first and the last slot are known when it is read */
	workload->first = from_ms / 1000;
	workload->last = to_ms / 1000;
	return workload->name && workload->folder ? 0 : -ENOMEM;
}

static int list_origin(struct engine_source *source, const struct load_request *request,
	const char *origin, const struct workload_list *stored,
	struct workload_list *found, struct err *err)
{
	struct engine_names names = { .count = 0 };
	int r = ask_names(source, request, "workload", "source", origin, &names, err);

	for (size_t i = 0; r == 0 && i < names.count; i++) {
		bool is_there = false;

		for (size_t k = 0; k < found->count && !is_there; k++)
			is_there = !strcmp(found->workload[k].name, names.name[i]);
		if (is_there)
			continue;
		if (ARRAY_EXTEND(found->workload, found->count) < 0) {
			r = err_oom(err);
			break;
		}
		r = add_workload(source, request,
			workload_list_find(stored, names.name[i]), names.name[i],
			origin, &found->workload[found->count++]);
		if (r < 0)
			r = err_oom(err);
	}
	engine_names_done(&names);
	return r;
}

static int engine_source_list(struct series_source *base,
	const struct load_request *request, struct workload_list *list, struct err *err)
{
	struct engine_source *source = (struct engine_source *)base;
	struct engine_names origins = { .count = 0 };
	struct workload_list found = { .count = 0 };
	int r = ask_names(source, request, "source", NULL, NULL, &origins, err);

	for (size_t i = 0; r == 0 && i < origins.count; i++)
		r = list_origin(source, request, origins.name[i], list, &found, err);
	/* series that somebody wrote without that label */
	if (r == 0)
		r = list_origin(source, request, "", list, &found, err);
	engine_names_done(&origins);
	if (r < 0) {
		workload_list_done(&found);
		return r;
	}
	workload_list_sort(&found);
	workload_list_done(list);
	*list = found;
	return 0;
}

/* ---- opening ------------------------------------------------------------------------------------ */

static size_t wanted_links(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count < 1 ? 1 : count > LINKS_MAX ? LINKS_MAX : (size_t)count;
}

int engine_source_open(const void *asked, struct store *hub, int64_t now,
	struct series_source **ret_source, struct err *err)
{
	const struct engine_source_request *request = asked;
	struct engine_source *source = calloc(1, sizeof(*source));
	struct engine_options options = request->engine;
	int r;

	if (!source)
		return err_oom(err);
	*source = (struct engine_source){
		.source = { .read = engine_source_read,
			.peaks = request->is_pushed_down ? engine_source_peaks : NULL,
			.tell = engine_source_tell,
			.list = engine_source_list,
			.close = engine_source_close },
		.request = *request,
		.now = now,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.is_free = PTHREAD_COND_INITIALIZER
	};
	r = store_exclusions(hub, -1, &source->exclusions, err);
	while (r == 0 && source->links < wanted_links()) {
		r = engine_open(&options, &source->link[source->links], err);
		if (r == 0)
			options.way = engine_way(source->link[source->links++]);
	}
	source->idle = source->links;
	if (r == 0 && request->is_pushed_down)
		r = engine_push_window(
			source->link[0], now * 1000, &source->is_closed, err);
	if (r < 0)
		engine_source_close(&source->source);
	else
		*ret_source = &source->source;
	return r;
}
