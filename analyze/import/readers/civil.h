/*
 * Times as people write them, without a zone: what a clock on the wall showed, in seconds
 * since 1970 as if that clock stood in UTC ("civil" here), and the zone that makes UTC
 * of it.
 */
#ifndef ANALYZE_IMPORT_READERS_CIVIL_H
#define ANALYZE_IMPORT_READERS_CIVIL_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Days since 1970-01-01 of the proleptic Gregorian calendar; month 1..12. */
int64_t civil_days(int year, int month, int day);
/* Returns 28 to 31; month 1..12. */
int civil_days_in_month(int year, int month);

/* The order in which a date has its parts. */
enum date_order { DATE_YMD, DATE_MDY, DATE_DMY };
/* "YMD", "MDY", "DMY" in either case; false for anything else. */
bool civil_order(const char *text, enum date_order *ret_order);

/*
 * civil_parse - "04/28/2023 05:55:48.490", "2018-09-15 10:44:20", "18.09.15 10:44"
 *
 * Date and time are parted by blanks or T; the date by / - or .; years of two digits
 * are 1970 to 2069; an AM or PM may follow the time; a fraction of the second is kept.
 * A date that begins with four digits is a DATE_YMD whatever the order says.
 *
 * Returns whether all of the text is such a time.
 */
bool civil_parse(
	const char *text, size_t length, enum date_order order, double *ret_civil_s);

/* Which orders a date can be read in: bit per enum date_order; of one that begins with
 * four digits DATE_YMD alone. */
unsigned civil_orders(const char *text, size_t length);

/* The order of a file's dates, which a person said or its own dates tell. */
struct known_order {
	enum date_order order;
	bool is_known;
};
enum civil_kind { CIVIL_NONE, CIVIL_TIME, CIVIL_AMBIGUOUS };
#define CIVIL_AMBIGUOUS_WANTED                                                              \
	"a date whose day and month can be told apart (--date-format MDY, DMY or YMD says " \
	"which comes first)"

/* The next time of a file; the order is known from the first date that tells it. */
enum civil_kind civil_next(const char *text, size_t length, struct known_order *known,
	double *ret_civil_s);

/* ---- zones --------------------------------------------------------------------------- */

struct zone; /* opaque */

/*
 * zone_open - "UTC", "+02:00", "-0530", "Europe/Berlin"
 *
 * Names are those of /usr/share/zoneinfo.  -EINVAL with the text set for others.
 */
int zone_open(const char *name, struct zone **ret_zone, struct err *err);
void zone_close(struct zone *zone);              /* NULL is a no-op */
struct zone *zone_copy(const struct zone *zone); /* NULL: no memory */

/*
 * zone_utc - the moments at which a clock in the zone showed this
 *
 * Returns how many there are: 0 (the hour that was left out), 1, or 2 (the hour that came
 * twice; the earlier one first).
 */
int zone_utc(const struct zone *zone, int64_t civil_s, int64_t ret_utc[2]);

/*
 * A clock that is read row by row.  In a zone the hour that comes twice is told apart by
 * the rows before it.  With an offset alone (a PerfMon log has the offset of its first
 * row) a step back by an hour or half of one, or forward by that and one step of the
 * log, is the change of the clocks.
 */
struct local_clock {
	const struct zone *zone; /* NULL: the offset holds */
	double offset_s;         /* what is added to civil time to get UTC */
	bool has_before;
	double before_civil_s, before_utc_s;
	double step_s;      /* between the two rows before; 0: not known */
	unsigned changes;   /* that were found */
	unsigned ambiguous; /* rows of an hour that comes twice, with nothing before */
	unsigned skipped;   /* rows in an hour that the zone left out */
};

/* The next row's moment, Unix seconds. */
double local_clock_next(struct local_clock *clock, double civil_s);

#endif
