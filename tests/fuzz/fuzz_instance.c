/* Any bytes as a packing instance: refused with a clean line, or a problem that passes
 * its own check. */
#include "analyze/packing/instance.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refusal(const struct err *err)
{
	if (!*err->text)
		abort();
	for (const char *p = err->text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "fuzz.vbp", "fuzz.txt", "fuzz" };

	for (size_t i = 0; i < 6; i++) {
		enum instance_demand demand =
			i % 2 ? INSTANCE_PEAK : INSTANCE_COINCIDENT;
		struct err err = ERR_INIT;
		struct packing_instance instance;
		char *text = malloc(size + 1);

		if (!text)
			return 0;
		memcpy(text, data, size);
		text[size] = '\0';
		if (instance_parse(paths[i / 2], text, size, demand, &instance, &err) <
			0) {
			check_refusal(&err);
			continue;
		}
		if (packing_problem_check(&instance.problem, &err) < 0)
			abort();
		instance_done(&instance);
	}
	return 0;
}
