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

void kind_forget_slot(struct kind *kind, size_t slot)
{
	struct cell *cell = &kind->cell[slot * kind->metric_count];

	for (size_t i = 0; i < kind->metric_count; i++)
		cell[i] = (struct cell){ .value = NAN };
}

static void instance_appear(struct collect *collect, enum metric_file file,
	unsigned slot, const char *name, const char *label)
{
	struct kind *kind = &collect->kind[file];
	struct instance *instance = &kind->instance[slot];
	bool had_own = instance->has_own;
	struct instance_name *text = &kind->name[slot];

	*instance = (struct instance){ .is_present = true };
	*text = (struct instance_name){ .name = "" };
	memcpy(text->name, name, strnlen(name, sizeof(text->name) - 1));
	if (label)
		memcpy(text->label, label, strnlen(label, sizeof(text->label) - 1));
	if (slot >= kind->high)
		kind->high = slot + 1;
	kind_forget_slot(kind, slot);
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
	struct collect *collect, enum metric_file file, unsigned slot)
{
	struct kind *kind = &collect->kind[file];
	struct instance *instance = &kind->instance[slot];

	instance->is_present = false;
	kind_forget_slot(kind, slot);
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
	struct sink *sink, enum metric_file file, unsigned slot, const char *name)
{
	instance_appear(collect_of(sink), file, slot, name, NULL);
}

static void sink_vanish(struct sink *sink, enum metric_file file, unsigned slot)
{
	instance_vanish(collect_of(sink), file, slot);
}

static void sink_put_gauge(
	struct sink *sink, enum metric_id metric, unsigned slot, double value)
{
	const struct metric *row = &metric_table[metric];
	struct cell *cell = kind_cell(&collect_of(sink)->kind[row->file], slot, metric);

	value *= row->scale;
	if (value < row->minimum || value > row->maximum)
		value = NAN;
	cell->value = value;
	cell->is_put = 1;
}

static void sink_put_counter(
	struct sink *sink, enum metric_id metric, unsigned slot, uint64_t raw)
{
	struct kind *kind = &collect_of(sink)->kind[metric_table[metric].file];
	struct cell *cell = kind_cell(kind, slot, metric);

	cell->raw = raw;
	cell->is_put = 1;
	kind->instance[slot].was_put = true;
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
	for (size_t slot = 0; slot < kind->high; slot++)
		if (kind->instance[slot].is_present &&
			(metric == METRIC_COUNT ||
				kind->instance[slot].metric == metric) &&
			!strcmp(kind->name[slot].name, name))
			return slot;
	return SIZE_MAX;
}

static size_t free_slot(const struct kind *kind)
{
	for (size_t slot = 0; slot < kind->slot_max; slot++)
		if (!kind->instance[slot].is_present)
			return slot;
	return SIZE_MAX;
}

int collect_put(struct collect *collect, enum metric_id metric, const char *instance,
	const char *label, double value, int64_t now_ns, int64_t max_age_ns)
{
	const struct metric_file_info *info;
	struct kind *kind;
	size_t slot;

	if (metric >= METRIC_COUNT || !*instance ||
		strlen(instance) >= COLLECT_NAME_MAX)
		return -EINVAL;
	info = &metric_file_table[metric_table[metric].file];
	if (!info->is_slow)
		return -EINVAL;
	kind = &collect->kind[metric_table[metric].file];
	/* a column is one metric of an instance, a file has all of them */
	slot = find_instance(kind, instance,
		info->spread == METRIC_PER_COLUMN ? metric : METRIC_COUNT);
	if (slot == SIZE_MAX) {
		slot = free_slot(kind);
		if (slot == SIZE_MAX)
			return -ENOSPC;
		instance_appear(collect, metric_table[metric].file, (unsigned)slot,
			instance, label);
		kind->instance[slot].metric = metric;
	}
	kind->instance[slot].put_ns = now_ns;
	kind->instance[slot].max_age_ns = max_age_ns;
	sink_put_gauge(&collect->sink, metric, (unsigned)slot, value);
	return 0;
}

/* What the helper gave holds for a while, then it is unknown, then it is gone. */
void collect_expire(struct collect *collect, enum metric_file file)
{
	struct kind *kind = &collect->kind[file];

	for (size_t slot = kind->high; slot-- > 0;) {
		struct instance *instance = &kind->instance[slot];
		int64_t age_ns = collect->now.monotonic_ns - instance->put_ns;

		if (!instance->is_present || age_ns <= instance->max_age_ns)
			continue;
		for (size_t i = 0; i < kind->metric_count; i++)
			kind->cell[slot * kind->metric_count + i].value = NAN;
		if (age_ns / EXPIRE_FACTOR > instance->max_age_ns)
			instance_vanish(collect, file, (unsigned)slot);
	}
}
