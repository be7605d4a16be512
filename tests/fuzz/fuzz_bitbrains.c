/* Any bytes as the lines of a Bitbrains file: refused with a clean message, or taken
 * with values that are finite and >= 0. */
#include "analyze/import/formats/bitbrains.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bitbrains_result(
	int r, const struct reading *reading, const struct err *err)
{
	if (r < 0) {
		for (const char *p = err->text; *p; p++) {
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				abort();
		}
		if (!*err->text)
			abort();
		return;
	}
	if (reading->stamp < 31536000 || reading->stamp > 4102444800)
		abort();
	for (unsigned cell = 0; cell < CELL_COUNT; cell++) {
		if (reading_has(reading, cell) &&
			!(reading->value[cell] >= 0 && reading->value[cell] < 1e30))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;
	struct text_place place = { "fuzz.csv", 0 };

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((stop ? stop : end) - at);
		struct reading reading;
		struct err err = ERR_INIT;
		int r;

		place.line++;
		r = bitbrains_parse_header(&place, at, length, &err);
		if (r < 0 && !*err.text)
			abort();
		r = bitbrains_parse_row(&place, at, length, &reading, &err);
		check_bitbrains_result(r, &reading, &err);
		at = stop ? stop + 1 : end;
	}
	return 0;
}
