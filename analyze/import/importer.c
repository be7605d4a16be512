#include "analyze/import/importer.h"

#include "common/util.h"

#include <string.h>

const struct importer *const importer_table[] = {
	&bitbrains_importer,
	&csv_importer,
};
const size_t importer_count = ARRAY_LEN(importer_table);

const struct importer *importer_find(const char *name)
{
	for (size_t i = 0; i < importer_count; i++) {
		if (!strcmp(importer_table[i]->name, name))
			return importer_table[i];
	}
	return NULL;
}
