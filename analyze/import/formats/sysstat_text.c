/* sadf -d: rows parted by semicolons.  sar: tables for people. */
#include "analyze/import/formats/sysstat.h"

#include "analyze/import/readers/civil.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES ((size_t)1 << 20)
#define COLUMNS_MAX 64

struct sys_columns {
	enum sys_field field[COLUMNS_MAX];
	size_t count;
	bool has_ours;
	uint32_t print; /* of the header: the same text is the same table */
};

struct sys_text {
	struct sys_reading *reading;
	struct text_lines *lines;
	struct sys_columns columns;
	struct zone *zone; /* NULL: not needed yet */
	/* sar: */
	double day_civil_s;   /* of the table's rows; the date of the first line */
	double first_day_s;   /* of the file */
	double before_time_s; /* of the row before in this table */
	struct local_clock clock;
};

struct word {
	const char *text;
	size_t length;
};

static size_t split_words(const char *line, size_t length, const char *delimiters,
	bool merges, struct word words[COLUMNS_MAX])
{
	const char *at = line, *end = line + length;
	size_t count = 0;

	while (count < COLUMNS_MAX) {
		const char *begin;

		while (merges && at < end && strchr(delimiters, *at))
			at++;
		if (merges && at == end)
			break;
		begin = at;
		while (at < end && !strchr(delimiters, *at))
			at++;
		words[count++] = (struct word){ begin, (size_t)(at - begin) };
		if (at == end)
			break;
		at++;
	}
	return count;
}

static bool is_word(const struct word *word, const char *text)
{
	return word->length == strlen(text) && !memcmp(word->text, text, word->length);
}

static void take_columns(
	struct sys_columns *columns, const struct word *words, size_t count)
{
	uint32_t print = 2166136261u;

	columns->count = count;
	columns->has_ours = false;
	for (size_t i = 0; i < count; i++) {
		columns->field[i] = sys_field_find(words[i].text, words[i].length);
		columns->has_ours |= columns->field[i] > SYS_CPU &&
			columns->field[i] != SYS_NO_FIELD;
		for (size_t k = 0; k < words[i].length; k++)
			print = (print ^ (unsigned char)words[i].text[k]) * 16777619u;
		print = (print ^ ';') * 16777619u;
	}
	columns->print = print;
}

/* Words behind the time as a row of the columns. */
static int take_words(struct sys_text *text, int64_t stamp, const struct word *words,
	size_t count, struct err *err)
{
	const struct text_place *place = text_lines_place(text->lines);
	struct sys_row row;

	if (!text->columns.has_ours)
		return 0;
	sys_row_init(&row);
	for (size_t i = 0; i < count && i < text->columns.count; i++) {
		enum sys_field field = text->columns.field[i];
		int r;

		if (field == SYS_NO_FIELD)
			continue;
		if (field == SYS_CPU || field == SYS_IFACE || field == SYS_DEV) {
			row.name = words[i].text;
			row.name_length = words[i].length;
			continue;
		}
		if (is_word(&words[i], "-") || words[i].length == 0)
			continue; /* unknown */
		r = text_number(place, "value", words[i].text, words[i].length,
			&row.value[field], err);
		if (r < 0)
			return r;
	}
	if (count != text->columns.count)
		return err_set(err, -EINVAL, "%s:%llu: expected %zu columns, found %zu",
			place->path, (unsigned long long)place->line,
			text->columns.count, count);
	return sys_take_row(text->reading, stamp, &row, err);
}

static int need_zone(struct sys_text *text, struct err *err)
{
	const struct import_options *options = text->reading->source->options;
	int r;

	if (text->zone)
		return 0;
	if (!options || !options->zone)
		return err_set(err, -EINVAL,
			"%s:%llu: field time: expected a zone, found a local time without "
			"one: give --zone, such as --zone Europe/Berlin",
			text->reading->source->path,
			(unsigned long long)text_lines_place(text->lines)->line);
	r = importer_zone(text->reading->source, options->zone, &text->zone, err);
	if (r < 0)
		return err_wrap(err, r, "--zone");
	account_set_zone(text->reading->sink->account, options->zone);
	text->clock.zone = text->zone;
	return 0;
}

/* ---- sadf -d -------------------------------------------------------------------------- */

/* "2017-01-04 20:17:24 UTC", the same in local time, or Unix seconds (-U). */
static int row_stamp(struct sys_text *text, const struct word *word, int64_t *ret_stamp,
	struct err *err)
{
	const struct text_place *place = text_lines_place(text->lines);
	bool is_utc =
		word->length > 4 && !memcmp(word->text + word->length - 4, " UTC", 4);
	double seconds;
	int r;

	if (text_is_number(word->text, word->length, &seconds))
		return text_time(
			place, "timestamp", word->text, word->length, ret_stamp, err);
	if (!civil_parse(
		    word->text, word->length - (is_utc ? 4 : 0), DATE_YMD, &seconds))
		return text_refuse(place, "timestamp",
			"a time such as 2017-01-04 20:17:24 UTC", word->text,
			word->length, err);
	if (is_utc) {
		account_set_zone(text->reading->sink->account, "UTC");
		*ret_stamp = (int64_t)seconds;
		return 0;
	}
	r = need_zone(text, err);
	if (r >= 0)
		*ret_stamp = (int64_t)local_clock_next(&text->clock, seconds);
	return r;
}

static int take_rows_line(
	struct sys_text *text, const char *line, size_t length, struct err *err)
{
	struct word words[COLUMNS_MAX];
	size_t count = split_words(line, length, ";", false, words);
	int64_t stamp = 0;
	int r;

	if (length == 0)
		return 0;
	if (line[0] == '#') {
		/* "# hostname;interval;timestamp;..." */
		if (count < 4 || !is_word(&words[2], "timestamp"))
			return text_refuse(text_lines_place(text->lines), "1",
				"# hostname;interval;timestamp;... of sadf -d", line,
				length, err);
		take_columns(&text->columns, words + 3, count - 3);
		return 0;
	}
	if (count < 4)
		return text_refuse(text_lines_place(text->lines), "1",
			"a row of sadf -d", line, length, err);
	if (words[3].length >= 13 && (!memcmp(words[3].text, "LINUX-RESTART", 13)))
		return 0;
	if (words[3].length >= 3 && !memcmp(words[3].text, "COM", 3) && count == 4)
		return 0; /* a comment that somebody put into the log */
	r = row_stamp(text, &words[2], &stamp, err);
	if (r >= 0)
		r = sys_find_workload(
			text->reading, words[0].text, words[0].length, err);
	return r < 0 ? r : take_words(text, stamp, words + 3, count - 3, err);
}

/* ---- sar -------------------------------------------------------------------------------- */

/* "Linux 3.10.0 (web1) \t03/28/16 \t_x86_64_\t(48 CPU)" */
static int take_sar_head(
	struct sys_text *text, const char *line, size_t length, struct err *err)
{
	const struct text_place *place = text_lines_place(text->lines);
	const struct import_options *options = text->reading->source->options;
	enum date_order order = DATE_YMD;
	struct word words[COLUMNS_MAX];
	size_t count = split_words(line, length, " \t", true, words);
	unsigned orders;
	int r;

	if (count < 4 || words[2].length < 3 || words[2].text[0] != '(')
		return text_refuse(place, "1",
			"Linux RELEASE (HOST) DATE, the first line of sar", line,
			length, err);
	orders = civil_orders(words[3].text, words[3].length);
	if (options && options->date_format &&
		!civil_order(options->date_format, &order))
		return err_set(err, -EINVAL,
			"--date-format: expected YMD, MDY or DMY, found \"%.20s\"",
			options->date_format);
	if (!options || !options->date_format) {
		/* one reading, or the same in all */
		if (orders == (1u << DATE_MDY | 1u << DATE_DMY) ||
			(orders == 7 && words[3].length < 10))
			return err_set(err, -EINVAL,
				"%s:1: field date: \"%.*s\" can be read as month/day and as "
				"day/month: give --date-format MDY or DMY",
				place->path, (int)words[3].length, words[3].text);
		order = orders & 1u << DATE_YMD   ? DATE_YMD
			: orders & 1u << DATE_MDY ? DATE_MDY
						  : DATE_DMY;
	}
	if (!civil_parse(words[3].text, words[3].length, order, &text->first_day_s))
		return text_refuse(place, "date", "the date of the log", words[3].text,
			words[3].length, err);
	r = sys_find_workload(
		text->reading, words[2].text + 1, words[2].length - 2, err);
	return r < 0 ? r : need_zone(text, err);
}

/* "09:10:01" or "09:10:01 AM": seconds of the day, and how many words it took; 0: none. */
static size_t sar_time(const struct word *words, size_t count, double *ret_time_s)
{
	int hour, minute, second, used = 0;
	bool is_pm;

	if (count < 2 || words[0].length != 8 ||
		sscanf(words[0].text, "%2d:%2d:%2d%n", &hour, &minute, &second,
			&used) != 3 ||
		used != 8 || hour > 23 || minute > 59 || second > 60)
		return 0;
	is_pm = is_word(&words[1], "PM");
	if (is_pm || is_word(&words[1], "AM"))
		hour = hour % 12 + (is_pm ? 12 : 0);
	*ret_time_s = hour * 3600.0 + minute * 60.0 + second;
	return is_pm || is_word(&words[1], "AM") ? 2 : 1;
}

/* Behind the time of a header stand names, behind that of a row at least one number. */
static bool is_sar_header(const struct word *words, size_t count)
{
	double value;

	for (size_t i = 0; i < count; i++) {
		if (text_is_number(words[i].text, words[i].length, &value))
			return false;
	}
	return true;
}

static int take_sar_line(
	struct sys_text *text, const char *line, size_t length, struct err *err)
{
	struct word words[COLUMNS_MAX];
	size_t count = split_words(line, length, " \t", true, words), skip;
	double time_s = 0;

	if (count == 0 || is_word(&words[0], "Average:") ||
		is_word(&words[0], "Summary:"))
		return 0;
	skip = sar_time(words, count, &time_s);
	if (skip == 0)
		return count > 1 && is_word(&words[0], "Linux")
			? take_sar_head(text, line, length, err)
			: 0; /* averages in other languages, empty tables */
	if (count > skip + 1 && is_word(&words[skip], "LINUX"))
		return 0; /* RESTART */
	if (is_sar_header(words + skip, count - skip)) {
		uint32_t before = text->columns.print;

		take_columns(&text->columns, words + skip, count - skip);
		if (text->columns.print != before) {
			/* another table begins at the beginning of the day */
			text->day_civil_s = text->first_day_s;
			text->before_time_s = time_s;
			text->clock.has_before = false;
		}
		return 0;
	}
	if (text->columns.count == 0)
		return 0;
	/* a step back of more than the hour that comes twice is another day */
	if (time_s + 7200 < text->before_time_s)
		text->day_civil_s += 86400;
	text->before_time_s = time_s;
	return take_words(text,
		(int64_t)local_clock_next(&text->clock, text->day_civil_s + time_s),
		words + skip, count - skip, err);
}

/* ---- a file ------------------------------------------------------------------------------- */

static int read_sys_text(struct sys_reading *reading, struct bytes *bytes,
	int (*take)(struct sys_text *text, const char *line, size_t length,
		struct err *err),
	struct err *err)
{
	struct sys_text text = { .reading = reading };
	const char *line = NULL;
	size_t length = 0;
	int r = text_lines_of(bytes, LINE_MAX_BYTES, &text.lines, err);

	if (r < 0)
		return r;
	while ((r = text_lines_next(text.lines, &line, &length, err)) > 0) {
		r = take(&text, line, length, err);
		if (r < 0)
			break;
	}
	if (r >= 0 && text.clock.skipped)
		r = account_warn(reading->sink->account, err,
			"%u rows lie in an hour that the zone leaves out",
			text.clock.skipped);
	zone_close(text.zone);
	text_lines_close(text.lines);
	return r;
}

int sys_read_rows(struct sys_reading *reading, struct bytes *bytes, struct err *err)
{
	return read_sys_text(reading, bytes, take_rows_line, err);
}

int sys_read_sar(struct sys_reading *reading, struct bytes *bytes, struct err *err)
{
	return read_sys_text(reading, bytes, take_sar_line, err);
}
