/* The hosts of a workbook of RVTools: sheets vHost and vNIC. */
#ifndef ANALYZE_IMPORT_FORMATS_WORKBOOK_HOSTS_H
#define ANALYZE_IMPORT_FORMATS_WORKBOOK_HOSTS_H

#include "analyze/import/importer.h"
#include "analyze/import/readers/sheet.h"

/* Returns 1, 0 where there is no sheet vHost, or a negative errno. */
int workbook_hosts_read(
	struct workbook *workbook, struct import_sink *sink, struct err *err);

#endif
