/* A source through a mapping: its encoding, the order of its dates, then its rows. */
#include "analyze/import/formats/map_json.h"
#include "analyze/import/formats/map_table.h"

#include "analyze/import/readers/date_guess.h"
#include "analyze/import/readers/encoding.h"

#include <stdlib.h>

int map_read(const struct map *map, const struct import_source *source,
	struct import_sink *sink, struct err *err)
{
	struct map_reading *reading = calloc(1, sizeof(*reading));
	const struct import_options *options = source->options;
	const char *from =
		options && options->encoding ? options->encoding : map->encoding;
	struct bytes *bytes = source->bytes;
	unsigned orders = 0;
	int r = 0;

	if (!reading)
		return err_oom(err);
	if (from)
		r = encoding_open(source->bytes, from, &bytes, err);
	if (r >= 0 && !map->is_json && map->time_unit == MAP_TIME_TEXT)
		r = date_guess(bytes, map->time_column, &orders, err);
	reading->order.is_known = orders && !(orders & (orders - 1));
	if (reading->order.is_known)
		reading->order.order = (enum date_order)__builtin_ctz(orders);
	if (r >= 0)
		r = map_reading_begin(reading, map, source, sink, err);
	if (r >= 0)
		r = map->is_json ? map_json_read(reading, bytes, err)
				 : map_table_read(reading, bytes, err);
	map_reading_done(reading);
	free(reading);
	if (bytes != source->bytes)
		bytes_close(bytes);
	return r < 0 ? r : 0;
}
