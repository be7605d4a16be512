/* What the document of a number's way is made from. */
#ifndef ANALYZE_REPORT_EXPLAIN_SUBJECT_H
#define ANALYZE_REPORT_EXPLAIN_SUBJECT_H

#include "analyze/assess/explain.h"
#include "analyze/document/document.h"
#include "analyze/estate/devices.h"
#include "store/db/exclusions.h"

/* What the kernel said of waiting for a CPU while the sized figure was reached. */
struct explain_evidence {
	const char *key;  /* in JSON and in text */
	const char *name; /* for people, with unit: value x scale */
	const char *unit;
	double scale;
	double value; /* NAN: not recorded */
};

/* All borrowed. */
struct explain_subject {
	const struct assessment *assessment;
	const struct assess_request *request;
	const struct load_set *set;
	const struct exclusion_list *exclusions;
	const struct explain_evidence *evidence;
	size_t evidence_count;
	struct explain_given_back given_back;
	const struct device_peaks_list *devices; /* NULL: nobody asked */
	int only;                                /* enum explained; -1: all */
	const char *asked; /* of an engine; NULL: the archives were read */
	const char
		*queries; /* lines: by which the engine reduced it; NULL: it did not */
};

#endif
