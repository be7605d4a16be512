/* Which facts a machine document states: the one place where its fields become facts. */
#ifndef SCHEMA_MACHINE_FACTS_H
#define SCHEMA_MACHINE_FACTS_H

#include "schema/fact.h"
#include "schema/machine.h"

/*
 * machine_facts - call state for each fact that the document answers
 *
 * text     in the form of the store: fact_parse reads it.  What nobody asked states
 *          nothing; a list that was looked at and is empty states "none".
 *
 * Returns 0, -ENOMEM, or what state returned when that is not 0.
 */
int machine_facts(const struct machine *machine,
	int (*state)(void *context, enum fact_id fact, const char *text),
	void *context);

/* What a service or package that is there says of the machine's work. */
struct software_mark {
	const char *service; /* its name, lower case; a "*" at the end: any ending */
	const char *role;    /* NULL: none */
	const char *application; /* NULL: none */
};
extern const struct software_mark software_marks[];
extern const size_t software_mark_count;

#endif
