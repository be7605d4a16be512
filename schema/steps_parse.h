/*
 * What the readers of a file of steps share.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef SCHEMA_STEPS_PARSE_H
#define SCHEMA_STEPS_PARSE_H

#include "schema/steps.h"

/* Of every object that has a gate. */
#define GATE_FIELDS                                                 \
	{ "when", JSON_FIELD_OBJECT, false, false, 0, 0 },          \
		{ "unknown", JSON_FIELD_TEXT, false, false, 0, 0 }, \
		{ "with", JSON_FIELD_TEXT, false, false, 0, 0 },    \
		{ "without", JSON_FIELD_TEXT, false, false, 0, 0 }, \
		{ "is", JSON_FIELD_OBJECT, false, false, 0, 0 },    \
	{                                                           \
		"is_not", JSON_FIELD_OBJECT, false, false, 0, 0     \
	}

const cJSON *steps_member(const cJSON *object, const char *name);
/* A text of a checked object, for the caller to free; NULL where it is absent.  -ENOMEM. */
int steps_take_text(
	const cJSON *object, const char *name, char **ret_text, struct err *err);
/* A list of words, for the caller to free, what was read before a refusal too. */
int steps_take_words(const struct json_doc *doc, const cJSON *list, char ***ret_word,
	size_t *ret_count, struct err *err);
void steps_words_done(char **word, size_t count);
/* keeps_unknown: what holds where the object does not say "unknown". */
int steps_read_gate(const struct json_doc *doc, const cJSON *json, bool keeps_unknown,
	struct step_gate *gate, struct err *err);
void step_gate_done(struct step_gate *gate);

/* One more setting; the last file that has it holds: those of the configuration folder are
 * read later. */
int steps_parse_setting(const struct json_doc *doc, const cJSON *json,
	struct steps *steps, struct err *err);

#endif
