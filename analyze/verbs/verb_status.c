/* analyze status: what is stored of whom, what is missing, how the daemon does. */
#include "analyze/assess/judged.h"
#include "analyze/console/json_out.h"
#include "analyze/console/safe_text.h"
#include "analyze/console/table.h"
#include "analyze/console/terminal.h"
#include "analyze/console/timefmt.h"
#include "analyze/document/quantity.h"
#include "analyze/report/verdict_out.h"
#include "analyze/verbs/verbs.h"
#include "common/util.h"
#include "store/db/events.h"
#include "store/flush_client.h"
#include "store/db/health.h"
#include "store/db/workloads.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BAR_CELLS 5
#define LIVE_TIMEOUT_MS 2000

const struct option_spec verb_status_options[] = {
	{ "gaps", NULL, "list the gaps of the chosen workloads" },
	{ NULL, NULL, NULL },
};

struct status {
	struct context *context;
	struct store *store;
	struct workload_list list;
	const struct workload **chosen; /* borrowed from list */
	size_t count;
	struct judged *judged;
	struct gap_list *gaps; /* by workload; empty for imports */
	struct collector_health health;
	bool has_health, is_running;
	bool is_failing; /* the recorder's last attempt to store something */
};

static bool has_gap_rows(const struct workload *w)
{
	return w->source == SOURCE_SAMPLED || w->source == SOURCE_STORE;
}

/* What was sampled has its gaps noted to the second; rows of 60 s hide short ones. */
static int read_gaps(struct status *s, size_t i, struct err *err)
{
	const struct workload *w = s->chosen[i];
	struct load_coverage *c = &s->judged[i].coverage;
	int64_t from = s->context->has_since ? s->context->since : 0;
	int64_t to = s->context->has_until ? s->context->until : INT64_MAX;
	int r;

	if (!has_gap_rows(w))
		return 0;
	r = store_gaps(s->store, w->id, from, to, &s->gaps[i], err);
	if (r < 0 || (w->source == SOURCE_STORE && s->gaps[i].count == 0))
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
	health->held = live->staged + live->waiting;
	raise_to(&health->dropped, live->dropped);
	raise_to(&health->late, live->late);
	raise_to(&health->restarts, live->restarts);
	raise_to(&health->last, live->last);
	raise_to(&health->ticks, health->stored + health->held + health->dropped);
	health->pid = live->pid;
}

static int read_health(struct status *s, struct err *err)
{
	struct live_health live = { .pid = 0 };
	struct err ignored = ERR_INIT;
	bool is_live;
	int r = store_health_live(
		s->context->data_dir, LIVE_TIMEOUT_MS, &live, &ignored);

	/* one that is too busy to answer runs as well */
	is_live = r == 0;
	s->is_running = is_live || r == -ETIMEDOUT;
	s->is_failing = is_live && live.is_failing;
	r = store_health_get(s->store, 0, &s->health, err);
	s->has_health = r == 0;
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT && is_live && live.ticks > 0) {
		s->health = (struct collector_health){ .disk_left_days = NAN };
		s->has_health = true;
	}
	if (is_live && s->has_health)
		add_live(&s->health, &live);
	return 0;
}

static int status_read(struct status *s, struct err *err)
{
	int r = load_open(s->context, &s->store, err);

	if (r == 0)
		r = store_workloads(s->store, &s->list, err);
	if (r == 0)
		r = load_choose(s->context, 0, &s->list, &s->chosen, &s->count, err);
	if (r < 0)
		return r;
	s->gaps = calloc(s->count + 1, sizeof(*s->gaps));
	if (!s->gaps)
		return -ENOMEM;
	r = judged_read(s->context, s->store, s->chosen, s->count, &s->judged, err);
	for (size_t i = 0; r == 0 && i < s->count; i++)
		r = read_gaps(s, i, err);
	return r == 0 ? read_health(s, err) : r;
}

static void status_done(struct status *s)
{
	for (size_t i = 0; s->gaps && i < s->count; i++)
		gap_list_done(&s->gaps[i]);
	free(s->gaps);
	free(s->judged);
	free(s->chosen);
	workload_list_done(&s->list);
	store_close(s->store);
}

/* The stamps as they are shown: with the phase of the workload; 0: nothing stored. */
static int64_t shown_from(const struct status *s, size_t i)
{
	const struct load_period *p = &s->judged[i].coverage.period;

	return p->count ? p->from + s->chosen[i]->phase_s : 0;
}

static int64_t shown_to(const struct status *s, size_t i)
{
	const struct load_period *p = &s->judged[i].coverage.period;

	return p->count ? p->to + s->chosen[i]->phase_s : 0;
}

/* ---- JSON, CSV, key=value ---------------------------------------------------------- */

static void json_collector(struct json_out *json, const struct status *s)
{
	const struct collector_health *h = &s->health;
	const struct {
		const char *key;
		int64_t value;
	} counters[] = { { "ticks", h->ticks }, { "stored", h->stored },
		{ "held", h->held }, { "dropped", h->dropped }, { "late", h->late },
		{ "restarts", h->restarts } };

	json_open_object(json, "collector");
	json_put_bool(json, "running", s->is_running);
	for (size_t i = 0; i < ARRAY_LEN(counters); i++)
		json_put_integer(
			json, counters[i].key, s->has_health ? counters[i].value : 0);
	json_put_time(json, "last", s->has_health ? h->last : 0);
	json_put_number(
		json, "disk_left_days", s->has_health ? h->disk_left_days : NAN);
	json_close_object(json);
}

static void print_json(const struct status *s)
{
	struct json_out json;

	json_begin(&json, s->context->out, "status");
	json_collector(&json, s);
	json_open_array(&json, "workloads");
	for (size_t i = 0; i < s->count; i++) {
		const struct load_coverage *c = &s->judged[i].coverage;

		json_open_object(&json, NULL);
		json_put_text(&json, "name", s->chosen[i]->name);
		json_put_text(
			&json, "source", workload_source_name(s->chosen[i]->source));
		json_put_integer(&json, "step_s", s->chosen[i]->step_s);
		json_put_time(&json, "from", shown_from(s, i));
		json_put_time(&json, "to", shown_to(s, i));
		json_put_number(&json, "coverage", c->coverage);
		json_put_integer(&json, "gaps", (int64_t)c->gaps);
		json_put_integer(&json, "unknown_s", c->unknown_s);
		verdict_out_judged(&json, &s->judged[i]);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_end(&json);
}

static void print_csv(const struct status *s)
{
	FILE *out = s->context->out;
	char text[JSON_NUMBER_SIZE];

	fputs("workload,source,step_s,from,to,coverage,gaps,unknown_s\n", out);
	for (size_t i = 0; i < s->count; i++) {
		const struct load_coverage *c = &s->judged[i].coverage;

		safe_print_csv(out, s->chosen[i]->name);
		fprintf(out, ",%s,%u", workload_source_name(s->chosen[i]->source),
			s->chosen[i]->step_s);
		if (c->period.count)
			fprintf(out, ",%lld,%lld,%s", (long long)shown_from(s, i),
				(long long)shown_to(s, i),
				json_number_text(c->coverage, text));
		else
			fputs(",,,", out);
		fprintf(out, ",%zu,%lld\n", c->gaps, (long long)c->unknown_s);
	}
}

static void print_kv(const struct status *s)
{
	const struct collector_health *h = &s->health;
	FILE *out = s->context->out;
	char text[JSON_NUMBER_SIZE];

	fprintf(out, "collector.running=%d\n", s->is_running);
	if (s->has_health)
		fprintf(out,
			"collector.ticks=%lld\ncollector.stored=%lld\ncollector.held=%lld\n"
			"collector.dropped=%lld\ncollector.late=%lld\n"
			"collector.restarts=%lld\ncollector.last=%lld\n",
			(long long)h->ticks, (long long)h->stored, (long long)h->held,
			(long long)h->dropped, (long long)h->late,
			(long long)h->restarts, (long long)h->last);
	fprintf(out, "workloads=%zu\n", s->count);
	for (size_t i = 0; i < s->count; i++) {
		const struct load_coverage *c = &s->judged[i].coverage;

		safe_print_key(out, s->chosen[i]->name);
		fprintf(out, ".coverage=%s\n",
			isnan(c->coverage) ? "" : json_number_text(c->coverage, text));
		safe_print_key(out, s->chosen[i]->name);
		fprintf(out, ".gaps=%zu\n", c->gaps);
		safe_print_key(out, s->chosen[i]->name);
		fprintf(out, ".unknown_s=%lld\n", (long long)c->unknown_s);
	}
}

/* ---- text ------------------------------------------------------------------------------ */

static void print_collector(const struct status *s)
{
	const struct collector_health *h = &s->health;
	const struct context *c = s->context;
	bool is_bad = h->dropped > 0;
	char time[TIME_TEXT_SIZE];

	if (!s->has_health) {
		fprintf(c->out, "collector  never ran here\n");
		return;
	}
	fprintf(c->out, "collector  %s%s%s",
		terminal_color(c, s->is_running ? COLOR_GOOD : COLOR_WARN),
		s->is_running ? "running" : "stopped", terminal_color(c, COLOR_NONE));
	if (s->is_running)
		fprintf(c->out, " (pid %lld)", (long long)h->pid);
	fprintf(c->out, ", last tick %s\n", time_text(h->last, time));
	fprintf(c->out, "           %lld ticks, %lld stored, %lld late, ",
		(long long)h->ticks, (long long)h->stored, (long long)h->late);
	fprintf(c->out, "%s%lld held, %lld dropped, %lld restarts of children%s\n",
		is_bad ? terminal_color(c, COLOR_WARN) : "", (long long)h->held,
		(long long)h->dropped, (long long)h->restarts,
		is_bad ? terminal_color(c, COLOR_NONE) : "");
	if (s->is_failing)
		fprintf(c->out,
			"           %ssamples cannot be stored at present%s, the log says "
			"why\n",
			terminal_color(c, COLOR_BAD), terminal_color(c, COLOR_NONE));
	if (!isnan(h->disk_left_days))
		fprintf(c->out, "           the disk is full in %.0f day%s\n",
			h->disk_left_days, h->disk_left_days < 1.5 ? "" : "s");
}

/* Days for weeks of data, hours for a first day. */
static const char *moment(const struct status *s, size_t i, int64_t at, char *text)
{
	return shown_to(s, i) - shown_from(s, i) < (int64_t)2 * 86400
		? time_text_within_year(at, text)
		: time_text_day(at, text);
}

static void add_row(const struct status *s, struct table *table, size_t i)
{
	const struct load_coverage *c = &s->judged[i].coverage;
	char time[TIME_TEXT_SIZE], bar[3 * BAR_CELLS + 4], text[QUANTITY_SIZE];
	char verdict[JUDGED_TEXT_SIZE];
	enum color color = !(c->coverage < 0.9) ? COLOR_NONE
		: c->coverage < 0.6             ? COLOR_BAD
						: COLOR_WARN;

	table_row(table);
	table_cell(table, s->chosen[i]->name);
	table_cell(table,
		s->chosen[i]->source == SOURCE_SAMPLE
			? "SAMPLE"
			: workload_source_name(s->chosen[i]->source));
	table_cellf(table, "%u s", s->chosen[i]->step_s);
	table_cell(table, moment(s, i, shown_from(s, i), time));
	table_cell(table, moment(s, i, shown_to(s, i), time));
	table_cell(table, quantity_percent(c->coverage, text));
	table_cell_colored(
		table, quantity_bar(c->coverage, BAR_CELLS, bar, sizeof(bar)), color);
	table_cellf(table, "%zu", c->gaps);
	table_cell_colored(table, judged_text(&s->judged[i], verdict),
		s->judged[i].sufficiency.grade == GRADE_FULL ? COLOR_GOOD : COLOR_NONE);
}

static void print_gaps(const struct status *s)
{
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE], length[TIME_TEXT_SIZE];

	for (size_t i = 0; i < s->count; i++) {
		for (size_t g = 0; g < s->gaps[i].count; g++) {
			const struct gap *gap = &s->gaps[i].gap[g];

			safe_print_terminal(s->context->out, s->chosen[i]->name);
			fprintf(s->context->out, "  %s to %s  %s  ",
				time_text(gap->from, from), time_text(gap->to, to),
				time_text_length(
					(double)(gap->to - gap->from), length));
			safe_print_terminal(s->context->out, gap->reason);
			fputc('\n', s->context->out);
		}
		if (!has_gap_rows(s->chosen[i]) && s->judged[i].coverage.gaps) {
			safe_print_terminal(s->context->out, s->chosen[i]->name);
			fprintf(s->context->out, "  %zu gap%s, %s in all\n",
				s->judged[i].coverage.gaps,
				s->judged[i].coverage.gaps == 1 ? "" : "s",
				time_text_length(
					(double)s->judged[i].coverage.unknown_s,
					length));
		}
	}
}

static int print_text(const struct status *s, struct err *err)
{
	static const struct table_column columns[] = { { "WORKLOAD", TABLE_CUT },
		{ "SOURCE", TABLE_LEFT }, { "STEP", TABLE_RIGHT },
		{ "FROM", TABLE_LEFT }, { "TO", TABLE_LEFT }, { "KNOWN", TABLE_RIGHT },
		{ "", TABLE_LEFT }, { "GAPS", TABLE_RIGHT }, { "ENOUGH", TABLE_LEFT } };
	char zone[TIME_TEXT_SIZE];
	struct table *table;
	int r;

	print_collector(s);
	fputs("store      ", s->context->out);
	safe_print_terminal(s->context->out, s->context->data_dir);
	if (s->count == 0) {
		fputs(", empty; start with `collectord` or `analyze import`\n",
			s->context->out);
		return 0;
	}
	fprintf(s->context->out, ", %zu workload%s; times local (%s)\n\n", s->count,
		s->count == 1 ? "" : "s", time_text_offset(s->context->now, zone));
	table = table_new(s->context, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < s->count; i++)
		add_row(s, table, i);
	r = table_print(table, err);
	if (r == 0)
		fputs("\nenough: for a verdict; where a day stands, from that day on\n",
			s->context->out);
	if (r == 0 && context_option(s->context, "gaps")) {
		fputc('\n', s->context->out);
		print_gaps(s);
	}
	return r;
}

int verb_status(struct context *context, struct err *err)
{
	struct status s = { .context = context };
	int r = status_read(&s, err);

	if (r == 0) {
		switch (context->format) {
		case FORMAT_JSON:
			print_json(&s);
			break;
		case FORMAT_CSV:
			print_csv(&s);
			break;
		case FORMAT_KV:
			print_kv(&s);
			break;
		default:
			r = print_text(&s, err);
		}
	}
	status_done(&s);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
