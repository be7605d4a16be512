/* Disks, their partitions, and the file systems on them. */
#include "collectord/inventory/gather.h"

#include "collectord/inventory/block.h"
#include "common/util.h"
#include "probes/host/disk.h"
#include "probes/slow/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR_BYTES = 512, TABLE_BYTES = 1024, LIST_MAX = 4096 };

/* One disk while its partitions are visited. */
struct disk_scan {
	struct gathering *gathering;
	struct machine_disk *disk;
	char sysfs[BLOCK_NAME_MAX]; /* its name there, with "!" for "/" */
	struct block_table table;
};

/* Where a link leads, as text: hostroot_read_link gives the last part alone. */
static void read_target(
	const struct host_root *root, const char *path, char *target, size_t size)
{
	int fd = hostroot_open_below(root, path, O_PATH | O_NOFOLLOW);
	ssize_t length = fd < 0 ? -1 : readlinkat(fd, "", target, size - 1);

	target[length > 0 ? length : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

/* ---- partitions -------------------------------------------------------------------------- */

static enum answer answer_of(bool is_so)
{
	return is_so ? ANSWER_YES : ANSWER_NO;
}

static bool is_extended(unsigned long type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* What kind of entry it is in the partition table: by udev, else by the sector. */
static void classify_partition(
	const struct disk_scan *scan, const char *dir, struct machine_partition *part)
{
	static const char efi_system[] = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
	const struct host_root *root = scan->gathering->root;
	const char *style = scan->disk->style;
	char type[64], flags[32];
	unsigned number = (unsigned)part->number;

	block_udev_value(root, dir, "ID_PART_ENTRY_TYPE", type, sizeof(type));
	block_udev_value(root, dir, "ID_PART_ENTRY_FLAGS", flags, sizeof(flags));
	if (style && strcmp(style, "gpt") == 0) {
		part->primary = ANSWER_YES;
		part->extended = ANSWER_NO;
		if (*type)
			part->bootable = answer_of(strcmp(type, efi_system) == 0);
		return;
	}
	if (!style || strcmp(style, "mbr") != 0 || number < 1)
		return;
	if (*type) {
		bool is_box = is_extended(strtoul(type, NULL, 16));

		part->extended = answer_of(is_box);
		part->primary = answer_of(number <= 4 && !is_box);
		part->bootable = answer_of((strtoul(flags, NULL, 16) & 0x80) != 0);
		return;
	}
	if (scan->table.style && number <= 4) {
		bool is_box = is_extended(scan->table.type[number - 1]);

		part->extended = answer_of(is_box);
		part->primary = answer_of(!is_box);
		part->bootable = answer_of(scan->table.status[number - 1] == 0x80);
	} else if (number > 4) {
		part->extended = part->primary = ANSWER_NO;
	}
}

static int visit_partition(void *context, const char *name)
{
	struct disk_scan *scan = context;
	const struct host_root *root = scan->gathering->root;
	struct machine_partition *part;
	char dir[200], path[240];
	uint64_t number, sectors;

	if (strncmp(name, scan->sysfs, strlen(scan->sysfs)) != 0 ||
		strlen(name) >= BLOCK_NAME_MAX)
		return 0;
	(void)snprintf(dir, sizeof(dir), "sys/block/%s/%s", scan->sysfs, name);
	(void)snprintf(path, sizeof(path), "%s/partition", dir);
	if (hostroot_read_u64(root, path, &number) < 0)
		return 0;
	part = machine_list_add(&scan->disk->partitions, &machine_partition_shape);
	if (!part)
		return -ENOMEM;
	part->number = (double)number;
	(void)snprintf(path, sizeof(path), "%s/size", dir);
	if (hostroot_read_u64(root, path, &sectors) == 0)
		part->bytes = (double)sectors * SECTOR_BYTES;
	classify_partition(scan, dir, part);
	return 0;
}

static int compare_partitions(const void *a, const void *b)
{
	const struct machine_partition *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* ---- disks -------------------------------------------------------------------------------- */

/* Only of the machine itself: below a recorded root there are no devices. */
static void gather_storage_read_table(struct disk_scan *scan)
{
	unsigned char sector[TABLE_BYTES];
	char path[BLOCK_NAME_MAX + 8];
	int fd;

	if (!scan->gathering->root->is_live)
		return;
	(void)snprintf(path, sizeof(path), "dev/%s", scan->disk->device);
	fd = hostroot_open_below(
		scan->gathering->root, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (pread(fd, sector, sizeof(sector), 0) == (ssize_t)sizeof(sector))
		block_parse_table(sector, &scan->table);
	close(fd);
}

static int read_style(struct disk_scan *scan, const char *dir)
{
	char type[32];

	block_udev_value(
		scan->gathering->root, dir, "ID_PART_TABLE_TYPE", type, sizeof(type));
	gather_storage_read_table(scan);
	if (strcmp(type, "dos") == 0)
		return gather_text(&scan->disk->style, "mbr");
	if (strcmp(type, "gpt") == 0)
		return gather_text(&scan->disk->style, "gpt");
	return scan->table.style ? gather_text(&scan->disk->style, scan->table.style)
				 : 0;
}

static int gather_disk(struct gathering *gathering, const struct inventory_disk *found)
{
	struct disk_scan scan = { .gathering = gathering };
	char dir[BLOCK_NAME_MAX + 16], target[PATH_MAX];
	const char *bus;
	int r;

	scan.disk = machine_list_add(
		&gathering->machine->storage.disks, &machine_disk_shape);
	if (!scan.disk)
		return -ENOMEM;
	(void)snprintf(scan.sysfs, sizeof(scan.sysfs), "%s", found->name);
	for (char *at = scan.sysfs; *at; at++) {
		if (*at == '/')
			*at = '!';
	}
	(void)snprintf(dir, sizeof(dir), "sys/block/%s", scan.sysfs);
	scan.disk->bytes = found->size_bytes;
	r = gather_text(&scan.disk->device, found->name);
	if (r == 0)
		r = gather_text(&scan.disk->model, found->model);
	read_target(gathering->root, dir, target, sizeof(target));
	bus = block_bus(scan.sysfs, target);
	if (r == 0 && bus)
		r = gather_text(&scan.disk->bus, bus);
	if (r == 0)
		r = read_style(&scan, dir);
	scan.disk->partitions.is_known = true;
	if (r == 0)
		r = hostroot_list(
			gathering->root, dir, LIST_MAX, visit_partition, &scan);
	if (scan.disk->partitions.count > 1)
		qsort(scan.disk->partitions.item, scan.disk->partitions.count,
			sizeof(struct machine_partition), compare_partitions);
	return r == -ENOMEM ? r : 0;
}

/* ---- volumes ------------------------------------------------------------------------------- */

/* The partition that sysfs calls so: "sda1" is number 1 of "sda". */
static struct machine_partition *find_partition(
	struct machine *machine, const char *base)
{
	struct machine_disk *disk = machine->storage.disks.item;

	for (size_t d = 0; d < machine->storage.disks.count; d++) {
		struct machine_partition *part = disk[d].partitions.item;

		for (size_t p = 0; p < disk[d].partitions.count; p++) {
			size_t length = strlen(disk[d].device);
			char last = disk[d].device[length - 1], name[160];

			(void)snprintf(name, sizeof(name), "%.100s%s%.0f",
				disk[d].device, last >= '0' && last <= '9' ? "p" : "",
				part[p].number);
			for (char *at = name; *at; at++) {
				if (*at == '/')
					*at = '!';
			}
			if (strcmp(name, base) == 0)
				return &part[p];
		}
	}
	return NULL;
}

static int place_volume(struct gathering *gathering, const struct fs_mount *mount,
	struct machine_volume *volume)
{
	struct block_bases bases;
	int r = 0;

	block_find_bases(
		gathering->root, mount->major, mount->minor, mount->source, &bases);
	if (bases.count > 0)
		r = gather_text(&volume->device, bases.name[0]);
	if (bases.is_certain)
		volume->encrypted = answer_of(bases.is_encrypted);
	for (size_t i = 0; r == 0 && i < bases.count; i++) {
		struct machine_partition *part =
			find_partition(gathering->machine, bases.name[i]);

		if (part)
			r = machine_texts_add(&part->volumes, mount->point);
	}
	return r;
}

static int gather_volume(struct gathering *gathering, const struct fs_mount *mount)
{
	struct machine_volume *volume = machine_list_add(
		&gathering->machine->storage.volumes, &machine_volume_shape);
	struct fs_usage usage;
	struct err ignored = ERR_INIT;
	int r;

	if (!volume)
		return -ENOMEM;
	volume->windows = ANSWER_NONE;
	r = gather_text(&volume->name, mount->point);
	if (r == 0)
		r = gather_text(&volume->fs, mount->type);
	if (r == 0)
		r = place_volume(gathering, mount, volume);
	if (r == 0 && gathering->root->is_live &&
		fs_measure(gathering->root, mount, &usage, &ignored) == 0) {
		volume->bytes = usage.size_bytes;
		volume->used_bytes = usage.used_bytes;
	}
	return r;
}

/* ---- controllers and networks of storage ----------------------------------------------------- */

static int visit_controller(void *context, const char *name)
{
	struct gathering *gathering = context;
	static const struct {
		unsigned class;
		const char *kind;
	} kinds[] = { { 0x0100, "scsi" }, { 0x0101, "ide" }, { 0x0104, "raid" },
		{ 0x0105, "ata" }, { 0x0106, "sata" }, { 0x0107, "sas" },
		{ 0x0108, "nvme" }, { 0x0180, "other" } };
	struct machine_controller *controller;
	char path[300], text[64], driver[64];
	unsigned long class;
	const char *kind = "other";
	int r;

	if (strlen(name) > 100)
		return 0;
	(void)snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/class", name);
	class = strtoul(gather_line(gathering, path, text, sizeof(text)), NULL, 16) >>
		8;
	if (class >> 8 != 1)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (kinds[i].class == class)
			kind = kinds[i].kind;
	}
	controller = machine_list_add(
		&gathering->machine->storage.controllers, &machine_controller_shape);
	if (!controller)
		return -ENOMEM;
	(void)snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/driver", name);
	if (hostroot_read_link(gathering->root, path, driver, sizeof(driver)) < 0)
		driver[0] = '\0';
	if (strcmp(driver, "virtio-pci") == 0)
		kind = "virtio";
	r = gather_text(&controller->name, name);
	if (r == 0)
		r = gather_text(&controller->kind, kind);
	return r < 0 ? r : gather_text(&controller->driver, driver);
}

static int count_one(void *context, const char *name)
{
	(void)name;
	++*(size_t *)context;
	return 0;
}

/* Does a folder of sysfs have an entry?  Where the kernel has no such class, it has none
 * of those devices either. */
static enum answer has_entries(const struct gathering *gathering, const char *path)
{
	size_t count = 0;

	(void)hostroot_list(gathering->root, path, LIST_MAX, count_one, &count);
	return answer_of(count > 0);
}

int gather_storage(struct gathering *gathering)
{
	const struct inventory *inventory = gathering->inventory;
	struct machine *machine = gathering->machine;
	int r = 0;

	machine->storage.disks.is_known = hostroot_exists(gathering->root, "sys/block");
	for (size_t i = 0; r == 0 && i < inventory->disk_count; i++) {
		if (inventory->disk[i].is_counted)
			r = gather_disk(gathering, &inventory->disk[i]);
	}
	machine->storage.volumes.is_known =
		hostroot_exists(gathering->root, "proc/self/mountinfo");
	for (size_t i = 0; r == 0 && i < inventory->mounts.count; i++)
		r = gather_volume(gathering, &inventory->mounts.mount[i]);
	if (r < 0 || !hostroot_exists(gathering->root, "sys/class"))
		return r;
	machine->storage.controllers.is_known =
		hostroot_exists(gathering->root, "sys/bus/pci");
	r = hostroot_list(gathering->root, "sys/bus/pci/devices", LIST_MAX,
		visit_controller, gathering);
	machine->storage.san = has_entries(gathering, "sys/class/fc_remote_ports");
	machine->storage.iscsi = has_entries(gathering, "sys/class/iscsi_session");
	return r == -ENOMEM ? r : 0;
}
