/* Facts in bulk: a JSON or CSV file to a list of (workload, fact, value). */
#ifndef ANALYZE_INVENTORY_INVENTORY_LOAD_H
#define ANALYZE_INVENTORY_INVENTORY_LOAD_H

#include "common/err.h"
#include "schema/fact.h"

#include <stddef.h>

#define INVENTORY_BYTES_MAX (64u << 20)
#define INVENTORY_ROWS_MAX 1000000

struct stated {
	char *workload; /* NULL: the one of the command line */
	enum fact_id fact;
	char *value;   /* as the store keeps it; NULL: forget it */
	unsigned line; /* of the file; 0: the command line */
};

struct stated_list {
	struct stated *stated;
	size_t count;
};
void stated_list_done(struct stated_list *list);

/* "key=value" of the command line, checked; key must be known. */
int stated_add_word(struct stated_list *list, const char *word, struct err *err);
/* A key alone: its fact is to be forgotten. */
int stated_add_forget(struct stated_list *list, const char *key, struct err *err);

/*
 * inventory_load - read a file, whole or not at all
 *
 * JSON (first byte not a letter): {"schema":"headroom/inventory/1","workloads":{NAME:
 * {KEY: VALUE}}}, or one object of facts for the workload of the command line.  CSV:
 * a header "workload,KEY,...", an empty field says nothing.  Refused with path, line,
 * field and reason.
 */
int inventory_load(const char *path, struct stated_list *list, struct err *err);

/* What `collectord --print-inventory` beside this program says of this machine. */
int inventory_here(const char *program_dir, struct stated_list *list, struct err *err);

#endif
