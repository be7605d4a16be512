/* analyze check: one line, an exit code and performance data, as monitoring plugins
 * answer: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. */
#include "analyze/verbs/monitor.h"
#include "analyze/verbs/verbs.h"

#include "analyze/document/writer.h"
#include "analyze/report/check_document.h"
#include "common/strbuf.h"
#include "common/units.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_STANDARD_S 30
#define OVER_STANDARD_MIN 15

const struct option_spec verb_check_options[] = {
	{ "warning", "RANGES",
		"-w RANGES: warn outside of them: 80 (per cent of memory and of all cores), "
		"or FIGURE=RANGE, several with commas; FIGURE is memory, cpu, network_mbps, "
		"disk_mb_per_s, disk_ops_per_s, age, open or disk_left_days" },
	{ "critical", "RANGES", "-c RANGES: critical outside of them" },
	{ "over", "MINUTES", "figures are means over so long, 0.1 to 115 (15)" },
	{ "timeout", "SECONDS", "-t SECONDS: UNKNOWN when it takes longer (30)" },
	{ "verbose", NULL, "-v: then a line for each alert and figure" },
	{ "disk-days", "N", "warn when the disk is full in fewer days (default 14)" },
	{ "textfile", NULL,
		"health, alerts and peaks for node_exporter's textfile collector; with -o "
		"FILE.prom" },
	{ NULL, NULL, NULL },
};

static void on_timeout(int number)
{
	static const char words[] = "HEADROOM UNKNOWN - it took too long (-t)\n";

	(void)number;
	if (write(STDOUT_FILENO, words, sizeof(words) - 1) < 0)
		_exit(MONITOR_UNKNOWN);
	_exit(MONITOR_UNKNOWN);
}

static int say_unknown(struct context *context, struct err *err, const char *otherwise)
{
	const struct check_view view = { .code = MONITOR_UNKNOWN,
		.text = *err->text ? err->text : otherwise,
		.details = "" };
	struct document *document = check_document(&view);

	err_set(err, 0, "%s", "");
	(void)document_print(document, context, err);
	return MONITOR_UNKNOWN;
}

/* Its own threshold, else the one that is in force without one. */
static const char *range_text(const struct monitor_range *range, const char *otherwise)
{
	return range->is_set ? range->text : otherwise;
}

static void add_alerts(const struct monitor *monitor, struct check_view *view)
{
	const struct check_figure open = { .name = "open",
		.unit = "",
		.warning = range_text(&monitor->warning[MONITOR_OPEN], "0"),
		.critical = range_text(&monitor->critical[MONITOR_OPEN], "") };
	const struct check_figure disqualified = {
		.name = "disqualifying", .unit = "", .critical = "0"
	};
	const struct check_figure dropped = { .name = "dropped", .unit = "c" };
	const struct check_figure late = { .name = "late", .unit = "c" };

	monitor_figure(view, open, "%zu", monitor->open);
	monitor_figure(view, disqualified, "%zu", monitor->disqualified);
	if (!monitor->has_health && !monitor->is_running)
		return;
	monitor_figure(view, dropped, "%" PRId64, monitor->dropped);
	monitor_figure(view, late, "%" PRId64, monitor->late);
}

/* The performance data; age and days: text of the limits without a threshold. */
static void add_performance(const struct monitor *monitor, struct check_view *view,
	const char *age, const char *days)
{
	const struct monitor_range *left = &monitor->critical[MONITOR_DISK_LEFT];

	add_alerts(monitor, view);
	if (!isnan(monitor->value[MONITOR_AGE]))
		monitor_figure(view,
			(struct check_figure){ .name = "age",
				.unit = "s",
				.warning =
					range_text(&monitor->warning[MONITOR_AGE], ""),
				.critical = range_text(
					&monitor->critical[MONITOR_AGE], age) },
			"%.0f", monitor->value[MONITOR_AGE]);
	if (!isnan(monitor->value[MONITOR_DISK_LEFT]))
		monitor_figure(view,
			(struct check_figure){ .name = "disk_left_days",
				.unit = "",
				.warning = range_text(
					&monitor->warning[MONITOR_DISK_LEFT], days),
				.critical = left->is_set ? left->text : NULL },
			"%.1f", monitor->value[MONITOR_DISK_LEFT]);
	monitor_add_figures(monitor, view);
}

static void check_list_alerts(const struct monitor *monitor, struct strbuf *out)
{
	for (size_t i = 0; i < monitor->alerts.count; i++) {
		const struct alert *alert = &monitor->alerts.alert[i];

		if (monitor->workload &&
			strcmp(alert->workload, monitor->workload) != 0)
			continue;
		strbuf_addf(out, "alert %" PRId64 ": %s, %s, %s\n", alert->id,
			alert->workload, alert->kind,
			alert->disqualified ? "disqualifying" : "open");
	}
}

static int print_check(const struct monitor *monitor, struct err *err)
{
	struct check_view view = { .code = monitor->code,
		.text = monitor->code       ? monitor->why
			: monitor->workload ? "no open alerts"
					    : "sampling, no open alerts",
		.workload = monitor->workload };
	char days[32], age[32];
	struct strbuf details;
	int r;

	(void)snprintf(age, sizeof(age), "%" PRId64, monitor_age_limit_s(monitor));
	(void)snprintf(days, sizeof(days), "%.0f:", monitor->disk_days);
	add_performance(monitor, &view, age, days);
	strbuf_init(&details, (size_t)1 << 20);
	if (context_option(monitor->context, "verbose")) {
		check_list_alerts(monitor, &details);
		monitor_list_figures(monitor, &details);
	}
	view.details = strbuf_text(&details);
	r = document_print(check_document(&view), monitor->context, err);
	strbuf_done(&details);
	return r;
}

static int take_options(struct monitor *monitor, struct err *err)
{
	struct context *context = monitor->context;
	double over_min = OVER_STANDARD_MIN, timeout_s = TIMEOUT_STANDARD_S;

	if (context->argument_count > 1)
		return err_set(err, -1, "expected one workload, or none");
	monitor->workload = context->argument_count ? context->arguments[0] : NULL;
	monitor->has_figures = monitor->workload != NULL;
	if (context_number(context, "disk-days", 0, 100000, &monitor->disk_days, err) <
			0 ||
		context_number(context, "over", 0.1, 115, &over_min, err) < 0 ||
		context_number(context, "timeout", 1, 3600, &timeout_s, err) < 0 ||
		monitor_thresholds(monitor, err) < 0)
		return -1;
	monitor->over_s = over_min * SECONDS_PER_MINUTE;
	signal(SIGALRM, on_timeout);
	alarm((unsigned)timeout_s);
	return 0;
}

static int check_run(struct monitor *monitor, struct err *err)
{
	int r = monitor_read_state(monitor, err);

	if (r < 0)
		return r;
	monitor_judge_state(monitor);
	r = monitor_read_figures(monitor, err);
	if (r < 0)
		return r;
	monitor_judge_figures(monitor);
	return context_option(monitor->context, "textfile")
		? monitor_print_textfile(monitor, err)
		: print_check(monitor, err);
}

int verb_check(struct context *context, struct err *err)
{
	struct monitor monitor = { .context = context, .disk_days = 14 };
	bool is_textfile = context_option(context, "textfile") != NULL;
	int code;

	if (take_options(&monitor, err) < 0)
		return say_unknown(context, err, "wrong usage");
	if (check_run(&monitor, err) == 0) {
		code = is_textfile ? EXIT_OK : monitor.code;
		err_set(err, 0, "%s", ""); /* of what was looked for in vain */
	} else if (is_textfile) {
		code = EXIT_FAILED;
	} else {
		code = say_unknown(context, err, "out of memory");
	}
	alert_list_done(&monitor.alerts);
	workload_done(&monitor.subject);
	return code;
}
