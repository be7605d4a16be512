/*
 * What this machine is: facts for the inventory, read once below a host root.  What is
 * not to be found stays unknown (empty text, NAN, -1), it is never guessed as 0.
 */
#ifndef PROBES_INVENTORY_H
#define PROBES_INVENTORY_H

#include "common/err.h"
#include "probes/hostroot.h"
#include "probes/slow/fs_mounts.h"

#include <stddef.h>

enum { INVENTORY_TEXT_MAX = 128, INVENTORY_DEVICES_MAX = 256 };

struct inventory_disk {
	char name[64];
	char model[64];
	double size_bytes;
	int rotational; /* 1 yes, 0 no, -1 unknown */
	int removable;
	int is_counted; /* part of the demand (docs/method.md, "What is counted") */
};

struct inventory_nic {
	char name[32];
	char driver[64];
	double speed_bps; /* NAN: unknown or down */
	int is_up;        /* 1, 0, -1 unknown */
	int is_counted;
};

struct inventory {
	char hostname[INVENTORY_TEXT_MAX];
	char os_id[INVENTORY_TEXT_MAX];        /* "debian" */
	char os_name[INVENTORY_TEXT_MAX];      /* "Debian GNU/Linux 12 (bookworm)" */
	char os_version[INVENTORY_TEXT_MAX];   /* "12" */
	char kernel[INVENTORY_TEXT_MAX];       /* "6.1.0-18-amd64" */
	char architecture[INVENTORY_TEXT_MAX]; /* "x86_64" */
	char cpu_vendor[INVENTORY_TEXT_MAX];
	char cpu_model[INVENTORY_TEXT_MAX];
	double sockets, physical_cores, threads; /* NAN unknown */
	double nominal_mhz;
	double memory_bytes;             /* what the kernel manages (MemTotal) */
	char vendor[INVENTORY_TEXT_MAX]; /* system vendor by DMI */
	char product[INVENTORY_TEXT_MAX];
	char firmware[INVENTORY_TEXT_MAX]; /* "uefi" or "bios" */
	char virtualisation
		[INVENTORY_TEXT_MAX]; /* "kvm", "vmware" ..., "none", "" unknown */
	struct inventory_disk disk[INVENTORY_DEVICES_MAX];
	size_t disk_count;
	struct inventory_nic nic[INVENTORY_DEVICES_MAX];
	size_t nic_count;
	struct fs_mounts mounts;
};

/* Large (about 90 kB): allocate it.  Returns 0 or -EINVAL for a root without /proc. */
int inventory_read(
	const struct host_root *root, struct inventory *ret_inventory, struct err *err);

/*
 * inventory_walk - every known fact as key and value
 *
 * Keys: "hostname", "os.name", "cpu.model", "cpu.physical_cores", "memory.bytes",
 * "disk.<name>.size_bytes", "nic.<name>.speed_bps", "fs.<point>.type" ...  Numbers in
 * the C locale.  emit returns 0 to go on; anything else ends the walk and is returned.
 */
int inventory_walk(const struct inventory *inventory,
	int (*emit)(void *context, const char *key, const char *value), void *context);

#endif
