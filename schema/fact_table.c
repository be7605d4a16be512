#include "schema/fact.h"

#include "common/suggest.h"

#include <string.h>

#define TEXT FACT_TYPE_TEXT, NULL, 0, 0
#define LIST FACT_TYPE_LIST, NULL, 0, 0
#define BOOL FACT_TYPE_BOOL, NULL, 0, 0
#define NUMBER(low, high) FACT_TYPE_NUMBER, NULL, low, high
#define CHOICE(words) FACT_TYPE_CHOICE, words, 0, 0

/* clang-format off */
const struct fact_info fact_table[FACT_COUNT] = {
	[FACT_ENVIRONMENT] = { "environment", CHOICE("production test training development"), "test", "what it is for; not stated: production" },
	[FACT_ROLES] = { "roles", LIST, "web,domain-controller", "roles of the server" },
	[FACT_APPLICATIONS] = { "applications", LIST, "ISA Server 2004", "server products that run on it; none: none" },
	[FACT_DEVICES] = { "devices", FACT_TYPE_DEVICES, NULL, 0, 0, "usb:printer:required,usb:mouse", "devices attached, class:kind[:name][:required]; none: none" },
	[FACT_DISKS] = { "disks", FACT_TYPE_DISKS, NULL, 0, 0, "c:40,d:100:used=30:dynamic", "disks, name:size_gb[:used=GB][:dynamic][:undo=N][:differencing=N]" },
	[FACT_LICENCES] = { "licences", LIST, "cad:node-locked", "licences it holds" },
	[FACT_LICENCE_BOUND] = { "licence_bound", BOOL, "no", "a licence is bound to the hardware" },
	[FACT_VENDOR_SUPPORT] = { "vendor_support", BOOL, "yes", "the vendors support their products in a VM" },
	[FACT_ADAPTERS] = { "adapters", NUMBER(0, 256), "2", "network adapters in use" },
	[FACT_DEDICATED_ADAPTERS] = { "dedicated_adapters", NUMBER(0, 64), "1", "adapters of the host that it must have for itself" },
	[FACT_NETWORK_TYPE] = { "network_type", CHOICE("ethernet token-ring fddi atm infiniband other"), "ethernet", "what its adapters speak" },
	[FACT_SENSITIVE] = { "sensitive", BOOL, "yes", "its data must not share a host with others" },
	[FACT_PRIORITY] = { "priority", CHOICE("high normal low"), "high", "its share where CPU is short: 4, 2 or 1 (weight 200, 100, 50); not stated: normal" },
	[FACT_SMP_REQUIRED] = { "smp_required", BOOL, "yes", "its software wants several processors, whatever the load" },
	[FACT_PATTERN] = { "pattern", CHOICE("constant daily weekly monthly irregular periodic seasonal"), "monthly", "how its load repeats; stated wins over found" },
	[FACT_PERIOD_DAYS] = { "period_days", NUMBER(0.01, 3660), "31", "length of the period it is known to have" },
	[FACT_OS] = { "os", TEXT, "Debian GNU/Linux 12", "guest operating system, in the vendor's words" },
	[FACT_OS_BITS] = { "os_bits", NUMBER(16, 128), "32", "32 or 64" },
	[FACT_SERVICE_PACK] = { "service_pack", NUMBER(0, 99), "2", "service pack installed" },
	[FACT_FIRMWARE] = { "firmware", CHOICE("bios uefi"), "bios", "how it boots" },
	[FACT_BOOT_DISK_STYLE] = { "boot_disk_style", CHOICE("mbr gpt none"), "mbr", "partition table of the boot disk" },
	[FACT_MACHINE] = { "machine", CHOICE("physical vmware hyper-v kvm xen virtual-server other"), "physical", "what it runs on today" },
	[FACT_DOTNET35] = { "dotnet35", BOOL, "yes", ".NET Framework 3.5 is installed" },
	[FACT_WMI] = { "wmi", BOOL, "yes", "WMI is running" },
	[FACT_ROOT_FREE_GB] = { "root_free_gb", NUMBER(0, 1e6), "12", "free space on the system volume" },
	[FACT_ENCRYPTED_VOLUMES] = { "encrypted_volumes", BOOL, "no", "a volume is encrypted" },
	[FACT_DUAL_BOOT] = { "dual_boot", BOOL, "no", "several systems can boot" },
	[FACT_RAW_DISKS] = { "raw_disks", BOOL, "no", "disks mapped raw (RDM, pass-through)" },
	[FACT_VHD_KIND] = { "vhd_kind", CHOICE("specialized generalized"), "specialized", "an image as it ran, or prepared with Sysprep" },
	[FACT_IMAGE_SOURCE] = { "image_source", CHOICE("own marketplace"), "own", "where the image comes from" },
	[FACT_DHCP] = { "dhcp", BOOL, "yes", "its adapter takes its address by DHCP" },
	[FACT_HIBERNATED] = { "hibernated", BOOL, "no", "hibernation or fast start-up is in use" },
	[FACT_SNAPSHOTS] = { "snapshots", BOOL, "no", "its host keeps snapshots of it" },
	[FACT_ACTION] = { "action", CHOICE("create_vm import_vm run_existing upgrade_in_place use_vm_agent"), "import_vm", "what is to be done at the target" },
	[FACT_MAY_INSTALL] = { "may_install", BOOL, "yes", "software may be installed on the source" },
	[FACT_PXE] = { "pxe", BOOL, "yes", "its adapter can boot from the network (PXE)" },
	[FACT_PXE_BOOT_DISK] = { "pxe_boot_disk", BOOL, "no", "a remote boot disk starts its adapter, which cannot boot by itself" },
	[FACT_TARGET_BITS] = { "target_bits", NUMBER(16, 128), "64", "32 or 64: of the system it becomes" },
	[FACT_SAME_HARDWARE] = { "same_hardware", BOOL, "no", "the destination is the machine it runs on today" },
	[FACT_CUSTOM_SUPPORT] = { "custom_support", BOOL, "no", "its image has updates of a custom support agreement" },
	[FACT_INSTANCE_TYPE] = { "instance_type", TEXT, "t2.medium", "instance type chosen at the target" },
	[FACT_GENERATION] = { "generation", NUMBER(1, 2), "1", "generation of the VM at the target" },
	[FACT_PERFORMANCE_FACTOR] = { "performance_factor", NUMBER(0.01, 100), "0.8", "work per MHz of the source / of the target" },
	[FACT_CPU_MODEL] = { "cpu_model", TEXT, "Xeon E5-2670", "processor model" },
	[FACT_CPU_CORES] = { "cpu.cores", NUMBER(1, 8192), "4", "physical cores" },
	[FACT_CPU_CORE_MHZ] = { "cpu.core_mhz", NUMBER(1, 20000), "2600", "nominal speed of a core" },
	[FACT_MEMORY_TOTAL_BYTES] = { "memory.total_bytes", NUMBER(1, 1e15), "8589934592", "memory installed" },
	[FACT_MEMORY_KIND] = { "memory.kind", CHOICE("guest active consumed allocated estimated"), "guest", "what its memory series is: seen by the guest, or by its host" },
	[FACT_NETWORK_SPEED_BPS] = { "network.speed_bps", NUMBER(1, 1e13), "1000000000", "speed of its adapters together" },
	[FACT_DISK_SIZE_BYTES] = { "disk.size_bytes", NUMBER(1, 1e18), "85899345920", "size of its disks together, where disks does not list them" },
	[FACT_OWNER] = { "owner", TEXT, "finance", "whom to ask" },
	[FACT_NOTE] = { "note", TEXT, "moves after the audit", "anything else" },
};
/* clang-format on */

const struct fact_name fact_names[] = {
	{ FACT_CPU_CORES, FIGURE_CPU_CORES },
	{ FACT_CPU_CORE_MHZ, FIGURE_CPU_CORE_MHZ },
	{ FACT_MEMORY_TOTAL_BYTES, FIGURE_MEMORY_TOTAL_BYTES },
	{ FACT_NETWORK_SPEED_BPS, FIGURE_NET_SPEED_BPS },
	{ FACT_DISK_SIZE_BYTES, FIGURE_DISK_SIZE_BYTES },
};
const size_t fact_name_count = sizeof(fact_names) / sizeof(fact_names[0]);

static const char *const origin_names[FACT_ORIGIN_COUNT] = {
	[FACT_ORIGIN_PERSON] = "person",
	[FACT_ORIGIN_MACHINE] = "machine",
	[FACT_ORIGIN_STORE] = "store",
	[FACT_ORIGIN_IMPORT] = "import",
};

const char *fact_origin_name(enum fact_origin origin)
{
	return origin < FACT_ORIGIN_COUNT ? origin_names[origin] : "nobody known";
}

enum fact_origin fact_origin_find(const char *name)
{
	int origin = 0;

	if (strcmp(name, "inventory") == 0)
		return FACT_ORIGIN_PERSON;
	while (origin < FACT_ORIGIN_COUNT && strcmp(origin_names[origin], name) != 0)
		origin++;
	return (enum fact_origin)origin;
}

int fact_find(const char *key, const char **ret_near)
{
	const char *keys[FACT_COUNT];

	for (int i = 0; i < FACT_COUNT; i++) {
		keys[i] = fact_table[i].key;
		if (strcmp(fact_table[i].key, key) == 0)
			return i;
	}
	if (ret_near)
		*ret_near = suggest_nearest(key, keys, FACT_COUNT);
	return -1;
}
