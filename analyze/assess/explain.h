/* The way of a number, step by step, so that a person can re-do it by hand. */
#ifndef ANALYZE_ASSESS_EXPLAIN_H
#define ANALYZE_ASSESS_EXPLAIN_H

#include "analyze/assess/assess.h"
#include "store/db/exclusions.h"

#define EXPLAIN_STEPS_MAX 24
#define EXPLAIN_SAMPLES_MAX 96

/* What is explained: the resources, and storage, which is made of facts. */
enum explained {
	EXPLAIN_MEMORY,
	EXPLAIN_CPU,
	EXPLAIN_NETWORK,
	EXPLAIN_DISK,
	EXPLAIN_STORAGE,
	EXPLAIN_COUNT,
};
const char *explained_name(enum explained explained); /* "memory" */
int explained_find(const char *name);                 /* -1: none of that name */

struct explain_step {
	const char *name;  /* "VM memory" */
	char formula[256]; /* "peak + overhead = 3654 + 32" */
	double value;      /* NAN: not known */
	const char *unit;
	const char *source; /* "MEM-2"; "" : none */
};

struct explain_sample {
	int64_t at;   /* end of the slot, phase included */
	double value; /* in the unit of the resource; NAN: unknown */
};

struct explanation {
	enum explained what;
	const char *file, *data_source; /* of the archive; NULL for storage */
	const char *functions;          /* "AVERAGE, MAX" */
	size_t expected, known;         /* slots */
	struct explain_step step[EXPLAIN_STEPS_MAX];
	size_t step_count;
	/* The slots the sized figure came from: one for a peak, the window of a
	 * sustained one. */
	struct explain_sample sample[EXPLAIN_SAMPLES_MAX];
	size_t sample_count, samples_left_out;
	const char *sample_unit;
};

/* What the kernel would have given back and does not call available: bytes, no part of the
 * demand.  NAN: this machine has no such thing, or nobody recorded it. */
struct explain_given_back {
	double arc, huge_free, balloon;
};

/* given_back  means of the span of memory; shown with memory alone */
void explain_make(const struct assessment *assessment,
	const struct assess_request *request, const struct load_set *set,
	enum explained what, const struct explain_given_back *given_back,
	struct explanation *ret_explanation);

/* The time that the sized figure comes from: (from, to], as the archives stamp it.  false
 * where there is no such figure. */
bool explain_span(const struct assessment *assessment,
	const struct assess_request *request, const struct load_set *set,
	enum explained what, int64_t *ret_from, int64_t *ret_to);

/* Which headings a thing explained belongs to. */
enum heading explained_heading(enum explained explained);

#endif
