/*
 * What the counters cannot tell about a workload: the table of known facts, their
 * types, and their text form in the store.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef SCHEMA_FACT_H
#define SCHEMA_FACT_H

#include "schema/fact_types.h"

/* Indexed by enum fact_id. */
extern const struct fact_info fact_table[FACT_COUNT];

/* -1 when there is none of that key; *ret_near gets the nearest (or NULL). */
int fact_find(const char *key, const char **ret_near);

/* As the store keeps it and people read it: "person", "machine", "store", "import". */
const char *fact_origin_name(enum fact_origin origin);
/* FACT_ORIGIN_COUNT, which nobody is believed after, for a word that is none.  Stores
 * before migration 3 call a person "inventory". */
enum fact_origin fact_origin_find(const char *name);

void fact_value_done(struct fact_value *value);

/*
 * fact_parse - the form of `--set key=value` and of a CSV field
 *
 * Returns 0, or -EINVAL with "key: expected ..., found ..." or -ENOMEM.
 */
int fact_parse(enum fact_id fact, const char *text, struct fact_value *ret_value,
	struct err *err);

/* From a JSON file: text, number, true, list of texts, list of objects. */
int fact_parse_json(enum fact_id fact, const struct json_doc *doc, const cJSON *json,
	struct fact_value *ret_value, struct err *err);

/* The form in the store: fact_parse(fact_format(x)) is x.  Free it; NULL: no memory. */
char *fact_format(enum fact_id fact, const struct fact_value *value);

void facts_done(struct facts *facts);

/* NAN, NULL or the fallback where the fact is not known. */
double facts_number(const struct facts *facts, enum fact_id fact);
const char *facts_text(
	const struct facts *facts, enum fact_id fact, const char *fallback);
bool facts_bool(const struct facts *facts, enum fact_id fact, bool fallback);

#endif
