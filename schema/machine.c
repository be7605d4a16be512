#include "schema/machine.h"

#include "common/array.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void machine_set_unknown(const struct machine_shape *shape, void *base)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct machine_member *member = &shape->member[i];

		if (member->type == MACHINE_NUMBER || member->type == MACHINE_WHOLE)
			*(double *)(void *)((char *)base + member->offset) = NAN;
		else if (member->type == MACHINE_OBJECT)
			machine_set_unknown(member->shape, base);
	}
}

void machine_init(struct machine *machine)
{
	memset(machine, 0, sizeof(*machine));
	machine_set_unknown(&machine_shape, machine);
}

void *machine_list_add(struct machine_list *list, const struct machine_shape *shape)
{
	char *grown;

	if (array_extend(&list->item, list->count, shape->size) < 0)
		return NULL;
	list->is_known = true;
	grown = (char *)list->item + list->count++ * shape->size;
	memset(grown, 0, shape->size);
	machine_set_unknown(shape, grown);
	return grown;
}

int machine_texts_add(struct machine_texts *texts, const char *text)
{
	if (!*text)
		return 0;
	if (ARRAY_EXTEND(texts->text, texts->count) < 0)
		return -ENOMEM;
	texts->is_known = true;
	texts->text[texts->count] = strdup(text);
	return texts->text[texts->count] ? (texts->count++, 0) : -ENOMEM;
}

static void free_shape(const struct machine_shape *shape, char *base)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct machine_member *member = &shape->member[i];
		void *at = base + member->offset;
		struct machine_texts *texts = at;
		struct machine_list *list = at;

		switch (member->type) {
		case MACHINE_TEXT:
			free(*(char **)at);
			break;
		case MACHINE_TEXTS:
			for (size_t t = 0; t < texts->count; t++)
				free(texts->text[t]);
			free(texts->text);
			break;
		case MACHINE_LIST:
			for (size_t t = 0; t < list->count; t++)
				free_shape(member->shape,
					(char *)list->item + t * member->shape->size);
			free(list->item);
			break;
		case MACHINE_OBJECT:
			free_shape(member->shape, base);
			break;
		case MACHINE_NUMBER:
		case MACHINE_WHOLE:
		case MACHINE_ANSWER:
			break;
		}
	}
}

void machine_done(struct machine *machine)
{
	free_shape(&machine_shape, (char *)machine);
	machine_init(machine);
}

const struct machine_adapter *machine_capture_adapter(
	const struct machine *machine, bool *ret_is_certain)
{
	const struct machine_adapter *adapter = machine->network.item;

	*ret_is_certain = false;
	for (size_t i = 0; i < machine->network.count; i++) {
		if (adapter[i].primary != ANSWER_YES)
			continue;
		*ret_is_certain = true;
		return &adapter[i];
	}
	*ret_is_certain = machine->network.count == 1;
	return machine->network.count ? adapter : NULL;
}

static bool has_windows(
	const struct machine *machine, const struct machine_partition *partition)
{
	const struct machine_volume *volume = machine->storage.volumes.item;

	if (partition->windows == ANSWER_YES)
		return true;
	for (size_t t = 0; t < partition->volumes.count; t++) {
		for (size_t v = 0; v < machine->storage.volumes.count; v++) {
			if (volume[v].windows == ANSWER_YES &&
				strcmp(volume[v].name, partition->volumes.text[t]) == 0)
				return true;
		}
	}
	return false;
}

static bool has_root(const struct machine_partition *partition)
{
	for (size_t i = 0; i < partition->volumes.count; i++) {
		if (strcmp(partition->volumes.text[i], "/") == 0)
			return true;
	}
	return false;
}

/* A file system on a whole disk: the disk itself. */
static bool whole_disk(const struct machine *machine, char *text, size_t size)
{
	const struct machine_disk *disk = machine->storage.disks.item;
	const struct machine_volume *volume = machine->storage.volumes.item;

	for (size_t v = 0; v < machine->storage.volumes.count; v++) {
		for (size_t d = 0; d < machine->storage.disks.count; d++) {
			if (strcmp(volume[v].name, "/") == 0 && volume[v].device &&
				disk[d].device &&
				strcmp(volume[v].device, disk[d].device) == 0) {
				(void)snprintf(text, size, "/dev/%s", disk[d].device);
				return true;
			}
		}
	}
	return false;
}

/* Where no partitions are listed: the first volume is on the first partition. */
static const char *first_partition(
	const struct machine *machine, char *text, size_t size)
{
	const struct machine_volume *volume = machine->storage.volumes.item;

	if (machine->storage.disks.count > 0 && machine->storage.volumes.count > 0 &&
		volume[0].windows == ANSWER_YES)
		(void)snprintf(text, size, "\\device\\harddisk0\\partition1");
	return text;
}

const char *machine_system_partition(
	const struct machine *machine, char *text, size_t size)
{
	const struct machine_disk *disk = machine->storage.disks.item;
	bool is_any = false;

	text[0] = '\0';
	for (size_t d = 0; d < machine->storage.disks.count; d++) {
		const struct machine_partition *part = disk[d].partitions.item;

		is_any |= disk[d].partitions.is_known;
		for (size_t p = 0; p < disk[d].partitions.count; p++) {
			if (has_windows(machine, &part[p])) {
				(void)snprintf(text, size,
					"\\device\\harddisk%zu\\partition%.0f", d,
					part[p].number);
				return text;
			}
			if (has_root(&part[p]) && disk[d].device) {
				size_t length = strlen(disk[d].device);
				char last = length ? disk[d].device[length - 1] : 'a';

				/* nvme0n1p1, mmcblk0p1; sda1 */
				(void)snprintf(text, size, "/dev/%s%s%.0f",
					disk[d].device,
					last >= '0' && last <= '9' ? "p" : "",
					part[p].number);
				return text;
			}
		}
	}
	if (whole_disk(machine, text, size))
		return text;
	return is_any ? text : first_partition(machine, text, size);
}

double machine_service_pack(const struct machine *machine)
{
	const char *text = machine->os.service_pack;
	size_t digits = text ? strcspn(text, "0123456789") : 0;

	return text && text[digits] ? (double)strtoul(text + digits, NULL, 10) : NAN;
}
