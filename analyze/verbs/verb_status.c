/* analyze status: what is stored of whom, what is missing, how the daemon does. */
#include "analyze/document/arrange.h"
#include "analyze/report/status_document.h"
#include "analyze/verbs/engine_options.h"
#include "analyze/verbs/screen.h"
#include "analyze/verbs/verbs.h"
#include "store/db/events.h"
#include "store/db/health.h"
#include "store/db/workloads.h"
#include "store/store.h"
#include "store/flush_client.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define LIVE_TIMEOUT_MS 2000

const struct option_spec verb_status_options[] = {
	{ "gaps", NULL, "list the gaps of the chosen workloads" },
	ARRANGE_OPTIONS,
	SOURCE_OPTIONS,
	{ NULL, NULL, NULL },
};

/* What is read, and who owns it. */
struct status_run {
	struct context *context;
	struct screen screen;
	struct estate estate;
	struct workload_judgement *judged;
	struct gap_list *gaps; /* by workload; empty for imports */
	struct status status;
};

/* What was sampled has its gaps noted to the second; rows of 60 s hide short ones. */
static int read_gaps(struct status_run *s, size_t i, struct err *err)
{
	const struct workload *w = s->estate.chosen[i];
	struct load_coverage *c = &s->judged[i].coverage;
	int64_t from = s->context->has_since ? s->context->since : 0;
	int64_t to = s->context->has_until ? s->context->until : INT64_MAX;
	int r;

	if (!status_has_gap_rows(w))
		return 0;
	r = store_gaps(s->estate.store, w->id, from, to, &s->gaps[i], err);
	if (r < 0 || (w->origin == ORIGIN_STORE && s->gaps[i].count == 0))
		return r;
	c->gaps = s->gaps[i].count;
	c->unknown_s = 0;
	for (size_t g = 0; g < s->gaps[i].count; g++)
		c->unknown_s += s->gaps[i].gap[g].to - s->gaps[i].gap[g].from;
	return 0;
}

static void raise_to(int64_t *figure, int64_t least)
{
	if (*figure < least)
		*figure = least;
}

/* The database has the figures of the last batch, and none while nothing can be stored:
 * what waits is what the recorder says.  Its counters begin anew with each boot. */
static void add_live(struct collector_health *health, const struct live_health *live)
{
	health->pending = live->staged + live->waiting;
	raise_to(&health->dropped, live->dropped);
	raise_to(&health->late, live->late);
	raise_to(&health->restarts, live->restarts);
	raise_to(&health->last, live->last);
	raise_to(&health->ticks, health->stored + health->pending + health->dropped);
	health->pid = live->pid;
}

static int read_health(struct status_run *s, struct err *err)
{
	struct live_health live = { .pid = 0 };
	struct err ignored = ERR_INIT;
	bool is_live;
	int r = store_health_live(
		s->context->data_dir, LIVE_TIMEOUT_MS, &live, &ignored);

	/* one that is too busy to answer runs as well */
	is_live = r == 0;
	s->status.is_running = is_live || r == -ETIMEDOUT;
	s->status.is_silent = r == -ETIMEDOUT;
	s->status.is_failing = is_live && live.is_failing;
	r = store_health_get(s->estate.store, 0, &s->status.health, err);
	s->status.has_health = r == 0;
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT && is_live && live.ticks > 0) {
		s->status.health = (struct collector_health){ .disk_left_days = NAN };
		s->status.has_health = true;
	}
	if (is_live && s->status.has_health)
		add_live(&s->status.health, &live);
	return 0;
}

static int status_read(struct status_run *s, struct err *err)
{
	int r = screen_open_estate(
		&s->screen, s->context, 0, SCREEN_NAMES_ALL, &s->estate, err);

	if (r < 0)
		return r;
	s->status.count = s->estate.count;
	s->gaps = calloc(s->status.count + 1, sizeof(*s->gaps));
	if (!s->gaps)
		return err_oom(err);
	r = judged_read(&s->estate, &s->judged, err);
	for (size_t i = 0; r == 0 && i < s->status.count; i++)
		r = read_gaps(s, i, err);
	s->status.chosen = s->estate.chosen;
	s->status.judged = s->judged;
	s->status.gaps = s->gaps;
	return r == 0 ? read_health(s, err) : r;
}

static void status_done(struct status_run *s)
{
	for (size_t i = 0; s->gaps && i < s->status.count; i++)
		gap_list_done(&s->gaps[i]);
	free(s->gaps);
	free(s->judged);
	estate_close(&s->estate);
}

int verb_status(struct context *context, struct err *err)
{
	struct status_run s = { .context = context };
	int r = status_read(&s, err);

	s.status.data_dir = context->data_dir;
	s.status.now = context->now;
	s.status.lists_gaps = context_option(context, "gaps") != NULL;
	if (r == 0)
		r = document_print(status_document(&s.status), context, err);
	status_done(&s);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
