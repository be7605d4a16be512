/*
 * What became of a file: what was mapped to what, what was left out and why, which zone
 * its times were read in.  An importer fills it while it reads; `analyze import` shows
 * it at its end.
 */
#ifndef ANALYZE_IMPORT_ACCOUNT_H
#define ANALYZE_IMPORT_ACCOUNT_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

#define ACCOUNT_ROWS_MAX 1000 /* of each list; further ones are only counted */
#define ACCOUNT_ZONE_SIZE 48

struct account_mapped {
	char *from;         /* as the file calls it */
	const char *figure; /* as we do: "cpu_busy_ratio"; borrowed, constant */
	uint64_t readings;
};

struct account_ignored {
	char *from;
	char *why;
};

struct account {
	char zone[ACCOUNT_ZONE_SIZE]; /* "": times carry their own */
	uint64_t readings, facts;
	uint64_t unknown; /* values that the format says it does not know */
	uint64_t resets;  /* of counters */
	struct account_mapped *mapped;
	size_t mapped_count, mapped_left_out;
	struct account_ignored *ignored;
	size_t ignored_count, ignored_left_out;
	char **warning;
	size_t warning_count, warning_left_out;
};

void account_done(struct account *account); /* start with all zero */

/*
 * account_map - a column, counter or series becomes a figure
 *
 * ret_row  of account->mapped, whose readings the caller counts; ACCOUNT_NO_ROW when
 *          the list is full.  The same pair is one row.
 *
 * All of these take NULL for the account (tests), and return 0 or -ENOMEM.
 */
#define ACCOUNT_NO_ROW SIZE_MAX
int account_map(struct account *account, const char *from, size_t length,
	const char *figure, size_t *ret_row, struct err *err);
void account_count(struct account *account, size_t row, uint64_t readings);

/* Left out, and why; a warning; the zone of the times. 0 or -ENOMEM, as account_map. */
int account_ignore(struct account *account, const char *from, size_t length,
	const char *why, struct err *err);
int account_warn(struct account *account, struct err *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void account_set_zone(struct account *account, const char *zone);

/* "figures", "facts", "nothing of ours"; what was refused is not asked. */
const char *account_outcome(const struct account *account);

#endif
