/* What a placeholder of a task stands for, of one machine. */
#ifndef ANALYZE_RUNBOOK_RUNBOOK_VALUE_H
#define ANALYZE_RUNBOOK_RUNBOOK_VALUE_H

#include "analyze/runbook/runbook_types.h"

/* Where one is in what is repeated; an index of EACH_... that is not repeated is 0. */
struct runbook_cursor {
	size_t index[EACH_COUNT];
	enum task_each innermost;
};

/*
 * runbook_value - append the text of a value to out
 *
 * name    as in a placeholder, "disk.gib" or "set.KEY"
 * ret_is_number   digits that stand unquoted; may be NULL
 *
 * Returns whether it is known; if not, nothing is appended.
 */
bool runbook_value(const struct runbook *runbook, const struct runbook_cursor *cursor,
	const char *name, size_t length, struct strbuf *out, bool *ret_is_number);

/* A text with its placeholders as they are: not for a file that somebody interprets. */
void runbook_raw(const struct runbook *runbook, const char *text, struct strbuf *out);

/* A given setting, or NULL: what the sizes ask before all of them are settled. */
const char *runbook_given(const struct runbook *runbook, const char *key);

/* Has that type of VM what this one needs?  Where a need is not known, it has not. */
bool runbook_fits(const struct runbook *runbook, const struct setting_default *type);
/* MiB that a VM of the target has at most; INFINITY: no limit. */
double runbook_memory_most(const struct profile_settings *settings);

/* Minutes to plan with for a step, the copies in it as well; NAN: nobody said.  Does the
 * machine serve nobody while it is done, and is it done for this machine? */
double runbook_task_minutes(
	const struct runbook *runbook, const struct task_entry *task);
bool runbook_task_is_offline(
	const struct runbook *runbook, const struct task_entry *task);

/* Parts of it: the sizes, and what appends a text (false: NULL or empty) or a number
 * (false: NAN). */
bool runbook_size(
	const struct runbook *runbook, enum task_value value, struct strbuf *out);
bool runbook_say(struct strbuf *out, const char *text);
bool runbook_say_number(struct strbuf *out, double number);

/* How many of them there are at this place. */
size_t runbook_each_count(const struct runbook *runbook,
	const struct runbook_cursor *cursor, enum task_each each);
/* Does the gate let pass?  unknown, where not NULL, gets the fields that kept the
 * condition from an answer. */
bool runbook_gate_open(const struct runbook *runbook,
	const struct runbook_cursor *cursor, const struct task_gate *gate,
	struct strbuf *unknown);

#endif
