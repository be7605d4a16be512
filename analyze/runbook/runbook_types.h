/* What a runbook is made from, and what it becomes on the way. */
#ifndef ANALYZE_RUNBOOK_RUNBOOK_TYPES_H
#define ANALYZE_RUNBOOK_RUNBOOK_TYPES_H

#include "analyze/validate/machine_subject.h"
#include "analyze/validate/validate.h"
#include "schema/tasks.h"

/* All borrowed. */
struct runbook_request {
	const struct library *library;
	const struct profile *target;
	const char *config_dir; /* its steps/ adds; may be NULL */
	const char *day;        /* "YYYY-MM-DD" */
	const struct machine *machine;
	const struct facts *stated; /* beside the document; NULL: none */
	double alloc_bytes;         /* measured; NAN: it was not */
	double cores_needed;        /* cores of the target, measured; NAN */
	double reserved_percent;    /* of one core of the target, measured; NAN */
	const char *host;           /* that the plan puts it on; NULL: no plan does */
	char *const *word;          /* "key=value", as given with --set */
	size_t word_count;
};

struct runbook_setting {
	const struct task_setting *setting;
	char *value; /* NULL: not known */
	bool is_given;
};

/* A value that has to be given. */
struct runbook_missing {
	const struct task_setting *setting;
	char *why; /* what is wrong with the default; NULL: there is none */
};

struct runbook_file {
	char *path; /* below the folder */
	char *bytes;
	size_t length;
	bool is_program; /* may be executed */
};

/* A task as it is for this machine. */
struct runbook_task {
	const struct task_entry *task;
	int number; /* in the sequence, from 1; 0: before it; -1: not in it (destructive) */
	char *unknown;           /* fields that would have told whether it is needed */
	size_t file, file_count; /* its files, in files of the runbook */
};

struct runbook {
	const struct runbook_request *request;
	struct tasks tasks;
	struct facts facts; /* given with --set, over those stated */
	bool is_fact_own[FACT_COUNT];
	struct machine_subject *subject;
	struct validation validation;
	struct runbook_setting *setting; /* as in tasks.setting */
	size_t setting_count;
	struct runbook_missing *missing;
	size_t missing_count;
	struct runbook_task *task;
	size_t task_count;
	struct runbook_file *file;
	size_t file_count;
};

#endif
