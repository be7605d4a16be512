/* Any bytes as a CSV file: refused with a clean message, or taken with values that are
 * finite and >= 0 and a name that is fit to be one. */
#include "analyze/import/formats/csv.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_csv_result(int r, const struct reading *reading, const char *name,
	size_t name_length, const struct err *err)
{
	const struct text_place place = { "fuzz.csv", 1 };
	struct err name_err = ERR_INIT;

	if (r < 0) {
		for (const char *p = err->text; *p; p++) {
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				abort();
		}
		if (!*err->text)
			abort();
		return;
	}
	if (text_name(&place, "workload", name, name_length, &name_err) < 0)
		abort();
	if (reading->stamp < 31536000 || reading->stamp > 4102444800)
		abort();
	for (unsigned cell = 0; cell < CELL_COUNT; cell++) {
		if (reading_has(reading, cell) &&
			!(reading->value[cell] >= 0 && reading->value[cell] < 1e30))
			abort();
		/* an extreme never stands alone */
		if (reading_has(reading, cell) &&
			!reading_has(reading, cell % FIGURE_COUNT))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char scratch[TEXT_LINE_MAX_BYTES];
	const char *at = (const char *)data, *end = at + size;
	struct text_place place = { "fuzz.csv", 0 };
	struct csv_header header = { .count = 0 };

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((stop ? stop : end) - at), name_length = 0;
		const char *name = NULL;
		struct reading reading;
		struct err err = ERR_INIT;
		int r;

		if (length > TEXT_LINE_MAX_BYTES)
			length = TEXT_LINE_MAX_BYTES;
		if (++place.line == 1) {
			if (csv_parse_header(&place, at, length, &header, &err) < 0)
				return 0;
		} else {
			r = csv_parse_row(&place, &header, at, length, scratch,
				&reading, &name, &name_length, &err);
			check_csv_result(r, &reading, name, name_length, &err);
		}
		at = stop ? stop + 1 : end;
	}
	return 0;
}
