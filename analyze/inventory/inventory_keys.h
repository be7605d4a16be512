/* The lines "key=value" of `collectord --print-inventory`, read once. */
#ifndef ANALYZE_INVENTORY_INVENTORY_KEYS_H
#define ANALYZE_INVENTORY_INVENTORY_KEYS_H

#include "common/err.h"

#include <stddef.h>

struct inventory_pair {
	const char *key, *value; /* of `text` below */
};

struct inventory_keys {
	char *text;
	struct inventory_pair *pair; /* in the order of the lines */
	size_t count;
};
void inventory_keys_done(struct inventory_keys *keys);

/* A line without "=" says nothing.  Returns 0 or -ENOMEM. */
int inventory_keys_parse(
	const char *text, struct inventory_keys *ret_keys, struct err *err);

/*
 * inventory_keys_read - ask collectord
 *
 * program_dir   where analyze itself lies, and collectord beside it
 *
 * Returns 0, -EIO when it ends with another code than 0, -ENOMEM, or why it cannot be
 * started.  inventory_keys_done when finished.
 */
int inventory_keys_read(
	const char *program_dir, struct inventory_keys *ret_keys, struct err *err);

/* "" or NAN where the machine does not say it. */
const char *inventory_keys_text(const struct inventory_keys *keys, const char *key);
double inventory_keys_number(const struct inventory_keys *keys, const char *key);

/*
 * inventory_keys_counted - the devices that are counted by the rules of the probes
 *
 * kind     "disk." or "nic."
 * index    0, 1, 2 ... in the order of the lines
 *
 * Returns the name (of `text`, ended by its dot) with its length, or NULL at the end.
 */
const char *inventory_keys_counted(const struct inventory_keys *keys, const char *kind,
	size_t index, int *ret_length);
/* "<kind><name>.<field>" as a number, NAN where it is not known. */
double inventory_keys_device_number(const struct inventory_keys *keys, const char *kind,
	const char *name, int length, const char *field);

#endif
