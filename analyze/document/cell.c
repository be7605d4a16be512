#include "analyze/document/cell.h"

#include "common/timefmt.h"
#include "analyze/document/quantity.h"
#include "common/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

_Static_assert(CELL_TEXT_SIZE >= TIME_TEXT_SIZE && CELL_TEXT_SIZE >= QUANTITY_SIZE,
	"a cell's text has room for a moment and for a quantity");

struct cell cell_absent(void)
{
	return (struct cell){ .kind = CELL_ABSENT };
}

struct cell cell_unknown(const char *why)
{
	return (struct cell){ .kind = CELL_UNKNOWN, .text = why };
}

struct cell cell_number(double value, enum unit unit)
{
	return isnan(value)
		? cell_unknown(NULL)
		: (struct cell){ .kind = CELL_NUMBER, .number = value, .unit = unit };
}

struct cell cell_plain_number(double value)
{
	return cell_number(value, UNIT_NONE);
}

struct cell cell_resource(double value, enum resource resource)
{
	return cell_number(value, unit_of_resource(resource));
}

struct cell cell_count(int64_t count)
{
	return (struct cell){ .kind = CELL_WHOLE, .integer = count };
}

struct cell cell_share(double ratio)
{
	return isnan(ratio) ? cell_unknown(NULL)
			    : (struct cell){ .kind = CELL_SHARE, .number = ratio };
}

struct cell cell_moment(int64_t at, enum moment_form form)
{
	return (struct cell){ .kind = CELL_MOMENT, .integer = at, .form = form };
}

struct cell cell_bool(bool is_true)
{
	return (struct cell){ .kind = CELL_BOOL, .integer = is_true };
}

struct cell cell_text(const char *text)
{
	return (struct cell){ .kind = CELL_TEXT, .text = text };
}

struct cell cell_text_or_none(const char *text)
{
	return cell_text(text && *text ? text : NULL);
}

struct cell cell_table(struct doc_table *table)
{
	return (struct cell){ .kind = CELL_TABLE, .table = table };
}

struct cell cell_chart(const struct chart *chart)
{
	return (struct cell){ .kind = CELL_CHART, .chart = chart };
}

struct cell cell_shown(struct cell cell, const char *shown)
{
	cell.shown = shown;
	return cell;
}

struct cell cell_toned(struct cell cell, enum color tone)
{
	cell.tone = tone;
	return cell;
}

struct cell cell_marked(struct cell cell, const char *mark)
{
	cell.mark = mark;
	return cell;
}

enum unit unit_of_resource(enum resource resource)
{
	static const enum unit units[RESOURCE_COUNT] = {
		[RESOURCE_MEMORY] = UNIT_BYTES,
		[RESOURCE_CPU] = UNIT_MHZ,
		[RESOURCE_NETWORK] = UNIT_BPS,
		[RESOURCE_DISK] = UNIT_BYTES_PER_S,
		[RESOURCE_DISK_OPS] = UNIT_OPS_PER_S,
	};

	return units[resource];
}

/* A row of a table each, in words: some scale, some round, some have no unit. */
static const char *number_for_people(const struct cell *cell, char *text)
{
	double value = cell->number;

	switch (cell->unit) {
	case UNIT_BYTES:
		return quantity_bytes(value, text);
	case UNIT_MB:
		return quantity_bytes(value * BYTES_PER_MB, text);
	case UNIT_GB:
		return quantity_bytes(value * BYTES_PER_GB, text);
	case UNIT_MHZ:
		return quantity_text(value, RESOURCE_CPU, text);
	case UNIT_BPS:
		return quantity_text(value, RESOURCE_NETWORK, text);
	case UNIT_MBPS:
		return quantity_text(value * BPS_PER_MBPS, RESOURCE_NETWORK, text);
	case UNIT_BYTES_PER_S:
		return quantity_text(value, RESOURCE_DISK, text);
	case UNIT_MB_PER_S:
		return quantity_text(value * BYTES_PER_MB, RESOURCE_DISK, text);
	case UNIT_OPS_PER_S:
		return quantity_text(value, RESOURCE_DISK_OPS, text);
	case UNIT_SECONDS:
		return time_text_length(value, text);
	case UNIT_DAYS:
		return time_text_length(value * SECONDS_PER_DAY, text);
	case UNIT_PERCENT:
		(void)snprintf(text, CELL_TEXT_SIZE, "%.0f", value);
		return text;
	case UNIT_RATIO:
		(void)snprintf(text, CELL_TEXT_SIZE, "%.3g %%", value * 100);
		return text;
	case UNIT_PER_S:
		(void)snprintf(text, CELL_TEXT_SIZE, "%.3g /s", value);
		return text;
	case UNIT_CELSIUS:
		(void)snprintf(text, CELL_TEXT_SIZE, "%.3g \u00b0C", value);
		return text;
	case UNIT_RPM:
		(void)snprintf(text, CELL_TEXT_SIZE, "%.0f rpm", value);
		return text;
	case UNIT_WATT:
		(void)snprintf(text, CELL_TEXT_SIZE, "%.3g W", value);
		return text;
	case UNIT_VOLT:
		(void)snprintf(text, CELL_TEXT_SIZE, "%.3g V", value);
		return text;
	case UNIT_NONE:
		break;
	}
	(void)snprintf(text, CELL_TEXT_SIZE, "%.6g", value);
	return text;
}

static const char *moment_for_people(const struct cell *cell, char *text)
{
	switch (cell->form) {
	case MOMENT_LONG:
		return time_text(cell->integer, text);
	case MOMENT_DAY:
		return time_text_day(cell->integer, text);
	case MOMENT_WITHIN_YEAR:
		return time_text_within_year(cell->integer, text);
	case MOMENT_CLOCK:
		return time_text_clock(cell->integer, text);
	case MOMENT_SHORT:
		break;
	}
	return time_text_short(cell->integer, text);
}

const char *cell_for_people(const struct cell *cell, char text[CELL_TEXT_SIZE])
{
	if (cell->shown)
		return cell->shown;
	switch (cell->kind) {
	case CELL_NUMBER:
		return number_for_people(cell, text);
	case CELL_WHOLE:
		(void)snprintf(text, CELL_TEXT_SIZE, "%" PRId64, cell->integer);
		return text;
	case CELL_SHARE:
		return quantity_percent(cell->number, text);
	case CELL_MOMENT:
		return moment_for_people(cell, text);
	case CELL_BOOL:
		return cell->integer ? "yes" : "no";
	case CELL_TEXT:
		return cell->text ? cell->text : "-";
	case CELL_ABSENT:
	case CELL_UNKNOWN:
	case CELL_TABLE:
	case CELL_CHART:
		break;
	}
	return "-";
}
