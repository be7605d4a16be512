#include "analyze/inventory/stated.h"

#include "common/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void stated_list_done(struct stated_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->stated[i].workload);
		free(list->stated[i].value);
	}
	free(list->stated);
	*list = (struct stated_list){ .count = 0 };
}

int stated_add(struct stated_list *list, const char *workload, enum fact_id fact,
	char *value, unsigned line, struct err *err)
{
	struct stated_fact one = { .fact = fact, .value = value, .line = line };

	if (list->count >= STATED_MAX) {
		free(value);
		return err_set(err, -EFBIG, "more than %d facts", STATED_MAX);
	}
	if (ARRAY_EXTEND(list->stated, list->count) < 0)
		goto no_memory;
	one.workload = workload ? strdup(workload) : NULL;
	if (workload && !one.workload)
		goto no_memory;
	list->stated[list->count++] = one;
	return 0;
no_memory:
	free(value);
	return err_oom(err);
}

int stated_find_fact(const char *key, struct err *err)
{
	const char *near = NULL;
	int id = fact_find(key, &near);

	if (id >= 0)
		return id;
	return err_set(err, -EINVAL,
		"there is no fact \"%.60s\"%s%s%s; `analyze inventory --keys` lists "
		"them",
		key, near ? ", did you mean \"" : "", near ? near : "",
		near ? "\"?" : "");
}

int stated_add_value(struct stated_list *list, const char *workload, enum fact_id fact,
	struct fact_value *value, unsigned line, struct err *err)
{
	char *stored = fact_format(fact, value);

	fact_value_done(value);
	if (!stored)
		return err_oom(err);
	return stated_add(list, workload, fact, stored, line, err);
}

int stated_add_text(struct stated_list *list, const char *workload, enum fact_id fact,
	const char *text, unsigned line, struct err *err)
{
	struct fact_value value;
	int r = fact_parse(fact, text, &value, err);

	return r < 0 ? r : stated_add_value(list, workload, fact, &value, line, err);
}

int stated_add_word(struct stated_list *list, const char *word, struct err *err)
{
	const char *equals = strchr(word, '=');
	char key[64];
	int id;

	if (!equals || equals == word || (size_t)(equals - word) >= sizeof(key))
		return err_set(err, -EINVAL,
			"--set: expected KEY=VALUE, found \"%.80s\"", word);
	memcpy(key, word, (size_t)(equals - word));
	key[equals - word] = '\0';
	id = stated_find_fact(key, err);
	return id < 0
		? id
		: stated_add_text(list, NULL, (enum fact_id)id, equals + 1, 0, err);
}

int stated_add_forget(struct stated_list *list, const char *key, struct err *err)
{
	int id = stated_find_fact(key, err);

	return id < 0 ? id : stated_add(list, NULL, (enum fact_id)id, NULL, 0, err);
}
