/*
 * What node_exporter's textfile collector picks up: the daemon's health, open alerts, and
 * what each workload would be sized by.  Base units where there are any; the names stay.
 */
#include "analyze/verbs/monitor.h"

#include "analyze/estate/load.h"
#include "analyze/verbs/screen.h"
#include "common/json_out.h"
#include "common/safe_text.h"
#include "common/units.h"
#include "common/util.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static const struct {
	const char *name, *help;
	enum resource resource;
	bool is_sustained; /* the highest mean of 15 minutes, else the highest reading */
} peak_families[] = {
	{ "headroom_peak_memory_bytes", "Highest memory use of all that is stored.",
		RESOURCE_MEMORY, false },
	{ "headroom_peak_cpu_mhz", "Highest processor use of one slot.", RESOURCE_CPU,
		false },
	{ "headroom_sustained_cpu_mhz", "Highest processor use over 15 minutes.",
		RESOURCE_CPU, true },
	{ "headroom_peak_network_bps", "Highest network use of one slot.",
		RESOURCE_NETWORK, false },
	{ "headroom_sustained_disk_bytes_per_second",
		"Highest disk throughput over 15 minutes.", RESOURCE_DISK, true },
	{ "headroom_sustained_disk_operations_per_second",
		"Highest disk operations over 15 minutes.", RESOURCE_DISK_OPS, true },
};

static void put_metric_head(
	FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_sample(FILE *out, const char *name, double value)
{
	char number[JSON_NUMBER_SIZE];

	fprintf(out, "%s %s\n", name, json_number_text(value, number));
}

static void put_counter(FILE *out, const char *name, const char *help, int64_t count)
{
	put_metric_head(out, name, "counter", help);
	fprintf(out, "%s %" PRId64 "\n", name, count);
}

static void put_gauge(FILE *out, const char *name, const char *help, double value)
{
	if (isnan(value))
		return;
	put_metric_head(out, name, "gauge", help);
	put_sample(out, name, value);
}

static void put_health(const struct monitor *monitor)
{
	FILE *out = monitor->context->out;

	put_gauge(out, "headroom_check_state",
		"What analyze check says: 0 ok, 1 warning, 2 critical, 3 unknown.",
		monitor->code);
	put_gauge(out, "headroom_up", "Whether the collector runs and can store.",
		monitor->is_running && !monitor->is_silent && !monitor->is_failing);
	if (monitor->has_health) {
		put_counter(out, "headroom_ticks_total", "Samples taken.",
			monitor->health.ticks);
		put_counter(out, "headroom_stored_ticks_total", "Samples stored.",
			monitor->health.stored);
		put_counter(out, "headroom_dropped_ticks_total",
			"Samples lost for want of room.", monitor->dropped);
		put_counter(out, "headroom_late_ticks_total",
			"Samples taken after their time.", monitor->late);
		put_counter(out, "headroom_restarts_total",
			"Starts of the collector after the first.",
			monitor->health.restarts);
		put_counter(out, "headroom_source_errors_total",
			"Readings of a source that failed.", monitor->health.errors);
		put_gauge(out, "headroom_disk_left_seconds",
			"When the disk of the store is full at the present rate.",
			monitor->health.disk_left_days * SECONDS_PER_DAY);
	}
	if (monitor->last)
		put_gauge(out, "headroom_last_sample_timestamp_seconds",
			"When the collector took its last sample.",
			(double)monitor->last);
}

static void put_alerts(const struct monitor *monitor)
{
	static const char name[] = "headroom_alert_opened_timestamp_seconds";
	FILE *out = monitor->context->out;

	put_gauge(out, "headroom_open_alerts", "Alerts that are open.",
		(double)monitor->open);
	put_gauge(out, "headroom_disqualifying_alerts",
		"Open alerts that disqualify their workload.",
		(double)monitor->disqualified);
	if (monitor->alerts.count)
		put_metric_head(out, name, "gauge", "When an open alert was opened.");
	for (size_t i = 0; i < monitor->alerts.count; i++) {
		const struct alert *alert = &monitor->alerts.alert[i];

		fprintf(out, "%s{workload=\"", name);
		safe_print_label(out, alert->workload);
		fputs("\",kind=\"", out);
		safe_print_label(out, alert->kind);
		fputs("\",subject=\"", out);
		safe_print_label(out, alert->subject ? alert->subject : "");
		fprintf(out, "\",id=\"%" PRId64 "\"} %" PRId64 "\n", alert->id,
			alert->opened);
	}
}

/* Families without a figure are left out whole: one without a sample is no error, but
 * says nothing. */
static void put_family(FILE *out, const struct estate *estate,
	const struct workload_peaks *peaks, size_t family)
{
	bool has_head = false;

	for (size_t i = 0; i < estate->count; i++) {
		const struct peaks *p =
			&peaks[i].resource[peak_families[family].resource];
		double value = peak_families[family].is_sustained
			? p->sustained[DURATION_15_MIN]
			: p->peak;
		char number[JSON_NUMBER_SIZE];

		if (isnan(value))
			continue;
		if (!has_head)
			put_metric_head(out, peak_families[family].name, "gauge",
				peak_families[family].help);
		has_head = true;
		fprintf(out, "%s{workload=\"", peak_families[family].name);
		safe_print_label(out, estate->chosen[i]->name);
		fprintf(out, "\"} %s\n", json_number_text(value, number));
	}
}

int monitor_print_textfile(struct monitor *monitor, struct err *err)
{
	struct workload_peaks *peaks = NULL;
	struct screen screen;
	struct estate estate;
	int r = screen_open_estate(&screen, monitor->context, 0, 0, &estate, err);

	if (r < 0)
		return r;
	r = load_peaks_of(&estate, &peaks, err);
	if (r == 0) {
		put_health(monitor);
		put_alerts(monitor);
		for (size_t i = 0; i < ARRAY_LEN(peak_families); i++)
			put_family(monitor->context->out, &estate, peaks, i);
	}
	free(peaks);
	estate_close(&estate);
	return r;
}
