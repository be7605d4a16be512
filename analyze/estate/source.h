/*
 * Where the series of an estate come from: the archives of the store, or an engine.  What a
 * source gives is the same set of slots, so that a stage does not know which it was.
 */
#ifndef ANALYZE_ESTATE_SOURCE_H
#define ANALYZE_ESTATE_SOURCE_H

#include "common/err.h"

struct load_request; /* analyze/estate/estate.h */
struct load_set;     /* analyze/estate/load.h */
struct strbuf;
struct workload;
struct workload_list;
struct workload_peaks;

/* One of them beside the store; its functions are called from several threads. */
struct series_source {
	/* As load_set_read, of a workload of the estate's list. */
	int (*read)(struct series_source *source, const struct workload *workload,
		const struct load_request *request, struct load_set *ret_set,
		struct err *err);
	/*
	 * Its figures without its slots, by reductions of the engine; NULL: not asked for.
	 * question: a text that tells what was asked, NULL where nobody reads it.
	 */
	int (*peaks)(struct series_source *source, const struct workload *workload,
		const struct load_request *request, struct workload_peaks *ret_peaks,
		void (*question)(void *closure, const char *figure, const char *text),
		void *closure, struct err *err);
	/* What it asks for to read a workload, for `explain`; strbuf_text of out. */
	void (*tell)(struct series_source *source, const struct workload *workload,
		const struct load_request *request, struct strbuf *out);
	/* Adds its workloads to the list, which holds those of the store, and drops those
	 * that it has not. */
	int (*list)(struct series_source *source, const struct load_request *request,
		struct workload_list *list, struct err *err);
	void (*close)(struct series_source *source);
};

#endif
