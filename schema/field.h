/*
 * The fields that a rule may ask: every fact of schema/fact.h by its key, and what is
 * computed of a workload.  A subject is one workload with all its values.
 */
#ifndef SCHEMA_FIELD_H
#define SCHEMA_FIELD_H

#include "schema/fact.h"
#include "schema/machine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
	FIELD_NUMBER,
	FIELD_TEXT,
	FIELD_BOOL,
	FIELD_LIST,     /* of texts */
	FIELD_PRESENCE, /* can only be asked whether it is known */
};

/* A rule that names a field of a scope is judged once for each item of it. */
enum field_scope {
	SCOPE_WORKLOAD,
	SCOPE_DEVICE,
	SCOPE_DISK,
	SCOPE_EXCURSION, /* the highest short one and the highest sustained one */
	/* of a machine document */
	SCOPE_CONTROLLER,
	SCOPE_HARD_DISK,
	SCOPE_PARTITION,
	SCOPE_VOLUME,
	SCOPE_ADAPTER,
	SCOPE_SERVICE,
	SCOPE_DRIVER,
	SCOPE_COUNT,
};

/* The first FACT_COUNT are the facts. */
enum field_id {
	FIELD_OS_FAMILY = FACT_COUNT,
	FIELD_OS_RELEASE,
	FIELD_MEMORY_MB, /* peak */
	FIELD_SWAP_MB,   /* highest use of swap */
	FIELD_ALLOC_MB,
	FIELD_VM_MEMORY_MB,
	FIELD_CPU_MHZ,
	FIELD_CORES_NEEDED,
	FIELD_NETWORK_MBPS,
	FIELD_STORAGE_GB,
	FIELD_DISK_COUNT,
	FIELD_IDLE, /* nothing that was counted ever moved */
	/* what a machine document says beside its facts; named by their paths into it */
	FIELD_KIND,
	FIELD_HYPERVISOR,
	FIELD_OS_VERSION,
	FIELD_OS_SERVICE_PACK,
	FIELD_OS_LANGUAGE,
	FIELD_OS_HAL,
	FIELD_SECURE_BOOT,
	FIELD_MEMORY_BYTES,
	FIELD_SAN,
	FIELD_ISCSI,
	FIELD_SNAPSHOTS,
	FIELD_ADAPTER_COUNT,
	FIELD_PRIMARY_COUNT, /* adapters marked as the primary one */
	FIELD_CAPTURE_DHCP,  /* of the adapter that an image is captured through */
	FIELD_CAPTURE_PXE,
	FIELD_CAPTURE_MAC,
	FIELD_UPDATES,
	FIELD_AUTO_RUN,
	FIELD_SYSTEM_FILES,
	FIELD_ADMIN,
	FIELD_ADS_MANAGED,
	/* of items: those of a scope stand together */
	FIELD_DEVICE_CLASS,
	FIELD_DEVICE_KIND,
	FIELD_DEVICE_NAME,
	FIELD_DEVICE_REQUIRED,
	FIELD_DISK_NAME,
	FIELD_DISK_SIZE_GB,
	FIELD_DISK_USED_GB,
	FIELD_DISK_DYNAMIC,
	FIELD_EXCURSION_CLASS,
	FIELD_EXCURSION_LENGTH_S,
	FIELD_EXCURSION_HEIGHT_MB,
	FIELD_CONTROLLER_NAME,
	FIELD_CONTROLLER_KIND,
	FIELD_CONTROLLER_DRIVER,
	FIELD_HARD_DISK_DEVICE,
	FIELD_HARD_DISK_KIND,
	FIELD_HARD_DISK_STYLE,
	FIELD_HARD_DISK_BUS,
	FIELD_HARD_DISK_BYTES,
	FIELD_HARD_DISK_RAW,
	FIELD_HARD_DISK_SHARED,
	FIELD_PARTITION_NUMBER,
	FIELD_PARTITION_WINDOWS,
	FIELD_PARTITION_BOOTABLE,
	FIELD_VOLUME_NAME,
	FIELD_VOLUME_FS,
	FIELD_VOLUME_BYTES,
	FIELD_VOLUME_USED_RATIO,
	FIELD_VOLUME_WINDOWS,
	FIELD_VOLUME_ENCRYPTED,
	FIELD_ADAPTER_NAME,
	FIELD_ADAPTER_MAC,
	FIELD_ADAPTER_DRIVER,
	FIELD_ADAPTER_DHCP,
	FIELD_ADAPTER_ADDRESSES,
	FIELD_SERVICE_NAME,
	FIELD_SERVICE_START,
	FIELD_DRIVER_NAME,
	FIELD_DRIVER_START,
	FIELD_COUNT,
};

const char *field_name(int field);
enum field_type field_type(int field);
enum field_scope field_scope(int field);
/* -1 when there is none of that name; *ret_near gets the nearest (borrowed, or
 * NULL). */
int field_find(const char *name, const char **ret_near);
/* How to supply it, after "analyze ": "inventory %s --set os=..."; %s: the workload. */
void field_supply(int field, const char *workload, char *text, size_t size);

struct field_value {
	bool is_known;
	double number; /* NAN is not known, whatever is_known says */
	bool is_true;
	const char *text; /* borrowed, as the list */
	const char *const *list;
	size_t list_count;
};

#define FIELD_ITEM_VALUES 8 /* most fields of one scope */

struct field_item {
	enum field_scope scope;
	char label[128]; /* "usb printer", "disk d"; of a machine: "storage.disks[0]" */
	int64_t at;      /* when, for an excursion; else 0 */
	struct field_value value[FIELD_ITEM_VALUES]; /* by field_item_value */
};

/* The value of a field of the item's scope; the item owns it. */
struct field_value *field_item_value(struct field_item *item, int field);
const struct field_value *field_item_get(const struct field_item *item, int field);

struct rule_subject {
	const char *name;
	struct field_value value[FIELD_COUNT];
	/* Were the devices, disks, memory samples looked at?  If not, a rule about them
	 * is unknown, not passed. */
	bool is_listed[SCOPE_COUNT];
	struct field_item *item;
	size_t item_count;
};

void field_set_number(struct field_value *value, double number);  /* NAN: unknown */
void field_set_text(struct field_value *value, const char *text); /* NULL: unknown */
void field_set_bool(struct field_value *value, bool is_true);

/* All facts as fields, and their devices and disks as items (appended).  -ENOMEM. */
int subject_add_facts(struct rule_subject *subject, const struct facts *facts);
/* All that a machine document says (it must live as long), appended likewise. */
int subject_add_machine(struct rule_subject *subject, const struct machine *machine);
/* A new item, all unknown; the subject owns it, and moves it when the next is added.
 * -ENOMEM. */
int subject_add_item(struct rule_subject *subject, enum field_scope scope,
	struct field_item **ret_item);
void subject_done(struct rule_subject *subject);

#endif
