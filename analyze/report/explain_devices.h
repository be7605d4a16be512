/* Each disk and each adapter at its highest (COL-9, UNIT-3), as tables of an explanation. */
#ifndef ANALYZE_REPORT_EXPLAIN_DEVICES_H
#define ANALYZE_REPORT_EXPLAIN_DEVICES_H

#include "analyze/report/explain_subject.h"

/* The disks, or the adapters; nothing where none was sampled. */
void explain_devices_add(
	struct document *document, const struct explain_subject *x, bool is_adapter);

#endif
