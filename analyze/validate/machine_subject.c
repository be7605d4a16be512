#include "analyze/validate/machine_subject.h"

#include "schema/machine_facts.h"

#include <errno.h>
#include <string.h>

static int note_fact(void *context, enum fact_id fact, const char *text)
{
	struct facts *facts = context;
	struct err refusal = ERR_INIT;

	/* a value that the fact does not have is none */
	return fact_parse(fact, text, &facts->value[fact], &refusal) == -ENOMEM
		? -ENOMEM
		: 0;
}

/* What persons state is borrowed: the machine's own value gives way. */
static void overlay_facts(
	struct facts *all, const struct facts *stated, bool *is_stated)
{
	for (int i = 0; stated && i < FACT_COUNT; i++) {
		if (!stated->value[i].is_known)
			continue;
		fact_value_done(&all->value[i]);
		all->value[i] = stated->value[i];
		is_stated[i] = true;
	}
}

int machine_subject_make(const struct library *library, const struct machine *machine,
	const struct facts *stated, struct machine_subject *ret_subject)
{
	struct machine_subject *whole = ret_subject;
	int r;

	memset(whole, 0, sizeof(*whole));
	r = machine_facts(machine, note_fact, &whole->all);
	if (r < 0)
		return r;
	overlay_facts(&whole->all, stated, whole->is_stated);
	whole->subject.name = machine->name;
	r = subject_add_facts(&whole->subject, &whole->all);
	if (r == 0)
		r = subject_add_machine(&whole->subject, machine);
	if (r == 0)
		library_resolve_os(library, &whole->subject);
	return r;
}

void machine_subject_done(struct machine_subject *whole)
{
	subject_done(&whole->subject);
	for (int i = 0; i < FACT_COUNT; i++) {
		if (!whole->is_stated[i])
			fact_value_done(&whole->all.value[i]);
	}
}
