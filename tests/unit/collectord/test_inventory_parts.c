/* The texts and tables that the machine document is made of (INV-2 to INV-7). */
#include "tests/support.h"

#include "collectord/inventory/addresses.h"
#include "collectord/inventory/block.h"
#include "collectord/inventory/routes.h"
#include "collectord/inventory/smbios.h"
#include "collectord/inventory/software.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* ---- lists of software ------------------------------------------------------------------- */

enum list_kind { OF_PACKAGES, OF_SERVICES };

static struct list_case {
	const char *name;
	int (*parse)(const char *text, size_t length, struct machine_list *list);
	enum list_kind kind;
	const char *text, *wanted; /* "name value;" */
} lists[] = {
	{ "dpkg: what is installed", software_parse_dpkg, OF_PACKAGES,
		"Package: bash\nStatus: install ok installed\nVersion: 5.2\n\n"
		"Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
		"Package: held\nStatus: hold ok installed\nVersion: 2\n",
		"bash 5.2;held 2;" },
	{ "dpkg: continued lines are not fields", software_parse_dpkg, OF_PACKAGES,
		"Package: a\nStatus: install ok installed\nDescription: x\n Package: b\n"
		"Version: 1\n",
		"a 1;" },
	{ "dpkg: unpacked is not installed", software_parse_dpkg, OF_PACKAGES,
		"Package: a\nStatus: install ok half-installed\nVersion: 1\n", "" },
	{ "dpkg: nothing", software_parse_dpkg, OF_PACKAGES, "", "" },
	{ "apk", software_parse_apk, OF_PACKAGES,
		"C:Q1=\nP:musl\nV:1.2.4-r2\n\nP:busybox\nV:1.36\n",
		"musl 1.2.4-r2;busybox 1.36;" },
	{ "rpm, without the keys of packagers", software_parse_rpm, OF_PACKAGES,
		"bash 4.4-1\ngpg-pubkey 1-2\nkernel 6-7\n\n",
		"bash 4.4-1;kernel 6-7;" },
	{ "units with their start modes", software_parse_units, OF_SERVICES,
		"ssh.service enabled enabled\ncron.service disabled enabled\n"
		"a.service masked enabled\nb.service static -\nc.service indirect\n"
		"d@.service enabled-runtime\nold.service generated -\n",
		"ssh auto;cron disabled;a masked;b static;c manual;d@ auto;old auto;" },
	{ "units: aliases and transient ones are none", software_parse_units,
		OF_SERVICES, "sshd.service alias -\nrun-1.service transient -\n", "" },
	{ "units: words of no meaning", software_parse_units, OF_SERVICES,
		"\n\nx\n12 unit files listed.\n", "" },
	{ "modules", software_parse_modules, OF_SERVICES,
		"ext4 999 1 - Live 0x0\nvirtio_blk 1 2 -\n",
		"ext4 loaded;virtio_blk loaded;" },
};

static void check_list(void **state)
{
	const struct list_case *row = *state;
	struct machine machine;
	struct machine_list *list;
	char text[512] = "";

	machine_init(&machine);
	list = row->kind == OF_PACKAGES ? &machine.software.packages
					: &machine.software.services;
	assert_int_equal(row->parse(row->text, strlen(row->text), list), 0);
	assert_true(list->is_known);
	for (size_t i = 0; i < list->count; i++) {
		size_t length = strlen(text);
		const struct machine_package *package =
			&machine_items(*list, machine_package)[i];

		/* name and one text: both structs begin so */
		(void)snprintf(text + length, sizeof(text) - length, "%s %s;",
			package->name, package->version);
	}
	assert_string_equal(text, row->wanted);
	machine_done(&machine);
}

static void what_a_crontab_starts(void **state)
{
	static const char text[] = "# @reboot no\n@reboot root /usr/bin/a -b\n"
				   "5 * * * * root x\n \t@reboot  y\n";
	struct machine machine;

	(void)state;
	machine_init(&machine);
	assert_int_equal(software_parse_crontab(
				 text, sizeof(text) - 1, &machine.software.auto_run),
		0);
	assert_int_equal(machine.software.auto_run.count, 2);
	assert_string_equal(machine.software.auto_run.text[0], "root /usr/bin/a -b");
	machine_done(&machine);
}

/* ---- routes --------------------------------------------------------------------------------- */

static struct route_case {
	const char *name;
	int (*parse)(const char *text, size_t length, struct machine_list *routes);
	const char *text, *wanted;
} routes[] = {
	{ "IPv4: the default and a net", routes_parse_v4,
		"Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
		"eth0 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n"
		"eth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n",
		"default via 192.0.2.1 eth0 100;192.0.2.0/24 - eth0 0;" },
	{ "IPv4: what is down, rejected or cut", routes_parse_v4,
		"h\neth0 00000000 010200C0 0002 0 0 0 00000000\n"
		"* 000200C0 00000000 0201 0 0 0 00FFFFFF\neth0 0002\n"
		"eth0 ZZ 0 1 0 0 0 0\n",
		"" },
	{ "IPv6: the default, a net, and not what the kernel makes", routes_parse_v6,
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"fd000000000000000000000000000001 00000400 00000002 00000000 00000003 "
		"eth0\n"
		"fd000000000000000000000000000000 40 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00000100 00000001 00000000 00000001 "
		"eth0\n"
		"fe800000000000000000000000000000 40 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00000100 00000002 00000000 00000001 "
		"eth0\n"
		"fd000000000000000000000000000002 80 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00000000 00000003 00000000 80200001 "
		"eth0\n",
		"default via fd00::1 eth0 1024;fd00::/64 - eth0 256;" },
};

static void check_routes(void **state)
{
	const struct route_case *row = *state;
	struct machine machine;
	char text[512] = "";

	machine_init(&machine);
	assert_int_equal(row->parse(row->text, strlen(row->text), &machine.routes), 0);
	for (size_t i = 0; i < machine.routes.count; i++) {
		const struct machine_route *route =
			&machine_items(machine.routes, machine_route)[i];
		size_t length = strlen(text);

		(void)snprintf(text + length, sizeof(text) - length, "%s %s%s %s %.0f;",
			route->to, route->via ? "via " : "-",
			route->via ? route->via : "", route->adapter, route->metric);
	}
	assert_string_equal(text, row->wanted);
	machine_done(&machine);
}

static void name_servers(void **state)
{
	static const char text[] = "# nameserver 1\nsearch x\nnameserver 192.0.2.53\n"
				   "nameserver\nnameserver 2001:db8::53 # second\n";
	struct machine_texts dns = { .count = 0 };

	(void)state;
	assert_int_equal(resolv_parse(text, sizeof(text) - 1, &dns), 0);
	assert_int_equal(dns.count, 2);
	assert_string_equal(dns.text[0], "192.0.2.53");
	assert_string_equal(dns.text[1], "2001:db8::53");
	for (size_t i = 0; i < dns.count; i++)
		free(dns.text[i]);
	free(dns.text);
}

/* ---- addresses -------------------------------------------------------------------------------- */

static size_t put_address(unsigned char *at, const char *text, unsigned char bits,
	unsigned scope, uint32_t flags)
{
	struct nlmsghdr header = { .nlmsg_type = RTM_NEWADDR };
	struct ifaddrmsg message = { .ifa_family = AF_INET,
		.ifa_prefixlen = bits,
		.ifa_scope = (unsigned char)scope,
		.ifa_index = 2 };
	struct rtattr attribute = { .rta_len = RTA_LENGTH(4), .rta_type = IFA_LOCAL };
	size_t length = NLMSG_LENGTH(sizeof(message));

	memset(at, 0, 256);
	memcpy(at + NLMSG_HDRLEN, &message, sizeof(message));
	memcpy(at + length, &attribute, sizeof(attribute));
	assert_int_equal(inet_pton(AF_INET, text, at + length + sizeof(attribute)), 1);
	length += RTA_SPACE(4);
	attribute.rta_type = IFA_FLAGS;
	memcpy(at + length, &attribute, sizeof(attribute));
	memcpy(at + length + sizeof(attribute), &flags, 4);
	length += RTA_SPACE(4);
	header.nlmsg_len = (uint32_t)length;
	memcpy(at, &header, sizeof(header));
	return NLMSG_ALIGN(length);
}

static void addresses_of_a_dump(void **state)
{
	_Alignas(8) unsigned char bytes[1024] = { 0 };
	struct address_list list = { .count = 0 };
	struct nlmsghdr end = { .nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = NLMSG_DONE };
	size_t length;

	(void)state;
	length = put_address(bytes, "192.0.2.7", 24, RT_SCOPE_UNIVERSE, 0);
	length += put_address(
		bytes + length, "198.51.100.1", 16, RT_SCOPE_UNIVERSE, IFA_F_PERMANENT);
	length += put_address(bytes + length, "127.0.0.1", 8, RT_SCOPE_HOST, 0);
	assert_int_equal(addresses_parse(bytes, length, &list), 0);
	memcpy(bytes + length, &end, sizeof(end));
	assert_int_equal(list.count, 2);
	assert_string_equal(list.address[0].text, "192.0.2.7/24");
	assert_true(list.address[0].is_leased);
	assert_string_equal(list.address[1].text, "198.51.100.1/16");
	assert_false(list.address[1].is_leased);
	assert_int_equal(addresses_parse(bytes + length, NLMSG_HDRLEN, &list), 1);
	/* cut anywhere: no more than what is whole */
	for (size_t cut = 0; cut < length; cut++) {
		struct address_list part = { .count = 0 };

		assert_true(addresses_parse(bytes, cut, &part) >= 0);
		assert_true(part.count <= 2);
		free(part.address);
	}
	free(list.address);
}

/* ---- disks ---------------------------------------------------------------------------------------- */

static struct table_case {
	const char *name;
	unsigned char type, status;
	bool has_mark, has_efi;
	const char *style;
} tables[] = {
	{ "no mark", 0x83, 0, false, false, "none" },
	{ "a boot sector of a file system", 0, 0, true, false, "none" },
	{ "code where the entries are", 0x83, 0x33, true, false, "none" },
	{ "MBR", 0x83, 0x80, true, false, "mbr" },
	{ "GPT behind its protective MBR", 0xee, 0, true, true, "gpt" },
	{ "GPT whose protective MBR was overwritten", 0x07, 0x80, true, true, "gpt" },
	{ "GPT without an MBR", 0, 0, false, true, "gpt" },
};

static void check_table(void **state)
{
	const struct table_case *row = *state;
	unsigned char sector[1024] = { 0 };
	struct block_table table;

	sector[446] = row->status;
	sector[450] = row->type;
	if (row->has_mark) {
		sector[510] = 0x55;
		sector[511] = 0xaa;
	}
	if (row->has_efi)
		memcpy(sector + 512, "EFI PART", 8);
	block_parse_table(sector, &table);
	assert_string_equal(table.style, row->style);
}

static struct bus_case {
	const char *name, *disk, *target, *bus;
} buses[] = {
	{ "by the name: NVMe", "nvme0n1", "../devices/pci0000:00/nvme/nvme0", "nvme" },
	{ "by the name: virtio", "vda", "../devices/pci/virtio0/block/vda", "virtio" },
	{ "SATA", "sda", "../devices/pci0/0000:00:1f.2/ata1/host0/target0", "sata" },
	{ "USB before SCSI", "sdb", "../devices/pci0/usb1/1-1/host6/target", "usb" },
	{ "SAS", "sda", "../devices/pci0/host0/port-0:0/end_device-0:0/target", "sas" },
	{ "fibre channel", "sda", "../devices/pci0/host1/rport-1:0-0/target", "fc" },
	{ "iSCSI", "sda", "../devices/platform/host3/session1/target3", "iscsi" },
	{ "virtio-scsi", "sda", "../devices/pci0/virtio1/host2/target", "virtio" },
	{ "plain SCSI", "sda", "../devices/pci0/0000:02:00.0/host2/target", "scsi" },
	{ "nowhere", "sda", "", NULL },
};

static void check_bus(void **state)
{
	const struct bus_case *row = *state;
	const char *bus = block_bus(row->disk, row->target);

	if (row->bus)
		assert_string_equal(bus, row->bus);
	else
		assert_null(bus);
}

/* ---- SMBIOS ----------------------------------------------------------------------------------------- */

static size_t put_structure(unsigned char *at, unsigned char type, unsigned char length,
	const char *texts, size_t texts_length)
{
	at[0] = type;
	at[1] = length;
	memcpy(at + length, texts, texts_length);
	return length + texts_length;
}

static size_t put_processor(
	unsigned char *at, unsigned char status, unsigned char cores)
{
	at[5] = 3;
	at[0x10] = 1;
	at[0x16] = 2600 & 0xff;
	at[0x17] = 2600 >> 8;
	at[0x18] = status;
	at[0x23] = cores;
	at[0x25] = (unsigned char)(cores * 2);
	return put_structure(at, 4, 0x30, " Xeon \0", 8);
}

static size_t put_module(unsigned char *at, unsigned size, uint32_t more)
{
	at[0x0c] = (unsigned char)size;
	at[0x0d] = (unsigned char)(size >> 8);
	memcpy(at + 0x1c, &more, 4);
	return put_structure(at, 17, 0x20, "\0", 2);
}

static void a_table_of_two_sockets(void **state)
{
	unsigned char table[1024] = { 0 };
	struct smbios smbios;
	size_t length;

	(void)state;
	table[4] = 1;
	table[5] = 2;
	table[8] = 3;
	length = put_structure(table, 0, 0x18, "Maker\0002.1\00001/02/2020\0", 22);
	length += put_processor(table + length, 0x41, 8);
	length += put_processor(table + length, 0x41, 8);
	length += put_processor(table + length, 0x00, 0); /* an empty socket */
	length += put_module(table + length, 4096, 0);
	length += put_module(table + length, 0, 0);
	length += put_module(table + length, 0x7fff, 65536);
	length += put_module(table + length, 0x8200, 0); /* 512 KB */
	length += put_structure(table + length, 127, 4, "\0", 2);
	/* what stands behind the end is not of the table */
	length += put_processor(table + length, 0x41, 99);
	smbios_parse(table, length, &smbios);
	assert_string_equal(smbios.bios_vendor, "Maker");
	assert_string_equal(smbios.bios_version, "2.1");
	assert_string_equal(smbios.bios_date, "01/02/2020");
	assert_string_equal(smbios.processor, "Xeon");
	assert_int_equal(smbios.sockets, 2);
	assert_int_equal(smbios.cores, 16);
	assert_int_equal(smbios.threads, 32);
	assert_near(smbios.mhz, 2600, 0);
	assert_int_equal(smbios.slots, 4);
	assert_int_equal(smbios.modules, 3);
	assert_near(smbios.memory_bytes, (4096.0 + 65536) * 1048576 + 512 * 1024, 0);
	for (size_t cut = 0; cut < length; cut++)
		smbios_parse(table, cut, &smbios);
}

static void a_module_or_socket_that_is_silent(void **state)
{
	unsigned char table[256] = { 0 };
	struct smbios smbios;
	size_t length;

	(void)state;
	length = put_module(table, 1024, 0);
	length += put_module(table + length, 0xffff, 0);
	length += put_processor(table + length, 0x41, 0);
	smbios_parse(table, length, &smbios);
	assert_true(isnan(smbios.memory_bytes));
	assert_int_equal(smbios.sockets, 1);
	assert_int_equal(smbios.cores, 0);
}

#define TABLE(rows, function)                                            \
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)                     \
		tests[count++] = (struct CMUnitTest)                     \
		{                                                        \
			.name = (rows)[i].name, .test_func = (function), \
			.initial_state = &(rows)[i]                      \
		}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(lists) + ARRAY_LEN(routes) +
		ARRAY_LEN(tables) + ARRAY_LEN(buses) + 5];
	size_t count = 0;

	TABLE(lists, check_list);
	TABLE(routes, check_routes);
	TABLE(tables, check_table);
	TABLE(buses, check_bus);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(what_a_crontab_starts);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(name_servers);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(addresses_of_a_dump);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(a_table_of_two_sockets);
	tests[count++] =
		(struct CMUnitTest)cmocka_unit_test(a_module_or_socket_that_is_silent);
	return cmocka_run_group_tests_name("inventory parts", tests, NULL, NULL);
}
