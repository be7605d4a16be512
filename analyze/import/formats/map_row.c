/* A row by a mapping: whose it is, when, and its values in our units. */
#include "analyze/import/formats/map_row.h"

#include "common/array.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STAMP_MIN 31536000
#define STAMP_MAX INT64_C(4102444800)
#define COUNTS_PER_ONE 1000.0 /* of a wide counter: it may have a fraction */
#define COUNT_MAX 1.8e19
#define NO_WORKLOAD UINT32_MAX

/* ---- fields ----------------------------------------------------------------------------- */

static const char *role_name(const struct map *map, unsigned role)
{
	switch (role) {
	case ROLE_TIME:
		return map->time_column;
	case ROLE_WORKLOAD:
		return map->workload_column;
	case ROLE_METRIC:
		return map->metric_column;
	case ROLE_VALUE:
	case ROLE_VALUE_MIN:
	case ROLE_VALUE_MAX:
		return map->value_column[role - ROLE_VALUE];
	case ROLE_INSTANCE:
		return map->instance_column;
	case ROLE_BEGIN:
		return map->begin_column;
	case ROLE_PERIOD:
		return map->period_column;
	default:
		return !map->is_long && role < map->values &&
				!map->value[role].is_ending
			? map->value[role].name
			: NULL;
	}
}

static void trim_text(const char **text, size_t *length)
{
	while (*length && strchr(" \t", **text) && **text) {
		++*text;
		--*length;
	}
	while (*length && strchr(" \t", (*text)[*length - 1]) && (*text)[*length - 1])
		--*length;
}

unsigned map_role_find(
	const struct map_reading *reading, const char *text, size_t length)
{
	trim_text(&text, &length);
	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		if (reading->name[role] && reading->name_length[role] == length &&
			!strncasecmp(reading->name[role], text, length))
			return role;
	}
	return NO_ROLE;
}

void map_role_give(struct map_reading *reading, unsigned role, const char *text,
	size_t length, unsigned level)
{
	trim_text(&text, &length);
	if (length >= MAP_TEXT_MAX)
		length = MAP_TEXT_MAX - 1;
	memcpy(reading->text[role], text, length);
	reading->text[role][length] = '\0';
	reading->level[role] = (uint8_t)level;
}

void map_role_forget(struct map_reading *reading, unsigned level)
{
	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		if (reading->level[role] >= level)
			reading->level[role] = 0;
	}
}

int map_reading_begin(struct map_reading *reading, const struct map *map,
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	const struct import_options *options = source->options;
	const char *zone = options && options->zone ? options->zone : map->zone;
	const char *order =
		options && options->date_format ? options->date_format : map->order;
	int r = 0;

	reading->map = map;
	reading->source = source;
	reading->sink = sink;
	reading->place.path = source->path;
	reading->clock_workload = NO_WORKLOAD;
	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		reading->name[role] = role_name(map, role);
		if (reading->name[role])
			reading->name_length[role] = strlen(reading->name[role]);
	}
	if (zone) {
		r = importer_zone(source, zone, &reading->zone, err);
		account_set_zone(sink->account, zone);
	}
	reading->clock.zone = reading->zone;
	reading->order.is_known |= order != NULL;
	if (r >= 0 && order && !civil_order(order, &reading->order.order))
		r = err_set(err, -EINVAL,
			"--date-format: expected YMD, MDY or DMY, found \"%.20s\"",
			order);
	for (size_t i = 0; r >= 0 && i < map->values; i++) {
		const struct map_value *value = &map->value[i];
		const char *name = value->name - value->is_ending; /* with its "*" */

		r = account_map(sink->account, name, strlen(name),
			part_figure(value->part), &reading->account_row[i], err);
	}
	return r;
}

void map_reading_done(struct map_reading *reading)
{
	zone_close(reading->zone);
	for (uint32_t i = 0; i < reading->workloads; i++)
		free(reading->workload[i].counter);
	free(reading->workload);
}

/* ---- when --------------------------------------------------------------------------------- */

static int local_time(struct map_reading *reading, enum map_role role,
	uint32_t workload, double civil_s, int64_t *ret_stamp)
{
	struct local_clock aside = reading->clock;

	if (role == ROLE_TIME && workload != reading->clock_workload) {
		/* another workload's rows begin at a time of their own */
		reading->clock.has_before = false;
		reading->clock_workload = workload;
	}
	*ret_stamp = (int64_t)floor(
		local_clock_next(
			role == ROLE_TIME ? &reading->clock : &aside, civil_s) +
		0.5);
	return 0;
}

int map_row_time(struct map_reading *reading, enum map_role role, uint32_t workload,
	int64_t *ret_stamp, struct err *err)
{
	static const double per_second[] = { 1, 1e3, 1e6 };
	const struct map *map = reading->map;
	const char *text = reading->text[role], *name = reading->name[role];
	size_t length = strlen(text);
	enum civil_kind kind;
	double value;

	if (map->time_unit == MAP_TIME_INDEX) {
		*ret_stamp = (int64_t)(map->start_s +
			map->step_s * (double)(reading->rows - 1) + 0.5);
		return 0;
	}
	if (!reading->level[role])
		return text_refuse(&reading->place, name, "a time", "", 0, err);
	if (map->time_unit < MAP_TIME_TEXT) {
		int r = text_number(&reading->place, name, text, length, &value, err);

		*ret_stamp = r < 0
			? 0
			: (int64_t)floor(value / per_second[map->time_unit] + 0.5);
		return r;
	}
	kind = reading->zone ? civil_next(text, length, &reading->order, &value)
			     : CIVIL_NONE;
	if (kind == CIVIL_AMBIGUOUS)
		return text_refuse(&reading->place, name, CIVIL_AMBIGUOUS_WANTED, text,
			length, err);
	if (kind == CIVIL_TIME)
		return local_time(reading, role, workload, value, ret_stamp);
	if (!reading->zone && civil_orders(text, length))
		return text_refuse(&reading->place, name,
			"a time with a zone (--zone ZONE takes times without one)",
			text, length, err);
	return text_time(&reading->place, name, text, length, ret_stamp, err);
}

/* "PT5M", "P1DT2H", or seconds as a number; 0: neither. */
static double duration_of(const char *text)
{
	static const struct {
		char letter;
		bool is_time;
		double seconds;
	} parts[] = { { 'W', false, 604800 }, { 'D', false, 86400 },
		{ 'H', true, 3600 }, { 'M', true, 60 }, { 'S', true, 1 } };
	bool is_time = false;
	double sum = 0;

	if (text_is_number(text, strlen(text), &sum))
		return sum;
	if (*text++ != 'P')
		return 0;
	while (*text) {
		char *end = NULL;
		double count;
		size_t i = 0;

		if (*text == 'T') {
			is_time = true;
			text++;
			continue;
		}
		count = *text >= '0' && *text <= '9' ? strtod(text, &end) : -1;
		while (end && i < ARRAY_LEN(parts) &&
			(parts[i].letter != *end || parts[i].is_time != is_time))
			i++;
		if (!end || i == ARRAY_LEN(parts))
			return 0;
		sum += count * parts[i].seconds;
		text = end + 1;
	}
	return sum;
}

/* How much time the row's values stand for; 0: nothing tells. */
static int row_period(struct map_reading *reading, int64_t stamp, double *ret_period_s,
	struct err *err)
{
	const struct map *map = reading->map;
	int64_t begin;
	int r;

	*ret_period_s = 0;
	if (reading->level[ROLE_BEGIN]) {
		r = map_row_time(reading, ROLE_BEGIN, NO_WORKLOAD, &begin, err);
		if (r < 0)
			return r;
		*ret_period_s = (double)(stamp - begin);
	} else if (reading->level[ROLE_PERIOD]) {
		*ret_period_s = duration_of(reading->text[ROLE_PERIOD]);
	} else if (map->period_s > 0) {
		*ret_period_s = map->period_s;
	} else if (map->is_spaced) {
		*ret_period_s = reading->spacing_s;
	}
	if (*ret_period_s < 0 || *ret_period_s > 604800)
		*ret_period_s = 0;
	return 0;
}

/* The stamp at the end of the slot, and the slot's length where something tells it. */
static int row_slot(struct map_reading *reading, struct map_slot *slot, struct err *err)
{
	const struct import_options *options = reading->source->options;
	const struct map *map = reading->map;
	int r = map_row_time(reading, ROLE_TIME, slot->workload, &slot->stamp, err);

	slot->period_s = 0;
	if (r >= 0 && map_has_period(map))
		r = row_period(reading, slot->stamp, &slot->period_s, err);
	if (r < 0)
		return r;
	if (map->is_begin_stamped) {
		if (slot->period_s <= 0)
			return err_set(err, -EINVAL,
				"%s:%llu: expected how long a value lasts (time.period_s "
				"of the map says it), found no two rows that tell it",
				reading->place.path,
				(unsigned long long)reading->place.line);
		slot->stamp += (int64_t)(slot->period_s + 0.5);
	}
	slot->is_wanted =
		!options || !options->has_since || slot->stamp >= options->since;
	if (slot->is_wanted && (slot->stamp < STAMP_MIN || slot->stamp > STAMP_MAX))
		return text_refuse(&reading->place, map->time_column,
			"a time between 1971 and 2100", reading->text[ROLE_TIME],
			strlen(reading->text[ROLE_TIME]), err);
	return 0;
}

/* ---- whose ---------------------------------------------------------------------------------- */

/* The word of that number, from 1; all of it where there are fewer than two. */
static bool word_of(
	const char *text, unsigned word, const char **ret, size_t *ret_length)
{
	unsigned count = 0;

	for (const char *at = text; *at;) {
		size_t length = strcspn(at, " ");

		if (length > 0 && ++count == word) {
			*ret = at;
			*ret_length = length;
		}
		at += length + strspn(at + length, " ");
	}
	return count >= 2 && count >= word;
}

/* The folder so many above the file. */
static bool folder_of(
	const char *path, unsigned above, const char **ret, size_t *ret_length)
{
	const char *end = strrchr(path, '/');

	for (; end && above > 1; above--) {
		do {
			end = end > path ? end - 1 : NULL;
		} while (end && *end != '/');
	}
	if (!end)
		return false;
	*ret = end;
	while (*ret > path && (*ret)[-1] != '/')
		--*ret;
	*ret_length = (size_t)(end - *ret);
	return *ret_length > 0;
}

static int row_workload(
	struct map_reading *reading, uint32_t *ret_workload, struct err *err)
{
	const struct map *map = reading->map;
	const struct import_options *options = reading->source->options;
	const char *name = options && options->workload ? options->workload
							: map->workload_constant;
	const char *text = reading->text[ROLE_WORKLOAD];
	size_t length = name ? strlen(name) : 0;
	bool is_said = name != NULL, is_field = false;
	int r = 0;

	if ((!options || !options->workload) && map->workload_column) {
		if (!reading->level[ROLE_WORKLOAD])
			return text_refuse(&reading->place, map->workload_column,
				"the workload, in the row or before it", "", 0, err);
		name = text;
		length = strlen(text);
		is_field = is_said = !map->workload_word ||
			word_of(text, map->workload_word, &name, &length);
	}
	if (!is_said && map->workload_folder)
		is_said = folder_of(
			reading->source->path, map->workload_folder, &name, &length);
	if (!is_said)
		r = importer_default_name(reading->source, &name, &length, err);
	if (r >= 0)
		r = text_name(&reading->place,
			is_field ? map->workload_column : "workload", name, length,
			err);
	return r < 0 ? r
		     : reading->sink->find_workload(
			       reading->sink, name, length, ret_workload, err);
}

static int workload_state(struct map_reading *reading, uint32_t number,
	struct map_workload **ret_workload, struct err *err)
{
	while (reading->workloads <= number) {
		if (ARRAY_EXTEND(reading->workload, reading->workloads) < 0)
			return err_oom(err);
		reading->workload[reading->workloads++] =
			(struct map_workload){ .counters = 0 };
	}
	*ret_workload = &reading->workload[number];
	return 0;
}

/* ---- what ----------------------------------------------------------------------------------- */

static bool is_unknown_token(const struct map *map, const char *text)
{
	if (!*text || !strcmp(text, "-") || !strcasecmp(text, "nan") ||
		!strcasecmp(text, "null"))
		return true;
	for (size_t i = 0; i < map->unknowns; i++) {
		if (!strcmp(map->unknown[i], text))
			return true;
	}
	return false;
}

/* A counter's value as a rate; the first one has none. */
static int rate_of_count(struct map_reading *reading, const struct map_value *value,
	struct map_workload *workload, uint32_t column, int64_t stamp, double *figure,
	struct err *err)
{
	const double per_one = value->counter_bits == 32 ? 1 : COUNTS_PER_ONE;
	const struct rate_kind kind = { .width = value->counter_bits,
		.bound_per_s = value->bound_per_s * per_one };
	struct rate_instant now = { stamp * 1000000000, stamp * 1000000000, 1 };
	struct map_counter *counter;
	struct rate_interval interval;
	double elapsed_s, per_s;

	while (workload->counters <= column) {
		if (ARRAY_EXTEND(workload->counter, workload->counters) < 0)
			return err_oom(err);
		workload->counter[workload->counters++] =
			(struct map_counter){ .step_s = 0 };
	}
	counter = &workload->counter[column];
	elapsed_s = counter->before.boot
		? (double)(now.monotonic_ns - counter->before.monotonic_ns) / 1e9
		: 0;
	if (elapsed_s > 0 && (counter->step_s <= 0 || elapsed_s < counter->step_s))
		counter->step_s = elapsed_s;
	interval = rate_between(
		&counter->before, &now, counter->step_s > 0 ? counter->step_s : 1);
	if (*figure * per_one >= COUNT_MAX) {
		*figure = NAN;
		return 0;
	}
	if (rate_next(&counter->state, &kind, &interval, (uint64_t)(*figure * per_one),
		    &per_s) == RATE_RESET &&
		reading->sink->account)
		reading->sink->account->resets++;
	counter->before = now;
	*figure = per_s / per_one;
	return 0;
}

static int say_memory_kind(struct map_reading *reading, struct map_workload *workload,
	uint32_t number, struct err *err)
{
	if (!reading->map->memory_kind || workload->is_kind_said)
		return 0;
	workload->is_kind_said = true;
	return reading->sink->put_fact(
		reading->sink, number, "memory.kind", reading->map->memory_kind, err);
}

static int read_map_number(struct map_reading *reading, size_t number, const char *text,
	const struct map_slot *slot, double *ret_figure, struct err *err)
{
	const struct map_value *value = &reading->map->value[number];
	struct account *account = reading->sink->account;
	const char *digits = value->is_absolute && *text == '-' ? text + 1 : text;
	int r;

	*ret_figure = NAN;
	if (is_unknown_token(reading->map, text)) {
		if (account)
			account->unknown++;
		return 0;
	}
	r = text_number(
		&reading->place, value->name, digits, strlen(digits), ret_figure, err);
	if (r < 0)
		return r;
	if (value->is_per_period) {
		if (slot->period_s <= 0)
			return text_refuse(&reading->place, value->name,
				"a period in which so much came", text, strlen(text),
				err);
		*ret_figure /= slot->period_s;
	}
	account_count(account, reading->account_row[number], 1);
	return 0;
}

static int put_map_value(struct map_reading *reading, const struct map_slot *slot,
	size_t number, unsigned kind, const char *instance, const char *text,
	struct err *err)
{
	const struct map_value *value = &reading->map->value[number];
	struct import_sink *sink = reading->sink;
	struct map_workload *workload = NULL;
	uint32_t column = 0;
	double figure;
	int r;

	if (value->instance)
		instance = value->instance;
	if ((value->only && strcmp(value->only, instance) != 0) ||
		(value->without && !strcmp(value->without, instance)))
		return 0;
	r = read_map_number(reading, number, text, slot, &figure, err);
	if (r >= 0)
		r = workload_state(reading, slot->workload, &workload, err);
	if (r >= 0 && part_is_memory(value->part))
		r = say_memory_kind(reading, workload, slot->workload, err);
	if (r >= 0)
		r = sink->find_part(sink, slot->workload, value->part, kind, instance,
			strlen(instance), &column, err);
	if (r >= 0 && value->counter_bits && !isnan(figure))
		r = rate_of_count(
			reading, value, workload, column, slot->stamp, &figure, err);
	return r < 0 ? r
		     : sink->put_part(sink, slot->workload, column, slot->stamp,
			       figure * value->scale, err);
}

/* Is it the metric of this value? */
static bool is_metric(const struct map_value *value, const char *metric)
{
	size_t length = strlen(metric), wanted = strlen(value->name);

	if (!value->is_ending)
		return !strcasecmp(value->name, metric);
	return length >= wanted && !strcasecmp(value->name, metric + length - wanted);
}

/* The value of a metric, with its extremes where the row has them. */
static int put_metric(struct map_reading *reading, size_t number, const char *instance,
	struct err *err)
{
	const struct map_value *value = &reading->map->value[number];
	int r = 0;

	for (unsigned kind = CELL_MEAN; r >= 0 && kind < CELL_KINDS; kind++) {
		if (reading->level[ROLE_VALUE + kind])
			r = put_map_value(reading, &reading->slot, number,
				kind == CELL_MEAN
					? value->kind
					: kind | (value->kind & PART_GREATEST),
				instance, reading->text[ROLE_VALUE + kind], err);
	}
	return r;
}

/* Those of its fields that are values. */
static int put_map_values(struct map_reading *reading, struct err *err)
{
	const struct map *map = reading->map;
	const struct map_slot *slot = &reading->slot;
	const char *instance =
		reading->level[ROLE_INSTANCE] ? reading->text[ROLE_INSTANCE] : "";
	int r = 0;

	if (map->is_long && !reading->level[ROLE_METRIC])
		return text_refuse(&reading->place, map->metric_column,
			"the metric, in the row or before it", "", 0, err);
	for (size_t i = 0; r >= 0 && i < map->values; i++) {
		if (map->is_long) {
			if (is_metric(&map->value[i], reading->text[ROLE_METRIC]))
				r = put_metric(reading, i, instance, err);
		} else if (reading->level[i]) {
			r = put_map_value(reading, slot, i, map->value[i].kind,
				instance, reading->text[i], err);
		}
	}
	return r;
}

int map_row_take(struct map_reading *reading, unsigned level, struct err *err)
{
	struct map_slot *slot = &reading->slot;
	int r = 0;

	reading->rows++;
	slot->workload = NO_WORKLOAD;
	if (!reading->map->is_workload_heading)
		r = row_workload(reading, &slot->workload, err);
	if (r >= 0)
		r = row_slot(reading, slot, err);
	if (r >= 0 && slot->is_wanted && !reading->map->is_workload_heading)
		r = put_map_values(reading, err);
	map_role_forget(reading, level);
	return r;
}

int map_row_take_heading(struct map_reading *reading, size_t number,
	const char *heading, const char *text, struct err *err)
{
	struct map_slot slot = reading->slot;
	bool is_workload = reading->map->is_workload_heading;
	int r = 0;

	if (!slot.is_wanted)
		return 0;
	if (is_workload)
		r = text_name(
			&reading->place, "workload", heading, strlen(heading), err);
	if (r >= 0 && is_workload)
		r = reading->sink->find_workload(
			reading->sink, heading, strlen(heading), &slot.workload, err);
	return r < 0 ? r
		     : put_map_value(reading, &slot, number,
			       reading->map->value[number].kind,
			       is_workload ? "" : heading, text, err);
}
