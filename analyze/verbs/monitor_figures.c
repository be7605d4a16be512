/* What a workload uses now, in the words and units of monitoring plugins. */
#include "analyze/verbs/monitor.h"

#include "analyze/assess/assess.h"
#include "analyze/estate/load.h"
#include "common/timefmt.h"
#include "common/units.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

/* uom: as plugins write it; a unit that they do not know is in the name. */
static const struct {
	const char *name, *uom, *what;
	double per; /* natural units in one; 0: a share of what is there */
} monitor_table[MONITOR_FIGURES] = {
	[MONITOR_MEMORY] = { "memory", "%", "% of the memory", 0 },
	[MONITOR_CPU] = { "cpu", "%", "% of all cores", 0 },
	[MONITOR_NETWORK] = { "network_mbps", "", "Mb/s", BPS_PER_MBPS },
	[MONITOR_DISK] = { "disk_mb_per_s", "", "MB/s", BYTES_PER_MB },
	[MONITOR_DISK_OPS] = { "disk_ops_per_s", "", "op/s", 1 },
	[MONITOR_AGE] = { "age", "s", "s since the last sample", 1 },
	[MONITOR_OPEN] = { "open", "", "open alerts", 1 },
	[MONITOR_DISK_LEFT] = { "disk_left_days", "", "days until the disk is full",
		1 },
};

/* ---- -w and -c ---------------------------------------------------------------------- */

static int find_figure(const char *name, size_t length)
{
	for (int i = 0; i < MONITOR_FIGURES; i++) {
		if (strlen(monitor_table[i].name) == length &&
			memcmp(monitor_table[i].name, name, length) == 0)
			return i;
	}
	return -1;
}

/* One of the list: "memory=80" or "80". */
static int take_threshold(struct monitor *monitor, struct monitor_range *ranges,
	const char *letter, const char *text, size_t length, struct err *err)
{
	const char *equals = memchr(text, '=', length);
	size_t name_length = equals ? (size_t)(equals - text) : 0;
	size_t before = equals ? name_length + 1 : 0;
	int figure = equals ? find_figure(text, name_length) : MONITOR_MEMORY;
	struct monitor_range range;

	if (figure < 0)
		return err_set(err, -EINVAL,
			"%s: \"%.*s\" is none of memory, cpu, network_mbps, disk_mb_per_s, "
			"disk_ops_per_s, age, open and disk_left_days",
			letter, (int)(name_length < 40 ? name_length : 40), text);
	if (monitor_range_parse(text + before, length - before, &range) < 0)
		return err_set(err, -EINVAL,
			"%s: \"%.*s\" is no range; expected 10, 10:, ~:10, 10:20 or @10:20",
			letter, (int)(length < 60 ? length : 60), text);
	ranges[figure] = range;
	if (!equals)
		ranges[MONITOR_CPU] = range;
	monitor->has_figures |= figure < RESOURCE_COUNT;
	return 0;
}

static int take_thresholds(struct monitor *monitor, struct monitor_range *ranges,
	const char *option, const char *letter, struct err *err)
{
	const char *text = context_option(monitor->context, option);
	int r = 0;

	while (r == 0 && text) {
		size_t length = strcspn(text, ",");

		r = take_threshold(monitor, ranges, letter, text, length, err);
		text = text[length] ? text + length + 1 : NULL;
	}
	return r;
}

int monitor_thresholds(struct monitor *monitor, struct err *err)
{
	int r = take_thresholds(monitor, monitor->warning, "warning", "-w", err);

	return r < 0
		? r
		: take_thresholds(monitor, monitor->critical, "critical", "-c", err);
}

/* ---- figures ---------------------------------------------------------------------------- */

/* NAN where nobody said how much there is. */
static double monitor_figures_per(const struct facts *facts, int figure)
{
	if (figure == MONITOR_MEMORY)
		return facts_number(facts, FACT_MEMORY_TOTAL_BYTES) / 100;
	if (figure == MONITOR_CPU)
		return facts_number(facts, FACT_CPU_CORES) *
			facts_number(facts, FACT_CPU_CORE_MHZ) / 100;
	return monitor_table[figure].per;
}

/* The mean of the known slots, where at least half of that time is known. */
static double mean_of(const struct series *series, double over_s)
{
	double sum = 0;
	size_t known = 0;

	for (size_t i = 0; i < series->count; i++) {
		if (isnan(series->mean[i]))
			continue;
		sum += series->mean[i];
		known++;
	}
	return known && (double)known * series->step_s * 2 >= over_s
		? sum / (double)known
		: NAN;
}

static void take_means(
	struct monitor *monitor, const struct load_set *set, const struct facts *facts)
{
	for (int i = 0; i < RESOURCE_COUNT; i++) {
		double mean = mean_of(&set->series[i], monitor->over_s);
		double per = monitor_figures_per(facts, i);

		monitor->value[i] = mean / per;
		if (set->series[i].count == 0)
			monitor->missing[i] = "it is not counted here";
		else if (isnan(mean))
			monitor->missing[i] = "less than half of the time is known";
		else if (isnan(per))
			monitor->missing[i] =
				"nobody said how much there is; state it with inventory "
				"--set";
	}
}

int monitor_read_figures(struct monitor *monitor, struct err *err)
{
	struct load_request span = { .has_since = true,
		.has_until = true,
		.since = monitor->context->now - (int64_t)monitor->over_s,
		.until = monitor->context->now };
	struct load_set set = { .period = { .count = 0 } };
	struct facts facts;
	struct estate estate = { .store = NULL };
	int r;

	if (!monitor->has_figures)
		return 0;
	if (!monitor->subject.name)
		return err_set(err, -ENOENT,
			"no workload of this machine is stored; name one: analyze check "
			"WORKLOAD");
	r = store_open(monitor->context->data_dir, &estate.store, err);
	if (r < 0)
		return r;
	r = assess_facts(estate.store, &monitor->subject, &facts, err);
	if (r == 0) {
		r = load_set_read(&estate, &monitor->subject, &span, &set, err);
		if (r == 0)
			take_means(monitor, &set, &facts);
		load_set_done(&set);
		facts_done(&facts);
	}
	store_close(estate.store);
	return r;
}

/* What is asked for and not known is no OK. */
void monitor_judge_figures(struct monitor *monitor)
{
	for (int i = 0; i < MONITOR_FIGURES; i++) {
		const struct monitor_range *warning = &monitor->warning[i];
		const struct monitor_range *critical = &monitor->critical[i];
		bool is_critical = monitor_range_raises(critical, monitor->value[i]);

		if (is_critical || monitor_range_raises(warning, monitor->value[i]))
			monitor_judge(monitor,
				is_critical ? MONITOR_CRITICAL : MONITOR_WARNING,
				"%.80s%s%.3g %s",
				monitor->subject.name ? monitor->subject.name : "",
				monitor->subject.name ? ": " : "", monitor->value[i],
				monitor_table[i].what);
		if ((warning->is_set || critical->is_set) && isnan(monitor->value[i]))
			monitor_judge(monitor, MONITOR_UNKNOWN, "%s is not known: %s",
				monitor_table[i].name,
				i < RESOURCE_COUNT && monitor->missing[i]
					? monitor->missing[i]
					: "it is not counted here");
	}
}

static bool is_in_line_anyway(int figure)
{
	return figure == MONITOR_AGE || figure == MONITOR_OPEN ||
		figure == MONITOR_DISK_LEFT;
}

void monitor_figure(
	struct check_view *view, struct check_figure figure, const char *format, ...)
{
	va_list args;

	if (view->count == CHECK_FIGURES_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(figure.value, sizeof(figure.value), format, args);
	va_end(args);
	view->figure[view->count++] = figure;
}

void monitor_add_figures(const struct monitor *monitor, struct check_view *view)
{
	for (int i = 0; i < MONITOR_FIGURES; i++) {
		struct check_figure figure = { .name = monitor_table[i].name,
			.unit = monitor_table[i].uom,
			.warning = monitor->warning[i].text,
			.critical = monitor->critical[i].text,
			.minimum = "0",
			.maximum = monitor_table[i].per == 0 ? "100" : NULL };

		if (!is_in_line_anyway(i) && !isnan(monitor->value[i]))
			monitor_figure(view, figure, "%.4g", monitor->value[i]);
	}
}

void monitor_list_figures(const struct monitor *monitor, struct strbuf *out)
{
	char over[TIME_TEXT_SIZE];

	if (!monitor->has_figures)
		return;
	strbuf_addf(out, "means over the last %s:\n",
		time_text_length(monitor->over_s, over));
	for (int i = 0; i < RESOURCE_COUNT; i++) {
		if (isnan(monitor->value[i]))
			strbuf_addf(out, "  %s is not known: %s\n",
				monitor_table[i].name, monitor->missing[i]);
		else
			strbuf_addf(out, "  %.4g %s\n", monitor->value[i],
				monitor_table[i].what);
	}
}
