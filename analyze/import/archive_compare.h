/* Two RRD files side by side, both read natively. */
#ifndef ANALYZE_IMPORT_ARCHIVE_COMPARE_H
#define ANALYZE_IMPORT_ARCHIVE_COMPARE_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * archive_compare - is the file at `there` other than what stands at `here`?
 *
 * here         NULL: nothing; a damaged file counts as other
 * ret_is_new   there is no file at `here`
 * ret_is_same  same sources, archives, stamps and rows, bit for bit
 * ret_rows     of all archives at `there`
 *
 * Returns 0 or what opening or reading `there` gave.
 */
int archive_compare(const char *there, const char *here, bool *ret_is_new,
	bool *ret_is_same, uint64_t *ret_rows, struct err *err);

#endif
