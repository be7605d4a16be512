#include "analyze/verbs/monitor_range.h"

#include "common/parse.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static int range_end(
	const char *text, size_t length, double if_empty, double *ret_value)
{
	if (length == 0) {
		*ret_value = if_empty;
		return 0;
	}
	return parse_double(text, length, ret_value);
}

int monitor_range_parse(
	const char *text, size_t length, struct monitor_range *ret_range)
{
	struct monitor_range range = { .is_set = true, .high = INFINITY };
	const char *colon;
	int r;

	if (length == 0 || length >= sizeof(range.text))
		return -EINVAL;
	memcpy(range.text, text, length);
	if (*text == '@') {
		range.is_inside = true;
		text++;
		length--;
	}
	colon = memchr(text, ':', length);
	if (!colon) {
		r = parse_double(text, length, &range.high);
	} else {
		size_t before = (size_t)(colon - text);

		if (before == 1 && *text == '~') {
			range.low = -INFINITY;
			r = 0;
		} else {
			r = range_end(text, before, 0, &range.low);
		}
		if (r == 0)
			r = range_end(
				colon + 1, length - before - 1, INFINITY, &range.high);
	}
	if (r < 0 || !(range.low <= range.high))
		return -EINVAL;
	*ret_range = range;
	return 0;
}

bool monitor_range_raises(const struct monitor_range *range, double value)
{
	bool is_within = value >= range->low && value <= range->high;

	return range->is_set && !isnan(value) && is_within == range->is_inside;
}
