#include "analyze/verbs/machine_input.h"

#include "analyze/estate/estate.h"
#include "analyze/inventory/inventory_machine.h"
#include "analyze/inventory/inventory_precedence.h"
#include "store/db/workloads.h"
#include "store/store.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void machine_input_done(struct machine_input *input)
{
	machine_done(&input->machine);
	facts_done(&input->facts);
}

static int machine_input_read_file(
	const char *path, struct machine_input *input, struct err *err)
{
	int r = inventory_machine_load(path, &input->machine, err);

	if (r == 0)
		return err_set(err, -EINVAL,
			"%s is no machine document (headroom/machine/1, or the flat form)",
			path);
	return r < 0 ? r : 0;
}

int verb_unknown_workload(struct store *store, const char *name, struct err *err)
{
	struct workload_list list;
	int r;

	*err = (struct err)ERR_INIT;
	r = store_workloads(store, &list, err);
	if (r < 0)
		return r;
	r = estate_unknown_workload(&list, name, err);
	workload_list_done(&list);
	return r;
}

static int machine_input_read_workload(const struct context *context, const char *name,
	struct machine_input *input, struct err *err)
{
	struct workload workload = { .id = 0 };
	struct store *store;
	int r = store_open(context->data_dir, &store, err);

	if (r < 0)
		return r;
	r = store_workload_get(store, name, &workload, err);
	if (r == -ENOENT)
		r = verb_unknown_workload(store, name, err);
	if (r == 0)
		r = inventory_machine_of(store, &workload, &input->machine, err);
	if (r == 0) {
		r = inventory_facts(store, workload.id, &input->facts, err);
		if (r < 0)
			machine_done(&input->machine);
	}
	workload_done(&workload);
	store_close(store);
	return r;
}

int machine_input_read(const struct context *context, const char *name,
	struct machine_input *ret_input, struct err *err)
{
	struct machine_input *input = ret_input;
	struct stat status;

	memset(input, 0, sizeof(*input));
	if (stat(name, &status) == 0 && S_ISREG(status.st_mode)) {
		input->is_file = true;
		return machine_input_read_file(name, input, err);
	}
	if (strchr(name, '/') ||
		(strlen(name) > 5 && !strcmp(name + strlen(name) - 5, ".json")))
		return err_set(err, -ENOENT, "%s: there is no such file", name);
	return machine_input_read_workload(context, name, input, err);
}
