#include "analyze/report/change_document.h"

#include <string.h>

struct document *change_document(const struct change_view *view, const char *text)
{
	static const unsigned in = IN_JSON | IN_KV;
	struct document *document = document_new("change");
	struct doc_table *ids = doc_list(document);

	doc_kv_capitals(document);
	doc_fact(document, in, "what", NULL, cell_text(view->what));
	doc_fact(document, in, "name", NULL,
		view->name ? cell_text(view->name) : cell_unknown(NULL));
	doc_fact(document, in, "count", NULL, cell_count((int64_t)view->count));
	for (size_t i = 0; i < view->id_count; i++)
		doc_item(ids, cell_count(view->id[i]));
	doc_fact(document, IN_JSON, "ids", NULL, cell_table(ids));
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		doc_line(document, "%.*s", (int)length, line);
		line += length + (line[length] == '\n');
	}
	return document;
}

struct document *names_document(
	const char *schema, const char *key, const char *const *name, size_t count)
{
	struct document *document = document_new(schema);
	struct doc_table *names = doc_list(document);

	for (size_t i = 0; i < count; i++) {
		doc_item(names, cell_text(name[i]));
		doc_line(document, "%s", name[i]);
	}
	doc_fact(document, IN_JSON, key, NULL, cell_table(names));
	return document;
}
