/*
 * What there is to know of one excursion over the memory limit: does it come back,
 * what else was high, and what the verdict would be without it (docs/method.md,
 * "Excursions").
 */
#ifndef ANALYZE_ASSESS_DOSSIER_H
#define ANALYZE_ASSESS_DOSSIER_H

#include "analyze/assess/assess.h"

struct dossier {
	size_t excursion; /* index in the assessment */
	/* Others that begin within an hour of the same time of day, of week. */
	size_t same_hour_count, same_weekday_count;
	size_t days_seen; /* distinct days on which any excursion begins at that hour */
	double period_s;  /* between excursions, when they keep one; NAN: they do not */
	/* Highest slot of each resource while it lasted, as the rank among all slots of
	 * the period, 0..1 (1: the highest of all); NAN: unknown. */
	double height[RESOURCE_COUNT]; /* natural units */
	double rank[RESOURCE_COUNT];
	enum outcome memory_with;    /* the memory heading as it is */
	enum outcome memory_without; /* were this excursion not there */
	enum verdict verdict_without;
};

/*
 * dossier_make - one excursion against all others and all series
 *
 * set  the slots the assessment was made from
 *
 * period_s: the intervals between the beginnings of successive excursions, when there
 * are at least three and their spread (interquartile range) is within a tenth of their
 * median.
 */
void dossier_make(const struct assessment *assessment, const struct load_set *set,
	size_t excursion, struct dossier *ret_dossier);

#endif
