/*
 * What the readers of a file of tasks share.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef SCHEMA_TASKS_PARSE_H
#define SCHEMA_TASKS_PARSE_H

#include "schema/tasks.h"

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

const cJSON *tasks_member(const cJSON *object, const char *name);
/* A text of a checked object, for the caller to free; NULL where it is absent.  -ENOMEM. */
int tasks_take_text(
	const cJSON *object, const char *name, char **ret_text, struct err *err);
/* A list of words, for the caller to free, what was read before a refusal too. */
int tasks_take_words(const struct json_doc *doc, const cJSON *list, char ***ret_word,
	size_t *ret_count, struct err *err);
void tasks_words_done(char **word, size_t count);
/* keeps_unknown: what holds where the object does not say "unknown". */
int tasks_read_gate(const struct json_doc *doc, const cJSON *json, bool keeps_unknown,
	struct task_gate *gate, struct err *err);
void task_gate_done(struct task_gate *gate);

/* One more setting; the last file that has it holds: those of the configuration folder are
 * read later. */
int tasks_parse_setting(const struct json_doc *doc, const cJSON *json,
	struct tasks *tasks, struct err *err);

#endif
