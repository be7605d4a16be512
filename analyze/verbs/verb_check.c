/* analyze check: one line, an exit code and performance data, as monitoring plugins
 * answer: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. */
#include "common/safe_text.h"
#include "analyze/verbs/verbs.h"
#include "store/db/alerts.h"
#include "store/flush_client.h"
#include "store/db/health.h"
#include "store/db/workloads.h"
#include "store/store.h"
#include "common/timefmt.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#define LIVE_TIMEOUT_MS 3000
#define AGE_LEAST_S 60
#define AGE_UNKNOWN_S 900 /* where no step is known yet */

const struct option_spec verb_check_options[] = {
	{ "disk-days", "N", "warn when the disk is full in fewer days (default 14)" },
	{ NULL, NULL, NULL },
};

enum { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };

struct check {
	struct context *context;
	struct alert_list alerts;
	struct collector_health health;
	bool has_health, is_running, is_silent, is_failing;
	int64_t last, dropped, late, held;
	int64_t stored; /* stamp of the newest slot of the machine itself; 0: none */
	unsigned step_s;
	size_t open, disqualified;
	double disk_days;
	int code;
	char why[200];
};

/* The worst counts; of several that are as bad the first is told. */
static void judge(struct check *check, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void judge(struct check *check, int code, const char *format, ...)
{
	va_list args;

	if (code <= check->code)
		return;
	check->code = code;
	va_start(args, format);
	(void)vsnprintf(check->why, sizeof(check->why), format, args);
	va_end(args);
}

/* The machine's own workload: what the daemon fills. */
static int read_own_workload(struct check *check, struct store *store, struct err *err)
{
	struct workload_list list = { .count = 0 };
	int r = store_workloads(store, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++) {
		const struct workload *workload = &list.workload[i];

		if (workload->source != SOURCE_SAMPLED ||
			(check->health.workload_id &&
				workload->id != check->health.workload_id))
			continue;
		check->step_s = workload->step_s;
		check->stored = workload->last;
		break;
	}
	workload_list_done(&list);
	return r;
}

static int read_state(struct check *check, struct err *err)
{
	const char *dir = check->context->data_dir;
	struct live_health live = { .pid = 0 };
	struct store *store = NULL;
	struct err ignored = ERR_INIT;
	int r = store_open(dir, &store, err);

	if (r < 0)
		return r;
	r = store_health_get(store, 0, &check->health, err);
	check->has_health = r == 0;
	if (r == 0 || r == -ENOENT)
		r = store_alerts(store, true, 0, &check->alerts, err);
	if (r == 0)
		r = read_own_workload(check, store, err);
	store_close(store);
	if (r < 0)
		return r;
	check->last = check->health.last;
	check->dropped = check->health.dropped;
	check->late = check->health.late;
	r = store_health_live(dir, LIVE_TIMEOUT_MS, &live, &ignored);
	check->is_running = r == 0 || r == -ETIMEDOUT;
	check->is_silent = r == -ETIMEDOUT;
	if (r == 0) {
		check->last = live.last > check->last ? live.last : check->last;
		check->held = live.waiting;
		check->is_failing = live.is_failing;
	}
	return 0;
}

/* Three steps and a moment: less is the time between two looks. */
static int64_t age_limit_s(const struct check *check)
{
	int64_t steps_s = 3 * (int64_t)check->step_s;

	if (steps_s == 0)
		return AGE_UNKNOWN_S;
	return steps_s > AGE_LEAST_S ? steps_s : AGE_LEAST_S;
}

/* Whether what is sampled gets to where it can be read. */
static void judge_age(struct check *check)
{
	int64_t age = check->context->now - check->last;
	int64_t limit = age_limit_s(check);
	int64_t newest = check->stored > check->last ? check->stored : check->last;
	char time[TIME_TEXT_SIZE];

	if (newest - check->context->now > limit)
		judge(check, CHECK_CRITICAL,
			"the history ends in the future (%s): nothing is stored until "
			"then; set the clock, or move the store away and start "
			"collectord anew",
			time_text(newest, time));
	else if (check->last && age > limit && check->held * check->step_s >= age)
		judge(check, CHECK_WARNING,
			"%" PRId64 " samples wait for the clock to settle",
			check->held);
	else if (check->last && age > limit)
		judge(check, CHECK_CRITICAL, "the last sample is %" PRId64 " s old",
			age);
}

/* The daemon first: what it cannot store raises no alert. */
static void judge_all(struct check *check)
{
	if (!check->has_health && !check->is_running)
		judge(check, CHECK_UNKNOWN, "no collector ever ran on this store");
	else if (!check->is_running)
		judge(check, CHECK_CRITICAL, "the collector does not run");
	else if (check->is_silent)
		judge(check, CHECK_CRITICAL, "the collector does not answer");
	else if (check->is_failing)
		judge(check, CHECK_CRITICAL, "samples cannot be stored");
	else
		judge_age(check);
	for (size_t i = 0; i < check->alerts.count; i++) {
		const struct alert *alert = &check->alerts.alert[i];

		check->open++;
		check->disqualified += alert->disqualified != 0;
		judge(check, alert->disqualified ? CHECK_CRITICAL : CHECK_WARNING,
			"%.80s: %.40s %s", alert->workload, alert->kind,
			alert->disqualified ? "disqualifying" : "open");
	}
	if (!isnan(check->health.disk_left_days) && check->has_health &&
		check->health.disk_left_days < check->disk_days)
		judge(check, CHECK_WARNING, "the disk is full in %.1f days",
			check->health.disk_left_days);
}

static void print(const struct check *check)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	FILE *out = check->context->out;

	fprintf(out, "HEADROOM %s - ", words[check->code]);
	safe_print_terminal(out, check->code ? check->why : "sampling, no open alerts");
	fprintf(out, " | open=%zu;0 disqualifying=%zu;;0", check->open,
		check->disqualified);
	if (check->has_health || check->is_running) {
		fprintf(out, " dropped=%" PRId64 "c late=%" PRId64 "c", check->dropped,
			check->late);
		if (check->last)
			fprintf(out, " age=%" PRId64 "s;;%" PRId64,
				check->context->now - check->last, age_limit_s(check));
		if (!isnan(check->health.disk_left_days) && check->has_health)
			fprintf(out, " disk_left_days=%.1f;%.0f:",
				check->health.disk_left_days, check->disk_days);
	}
	fputs("\n", out);
}

int verb_check(struct context *context, struct err *err)
{
	struct check check = { .context = context, .disk_days = 14 };

	if (context->argument_count > 0 ||
		context_number(context, "disk-days", 0, 100000, &check.disk_days, err) <
			0) {
		fprintf(context->out, "HEADROOM UNKNOWN - %s\n",
			*err->text ? err->text : "it takes no arguments");
		err_set(err, 0, "%s", "");
		return CHECK_UNKNOWN;
	}
	if (read_state(&check, err) < 0) {
		fputs("HEADROOM UNKNOWN - ", context->out);
		safe_print_terminal(context->out, err->text);
		fputs("\n", context->out);
		err_set(err, 0, "%s", "");
		alert_list_done(&check.alerts);
		return CHECK_UNKNOWN;
	}
	judge_all(&check);
	print(&check);
	alert_list_done(&check.alerts);
	return check.code;
}
