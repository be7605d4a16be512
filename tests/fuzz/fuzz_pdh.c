/* Any bytes as a PerfMon log: refused with a clean message, or taken as finite readings. */
#include "tests/fuzz/fuzz_importer.h"

#include "analyze/import/formats/pdh.h"

#include <iconv.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct import_prepared pdh_prepared;

/* The catalogue is read once, and iconv keeps what it has loaded: ten times as many inputs. */
static void prepare_once(void)
{
	static const char *const pages[] = { "CP1252", "CP1251", "CP1250", "CP1253",
		"CP1254", "CP932", "CP936", "CP949", "CP950", "UTF-16LE", "UTF-16BE" };

	if (pdh_prepared.perfmon)
		return;
	if (pdh_names_load(&pdh_prepared.perfmon, NULL) < 0)
		abort();
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++)
		if (iconv_open("UTF-8", pages[i]) == (iconv_t)-1)
			abort();
}

static int fuzz_pdh_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct import_source own = *source;

	own.prepared = &pdh_prepared;
	return pdh_importer.read(&own, sink, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct importer importer = { .name = "pdh",
		.read = fuzz_pdh_read };
	const struct import_options options = { .zone = "UTC" };

	prepare_once();
	return fuzz_importer(&importer, data, size, &options);
}
