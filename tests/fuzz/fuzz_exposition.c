/* Any bytes as an exporter's answer, and as the text of a subject: refused, or texts whose
 * lines are whole. */
#include "collectord/link/subject.h"
#include "probes/fleet/exposition.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exposition *all = exposition_new();
	struct err err = ERR_INIT;
	struct subject subject;

	if (!all)
		abort();
	if (exposition_parse(all, (const char *)data, size, &err) == 0)
		for (unsigned i = 0; i < EXPOSITION_TEXT_COUNT; i++) {
			struct strbuf text;

			strbuf_init(&text, 4 << 20);
			exposition_print(all, (enum exposition_text)i, &text);
			if (strbuf_failed(&text) ||
				(text.length && text.text[text.length - 1] != '\n'))
				abort();
			strbuf_done(&text);
		}
	exposition_free(all);
	if (subject_parse((const char *)data, size, &subject, &err) == 0 &&
		(subject.id == SUBJECT_OWN || !subject.name[0] || subject.step_s == 0))
		abort();
	return 0;
}
