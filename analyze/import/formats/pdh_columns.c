/* Which counters are ours, whose they are, and which of two that say the same is taken. */
#include "analyze/import/formats/pdh.h"

#include "common/array.h"
#include "common/util.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Whose a counter is. */
enum pdh_scope {
	SCOPE_MACHINE,     /* the host of the path */
	SCOPE_VM,          /* the instance is the machine's name */
	SCOPE_VM_COLON,    /* "web1:Hv VP 0" */
	SCOPE_VM_PREFIX,   /* "web1_Network Adapter_<guid>" */
	SCOPE_VM_IN_PATH,  /* "--?-C:-VMs-web1-disk.vhdx" */
	SCOPE_GROUP,       /* esxtop: "1234:web1" */
	SCOPE_GROUP_WORLD, /* "1234:web1:5678:vmx-vcpu-0:web1" */
	SCOPE_GROUP_PORT,  /* "vSwitch0:33554441:1234:web1.eth0" */
	SCOPE_GROUP_DISK,  /* "web1", or "web1:scsi0:0" of which it is the sum */
};

/* Which instances count. */
enum pdh_pick {
	PICK_ALL,
	PICK_TOTAL,   /* "_Total", else all others */
	PICK_ADAPTER, /* no loopback, no tunnel, no total */
};

#define MIB 1048576.0
static const struct pdh_rule {
	const char *object, *counter;
	enum pdh_scope scope;
	enum pdh_pick pick;
	enum part part;
	double scale;
	unsigned rank; /* of what says the same figure the lowest is taken */
	const char *memory_kind;
} rules[] = {
	/* clang-format off */
	{ "hyper-v hypervisor logical processor", "% total run time", SCOPE_MACHINE, PICK_TOTAL, PART_CPU_BUSY_RATIO, 0.01, 0, NULL },
	{ "processor information", "% processor time", SCOPE_MACHINE, PICK_TOTAL, PART_CPU_BUSY_RATIO, 0.01, 1, NULL },
	{ "processor", "% processor time", SCOPE_MACHINE, PICK_TOTAL, PART_CPU_BUSY_RATIO, 0.01, 2, NULL },
	{ "memory", "available bytes", SCOPE_MACHINE, PICK_ALL, PART_MEMORY_AVAILABLE_BYTES, 1, 0, "guest" },
	{ "memory", "available kbytes", SCOPE_MACHINE, PICK_ALL, PART_MEMORY_AVAILABLE_BYTES, 1024, 1, "guest" },
	{ "memory", "available mbytes", SCOPE_MACHINE, PICK_ALL, PART_MEMORY_AVAILABLE_BYTES, MIB, 2, "guest" },
	{ "network interface", "bytes received/sec", SCOPE_MACHINE, PICK_ADAPTER, PART_NET_RX_BPS, 8, 0, NULL },
	{ "network interface", "bytes sent/sec", SCOPE_MACHINE, PICK_ADAPTER, PART_NET_TX_BPS, 8, 0, NULL },
	{ "network interface", "current bandwidth", SCOPE_MACHINE, PICK_ADAPTER, PART_NET_SPEED_BPS, 1, 0, NULL },
	{ "network adapter", "bytes received/sec", SCOPE_MACHINE, PICK_ADAPTER, PART_NET_RX_BPS, 8, 1, NULL },
	{ "network adapter", "bytes sent/sec", SCOPE_MACHINE, PICK_ADAPTER, PART_NET_TX_BPS, 8, 1, NULL },
	{ "network adapter", "current bandwidth", SCOPE_MACHINE, PICK_ADAPTER, PART_NET_SPEED_BPS, 1, 1, NULL },
	{ "physicaldisk", "disk read bytes/sec", SCOPE_MACHINE, PICK_TOTAL, PART_DISK_READ_BYTES_PER_S, 1, 0, NULL },
	{ "physicaldisk", "disk write bytes/sec", SCOPE_MACHINE, PICK_TOTAL, PART_DISK_WRITE_BYTES_PER_S, 1, 0, NULL },
	{ "physicaldisk", "disk reads/sec", SCOPE_MACHINE, PICK_TOTAL, PART_DISK_READ_OPS_PER_S, 1, 0, NULL },
	{ "physicaldisk", "disk writes/sec", SCOPE_MACHINE, PICK_TOTAL, PART_DISK_WRITE_OPS_PER_S, 1, 0, NULL },
	{ "physicaldisk", "disk bytes/sec", SCOPE_MACHINE, PICK_TOTAL, PART_DISK_BYTES_PER_S, 1, 0, NULL },
	{ "physicaldisk", "disk transfers/sec", SCOPE_MACHINE, PICK_TOTAL, PART_DISK_OPS_PER_S, 1, 0, NULL },
	{ "logicaldisk", "disk read bytes/sec", SCOPE_MACHINE, PICK_TOTAL, PART_DISK_READ_BYTES_PER_S, 1, 1, NULL },
	{ "logicaldisk", "disk write bytes/sec", SCOPE_MACHINE, PICK_TOTAL, PART_DISK_WRITE_BYTES_PER_S, 1, 1, NULL },
	{ "logicaldisk", "disk reads/sec", SCOPE_MACHINE, PICK_TOTAL, PART_DISK_READ_OPS_PER_S, 1, 1, NULL },
	{ "logicaldisk", "disk writes/sec", SCOPE_MACHINE, PICK_TOTAL, PART_DISK_WRITE_OPS_PER_S, 1, 1, NULL },
	{ "logicaldisk", "disk bytes/sec", SCOPE_MACHINE, PICK_TOTAL, PART_DISK_BYTES_PER_S, 1, 1, NULL },
	{ "logicaldisk", "disk transfers/sec", SCOPE_MACHINE, PICK_TOTAL, PART_DISK_OPS_PER_S, 1, 1, NULL },

	{ "hyper-v hypervisor virtual processor", "% guest run time", SCOPE_VM_COLON, PICK_ALL, PART_CPU_ONE_BUSY_RATIO, 0.01, 0, NULL },
	{ "hyper-v dynamic memory vm", "guest visible physical memory", SCOPE_VM, PICK_ALL, PART_MEMORY_TOTAL_BYTES, MIB, 0, NULL },
	{ "hyper-v dynamic memory vm", "current pressure", SCOPE_VM, PICK_ALL, PART_MEMORY_USED_RATIO, 0.01, 0, "estimated" },
	{ "hyper-v virtual network adapter", "bytes received/sec", SCOPE_VM_PREFIX, PICK_ALL, PART_NET_RX_BPS, 8, 0, NULL },
	{ "hyper-v virtual network adapter", "bytes sent/sec", SCOPE_VM_PREFIX, PICK_ALL, PART_NET_TX_BPS, 8, 0, NULL },
	{ "hyper-v virtual storage device", "read bytes/sec", SCOPE_VM_IN_PATH, PICK_ALL, PART_DISK_READ_BYTES_PER_S, 1, 0, NULL },
	{ "hyper-v virtual storage device", "write bytes/sec", SCOPE_VM_IN_PATH, PICK_ALL, PART_DISK_WRITE_BYTES_PER_S, 1, 0, NULL },
	{ "hyper-v virtual storage device", "read operations/sec", SCOPE_VM_IN_PATH, PICK_ALL, PART_DISK_READ_OPS_PER_S, 1, 0, NULL },
	{ "hyper-v virtual storage device", "write operations/sec", SCOPE_VM_IN_PATH, PICK_ALL, PART_DISK_WRITE_OPS_PER_S, 1, 0, NULL },

	{ "group cpu", "% used", SCOPE_GROUP, PICK_ALL, PART_CPU_USED_CORES, 0.01, 0, NULL },
	{ "vcpu", "% used", SCOPE_GROUP_WORLD, PICK_ALL, PART_CPU_CORES, 0, 0, NULL },
	{ "group memory", "memory size mbytes", SCOPE_GROUP, PICK_ALL, PART_MEMORY_TOTAL_BYTES, MIB, 0, NULL },
	{ "group memory", "memory consumed size mbytes", SCOPE_GROUP, PICK_ALL, PART_MEMORY_USED_BYTES, MIB, 0, "consumed" },
	{ "group memory", "touched mbytes", SCOPE_GROUP, PICK_ALL, PART_MEMORY_USED_BYTES, MIB, 1, "active" },
	{ "network port", "mbits received/sec", SCOPE_GROUP_PORT, PICK_ALL, PART_NET_RX_BPS, 1e6, 0, NULL },
	{ "network port", "mbits transmitted/sec", SCOPE_GROUP_PORT, PICK_ALL, PART_NET_TX_BPS, 1e6, 0, NULL },
	{ "virtual disk", "mbytes read/sec", SCOPE_GROUP_DISK, PICK_ALL, PART_DISK_READ_BYTES_PER_S, MIB, 0, NULL },
	{ "virtual disk", "mbytes written/sec", SCOPE_GROUP_DISK, PICK_ALL, PART_DISK_WRITE_BYTES_PER_S, MIB, 0, NULL },
	{ "virtual disk", "reads/sec", SCOPE_GROUP_DISK, PICK_ALL, PART_DISK_READ_OPS_PER_S, 1, 0, NULL },
	{ "virtual disk", "writes/sec", SCOPE_GROUP_DISK, PICK_ALL, PART_DISK_WRITE_OPS_PER_S, 1, 0, NULL },
	/* clang-format on */
};

/* A path that has a rule. */
struct pdh_candidate {
	const struct pdh_rule *rule;
	uint32_t column;
	char *path, *host, *instance;
	char *machine; /* whose it is; NULL: not known */
	const char *why_not;
};

struct pdh_header {
	const struct pdh_names *names;
	struct account *account;
	struct pdh_candidate *candidate;
	size_t count;
};

/* ---- the header -------------------------------------------------------------------------- */

int pdh_header_new(const struct pdh_names *names, struct account *account,
	struct pdh_header **ret_header, struct err *err)
{
	struct pdh_header *header = calloc(1, sizeof(*header));

	if (!header)
		return err_oom(err);
	header->names = names;
	header->account = account;
	*ret_header = header;
	return 0;
}

void pdh_header_free(struct pdh_header *header)
{
	if (!header)
		return;
	for (size_t i = 0; i < header->count; i++) {
		free(header->candidate[i].path);
		free(header->candidate[i].host);
		free(header->candidate[i].instance);
		free(header->candidate[i].machine);
	}
	free(header->candidate);
	free(header);
}

static const struct pdh_rule *find_rule(
	const struct pdh_names *names, const struct pdh_path *path)
{
	char object[PDH_TEXT_MAX], counter[PDH_TEXT_MAX];

	pdh_names_object(
		names, path->object, path->object_length, object, sizeof(object));
	pdh_names_counter(
		names, path->counter, path->counter_length, counter, sizeof(counter));
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (!strcmp(rules[i].object, object) &&
			!strcmp(rules[i].counter, counter))
			return &rules[i];
	}
	return NULL;
}

int pdh_header_add(struct pdh_header *header, uint32_t column, const char *text,
	size_t length, struct err *err)
{
	const struct pdh_rule *rule;
	struct pdh_candidate candidate;
	struct pdh_path path;

	rule = length < PDH_TEXT_MAX && pdh_split(text, length, &path)
		? find_rule(header->names, &path)
		: NULL;
	if (!rule)
		return account_ignore(header->account, text, length,
			"no counter that a figure is made of", err);
	if (header->count == PDH_WANTED_MAX)
		return err_set(err, -EFBIG,
			"expected at most %d counters of machines, found more",
			PDH_WANTED_MAX);
	candidate = (struct pdh_candidate){ .rule = rule,
		.column = column,
		.path = strndup(text, length),
		.host = strndup(path.host, path.host_length),
		.instance = strndup(path.instance, path.instance_length) };
	if (ARRAY_EXTEND(header->candidate, header->count) < 0 || !candidate.path ||
		!candidate.host || !candidate.instance) {
		free(candidate.path);
		free(candidate.host);
		free(candidate.instance);
		return err_oom(err);
	}
	header->candidate[header->count++] = candidate;
	return 0;
}

/* ---- whose is it --------------------------------------------------------------------------- */

static bool is_total(const char *instance)
{
	return !strcasecmp(instance, "_Total") || !strcasecmp(instance, "0,_Total");
}

/* Adapters that carry no traffic of their own. */
static bool is_adapter(const char *instance)
{
	static const char *const others[] = { "loopback", "isatap", "teredo", "6to4",
		"pseudo-interface", "wan miniport", "ndis", "_total" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (strcasestr(instance, others[i]))
			return false;
	}
	return true;
}

/* The n-th piece between colons; the last one takes the rest when is_rest. */
static char *colon_piece(const char *text, unsigned number, bool is_rest)
{
	for (; number > 0; number--) {
		text = strchr(text, ':');
		if (!text)
			return NULL;
		text++;
	}
	return is_rest ? strdup(text) : strndup(text, strcspn(text, ":"));
}

/* "web1.eth0" behind the last colon is a port of web1; "Management" is none. */
static char *port_machine(const char *instance)
{
	const char *last = strrchr(instance, ':');
	const char *name = last ? last + 1 : instance;
	const char *adapter = strrchr(name, '.');

	if (!adapter || strncasecmp(adapter, ".eth", 4) != 0)
		return NULL;
	return strndup(name, (size_t)(adapter - name));
}

static char *direct_machine(const struct pdh_candidate *c)
{
	switch (c->rule->scope) {
	case SCOPE_VM:
		return strdup(c->instance);
	case SCOPE_VM_COLON: {
		const char *colon = strrchr(c->instance, ':');

		return colon ? strndup(c->instance, (size_t)(colon - c->instance))
			     : NULL;
	}
	case SCOPE_GROUP:
	case SCOPE_GROUP_WORLD:
		return colon_piece(c->instance, 1, c->rule->scope == SCOPE_GROUP);
	case SCOPE_GROUP_PORT:
		return port_machine(c->instance);
	case SCOPE_GROUP_DISK:
		return strndup(c->instance, strcspn(c->instance, ":"));
	default:
		return NULL;
	}
}

/* Is the name a whole piece of the path, between signs that part pieces? */
static bool is_piece(const char *path, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = path; (at = strcasestr(at, name)); at++) {
		char before = at == path ? '-' : at[-1], behind = at[length];

		if (strchr("-\\/:_", before) && (!behind || strchr("-\\/:._ ", behind)))
			return true;
	}
	return false;
}

/* The longest name of a machine that the instance begins with, or has as a piece. */
static char *named_machine(
	const struct pdh_header *header, const struct pdh_candidate *c)
{
	const char *best = NULL;

	for (size_t i = 0; i < header->count; i++) {
		const struct pdh_candidate *other = &header->candidate[i];
		const char *name = other->machine;
		size_t length = name ? strlen(name) : 0;

		if (!name || (best && length <= strlen(best)) ||
			(other->rule->scope != SCOPE_VM &&
				other->rule->scope != SCOPE_VM_COLON))
			continue;
		if (c->rule->scope == SCOPE_VM_PREFIX
				? !strncmp(c->instance, name, length) &&
					c->instance[length] == '_'
				: is_piece(c->instance, name))
			best = name;
	}
	return best ? strdup(best) : NULL;
}

/* Adapters and disks of Hyper-V name their machine only in part: the processors' and the
 * memory's instances say which machines there are. */
static void find_machines(struct pdh_header *header)
{
	for (size_t i = 0; i < header->count; i++)
		header->candidate[i].machine = direct_machine(&header->candidate[i]);
	for (size_t i = 0; i < header->count; i++) {
		struct pdh_candidate *c = &header->candidate[i];

		if (c->rule->scope == SCOPE_VM_PREFIX ||
			c->rule->scope == SCOPE_VM_IN_PATH)
			c->machine = named_machine(header, c);
		if (!c->machine && c->rule->scope != SCOPE_MACHINE)
			c->why_not = "it is not said whose machine's it is";
	}
}

/* The host's own totals beside its machines. */
static bool is_of_no_machine(const struct pdh_candidate *c)
{
	return c->machine &&
		(is_total(c->machine) || !*c->machine ||
			!strcasecmp(c->machine, "Root Virtual Processor"));
}

/* ---- which of them is taken ------------------------------------------------------------------ */

static bool is_same_machine(
	const struct pdh_candidate *a, const struct pdh_candidate *b)
{
	if ((a->rule->scope == SCOPE_MACHINE) != (b->rule->scope == SCOPE_MACHINE))
		return false;
	return a->rule->scope == SCOPE_MACHINE
		? !strcasecmp(a->host, b->host)
		: a->machine && b->machine && !strcmp(a->machine, b->machine);
}

/* Does b make a superfluous? */
static const char *superseded(
	const struct pdh_candidate *a, const struct pdh_candidate *b)
{
	if (a->rule->part == b->rule->part && b->rule->rank < a->rule->rank)
		return "another counter says the same figure better";
	if (a->rule != b->rule)
		return NULL;
	if (a->rule->pick == PICK_TOTAL && is_total(b->instance) &&
		!is_total(a->instance))
		return "part of a total that is taken";
	if (a->rule->scope == SCOPE_GROUP_DISK && strchr(a->instance, ':') &&
		!strchr(b->instance, ':'))
		return "part of a total that is taken";
	return NULL;
}

struct ordered {
	size_t index;
	const struct pdh_candidate *c;
};

static int by_machine(const void *a, const void *b)
{
	const struct pdh_candidate *x = ((const struct ordered *)a)->c;
	const struct pdh_candidate *y = ((const struct ordered *)b)->c;
	bool x_host = x->rule->scope == SCOPE_MACHINE;
	bool y_host = y->rule->scope == SCOPE_MACHINE;
	int order;

	if (x_host != y_host)
		return x_host ? -1 : 1;
	order = x_host
		? strcasecmp(x->host, y->host)
		: strcmp(x->machine ? x->machine : "", y->machine ? y->machine : "");
	if (order == 0)
		order = (int)x->rule->part - (int)y->rule->part;
	return order ? order : (x->column > y->column) - (x->column < y->column);
}

/* In one machine's run of candidates of the same part. */
static void choose_run(
	struct pdh_candidate *list, const struct ordered *run, size_t count)
{
	const struct pdh_candidate *best = NULL;
	bool has_total = false;

	for (size_t i = 0; i < count; i++) {
		const struct pdh_candidate *c = run[i].c;

		if (!c->why_not && (!best || c->rule->rank < best->rule->rank))
			best = c;
	}
	for (size_t i = 0; best && i < count; i++) {
		const struct pdh_candidate *c = run[i].c;

		if (!c->why_not && c->rule == best->rule &&
			((c->rule->pick == PICK_TOTAL && is_total(c->instance)) ||
				(c->rule->scope == SCOPE_GROUP_DISK &&
					!strchr(c->instance, ':')))) {
			best = c;
			has_total = true;
			break;
		}
	}
	for (size_t i = 0; best && i < count; i++) {
		struct pdh_candidate *c = &list[run[i].index];

		if (!c->why_not && (c->rule != best->rule || has_total))
			c->why_not = superseded(c, best);
	}
}

static int pdh_columns_choose(struct pdh_header *header, struct err *err)
{
	struct ordered *order = calloc(header->count + 1, sizeof(*order));

	if (!order)
		return err_oom(err);
	for (size_t i = 0; i < header->count; i++) {
		struct pdh_candidate *c = &header->candidate[i];

		if (c->rule->pick == PICK_ADAPTER && !is_adapter(c->instance))
			c->why_not = "an adapter that carries nothing of its own";
		if (is_of_no_machine(c))
			c->why_not = "the host's total over its machines";
		order[i] = (struct ordered){ i, c };
	}
	qsort(order, header->count, sizeof(*order), by_machine);
	for (size_t i = 0, end; i < header->count; i = end) {
		for (end = i + 1; end < header->count &&
			is_same_machine(order[i].c, order[end].c) &&
			order[i].c->rule->part == order[end].c->rule->part;)
			end++;
		choose_run(header->candidate, order + i, end - i);
	}
	free(order);
	return 0;
}

/* ---- the plan ----------------------------------------------------------------------------------- */

void pdh_plan_done(struct pdh_plan *plan)
{
	for (size_t i = 0; i < plan->workload_count; i++) {
		free(plan->workload[i].name);
		free(plan->workload[i].row);
		part_columns_done(&plan->workload[i].columns);
	}
	free(plan->workload);
	free(plan->wanted);
	*plan = (struct pdh_plan){ .columns = 0 };
}

/* Groups of esxtop that are no machine's have processors' time, and nothing else. */
static bool is_machine_group(const struct pdh_header *header, const char *machine)
{
	for (size_t i = 0; i < header->count; i++) {
		const struct pdh_candidate *c = &header->candidate[i];

		if (c->machine && c->rule->scope >= SCOPE_GROUP_WORLD &&
			!strcmp(c->machine, machine))
			return true;
	}
	return false;
}

static int plan_workload(struct pdh_plan *plan, const char *name, size_t length,
	uint32_t *ret_number, struct err *err)
{
	for (size_t i = plan->workload_count; i-- > 0;) {
		if (strlen(plan->workload[i].name) == length &&
			!strncasecmp(plan->workload[i].name, name, length)) {
			*ret_number = (uint32_t)i;
			return 0;
		}
	}
	if (ARRAY_EXTEND(plan->workload, plan->workload_count) < 0)
		return err_oom(err);
	plan->workload[plan->workload_count] =
		(struct pdh_workload){ .name = strndup(name, length) };
	if (!plan->workload[plan->workload_count].name)
		return err_oom(err);
	*ret_number = (uint32_t)plan->workload_count++;
	return 0;
}

static int plan_candidate(struct pdh_header *header, const struct pdh_candidate *c,
	const char *name, size_t length, struct pdh_plan *plan, struct err *err)
{
	struct pdh_wanted *wanted = &plan->wanted[plan->wanted_count];
	struct pdh_workload *workload;
	int r;

	*wanted = (struct pdh_wanted){ .column = c->column, .scale = c->rule->scale };
	r = plan_workload(plan, name, length, &wanted->workload, err);
	if (r < 0)
		return r;
	workload = &plan->workload[wanted->workload];
	if (c->rule->memory_kind)
		workload->memory_kind = c->rule->memory_kind;
	if (c->rule->scope == SCOPE_VM_COLON ||
		(c->rule->scope == SCOPE_GROUP_WORLD && strstr(c->instance, "vcpu")))
		workload->vcpus++;
	if (c->rule->scope == SCOPE_GROUP_WORLD)
		return 0; /* counted, not read: the group has the sum */
	r = part_columns_find(&workload->columns, c->rule->part, CELL_MEAN, c->instance,
		strlen(c->instance), &wanted->part_column, err);
	if (r >= 0)
		r = account_map(header->account, c->path, strlen(c->path),
			part_figure(c->rule->part), &wanted->account_row, err);
	if (r >= 0)
		plan->wanted_count++;
	return r;
}

static int plan_rows(struct pdh_plan *plan, struct err *err)
{
	for (size_t i = 0; i < plan->workload_count; i++) {
		struct pdh_workload *workload = &plan->workload[i];

		workload->row = calloc(workload->columns.count + 1, sizeof(double));
		if (!workload->row)
			return err_oom(err);
	}
	return 0;
}

int pdh_header_plan(struct pdh_header *header, uint32_t columns,
	const char *default_name, size_t default_length, struct pdh_plan *ret_plan,
	struct err *err)
{
	struct pdh_plan plan = { .columns = columns };
	int r;

	find_machines(header);
	r = pdh_columns_choose(header, err);
	plan.wanted = calloc(header->count + 1, sizeof(*plan.wanted));
	if (r >= 0 && !plan.wanted)
		r = err_oom(err);
	for (size_t i = 0; r >= 0 && i < header->count; i++) {
		struct pdh_candidate *c = &header->candidate[i];
		const char *name = c->machine;

		if (!c->why_not && c->rule->scope >= SCOPE_GROUP &&
			!is_machine_group(header, c->machine))
			c->why_not = "a group of the host that is no machine";
		if (c->rule->scope == SCOPE_MACHINE)
			name = *c->host ? c->host : default_name;
		if (c->why_not)
			r = account_ignore(header->account, c->path, strlen(c->path),
				c->why_not, err);
		else
			r = plan_candidate(header, c, name,
				name == default_name ? default_length : strlen(name),
				&plan, err);
	}
	if (r >= 0)
		r = plan_rows(&plan, err);
	if (r < 0)
		pdh_plan_done(&plan);
	else
		*ret_plan = plan;
	return r;
}
