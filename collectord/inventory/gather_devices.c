/* Secondary hardware: what a virtual machine would have to be given. */
#include "collectord/inventory/gather.h"

#include "common/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICES_MAX = 4096 };

static int add_secondary(struct gathering *gathering, const char *class,
	const char *kind, const char *name)
{
	struct machine_device *device =
		machine_list_add(&gathering->machine->secondary, &machine_device_shape);
	int r;

	if (!device)
		return -ENOMEM;
	r = gather_text(&device->class, class);
	if (r == 0)
		r = gather_text(&device->kind, kind);
	return r < 0 ? r : gather_text(&device->name, name);
}

/* ---- PCI ----------------------------------------------------------------------------------- */

static int visit_pci(void *context, const char *name)
{
	/* by the class code: PCI Code and ID Assignment Specification */
	static const struct {
		unsigned long code, mask;
		const char *class, *kind;
	} rows[] = {
		{ 0x0300, 0xffff, "video", "vga" },
		{ 0x0300, 0xff00, "video", "3d" },
		{ 0x0401, 0xffff, "audio", "onboard" },
		{ 0x0403, 0xffff, "audio", "onboard" },
		{ 0x0400, 0xff00, "video", "capture" },
		{ 0x0203, 0xffff, "network", "atm" },
		{ 0x0204, 0xffff, "network", "isdn" },
		{ 0x0207, 0xffff, "network", "infiniband" },
		{ 0x0201, 0xffff, "network", "token-ring" },
		{ 0x0280, 0xffff, "network", "other" },
		{ 0x0c00, 0xffff, "ieee1394", "controller" },
		{ 0x0d00, 0xff00, "network", "wireless" },
		{ 0x1000, 0xff00, "encryption", "accelerator" },
		{ 0x1200, 0xff00, "accelerator", "" },
	};
	struct gathering *gathering = context;
	char path[300], text[64];
	unsigned long code;

	if (strlen(name) > 100)
		return 0;
	(void)snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/class", name);
	code = strtoul(gather_line(gathering, path, text, sizeof(text)), NULL, 16) >> 8;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if ((code & rows[i].mask) == rows[i].code)
			return add_secondary(
				gathering, rows[i].class, rows[i].kind, name);
	}
	return 0;
}

/* ---- USB ------------------------------------------------------------------------------------- */

/* The kind of an interface by class, subclass and protocol (usb.org, defined classes). */
static const char *usb_kind(unsigned long class, unsigned long protocol)
{
	static const struct {
		unsigned long class;
		const char *kind;
	} rows[] = { { 0x01, "audio" }, { 0x02, "modem" }, { 0x06, "camera" },
		{ 0x07, "printer" }, { 0x08, "disk" }, { 0x0b, "smart-card" },
		{ 0x0e, "video" }, { 0xe0, "wireless" }, { 0xff, "vendor" } };

	if (class == 0x03)
		return protocol == 1 ? "keyboard" : protocol == 2 ? "mouse" : "hid";
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].class == class)
			return rows[i].kind;
	}
	return "other";
}

static unsigned long usb_number(
	const struct gathering *gathering, const char *device, const char *field)
{
	char path[200], text[32];

	(void)snprintf(
		path, sizeof(path), "sys/bus/usb/devices/%.80s/%s", device, field);
	return strtoul(gather_line(gathering, path, text, sizeof(text)), NULL, 16);
}

/* "1-2" is a device, "1-2:1.0" its first interface, "usb1" the controller's own hub. */
static int visit_usb(void *context, const char *name)
{
	struct gathering *gathering = context;
	char interface[100], path[200], product[128];
	unsigned long class, protocol = 0;

	if (!strncmp(name, "usb", 3) || strchr(name, ':') || strlen(name) > 60)
		return 0;
	class = usb_number(gathering, name, "bDeviceClass");
	if (class == 0x09)
		return 0;                  /* a hub */
	if (class == 0 || class == 0xef) { /* the interfaces say it */
		(void)snprintf(interface, sizeof(interface), "%s:1.0", name);
		class = usb_number(gathering, interface, "bInterfaceClass");
		protocol = usb_number(gathering, interface, "bInterfaceProtocol");
	}
	(void)snprintf(path, sizeof(path), "sys/bus/usb/devices/%s/product", name);
	gather_line(gathering, path, product, sizeof(product));
	return add_secondary(
		gathering, "usb", usb_kind(class, protocol), *product ? product : name);
}

/* ---- others --------------------------------------------------------------------------------- */

static int visit_block(void *context, const char *name)
{
	struct gathering *gathering = context;

	if (strncmp(name, "sr", 2) == 0)
		return add_secondary(gathering, "cdrom", "", name);
	if (strncmp(name, "fd", 2) == 0)
		return add_secondary(gathering, "floppy", "", name);
	return 0;
}

/* A driver makes ports of all numbers; those that are there have a type. */
static int visit_tty(void *context, const char *name)
{
	struct gathering *gathering = context;
	char path[100];
	uint64_t type;

	if (strncmp(name, "ttyS", 4) != 0 || strlen(name) > 20)
		return 0;
	(void)snprintf(path, sizeof(path), "sys/class/tty/%s/type", name);
	if (hostroot_read_u64(gathering->root, path, &type) < 0 || type == 0)
		return 0;
	return add_secondary(gathering, "serial", "", name);
}

static int visit_tape(void *context, const char *name)
{
	/* "st0" with its modes "st0a", "nst0" ...: one entry a drive */
	if (strncmp(name, "st", 2) != 0 ||
		strspn(name + 2, "0123456789") + 2 != strlen(name))
		return 0;
	return add_secondary(context, "scsi", "tape", name);
}

static int visit_parallel(void *context, const char *name)
{
	return add_secondary(context, "parallel", "", name);
}

/* An adapter that is none for Ethernet: ARPHRD_ETHER is 1. */
static int visit_net(void *context, const char *name)
{
	struct gathering *gathering = context;
	char path[128];

	(void)snprintf(path, sizeof(path), "sys/class/net/%.80s/wireless", name);
	return hostroot_exists(gathering->root, path)
		? add_secondary(gathering, "network", "wireless", name)
		: 0;
}

int gather_devices(struct gathering *gathering)
{
	static const struct {
		const char *folder;
		int (*visit)(void *context, const char *name);
	} rows[] = {
		{ "sys/bus/pci/devices", visit_pci },
		{ "sys/bus/usb/devices", visit_usb },
		{ "sys/block", visit_block },
		{ "sys/class/tty", visit_tty },
		{ "sys/class/scsi_tape", visit_tape },
		{ "sys/class/ppdev", visit_parallel },
		{ "sys/class/net", visit_net },
	};
	int r = 0;

	if (!hostroot_exists(gathering->root, "sys/bus"))
		return 0; /* an old kernel, or a root without it: nobody looked */
	gathering->machine->secondary.is_known = true;
	for (size_t i = 0; r >= 0 && i < ARRAY_LEN(rows); i++) {
		r = hostroot_list(gathering->root, rows[i].folder, DEVICES_MAX,
			rows[i].visit, gathering);
		if (r < 0 && r != -ENOMEM)
			r = 0; /* no such folder: none of those devices */
	}
	return r < 0 ? r : 0;
}
