/* Any bytes as a hosts file: what is taken has hosts that can be, and constraints that name
 * them. */
#include "tests/fuzz/fuzz_edit.h"

#include "analyze/plan/hosts.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_type(const struct host_type *type)
{
	const double figure[] = { type->core_mhz, type->memory_mb, type->host_memory_mb,
		type->disk_gb, type->disk_mb_s, type->disk_iops, type->cost,
		type->cpu_reserve_percent, type->used_memory_mb, type->used_cpu_percent,
		type->used_network_mbps, type->used_storage_gb };

	for (size_t i = 0; i < sizeof(figure) / sizeof(figure[0]); i++)
		if (!isnan(figure[i]) && !(figure[i] >= 0 && isfinite(figure[i])))
			abort();
	if (!type->name || type->count == 0 || type->count > HOSTS_MAX ||
		type->spare > type->count || type->nic_count > HOST_NICS_MAX ||
		type->volume_count > HOST_VOLUMES_MAX)
		abort();
}

static void check_constraint(
	const struct host_list *list, const struct host_constraint *constraint)
{
	size_t type, host;

	if (constraint->kind >= CONSTRAINT_KINDS ||
		!*host_constraint_word(constraint->kind))
		abort();
	for (size_t i = 0; i < constraint->host_count; i++)
		if (!host_list_find(list, constraint->host[i], &type, &host) ||
			type >= list->type_count)
			abort();
	for (size_t i = 0; i < constraint->workload_count; i++) {
		if (!*constraint->workload[i])
			abort();
		if (constraint->group &&
			constraint->group[i] >= constraint->group_count)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host_list list;
	struct err err = ERR_INIT;

	if (host_list_parse("hosts.json", (const char *)data, size, &list, &err) < 0) {
		fuzz_refusal(&err);
		return 0;
	}
	for (size_t i = 0; i < list.type_count; i++) {
		check_type(&list.type[i]);
		if (host_list_zone(&list, i) > (int)list.type_count)
			abort();
	}
	for (size_t i = 0; i < list.constraint_count; i++)
		check_constraint(&list, &list.constraint[i]);
	host_list_done(&list);
	return 0;
}
