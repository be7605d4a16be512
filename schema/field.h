/*
 * The fields that a rule may ask: every fact of schema/fact.h by its key, and what is
 * computed of a workload.  A subject is one workload with all its values.
 */
#ifndef SCHEMA_FIELD_H
#define SCHEMA_FIELD_H

#include "schema/fact.h"

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
	FIELD_COUNT,
};

const char *field_name(int field);
enum field_type field_type(int field);
enum field_scope field_scope(int field);
/* -1 when there is none of that name; *ret_near gets the nearest (or NULL). */
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

struct field_item {
	enum field_scope scope;
	char label[128];                       /* "usb printer", "disk d" */
	int64_t at;                            /* when, for an excursion; else 0 */
	struct field_value value[FIELD_COUNT]; /* those of its scope */
};

struct subject {
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
int subject_add_facts(struct subject *subject, const struct facts *facts);
int subject_add_item(
	struct subject *subject, enum field_scope scope, struct field_item **ret_item);
void subject_done(struct subject *subject);

#endif
