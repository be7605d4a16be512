/* The first byte chooses a path, the others are the file, as bytes or as the XML of a dump. */
#include "tests/fuzz/fuzz_importer.h"

#include "analyze/import/formats/tree_rules.h"
#include "common/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const paths[] = { "web1/cpu-0/cpu-user.rrd",
	"web1/memory/memory-used.rrd", "web1/interface-eth0/if_octets.rrd",
	"lan/db-cpu-user-d.rrd", "cluster/n1/cpu_idle.rrd", "sw1/ucd_mem.rrd",
	"rra/mail/12.rrd", "db/pve-vm-9.0/101", "x/y/z.rrd" };
static struct tree_rules *fuzz_rules;

static int fuzz_rrd_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	const struct import_prepared prepared = { .trees = fuzz_rules };
	struct import_source own = *source;
	const char *head = NULL;
	size_t length = 0;
	char first;
	int r = bytes_read(source->bytes, &first, 1, &length, err);

	(void)head;
	if (r < 0 || length == 0)
		return r;
	own.path = paths[(unsigned char)first % ARRAY_LEN(paths)];
	own.prepared = &prepared;
	return rrd_importer.read(&own, sink, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct importer importer = { .name = "rrd",
		.read = fuzz_rrd_read };
	const struct import_options options = { .has_since = size % 2, .since = 1 };

	if (!fuzz_rules && tree_rules_load(&fuzz_rules, NULL) < 0)
		abort();
	return fuzz_importer(&importer, data, size, &options);
}
