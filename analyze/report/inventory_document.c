#include "analyze/report/inventory_document.h"

#include "analyze/document/quantity.h"
#include "analyze/report/cells.h"
#include "common/strbuf.h"
#include "schema/fact.h"

#include <stdlib.h>
#include <string.h>

/* As its type has it in JSON; what a newer program has stated is left out. */
static struct cell cell_fact(struct document *document, const struct fact *fact)
{
	struct fact_value value = { .is_known = false };
	struct err ignored = ERR_INIT;
	int id = fact_find(fact->key, NULL);
	struct doc_table *list;
	struct cell cell;

	if (id < 0 || fact_parse((enum fact_id)id, fact->value, &value, &ignored) < 0)
		return cell_absent();
	switch (fact_table[id].type) {
	case FACT_TYPE_NUMBER:
		cell = cell_plain_number(value.number);
		break;
	case FACT_TYPE_BOOL:
		cell = cell_bool(value.is_true);
		break;
	case FACT_TYPE_LIST:
		list = doc_list(document);
		for (size_t i = 0; i < value.count; i++)
			doc_item(list, cell_text(value.list[i]));
		cell = cell_table(list);
		break;
	default: /* devices and disks in their short form, which --load reads */
		cell = cell_text(fact->value);
	}
	fact_value_done(&value);
	return cell;
}

/* What rules ask for first. */
static const int asked[] = { FACT_DISKS, FACT_DEVICES, FACT_APPLICATIONS, FACT_ROLES,
	FACT_OS, FACT_ENVIRONMENT };

static bool is_stated(const struct fact_list *list, const char *key)
{
	for (size_t f = 0; f < list->count; f++) {
		if (strcmp(list->fact[f].key, key) == 0)
			return true;
	}
	return false;
}

/* Which of the facts that rules ask for is nobody's statement yet. */
static void add_missing(struct document *document, const struct fact_list *list)
{
	size_t missing = 0;

	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		const char *key = fact_table[asked[i]].key;

		if (is_stated(list, key))
			continue;
		if (missing++ == 0)
			doc_line(document, "not stated: %s", key);
		else
			doc_span(document, COLOR_NONE, ", %s", key);
	}
}

/* For people: six digits of what was counted or divided ("18.6341", not all seventeen), and
 * bytes in a unit beside them. */
static struct cell cell_fact_shown(struct document *document, const struct fact *fact)
{
	size_t key = strlen(fact->key), bytes = strlen("_bytes");
	char figure[QUANTITY_SIZE];
	const char *at = fact->value;
	struct strbuf text;
	struct cell cell;

	strbuf_init(&text, (size_t)1 << 16);
	while (*at) {
		size_t length = strspn(at, "0123456789."), words;

		if (length > 7 && memchr(at, '.', length) && strlen(at) < 4096)
			strbuf_addf(&text, "%.6g", strtod(at, NULL));
		else
			strbuf_addf(&text, "%.*s", (int)length, at);
		at += length;
		words = strcspn(at, "0123456789");
		strbuf_addf(&text, "%.*s", (int)words, at);
		at += words;
	}
	if (key > bytes && strcmp(fact->key + key - bytes, "_bytes") == 0)
		strbuf_addf(&text, " (%s)",
			quantity_bytes(strtod(fact->value, NULL), figure));
	cell = cell_shown(cell_text(fact->value),
		strbuf_failed(&text) ? fact->value
				     : doc_keep(document, "%s", strbuf_text(&text)));
	strbuf_done(&text);
	return cell;
}

/* For people: a page for each workload. */
static void inventory_document_add_page(struct document *document,
	const struct workload *workload, const struct fact_list *list)
{
	static const struct doc_column columns[] = {
		{ NULL, "FACT", 0, 0, NULL },
		{ NULL, "VALUE", COLUMN_WRAP, 0, NULL },
		{ NULL, "STATED BY", 0, 0, NULL },
	};
	struct doc_table *table;

	doc_line(document, "%s%s", workload->name,
		sample_mark(workload) ? "  " SAMPLE_MARK : "");
	table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < list->count; i++)
		DOC_ROW(table, cell_text(list->fact[i].key),
			cell_fact_shown(document, &list->fact[i]),
			cell_text(list->fact[i].origin));
	add_missing(document, list);
}

struct document *inventory_document(const struct workload *const *workload,
	const struct fact_list *facts, size_t count)
{
	static const struct doc_column columns[] = {
		{ "workload", NULL, COLUMN_NAME, 0, NULL },
		{ "facts", NULL, COLUMN_UNFOLD, 0, NULL },
	};
	static const struct doc_column fact_columns[] = {
		{ "fact", NULL, COLUMN_NAME, 0, NULL },
		{ "value", NULL, IN_JSON, 0, NULL },
		{ "value", NULL, IN_CSV | IN_KV, 0, NULL },
		{ "stated_by", NULL, IN_CSV, 0, NULL },
	};
	struct document *document = document_new("inventory");
	struct doc_table *table = doc_table(document, IN_MACHINE, "workloads",
		TABLE_PAIRS, columns, ARRAY_LEN(columns));

	(void)doc_shape(table, TABLE_PAIRS, fact_columns, ARRAY_LEN(fact_columns));
	for (size_t i = 0; i < count; i++) {
		struct doc_table *stated = doc_inner(table);

		for (size_t f = 0; f < facts[i].count; f++)
			DOC_ROW(stated, cell_text(facts[i].fact[f].key),
				cell_fact(document, &facts[i].fact[f]),
				cell_text(facts[i].fact[f].value),
				cell_text(facts[i].fact[f].origin));
		DOC_ROW(table, cell_text(workload[i]->name), cell_table(stated));
		inventory_document_add_page(document, workload[i], &facts[i]);
	}
	if (count == 0)
		doc_line(document,
			"no workloads are stored yet; start with `collectord` or "
			"`analyze import`");
	return document;
}

/* As a sheet to fill in and load again: a row for each workload that lacks one, a column for
 * each fact; an empty field says nothing, so what is stated already stays as it is. */
static void add_sheet(struct document *document, const struct workload *const *workload,
	const struct fact_list *facts, size_t count)
{
	struct doc_column columns[1 + ARRAY_LEN(asked)] = { { "workload", NULL, 0, 0,
		NULL } };
	struct cell cells[1 + ARRAY_LEN(asked)];
	struct doc_table *table;

	for (size_t a = 0; a < ARRAY_LEN(asked); a++) {
		columns[1 + a] = (struct doc_column){ .key = fact_table[asked[a]].key,
			.csv = fact_table[asked[a]].key };
		cells[1 + a] = cell_text("");
	}
	table = doc_table(document, IN_CSV, NULL, TABLE_ROWS,
		doc_columns(document, columns, ARRAY_LEN(columns)), ARRAY_LEN(columns));
	for (size_t i = 0; i < count; i++) {
		bool lacks = false;

		for (size_t a = 0; a < ARRAY_LEN(asked); a++)
			lacks |= !is_stated(&facts[i], fact_table[asked[a]].key);
		cells[0] = cell_text(workload[i]->name);
		if (lacks)
			doc_row(table, cells, ARRAY_LEN(cells));
	}
}

struct document *missing_document(const struct workload *const *workload,
	const struct fact_list *facts, size_t count)
{
	static const struct doc_column columns[] = {
		{ "workload", "WORKLOAD", COLUMN_CUT, 0, NULL },
		{ "fact", "NOT STATED", 0, 0, NULL },
		{ "example", "EXAMPLE", COLUMN_WRAP, 0, NULL },
	};
	struct document *document = document_new("missing");
	struct doc_table *table = doc_table(document, IN_TEXT | IN_JSON, "missing",
		TABLE_ROWS, columns, ARRAY_LEN(columns));

	doc_empty(table, "nothing that rules ask for first is missing");
	for (size_t i = 0; i < count; i++) {
		for (size_t a = 0; a < ARRAY_LEN(asked); a++) {
			const struct fact_info *info = &fact_table[asked[a]];

			if (!is_stated(&facts[i], info->key))
				DOC_ROW(table, cell_text(workload[i]->name),
					cell_text(info->key), cell_text(info->example));
		}
	}
	add_sheet(document, workload, facts, count);
	doc_gap(document);
	doc_line(document,
		"to fill in: analyze inventory --missing --format csv -o facts.csv; then "
		"analyze inventory --load facts.csv");
	return document;
}

struct document *fact_keys_document(void)
{
	static const struct doc_column columns[] = {
		{ "key", "KEY", 0, 0, NULL },
		{ "example", "EXAMPLE", COLUMN_WRAP, 0, NULL },
		{ "help", "WHAT IT SAYS", COLUMN_WRAP, 0, NULL },
	};
	struct document *document = document_new("fact-keys");
	struct doc_table *table =
		doc_table(document, 0, "keys", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (int i = 0; i < FACT_COUNT; i++)
		DOC_ROW(table, cell_text(fact_table[i].key),
			cell_text(fact_table[i].choices ? fact_table[i].choices
							: fact_table[i].example),
			cell_text(fact_table[i].help));
	return document;
}
