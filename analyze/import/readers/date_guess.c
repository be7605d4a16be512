#include "analyze/import/readers/date_guess.h"

#include "analyze/import/readers/cells.h"
#include "analyze/import/readers/civil.h"

#include <string.h>
#include <strings.h>

static unsigned orders_of_cells(struct cells *cells, const char *column)
{
	struct table_cell cell;
	uint32_t number = UINT32_MAX, rows = 0;
	unsigned orders = 7, dates = 0;

	while (cells_next(cells, &cell, NULL) > 0) {
		if (rows == 0 && cell.length == strlen(column) &&
			!strncasecmp(cell.text, column, cell.length))
			number = cell.column;
		if (rows > 0 && cell.column == number) {
			unsigned of_cell = civil_orders(cell.text, cell.length);

			/* what is no date (a time with its zone) says nothing */
			if (of_cell) {
				orders &= of_cell;
				dates++;
			}
		}
		rows += cell.is_last;
	}
	return dates ? orders : 0;
}

int date_guess(
	struct bytes *bytes, const char *column, unsigned *ret_orders, struct err *err)
{
	const char *head = NULL;
	struct bytes *begin = NULL;
	struct cells *cells = NULL;
	size_t length = 0, whole;
	char delimiter;
	int r = bytes_head(bytes, &head, &length, err);

	*ret_orders = 0;
	/* the last line may be cut in the middle of a date */
	whole = length;
	while (r >= 0 && whole > 0 && head[whole - 1] != '\n')
		whole--;
	if (r < 0 || whole == 0)
		return r;
	delimiter = cells_guess_delimiter(head, whole);
	r = bytes_of_text(head, whole, &begin, err);
	if (r >= 0)
		r = cells_open(begin, delimiter ? delimiter : ',', &cells, err);
	if (r >= 0)
		*ret_orders = orders_of_cells(cells, column);
	cells_close(cells);
	bytes_close(begin);
	return r;
}
