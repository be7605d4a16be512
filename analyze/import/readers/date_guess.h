/* In which order a table's dates have year, month and day, by all that its begin shows. */
#ifndef ANALYZE_IMPORT_READERS_DATE_GUESS_H
#define ANALYZE_IMPORT_READERS_DATE_GUESS_H

#include "analyze/import/readers/bytes.h"

/*
 * date_guess - the orders in which every date of a column can be read
 *
 * column      its heading, letters of either case
 * ret_orders  bit per enum date_order; 0: there is no such column, or its cells are no
 *             dates.  Of one bit the order is sure, since one day was over 12.
 *
 * Before the first bytes_read; looks at BYTES_HEAD_MAX bytes.
 */
int date_guess(
	struct bytes *bytes, const char *column, unsigned *ret_orders, struct err *err);

#endif
