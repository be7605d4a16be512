/* The path of a counter, and the first cell of the header. */
#include "analyze/import/formats/pdh.h"

#include <stdio.h>
#include <string.h>

bool pdh_split(const char *text, size_t length, struct pdh_path *ret_path)
{
	const char *end = text + length, *at = text, *slash;
	struct pdh_path path = { .host = "", .instance = "" };

	if (length > 2 && text[0] == '\\' && text[1] == '\\') {
		path.host = text + 2;
		at = memchr(path.host, '\\', (size_t)(end - path.host));
		if (!at)
			return false;
		path.host_length = (size_t)(at - path.host);
	}
	if (at == end || *at != '\\')
		return false;
	at++;
	/* the last backslash parts the counter; an instance may hold some */
	slash = memrchr(at, '\\', (size_t)(end - at));
	if (!slash || slash == at || slash + 1 == end)
		return false;
	path.object = at;
	path.object_length = (size_t)(slash - at);
	path.counter = slash + 1;
	path.counter_length = (size_t)(end - path.counter);
	if (slash[-1] == ')') {
		const char *open = memchr(at, '(', path.object_length);

		if (!open || open == at)
			return false;
		path.object_length = (size_t)(open - at);
		path.instance = open + 1;
		path.instance_length = (size_t)(slash - 1 - path.instance);
	}
	*ret_path = path;
	return true;
}

bool pdh_parse_zone(const char *text, size_t length, struct pdh_zone *ret_zone)
{
	struct pdh_zone zone = { .has_bias = false };
	char copy[200], *open, *close;

	if (length < 8 ||
		(memcmp(text, "(PDH-CSV", 8) != 0 && memcmp(text, "(PDH-TSV", 8)))
		return false;
	snprintf(copy, sizeof(copy), "%.*s", (int)(length < 199 ? length : 199), text);
	open = strchr(copy, ')');
	open = open ? strchr(open, '(') : NULL;
	close = open ? strrchr(copy, ')') : NULL;
	if (open) {
		char *bias = strrchr(copy, '(');
		char *name_end = strchr(open, ')');
		int minutes, used = 0;

		if (close && bias && bias != open &&
			sscanf(bias + 1, "%d)%n", &minutes, &used) == 1 && used > 0 &&
			minutes >= -900 && minutes <= 900) {
			zone.has_bias = true;
			zone.bias_min = minutes;
		}
		if (name_end)
			*name_end = '\0';
		snprintf(zone.name, sizeof(zone.name), "%s", open + 1);
	}
	*ret_zone = zone;
	return true;
}
