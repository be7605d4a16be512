#include "probes/host/devices.h"

#include "common/each_tick.h"

#include <assert.h>
#include <string.h>

void devices_init(struct devices *devices, enum metric_file file)
{
	devices->file = file;
	devices->spot_max = metric_file_table[file].tracked_max;
	assert(devices->spot_max <= DEVICES_SPOTS_MAX);
}

EACH_TICK void devices_begin(struct devices *devices)
{
	devices->turn++;
	if (devices->turn == 0) /* 0 is "free": after 2^32 turns, 136 years at 1 s */
		devices->turn = 1;
	devices->cursor = 0;
	devices->ignored = 0;
	devices->bystanders = 0;
	devices->fresh = 0;
	devices->has_new = false;
	if (devices->is_moving_old)
		devices->moving[0] = '\0';
}

static size_t hash_name(const char *name, size_t length)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619u;
	return (hash ^ hash >> 16) % DEVICES_BUCKETS;
}

static bool has_name(const struct host_device *device, const struct text *name)
{
	size_t length = (size_t)(name->end - name->at);

	return device->seen && !memcmp(device->name, name->at, length) &&
		device->name[length] == '\0';
}

static void bucket_add(struct devices *devices, size_t index)
{
	const char *name = devices->device[index].name;
	size_t at = hash_name(name, strlen(name));

	while (devices->bucket[at])
		at = (at + 1) % DEVICES_BUCKETS;
	devices->bucket[at] = (uint16_t)(index + 1);
}

/* DEVICES_MAX when there is none. */
static size_t bucket_find(const struct devices *devices, const struct text *name)
{
	size_t at = hash_name(name->at, (size_t)(name->end - name->at));

	for (; devices->bucket[at]; at = (at + 1) % DEVICES_BUCKETS) {
		size_t index = devices->bucket[at] - 1u;

		if (has_name(&devices->device[index], name))
			return index;
	}
	return DEVICES_MAX;
}

static size_t free_index(const struct devices *devices)
{
	for (size_t i = devices->cursor; i < devices->high; i++)
		if (!devices->device[i].seen)
			return i;
	if (devices->high < DEVICES_MAX)
		return devices->high;
	for (size_t i = 0; i < devices->cursor; i++)
		if (!devices->device[i].seen)
			return i;
	return DEVICES_MAX;
}

EACH_TICK struct host_device *devices_seen(
	struct devices *devices, const struct text *name, bool *ret_is_new)
{
	size_t length = (size_t)(name->end - name->at);
	size_t index = devices->cursor;
	struct host_device *device;

	*ret_is_new = false;
	if (length == 0 || length >= DEVICES_NAME_MAX) {
		devices->ignored++;
		return NULL;
	}
	if (index >= devices->high || !has_name(&devices->device[index], name))
		index = bucket_find(devices, name);
	if (index == DEVICES_MAX) {
		index = free_index(devices);
		if (index == DEVICES_MAX) {
			devices->ignored++;
			return NULL;
		}
		device = &devices->device[index];
		*device = (struct host_device){ .seen = devices->turn };
		memcpy(device->name, name->at, length);
		if (index >= devices->high)
			devices->high = index + 1;
		bucket_add(devices, index);
		devices->has_new = true;
		*ret_is_new = true;
	}
	if (devices->device[index].is_waiting)
		devices->ignored++;
	devices->device[index].seen = devices->turn;
	devices->cursor = index + 1;
	return &devices->device[index];
}

void devices_count(
	struct devices *devices, struct host_device *device, struct sink *sink)
{
	for (size_t word = 0; word * 64 < devices->spot_max; word++) {
		uint64_t used = devices->spot_used[word];
		unsigned bit;
		size_t spot;

		if (used == UINT64_MAX)
			continue;
		bit = (unsigned)__builtin_ctzll(~used);
		spot = word * 64 + bit;
		if (spot >= devices->spot_max)
			break;
		devices->spot_used[word] = used | (uint64_t)1 << bit;
		device->spot = (uint16_t)spot;
		device->is_counted = true;
		device->is_watched = false;
		devices->counted++;
		sink->appear(sink, devices->file, (unsigned)spot, device->name);
		return;
	}
	device->is_waiting = true;
	devices->ignored++;
}

void devices_uncount(
	struct devices *devices, struct host_device *device, struct sink *sink)
{
	device->is_waiting = false;
	if (!device->is_counted)
		return;
	devices->spot_used[device->spot / 64] &= ~((uint64_t)1 << device->spot % 64);
	device->is_counted = false;
	devices->counted--;
	sink->vanish(sink, devices->file, device->spot);
}

EACH_TICK void devices_watch(
	struct devices *devices, struct host_device *device, const uint64_t *amount)
{
	if (!amount) {
		device->is_watched = false;
		devices->bystanders++;
		return;
	}
	if (!device->is_watched)
		devices->fresh++;
	else if (*amount != device->watched)
		memcpy(devices->moving, device->name, sizeof(devices->moving));
	device->watched = *amount;
	device->is_watched = true;
}

EACH_TICK enum devices_verdict devices_verdict(const struct devices *devices)
{
	if (devices->counted > 0)
		return DEVICES_ADD_UP;
	if (devices->moving[0])
		return DEVICES_MOVE;
	return devices->bystanders || devices->fresh ? DEVICES_OPEN : DEVICES_ADD_UP;
}

EACH_TICK bool devices_end(struct devices *devices, struct sink *sink)
{
	bool has_gone = false;

	for (size_t i = 0; i < devices->high; i++) {
		struct host_device *device = &devices->device[i];

		if (!device->seen || device->seen == devices->turn)
			continue;
		devices_uncount(devices, device, sink);
		*device = (struct host_device){ 0 };
		has_gone = true;
	}
	while (devices->high > 0 && !devices->device[devices->high - 1].seen)
		devices->high--;
	if (has_gone) { /* open addressing: removing means building anew */
		memset(devices->bucket, 0, sizeof(devices->bucket));
		for (size_t i = 0; i < devices->high; i++)
			if (devices->device[i].seen)
				bucket_add(devices, i);
	}
	if (devices->ignored)
		sink->overflow(sink, devices->file, devices->ignored);
	devices->is_moving_old = has_gone || devices->has_new;
	return devices->is_moving_old;
}
