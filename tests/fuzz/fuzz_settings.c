/* The settings file; what is taken is printed and read again as the same. */
#include "collectord/link/settings_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct settings settings, again;
	struct strbuf text;
	struct err err = ERR_INIT;
	char *copy =
		malloc(size + 1); /* settings_read_file reads a text with its end */

	if (!copy)
		return 0;
	if (size > 0)
		memcpy(copy, bytes, size);
	copy[size] = '\0';
	settings_init(&settings);
	again = settings;
	if (settings_read_text(copy, size, "f", &settings, NULL, &err) == 0) {
		strbuf_init(&text, 1 << 20);
		settings_print_all(&settings, &text);
		if (settings_read_text(strbuf_text(&text), text.length, "p", &again,
			    NULL, &err) < 0 ||
			memcmp(&settings, &again, sizeof(settings)) != 0)
			abort();
		strbuf_done(&text);
	} else if (strncmp(err.text, "f:", 2) != 0) {
		abort(); /* every message names the file */
	}
	free(copy);
	return 0;
}
