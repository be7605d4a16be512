/*
 * Is this machine ready to be migrated to a target?  Its document against the checks and
 * rules of the target, all of them, before anything is generated or copied.
 */
#ifndef ANALYZE_VALIDATE_VALIDATE_H
#define ANALYZE_VALIDATE_VALIDATE_H

#include "schema/library.h"
#include "schema/machine.h"

struct incompatibility {
	const char *rule; /* borrowed of the library, as remedy and source */
	enum check_severity severity;
	char *at;     /* path into the document: "storage.volumes[1].fs" */
	char *text;   /* what is wrong, or what cannot be judged */
	char *remedy; /* NULL: none */
	const char *source, *checked;
	bool is_unknown; /* the condition could not be judged */
};

struct missing_file {
	const char *file, *held_by; /* borrowed of the library */
};

struct validation {
	const struct machine *machine; /* borrowed */
	const struct profile *target;  /* borrowed */
	char partition[64]; /* with the system: "\device\harddisk0\partition1"; "" */
	const char
		*mac; /* of the adapter to capture through; NULL: none, not certain */
	struct incompatibility *item; /* as the checks, then the rules, stand */
	size_t count;
	struct missing_file *missing;
	size_t missing_count;
	bool is_success; /* no blocker, and no file is missing */
};
void validation_done(struct validation *validation);

/*
 * validate_machine - every check and rule of the target that holds on the day
 *
 * facts   what persons state beside the document, which wins over it; NULL: nothing
 * day     "YYYY-MM-DD"
 *
 * Rules that ask for figures which were never counted are left to the verdict.  Machine,
 * library and target must live as long as the result; validation_done when finished.
 * Returns 0 or -ENOMEM.
 */
int validate_machine(const struct library *library, const struct profile *target,
	const char *day, const struct machine *machine, const struct facts *facts,
	struct validation *ret_validation, struct err *err);

#endif
