#include "analyze/import/import_sizes.h"

#include "common/json_out.h"
#include "common/strbuf.h"
#include "common/units.h"
#include "store/db/events.h"
#include "store/db/facts.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>

#define RESIZE_TEXT_MAX 400

static int note_resize(struct store *store, int64_t workload_id,
	const struct resize *resize, struct err *err)
{
	bool is_memory = resize->figure == FIGURE_MEMORY_TOTAL_BYTES;
	char before[JSON_NUMBER_SIZE], after[JSON_NUMBER_SIZE];
	struct event event = { .workload_id = workload_id,
		.at = resize->at,
		.kind = (char[]){ "resize" } };
	struct strbuf text, data;
	int r;

	json_number_text(resize->before, before);
	json_number_text(resize->after, after);
	strbuf_init(&text, RESIZE_TEXT_MAX);
	strbuf_init(&data, RESIZE_TEXT_MAX);
	if (is_memory)
		strbuf_addf(&text, "resized: memory %.6g MB, before %.6g MB",
			resize->after / BYTES_PER_MB, resize->before / BYTES_PER_MB);
	else
		strbuf_addf(&text, "resized: %s cores, before %s", after, before);
	strbuf_addf(&data, "{\"field\":\"%s\",\"before\":%s,\"after\":%s}",
		is_memory ? "memory.total_bytes" : "cpu.cores", before, after);
	r = strbuf_failed(&text) ? strbuf_failed(&text) : strbuf_failed(&data);
	event.text = text.text;
	event.data = data.text;
	r = r < 0 ? err_oom(err) : store_event_add(store, &event, err);
	strbuf_done(&text);
	strbuf_done(&data);
	return r;
}

static int remove_resizes(struct store *store, int64_t workload_id, struct err *err)
{
	struct event_list list;
	int r;

	r = store_events(
		store, workload_id, "resize", INT64_MIN, INT64_MAX, &list, err);
	if (r < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < list.count; i++)
		r = store_event_remove(store, list.event[i].id, err);
	event_list_done(&list);
	return r;
}

int import_note_sizes(struct store *store, int64_t workload_id,
	const struct merged *merged, int64_t now, struct err *err)
{
	int r;

	r = remove_resizes(store, workload_id, err);
	for (size_t i = 0; r >= 0 && i < merged->resizes; i++)
		r = note_resize(store, workload_id, &merged->resize[i], err);
	for (size_t i = 0; r >= 0 && i < fact_name_count; i++) {
		const struct fact_name *name = &fact_names[i];
		char value[JSON_NUMBER_SIZE];

		if (isnan(merged->latest[name->figure]))
			continue;
		r = store_fact_set(store, workload_id, fact_table[name->fact].key,
			json_number_text(merged->latest[name->figure], value),
			FACT_ORIGIN_IMPORT, now, err);
	}
	return r;
}
