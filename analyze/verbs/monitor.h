/*
 * What `analyze check` has seen, and how bad it is; its parts beside verb_check.c.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_VERBS_MONITOR_H
#define ANALYZE_VERBS_MONITOR_H

#include "analyze/console/verb.h"
#include "analyze/report/check_document.h"
#include "analyze/verbs/monitor_range.h"
#include "schema/resource.h"
#include "store/db/alerts.h"
#include "store/db/health.h"
#include "store/db/workloads.h"

/* The exit codes of monitoring plugins. */
enum { MONITOR_OK, MONITOR_WARNING, MONITOR_CRITICAL, MONITOR_UNKNOWN };

/* What a threshold can stand for; the resources keep their places. */
enum monitor_figure {
	MONITOR_MEMORY = RESOURCE_MEMORY,
	MONITOR_CPU = RESOURCE_CPU,
	MONITOR_NETWORK = RESOURCE_NETWORK,
	MONITOR_DISK = RESOURCE_DISK,
	MONITOR_DISK_OPS = RESOURCE_DISK_OPS,
	MONITOR_AGE,
	MONITOR_OPEN,
	MONITOR_DISK_LEFT,
	MONITOR_FIGURES,
};

struct monitor {
	struct context *context;
	const char *workload; /* the one that is asked for; NULL: the daemon and all */
	bool has_figures;     /* of a workload are wanted: they are read anew */
	double over_s;        /* figures are means over so long */
	struct monitor_range warning[MONITOR_FIGURES], critical[MONITOR_FIGURES];
	struct workload subject;       /* whose figures; name NULL: there is none */
	double value[MONITOR_FIGURES]; /* NAN: not known */
	const char *missing[RESOURCE_COUNT]; /* why it is not known; NULL: it was not
						counted */
	struct alert_list alerts;
	struct collector_health health;
	bool has_health, is_running, is_silent, is_failing;
	int64_t last, dropped, late, waiting;
	int64_t stored; /* stamp of the newest slot of the subject; 0: none */
	unsigned step_s;
	size_t open, disqualified;
	double disk_days;
	int code;
	char why[200];
};

/* The worst counts; of several that are as bad the first is told. */
void monitor_judge(struct monitor *monitor, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- what there is ------------------------------------------------------------------ */

/* Daemon, alerts and subject from the store.  Returns 0 or a negative errno. */
int monitor_read_state(struct monitor *monitor, struct err *err);
/* How old a last sample may be, in seconds. */
int64_t monitor_age_limit_s(const struct monitor *monitor);
/* The daemon first: what it cannot store raises no alert. */
void monitor_judge_state(struct monitor *monitor);

/* ---- figures and thresholds ------------------------------------------------------------ */

/*
 * monitor_thresholds - "80", "memory=80,network_mbps=500:" of -w and -c
 *
 * One without a name is for memory and cpu.  Returns 0, or -EINVAL with the text set.
 */
int monitor_thresholds(struct monitor *monitor, struct err *err);
/* Means over the last over_s of the subject. */
int monitor_read_figures(struct monitor *monitor, struct err *err);
void monitor_judge_figures(struct monitor *monitor);
/* A figure of the line, its value as it is printed. */
void monitor_figure(struct check_view *view, struct check_figure figure,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "memory=41.2%;80;90;0;100" and its like. */
void monitor_add_figures(const struct monitor *monitor, struct check_view *view);
/* A line for each, for -v. */
void monitor_list_figures(const struct monitor *monitor, struct strbuf *out);

/* ---- for node_exporter ------------------------------------------------------------------ */

/* Health, alerts and peaks as the text format of Prometheus. */
int monitor_print_textfile(struct monitor *monitor, struct err *err);

#endif
