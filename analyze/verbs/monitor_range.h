/* Thresholds as monitoring plugins have them: "10", "10:", "~:10", "10:20", "@10:20". */
#ifndef ANALYZE_VERBS_MONITOR_RANGE_H
#define ANALYZE_VERBS_MONITOR_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#define MONITOR_RANGE_TEXT 48

/* Raises outside of low..high, or inside of it; both ends belong to it. */
struct monitor_range {
	bool is_set, is_inside;
	double low, high;              /* may be infinite */
	char text[MONITOR_RANGE_TEXT]; /* as it was given, for the performance data */
};

/*
 * monitor_range_parse - the first length bytes of text
 *
 * "N" is 0:N, "N:" has no end, "~:N" no beginning, "@" turns it round.  Returns 0, or
 * -EINVAL for what is no range or ends before it begins.
 */
int monitor_range_parse(
	const char *text, size_t length, struct monitor_range *ret_range);

/* False where the range is not set, or nothing is known (NAN). */
bool monitor_range_raises(const struct monitor_range *range, double value);

#endif
