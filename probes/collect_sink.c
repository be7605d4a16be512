/* Where a collector keeps what probes and the helper put. */
#include "probes/collect_state.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { EXPIRE_FACTOR = 10 }; /* unknown for so many times its age: gone */

/* ---- the sink ------------------------------------------------------------------ */

static struct collect *collect_of(struct sink *sink)
{
	return (struct collect *)sink;
}

void kind_forget_spot(struct kind *kind, size_t spot)
{
	struct metric_cell *cell = &kind->cell[spot * kind->metric_count];

	for (size_t i = 0; i < kind->metric_count; i++)
		cell[i] = (struct metric_cell){ .value = NAN };
}

static void instance_appear(struct collect *collect, enum metric_file file,
	unsigned spot, const char *name, const char *label)
{
	struct kind *kind = &collect->kind[file];
	struct instance *instance = &kind->instance[spot];
	bool had_own = instance->has_own;
	struct instance_name *text = &kind->name[spot];

	*instance = (struct instance){ .is_present = true };
	*text = (struct instance_name){ .name = "" };
	memcpy(text->name, name, strnlen(name, sizeof(text->name) - 1));
	if (label)
		memcpy(text->label, label, strnlen(label, sizeof(text->label) - 1));
	if (spot >= kind->high)
		kind->high = spot + 1;
	kind_forget_spot(kind, spot);
	/* where columns outlive their instance it has it still */
	instance->has_own = had_own || kind->own_count < kind->own_max;
	if (instance->has_own && !had_own) {
		kind->own_count++;
		collect->is_layout_old = true;
	} else if (!instance->has_own) {
		collect->is_layout_old = true; /* "all others" may be new */
	}
}

static void instance_vanish(
	struct collect *collect, enum metric_file file, unsigned spot)
{
	struct kind *kind = &collect->kind[file];
	struct instance *instance = &kind->instance[spot];

	instance->is_present = false;
	kind_forget_spot(kind, spot);
	if (metric_file_table[file].outlives)
		return;
	if (instance->has_own)
		kind->own_count--;
	instance->has_own = false;
	while (kind->high > 0 && !kind->instance[kind->high - 1].is_present)
		kind->high--;
	collect->is_layout_old = true;
}

static void sink_appear(
	struct sink *sink, enum metric_file file, unsigned spot, const char *name)
{
	instance_appear(collect_of(sink), file, spot, name, NULL);
}

static void sink_vanish(struct sink *sink, enum metric_file file, unsigned spot)
{
	instance_vanish(collect_of(sink), file, spot);
}

static void sink_put_gauge(
	struct sink *sink, enum metric_id metric, unsigned spot, double value)
{
	const struct metric_numbers *row = &metric_numbers_table[metric];
	struct metric_cell *cell =
		kind_cell(&collect_of(sink)->kind[row->file], spot, metric);

	value *= row->scale;
	if (value < row->minimum || value > row->maximum)
		value = NAN;
	cell->value = value;
	cell->is_put = 1;
}

static void sink_put_counter(
	struct sink *sink, enum metric_id metric, unsigned spot, uint64_t raw)
{
	struct kind *kind = &collect_of(sink)->kind[metric_numbers_table[metric].file];
	struct metric_cell *cell = kind_cell(kind, spot, metric);

	cell->raw = raw;
	cell->is_put = 1;
	kind->instance[spot].was_put = true;
}

static void sink_complete(struct sink *sink, enum metric_file file)
{
	collect_of(sink)->kind[file].is_complete = true;
}

static void sink_overflow(struct sink *sink, enum metric_file file, size_t count)
{
	collect_of(sink)->kind[file].ignored = count;
}

static void sink_put_cpus(struct sink *sink, const struct probe_cpus *cpus)
{
	collect_of(sink)->cpus = *cpus;
}

void collect_sink_init(struct sink *sink)
{
	*sink = (struct sink){
		.appear = sink_appear,
		.vanish = sink_vanish,
		.put_gauge = sink_put_gauge,
		.put_counter = sink_put_counter,
		.complete = sink_complete,
		.overflow = sink_overflow,
		.put_cpus = sink_put_cpus,
	};
}

/* ---- values from the helper --------------------------------------------------------- */

static size_t find_instance(
	const struct kind *kind, const char *name, enum metric_id metric)
{
	for (size_t spot = 0; spot < kind->high; spot++)
		if (kind->instance[spot].is_present &&
			(metric == METRIC_COUNT ||
				kind->instance[spot].metric == metric) &&
			!strcmp(kind->name[spot].name, name))
			return spot;
	return SIZE_MAX;
}

static size_t free_spot(const struct kind *kind)
{
	for (size_t spot = 0; spot < kind->spot_max; spot++)
		if (!kind->instance[spot].is_present)
			return spot;
	return SIZE_MAX;
}

int collect_put(struct collect *collect, enum metric_id metric, const char *instance,
	const char *label, double value, int64_t now_ns, int64_t max_age_ns)
{
	const struct metric_file_info *info;
	struct kind *kind;
	size_t spot;

	if (metric >= METRIC_COUNT || !*instance ||
		strlen(instance) >= COLLECT_NAME_MAX)
		return -EINVAL;
	info = &metric_file_table[metric_table[metric].file];
	if (!info->is_slow)
		return -EINVAL;
	kind = &collect->kind[metric_table[metric].file];
	/* a column is one metric of an instance, a file has all of them */
	spot = find_instance(kind, instance,
		info->spread == METRIC_PER_COLUMN ? metric : METRIC_COUNT);
	if (spot == SIZE_MAX) {
		spot = free_spot(kind);
		if (spot == SIZE_MAX)
			return -ENOSPC;
		instance_appear(collect, metric_table[metric].file, (unsigned)spot,
			instance, label);
		kind->instance[spot].metric = metric;
	}
	kind->instance[spot].put_ns = now_ns;
	kind->instance[spot].max_age_ns = max_age_ns;
	sink_put_gauge(&collect->sink, metric, (unsigned)spot, value);
	return 0;
}

/* What the helper gave holds for a while, then it is unknown, then it is gone. */
void collect_expire(struct collect *collect, enum metric_file file)
{
	struct kind *kind = &collect->kind[file];

	for (size_t spot = kind->high; spot-- > 0;) {
		struct instance *instance = &kind->instance[spot];
		int64_t age_ns = collect->now.monotonic_ns - instance->put_ns;

		if (!instance->is_present || age_ns <= instance->max_age_ns)
			continue;
		for (size_t i = 0; i < kind->metric_count; i++)
			kind->cell[spot * kind->metric_count + i].value = NAN;
		if (age_ns / EXPIRE_FACTOR > instance->max_age_ns)
			instance_vanish(collect, file, (unsigned)spot);
	}
}
