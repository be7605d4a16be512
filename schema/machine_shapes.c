/* The members of headroom/machine/1 and of the flat form: schema/machine.h. */
#include "schema/machine.h"

#include "common/util.h"

#define MIB 1048576.0

/* clang-format off */
#define AT(type, member) offsetof(struct type, member)
#define TEXT(name, at)           { name, MACHINE_TEXT, at, NULL, 0, 0, NULL, false }
#define CHOICE(name, at, words)  { name, MACHINE_TEXT, at, NULL, 0, 0, words, false }
#define NUMBER(name, at)         { name, MACHINE_NUMBER, at, NULL, 0, 0, NULL, false }
#define SCALED(name, at, factor) { name, MACHINE_NUMBER, at, NULL, factor, 0, NULL, false }
#define FLEETING(name, at)       { name, MACHINE_NUMBER, at, NULL, 0, 0, NULL, true }
#define WHOLE(name, at)          { name, MACHINE_WHOLE, at, NULL, 0, 0, NULL, false }
#define ANSWER(name, at)         { name, MACHINE_ANSWER, at, NULL, 0, 0, NULL, false }
#define TEXTS(name, at, most)    { name, MACHINE_TEXTS, at, NULL, 0, most, NULL, false }
#define OBJECT(name, of)         { name, MACHINE_OBJECT, 0, of, 0, 0, NULL, false }
#define LIST(name, at, of, most) { name, MACHINE_LIST, at, of, 0, most, NULL, false }
#define SHAPE(what, type, members, key) \
	{ what, sizeof(struct type), members, ARRAY_LEN(members), key }

static const struct machine_member controller_members[] = {
	TEXT("name", AT(machine_controller, name)),
	TEXT("kind", AT(machine_controller, kind)),
	TEXT("driver", AT(machine_controller, driver)),
};
const struct machine_shape machine_controller_shape =
	SHAPE("a controller", machine_controller, controller_members, 0);

static const struct machine_member partition_members[] = {
	WHOLE("number", AT(machine_partition, number)),
	WHOLE("bytes", AT(machine_partition, bytes)),
	ANSWER("primary", AT(machine_partition, primary)),
	ANSWER("extended", AT(machine_partition, extended)),
	ANSWER("bootable", AT(machine_partition, bootable)),
	ANSWER("windows", AT(machine_partition, windows)),
	ANSWER("boot_ini", AT(machine_partition, boot_ini)),
	TEXTS("volumes", AT(machine_partition, volumes), 64),
};
const struct machine_shape machine_partition_shape =
	SHAPE("a partition", machine_partition, partition_members, 0);

static const struct machine_member disk_members[] = {
	TEXT("device", AT(machine_disk, device)),
	WHOLE("bytes", AT(machine_disk, bytes)),
	TEXT("kind", AT(machine_disk, kind)),
	CHOICE("style", AT(machine_disk, style), "mbr gpt none"),
	TEXT("bus", AT(machine_disk, bus)),
	TEXT("model", AT(machine_disk, model)),
	ANSWER("raw", AT(machine_disk, raw)),
	ANSWER("shared", AT(machine_disk, shared)),
	LIST("partitions", AT(machine_disk, partitions), &machine_partition_shape, 256),
};
const struct machine_shape machine_disk_shape =
	SHAPE("a disk", machine_disk, disk_members, 0);

static const struct machine_member volume_members[] = {
	TEXT("name", AT(machine_volume, name)),
	TEXT("fs", AT(machine_volume, fs)),
	WHOLE("bytes", AT(machine_volume, bytes)),
	FLEETING("used_bytes", AT(machine_volume, used_bytes)),
	ANSWER("windows", AT(machine_volume, windows)),
	ANSWER("encrypted", AT(machine_volume, encrypted)),
	TEXT("device", AT(machine_volume, device)),
};
const struct machine_shape machine_volume_shape =
	SHAPE("a volume", machine_volume, volume_members, 0);

static const struct machine_member adapter_members[] = {
	TEXT("name", AT(machine_adapter, name)),
	TEXT("mac", AT(machine_adapter, mac)),
	TEXT("driver", AT(machine_adapter, driver)),
	NUMBER("speed_mbps", AT(machine_adapter, speed_mbps)),
	ANSWER("dhcp", AT(machine_adapter, dhcp)),
	ANSWER("primary", AT(machine_adapter, primary)),
	ANSWER("pxe", AT(machine_adapter, pxe)),
	TEXTS("addresses", AT(machine_adapter, addresses), 1024),
	TEXT("gateway", AT(machine_adapter, gateway)),
	TEXTS("dns", AT(machine_adapter, dns), 64),
};
const struct machine_shape machine_adapter_shape =
	SHAPE("an adapter", machine_adapter, adapter_members, 0);

static const struct machine_member route_members[] = {
	TEXT("to", AT(machine_route, to)),
	TEXT("via", AT(machine_route, via)),
	TEXT("adapter", AT(machine_route, adapter)),
	NUMBER("metric", AT(machine_route, metric)),
};
const struct machine_shape machine_route_shape =
	SHAPE("a route", machine_route, route_members, 0);

static const struct machine_member device_members[] = {
	TEXT("class", AT(machine_device, class)),
	TEXT("kind", AT(machine_device, kind)),
	TEXT("name", AT(machine_device, name)),
};
const struct machine_shape machine_device_shape =
	SHAPE("a device", machine_device, device_members, 0);

static const struct machine_member service_members[] = {
	TEXT("name", AT(machine_service, name)),
	TEXT("start", AT(machine_service, start)),
};
const struct machine_shape machine_service_shape =
	SHAPE("a service", machine_service, service_members, 0);
const struct machine_shape machine_driver_shape =
	SHAPE("a driver", machine_service, service_members, 0);

static const struct machine_member package_members[] = {
	TEXT("name", AT(machine_package, name)),
	TEXT("version", AT(machine_package, version)),
};
const struct machine_shape machine_package_shape =
	SHAPE("a package", machine_package, package_members, 0);
static const struct machine_member file_members[] = {
	TEXT("name", AT(machine_file, name)),
	TEXT("version", AT(machine_file, version)),
};
const struct machine_shape machine_file_shape =
	SHAPE("a system file", machine_file, file_members, 0);

static const struct machine_member os_members[] = {
	TEXT("name", AT(machine, os.name)),
	TEXT("version", AT(machine, os.version)),
	TEXT("service_pack", AT(machine, os.service_pack)),
	TEXT("language", AT(machine, os.language)),
	TEXT("hal", AT(machine, os.hal)),
	WHOLE("bits", AT(machine, os.bits)),
	TEXT("kernel", AT(machine, os.kernel)),
};
static const struct machine_shape os_shape = SHAPE("os", machine, os_members, -1);

static const struct machine_member general_members[] = {
	TEXT("bios", AT(machine, general.bios)),
	CHOICE("firmware", AT(machine, general.firmware), "bios uefi"),
	ANSWER("secure_boot", AT(machine, general.secure_boot)),
	TEXT("vendor", AT(machine, general.vendor)),
	TEXT("model", AT(machine, general.model)),
	TEXT("processor", AT(machine, general.processor)),
	WHOLE("sockets", AT(machine, general.sockets)),
	WHOLE("cores", AT(machine, general.cores)),
	WHOLE("threads", AT(machine, general.threads)),
	NUMBER("core_mhz", AT(machine, general.core_mhz)),
	WHOLE("memory_bytes", AT(machine, general.memory_bytes)),
	WHOLE("installed_bytes", AT(machine, general.installed_bytes)),
};
static const struct machine_shape general_shape =
	SHAPE("general", machine, general_members, -1);

static const struct machine_member storage_members[] = {
	LIST("controllers", AT(machine, storage.controllers), &machine_controller_shape, 1024),
	LIST("disks", AT(machine, storage.disks), &machine_disk_shape, 4096),
	LIST("volumes", AT(machine, storage.volumes), &machine_volume_shape, 4096),
	ANSWER("san", AT(machine, storage.san)),
	ANSWER("iscsi", AT(machine, storage.iscsi)),
	WHOLE("snapshots", AT(machine, storage.snapshots)),
	TEXTS("mounted", AT(machine, storage.mounted), 4096),
};
static const struct machine_shape storage_shape =
	SHAPE("storage", machine, storage_members, -1);

static const struct machine_member software_members[] = {
	LIST("services", AT(machine, software.services), &machine_service_shape, 10000),
	LIST("drivers", AT(machine, software.drivers), &machine_driver_shape, 10000),
	TEXTS("updates", AT(machine, software.updates), 20000),
	LIST("packages", AT(machine, software.packages), &machine_package_shape, 50000),
	TEXTS("auto_run", AT(machine, software.auto_run), 4096),
	LIST("system_files", AT(machine, software.system_files), &machine_file_shape, 4096),
	ANSWER("dotnet35", AT(machine, software.dotnet35)),
	ANSWER("hibernation", AT(machine, software.hibernation)),
};
static const struct machine_shape software_shape =
	SHAPE("software", machine, software_members, -1);

static const struct machine_member machine_members[] = {
	TEXT("name", AT(machine, name)),
	CHOICE("kind", AT(machine, kind), "physical vm container"),
	TEXT("hypervisor", AT(machine, hypervisor)),
	OBJECT("os", &os_shape),
	OBJECT("general", &general_shape),
	OBJECT("storage", &storage_shape),
	LIST("network", AT(machine, network), &machine_adapter_shape, 4096),
	LIST("routes", AT(machine, routes), &machine_route_shape, 4096),
	LIST("secondary", AT(machine, secondary), &machine_device_shape, 4096),
	OBJECT("software", &software_shape),
	ANSWER("wmi", AT(machine, wmi)),
	ANSWER("admin", AT(machine, admin)),
	ANSWER("ads_managed", AT(machine, ads_managed)),
};
const struct machine_shape machine_shape =
	SHAPE("the machine", machine, machine_members, 0);

/* ---- the flat form --------------------------------------------------------------------- */

static const struct machine_shape flat_adapter_shape =
	SHAPE("an adapter", machine_adapter, adapter_members, -1);
static const struct machine_shape flat_disk_shape =
	SHAPE("a disk", machine_disk, disk_members, -1);
static const struct machine_member flat_volume_members[] = {
	TEXT("letter", AT(machine_volume, name)),
	TEXT("fs", AT(machine_volume, fs)),
	WHOLE("bytes", AT(machine_volume, bytes)),
	FLEETING("used_bytes", AT(machine_volume, used_bytes)),
	ANSWER("windows", AT(machine_volume, windows)),
};
static const struct machine_shape flat_volume_shape =
	SHAPE("a volume", machine_volume, flat_volume_members, 0);

static const struct machine_member flat_members[] = {
	TEXT("name", AT(machine, name)),
	SCALED("memory_mb", AT(machine, general.memory_bytes), MIB),
	WHOLE("processors", AT(machine, general.cores)),
	NUMBER("core_mhz", AT(machine, general.core_mhz)),
	TEXT("hal", AT(machine, os.hal)),
	TEXT("os", AT(machine, os.name)),
	TEXT("os_version", AT(machine, os.version)),
	TEXT("language", AT(machine, os.language)),
	WHOLE("bits", AT(machine, os.bits)),
	CHOICE("firmware", AT(machine, general.firmware), "bios uefi"),
	LIST("nics", AT(machine, network), &flat_adapter_shape, 4096),
	LIST("disks", AT(machine, storage.disks), &flat_disk_shape, 4096),
	LIST("volumes", AT(machine, storage.volumes), &flat_volume_shape, 4096),
	ANSWER("san", AT(machine, storage.san)),
	LIST("services", AT(machine, software.services), &machine_service_shape, 10000),
	LIST("drivers", AT(machine, software.drivers), &machine_driver_shape, 10000),
	TEXTS("updates", AT(machine, software.updates), 20000),
	ANSWER("wmi", AT(machine, wmi)),
	ANSWER("admin", AT(machine, admin)),
};
const struct machine_shape machine_flat_shape =
	SHAPE("the machine", machine, flat_members, 0);
/* clang-format on */
