#include "schema/machine_facts.h"

#include "common/units.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct stating {
	const struct machine *machine;
	int (*state)(void *context, enum fact_id fact, const char *text);
	void *context;
	int r; /* of the first that failed: then nothing more is stated */
};

static void state_text(struct stating *stating, enum fact_id fact, const char *text)
{
	if (stating->r == 0 && text && *text)
		stating->r = stating->state(stating->context, fact, text);
}

static void state_number(struct stating *stating, enum fact_id fact, double number)
{
	const struct fact_info *info = &fact_table[fact];
	char text[40];

	/* what no machine has is what a program writes when it does not know */
	if (isnan(number) || number < info->minimum || number > info->maximum)
		return;
	(void)snprintf(text, sizeof(text), "%.15g", number);
	state_text(stating, fact, text);
}

static void state_answer(struct stating *stating, enum fact_id fact, enum answer answer)
{
	if (answer != ANSWER_NONE)
		state_text(stating, fact, answer == ANSWER_YES ? "yes" : "no");
}

/* ---- the machine and its system ----------------------------------------------------- */

static void state_machine(struct stating *stating)
{
	const struct machine *machine = stating->machine;
	static const char *const known[] = { "vmware", "hyper-v", "kvm", "xen",
		"virtual-server" };

	if (!machine->kind)
		return;
	if (strcmp(machine->kind, "physical") == 0) {
		state_text(stating, FACT_MACHINE, "physical");
		return;
	}
	for (size_t i = 0; machine->hypervisor && i < ARRAY_LEN(known); i++) {
		if (strcmp(machine->hypervisor, known[i]) == 0) {
			state_text(stating, FACT_MACHINE, known[i]);
			return;
		}
	}
	state_text(stating, FACT_MACHINE, "other");
}

static const struct machine_volume *system_volume(const struct machine *machine)
{
	const struct machine_volume *volume = machine->storage.volumes.item;

	for (size_t i = 0; i < machine->storage.volumes.count; i++) {
		if (volume[i].windows == ANSWER_YES || strcmp(volume[i].name, "/") == 0)
			return &volume[i];
	}
	return NULL;
}

/* "Microsoft(R) Windows(R) Server 2003, Standard Edition", as WMI has it there, without the
 * marks: rules and the catalogue know the plain words. */
static void state_os(struct stating *stating, const char *name)
{
	static const char *const marks[] = { "(R)", "(TM)", "\xc2\xae",
		"\xe2\x84\xa2" };
	char *plain = name ? strdup(name) : NULL;

	if (!plain) {
		if (name)
			stating->r = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		char *at;

		while ((at = strstr(plain, marks[i]))) {
			const char *rest = at + strlen(marks[i]);

			memmove(at, rest, strlen(rest) + 1);
		}
	}
	state_text(stating, FACT_OS, plain);
	free(plain);
}

static void state_system(struct stating *stating)
{
	const struct machine *machine = stating->machine;
	const struct machine_volume *system = system_volume(machine);

	state_os(stating, machine->os.name);
	state_number(stating, FACT_OS_BITS, machine->os.bits);
	state_number(stating, FACT_SERVICE_PACK, machine_service_pack(machine));
	state_text(stating, FACT_FIRMWARE, machine->general.firmware);
	state_machine(stating);
	state_answer(stating, FACT_DOTNET35, machine->software.dotnet35);
	state_answer(stating, FACT_WMI, machine->wmi);
	state_answer(stating, FACT_HIBERNATED, machine->software.hibernation);
	if (system)
		state_number(stating, FACT_ROOT_FREE_GB,
			(system->bytes - system->used_bytes) / BYTES_PER_GB);
	state_text(stating, FACT_CPU_MODEL, machine->general.processor);
	state_number(stating, FACT_CPU_CORES, machine->general.cores);
	state_number(stating, FACT_CPU_CORE_MHZ, machine->general.core_mhz);
	state_number(stating, FACT_MEMORY_TOTAL_BYTES, machine->general.memory_bytes);
}

/* ---- storage ------------------------------------------------------------------------- */

/* What is used on a disk: of all its volumes, or NAN where one does not say. */
static double disk_used_bytes(
	const struct machine *machine, const struct machine_disk *disk)
{
	const struct machine_partition *part = disk->partitions.item;
	const struct machine_volume *volume = machine->storage.volumes.item;
	double used = 0;
	size_t found = 0;

	for (size_t p = 0; p < disk->partitions.count; p++) {
		for (size_t t = 0; t < part[p].volumes.count; t++) {
			for (size_t v = 0; v < machine->storage.volumes.count; v++) {
				if (strcmp(volume[v].name, part[p].volumes.text[t]))
					continue;
				used += volume[v].used_bytes;
				found++;
			}
		}
	}
	return found ? used : NAN;
}

static void state_disks(struct stating *stating)
{
	const struct machine *machine = stating->machine;
	const struct machine_disk *disk = machine->storage.disks.item;
	size_t count = machine->storage.disks.count;
	struct fact_value value = { .is_known = true };
	char number[24], *text;

	if (!machine->storage.disks.is_known || count > FACT_ITEMS_MAX)
		return;
	value.disk = calloc(count + 1, sizeof(*value.disk));
	for (size_t i = 0; value.disk && i < count; i++) {
		(void)snprintf(number, sizeof(number), "disk%zu", i);
		value.disk[value.count++] = (struct fact_disk){
			.name = strdup(disk[i].device ? disk[i].device : number),
			.size_gb = disk[i].bytes / BYTES_PER_GB,
			.used_gb = disk_used_bytes(machine, &disk[i]) / BYTES_PER_GB,
		};
		if (!value.disk[i].name)
			stating->r = -ENOMEM;
	}
	text = value.disk && stating->r == 0 ? fact_format(FACT_DISKS, &value) : NULL;
	fact_value_done(&value);
	if (text)
		state_text(stating, FACT_DISKS, text);
	else
		stating->r = -ENOMEM;
	free(text);
}

/* Does the system lie on the disk itself, not on a partition of it? */
static bool is_system_whole(
	const struct machine *machine, const struct machine_disk *disk)
{
	const struct machine_volume *system = system_volume(machine);

	return system && system->device && disk->device &&
		strcmp(system->device, disk->device) == 0;
}

/* The partition table of the disk that is booted from: the one with the system. */
static const char *boot_style(const struct machine *machine)
{
	const struct machine_disk *disk = machine->storage.disks.item;
	size_t count = machine->storage.disks.count, at = 0;

	for (size_t d = 0; d < count; d++) {
		if (is_system_whole(machine, &disk[d]))
			return "none";
	}

	for (size_t d = 0; d < count; d++) {
		const struct machine_partition *part = disk[d].partitions.item;

		for (size_t p = 0; p < disk[d].partitions.count; p++) {
			bool is_system = part[p].windows == ANSWER_YES;

			for (size_t t = 0; t < part[p].volumes.count; t++)
				is_system |= strcmp(part[p].volumes.text[t], "/") == 0;
			if (is_system)
				at = d;
		}
	}
	return count && disk[at].style && strcmp(disk[at].style, "none") != 0
		? disk[at].style
		: NULL;
}

static void state_storage(struct stating *stating)
{
	const struct machine *machine = stating->machine;
	const struct machine_disk *disk = machine->storage.disks.item;
	const struct machine_volume *volume = machine->storage.volumes.item;
	enum answer raw = ANSWER_NONE, encrypted = ANSWER_NONE;

	state_disks(stating);
	if (!isnan(machine->storage.snapshots))
		state_text(stating, FACT_SNAPSHOTS,
			machine->storage.snapshots > 0 ? "yes" : "no");
	state_text(stating, FACT_BOOT_DISK_STYLE, boot_style(machine));
	for (size_t i = 0; i < machine->storage.disks.count; i++)
		raw = disk[i].raw > raw ? disk[i].raw : raw;
	for (size_t i = 0; i < machine->storage.volumes.count; i++)
		encrypted = volume[i].encrypted > encrypted ? volume[i].encrypted
							    : encrypted;
	state_answer(stating, FACT_RAW_DISKS, raw);
	state_answer(stating, FACT_ENCRYPTED_VOLUMES, encrypted);
}

/* ---- network and devices -------------------------------------------------------------- */

static void state_network(struct stating *stating)
{
	const struct machine *machine = stating->machine;
	const struct machine_adapter *adapter = machine->network.item, *first;
	double speed_bps = 0;
	bool is_certain;

	if (!machine->network.is_known)
		return;
	for (size_t i = 0; i < machine->network.count; i++)
		speed_bps += adapter[i].speed_mbps * 1e6;
	state_number(stating, FACT_ADAPTERS, (double)machine->network.count);
	if (machine->network.count)
		state_number(stating, FACT_NETWORK_SPEED_BPS, speed_bps);
	first = machine_capture_adapter(machine, &is_certain);
	if (first && is_certain)
		state_answer(stating, FACT_DHCP, first->dhcp);
	if (first)
		state_answer(stating, FACT_PXE, first->pxe);
}

static void state_devices(struct stating *stating)
{
	const struct machine *machine = stating->machine;
	const struct machine_device *device = machine->secondary.item;
	struct fact_value value = { .is_known = true };
	char *text;

	if (!machine->secondary.is_known || machine->secondary.count > FACT_ITEMS_MAX)
		return;
	value.device = calloc(machine->secondary.count + 1, sizeof(*value.device));
	for (size_t i = 0; value.device && i < machine->secondary.count; i++) {
		struct fact_device *one = &value.device[value.count++];

		one->class = strdup(device[i].class);
		one->kind = strdup(device[i].kind ? device[i].kind : "");
		one->name = strdup(device[i].name ? device[i].name : "");
		if (!one->class || !one->kind || !one->name)
			stating->r = -ENOMEM;
	}
	text = value.device && stating->r == 0 ? fact_format(FACT_DEVICES, &value)
					       : NULL;
	fact_value_done(&value);
	if (text)
		state_text(stating, FACT_DEVICES, text);
	else
		stating->r = -ENOMEM;
	free(text);
}

/* ---- software ---------------------------------------------------------------------------- */

static bool is_marked(const char *mark, const char *name)
{
	size_t length = strlen(mark), end = strlen(name);

	if (end > 8 && strcasecmp(name + end - 8, ".service") == 0)
		end -= 8;
	if (mark[length - 1] == '*')
		return end >= length - 1 && strncasecmp(mark, name, length - 1) == 0;
	return end == length && strncasecmp(mark, name, length) == 0;
}

/* Does it run without being asked?  A unit that only others pull in does not count. */
static bool is_started(const char *start)
{
	return start &&
		(strcasecmp(start, "auto") == 0 || strcasecmp(start, "boot") == 0 ||
			strcasecmp(start, "system") == 0);
}

static void add_once(struct strbuf *list, const char *word)
{
	char all[FACT_TEXT_MAX * 2], sought[FACT_TEXT_MAX];

	(void)snprintf(all, sizeof(all), ",%s,", strbuf_text(list));
	(void)snprintf(sought, sizeof(sought), ",%s,", word);
	if (!strstr(all, sought))
		strbuf_addf(list, "%s%s", list->length ? "," : "", word);
}

static void state_software(struct stating *stating)
{
	const struct machine *machine = stating->machine;
	const struct machine_service *service = machine->software.services.item;
	struct strbuf roles, applications;

	if (!machine->software.services.is_known)
		return;
	strbuf_init(&roles, FACT_TEXT_MAX);
	strbuf_init(&applications, FACT_TEXT_MAX);
	for (size_t m = 0; m < software_mark_count; m++) {
		const struct software_mark *mark = &software_marks[m];
		bool is_there = false;

		for (size_t i = 0; i < machine->software.services.count; i++)
			is_there |= is_started(service[i].start) &&
				is_marked(mark->service, service[i].name);
		if (is_there && mark->role)
			add_once(&roles, mark->role);
		if (is_there && mark->application)
			add_once(&applications, mark->application);
	}
	if (strbuf_failed(&roles) || strbuf_failed(&applications))
		stating->r = -ENOMEM;
	state_text(stating, FACT_ROLES, roles.length ? strbuf_text(&roles) : "none");
	state_text(stating, FACT_APPLICATIONS,
		applications.length ? strbuf_text(&applications) : "none");
	strbuf_done(&roles);
	strbuf_done(&applications);
}

int machine_facts(const struct machine *machine,
	int (*state)(void *context, enum fact_id fact, const char *text), void *context)
{
	struct stating stating = {
		.machine = machine, .state = state, .context = context
	};

	state_system(&stating);
	state_storage(&stating);
	state_network(&stating);
	state_devices(&stating);
	state_software(&stating);
	return stating.r;
}
