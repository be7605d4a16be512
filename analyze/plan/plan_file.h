/*
 * A plan read back from its JSON, as it was written or as somebody edited it.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_PLAN_PLAN_FILE_H
#define ANALYZE_PLAN_PLAN_FILE_H

#include "analyze/plan/plan_model.h"

#include "common/name_index.h"

struct plan_file_host {
	char *name;
	size_t type;      /* index in hosts */
	size_t *workload; /* indices in workload[] */
	size_t workload_count;
};

struct plan_file_words {
	char *name, *environment; /* owned */
	size_t host;              /* in host[] */
};

struct plan_file {
	char *path;
	char *profile;
	bool is_aligned;
	bool is_memory_aligned;
	int64_t from, to;       /* of the data the plan was made from; 0: not said */
	struct host_list hosts; /* the types and constraints */
	struct plan_file_host *host;
	size_t host_count;
	struct plan_workload
		*workload; /* figures NAN where the file does not say them */
	struct plan_file_words
		*words;            /* the names, environments, hosts of workload[] */
	size_t workload_count;     /* those on a host, each once */
	struct name_index host_at; /* in host[] */
	struct name_index workload_at; /* in workload[] */
};

/*
 * plan_file_load - read and check
 *
 * Refused with path, line and reason: no plan, a host of an unknown type, two hosts of
 * one name, a workload on two hosts.
 */
int plan_file_load(const char *path, struct plan_file *ret_file, struct err *err);
int plan_file_parse(const char *path, const char *text, size_t length,
	struct plan_file *ret_file, struct err *err);
void plan_file_done(struct plan_file *file);

/* The type of the model that a host of a file stands for: "small-2" may be one alone. */
size_t plan_file_model_type(const struct plan_model *model,
	const struct host_list *hosts, size_t type, const char *name);

#endif
