#include "analyze/plan/plan_notes.h"

#include "analyze/plan/plan_units.h"
#include "common/strbuf.h"
#include "common/units.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The documented reserve: no more than that is none for other applications. */
#define USUAL_RESERVE_PERCENT 25.0

struct noting {
	const struct plan_request *request;
	struct plan *plan;
	size_t room;
	int error;
};

__attribute__((format(printf, 4, 5))) static void note(
	struct noting *n, const char *rule, bool is_warning, const char *format, ...)
{
	struct plan_note *one;
	va_list arguments;

	if (n->plan->note_count == n->room) {
		size_t room = n->room ? 2 * n->room : 16;
		void *grown = realloc(n->plan->note, room * sizeof(*n->plan->note));

		if (!grown) {
			n->error = -ENOMEM;
			return;
		}
		n->plan->note = grown;
		n->room = room;
	}
	one = &n->plan->note[n->plan->note_count++];
	*one = (struct plan_note){ .rule = rule, .is_warning = is_warning };
	va_start(arguments, format);
	(void)vsnprintf(one->text, sizeof(one->text), format, arguments);
	va_end(arguments);
}

/* ---- types of hosts -------------------------------------------------------------------- */

static void note_roles(struct noting *n, const struct host_type *type)
{
	bool is_branch = type->site && strcmp(type->site, "branch") == 0;
	struct strbuf roles;

	if (type->role_count == 0)
		return;
	strbuf_init(&roles, 200);
	for (size_t i = 0; i < type->role_count; i++)
		strbuf_addf(&roles, "%s%s", i ? ", " : "", type->role[i]);
	if (!is_branch)
		note(n, "CPU-8", true,
			"HST-DEDICATED: %.60s also runs %.150s; a host of VMs does nothing "
			"else, unless it is the one server of a branch office (\"site\": "
			"\"branch\")",
			type->name, strbuf_text(&roles));
	if (!type->has_cpu_reserve ||
		type->cpu_reserve_percent <= USUAL_RESERVE_PERCENT)
		note(n, "CPU-7", true,
			"%.60s also runs %.120s, and no more than %.0f %% of its CPU is "
			"kept for itself: say how much that takes (cpu_reserve_percent)",
			type->name, strbuf_text(&roles),
			100 * (1 - plan_available_ratio(n->request->factors, type)));
	strbuf_done(&roles);
}

static void note_storage(struct noting *n, const struct host_type *type)
{
	if (type->storage && strcmp(type->storage, "slow") == 0)
		note(n, "STO-8", false,
			"%.60s has slow storage: VMs want a fast disk subsystem or a SAN",
			type->name);
	if (type->raid &&
		(strcmp(type->raid, "0") == 0 || strcmp(type->raid, "none") == 0))
		note(n, "STO-9", true,
			"%.60s: RAID %s: one disk that fails takes every VM of the host "
			"along; RAID 1+0, or RAID 5",
			type->name, type->raid);
	else if (type->raid &&
		(strcmp(type->raid, "5") == 0 || strcmp(type->raid, "6") == 0))
		note(n, "STO-9", false,
			"%.60s: RAID %s works; RAID 1+0 performs best for VMs",
			type->name, type->raid);
}

/* ---- hosts and what stands on them ------------------------------------------------------- */

/* A workload that alone takes a large part of what the disks of its host can do. */
static void note_own_disks(struct noting *n, const struct plan_host *host,
	const struct plan_workload *workload)
{
	const struct host_type *type = &n->request->hosts->type[host->type];
	double share = n->request->factors->own_disks_ratio;
	double mb_s = plan_from_resource(PLAN_DISK, workload->need.of[RESOURCE_DISK]);
	double ops = workload->need.of[RESOURCE_DISK_OPS];

	if (share <= 0)
		return;
	if (mb_s > share * type->disk_mb_s)
		note(n, "STO-10", false,
			"%.60s on %.60s needs %.1f of %.1f MB/s: give it disks and a "
			"channel of its own",
			workload->name, host->name, mb_s, type->disk_mb_s);
	else if (ops > share * type->disk_iops)
		note(n, "STO-10", false,
			"%.60s on %.60s needs %.0f of %.0f operations/s: give it disks and "
			"a channel of its own",
			workload->name, host->name, ops, type->disk_iops);
}

static void note_system_volume(struct noting *n, const struct plan_host *host)
{
	const struct host_type *type = &n->request->hosts->type[host->type];
	size_t count = 0, volume = 0;

	for (size_t i = 0; i < host->workload_count; i++) {
		if (host->volume[i] >= type->volume_count ||
			!type->volume[host->volume[i]].is_os)
			continue;
		volume = host->volume[i];
		count++;
	}
	if (count > 0)
		note(n, "STO-11", true,
			"%.60s: %zu VM%s on volume %.60s, which is the system's: the host "
			"and its page file want disks of their own",
			host->name, count, count == 1 ? " is" : "s are",
			type->volume[volume].name);
}

/* What the dynamic disks of a host have yet to grow, against what is free then. */
static void note_growth(struct noting *n, const struct plan_host *host)
{
	const struct plan_use *use = &host->use[PLAN_STORAGE];
	double growth = 0, sum = 0;

	for (size_t i = 0; i < host->workload_count; i++) {
		const struct plan_workload *w =
			&n->request->workload[host->workload[i]];

		sum += w->storage_bytes / BYTES_PER_GB;
		for (size_t d = 0; d < w->disk_count; d++) {
			if (w->disk[d].is_dynamic &&
				w->disk[d].size_gb > w->disk[d].used_gb)
				growth += w->disk[d].size_gb - w->disk[d].used_gb;
		}
	}
	if (use->is_counted && units_exceeds(sum + growth, use->capacity))
		note(n, "STO-5", true,
			"HST-DISK-LOW: %.60s has %.1f GB left beside its VMs, whose dynamic "
			"disks may grow by %.1f GB: a VM is suspended when its drive is "
			"full",
			host->name, fmax(0, use->capacity - sum), growth);
}

static void note_hosts(struct noting *n)
{
	for (size_t h = 0; h < n->plan->host_count; h++) {
		const struct plan_host *host = &n->plan->host[h];

		note_system_volume(n, host);
		note_growth(n, host);
		for (size_t i = 0; i < host->workload_count; i++)
			note_own_disks(
				n, host, &n->request->workload[host->workload[i]]);
	}
}

/* ---- the whole --------------------------------------------------------------------------- */

/* What the documented target asks of every plan. */
static void note_target(struct noting *n)
{
	const struct plan_factors *factors = n->request->factors;
	size_t placed = n->request->workload_count - n->plan->unplaced_count;
	size_t dynamic = 0;

	if (!(factors->toolkit_workloads > 0) || placed == 0)
		return;
	for (size_t i = 0; i < n->request->workload_count; i++) {
		const struct plan_workload *w = &n->request->workload[i];

		for (size_t d = 0; d < w->disk_count; d++)
			dynamic += w->disk[d].is_dynamic;
	}
	if ((double)placed > factors->toolkit_workloads)
		note(n, "HST-6", false,
			"%zu workloads: the toolkit suits small numbers (to %.0f); for more "
			"take a manager of virtual machines or another tool",
			placed, factors->toolkit_workloads);
	if (dynamic > 0)
		note(n, "STO-14", false,
			"%zu virtual disk%s dynamic: fixed ones on virtual SCSI adapters "
			"are faster and fragment less",
			dynamic, dynamic == 1 ? " is" : "s are");
	note(n, "STO-12", false,
		"Defragment the disks of each source before its move, and those of the "
		"hosts regularly");
}

int plan_notes_add(const struct plan_request *request, struct plan *plan)
{
	struct noting n = { .request = request, .plan = plan };

	for (size_t t = 0; t < request->hosts->type_count; t++) {
		note_roles(&n, &request->hosts->type[t]);
		note_storage(&n, &request->hosts->type[t]);
	}
	note_hosts(&n);
	note_target(&n);
	if (request->has_internal_network)
		note(&n, "NET-6", false,
			"Internal network: a loopback adapter on each host, bound to the "
			"Virtual Machine Network Services alone, joins the host and its "
			"VMs and nobody else");
	return n.error;
}
