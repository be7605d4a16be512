/* Zones: fixed offsets, and the files of /usr/share/zoneinfo (RFC 8536). */
#include "analyze/import/readers/bytes.h"
#include "analyze/import/readers/civil.h"
#include "analyze/import/readers/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ZONE_FOLDER "/usr/share/zoneinfo"
#define ZONE_FILE_MAX 65536
#define ZONE_NAME_MAX 64
#define HEADER_BYTES 44
#define TYPE_BYTES 6

/* From `since` on the zone is `offset_s` ahead of UTC. */
struct zone_span {
	int64_t since;
	int32_t offset_s;
};

struct zone {
	struct zone_span *span; /* the first one's since is INT64_MIN */
	size_t count;
};

void zone_close(struct zone *zone)
{
	if (!zone)
		return;
	free(zone->span);
	free(zone);
}

static struct zone *zone_of_spans(size_t count)
{
	struct zone *zone = calloc(1, sizeof(*zone));

	if (!zone)
		return NULL;
	zone->span = calloc(count, sizeof(*zone->span));
	zone->count = count;
	if (zone->span)
		return zone;
	free(zone);
	return NULL;
}

struct zone *zone_copy(const struct zone *zone)
{
	struct zone *copy = zone_of_spans(zone->count);

	if (copy)
		memcpy(copy->span, zone->span, zone->count * sizeof(*zone->span));
	return copy;
}

/* "Z", "UTC", "+02:00", "-0530", "+1". */
static bool fixed_offset(const char *name, int32_t *ret_offset_s)
{
	int sign, hours = 0, minutes = 0, used = 0;
	size_t length = strlen(name);

	if (!strcasecmp(name, "UTC") || !strcasecmp(name, "Z") ||
		!strcasecmp(name, "GMT")) {
		*ret_offset_s = 0;
		return true;
	}
	if (length < 2 || (name[0] != '+' && name[0] != '-') || name[1] < '0' ||
		name[1] > '9')
		return false;
	sign = name[0] == '-' ? -1 : 1;
	if (sscanf(name + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2) {
		minutes = used = 0;
		if (length == 5 &&
			sscanf(name + 1, "%2d%2d%n", &hours, &minutes, &used) != 2)
			return false;
		if (length != 5 && sscanf(name + 1, "%2d%n", &hours, &used) != 1)
			return false;
	}
	*ret_offset_s = sign * (hours * 3600 + minutes * 60);
	return (size_t)used + 1 == length && hours <= 14 && minutes >= 0 &&
		minutes < 60;
}

static int64_t big_endian(const unsigned char *bytes, unsigned count)
{
	uint64_t value = bytes[0] & 0x80 ? UINT64_MAX : 0;

	for (unsigned i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return (int64_t)value;
}

/* The counts of one header: isut, isstd, leap, time, type, char. */
static bool read_counts(
	const unsigned char *at, const unsigned char *end, size_t count[6])
{
	if (end - at < HEADER_BYTES || memcmp(at, "TZif", 4) != 0)
		return false;
	for (unsigned i = 0; i < 6; i++) {
		count[i] = (size_t)big_endian(at + 20 + i * 4, 4);
		if (count[i] > ZONE_FILE_MAX)
			return false;
	}
	return true;
}

static size_t block_bytes(const size_t count[6], size_t time_bytes)
{
	return count[3] * (time_bytes + 1) + count[4] * TYPE_BYTES + count[5] +
		count[2] * (time_bytes + 4) + count[1] + count[0];
}

static struct zone *zone_of_block(const unsigned char *at, const size_t count[6])
{
	const unsigned char *type_of = at + count[3] * 8;
	const unsigned char *type = type_of + count[3];
	struct zone *zone = count[4] ? zone_of_spans(count[3] + 1) : NULL;

	if (!zone)
		return NULL;
	zone->span[0] = (struct zone_span){ INT64_MIN, (int32_t)big_endian(type, 4) };
	for (size_t i = 0; i < count[3]; i++) {
		size_t number = type_of[i] < count[4] ? type_of[i] : 0;

		zone->span[i + 1] = (struct zone_span){ big_endian(at + i * 8, 8),
			(int32_t)big_endian(type + number * TYPE_BYTES, 4) };
	}
	return zone;
}

/* The second block of the file has times of 64 bits. */
static struct zone *zone_of_file(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + length;
	size_t count[6];

	if (!read_counts(at, end, count) || at[4] < '2')
		return NULL;
	at += HEADER_BYTES;
	if (block_bytes(count, 4) > (size_t)(end - at))
		return NULL;
	at += block_bytes(count, 4);
	if (!read_counts(at, end, count))
		return NULL;
	at += HEADER_BYTES;
	return block_bytes(count, 8) > (size_t)(end - at) ? NULL
							  : zone_of_block(at, count);
}

static bool is_zone_name(const char *name)
{
	size_t length = strspn(name,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/");

	return length > 0 && !name[length] && length < ZONE_NAME_MAX &&
		name[0] != '/' && !strstr(name, "..");
}

static int load_zone(const char *name, struct zone **ret_zone, struct err *err)
{
	char path[sizeof(ZONE_FOLDER) + ZONE_NAME_MAX + 1];
	char quoted[TEXT_QUOTE_SIZE];
	struct bytes *bytes = NULL;
	char *text = NULL;
	size_t length = 0;
	int r = -ENOENT;

	*ret_zone = NULL;
	if (is_zone_name(name)) {
		snprintf(path, sizeof(path), "%s/%s", ZONE_FOLDER, name);
		r = bytes_open(path, &bytes, NULL);
	}
	if (r >= 0)
		r = bytes_slurp(bytes, ZONE_FILE_MAX, &text, &length, NULL);
	if (r >= 0)
		*ret_zone = zone_of_file(text, length);
	free(text);
	bytes_close(bytes);
	if (*ret_zone)
		return 0;
	if (r == -ENOMEM)
		return err_oom(err);
	text_quote(name, strlen(name), quoted);
	return err_set(err, -EINVAL,
		"expected a zone such as UTC, +02:00 or Europe/Berlin, found \"%s\"",
		quoted);
}

int zone_open(const char *name, struct zone **ret_zone, struct err *err)
{
	int32_t offset_s;

	if (!fixed_offset(name, &offset_s))
		return load_zone(name, ret_zone, err);
	*ret_zone = zone_of_spans(1);
	if (!*ret_zone)
		return err_oom(err);
	(*ret_zone)->span[0] = (struct zone_span){ INT64_MIN, offset_s };
	return 0;
}

int zone_utc(const struct zone *zone, int64_t civil_s, int64_t ret_utc[2])
{
	int count = 0;

	/* few spans lie within a day of the moment; years have two */
	for (size_t i = 0; i < zone->count && count < 2; i++) {
		const struct zone_span *span = &zone->span[i];
		int64_t utc = civil_s - span->offset_s;
		bool is_last = i + 1 == zone->count;

		if (utc >= span->since && (is_last || utc < zone->span[i + 1].since))
			ret_utc[count++] = utc;
	}
	return count;
}
