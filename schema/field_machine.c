/* A machine document as fields that rules ask: schema/field.h. */
#include "schema/field.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

static void set_answer(struct field_value *value, enum answer answer)
{
	if (answer != ANSWER_NONE)
		field_set_bool(value, answer == ANSWER_YES);
}

static void set_texts(struct field_value *value, const struct machine_texts *texts)
{
	*value = (struct field_value){ .is_known = texts->is_known,
		.list = (const char *const *)texts->text,
		.list_count = texts->count };
}

static int add_place(struct rule_subject *subject, enum field_scope scope,
	const char *list, size_t index, struct field_item **ret_item)
{
	if (subject_add_item(subject, scope, ret_item) < 0)
		return -ENOMEM;
	(void)snprintf(
		(*ret_item)->label, sizeof((*ret_item)->label), "%s[%zu]", list, index);
	return 0;
}

/* ---- storage ---------------------------------------------------------------------------- */

static int add_controllers(struct rule_subject *subject, const struct machine *machine)
{
	const struct machine_controller *one = machine->storage.controllers.item;
	struct field_item *item;

	for (size_t i = 0; i < machine->storage.controllers.count; i++) {
		if (add_place(subject, SCOPE_CONTROLLER, "storage.controllers", i,
			    &item) < 0)
			return -ENOMEM;
		field_set_text(
			field_item_value(item, FIELD_CONTROLLER_NAME), one[i].name);
		field_set_text(
			field_item_value(item, FIELD_CONTROLLER_KIND), one[i].kind);
		field_set_text(
			field_item_value(item, FIELD_CONTROLLER_DRIVER), one[i].driver);
	}
	subject->is_listed[SCOPE_CONTROLLER] = machine->storage.controllers.is_known;
	return 0;
}

static int add_partitions(
	struct rule_subject *subject, const struct machine_disk *disk, size_t index)
{
	const struct machine_partition *part = disk->partitions.item;
	struct field_item *item;
	char list[64];

	(void)snprintf(list, sizeof(list), "storage.disks[%zu].partitions", index);
	for (size_t i = 0; i < disk->partitions.count; i++) {
		if (add_place(subject, SCOPE_PARTITION, list, i, &item) < 0)
			return -ENOMEM;
		field_set_number(
			field_item_value(item, FIELD_PARTITION_NUMBER), part[i].number);
		set_answer(field_item_value(item, FIELD_PARTITION_WINDOWS),
			part[i].windows);
		set_answer(field_item_value(item, FIELD_PARTITION_BOOTABLE),
			part[i].bootable);
	}
	subject->is_listed[SCOPE_PARTITION] |= disk->partitions.is_known;
	return 0;
}

static int add_hard_disks(struct rule_subject *subject, const struct machine *machine)
{
	const struct machine_disk *disk = machine->storage.disks.item;
	struct field_item *item;

	for (size_t i = 0; i < machine->storage.disks.count; i++) {
		if (add_place(subject, SCOPE_HARD_DISK, "storage.disks", i, &item) < 0)
			return -ENOMEM;
		field_set_text(
			field_item_value(item, FIELD_HARD_DISK_DEVICE), disk[i].device);
		field_set_text(
			field_item_value(item, FIELD_HARD_DISK_KIND), disk[i].kind);
		field_set_text(
			field_item_value(item, FIELD_HARD_DISK_STYLE), disk[i].style);
		field_set_text(
			field_item_value(item, FIELD_HARD_DISK_BUS), disk[i].bus);
		field_set_number(
			field_item_value(item, FIELD_HARD_DISK_BYTES), disk[i].bytes);
		set_answer(field_item_value(item, FIELD_HARD_DISK_RAW), disk[i].raw);
		set_answer(
			field_item_value(item, FIELD_HARD_DISK_SHARED), disk[i].shared);
		if (add_partitions(subject, &disk[i], i) < 0)
			return -ENOMEM;
	}
	subject->is_listed[SCOPE_HARD_DISK] = machine->storage.disks.is_known;
	return 0;
}

static int add_volumes(struct rule_subject *subject, const struct machine *machine)
{
	const struct machine_volume *volume = machine->storage.volumes.item;
	struct field_item *item;

	for (size_t i = 0; i < machine->storage.volumes.count; i++) {
		if (add_place(subject, SCOPE_VOLUME, "storage.volumes", i, &item) < 0)
			return -ENOMEM;
		field_set_text(
			field_item_value(item, FIELD_VOLUME_NAME), volume[i].name);
		field_set_text(field_item_value(item, FIELD_VOLUME_FS), volume[i].fs);
		field_set_number(
			field_item_value(item, FIELD_VOLUME_BYTES), volume[i].bytes);
		field_set_number(field_item_value(item, FIELD_VOLUME_USED_RATIO),
			volume[i].bytes > 0 ? volume[i].used_bytes / volume[i].bytes
					    : NAN);
		set_answer(field_item_value(item, FIELD_VOLUME_WINDOWS),
			volume[i].windows);
		set_answer(field_item_value(item, FIELD_VOLUME_ENCRYPTED),
			volume[i].encrypted);
	}
	subject->is_listed[SCOPE_VOLUME] = machine->storage.volumes.is_known;
	return 0;
}

/* ---- network and software ------------------------------------------------------------------ */

static int add_adapters(struct rule_subject *subject, const struct machine *machine)
{
	const struct machine_adapter *adapter = machine->network.item;
	struct field_item *item;

	for (size_t i = 0; i < machine->network.count; i++) {
		if (add_place(subject, SCOPE_ADAPTER, "network", i, &item) < 0)
			return -ENOMEM;
		field_set_text(
			field_item_value(item, FIELD_ADAPTER_NAME), adapter[i].name);
		field_set_text(
			field_item_value(item, FIELD_ADAPTER_MAC), adapter[i].mac);
		field_set_text(field_item_value(item, FIELD_ADAPTER_DRIVER),
			adapter[i].driver);
		set_answer(field_item_value(item, FIELD_ADAPTER_DHCP), adapter[i].dhcp);
		set_texts(field_item_value(item, FIELD_ADAPTER_ADDRESSES),
			&adapter[i].addresses);
	}
	subject->is_listed[SCOPE_ADAPTER] = machine->network.is_known;
	return 0;
}

static int add_services(struct rule_subject *subject, const struct machine_list *list,
	enum field_scope scope, const char *name, int first)
{
	const struct machine_service *one = list->item;
	struct field_item *item;

	for (size_t i = 0; i < list->count; i++) {
		if (add_place(subject, scope, name, i, &item) < 0)
			return -ENOMEM;
		field_set_text(field_item_value(item, first), one[i].name);
		field_set_text(field_item_value(item, first + 1), one[i].start);
	}
	subject->is_listed[scope] = list->is_known;
	return 0;
}

/* ---- as a whole ------------------------------------------------------------------------------- */

static void set_capture(struct rule_subject *subject, const struct machine *machine)
{
	const struct machine_adapter *adapter = machine->network.item, *chosen;
	bool is_certain;
	double marked = 0;

	if (!machine->network.is_known)
		return;
	for (size_t i = 0; i < machine->network.count; i++)
		marked += adapter[i].primary == ANSWER_YES;
	field_set_number(
		&subject->value[FIELD_ADAPTER_COUNT], (double)machine->network.count);
	field_set_number(&subject->value[FIELD_PRIMARY_COUNT], marked);
	chosen = machine_capture_adapter(machine, &is_certain);
	if (!chosen)
		return;
	set_answer(&subject->value[FIELD_CAPTURE_DHCP], chosen->dhcp);
	set_answer(&subject->value[FIELD_CAPTURE_PXE], chosen->pxe);
	field_set_text(&subject->value[FIELD_CAPTURE_MAC], chosen->mac);
}

int subject_add_machine(struct rule_subject *subject, const struct machine *machine)
{
	struct field_value *value = subject->value;

	field_set_text(&value[FIELD_KIND], machine->kind);
	field_set_text(&value[FIELD_HYPERVISOR], machine->hypervisor);
	field_set_text(&value[FIELD_OS_VERSION], machine->os.version);
	field_set_text(&value[FIELD_OS_SERVICE_PACK], machine->os.service_pack);
	field_set_text(&value[FIELD_OS_LANGUAGE], machine->os.language);
	field_set_text(&value[FIELD_OS_HAL], machine->os.hal);
	set_answer(&value[FIELD_SECURE_BOOT], machine->general.secure_boot);
	field_set_number(&value[FIELD_MEMORY_BYTES], machine->general.memory_bytes);
	set_answer(&value[FIELD_SAN], machine->storage.san);
	set_answer(&value[FIELD_ISCSI], machine->storage.iscsi);
	field_set_number(&value[FIELD_SNAPSHOTS], machine->storage.snapshots);
	set_texts(&value[FIELD_UPDATES], &machine->software.updates);
	set_texts(&value[FIELD_AUTO_RUN], &machine->software.auto_run);
	value[FIELD_SYSTEM_FILES].is_known = machine->software.system_files.is_known;
	set_answer(&value[FIELD_ADMIN], machine->admin);
	set_answer(&value[FIELD_ADS_MANAGED], machine->ads_managed);
	set_capture(subject, machine);
	if (add_controllers(subject, machine) < 0 ||
		add_hard_disks(subject, machine) < 0 ||
		add_volumes(subject, machine) < 0 ||
		add_adapters(subject, machine) < 0 ||
		add_services(subject, &machine->software.services, SCOPE_SERVICE,
			"software.services", FIELD_SERVICE_NAME) < 0 ||
		add_services(subject, &machine->software.drivers, SCOPE_DRIVER,
			"software.drivers", FIELD_DRIVER_NAME) < 0)
		return -ENOMEM;
	return 0;
}
