/*
 * From the store to peaks: which rows to read for which period (docs/method.md,
 * "Analysis step"), and reading many workloads with threads.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_ESTATE_LOAD_H
#define ANALYZE_ESTATE_LOAD_H

#include "analyze/estate/estate.h"
#include "analyze/peaks/peak.h"
#include "common/series.h"
#include "store/store.h"

/* The slots that count; phase is not in first and not in to. */
struct load_period {
	unsigned step_s;   /* the analysis step */
	int64_t from, to;  /* beginning of the first slot, stamp of the last */
	size_t count;      /* slots; 0: nothing is there */
	bool is_coarse;    /* finer rows are gone, or an import is coarser than 300 s */
	bool is_trimmable; /* the ends move in to the first and last known slot */
};

/*
 * load_period_of - the analysis step and the slots
 *
 * 60 s where the file keeps 60 s rows of something finer (its base rows where the
 * period is under two hours and they hold all of it), else the base step; the next
 * coarser rows where these no longer reach back.  Returns 0 (count 0: no rows), -EFBIG
 * for a period of more than LOAD_SLOTS_MAX slots, or another negative errno.
 */
#define LOAD_SLOTS_MAX 20000000
int load_period_of(const struct estate *estate, const struct workload *workload,
	const struct load_request *request, struct load_period *ret_period,
	struct err *err);

/* The five demands of one workload, all on the same slots.  A resource that was never
 * counted has count 0 in its series. */
struct load_set {
	struct load_period period;
	struct series series[RESOURCE_COUNT];
};

/* Reads and trims.  Free with load_set_done. */
int load_set_read(const struct estate *estate, const struct workload *workload,
	const struct load_request *request, struct load_set *ret_set, struct err *err);
void load_set_done(struct load_set *set);

/* What is known of one workload, without its figures. */
struct load_coverage {
	struct load_period period;
	size_t samples;    /* slots in which any resource is known */
	double coverage;   /* samples / slots; NAN: no slots */
	size_t gaps;       /* runs of slots in which nothing is known */
	int64_t unknown_s; /* their length */
};
void load_set_coverage(const struct load_set *set, struct load_coverage *ret_coverage);

/* Peaks of a set that was read; name is borrowed from the workload. */
int load_set_peaks(const struct load_set *set, const struct workload *workload,
	struct workload_peaks *ret_peaks, struct err *err);

/* Peaks of one workload; name is borrowed from it. */
int load_peaks(const struct estate *estate, const struct workload *workload,
	const struct load_request *request, struct workload_peaks *ret_peaks,
	struct err *err);

/* One item of many; called from several threads, each index once. */
typedef int load_one_function(void *data, size_t index, struct err *err);

/*
 * load_each - call one() for 0 ... count - 1, with as many threads as there are
 * processors; the listener is shown how far it is.  Returns 0 or the error of the lowest
 * index that failed.
 */
int load_each(const struct estate *estate, const char *what, size_t count,
	load_one_function *one, void *data, struct err *err);

/* The peaks of the chosen workloads by load_each; ret_peaks: one for each, in their order;
 * free it. */
int load_peaks_of(const struct estate *estate, struct workload_peaks **ret_peaks,
	struct err *err);

#endif
