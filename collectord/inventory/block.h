/* Block devices below a host root: names, numbers, what lies on what. */
#ifndef COLLECTORD_INVENTORY_BLOCK_H
#define COLLECTORD_INVENTORY_BLOCK_H

#include "probes/hostroot.h"
#include "schema/machine.h"

#include <stdbool.h>
#include <stddef.h>

enum { BLOCK_NAME_MAX = 64, BLOCK_BASES_MAX = 32 };

/* Partitions or whole disks that something lies on, through LVM, RAID and encryption. */
struct block_bases {
	char name[BLOCK_BASES_MAX]
		 [BLOCK_NAME_MAX]; /* as in sysfs: "sda1", "cciss!c0d0p1" */
	size_t count;
	bool is_encrypted; /* one layer is dm-crypt */
	bool is_certain;   /* all layers were found */
};

/* Of a device by its number (of a mount), or by its path where the number is one of no
 * device (btrfs). */
void block_find_bases(const struct host_root *root, unsigned major, unsigned minor,
	const char *source, struct block_bases *ret_bases);

/* What the first sector of a disk says. */
struct block_table {
	const char *style; /* "mbr", "gpt", "none"; NULL: cannot be read */
	unsigned char type[4], status[4]; /* of the four entries of an MBR */
};

/* block_parse_table - sector: 1024 bytes.  Pure. */
void block_parse_table(const unsigned char *sector, struct block_table *ret_table);

/* "sata", "scsi", "nvme", "virtio", "usb", "xen", "ide", "mmc" by the place in sysfs; NULL
 * where it is none of them.  target: where the link sys/block/<name> leads.  Pure. */
const char *block_bus(const char *name, const char *target);

/*
 * block_udev_value - "E:KEY=value" of run/udev/data/b<major>:<minor>
 *
 * Returns text, "" where udev does not say.
 */
const char *block_udev_value(const struct host_root *root, const char *sysfs_dir,
	const char *key, char *text, size_t size);

#endif
