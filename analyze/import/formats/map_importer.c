/* The row of the table of formats for mappings (map.h). */
#include "analyze/import/formats/map.h"

#include "analyze/import/readers/civil.h"
#include "analyze/import/readers/encoding.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The mapping, and what it needs: JSON is read where nothing can be opened. */
static int map_prepare(const struct import_source *source,
	struct import_prepared *ret_prepared, struct err *err)
{
	const struct import_options *options = source->options;
	const char *path = options ? options->map_path : NULL;
	const char *zone, *from;
	struct map *map;
	int r;

	if (!path)
		return err_set(err, -EINVAL,
			"import map: give the mapping by --map FILE, or the name of one that "
			"is built in (proxmox, get-stat, zabbix-history ...)");
	map = calloc(1, sizeof(*map));
	if (!map)
		return err_oom(err);
	r = map_load(path, map, err);
	if (r < 0) {
		free(map);
		return r;
	}
	ret_prepared->map = map;
	zone = options->zone ? options->zone : map->zone;
	from = options->encoding ? options->encoding : map->encoding;
	if (zone) {
		snprintf(ret_prepared->zone_name, ACCOUNT_ZONE_SIZE, "%s", zone);
		r = zone_open(zone, &ret_prepared->zone, err);
	}
	return r < 0 || !from
		? r
		: encoding_open(source->bytes, from, &ret_prepared->decoder, err);
}

static int map_importer_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct import_prepared prepared = { .map = NULL };
	struct import_source own = *source;
	int r;

	if (source->prepared)
		return map_read(source->prepared->map, source, sink, err);
	own.prepared = &prepared;
	r = map_prepare(source, &prepared, err);
	if (r >= 0)
		r = map_read(prepared.map, &own, sink, err);
	import_prepared_done(&prepared);
	return r;
}

const struct importer map_importer = {
	.name = "map",
	.help = "any table or JSON list, by a mapping: --map FILE or a built-in name",
	.example = "analyze import map --map proxmox rrddata.json --workload web1",
	.is_confined = true,
	.prepare = map_prepare,
	.read = map_importer_read,
};
