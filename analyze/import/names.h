/* Names to numbers from 0, in the order they came. */
#ifndef ANALYZE_IMPORT_NAMES_H
#define ANALYZE_IMPORT_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct names {
	char **name; /* by number, NUL-terminated */
	uint32_t count;
	uint32_t *bucket; /* number + 1; 0: free */
	uint32_t buckets; /* a power of two, or 0 */
	uint32_t latest;  /* rows of the same workload often follow each other */
	size_t latest_length;
};

void names_done(struct names *names); /* start with all zero */

/*
 * names_number - the number of a name, a new one if it is not known
 *
 * ceiling  of numbers; -EMFILE when a new one would pass it
 *
 * Returns 0, -EMFILE or -ENOMEM.
 */
int names_number(struct names *names, const char *name, size_t length, uint32_t ceiling,
	uint32_t *ret_number);

#endif
