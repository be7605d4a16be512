/* collectord --estimate: what the store will cost on this machine. */
#include "collectord/sampler/estimate.h"

#include "collectord/link/tick_layout.h"
#include "collectord/sampler/sampler.h"
#include "collectord/link/snapshot_columns.h"
#include "common/clock.h"
#include "common/util.h"
#include "probes/collect.h"
#include "probes/slow/fs.h"
#include "schema/rra.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const unsigned other_steps_s[] = { 1, 5, 10, 30, 60 };

static int estimate_file_bytes(const struct settings *settings,
	const struct layout *layout, const struct layout_file *file, unsigned step_s,
	uint64_t *ret_bytes, struct err *err)
{
	struct rra_settings keep = {
		.base_keep_s = (uint64_t)settings->keep_base.number,
		.fine_step_s = (unsigned)settings->fine_step.number,
		.fine_keep_s = (uint64_t)settings->keep_fine.number,
		.coarse_step_s = (unsigned)settings->coarse_step.number,
		.coarse_keep_s = (uint64_t)settings->keep_coarse.number,
	};
	struct rra_set archives;
	bool with_min = false;
	int r;

	for (size_t i = file->first; i < file->first + file->count; i++)
		with_min = with_min || (layout->column[i].flags & LAYOUT_KEEP_MIN);
	r = rra_set_daemon(&keep, step_s, with_min, &archives, err);
	if (r == 0)
		*ret_bytes = rra_set_file_bytes(&archives, file->count);
	return r;
}

static int total_bytes(const struct settings *settings, const struct layout *layout,
	unsigned step_s, uint64_t *ret_bytes, struct err *err)
{
	uint64_t total = 0, bytes = 0;

	for (size_t i = 0; i < layout->file_count; i++) {
		int r = estimate_file_bytes(
			settings, layout, &layout->file[i], step_s, &bytes, err);

		if (r < 0)
			return r;
		total += bytes;
	}
	*ret_bytes = total;
	return 0;
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static int print_estimate_table(const struct settings *settings,
	const struct layout *layout, struct strbuf *out, struct err *err)
{
	unsigned step_s = (unsigned)settings->interval.number;
	uint64_t bytes = 0;
	int r = 0;

	strbuf_addf(out, "%-32s %7s %10s\n", "file", "values", "MiB");
	for (size_t i = 0; i < layout->file_count; i++) {
		r = estimate_file_bytes(
			settings, layout, &layout->file[i], step_s, &bytes, err);
		if (r < 0)
			return r;
		strbuf_addf(out, "%-32s %7zu %10.1f\n", layout->file[i].name,
			layout->file[i].count, mib(bytes));
	}
	r = total_bytes(settings, layout, step_s, &bytes, err);
	if (r < 0)
		return r;
	strbuf_addf(out, "%-32s %7zu %10.1f\n\n", settings->name.text,
		layout->column_count, mib(bytes));
	strbuf_addf(out,
		"%.1f MiB for this workload at a step of %u s; it does not grow with "
		"time.\n",
		mib(bytes), step_s);
	strbuf_add(out, "At other steps:");
	for (size_t i = 0; i < ARRAY_LEN(other_steps_s); i++)
		if (other_steps_s[i] != step_s &&
			total_bytes(settings, layout, other_steps_s[i], &bytes, err) ==
				0)
			strbuf_addf(
				out, "  %u s %.1f MiB", other_steps_s[i], mib(bytes));
	strbuf_add(out,
		"\nFile systems and sensors, which a process of its own reads, are "
		"counted where known\n(5 values a file system).  Keep less with "
		"keep_base, keep_fine, keep_coarse.\n");
	return 0;
}

static void now_instant(struct rate_instant *ret_now)
{
	struct clock clock;
	struct clock_now now;

	clock_init_kernel(&clock);
	clock.read(&clock, &now);
	*ret_now = (struct rate_instant){ now.monotonic_ns, now.boottime_ns, 0 };
}

/* The helper would measure these; here their number is enough. */
static void add_slow_sources(struct collect *collect, const struct slow_probe *probe,
	const struct slow_context *context, int64_t now_ns)
{
	struct slow_state *state = NULL;
	struct slow_source source;

	(void)probe->list(&state, context, NULL);
	for (size_t i = 0; probe->get(state, i, &source); i++)
		for (size_t k = 0; k < source.count; k++)
			(void)collect_put(collect, source.metric[k], source.id, NULL, 0,
				now_ns, 3600 * NS_PER_S);
	probe->close(state);
}

static int find_layout(
	const struct settings *settings, struct layout *layout, struct err *err)
{
	struct collect_options options = { .step_s = (double)settings->interval.number,
		.instances_max = (unsigned)settings->instances_max.number };
	struct slow_context context = {
		.with_network = settings->network_file_systems.number != 0
	};
	struct collect *collect = NULL;
	struct host_root root = { .fd = -1 };
	struct rate_instant now;
	int r = hostroot_open(&root, settings->root, err);

	if (r == 0)
		r = collect_open(&collect, &root, &options, err);
	if (r == 0) {
		now_instant(&now);
		context.root = &root;
		/* sensors are not: their library is the helper's alone */
		add_slow_sources(collect, &fs_probe, &context, now.monotonic_ns);
		collect_read(collect, &now);
		r = layout_of_snapshot(collect_snapshot(collect),
			(unsigned)settings->interval.number, layout, err);
	}
	collect_close(collect);
	if (root.fd >= 0)
		hostroot_close(&root);
	return r;
}

int estimate_print(const struct settings *settings, struct strbuf *out, struct err *err)
{
	struct layout layout;
	int r;

	layout_init(&layout, (unsigned)settings->interval.number);
	r = find_layout(settings, &layout, err);
	if (r == 0)
		r = print_estimate_table(settings, &layout, out, err);
	layout_done(&layout);
	return r;
}
