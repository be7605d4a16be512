#include "probes/inventory.h"

#include "common/util.h"
#include "probes/host/disk.h"
#include "probes/host/machine.h"
#include "probes/host/network.h"
#include "probes/host/cpu_scale.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

enum { SCRATCH_SIZE = 2 << 20, LIST_MAX = 4096 };

struct inventory_scan {
	const struct host_root *root;
	struct inventory *inventory;
};

static void read_fact(
	const struct host_root *root, const char *path, char *to, size_t size)
{
	if (hostroot_read_text(root, path, to, size) < 0)
		to[0] = '\0';
	to[strcspn(to, "\r\n")] = '\0';
}

/* KEY=value or KEY="value" of etc/os-release, without the escapes of a shell. */
static void take_release(const char *text, const char *key, char *to, size_t size)
{
	struct text all = text_of(text, strlen(text));
	struct text line;

	while (text_line(&all, &line)) {
		size_t count;

		if (!text_prefix(&line, key) || line.at == line.end || *line.at != '=')
			continue;
		line.at++;
		if (line.end - line.at >= 2 && (*line.at == '"' || *line.at == '\'') &&
			line.end[-1] == *line.at) {
			line.at++;
			line.end--;
		}
		count = (size_t)(line.end - line.at);
		if (count >= size)
			count = size - 1;
		memcpy(to, line.at, count);
		to[count] = '\0';
		return;
	}
}

static void read_os(const struct host_root *root, struct inventory *inventory)
{
	static const char *const old_files[] = { "etc/redhat-release",
		"etc/SuSE-release", "etc/system-release" };
	char text[4096];

	if (hostroot_read_text(root, "etc/os-release", text, sizeof(text)) == 0 ||
		hostroot_read_text(root, "usr/lib/os-release", text, sizeof(text)) ==
			0) {
		take_release(text, "ID", inventory->os_id, sizeof(inventory->os_id));
		take_release(
			text, "NAME", inventory->os_name, sizeof(inventory->os_name));
		take_release(text, "PRETTY_NAME", inventory->os_name,
			sizeof(inventory->os_name));
		take_release(text, "VERSION_ID", inventory->os_version,
			sizeof(inventory->os_version));
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(old_files) && !inventory->os_name[0]; i++)
		read_fact(root, old_files[i], inventory->os_name,
			sizeof(inventory->os_name));
}

static void read_kernel(const struct host_root *root, struct inventory *inventory)
{
	struct utsname name;

	read_fact(root, "proc/sys/kernel/hostname", inventory->hostname,
		sizeof(inventory->hostname));
	read_fact(root, "proc/sys/kernel/osrelease", inventory->kernel,
		sizeof(inventory->kernel));
	if (!inventory->kernel[0]) { /* "Linux version 6.1.0 (...) #1 ..." */
		char text[256];

		if (hostroot_read_text(root, "proc/version", text, sizeof(text)) == 0 &&
			!strncmp(text, "Linux version ", 14))
			(void)snprintf(inventory->kernel, sizeof(inventory->kernel),
				"%.*s", (int)strcspn(text + 14, " "), text + 14);
	}
	read_fact(root, "proc/sys/kernel/arch", inventory->architecture,
		sizeof(inventory->architecture));
	if (!inventory->architecture[0] && root->is_live && uname(&name) == 0)
		(void)snprintf(inventory->architecture, sizeof(inventory->architecture),
			"%s", name.machine);
}

/* What cannot be read stays empty or NAN and fails nothing: an inventory with holes
 * is worth more than none. */
static void read_machine(const struct host_root *root, struct inventory *inventory)
{
	struct topology_facts facts;
	struct cpu_totals totals;
	char *scratch = malloc(SCRATCH_SIZE);

	read_fact(root, "sys/class/dmi/id/sys_vendor", inventory->vendor,
		sizeof(inventory->vendor));
	read_fact(root, "sys/class/dmi/id/product_name", inventory->product,
		sizeof(inventory->product));
	if (!inventory->product[0])
		read_fact(root, "proc/device-tree/model", inventory->product,
			sizeof(inventory->product));
	if (hostroot_exists(root, "sys/firmware/efi"))
		(void)snprintf(
			inventory->firmware, sizeof(inventory->firmware), "uefi");
	else if (inventory->product[0] && hostroot_exists(root, "sys/firmware/acpi"))
		(void)snprintf(
			inventory->firmware, sizeof(inventory->firmware), "bios");
	inventory->sockets = NAN;
	inventory->physical_cores = NAN;
	inventory->threads = NAN;
	inventory->nominal_mhz = NAN;
	if (!scratch)
		return;
	cpu_scale_read_machine(root, scratch, SCRATCH_SIZE, &facts, &totals);
	free(scratch);
	if (totals.sockets)
		inventory->sockets = totals.sockets;
	if (totals.physical_cores) {
		inventory->physical_cores = totals.physical_cores;
		inventory->nominal_mhz = totals.whole_mhz / totals.physical_cores;
	}
	if (totals.scope != CPU_SCOPE_UNKNOWN)
		inventory->threads = totals.cpus;
	(void)snprintf(
		inventory->cpu_model, sizeof(inventory->cpu_model), "%s", facts.model);
	(void)snprintf(inventory->cpu_vendor, sizeof(inventory->cpu_vendor), "%s",
		facts.vendor);
	(void)snprintf(inventory->virtualisation, sizeof(inventory->virtualisation),
		"%s", machine_virtualisation(root, facts.is_guest));
}

static void read_memory(const struct host_root *root, struct inventory *inventory)
{
	char text[8192];
	struct text all, line;

	inventory->memory_bytes = NAN;
	if (hostroot_read_text(root, "proc/meminfo", text, sizeof(text)) < 0)
		return;
	all = text_of(text, strlen(text));
	while (text_line(&all, &line)) {
		uint64_t kib;

		if (text_prefix(&line, "MemTotal:") && text_u64(&line, &kib))
			inventory->memory_bytes = (double)kib * 1024;
	}
}

/* 1 yes, 0 no, -1 unknown. */
static int read_flag(const struct host_root *root, const char *path)
{
	uint64_t value;

	if (hostroot_read_u64(root, path, &value) < 0)
		return -1;
	return value != 0;
}

static int visit_disk(void *context, const char *name)
{
	struct inventory_scan *scan = context;
	struct inventory *inventory = scan->inventory;
	struct inventory_disk *disk = &inventory->disk[inventory->disk_count];
	char path[192];
	uint64_t sectors;

	if (inventory->disk_count == INVENTORY_DEVICES_MAX ||
		strlen(name) >= sizeof(disk->name) ||
		!disk_path(path, sizeof(path), name, "/device") ||
		!hostroot_exists(scan->root, path))
		return 0;
	*disk = (struct inventory_disk){
		.size_bytes = NAN, .rotational = -1, .removable = -1
	};
	memcpy(disk->name, name, strlen(name) + 1);
	for (char *at = disk->name; *at; at++)
		if (*at == '!')
			*at = '/'; /* as proc/diskstats has it */
	if (disk_path(path, sizeof(path), name, "/size") &&
		hostroot_read_u64(scan->root, path, &sectors) == 0)
		disk->size_bytes = (double)sectors * 512;
	if (disk_path(path, sizeof(path), name, "/device/model"))
		read_fact(scan->root, path, disk->model, sizeof(disk->model));
	if (disk_path(path, sizeof(path), name, "/queue/rotational"))
		disk->rotational = read_flag(scan->root, path);
	if (disk_path(path, sizeof(path), name, "/removable"))
		disk->removable = read_flag(scan->root, path);
	disk->is_counted = disk_is_counted(scan->root, disk->name);
	inventory->disk_count++;
	return 0;
}

static int visit_nic(void *context, const char *name)
{
	struct inventory_scan *scan = context;
	struct inventory *inventory = scan->inventory;
	struct inventory_nic *nic = &inventory->nic[inventory->nic_count];
	char state[32];
	char path[192];

	if (inventory->nic_count == INVENTORY_DEVICES_MAX ||
		strlen(name) >= sizeof(nic->name) ||
		network_judge(scan->root, name) == NETWORK_VIRTUAL)
		return 0;
	*nic = (struct inventory_nic){ .is_up = -1, .is_counted = 1 };
	memcpy(nic->name, name, strlen(name) + 1);
	nic->speed_bps = network_speed_bps(scan->root, name);
	(void)snprintf(path, sizeof(path), "sys/class/net/%s/device/driver", name);
	if (hostroot_read_link(scan->root, path, nic->driver, sizeof(nic->driver)) < 0)
		nic->driver[0] = '\0';
	(void)snprintf(path, sizeof(path), "sys/class/net/%s/operstate", name);
	if (hostroot_read_text(scan->root, path, state, sizeof(state)) == 0)
		nic->is_up = !strcmp(state, "up") ? 1 : !strcmp(state, "down") ? 0 : -1;
	inventory->nic_count++;
	return 0;
}

int inventory_read(
	const struct host_root *root, struct inventory *ret_inventory, struct err *err)
{
	struct inventory_scan scan = { .root = root, .inventory = ret_inventory };

	if (!hostroot_exists(root, "proc"))
		return err_set(err, -EINVAL, "there is no proc below this root");
	memset(ret_inventory, 0, sizeof(*ret_inventory));
	read_os(root, ret_inventory);
	read_kernel(root, ret_inventory);
	read_machine(root, ret_inventory);
	read_memory(root, ret_inventory);
	/* a folder that is absent leaves its list empty */
	hostroot_list(root, "sys/block", LIST_MAX, visit_disk, &scan);
	hostroot_list(root, "sys/class/net", LIST_MAX, visit_nic, &scan);
	(void)fs_mounts_read(root, false, &ret_inventory->mounts, NULL);
	return 0;
}

/* ---- as keys and values ------------------------------------------------------------ */

struct emitter {
	int (*emit)(void *context, const char *key, const char *value);
	void *context;
	int r;
};

static void emit_text(struct emitter *emitter, const char *prefix, const char *name,
	const char *key, const char *value)
{
	char whole[FS_PATH_MAX + 64];

	if (emitter->r || !value[0])
		return;
	(void)snprintf(
		whole, sizeof(whole), "%s%s%s%s", prefix, name, *name ? "." : "", key);
	emitter->r = emitter->emit(emitter->context, whole, value);
}

/* Whole numbers only: bytes, counts, MHz; never a decimal comma. */
static void emit_number(struct emitter *emitter, const char *prefix, const char *name,
	const char *key, double value)
{
	char text[32];

	if (isnan(value) || value < 0)
		return;
	(void)snprintf(text, sizeof(text), "%.0f", value);
	emit_text(emitter, prefix, name, key, text);
}

static void emit_devices(struct emitter *emitter, const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->disk_count; i++) {
		const struct inventory_disk *disk = &inventory->disk[i];

		emit_number(
			emitter, "disk.", disk->name, "size_bytes", disk->size_bytes);
		emit_text(emitter, "disk.", disk->name, "model", disk->model);
		emit_number(
			emitter, "disk.", disk->name, "rotational", disk->rotational);
		emit_number(emitter, "disk.", disk->name, "removable", disk->removable);
		emit_number(emitter, "disk.", disk->name, "counted", disk->is_counted);
	}
	for (size_t i = 0; i < inventory->nic_count; i++) {
		const struct inventory_nic *nic = &inventory->nic[i];

		emit_text(emitter, "nic.", nic->name, "driver", nic->driver);
		emit_number(emitter, "nic.", nic->name, "speed_bps", nic->speed_bps);
		emit_number(emitter, "nic.", nic->name, "up", nic->is_up);
		emit_number(emitter, "nic.", nic->name, "counted", nic->is_counted);
	}
	for (size_t i = 0; i < inventory->mounts.count; i++) {
		const struct fs_mount *mount = &inventory->mounts.mount[i];

		emit_text(emitter, "fs.", mount->point, "type", mount->type);
		emit_text(emitter, "fs.", mount->point, "source", mount->source);
	}
}

int inventory_walk(const struct inventory *inventory,
	int (*emit)(void *context, const char *key, const char *value), void *context)
{
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "hostname", inventory->hostname },
		{ "os.id", inventory->os_id },
		{ "os.name", inventory->os_name },
		{ "os.version", inventory->os_version },
		{ "kernel", inventory->kernel },
		{ "architecture", inventory->architecture },
		{ "cpu.vendor", inventory->cpu_vendor },
		{ "cpu.model", inventory->cpu_model },
		{ "machine.vendor", inventory->vendor },
		{ "machine.product", inventory->product },
		{ "machine.firmware", inventory->firmware },
		{ "machine.virtualisation", inventory->virtualisation },
	};
	const struct {
		const char *key;
		double value;
	} numbers[] = {
		{ "cpu.sockets", inventory->sockets },
		{ "cpu.physical_cores", inventory->physical_cores },
		{ "cpu.threads", inventory->threads },
		{ "cpu.nominal_mhz", inventory->nominal_mhz },
		{ "memory.bytes", inventory->memory_bytes },
	};
	struct emitter emitter = { .emit = emit, .context = context };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		emit_text(&emitter, "", "", texts[i].key, texts[i].value);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		emit_number(&emitter, "", "", numbers[i].key, numbers[i].value);
	emit_devices(&emitter, inventory);
	return emitter.r;
}
