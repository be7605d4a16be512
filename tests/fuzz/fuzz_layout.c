/* The layout of a tick, as the recorder reads it; what is taken prints as it was. */
#include "collectord/link/tick_layout.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct layout layout, again;
	struct strbuf text;
	struct err err = ERR_INIT;

	if (layout_parse((const char *)bytes, size, &layout, &err) < 0)
		return 0;
	strbuf_init(&text, LAYOUT_TEXT_MAX);
	if (layout_print(&layout, &text, &err) < 0 ||
		layout_parse(strbuf_text(&text), text.length, &again, &err) < 0 ||
		again.id != layout.id || again.column_count != layout.column_count)
		abort();
	layout_done(&again);
	layout_done(&layout);
	strbuf_done(&text);
	return 0;
}
