#include "analyze/verbs/change.h"

#define LOCK_TIMEOUT_MS 60000

int change_store(const struct context *context, change_function *change, void *data,
	struct err *err)
{
	struct store *store;
	int r = store_open(context->data_dir, &store, err);

	if (r < 0)
		return r;
	r = store_begin(store, LOCK_TIMEOUT_MS, err);
	if (r >= 0)
		r = change(context, store, data, err);
	if (r >= 0)
		r = store_commit(store, err);
	else
		store_rollback(store);
	store_close(store);
	return r;
}
