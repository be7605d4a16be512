/* Any bytes as a machine document, of collectord-inventory or of a person: what is taken is
 * written and read again as the same. */
#include "tests/fuzz/fuzz_edit.h"

#include "schema/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int has_changed(
	void *context, const char *path, const char *before, const char *after)
{
	if (context || !*path || (!before && !after))
		abort();
	return 0;
}

static void write_and_read(const struct machine *machine, struct machine *ret_again)
{
	struct json_doc doc;
	struct strbuf text;

	strbuf_init(&text, 64 << 20);
	machine_write(machine, &text);
	if (strbuf_failed(&text) ||
		json_doc_parse("again", text.text, text.length, &doc, NULL) < 0 ||
		machine_parse(&doc, ret_again, NULL) < 0)
		abort();
	json_doc_done(&doc);
	strbuf_done(&text);
}

/* Bytes that are no UTF-8 are others once they were written: from then on nothing changes. */
static void check_again(const struct machine *machine)
{
	static char is_strict;
	struct machine once, twice;

	write_and_read(machine, &once);
	write_and_read(&once, &twice);
	(void)machine_compare(machine, &once, has_changed, NULL);
	(void)machine_compare(&once, &twice, has_changed, &is_strict);
	machine_done(&once);
	machine_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct machine machine;
	struct json_doc doc;
	struct err err = ERR_INIT;
	char partition[256];
	bool is_certain;

	if (json_doc_parse("m.json", (const char *)data, size, &doc, &err) < 0) {
		fuzz_refusal(&err);
		return 0;
	}
	(void)machine_is_document(&doc);
	if (machine_parse(&doc, &machine, &err) < 0) {
		fuzz_refusal(&err);
	} else {
		check_again(&machine);
		(void)machine_capture_adapter(&machine, &is_certain);
		(void)machine_system_partition(&machine, partition, sizeof(partition));
		(void)machine_service_pack(&machine);
		machine_done(&machine);
	}
	json_doc_done(&doc);
	return 0;
}
