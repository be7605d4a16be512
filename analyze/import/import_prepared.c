/* What a format gets beside its source. */
#include "analyze/import/formats/map.h"
#include "analyze/import/formats/tree_rules.h"
#include "analyze/import/importer.h"
#include "analyze/import/readers/civil.h"

#include <stdlib.h>
#include <string.h>

void import_prepared_done(struct import_prepared *prepared)
{
	zone_close(prepared->zone);
	bytes_close(prepared->decoder);
	if (prepared->map)
		map_done(prepared->map);
	free(prepared->map);
	tree_rules_free(prepared->trees);
	*prepared = (struct import_prepared){ .zone = NULL };
}

int importer_zone(const struct import_source *source, const char *name,
	struct zone **ret_zone, struct err *err)
{
	const struct import_prepared *prepared = source->prepared;

	if (!prepared || !prepared->zone || strcmp(prepared->zone_name, name) != 0)
		return zone_open(name, ret_zone, err);
	*ret_zone = zone_copy(prepared->zone);
	return *ret_zone ? 0 : err_oom(err);
}
