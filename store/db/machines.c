#include "store/db/machines.h"

#include "schema/machine_facts.h"
#include "store/db/connection.h"
#include "store/db/events.h"
#include "store/db/facts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_BYTES_MAX ((size_t)64 << 10)
#define VALUE_SHOWN_MAX 120 /* bytes of a value in the text for people */

struct machine_update {
	struct store *store;
	int64_t workload_id, now, at;
	size_t changes;
	/* the list whose changes are counted: "software.packages" */
	char list[64];
	size_t list_changes;
	struct err *err;
};

int store_machine_get(struct store *store, int64_t workload_id,
	struct machine *ret_machine, struct err *err)
{
	struct json_doc doc;
	int64_t tables = 0;
	char *text = NULL;
	/* a store of an older version that nobody has written since has no such table */
	int r = db_first(store, &db_row_number, &tables, err,
		"SELECT count(*) FROM sqlite_master WHERE name = 'machines'", "");

	if (r > 0 && tables > 0)
		r = db_first(store, &db_row_text, &text, err,
			"SELECT document FROM machines WHERE workload_id = ?", "i",
			workload_id);
	if (r < 0)
		return r;
	if (!text)
		return err_set(err, -ENOENT, "no machine document is stored");
	r = json_doc_parse("machine document", text, strlen(text), &doc, err);
	free(text);
	if (r < 0)
		return r;
	r = machine_parse(&doc, ret_machine, err);
	json_doc_done(&doc);
	return r;
}

/* ---- events --------------------------------------------------------------------------- */

static int add_inventory_event(
	struct machine_update *taking, struct strbuf *text, struct strbuf *data)
{
	struct event event = { .workload_id = taking->workload_id,
		.at = taking->at,
		.kind = (char[]){ "inventory" },
		.text = text->text,
		.data = data ? data->text : NULL };

	if (strbuf_failed(text) || (data && strbuf_failed(data)))
		return err_oom(taking->err);
	return store_event_add(taking->store, &event, taking->err);
}

/* More than a person reads: said in one line. */
static int end_list(struct machine_update *taking)
{
	struct strbuf text;
	int r = 0;

	if (taking->list_changes > MACHINE_EVENTS_MAX) {
		strbuf_init(&text, EVENT_BYTES_MAX);
		strbuf_addf(&text, "%s: %zu changes in all", taking->list,
			taking->list_changes);
		r = add_inventory_event(taking, &text, NULL);
		strbuf_done(&text);
	}
	taking->list[0] = '\0';
	taking->list_changes = 0;
	return r;
}

/* Counts within a list: "software.packages[bash].version" is of "software.packages". */
static int count_in_list(struct machine_update *taking, const char *path)
{
	size_t length = strcspn(path, "[");
	int r = 0;

	if (strncmp(taking->list, path, length) != 0 || taking->list[length])
		r = end_list(taking);
	if (path[length] && length < sizeof(taking->list)) {
		memcpy(taking->list, path, length);
		taking->list[length] = '\0';
		taking->list_changes++;
	}
	return r;
}

static int note_difference(
	void *context, const char *path, const char *before, const char *after)
{
	struct machine_update *taking = context;
	struct strbuf text, data;
	int r = count_in_list(taking, path);

	taking->changes++;
	if (r < 0 || taking->list_changes > MACHINE_EVENTS_MAX)
		return r;
	strbuf_init(&text, EVENT_BYTES_MAX);
	strbuf_init(&data, EVENT_BYTES_MAX);
	if (!after)
		strbuf_addf(&text, "%s: gone (%.*s)", path, VALUE_SHOWN_MAX, before);
	else if (!before)
		strbuf_addf(&text, "%s: new (%.*s)", path, VALUE_SHOWN_MAX, after);
	else
		strbuf_addf(&text, "%s: %.*s, before %.*s", path, VALUE_SHOWN_MAX,
			after, VALUE_SHOWN_MAX, before);
	strbuf_addf(&data, "{\"before\":%s,\"after\":%s}", before ? before : "null",
		after ? after : "null");
	r = add_inventory_event(taking, &text, &data);
	strbuf_done(&text);
	strbuf_done(&data);
	return r;
}

/* ---- taking ---------------------------------------------------------------------------- */

static int state_machine_fact(void *context, enum fact_id fact, const char *text)
{
	struct machine_update *taking = context;
	struct fact_value value;
	struct err refusal = ERR_INIT;
	int r = fact_parse(fact, text, &value, &refusal);

	if (r == -ENOMEM)
		return err_oom(taking->err);
	if (r < 0)
		return 0; /* no value of this fact: nothing is stated */
	fact_value_done(&value);
	return store_fact_set(taking->store, taking->workload_id, fact_table[fact].key,
		text, FACT_ORIGIN_MACHINE, taking->now, taking->err);
}

static int write_machine(struct machine_update *taking, const struct machine *machine)
{
	struct strbuf text;
	int r;

	strbuf_init(&text, MACHINE_BYTES_MAX);
	machine_write(machine, &text);
	if (strbuf_failed(&text)) {
		strbuf_done(&text);
		return err_oom(taking->err);
	}
	r = db_write(taking->store, taking->err,
		"INSERT OR REPLACE INTO machines VALUES (?, ?, ?, ?)", "iiis",
		taking->workload_id, taking->at, taking->now, strbuf_text(&text));
	strbuf_done(&text);
	return r;
}

int store_machine_take(struct store *store, int64_t workload_id,
	const struct machine *machine, int64_t now, size_t *ret_changes,
	struct err *err)
{
	struct machine_update taking = { .store = store,
		.workload_id = workload_id,
		.now = now,
		.at = machine->gathered ? machine->gathered : now,
		.err = err };
	struct machine before;
	struct err none = ERR_INIT;
	int r = store_machine_get(store, workload_id, &before, &none);

	if (r == 0) {
		r = machine_compare(&before, machine, note_difference, &taking);
		if (r == 0)
			r = end_list(&taking);
		machine_done(&before);
	} else if (r == -EINVAL || r == -ENOENT) {
		r = 0; /* the first, or one of another version: nothing to compare with */
	} else {
		r = err_set(err, r, "%s", none.text);
	}
	if (r == 0)
		r = db_write(store, err,
			"DELETE FROM workload_facts WHERE workload_id = ? AND source = ?",
			"is", workload_id, fact_origin_name(FACT_ORIGIN_MACHINE));
	if (r == 0)
		r = machine_facts(machine, state_machine_fact, &taking);
	if (r == -ENOMEM && !err->text[0])
		r = err_oom(err);
	if (r == 0)
		r = write_machine(&taking, machine);
	if (r == 0 && ret_changes)
		*ret_changes = taking.changes;
	return r;
}
