/* What is known of a machine, as types: keys, values, who states them. */
#ifndef SCHEMA_FACT_TYPES_H
#define SCHEMA_FACT_TYPES_H

#include "common/err.h"
#include "common/json_doc.h"
#include "schema/figure.h"

#include <stdbool.h>
#include <stddef.h>

enum fact_type {
	FACT_TYPE_TEXT,
	FACT_TYPE_NUMBER,
	FACT_TYPE_BOOL,
	FACT_TYPE_CHOICE,
	FACT_TYPE_LIST,    /* of texts; "none" is an empty one */
	FACT_TYPE_DEVICES, /* class:kind[:name][:required], ... */
	FACT_TYPE_DISKS,   /* name:size_gb[:used=GB][:dynamic][:undo=N]..., ... */
};

enum fact_id {
	FACT_ENVIRONMENT,
	FACT_ROLES,
	FACT_APPLICATIONS,
	FACT_DEVICES,
	FACT_DISKS,
	FACT_LICENCES,
	FACT_LICENCE_BOUND,
	FACT_VENDOR_SUPPORT,
	FACT_ADAPTERS,
	FACT_DEDICATED_ADAPTERS,
	FACT_NETWORK_TYPE,
	FACT_SENSITIVE,
	FACT_PRIORITY,
	FACT_SMP_REQUIRED,
	FACT_PATTERN,
	FACT_PERIOD_DAYS,
	FACT_OS,
	FACT_OS_BITS,
	FACT_SERVICE_PACK,
	FACT_FIRMWARE,
	FACT_BOOT_DISK_STYLE,
	FACT_MACHINE,
	FACT_DOTNET35,
	FACT_WMI,
	FACT_ROOT_FREE_GB,
	FACT_ENCRYPTED_VOLUMES,
	FACT_DUAL_BOOT,
	FACT_RAW_DISKS,
	FACT_VHD_KIND,
	FACT_IMAGE_SOURCE,
	FACT_DHCP,
	FACT_HIBERNATED,
	FACT_SNAPSHOTS,
	FACT_ACTION,
	FACT_MAY_INSTALL,
	FACT_PXE,
	FACT_PXE_BOOT_DISK,
	FACT_TARGET_BITS,
	FACT_SAME_HARDWARE,
	FACT_CUSTOM_SUPPORT,
	FACT_INSTANCE_TYPE,
	FACT_GENERATION,
	FACT_PERFORMANCE_FACTOR,
	FACT_CPU_MODEL,
	FACT_CPU_CORES,
	FACT_CPU_CORE_MHZ,
	FACT_MEMORY_TOTAL_BYTES,
	FACT_MEMORY_KIND,
	FACT_NETWORK_SPEED_BPS,
	FACT_DISK_SIZE_BYTES,
	FACT_OWNER,
	FACT_NOTE,
	FACT_COUNT,
};

struct fact_info {
	const char *key;
	enum fact_type type;
	const char *choices;     /* of a choice, by blanks: "bios uefi" */
	double minimum, maximum; /* of a number */
	const char *example;     /* a value for `--set key=value` */
	const char *help;
};

/* The figures of an import that are sizes, and the facts they are kept as; what a machine
 * document states is in schema/machine_facts.h. */
struct fact_name {
	enum fact_id fact;
	enum figure figure;
};
extern const struct fact_name fact_names[];
extern const size_t fact_name_count;

/*
 * Who states a fact, from the one who is believed first to the one who is believed last.
 */
enum fact_origin {
	FACT_ORIGIN_PERSON,  /* `analyze inventory --set` and `--load` */
	FACT_ORIGIN_MACHINE, /* the machine itself: its inventory */
	FACT_ORIGIN_STORE,   /* another store, whoever stated it there */
	FACT_ORIGIN_IMPORT,  /* a file of another collector */
	FACT_ORIGIN_COUNT,
};

#define FACT_TEXT_MAX 4096
#define FACT_ITEMS_MAX 1000

struct fact_device {
	char *class
		; /* "usb", "ieee1394", "network", "scsi", "video", "audio", "dongle" */
	char *kind; /* "keyboard", "printer"; "" when nobody said */
	char *name;
	bool is_required;
};

struct fact_disk {
	char *name;
	double size_gb; /* nominal; NAN: unknown */
	double used_gb; /* NAN: unknown */
	bool is_dynamic;
	unsigned differencing, undo;
};

/* One value, typed. */
struct fact_value {
	bool is_known;
	double number; /* of a number */
	bool is_true;  /* of a bool */
	char *text;    /* of a text or choice */
	char **list;   /* of a list */
	struct fact_device *device;
	struct fact_disk *disk;
	size_t count; /* of list, device or disk */
};

/* All facts of one workload. */
struct facts {
	struct fact_value value[FACT_COUNT];
};

#endif
