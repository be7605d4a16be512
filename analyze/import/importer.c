#include "analyze/import/importer.h"

#include "common/util.h"

#include <errno.h>
#include <string.h>

#define IMPORTER_ROW(name) &name##_importer,

const struct importer *const importer_table[] = { IMPORTERS(IMPORTER_ROW) };
const size_t importer_count = ARRAY_LEN(importer_table);

const struct importer *importer_find(const char *name)
{
	/* what people call the workbooks that there are */
	if (!strcmp(name, "rvtools"))
		name = "workbook";
	for (size_t i = 0; i < importer_count; i++) {
		if (!strcmp(importer_table[i]->name, name))
			return importer_table[i];
	}
	return NULL;
}

/* Kinds of file that people hand over and that no reader takes, with the way out. */
static const struct {
	size_t offset;
	const char *magic;
	size_t length;
	const char *what;
} other_kinds[] = {
	{ 0x48, "\x02\x00\x01\xC0", 4,
		"this is a PerfMon log in binary form: relog FILE -f csv -o OUT.csv" },
	{ 0x48, "\x02\x00\x02\xC0", 4,
		"this is a PerfMon log in binary form: relog FILE -f csv -o OUT.csv" },
	{ 0, "PDH", 3,
		"this is a PerfMon log in binary form: relog FILE -f csv -o OUT.csv" },
	{ 0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8,
		"this is a workbook of the old form (.xls): save it as .xlsx or CSV" },
	{ 0, "SQLite format 3", 15,
		"this is a SQLite database: another machine's store is a folder, "
		"`analyze import store DIR`" },
	{ 0, "\x28\xb5\x2f\xfd", 4, "this is compressed: unzstd it first" },
	{ 0, "%PDF-", 5, "this is a PDF: bring the table that it was made from" },
};

static int refuse_other_kind(const struct import_head *head, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(other_kinds); i++) {
		if (head->length >= other_kinds[i].offset + other_kinds[i].length &&
			!memcmp(head->text + other_kinds[i].offset,
				other_kinds[i].magic, other_kinds[i].length))
			return err_set(err, -EINVAL, "%s: %s", head->path,
				other_kinds[i].what);
	}
	return 0;
}

int import_recognise(const struct import_source *source,
	const struct importer **ret_importer, struct err *err)
{
	const struct importer *best = NULL;
	struct import_head head = { .path = source->path };
	int most = IMPORT_NOT_MINE, r;

	r = bytes_head(source->bytes, &head.text, &head.length, err);
	if (r < 0)
		return r;
	head.is_whole = head.length < BYTES_HEAD_MAX;
	for (size_t i = 0; i < importer_count; i++) {
		const struct importer *importer = importer_table[i];
		int sure = importer->recognise ? importer->recognise(&head)
					       : IMPORT_NOT_MINE;

		if (sure > most) {
			most = sure;
			best = importer;
		}
	}
	*ret_importer = best;
	return best ? 0 : refuse_other_kind(&head, err);
}

/* Ends of file names that say a form and not a machine. */
static const char *const suffixes[] = { ".csv", ".tsv", ".txt", ".log", ".json", ".xml",
	".ssv", ".sar", ".sa", ".rrd", ".xlsx", ".prom", ".out", ".snmpwalk",
	".snmprec", ".dmi" };

static size_t without_suffixes(const char *name, size_t length)
{
	bool is_shorter = true;

	while (is_shorter) {
		is_shorter = false;
		for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
			size_t end = strlen(suffixes[i]);

			if (length <= end ||
				memcmp(name + length - end, suffixes[i], end))
				continue;
			length -= end;
			is_shorter = true;
		}
	}
	return length;
}

int importer_default_name(const struct import_source *source, const char **ret_name,
	size_t *ret_length, struct err *err)
{
	const struct text_place place = { source->path, 0 };
	const char *slash = strrchr(source->path, '/');
	const char *name = slash ? slash + 1 : source->path;
	size_t length = without_suffixes(name, strlen(name));

	if (source->options && source->options->workload) {
		name = source->options->workload;
		length = strlen(name);
	}
	if (text_name(&place, "workload", name, length, err) < 0)
		return err_set(err, -EINVAL,
			"%s: the file does not say which workload it is of, and its name "
			"is not fit to be one: give --workload NAME",
			source->path);
	*ret_name = name;
	*ret_length = length;
	return 0;
}
