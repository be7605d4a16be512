#include "analyze/inventory/inventory_state.h"

#include "store/db/facts.h"

#include <errno.h>

static int state_one(struct store *store, const struct workload *workload,
	const struct stated_fact *stated, int64_t now, struct err *err)
{
	const char *key = fact_table[stated->fact].key;

	return stated->value
		? store_fact_set(store, workload->id, key, stated->value,
			  FACT_ORIGIN_PERSON, now, err)
		: store_fact_remove(store, workload->id, key, FACT_ORIGIN_PERSON, err);
}

int inventory_state(struct store *store, const struct stated_list *stated,
	const char *path, const struct workload_list *list,
	const struct workload *const *chosen, size_t count, int64_t now,
	size_t *ret_done, struct err *err)
{
	int r = 0;

	*ret_done = 0;
	for (size_t i = 0; r == 0 && i < stated->count; i++) {
		const struct stated_fact *fact = &stated->stated[i];
		const struct workload *named = NULL;

		for (size_t k = 0; r == 0 && !fact->workload && k < count;
			k++, ++*ret_done)
			r = state_one(store, chosen[k], fact, now, err);
		if (!fact->workload)
			continue;
		named = workload_list_find(list, fact->workload);
		if (!named)
			return err_set(err, -ENOENT,
				"%s:%u: no workload is called \"%.100s\"", path,
				fact->line, fact->workload);
		r = state_one(store, named, fact, now, err);
		++*ret_done;
	}
	return r;
}
