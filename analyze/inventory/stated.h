/*
 * What is stated in one command: a list of (workload, fact, value), checked.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_INVENTORY_STATED_H
#define ANALYZE_INVENTORY_STATED_H

#include "common/err.h"
#include "schema/fact.h"

#include <stddef.h>

#define STATED_MAX 1000000

struct stated_fact {
	char *workload; /* NULL: the one of the command line */
	enum fact_id fact;
	char *value;   /* as the store keeps it; NULL: forget it */
	unsigned line; /* of the file; 0: the command line */
};

struct stated_list {
	struct stated_fact *stated;
	size_t count;
};
void stated_list_done(struct stated_list *list);

/*
 * stated_find_fact - the id of a key
 *
 * Returns it, or -EINVAL with the nearest key that there is.
 */
int stated_find_fact(const char *key, struct err *err);

/* One more; workload is copied, value is taken over, also on failure.  0, -EFBIG over
 * STATED_MAX, -ENOMEM. */
int stated_add(struct stated_list *list, const char *workload, enum fact_id fact,
	char *value, unsigned line, struct err *err);
/* The same from a typed value, which is taken, and from its text, which is checked
 * (-EINVAL). */
int stated_add_value(struct stated_list *list, const char *workload, enum fact_id fact,
	struct fact_value *value, unsigned line, struct err *err);
int stated_add_text(struct stated_list *list, const char *workload, enum fact_id fact,
	const char *text, unsigned line, struct err *err);

/* "key=value" of the command line, checked; key must be known. */
int stated_add_word(struct stated_list *list, const char *word, struct err *err);
/* A key alone: its fact is to be forgotten. */
int stated_add_forget(struct stated_list *list, const char *key, struct err *err);

#endif
