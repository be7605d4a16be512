/*
 * What the files of a tool's tree are (schema/trees): by its path each file is of one
 * workload, and its data sources are parts of figures.  schema/json-schema/tree.json is
 * the form.
 */
#ifndef ANALYZE_IMPORT_FORMATS_TREE_RULES_H
#define ANALYZE_IMPORT_FORMATS_TREE_RULES_H

#include "analyze/import/importer.h"
#include "common/json_doc.h"

#define TREE_READS_MAX 24 /* of one file */
#define TREE_NAMES_MAX 6  /* in one pattern */
#define TREE_NAME_SIZE 24
#define TREE_VALUE_SIZE 256

struct tree_read {
	const char *source; /* data source */
	enum part part;
	double scale;
	const char *instance; /* with {names} of the pattern; "" */
};

struct tree_file {
	const char *path; /* "{workload}/cpu-{cpu}/cpu-{mode}.rrd" */
	const cJSON *where, *without;
	const char *adapter, *disk; /* whose rules the instance must satisfy; NULL */
	const char *memory_kind, *note;
	struct tree_read read[TREE_READS_MAX];
	size_t reads;
};

struct tree {
	struct json_doc doc;
	const char *id;
	struct tree_file *file;
	size_t files;
};

struct tree_rules {
	struct tree *tree;
	size_t trees;
};

/* A name of a pattern and what stands in its place. */
struct tree_value {
	char name[TREE_NAME_SIZE], value[TREE_VALUE_SIZE];
};

struct tree_match {
	const struct tree *tree;
	const struct tree_file *file;
	struct tree_value value[TREE_NAMES_MAX];
	size_t values;
};

/* All of schema/trees, as it is built in. */
int tree_rules_load(struct tree_rules **ret_rules, struct err *err);
/* One more from text, for tests and fuzzers: -EINVAL with path, line and reason. */
int tree_rules_add(struct tree_rules *rules, const char *path, const char *text,
	size_t length, struct err *err);
void tree_rules_free(struct tree_rules *rules); /* NULL is a no-op */

/*
 * tree_rules_find - which file of which tool is it?
 *
 * *at  where to go on: 0 at first; returns false when there is no further rule.  Marks of
 * compression and of XML behind the name do not count.
 */
bool tree_rules_find(const struct tree_rules *rules, const char *path, size_t *at,
	struct tree_match *ret_match);

/* The value of a name; NULL: the pattern has none of this name. */
const char *tree_match_value(const struct tree_match *match, const char *name);
/* A text with the values in the place of {names}, cut to size. */
void tree_match_fill(
	const struct tree_match *match, const char *text, char *to, size_t size);

#endif
