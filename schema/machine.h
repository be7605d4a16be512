/*
 * What one machine is: the document headroom/machine/1, which a collector of the machine
 * writes and inventory, validation and runbooks read.  What nobody asked is absent: a
 * text is NULL, a number NAN, an answer ANSWER_NONE, a list not known.
 */
#ifndef SCHEMA_MACHINE_H
#define SCHEMA_MACHINE_H

#include "common/err.h"
#include "common/json_doc.h"
#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_BYTES_MAX (64u << 20) /* of a file */
#define MACHINE_TEXT_MAX 4096         /* of one text */

enum answer { ANSWER_NONE, ANSWER_NO, ANSWER_YES };

struct machine_texts {
	char **text;
	size_t count;
	bool is_known;
};

/* A list of objects: `item` is an array of the struct that the member's shape names. */
struct machine_list {
	void *item;
	size_t count;
	bool is_known;
};

struct machine_controller {
	char *name, *kind,
		*driver; /* kind: "scsi", "ide", "sata", "nvme", "virtio" ... */
};

struct machine_partition {
	double number, bytes;
	enum answer primary, extended, bootable, windows, boot_ini;
	struct machine_texts volumes; /* names of volumes on it */
};

struct machine_disk {
	char *device; /* "sda", "\device\harddisk0" */
	double bytes;
	char *kind;  /* "basic", "dynamic" (Windows); "lvm", "raid" */
	char *style; /* "mbr", "gpt" */
	char *bus;   /* "scsi", "ide", "sata", "nvme", "virtio", "usb" */
	char *model;
	enum answer raw;    /* mapped from a storage network, not an image (RDM) */
	enum answer shared; /* with another machine */
	struct machine_list partitions; /* struct machine_partition */
};

struct machine_volume {
	char *name; /* "C:", "/" */
	char *fs;   /* "NTFS", "ext4" */
	double bytes, used_bytes;
	enum answer windows;   /* holds the Windows folder */
	enum answer encrypted; /* BitLocker, LUKS */
	char *device;          /* where it lies: "sda1" */
};

struct machine_adapter {
	char *name, *mac, *driver;
	double speed_mbps;
	enum answer dhcp, primary, pxe;
	struct machine_texts addresses; /* "192.0.2.7/24", "2001:db8::7/64" */
	char *gateway;
	struct machine_texts dns;
};

struct machine_route {
	char *to, *via, *adapter; /* "10.0.0.0/8", "192.0.2.1", "eth0"; "default" */
	double metric;
};

/* Secondary hardware: classes as in the fact "devices". */
struct machine_device {
	char *class, *kind, *name;
};

struct machine_service {
	char *name;
	char *start; /* "auto", "manual", "disabled", "boot", "system", "masked", "static" */
};

struct machine_package {
	char *name, *version;
};

/* A file of the system and its version (VMScript's list). */
struct machine_file {
	char *name, *version;
};

struct machine {
	char *name;
	int64_t gathered; /* Unix seconds; 0: nobody said */
	char *kind;       /* "physical", "vm", "container" */
	char *hypervisor; /* "kvm", "vmware", "hyper-v", "xen", "virtualbox" ... */
	struct {
		char *name, *version, *service_pack, *language, *hal, *kernel;
		double bits;
	} os;
	struct {
		char *bios, *firmware, *vendor, *model, *processor;
		enum answer secure_boot;
		double sockets, cores, threads, core_mhz;
		double memory_bytes;    /* what the operating system manages */
		double installed_bytes; /* what is plugged in, by SMBIOS */
	} general;
	struct {
		struct machine_list controllers; /* struct machine_controller */
		struct machine_list disks;       /* struct machine_disk */
		struct machine_list volumes;     /* struct machine_volume */
		enum answer san, iscsi;
		double snapshots;
		struct machine_texts mounted; /* MountedDevices of Windows */
	} storage;
	struct machine_list network;   /* struct machine_adapter */
	struct machine_list routes;    /* struct machine_route */
	struct machine_list secondary; /* struct machine_device */
	struct {
		struct machine_list services, drivers; /* struct machine_service */
		struct machine_list packages;          /* struct machine_package */
		struct machine_list system_files;      /* struct machine_file */
		struct machine_texts updates, auto_run;
		enum answer dotnet35;
		enum answer hibernation; /* switched on */
	} software;
	enum answer wmi, admin;
	enum answer ads_managed; /* by Automated Deployment Services */
};

struct machine_shape;

/* Everything unknown; machine_done when finished. */
void machine_init(struct machine *machine);
void machine_done(struct machine *machine);

/* One more item, everything in it unknown; the list is known from then on and owns it.
 * NULL: out of memory. */
void *machine_list_add(struct machine_list *list, const struct machine_shape *shape);
/* 0 or -ENOMEM; an empty text is left out. */
int machine_texts_add(struct machine_texts *texts, const char *text);

/* The items of a list, typed. */
#define machine_items(list, type) ((struct type *)(list).item)

/* ---- shapes: one table for reading, writing, comparing and freeing ------------------ */

enum machine_type {
	MACHINE_TEXT,   /* char * */
	MACHINE_NUMBER, /* double */
	MACHINE_WHOLE,  /* double, a whole number */
	MACHINE_ANSWER, /* enum answer; true, false, null */
	MACHINE_TEXTS,  /* struct machine_texts */
	MACHINE_OBJECT, /* the members of shape, in the same struct */
	MACHINE_LIST,   /* struct machine_list of shape */
};

struct machine_member {
	const char *name;
	enum machine_type type;
	size_t offset; /* in the struct of the shape */
	const struct machine_shape *shape;
	double scale;        /* of a number: the field is value x scale; 0: as it is */
	size_t ceiling;      /* of a list or texts: most items */
	const char *choices; /* of a text, by blanks; NULL: any */
	bool is_fleeting;    /* changes by itself: no event (used_bytes) */
};

struct machine_shape {
	const char *what; /* "a disk" */
	size_t size;      /* of one item */
	const struct machine_member *member;
	size_t count;
	int key; /* index of the member that names an item; -1: none */
};

/* Sets the numbers of an object to NAN; the rest is unknown when it is 0. */
void machine_set_unknown(const struct machine_shape *shape, void *base);

extern const struct machine_shape machine_shape; /* headroom/machine/1 */
/* Of its lists. */
extern const struct machine_shape machine_controller_shape, machine_partition_shape,
	machine_disk_shape, machine_volume_shape, machine_adapter_shape,
	machine_route_shape, machine_device_shape, machine_service_shape,
	machine_driver_shape, machine_package_shape, machine_file_shape;
/* The flat form of older tools: {"name","memory_mb","processors","hal","os",...}. */
extern const struct machine_shape machine_flat_shape;

/* ---- reading and writing ------------------------------------------------------------- */

/*
 * machine_parse - a document, or the flat form, to the struct
 *
 * Refused with path and line of the file, the path into the JSON and the reason
 * ("storage.disks[3].bytes: expected a number, found a text"): a wrong type, an unknown
 * field, a missing name, a negative number, a list over its ceiling.  A volume that a
 * partition names and that is not there is refused too.
 *
 * Returns 0, -EINVAL or -ENOMEM; machine_done when finished.
 */
int machine_parse(
	const struct json_doc *doc, struct machine *ret_machine, struct err *err);
/* The same from a file; also what json_doc_load answers. */
int machine_load(const char *path, struct machine *ret_machine, struct err *err);
/* Is this the text of a machine, in either form, rather than of something else? */
bool machine_is_document(const struct json_doc *doc);

/* The document, with a newline at its end; bytes that are no UTF-8 become U+FFFD. */
void machine_write(const struct machine *machine, struct strbuf *out);

/* ---- what differs ----------------------------------------------------------------------- */

/*
 * machine_compare - call changed for each value that is not the same
 *
 * path     "general.memory_bytes", "storage.disks[sdb]"; items of a list are matched by
 *          their names
 * before, after   as JSON writes them; NULL: was or is not there
 *
 * What changes by itself (used space, the moment) is left out.  changed returns 0 to go
 * on; anything else ends the walk and is returned.
 */
int machine_compare(const struct machine *before, const struct machine *after,
	int (*changed)(
		void *context, const char *path, const char *before, const char *after),
	void *context);

/* ---- what it answers ----------------------------------------------------------------------- */

/* The adapter that an image is captured through: the one marked primary, else the only
 * or the first one; NULL: no adapters.  *ret_is_certain: marked, or alone. */
const struct machine_adapter *machine_capture_adapter(
	const struct machine *machine, bool *ret_is_certain);
/* "\device\harddisk0\partition1" of the partition with Windows, or of the disk and
 * partition that hold "/" ("/dev/sda2"); "" where it is not known. */
const char *machine_system_partition(
	const struct machine *machine, char *text, size_t size);
/* The number of a service pack, NAN: none stated.  "Service Pack 6a" is 6. */
double machine_service_pack(const struct machine *machine);

#endif
