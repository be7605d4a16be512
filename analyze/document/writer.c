#include "analyze/document/writer.h"

document_writer *const document_writers[FORMAT_COUNT] = {
	[FORMAT_TEXT] = write_text,
	[FORMAT_JSON] = write_json,
	[FORMAT_CSV] = write_csv,
	[FORMAT_KV] = write_kv,
	[FORMAT_HTML] = write_html,
	[FORMAT_XLSX] = write_xlsx,
};
