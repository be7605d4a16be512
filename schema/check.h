/*
 * A check is a row of data about a machine document: when its condition holds, the machine
 * is incompatible with the targets of its file.  Checks are what has to be mended before
 * a migration begins; rules (rule.h) are what decides whether it is worth beginning.
 */
#ifndef SCHEMA_CHECK_H
#define SCHEMA_CHECK_H

#include "schema/condition.h"

#define CHECKS_MAX 5000 /* in one file */

enum check_severity {
	CHECK_NOTE,
	CHECK_WARNING,
	CHECK_BLOCKER, /* nothing is generated while it stands */
};
const char *check_severity_name(enum check_severity severity);

/* What is said where the condition cannot be judged. */
enum check_unknown {
	UNKNOWN_SILENT,
	UNKNOWN_WARNING,
	UNKNOWN_BLOCKER,
};

struct check {
	char *id;
	char **target; /* ids of profiles */
	size_t target_count;
	enum check_severity severity;
	enum check_unknown unknown;
	struct condition when;
	enum field_scope scope;
	int at;                       /* the field whose place is shown */
	char *text, *remedy, *source; /* remedy NULL: none */
	char *ask; /* what to do where it cannot be judged; NULL: gather, or say it */
	char *checked, *valid_from, *valid_to;
	/* Where this holds, too, it is less grave and has another remedy. */
	struct {
		bool is_there;
		struct condition when;
		enum check_severity severity;
		char *remedy;
	} softer;
	char *path;
	unsigned line;
	bool is_builtin;
};
void check_done(struct check *check);

/* A file that a migration needs in the system, and what brings it where it is missing. */
struct needed_file {
	char *file, *held_by, *source, *checked;
	char **target;
	size_t target_count;
	struct condition when; /* of which systems */
};
void needed_file_done(struct needed_file *file);

struct check_list {
	struct check *check;
	size_t count;
	struct needed_file *file;
	size_t file_count;
};
void check_list_done(struct check_list *list);

/*
 * check_list_parse - a file {"schema":"headroom/checks/1","targets":[...],"checks":[...],
 * "files":[...]}
 *
 * Refused whole, with path, line and reason, as rules are.  Returns 0, -EINVAL, -ENOMEM.
 */
int check_list_parse(
	const struct json_doc *doc, struct check_list *ret_list, struct err *err);

/* Does it belong to this target, and hold on this day ("YYYY-MM-DD")? */
bool check_is_of(const struct check *check, const char *target);
bool check_holds_on(const struct check *check, const char *day);
bool needed_file_is_of(const struct needed_file *file, const char *target);

#endif
