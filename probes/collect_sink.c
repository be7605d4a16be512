/* Where a collector keeps what probes and the helper put. */
#include "probes/collect_state.h"

#include "common/each_tick.h"

#include <assert.h>
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

int kind_make_room(struct arena *arena, struct kind *kind, size_t spot)
{
	size_t room = kind->room ? kind->room : 1;
	struct instance *instance;
	struct metric_cell *cell;

	if (spot < kind->room)
		return 0;
	while (room <= spot)
		room *= 2;
	if (room > kind->spot_max)
		room = kind->spot_max;
	instance = arena_alloc(arena, room, sizeof(*instance));
	cell = arena_alloc(arena, room * kind->metric_count, sizeof(*cell));
	if (!instance || !cell)
		return -ENOMEM;
	if (kind->room > 0) {
		memcpy(instance, kind->instance, kind->room * sizeof(*instance));
		memcpy(cell, kind->cell,
			kind->room * kind->metric_count * sizeof(*cell));
	}
	kind->instance = instance;
	kind->cell = cell;
	kind->room = room;
	return 0;
}

static void instance_appear(struct collect *collect, enum metric_file file,
	unsigned spot, const char *name, const char *label)
{
	struct kind *kind = &collect->kind[file];
	struct instance *instance;
	struct instance_name *text = &kind->name[spot];
	bool had_own;
	/* the arena holds all tables at their largest, and what they grew out of */
	int r = kind_make_room(&collect->arena, kind, spot);

	assert(r == 0);
	(void)r;
	instance = &kind->instance[spot];
	had_own = instance->has_own;
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
	instance->put = 0;
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

EACH_TICK static void sink_put_gauge(
	struct sink *sink, enum metric_id metric, unsigned spot, double value)
{
	const struct metric_numbers *row = &metric_numbers_table[metric];
	struct kind *kind = &collect_of(sink)->kind[row->file];

	value *= row->scale;
	if (value < row->minimum || value > row->maximum)
		value = NAN;
	kind_cell(kind, spot, metric)->value = value;
	kind->instance[spot].put |= (uint64_t)1 << (metric - kind->first);
}

EACH_TICK static void sink_put_counter(
	struct sink *sink, enum metric_id metric, unsigned spot, uint64_t raw)
{
	struct kind *kind = &collect_of(sink)->kind[metric_numbers_table[metric].file];
	struct instance *instance = &kind->instance[spot];

	kind_cell(kind, spot, metric)->raw = raw;
	instance->put |= (uint64_t)1 << (metric - kind->first);
	instance->was_put = true;
}

EACH_TICK static void sink_complete(struct sink *sink, enum metric_file file)
{
	collect_of(sink)->kind[file].is_complete = true;
}

static void sink_overflow(struct sink *sink, enum metric_file file, size_t count)
{
	collect_of(sink)->kind[file].ignored = count;
}

EACH_TICK static void sink_put_cpus(struct sink *sink, const struct probe_cpus *cpus)
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
	for (size_t spot = 0; spot < kind->high; spot++)
		if (!kind->instance[spot].is_present)
			return spot;
	return kind->high < kind->spot_max ? kind->high : SIZE_MAX;
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
EACH_TICK void collect_expire(struct collect *collect, enum metric_file file)
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
