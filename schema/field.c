#include "schema/field.h"

#include "common/array.h"
#include "common/suggest.h"

#include <assert.h>
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
	[FIELD_OS_FAMILY - FACT_COUNT] = { "os.family", FIELD_TEXT, SCOPE_WORKLOAD, "inventory %s --set os='Debian GNU/Linux 12'" },
	[FIELD_OS_RELEASE - FACT_COUNT] = { "os.release", FIELD_TEXT, SCOPE_WORKLOAD, "inventory %s --set os='Debian GNU/Linux 12'" },
	[FIELD_MEMORY_MB - FACT_COUNT] = { "requirement.memory_mb", FIELD_NUMBER, SCOPE_WORKLOAD, "import csv FILE (columns time,workload=%s,memory_used_bytes)" },
	[FIELD_SWAP_MB - FACT_COUNT] = { "memory.swap_mb", FIELD_NUMBER, SCOPE_WORKLOAD, "status %s (swap is counted by collectord)" },
	[FIELD_ALLOC_MB - FACT_COUNT] = { "requirement.vm_alloc_mb", FIELD_NUMBER, SCOPE_WORKLOAD, "import csv FILE (columns time,workload=%s,memory_used_bytes)" },
	[FIELD_VM_MEMORY_MB - FACT_COUNT] = { "requirement.vm_memory_mb", FIELD_NUMBER, SCOPE_WORKLOAD, "import csv FILE (columns time,workload=%s,memory_used_bytes)" },
	[FIELD_CPU_MHZ - FACT_COUNT] = { "requirement.cpu_mhz", FIELD_NUMBER, SCOPE_WORKLOAD, "import csv FILE (columns time,workload=%s,cpu_used_mhz)" },
	[FIELD_CORES_NEEDED - FACT_COUNT] = { "requirement.cores", FIELD_NUMBER, SCOPE_WORKLOAD, "import csv FILE (columns time,workload=%s,cpu_used_mhz)" },
	[FIELD_NETWORK_MBPS - FACT_COUNT] = { "requirement.network_mbps", FIELD_NUMBER, SCOPE_WORKLOAD, "import csv FILE (columns time,workload=%s,net_rx_bps,net_tx_bps)" },
	[FIELD_STORAGE_GB - FACT_COUNT] = { "requirement.storage_gb", FIELD_NUMBER, SCOPE_WORKLOAD, "inventory %s --set disks=c:40,d:100" },
	[FIELD_DISK_COUNT - FACT_COUNT] = { "disks.count", FIELD_NUMBER, SCOPE_WORKLOAD, "inventory %s --set disks=c:40,d:100" },
	[FIELD_IDLE - FACT_COUNT] = { "measured.idle", FIELD_BOOL, SCOPE_WORKLOAD, "status %s" },
#define MACHINE(id, name, type, scope) \
	[id - FACT_COUNT] = { name, type, scope, "inventory %s --load MACHINE.json" }
	MACHINE(FIELD_KIND, "kind", FIELD_TEXT, SCOPE_WORKLOAD),
	MACHINE(FIELD_HYPERVISOR, "hypervisor", FIELD_TEXT, SCOPE_WORKLOAD),
	MACHINE(FIELD_OS_VERSION, "os.version", FIELD_TEXT, SCOPE_WORKLOAD),
	MACHINE(FIELD_OS_SERVICE_PACK, "os.service_pack", FIELD_TEXT, SCOPE_WORKLOAD),
	MACHINE(FIELD_OS_LANGUAGE, "os.language", FIELD_TEXT, SCOPE_WORKLOAD),
	MACHINE(FIELD_OS_HAL, "os.hal", FIELD_TEXT, SCOPE_WORKLOAD),
	MACHINE(FIELD_SECURE_BOOT, "general.secure_boot", FIELD_BOOL, SCOPE_WORKLOAD),
	MACHINE(FIELD_MEMORY_BYTES, "general.memory_bytes", FIELD_NUMBER, SCOPE_WORKLOAD),
	MACHINE(FIELD_SAN, "storage.san", FIELD_BOOL, SCOPE_WORKLOAD),
	MACHINE(FIELD_ISCSI, "storage.iscsi", FIELD_BOOL, SCOPE_WORKLOAD),
	MACHINE(FIELD_SNAPSHOTS, "storage.snapshots", FIELD_NUMBER, SCOPE_WORKLOAD),
	/* of a machine document alone; what somebody states is the fact "adapters" */
	MACHINE(FIELD_ADAPTER_COUNT, "network.count", FIELD_NUMBER, SCOPE_WORKLOAD),
	MACHINE(FIELD_PRIMARY_COUNT, "network.primary_count", FIELD_NUMBER, SCOPE_WORKLOAD),
	MACHINE(FIELD_CAPTURE_DHCP, "capture.dhcp", FIELD_BOOL, SCOPE_WORKLOAD),
	MACHINE(FIELD_CAPTURE_PXE, "capture.pxe", FIELD_BOOL, SCOPE_WORKLOAD),
	MACHINE(FIELD_CAPTURE_MAC, "capture.mac", FIELD_TEXT, SCOPE_WORKLOAD),
	MACHINE(FIELD_UPDATES, "software.updates", FIELD_LIST, SCOPE_WORKLOAD),
	MACHINE(FIELD_AUTO_RUN, "software.auto_run", FIELD_LIST, SCOPE_WORKLOAD),
	MACHINE(FIELD_SYSTEM_FILES, "software.system_files", FIELD_PRESENCE, SCOPE_WORKLOAD),
	MACHINE(FIELD_ADMIN, "admin", FIELD_BOOL, SCOPE_WORKLOAD),
	MACHINE(FIELD_ADS_MANAGED, "ads_managed", FIELD_BOOL, SCOPE_WORKLOAD),
	MACHINE(FIELD_CONTROLLER_NAME, "controller.name", FIELD_TEXT, SCOPE_CONTROLLER),
	MACHINE(FIELD_CONTROLLER_KIND, "controller.kind", FIELD_TEXT, SCOPE_CONTROLLER),
	MACHINE(FIELD_CONTROLLER_DRIVER, "controller.driver", FIELD_TEXT, SCOPE_CONTROLLER),
	MACHINE(FIELD_HARD_DISK_DEVICE, "hard_disk.device", FIELD_TEXT, SCOPE_HARD_DISK),
	MACHINE(FIELD_HARD_DISK_KIND, "hard_disk.kind", FIELD_TEXT, SCOPE_HARD_DISK),
	MACHINE(FIELD_HARD_DISK_STYLE, "hard_disk.style", FIELD_TEXT, SCOPE_HARD_DISK),
	MACHINE(FIELD_HARD_DISK_BUS, "hard_disk.bus", FIELD_TEXT, SCOPE_HARD_DISK),
	MACHINE(FIELD_HARD_DISK_BYTES, "hard_disk.bytes", FIELD_NUMBER, SCOPE_HARD_DISK),
	MACHINE(FIELD_HARD_DISK_RAW, "hard_disk.raw", FIELD_BOOL, SCOPE_HARD_DISK),
	MACHINE(FIELD_HARD_DISK_SHARED, "hard_disk.shared", FIELD_BOOL, SCOPE_HARD_DISK),
	MACHINE(FIELD_PARTITION_NUMBER, "partition.number", FIELD_NUMBER, SCOPE_PARTITION),
	MACHINE(FIELD_PARTITION_WINDOWS, "partition.windows", FIELD_BOOL, SCOPE_PARTITION),
	MACHINE(FIELD_PARTITION_BOOTABLE, "partition.bootable", FIELD_BOOL, SCOPE_PARTITION),
	MACHINE(FIELD_VOLUME_NAME, "volume.name", FIELD_TEXT, SCOPE_VOLUME),
	MACHINE(FIELD_VOLUME_FS, "volume.fs", FIELD_TEXT, SCOPE_VOLUME),
	MACHINE(FIELD_VOLUME_BYTES, "volume.bytes", FIELD_NUMBER, SCOPE_VOLUME),
	MACHINE(FIELD_VOLUME_USED_RATIO, "volume.used_ratio", FIELD_NUMBER, SCOPE_VOLUME),
	MACHINE(FIELD_VOLUME_WINDOWS, "volume.windows", FIELD_BOOL, SCOPE_VOLUME),
	MACHINE(FIELD_VOLUME_ENCRYPTED, "volume.encrypted", FIELD_BOOL, SCOPE_VOLUME),
	MACHINE(FIELD_ADAPTER_NAME, "adapter.name", FIELD_TEXT, SCOPE_ADAPTER),
	MACHINE(FIELD_ADAPTER_MAC, "adapter.mac", FIELD_TEXT, SCOPE_ADAPTER),
	MACHINE(FIELD_ADAPTER_DRIVER, "adapter.driver", FIELD_TEXT, SCOPE_ADAPTER),
	MACHINE(FIELD_ADAPTER_DHCP, "adapter.dhcp", FIELD_BOOL, SCOPE_ADAPTER),
	MACHINE(FIELD_ADAPTER_ADDRESSES, "adapter.addresses", FIELD_LIST, SCOPE_ADAPTER),
	MACHINE(FIELD_SERVICE_NAME, "service.name", FIELD_TEXT, SCOPE_SERVICE),
	MACHINE(FIELD_SERVICE_START, "service.start", FIELD_TEXT, SCOPE_SERVICE),
	MACHINE(FIELD_DRIVER_NAME, "driver.name", FIELD_TEXT, SCOPE_DRIVER),
	MACHINE(FIELD_DRIVER_START, "driver.start", FIELD_TEXT, SCOPE_DRIVER),
#undef MACHINE
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

static size_t place_of(const struct field_item *item, int field)
{
	static const int first[SCOPE_COUNT] = {
		[SCOPE_DEVICE] = FIELD_DEVICE_CLASS,
		[SCOPE_DISK] = FIELD_DISK_NAME,
		[SCOPE_EXCURSION] = FIELD_EXCURSION_CLASS,
		[SCOPE_CONTROLLER] = FIELD_CONTROLLER_NAME,
		[SCOPE_HARD_DISK] = FIELD_HARD_DISK_DEVICE,
		[SCOPE_PARTITION] = FIELD_PARTITION_NUMBER,
		[SCOPE_VOLUME] = FIELD_VOLUME_NAME,
		[SCOPE_ADAPTER] = FIELD_ADAPTER_NAME,
		[SCOPE_SERVICE] = FIELD_SERVICE_NAME,
		[SCOPE_DRIVER] = FIELD_DRIVER_NAME,
	};
	int place = field - first[item->scope];

	assert(place >= 0 && place < FIELD_ITEM_VALUES);
	return (size_t)place;
}

struct field_value *field_item_value(struct field_item *item, int field)
{
	return &item->value[place_of(item, field)];
}

const struct field_value *field_item_get(const struct field_item *item, int field)
{
	return &item->value[place_of(item, field)];
}

int subject_add_item(struct rule_subject *subject, enum field_scope scope,
	struct field_item **ret_item)
{
	if (ARRAY_EXTEND(subject->item, subject->item_count) < 0)
		return -ENOMEM;
	*ret_item = &subject->item[subject->item_count++];
	**ret_item = (struct field_item){ .scope = scope };
	return 0;
}

static int add_device(struct rule_subject *subject, const struct fact_device *device)
{
	struct field_item *item;

	if (subject_add_item(subject, SCOPE_DEVICE, &item) < 0)
		return -ENOMEM;
	(void)snprintf(item->label, sizeof(item->label), "%.40s %.40s%s%.40s",
		device->class, device->kind, *device->name ? " " : "", device->name);
	field_set_text(field_item_value(item, FIELD_DEVICE_CLASS), device->class);
	field_set_text(field_item_value(item, FIELD_DEVICE_KIND), device->kind);
	field_set_text(field_item_value(item, FIELD_DEVICE_NAME), device->name);
	field_set_bool(
		field_item_value(item, FIELD_DEVICE_REQUIRED), device->is_required);
	return 0;
}

static int add_disk(struct rule_subject *subject, const struct fact_disk *disk)
{
	struct field_item *item;

	if (subject_add_item(subject, SCOPE_DISK, &item) < 0)
		return -ENOMEM;
	(void)snprintf(item->label, sizeof(item->label), "disk %.100s", disk->name);
	field_set_text(field_item_value(item, FIELD_DISK_NAME), disk->name);
	field_set_number(field_item_value(item, FIELD_DISK_SIZE_GB), disk->size_gb);
	field_set_number(field_item_value(item, FIELD_DISK_USED_GB), disk->used_gb);
	field_set_bool(field_item_value(item, FIELD_DISK_DYNAMIC), disk->is_dynamic);
	return 0;
}

static int add_fact_items(struct rule_subject *subject, const struct facts *facts)
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

int subject_add_facts(struct rule_subject *subject, const struct facts *facts)
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
	return add_fact_items(subject, facts);
}

void subject_done(struct rule_subject *subject)
{
	free(subject->item);
	*subject = (struct rule_subject){ .name = NULL };
}
