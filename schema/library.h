/*
 * All profiles, rules and catalogues: those built into the program, and over them the
 * files of the configuration folder (profiles/, rules/, catalogue/).
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef SCHEMA_LIBRARY_H
#define SCHEMA_LIBRARY_H

#include "schema/check.h"
#include "schema/profile.h"
#include "schema/rule.h"

#define DEFAULT_PROFILE "virtual-server-2005-r2"
#define LIBRARY_FILES_MAX 1000 /* in one folder */

/* A row of the catalogue of guest systems: from the vendor's words to fields. */
struct guest_os {
	char *match;          /* part of the words, any case; the longest match wins */
	char *family;         /* "windows" */
	char *release;        /* "2003 R2" */
	double bits;          /* where the words do not say; NAN: not known */
	char *end_of_support; /* "YYYY-MM-DD"; NULL: not known */
	char *source;
	bool is_builtin;
};

struct library {
	struct profile *profile; /* by id */
	size_t profile_count;
	struct rule_list rules;   /* by file, then as they stand there */
	struct check_list checks; /* of files "headroom/checks/1" in the same folder */
	struct guest_os *guest_os;
	size_t guest_os_count;
	char **refusal; /* "path:line: reason" of each file that was not taken */
	size_t refusal_count;
};

/*
 * library_load - built-in data, then the configuration folder
 *
 * config_dir  may be NULL, absent or without the three folders
 *
 * A file that is refused is left out as a whole, its reason kept in refusal; the
 * others still work.  A profile, rule or guest system of a file there replaces the
 * built-in one of the same id (match); two files there with the same id: the second
 * file is refused.  Returns 0 or a negative errno.
 */
int library_load(const char *config_dir, struct library *ret_library, struct err *err);
void library_done(struct library *library);

const struct profile *library_profile(const struct library *library, const char *id);
/* The profile, borrowed of the library, or -ENOENT with the nearest name and how to
 * list them. */
int library_profile_get(const struct library *library, const char *id,
	const struct profile **ret_profile, struct err *err);
/* The same of a place to run in alone: what is there for its runbook is refused. */
int library_target_get(const struct library *library, const char *id,
	const struct profile **ret_profile, struct err *err);
const struct rule *library_rule(const struct library *library, const char *id);
/* The rule, borrowed of the library, or -ENOENT with the nearest id, or with those that begin
 * so. */
int library_rule_get(const struct library *library, const char *id,
	const struct rule **ret_rule, struct err *err);

/* The rules of a profile are those of its bases, too. */
bool library_rule_is_of(const struct library *library, const struct rule *rule,
	const struct profile *profile);

/* NULL when no row matches. */
const struct guest_os *library_guest_os(
	const struct library *library, const char *words);
/* 64 or 32 where the words say so ("x64", "64-bit", "x86", "32-bit"); NAN otherwise. */
double guest_os_bits(const char *words);

/* Sets os.family, os.release and os_bits of a subject from its fact os. */
void library_resolve_os(const struct library *library, struct rule_subject *subject);

/*
 * library_judge - every rule of the profile that holds on the day
 *
 * ret_has_heading  which headings have a rule at all on that day
 */
int library_judge(const struct library *library, const struct profile *profile,
	const struct profile_settings *settings, const struct rule_subject *subject,
	const char *day, struct finding_list *ret_list,
	bool ret_has_heading[HEADING_COUNT], struct err *err);

#endif
