#include "analyze/inventory/inventory_precedence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void fact_release(struct fact *fact)
{
	free(fact->key);
	free(fact->value);
	free(fact->origin);
}

void inventory_choose(struct fact_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct fact *fact = &list->fact[i];
		struct fact *best = kept ? &list->fact[kept - 1] : NULL;

		if (!best || strcmp(best->key, fact->key) != 0) {
			list->fact[kept++] = *fact;
			continue;
		}
		if (fact_origin_find(fact->origin) < fact_origin_find(best->origin)) {
			fact_release(best);
			*best = *fact;
		} else {
			fact_release(fact);
		}
	}
	list->count = kept;
}

int inventory_in_force(struct store *store, int64_t workload_id,
	struct fact_list *ret_list, struct err *err)
{
	struct fact_list list = { .count = 0 };
	int r = store_facts(store, workload_id, &list, err);

	if (r < 0)
		return r;
	inventory_choose(&list);
	*ret_list = list;
	return 0;
}

int inventory_facts(struct store *store, int64_t workload_id, struct facts *ret_facts,
	struct err *err)
{
	struct facts facts = { .value = { { .is_known = false } } };
	struct fact_list list = { .count = 0 };
	int r = inventory_in_force(store, workload_id, &list, err);

	for (size_t i = 0; r >= 0 && i < list.count; i++) {
		int id = fact_find(list.fact[i].key, NULL);
		struct err ignored = ERR_INIT;

		if (id >= 0 &&
			fact_parse((enum fact_id)id, list.fact[i].value,
				&facts.value[id], &ignored) == -ENOMEM)
			r = err_oom(err);
	}
	fact_list_done(&list);
	if (r < 0) {
		facts_done(&facts);
		return r;
	}
	*ret_facts = facts;
	return 0;
}
