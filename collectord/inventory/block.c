#include "collectord/inventory/block.h"

#include "common/util.h"
#include "probes/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS_MAX = 16, UDEV_BYTES = 16384 };

/* ---- layers ---------------------------------------------------------------------------- */

struct layers {
	const struct host_root *root;
	struct block_bases *bases;
	unsigned depth;
	bool is_empty; /* no slave was visited at this layer */
};

static void follow(const struct host_root *root, const char *name, unsigned depth,
	struct block_bases *bases);

static int visit_slave(void *context, const char *name)
{
	struct layers *layers = context;

	layers->is_empty = false;
	follow(layers->root, name, layers->depth + 1, layers->bases);
	return 0;
}

static void follow(const struct host_root *root, const char *name, unsigned depth,
	struct block_bases *bases)
{
	struct layers layers = {
		.root = root, .bases = bases, .depth = depth, .is_empty = true
	};
	char path[BLOCK_NAME_MAX + 64], uuid[160];

	if (strlen(name) >= BLOCK_NAME_MAX || depth > LAYERS_MAX) {
		bases->is_certain = false;
		return;
	}
	(void)snprintf(path, sizeof(path), "sys/class/block/%s/dm/uuid", name);
	if (hostroot_read_text(root, path, uuid, sizeof(uuid)) == 0)
		bases->is_encrypted |= strncmp(uuid, "CRYPT-", 6) == 0;
	(void)snprintf(path, sizeof(path), "sys/class/block/%s/slaves", name);
	(void)hostroot_list(root, path, 256, visit_slave, &layers);
	if (!layers.is_empty)
		return;
	for (size_t i = 0; i < bases->count; i++) {
		if (strcmp(bases->name[i], name) == 0)
			return; /* two layers of one partition */
	}
	if (bases->count == BLOCK_BASES_MAX) {
		bases->is_certain = false;
		return;
	}
	(void)snprintf(bases->name[bases->count++], BLOCK_NAME_MAX, "%s", name);
}

struct mapper_search {
	const struct host_root *root;
	const char *name;
	char found[BLOCK_NAME_MAX];
};

static int visit_mapper(void *context, const char *name)
{
	struct mapper_search *search = context;
	char path[BLOCK_NAME_MAX + 64], text[256];

	if (strncmp(name, "dm-", 3) != 0 || strlen(name) >= BLOCK_NAME_MAX)
		return 0;
	(void)snprintf(path, sizeof(path), "sys/class/block/%s/dm/name", name);
	if (hostroot_read_text(search->root, path, text, sizeof(text)) < 0 ||
		strcmp(text, search->name) != 0)
		return 0;
	(void)snprintf(search->found, sizeof(search->found), "%s", name);
	return 1;
}

/* "/dev/sda2" and "/dev/mapper/root" to the name in sysfs. */
static bool find_by_path(
	const struct host_root *root, const char *source, char *name, size_t size)
{
	struct mapper_search search = { .root = root, .found = "" };

	if (strncmp(source, "/dev/mapper/", 12) == 0) {
		search.name = source + 12;
		(void)hostroot_list(
			root, "sys/class/block", 4096, visit_mapper, &search);
		(void)snprintf(name, size, "%s", search.found);
		return search.found[0] != '\0';
	}
	if (strncmp(source, "/dev/", 5) != 0 || strlen(source + 5) >= size)
		return false;
	(void)snprintf(name, size, "%s", source + 5);
	for (char *at = name; *at; at++) {
		if (*at == '/')
			*at = '!';
	}
	return true;
}

void block_find_bases(const struct host_root *root, unsigned major, unsigned minor,
	const char *source, struct block_bases *ret_bases)
{
	char path[64], name[BLOCK_NAME_MAX] = "";
	bool is_found = false;

	*ret_bases = (struct block_bases){ .is_certain = true };
	if (major != 0) {
		(void)snprintf(path, sizeof(path), "sys/dev/block/%u:%u", major, minor);
		is_found = hostroot_read_link(root, path, name, sizeof(name)) == 0;
	}
	if (!is_found)
		is_found = find_by_path(root, source, name, sizeof(name));
	if (is_found) {
		(void)snprintf(path, sizeof(path), "sys/class/block/%.40s", name);
		is_found = hostroot_exists(root, path);
	}
	ret_bases->is_certain = is_found;
	if (is_found)
		follow(root, name, 0, ret_bases);
}

/* ---- one disk ---------------------------------------------------------------------------- */

void block_parse_table(const unsigned char *sector, struct block_table *ret_table)
{
	struct block_table table = { .style = "none" };

	if (sector[510] == 0x55 && sector[511] == 0xaa) {
		bool is_any = false;

		for (size_t i = 0; i < 4; i++) {
			const unsigned char *entry = sector + 446 + 16 * i;

			table.status[i] = entry[0];
			table.type[i] = entry[4];
			/* a boot sector of a file system has the mark and no entries */
			is_any |= entry[4] != 0 && (entry[0] == 0 || entry[0] == 0x80);
			if (entry[4] == 0xee)
				table.style = "gpt";
		}
		if (is_any && strcmp(table.style, "gpt") != 0)
			table.style = "mbr";
	}
	if (memcmp(sector + 512, "EFI PART", 8) == 0)
		table.style = "gpt";
	*ret_table = table;
}

const char *block_bus(const char *name, const char *target)
{
	static const struct {
		const char *name, *bus;
	} names[] = { { "nvme", "nvme" }, { "vd", "virtio" }, { "xvd", "xen" },
		{ "mmcblk", "mmc" }, { "hd", "ide" }, { "dasd", "dasd" },
		{ "cciss", "raid" } };
	static const struct {
		const char *part, *bus;
	} places[] = { { "/usb", "usb" }, { "/ata", "sata" }, { "/virtio", "virtio" },
		{ "/rport-", "fc" }, { "/session", "iscsi" }, { "/end_device-", "sas" },
		{ "/vmbus", "hyper-v" }, { "VMBUS", "hyper-v" }, { "/host", "scsi" } };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strncmp(name, names[i].name, strlen(names[i].name)) == 0)
			return names[i].bus;
	}
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (strstr(target, places[i].part))
			return places[i].bus;
	}
	return NULL;
}

const char *block_udev_value(const struct host_root *root, const char *sysfs_dir,
	const char *key, char *text, size_t size)
{
	char path[300], number[32], all[UDEV_BYTES];
	struct text rest, line;

	text[0] = '\0';
	(void)snprintf(path, sizeof(path), "%.200s/dev", sysfs_dir);
	if (hostroot_read_text(root, path, number, sizeof(number)) < 0)
		return text;
	(void)snprintf(path, sizeof(path), "run/udev/data/b%s", number);
	if (hostroot_read_text(root, path, all, sizeof(all)) < 0)
		return text;
	rest = text_of(all, strlen(all));
	while (text_line(&rest, &line)) {
		if (!text_prefix(&line, "E:") || !text_prefix(&line, key) ||
			!text_prefix(&line, "="))
			continue;
		(void)snprintf(text, size, "%.*s", (int)(line.end - line.at), line.at);
		break;
	}
	return text;
}
