/* Times that people write: ISO 8601, ages, now. */
#ifndef COMMON_ISO_TIME_H
#define COMMON_ISO_TIME_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * time_parse - a moment as the options --since, --until and others take it
 *
 * "now"; an age: a whole number and one of s m h d w ("4w": four weeks before now);
 * ISO 8601 ("2026-11-21", "2026-11-21T08:30", with seconds, with a zone "Z", "+01:00",
 * "+0100"; without a zone it is local time); "@" and Unix seconds.
 *
 * Returns 0, or -EINVAL with the text set.
 */
int time_parse(const char *text, int64_t now, int64_t *ret_time, struct err *err);

/* "YYYY-MM-DD" of a day that exists; -EINVAL with the text set otherwise. */
int time_check_date(const char *text, struct err *err);

/*
 * iso_time_parse - ISO 8601 alone, as time_parse has it
 *
 * wants_zone  a time without a zone is refused; else it is local time
 *
 * Returns 0 and the Unix seconds, -EINVAL, or -ERANGE for a local time that the clocks show
 * twice or never, where they are set for the summer or back.
 */
int iso_time_parse(const char *text, bool wants_zone, int64_t *ret_time);

#endif
