/*
 * A rule is a row of data: when its condition holds, its heading gets its severity.
 * The evaluator knows no rule by name.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef SCHEMA_RULE_H
#define SCHEMA_RULE_H

#include "schema/condition.h"

#include <stdint.h>

#define RULES_MAX 5000 /* in one file */
#define RULE_FILE_BYTES_MAX (8u << 20)

/* From good to bad; the worst counts. */
enum outcome {
	OUTCOME_PASS,
	OUTCOME_REVIEW,
	OUTCOME_UNKNOWN,
	OUTCOME_DISQUALIFIED,
};
const char *outcome_name(enum outcome outcome); /* "PASS" */

enum severity {
	SEVERITY_NOTE, /* a remark: the heading still passes */
	SEVERITY_REVIEW,
	SEVERITY_UNKNOWN, /* a figure that must be known is not */
	SEVERITY_DISQUALIFY,
};
const char *severity_name(enum severity severity);

enum heading {
	HEADING_MEMORY,
	HEADING_PROCESSOR,
	HEADING_NETWORK,
	HEADING_STORAGE,
	HEADING_HARDWARE,
	HEADING_OPERATIONAL,
	HEADING_COUNT,
};
/* As it stands in a rule: "hardware" ...; never NULL. */
const char *heading_name(enum heading heading);

struct rule {
	char *id;
	char **profile; /* ids it belongs to; shared by its file's rules as copies */
	size_t profile_count;
	enum severity severity;
	enum heading heading;
	struct condition when;
	enum field_scope scope;
	char *text, *remedy, *source; /* remedy NULL: none */
	char *checked; /* "YYYY-MM-DD": when somebody last looked at the source */
	char *valid_from, *valid_to; /* the days it holds, both included; NULL: open */
	bool is_verified;            /* if not, it never says more than REVIEW */
	int needed;                  /* field shown as the need; -1: none */
	bool has_allowed;
	struct operand allowed;
	char *unit; /* NULL: none */
	char *path;
	unsigned line;
	bool is_builtin;
};
void rule_done(struct rule *rule);

/* Does it belong to this profile, and does it hold on this day ("YYYY-MM-DD")? */
bool rule_is_of(const struct rule *rule, const char *profile_id);
bool rule_holds_on(const struct rule *rule, const char *day);

struct rule_list {
	struct rule *rule;
	size_t count;
};
void rule_list_done(struct rule_list *list);

/*
 * rule_list_parse - a file {"schema":"headroom/rules/1","profiles":[...],"rules":[...]}
 *
 * Refused whole, with path, line and reason: unknown field, wrong type, an id given
 * twice, a condition on a field that does not exist, valid_to before valid_from, more
 * than RULES_MAX rules, deep nesting.
 */
int rule_list_parse(
	const struct json_doc *doc, struct rule_list *ret_list, struct err *err);

struct finding {
	const struct rule *rule;       /* borrowed */
	enum outcome outcome;          /* PASS for a note */
	const struct field_item *item; /* borrowed; NULL: the workload as a whole */
	double needed, allowed;        /* NAN: none */
	int64_t at;                    /* 0: no moment */
	struct missing missing; /* with OUTCOME_UNKNOWN of an unknown condition */
	bool is_assumed;        /* facts that nobody stated were taken as absent */
	bool is_for_missing;    /* the condition could not be judged */
};

struct finding_list {
	struct finding *finding; /* in the order of the rules */
	size_t count;
};
void finding_list_done(struct finding_list *list);

/*
 * rule_judge - one rule on one workload; appends its findings (none: it passes)
 *
 * Where a figure is missing the finding is UNKNOWN, but a note is then silent, and a
 * review too is UNKNOWN: who cannot look cannot pass.  Returns 0 or -ENOMEM.
 */
int rule_judge(const struct rule *rule, const struct rule_subject *subject,
	const struct profile_settings *settings, struct finding_list *list);

#endif
