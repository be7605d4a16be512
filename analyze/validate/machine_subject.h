/*
 * One machine as rules, checks and steps ask for it: what its document says, and over it
 * what persons state.
 */
#ifndef ANALYZE_VALIDATE_MACHINE_SUBJECT_H
#define ANALYZE_VALIDATE_MACHINE_SUBJECT_H

#include "schema/library.h"
#include "schema/machine.h"

/* Large: on the heap. */
struct machine_subject {
	struct rule_subject subject;
	struct facts all;
	bool is_stated[FACT_COUNT]; /* borrowed of those that persons state */
};

/*
 * machine_subject_make - fields, items and the system by its family
 *
 * stated  facts that persons state, which win; NULL: none.  They and the machine must live
 *         as long.
 *
 * Returns 0 or -ENOMEM; machine_subject_done in either case.
 */
int machine_subject_make(const struct library *library, const struct machine *machine,
	const struct facts *stated, struct machine_subject *ret_subject);
void machine_subject_done(struct machine_subject *subject);

#endif
