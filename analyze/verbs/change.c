#include "analyze/verbs/change.h"

#include "analyze/document/writer.h"
#include "analyze/estate/estate.h"
#include "common/strbuf.h"
#include "store/store.h"

#include <stdarg.h>
#include <stdlib.h>

#define LOCK_TIMEOUT_MS 60000
#define TEXT_MOST ((size_t)1 << 20)

int change_store(const struct context *context, change_function *change, void *data,
	struct err *err)
{
	struct store *store;
	int r = store_open(context->data_dir, &store, err);

	if (r < 0)
		return r;
	r = store_begin(store, LOCK_TIMEOUT_MS, err);
	if (r >= 0 && *store_notice(store))
		context_say(context, "%s", store_notice(store));
	if (r >= 0)
		r = change(context, store, data, err);
	if (r >= 0)
		r = store_commit(store, err);
	else
		store_rollback(store);
	store_close(store);
	return r;
}

int change_named(const struct context *context, struct store *store,
	change_one_function *one, void *data, struct err *err)
{
	struct workload_list list = { .count = 0 };
	const struct workload **chosen = NULL;
	size_t count = 0;
	int r = store_workloads(store, &list, err);

	if (r == 0)
		r = estate_choose(&list, context->arguments, 1, &chosen, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = one(context, store, chosen[i], data, err);
	free(chosen);
	workload_list_done(&list);
	return r < 0 ? r : (int)count;
}

int change_tell(const struct context *context, const struct change_view *view,
	struct err *err, const char *format, ...)
{
	struct strbuf text;
	va_list args;
	int r;

	strbuf_init(&text, TEXT_MOST);
	va_start(args, format);
	strbuf_vaddf(&text, format, args);
	va_end(args);
	r = strbuf_failed(&text)
		? err_oom(err)
		: document_print(
			  change_document(view, strbuf_text(&text)), context, err);
	strbuf_done(&text);
	return r;
}
