/* The daemon and its alerts, as a monitoring system sees them. */
#include "analyze/verbs/monitor.h"

#include "common/timefmt.h"
#include "store/flush_client.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#define LIVE_TIMEOUT_MS 3000
#define AGE_LEAST_S 60
#define AGE_UNKNOWN_S 900 /* where no step is known yet */

void monitor_judge(struct monitor *monitor, int code, const char *format, ...)
{
	/* what is known to be bad is worse than what is not known */
	static const int rank[] = { [MONITOR_OK] = 0,
		[MONITOR_WARNING] = 1,
		[MONITOR_UNKNOWN] = 2,
		[MONITOR_CRITICAL] = 3 };
	va_list args;

	if (rank[code] <= rank[monitor->code])
		return;
	monitor->code = code;
	va_start(args, format);
	(void)vsnprintf(monitor->why, sizeof(monitor->why), format, args);
	va_end(args);
}

/* The one that is named, else the machine's own: what the daemon fills. */
static int find_subject(struct monitor *monitor, struct store *store, struct err *err)
{
	struct workload_list list = { .count = 0 };
	int r = store_workloads(store, &list, err);

	for (size_t i = 0; r == 0 && i < list.count && !monitor->subject.name; i++) {
		const struct workload *workload = &list.workload[i];

		if (monitor->workload ? strcmp(workload->name, monitor->workload) != 0
				      : workload->origin != ORIGIN_SAMPLED ||
					(monitor->health.workload_id &&
						workload->id !=
							monitor->health.workload_id))
			continue;
		r = store_workload_get(store, workload->name, &monitor->subject, err);
		monitor->step_s = workload->step_s;
		monitor->stored = workload->last;
	}
	if (r == 0 && monitor->workload && !monitor->subject.name)
		r = err_set(err, -ENOENT, "no workload is called \"%.60s\"",
			monitor->workload);
	workload_list_done(&list);
	return r;
}

static void ask_daemon(struct monitor *monitor)
{
	struct live_health live = { .pid = 0 };
	struct err ignored = ERR_INIT;
	int r = store_health_live(
		monitor->context->data_dir, LIVE_TIMEOUT_MS, &live, &ignored);

	monitor->last = monitor->health.last;
	monitor->dropped = monitor->health.dropped;
	monitor->late = monitor->health.late;
	monitor->is_running = r == 0 || r == -ETIMEDOUT;
	monitor->is_silent = r == -ETIMEDOUT;
	if (r == 0) {
		monitor->last = live.last > monitor->last ? live.last : monitor->last;
		monitor->waiting = live.waiting;
		monitor->is_failing = live.is_failing;
	}
}

/* A monitor wants the last minutes, and the archives may be an hour behind. */
static void bring_up_to_date(const struct monitor *monitor)
{
	struct flush_result result;

	if (monitor->has_figures)
		store_flush(monitor->context->data_dir, LIVE_TIMEOUT_MS, &result);
}

int monitor_read_state(struct monitor *monitor, struct err *err)
{
	struct store *store = NULL;
	int r;

	bring_up_to_date(monitor);
	r = store_open(monitor->context->data_dir, &store, err);
	if (r < 0)
		return r;
	r = store_health_get(store, 0, &monitor->health, err);
	monitor->has_health = r == 0;
	if (r == 0 || r == -ENOENT)
		r = store_alerts(store, true, 0, &monitor->alerts, err);
	if (r == 0)
		r = find_subject(monitor, store, err);
	store_close(store);
	if (r == 0)
		ask_daemon(monitor);
	return r;
}

/* Three steps and a moment: less is the time between two looks. */
int64_t monitor_age_limit_s(const struct monitor *monitor)
{
	int64_t steps_s = 3 * (int64_t)monitor->step_s;

	if (steps_s == 0)
		return AGE_UNKNOWN_S;
	return steps_s > AGE_LEAST_S ? steps_s : AGE_LEAST_S;
}

/* Whether what is sampled gets to where it can be read. */
static void judge_age(struct monitor *monitor)
{
	int64_t age = monitor->context->now - monitor->last;
	int64_t limit = monitor_age_limit_s(monitor);
	int64_t newest =
		monitor->stored > monitor->last ? monitor->stored : monitor->last;
	char time[TIME_TEXT_SIZE];

	if (newest - monitor->context->now > limit)
		monitor_judge(monitor, MONITOR_CRITICAL,
			"the history ends in the future (%s): nothing is stored until "
			"then; with the clock right, start collectord once with "
			"--trust-clock: what is there is kept under another name",
			time_text(newest, time));
	else if (monitor->last && age > limit &&
		monitor->waiting * monitor->step_s >= age)
		monitor_judge(monitor, MONITOR_WARNING,
			"%" PRId64 " samples wait for the clock to settle",
			monitor->waiting);
	else if (monitor->last && age > limit)
		monitor_judge(monitor, MONITOR_CRITICAL,
			"the last sample is %" PRId64 " s old", age);
}

static void judge_daemon(struct monitor *monitor)
{
	if (!monitor->has_health && !monitor->is_running)
		monitor_judge(monitor, MONITOR_UNKNOWN,
			"no collector ever ran on this store");
	else if (!monitor->is_running)
		monitor_judge(monitor, MONITOR_CRITICAL, "the collector does not run");
	else if (monitor->is_silent)
		monitor_judge(
			monitor, MONITOR_CRITICAL, "the collector does not answer");
	else if (monitor->is_failing)
		monitor_judge(monitor, MONITOR_CRITICAL, "samples cannot be stored");
	else
		judge_age(monitor);
	if (!isnan(monitor->health.disk_left_days) && monitor->has_health &&
		monitor->health.disk_left_days < monitor->disk_days)
		monitor_judge(monitor, MONITOR_WARNING, "the disk is full in %.1f days",
			monitor->health.disk_left_days);
}

/* An import is as old as it is; the daemon has nothing to do with it. */
static bool is_of_daemon(const struct monitor *monitor)
{
	return !monitor->workload || monitor->subject.origin == ORIGIN_SAMPLED;
}

/* A sample is stamped at the end of its step, which may be to come. */
static double age_of(const struct monitor *monitor, int64_t stamp)
{
	int64_t age_s = monitor->context->now - stamp;

	return age_s < 0 && -age_s <= monitor_age_limit_s(monitor) ? 0 : (double)age_s;
}

void monitor_judge_state(struct monitor *monitor)
{
	for (size_t i = 0; i < MONITOR_FIGURES; i++)
		monitor->value[i] = NAN;
	if (is_of_daemon(monitor))
		judge_daemon(monitor);
	for (size_t i = 0; i < monitor->alerts.count; i++) {
		const struct alert *alert = &monitor->alerts.alert[i];

		if (monitor->workload &&
			strcmp(alert->workload, monitor->workload) != 0)
			continue;
		monitor->open++;
		monitor->disqualified += alert->disqualified != 0;
		monitor_judge(monitor,
			alert->disqualified ? MONITOR_CRITICAL : MONITOR_WARNING,
			"%.80s: %.40s %s", alert->workload, alert->kind,
			alert->disqualified ? "disqualifying" : "open");
	}
	monitor->value[MONITOR_OPEN] = (double)monitor->open;
	if (is_of_daemon(monitor) && monitor->last)
		monitor->value[MONITOR_AGE] = age_of(monitor, monitor->last);
	else if (monitor->stored)
		monitor->value[MONITOR_AGE] = age_of(monitor, monitor->stored);
	if (is_of_daemon(monitor) && monitor->has_health)
		monitor->value[MONITOR_DISK_LEFT] = monitor->health.disk_left_days;
}
