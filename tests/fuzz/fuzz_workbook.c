/*
 * A workbook: what begins with PK is the archive itself; of other bytes a whole one is made,
 * up to the first NUL its texts, up to the next the sheet vInfo, the rest the sheet vHost.
 */
#include "tests/fuzz/fuzz_importer.h"

#include <zip.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_member(zip_t *zip, const char *name, const void *bytes, size_t size)
{
	zip_source_t *source = zip_source_buffer(zip, bytes, size, 0);

	if (!source || zip_file_add(zip, name, source, 0) < 0)
		abort();
}

static const uint8_t *next_part(
	const uint8_t **at, const uint8_t *end, size_t *ret_size)
{
	const uint8_t *from = *at;
	const uint8_t *stop = from < end ? memchr(from, 0, (size_t)(end - from)) : NULL;

	*ret_size = (size_t)((stop ? stop : end) - from);
	*at = stop ? stop + 1 : end;
	return from;
}

static void make_workbook(
	const uint8_t *data, size_t size, void **ret_bytes, size_t *ret_size)
{
	static const char book[] =
		"<workbook xmlns:r=\"x\"><sheets><sheet name=\"vInfo\" r:id=\"rId1\"/>"
		"<sheet name=\"vHost\" r:id=\"rId2\"/></sheets></workbook>";
	static const char relations[] =
		"<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/sheet1.xml\"/>"
		"<Relationship Id=\"rId2\" Target=\"worksheets/sheet2.xml\"/>"
		"</Relationships>";
	static const char *const names[] = { "xl/sharedStrings.xml",
		"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml" };
	zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t *zip = target ? zip_open_from_source(target, ZIP_TRUNCATE, NULL) : NULL;
	const uint8_t *at = data;
	zip_stat_t info;

	if (!zip)
		abort();
	zip_source_keep(target);
	add_member(zip, "xl/workbook.xml", book, sizeof(book) - 1);
	add_member(zip, "xl/_rels/workbook.xml.rels", relations, sizeof(relations) - 1);
	for (unsigned i = 0; i < 3; i++) {
		size_t length;
		const uint8_t *part = next_part(&at, data + size, &length);

		add_member(zip, names[i], part, length);
		zip_set_file_compression(zip, (zip_uint64_t)i + 2, ZIP_CM_STORE, 0);
	}
	if (zip_close(zip) < 0 || zip_source_stat(target, &info) < 0 ||
		zip_source_open(target) < 0)
		abort();
	*ret_size = info.size;
	*ret_bytes = malloc(info.size);
	if (!*ret_bytes ||
		zip_source_read(target, *ret_bytes, info.size) !=
			(zip_int64_t)info.size)
		abort();
	zip_source_close(target);
	zip_source_free(target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct import_options options = { .workload = NULL };
	void *made = NULL;
	size_t length = 0;

	if (size >= 2 && !memcmp(data, "PK", 2))
		return fuzz_importer(&workbook_importer, data, size, &options);
	make_workbook(data, size, &made, &length);
	fuzz_importer(&workbook_importer, made, length, &options);
	free(made);
	return 0;
}
