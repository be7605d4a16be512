/* What a feed publishes (feed.c) and what has to be stored of it (feed_verify.c). */
#ifndef TESTS_TOOLS_FEED_VALUES_H
#define TESTS_TOOLS_FEED_VALUES_H

#include <stdint.h>
#include <string.h>

enum { FEED_COLUMNS = 7 };

static const struct {
	const char *file;
	const char *source;
} feed_columns[FEED_COLUMNS] = {
	{ "cpu", "used_mhz" },
	{ "cpu", "user" },
	{ "memory", "used_bytes" },
	{ "memory", "total_bytes" },
	{ "memory", "cached_bytes" },
	{ "net-eth0", "received_bps" },
	{ "net-eth0", "sent_bps" },
};

/* Eighths below 2^20: exact through every mean that librrd forms of one reading. */
static inline double feed_value_at(int64_t stamp_s, unsigned column)
{
	uint64_t mixed = (uint64_t)stamp_s * 2654435761u + column * 40503u;

	mixed ^= mixed >> 15;
	return (double)(mixed % (1u << 20)) / 8;
}

/* The value of "key=value" among the arguments. */
static inline const char *feed_option(
	int argc, char **argv, const char *key, const char *standard)
{
	size_t length = strlen(key);

	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], key, length) == 0 && argv[i][length] == '=')
			return argv[i] + length + 1;
	return standard;
}

#endif
