#include "schema/field.h"

#include "common/suggest.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct derived {
	const char *name;
	enum field_type type;
	enum field_scope scope;
	const char *supply; /* %s: the workload, once */
};

/* clang-format off */
static const struct derived derived_table[FIELD_COUNT - FACT_COUNT] = {
	[FIELD_OS_FAMILY - FACT_COUNT] = { "os.family", FIELD_TEXT, SCOPE_WORKLOAD, "inventory %s --set os='Windows Server 2003 Standard'" },
	[FIELD_OS_RELEASE - FACT_COUNT] = { "os.release", FIELD_TEXT, SCOPE_WORKLOAD, "inventory %s --set os='Windows Server 2003 Standard'" },
	[FIELD_MEMORY_MB - FACT_COUNT] = { "requirement.memory_mb", FIELD_NUMBER, SCOPE_WORKLOAD, "import csv FILE (columns time,workload=%s,memory_used_bytes)" },
	[FIELD_SWAP_MB - FACT_COUNT] = { "memory.swap_mb", FIELD_NUMBER, SCOPE_WORKLOAD, "status %s (swap is counted by collectord)" },
	[FIELD_ALLOC_MB - FACT_COUNT] = { "requirement.vm_alloc_mb", FIELD_NUMBER, SCOPE_WORKLOAD, "import csv FILE (columns time,workload=%s,memory_used_bytes)" },
	[FIELD_VM_MEMORY_MB - FACT_COUNT] = { "requirement.vm_memory_mb", FIELD_NUMBER, SCOPE_WORKLOAD, "import csv FILE (columns time,workload=%s,memory_used_bytes)" },
	[FIELD_CPU_MHZ - FACT_COUNT] = { "requirement.cpu_mhz", FIELD_NUMBER, SCOPE_WORKLOAD, "import csv FILE (columns time,workload=%s,cpu_used_mhz)" },
	[FIELD_CORES_NEEDED - FACT_COUNT] = { "requirement.cores", FIELD_NUMBER, SCOPE_WORKLOAD, "import csv FILE (columns time,workload=%s,cpu_used_mhz)" },
	[FIELD_NETWORK_MBPS - FACT_COUNT] = { "requirement.network_mbps", FIELD_NUMBER, SCOPE_WORKLOAD, "import csv FILE (columns time,workload=%s,net_rx_bps,net_tx_bps)" },
	[FIELD_STORAGE_GB - FACT_COUNT] = { "requirement.storage_gb", FIELD_NUMBER, SCOPE_WORKLOAD, "inventory %s --set disks=c:40,d:100" },
	[FIELD_DISK_COUNT - FACT_COUNT] = { "disks.count", FIELD_NUMBER, SCOPE_WORKLOAD, "inventory %s --set disks=c:40,d:100" },
	[FIELD_DEVICE_CLASS - FACT_COUNT] = { "device.class", FIELD_TEXT, SCOPE_DEVICE, "inventory %s --set devices=none" },
	[FIELD_DEVICE_KIND - FACT_COUNT] = { "device.kind", FIELD_TEXT, SCOPE_DEVICE, "inventory %s --set devices=usb:keyboard,usb:mouse" },
	[FIELD_DEVICE_NAME - FACT_COUNT] = { "device.name", FIELD_TEXT, SCOPE_DEVICE, "inventory %s --set devices=usb:keyboard,usb:mouse" },
	[FIELD_DEVICE_REQUIRED - FACT_COUNT] = { "device.required", FIELD_BOOL, SCOPE_DEVICE, "inventory %s --set devices=usb:printer:required" },
	[FIELD_DISK_NAME - FACT_COUNT] = { "disk.name", FIELD_TEXT, SCOPE_DISK, "inventory %s --set disks=c:40,d:100" },
	[FIELD_DISK_SIZE_GB - FACT_COUNT] = { "disk.size_gb", FIELD_NUMBER, SCOPE_DISK, "inventory %s --set disks=c:40,d:100" },
	[FIELD_DISK_USED_GB - FACT_COUNT] = { "disk.used_gb", FIELD_NUMBER, SCOPE_DISK, "inventory %s --set disks=c:40:used=12" },
	[FIELD_DISK_DYNAMIC - FACT_COUNT] = { "disk.dynamic", FIELD_BOOL, SCOPE_DISK, "inventory %s --set disks=c:40:used=12:dynamic" },
	[FIELD_EXCURSION_CLASS - FACT_COUNT] = { "excursion.class", FIELD_TEXT, SCOPE_EXCURSION, "import csv FILE (columns time,workload=%s,memory_used_bytes)" },
	[FIELD_EXCURSION_LENGTH_S - FACT_COUNT] = { "excursion.length_s", FIELD_NUMBER, SCOPE_EXCURSION, "import csv FILE (columns time,workload=%s,memory_used_bytes)" },
	[FIELD_EXCURSION_HEIGHT_MB - FACT_COUNT] = { "excursion.height_mb", FIELD_NUMBER, SCOPE_EXCURSION, "import csv FILE (columns time,workload=%s,memory_used_bytes)" },
};
/* clang-format on */

const char *field_name(int field)
{
	return field < FACT_COUNT ? fact_table[field].key
				  : derived_table[field - FACT_COUNT].name;
}

enum field_type field_type(int field)
{
	if (field >= FACT_COUNT)
		return derived_table[field - FACT_COUNT].type;
	switch (fact_table[field].type) {
	case FACT_TYPE_NUMBER:
		return FIELD_NUMBER;
	case FACT_TYPE_BOOL:
		return FIELD_BOOL;
	case FACT_TYPE_LIST:
		return FIELD_LIST;
	case FACT_TYPE_DEVICES:
	case FACT_TYPE_DISKS:
		return FIELD_PRESENCE;
	case FACT_TYPE_TEXT:
	case FACT_TYPE_CHOICE:
		break;
	}
	return FIELD_TEXT;
}

enum field_scope field_scope(int field)
{
	return field < FACT_COUNT ? SCOPE_WORKLOAD
				  : derived_table[field - FACT_COUNT].scope;
}

int field_find(const char *name, const char **ret_near)
{
	const char *names[FIELD_COUNT];

	for (int i = 0; i < FIELD_COUNT; i++) {
		names[i] = field_name(i);
		if (strcmp(names[i], name) == 0)
			return i;
	}
	if (ret_near)
		*ret_near = suggest_nearest(name, names, FIELD_COUNT);
	return -1;
}

void field_supply(int field, const char *workload, char *text, size_t size)
{
	const char *form, *gap;

	if (field < FACT_COUNT) {
		(void)snprintf(text, size, "inventory %s --set %s='%s'", workload,
			fact_table[field].key,
			field_type(field) == FIELD_LIST ? "none"
							: fact_table[field].example);
		return;
	}
	form = derived_table[field - FACT_COUNT].supply;
	gap = strstr(form, "%s");
	(void)snprintf(
		text, size, "%.*s%s%s", (int)(gap - form), form, workload, gap + 2);
}

void field_set_number(struct field_value *value, double number)
{
	*value = (struct field_value){ .is_known = !isnan(number), .number = number };
}

void field_set_text(struct field_value *value, const char *text)
{
	*value = (struct field_value){ .is_known = text != NULL, .text = text };
}

void field_set_bool(struct field_value *value, bool is_true)
{
	*value = (struct field_value){ .is_known = true, .is_true = is_true };
}

int subject_add_item(
	struct subject *subject, enum field_scope scope, struct field_item **ret_item)
{
	struct field_item *grown = realloc(
		subject->item, (subject->item_count + 1) * sizeof(*subject->item));

	if (!grown)
		return -ENOMEM;
	subject->item = grown;
	*ret_item = &grown[subject->item_count++];
	**ret_item = (struct field_item){ .scope = scope };
	return 0;
}

static int add_device(struct subject *subject, const struct fact_device *device)
{
	struct field_item *item;

	if (subject_add_item(subject, SCOPE_DEVICE, &item) < 0)
		return -ENOMEM;
	(void)snprintf(item->label, sizeof(item->label), "%.40s %.40s%s%.40s",
		device->class, device->kind, *device->name ? " " : "", device->name);
	field_set_text(&item->value[FIELD_DEVICE_CLASS], device->class);
	field_set_text(&item->value[FIELD_DEVICE_KIND], device->kind);
	field_set_text(&item->value[FIELD_DEVICE_NAME], device->name);
	field_set_bool(&item->value[FIELD_DEVICE_REQUIRED], device->is_required);
	return 0;
}

static int add_disk(struct subject *subject, const struct fact_disk *disk)
{
	struct field_item *item;

	if (subject_add_item(subject, SCOPE_DISK, &item) < 0)
		return -ENOMEM;
	(void)snprintf(item->label, sizeof(item->label), "disk %.100s", disk->name);
	field_set_text(&item->value[FIELD_DISK_NAME], disk->name);
	field_set_number(&item->value[FIELD_DISK_SIZE_GB], disk->size_gb);
	field_set_number(&item->value[FIELD_DISK_USED_GB], disk->used_gb);
	field_set_bool(&item->value[FIELD_DISK_DYNAMIC], disk->is_dynamic);
	return 0;
}

static int add_items(struct subject *subject, const struct facts *facts)
{
	const struct fact_value *devices = &facts->value[FACT_DEVICES];
	const struct fact_value *disks = &facts->value[FACT_DISKS];

	subject->is_listed[SCOPE_DEVICE] = devices->is_known;
	for (size_t i = 0; devices->is_known && i < devices->count; i++) {
		if (add_device(subject, &devices->device[i]) < 0)
			return -ENOMEM;
	}
	subject->is_listed[SCOPE_DISK] = disks->is_known;
	if (disks->is_known)
		field_set_number(
			&subject->value[FIELD_DISK_COUNT], (double)disks->count);
	for (size_t i = 0; disks->is_known && i < disks->count; i++) {
		if (add_disk(subject, &disks->disk[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

int subject_add_facts(struct subject *subject, const struct facts *facts)
{
	for (int i = 0; i < FACT_COUNT; i++) {
		const struct fact_value *fact = &facts->value[i];

		subject->value[i] = (struct field_value){
			.is_known = fact->is_known,
			.number = fact->number,
			.is_true = fact->is_true,
			.text = fact->text,
			.list = (const char *const *)fact->list,
			.list_count = fact->list ? fact->count : 0,
		};
	}
	/* an environment that nobody stated is production */
	if (!facts->value[FACT_ENVIRONMENT].is_known)
		field_set_text(&subject->value[FACT_ENVIRONMENT], "production");
	return add_items(subject, facts);
}

void subject_done(struct subject *subject)
{
	free(subject->item);
	*subject = (struct subject){ .name = NULL };
}
