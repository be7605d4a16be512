/* The values that placeholders and gates of tasks name. */
#include "schema/tasks.h"

#include "common/suggest.h"
#include "common/util.h"

#include <string.h>

#define TEXT(name, each, help)          \
	{                               \
		name, false, each, help \
	}
#define NUMBER(name, each, help)       \
	{                              \
		name, true, each, help \
	}

/* clang-format off */
const struct task_value_info task_value_table[VALUE_COUNT] = {
	[VALUE_DAY] = TEXT("day", EACH_NONE, "the day it was made, YYYY-MM-DD"),
	[VALUE_TARGET] = TEXT("target", EACH_NONE, "the profile's id"),
	[VALUE_TARGET_TITLE] = TEXT("target.title", EACH_NONE, "the profile's title"),
	[VALUE_MACHINE_NAME] = TEXT("machine.name", EACH_NONE, "its name in the inventory"),
	[VALUE_MACHINE_KIND] = TEXT("machine.kind", EACH_NONE, "physical, vm or container"),
	[VALUE_MACHINE_HYPERVISOR] = TEXT("machine.hypervisor", EACH_NONE, "of whom it is a VM"),
	[VALUE_MACHINE_OS] = TEXT("machine.os", EACH_NONE, "its operating system, in the vendor's words"),
	[VALUE_MACHINE_FAMILY] = TEXT("machine.family", EACH_NONE, "windows or linux"),
	[VALUE_MACHINE_FIRMWARE] = TEXT("machine.firmware", EACH_NONE, "bios or uefi"),
	[VALUE_MACHINE_STYLE] = TEXT("machine.style", EACH_NONE, "partition table of the system disk: mbr or gpt"),
	[VALUE_MACHINE_HAL] = TEXT("machine.hal", EACH_NONE, "of Windows up to 2003"),
	[VALUE_MACHINE_APPLICATIONS] = TEXT("machine.applications", EACH_NONE, "products that run on it; unknown where nobody knows of any"),
	[VALUE_MACHINE_ROLES] = TEXT("machine.roles", EACH_NONE, "its roles; unknown where nobody knows of any"),
	[VALUE_MACHINE_MAC] = TEXT("machine.mac", EACH_NONE, "of the adapter to capture through, 00:0a:e4:5a:7d:1b"),
	[VALUE_MACHINE_MAC_BARE] = TEXT("machine.mac_bare", EACH_NONE, "the same as 000AE45A7D1B"),
	[VALUE_MACHINE_SYSTEM_PARTITION] = TEXT("machine.system_partition", EACH_NONE, "that holds Windows, or /"),
	[VALUE_MACHINE_MEMORY_MIB] = NUMBER("machine.memory_mib", EACH_NONE, "memory it has today"),
	[VALUE_MACHINE_CPUS] = NUMBER("machine.cpus", EACH_NONE, "processors it has today"),
	[VALUE_VM_UUID] = TEXT("vm.uuid", EACH_NONE, "of the VM: the same each time the runbook is made for this name and target"),
	[VALUE_VM_MEMORY_MIB] = NUMBER("vm.memory_mib", EACH_NONE, "memory of the VM"),
	[VALUE_VM_MEMORY_FROM] = TEXT("vm.memory_from", EACH_NONE, "measured, inventory or --set"),
	[VALUE_VM_VCPUS] = NUMBER("vm.vcpus", EACH_NONE, "processors of the VM"),
	[VALUE_VM_VCPUS_FROM] = TEXT("vm.vcpus_from", EACH_NONE, "measured, inventory or --set"),
	[VALUE_VM_RESERVED_PERCENT] = NUMBER("vm.reserved_percent", EACH_NONE, "measured need in percent of one core of the target; unknown without reservations"),
	[VALUE_PLAN_HOST] = TEXT("plan.host", EACH_NONE, "the host that the plan puts it on"),
	[VALUE_DISKS_COUNT] = NUMBER("disks.count", EACH_NONE, "disks"),
	[VALUE_DISKS_BYTES] = NUMBER("disks.bytes", EACH_NONE, "of all disks"),
	[VALUE_DISKS_GIB] = NUMBER("disks.gib", EACH_NONE, "of all disks, each rounded up"),
	[VALUE_DISKS_LARGEST_GIB] = NUMBER("disks.largest_gib", EACH_NONE, "of the largest disk, rounded up"),
	[VALUE_DISKS_UNUSED_PERCENT] = NUMBER("disks.unused_percent", EACH_NONE, "share of the volumes that is free"),
	[VALUE_DISKS_MANY_UNUSED] = TEXT("disks.many_unused", EACH_NONE, "yes where half or more is free; else unknown"),
	[VALUE_SCRATCH_GIB] = NUMBER("scratch.gib", EACH_NONE, "room that copying wants: all disks, and twice the largest"),
	[VALUE_COPY_GB] = NUMBER("copy.gb", EACH_NONE, "GB (10^9 bytes) to be copied, rounded up"),
	[VALUE_COPY_MINUTES_SLOW] = NUMBER("copy.minutes_slow", EACH_NONE, "at 0.5 GB a minute, or as measured"),
	[VALUE_COPY_MINUTES_FAST] = NUMBER("copy.minutes_fast", EACH_NONE, "at 1.5 GB a minute, or as measured"),
	[VALUE_COPY_MINUTES] = NUMBER("copy.minutes", EACH_NONE, "to plan with: the slow rate, rounded up"),
	[VALUE_COPY_CONCURRENT] = NUMBER("copy.concurrent", EACH_NONE, "transfers at once that 75 % of set.link_mbps carries; unknown without it"),
	[VALUE_COPY_LINK_BOUND] = TEXT("copy.link_bound", EACH_NONE, "yes where that link is slower than one transfer; else unknown"),
	[VALUE_DOWN_MINUTES] = NUMBER("down.minutes", EACH_NONE, "to plan with: of all steps in which it serves nobody, with the copies in them"),
	[VALUE_DOWN_OVER_WINDOW] = NUMBER("down.over_window", EACH_NONE, "minutes that set.window_minutes is too short for them; unknown where it is not"),
	[VALUE_ADAPTERS_COUNT] = NUMBER("adapters.count", EACH_NONE, "network adapters"),
	[VALUE_ADAPTERS_STATIC] = NUMBER("adapters.static", EACH_NONE, "adapters with fixed addresses; unknown where there are none"),
	[VALUE_NUMBER] = NUMBER("number", EACH_NONE, "of the repeated thing, from 1"),
	[VALUE_INDEX] = NUMBER("index", EACH_NONE, "of the repeated thing, from 0"),
	[VALUE_DISK_DEVICE] = TEXT("disk.device", EACH_DISK, "sda, \\device\\harddisk0"),
	[VALUE_DISK_LETTER] = TEXT("disk.letter", EACH_DISK, "a, b, ... by its place"),
	[VALUE_DISK_BYTES] = NUMBER("disk.bytes", EACH_DISK, "size"),
	[VALUE_DISK_GIB] = NUMBER("disk.gib", EACH_DISK, "size, rounded up"),
	[VALUE_DISK_BUS] = TEXT("disk.bus", EACH_DISK, "of today: scsi, ide, sata, nvme, virtio"),
	[VALUE_DISK_STYLE] = TEXT("disk.style", EACH_DISK, "mbr or gpt"),
	[VALUE_DISK_MODEL] = TEXT("disk.model", EACH_DISK, "model"),
	[VALUE_PARTITION_NUMBER] = NUMBER("partition.number", EACH_PARTITION, "as the machine counts"),
	[VALUE_PARTITION_BYTES] = NUMBER("partition.bytes", EACH_PARTITION, "size"),
	[VALUE_VOLUME_NAME] = TEXT("volume.name", EACH_VOLUME, "C:, /home"),
	[VALUE_VOLUME_FS] = TEXT("volume.fs", EACH_VOLUME, "file system"),
	[VALUE_VOLUME_BYTES] = NUMBER("volume.bytes", EACH_VOLUME, "size"),
	[VALUE_ADAPTER_NAME] = TEXT("adapter.name", EACH_ADAPTER, "eth0, Local Area Connection"),
	[VALUE_ADAPTER_MAC] = TEXT("adapter.mac", EACH_ADAPTER, "00:0a:e4:5a:7d:1b"),
	[VALUE_ADAPTER_MAC_DASH] = TEXT("adapter.mac_dash", EACH_ADAPTER, "00-0A-E4-5A-7D-1B"),
	[VALUE_ADAPTER_MAC_BARE] = TEXT("adapter.mac_bare", EACH_ADAPTER, "000AE45A7D1B"),
	[VALUE_ADAPTER_MAC_WMI] = TEXT("adapter.mac_wmi", EACH_ADAPTER, "00:0A:E4:5A:7D:1B"),
	[VALUE_ADAPTER_DRIVER] = TEXT("adapter.driver", EACH_ADAPTER, "driver of today"),
	[VALUE_ADAPTER_GATEWAY] = TEXT("adapter.gateway", EACH_ADAPTER, "its gateway"),
	[VALUE_ADAPTER_IS_STATIC] = TEXT("adapter.static", EACH_ADAPTER, "yes where its addresses are fixed; else unknown"),
	[VALUE_ADDRESS] = TEXT("address", EACH_ADDRESS, "192.0.2.7"),
	[VALUE_ADDRESS_PREFIX] = NUMBER("address.prefix", EACH_ADDRESS, "24"),
	[VALUE_ADDRESS_NETMASK] = TEXT("address.netmask", EACH_ADDRESS, "255.255.255.0; unknown of IPv6"),
	[VALUE_ADDRESS_FAMILY] = TEXT("address.family", EACH_ADDRESS, "ipv4 or ipv6"),
	[VALUE_ADDRESS_IS_FIRST] = TEXT("address.is_first", EACH_ADDRESS, "yes of the first one of IPv4; else unknown"),
	[VALUE_ADDRESS_IS_LOCAL] = TEXT("address.is_local", EACH_ADDRESS, "yes where the adapter made it itself (fe80::, 169.254.); else unknown"),
	[VALUE_DNS] = TEXT("dns", EACH_DNS, "a name server's address"),
	[VALUE_ROUTE_TO] = TEXT("route.to", EACH_ROUTE, "10.0.0.0/8"),
	[VALUE_ROUTE_NETWORK] = TEXT("route.network", EACH_ROUTE, "10.0.0.0; unknown of IPv6"),
	[VALUE_ROUTE_NETMASK] = TEXT("route.netmask", EACH_ROUTE, "255.0.0.0; unknown of IPv6"),
	[VALUE_ROUTE_VIA] = TEXT("route.via", EACH_ROUTE, "its gateway"),
	[VALUE_ROUTE_ADAPTER] = TEXT("route.adapter", EACH_ROUTE, "its adapter"),
	[VALUE_SERVICE_NAME] = TEXT("service.name", EACH_SERVICE, "a service"),
	[VALUE_SERVICE_START] = TEXT("service.start", EACH_SERVICE, "auto, manual, disabled"),
};

static const struct {
	const char *name;
	enum field_scope scope;
} each_table[EACH_COUNT] = {
	[EACH_NONE] = { "nothing", SCOPE_WORKLOAD },
	[EACH_DISK] = { "disk", SCOPE_HARD_DISK },
	[EACH_PARTITION] = { "partition", SCOPE_PARTITION },
	[EACH_VOLUME] = { "volume", SCOPE_VOLUME },
	[EACH_ADAPTER] = { "adapter", SCOPE_ADAPTER },
	[EACH_ADDRESS] = { "address", SCOPE_WORKLOAD },
	[EACH_DNS] = { "dns", SCOPE_WORKLOAD },
	[EACH_ROUTE] = { "route", SCOPE_WORKLOAD },
	[EACH_SERVICE] = { "service", SCOPE_SERVICE },
};

static const struct {
	const char *name, *words;
} place_table[PLACE_COUNT] = {
	[PLACE_ADMIN] = { "admin", "at your desk" },
	[PLACE_SOURCE] = { "source", "on the source machine" },
	[PLACE_HOST] = { "host", "on the host that it moves to" },
	[PLACE_GUEST] = { "guest", "in the new VM" },
};
/* clang-format on */

const char *task_each_name(enum task_each each)
{
	return each_table[each].name;
}

enum field_scope task_each_scope(enum task_each each)
{
	return each_table[each].scope;
}

const char *task_place_name(enum task_place place)
{
	return place_table[place].name;
}

const char *task_place_words(enum task_place place)
{
	return place_table[place].words;
}

int task_value_find(const char *name, size_t length, const char **ret_near)
{
	const char *names[VALUE_COUNT];
	char wrong[64];

	for (int i = 0; i < VALUE_COUNT; i++) {
		names[i] = task_value_table[i].name;
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return i;
	}
	if (ret_near) {
		length = length < sizeof(wrong) ? length : sizeof(wrong) - 1;
		memcpy(wrong, name, length);
		wrong[length] = '\0';
		*ret_near = suggest_nearest(wrong, names, VALUE_COUNT);
	}
	return -1;
}

bool task_placeholder(const char *at, struct placeholder *ret_placeholder)
{
	static const char *const forms[] = {
		[FORM_FILE] = "file:", [FORM_PLAIN] = "plain:"
	};
	const char *begin = strstr(at, "{{"), *end = begin ? strstr(begin, "}}") : NULL;
	struct placeholder found = { .begin = begin };

	if (!begin)
		return false;
	found.end = end ? end + 2 : begin + strlen(begin);
	if (end) {
		found.name = begin + 2;
		for (int form = FORM_FILE; form <= FORM_PLAIN; form++) {
			size_t length = strlen(forms[form]);

			if (strncmp(found.name, forms[form], length) == 0) {
				found.form = (enum placeholder_form)form;
				found.name += length;
				break;
			}
		}
		found.length = end > found.name ? (size_t)(end - found.name) : 0;
	}
	*ret_placeholder = found;
	return true;
}
