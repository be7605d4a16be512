/*
 * Any bytes as a plan that was kept, or edited by somebody: what is taken names hosts, types
 * and workloads that there are.
 */
#include "tests/fuzz/fuzz_edit.h"

#include "analyze/plan/plan_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_plan(const struct plan_file *file)
{
	for (size_t i = 0; i < file->host_count; i++) {
		const struct plan_file_host *host = &file->host[i];

		if (!host->name || host->type >= file->hosts.type_count)
			abort();
		for (size_t k = 0; k < host->workload_count; k++)
			if (host->workload[k] >= file->workload_count ||
				file->words[host->workload[k]].host != i)
				abort();
	}
	for (size_t i = 0; i < file->workload_count; i++)
		if (!file->words[i].name || file->words[i].host >= file->host_count)
			abort();
	for (size_t i = 0; i < file->hosts.type_count; i++)
		if (!file->hosts.type[i].name)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan_file file;
	struct err err = ERR_INIT;

	if (plan_file_parse("plan.json", (const char *)data, size, &file, &err) < 0) {
		fuzz_refusal(&err);
		return 0;
	}
	check_plan(&file);
	plan_file_done(&file);
	return 0;
}
