#include "collectord/inventory/gather.h"

#include "collectord/inventory/smbios.h"
#include "probes/text.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

long gather_file(struct gathering *gathering, const char *path)
{
	struct host_file file;
	size_t length = 0;
	int r;

	hostroot_file_init(&file, gathering->root, path);
	r = hostroot_file_read(
		&file, gathering->scratch, GATHER_SCRATCH, &length, NULL);
	hostroot_file_done(&file);
	return r < 0 ? r : (long)length;
}

int gather_text(char **to, const char *text)
{
	if (!*text)
		return 0;
	free(*to);
	*to = strdup(text);
	return *to ? 0 : -ENOMEM;
}

const char *gather_line(
	const struct gathering *gathering, const char *path, char *text, size_t size)
{
	if (hostroot_read_text(gathering->root, path, text, size) < 0)
		text[0] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	return text;
}

/* ---- the firmware -------------------------------------------------------------------- */

static int gather_smbios(struct gathering *gathering)
{
	struct machine *machine = gathering->machine;
	long length = gather_file(gathering, "sys/firmware/dmi/tables/DMI");
	struct smbios smbios;
	char bios[3 * SMBIOS_TEXT_MAX + 8];
	int r;

	if (length <= 0)
		return 0; /* for root alone, or a machine without one */
	smbios_parse(
		(const unsigned char *)gathering->scratch, (size_t)length, &smbios);
	(void)snprintf(bios, sizeof(bios), "%s%s%s%s%s", smbios.bios_vendor,
		*smbios.bios_version ? " " : "", smbios.bios_version,
		*smbios.bios_date ? ", " : "", smbios.bios_date);
	machine->general.installed_bytes = smbios.memory_bytes;
	r = gather_text(&machine->general.bios, bios);
	if (r == 0)
		r = gather_text(&machine->general.vendor, smbios.vendor);
	if (r == 0)
		r = gather_text(&machine->general.model, smbios.product);
	return r;
}

/* Without the table: what the kernel shows to everybody. */
static int gather_bios(struct gathering *gathering)
{
	char vendor[128], version[128], bios[300];

	if (gathering->machine->general.bios)
		return 0;
	gather_line(gathering, "sys/class/dmi/id/bios_vendor", vendor, sizeof(vendor));
	gather_line(
		gathering, "sys/class/dmi/id/bios_version", version, sizeof(version));
	(void)snprintf(bios, sizeof(bios), "%s%s%s", vendor,
		*vendor && *version ? " " : "", version);
	return gather_text(&gathering->machine->general.bios, bios);
}

/* Four bytes of attributes and the value. */
static enum answer read_secure_boot(const struct gathering *gathering)
{
	static const char path[] = "sys/firmware/efi/efivars/"
				   "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	unsigned char bytes[5];
	ssize_t count;
	int fd;

	if (gathering->machine->general.firmware &&
		strcmp(gathering->machine->general.firmware, "bios") == 0)
		return ANSWER_NO;
	fd = hostroot_open_below(gathering->root, path, O_RDONLY);
	if (fd < 0)
		return ANSWER_NONE;
	count = read(fd, bytes, sizeof(bytes));
	close(fd);
	return count < 5 ? ANSWER_NONE : bytes[4] ? ANSWER_YES : ANSWER_NO;
}

/* ---- what it is ------------------------------------------------------------------------ */

/* What a manager of containers leaves; an image that became a machine keeps the last two,
 * but has a root of its own. */
static bool is_container(const struct gathering *gathering)
{
	static const char *const marks[] = { "run/systemd/container", "dev/lxd",
		"proc/vz/veinfo", ".dockerenv", "run/.containerenv" };
	const struct fs_mounts *mounts = &gathering->inventory->mounts;
	size_t count = sizeof(marks) / sizeof(marks[0]);
	char first[64];

	for (size_t i = 0; i < mounts->count; i++) {
		if (strcmp(mounts->mount[i].point, "/") == 0)
			count = sizeof(marks) / sizeof(marks[0]) - 2;
	}
	for (size_t i = 0; i < count; i++) {
		if (hostroot_exists(gathering->root, marks[i]))
			return true;
	}
	/* "container=lxc" is the first word where a manager of containers began it */
	gather_line(gathering, "proc/1/environ", first, sizeof(first));
	return strncmp(first, "container=", 10) == 0;
}

/* The signature that a hypervisor answers the processor's question with; NULL: none. */
static const char *hypervisor_by_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
	static const struct {
		const char *signature, *name;
	} rows[] = { { "KVMKVMKVM", "kvm" }, { "TCGTCGTCGTCG", "qemu" },
		{ "VMwareVMware", "vmware" }, { "Microsoft Hv", "hyper-v" },
		{ "XenVMMXenVMM", "xen" }, { "VBoxVBoxVBox", "virtualbox" },
		{ "bhyve bhyve ", "bhyve" }, { "ACRNACRNACRN", "acrn" },
		{ " lrpepyh  vr", "parallels" } };
	unsigned part[4] = { 0 };
	char signature[13];

	__cpuid(1, part[0], part[1], part[2], part[3]);
	if (!(part[2] & 0x80000000u))
		return NULL; /* no hypervisor says that it is there */
	__cpuid(0x40000000, part[0], part[1], part[2], part[3]);
	memcpy(signature, &part[1], 12);
	signature[12] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].signature, signature) == 0)
			return rows[i].name;
	}
#endif
	return NULL;
}

static int gather_kind(struct gathering *gathering)
{
	struct machine *machine = gathering->machine;
	const char *found = gathering->inventory->virtualisation, *by_cpu = NULL;
	bool is_bare = strcmp(found, "none") == 0;
	int r = 0;

	/* firmware that is silent, or says what nobody knows */
	if (gathering->root->is_live &&
		(!*found || strcmp(found, "unknown hypervisor") == 0))
		by_cpu = hypervisor_by_cpu();
	if (by_cpu)
		found = by_cpu;
	if (*found && !is_bare && strcmp(found, "unknown hypervisor") != 0)
		r = gather_text(&machine->hypervisor, found);
	if (r < 0 || (!*found && !is_container(gathering)))
		return r;
	return gather_text(&machine->kind,
		is_container(gathering) ? "container"
			: is_bare       ? "physical"
					: "vm");
}

/* ---- the system -------------------------------------------------------------------------- */

/* LANG="de_DE.UTF-8" of the settings that a login reads. */
static int gather_language(struct gathering *gathering)
{
	static const char *const files[] = { "etc/locale.conf", "etc/default/locale",
		"etc/sysconfig/i18n" };
	char text[4096], language[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct text all, line;

		if (hostroot_read_text(gathering->root, files[i], text, sizeof(text)) <
			0)
			continue;
		all = text_of(text, strlen(text));
		while (text_line(&all, &line)) {
			if (!text_prefix(&line, "LANG="))
				continue;
			while (line.at < line.end &&
				(*line.at == '"' || *line.at == '\''))
				line.at++;
			while (line.end > line.at &&
				(line.end[-1] == '"' || line.end[-1] == '\''))
				line.end--;
			(void)snprintf(language, sizeof(language), "%.*s",
				(int)(line.end - line.at), line.at);
			return gather_text(&gathering->machine->os.language, language);
		}
	}
	return 0;
}

static double gather_bits_of(const char *architecture)
{
	static const char *const wide[] = { "x86_64", "aarch64", "ppc64", "ppc64le",
		"s390x", "riscv64", "loongarch64", "ia64", "alpha", "sparc64",
		"mips64" };
	static const char *const narrow[] = { "i386", "i486", "i586", "i686", "armv6l",
		"armv7l", "ppc", "s390", "riscv32", "mips" };

	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		if (strcmp(architecture, wide[i]) == 0)
			return 64;
	}
	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++) {
		if (strcmp(architecture, narrow[i]) == 0)
			return 32;
	}
	return NAN;
}

static int gather_system(struct gathering *gathering)
{
	const struct inventory *inventory = gathering->inventory;
	struct machine *machine = gathering->machine;
	const struct {
		char **to;
		const char *text;
	} rows[] = {
		{ &machine->name, inventory->hostname },
		{ &machine->os.name, inventory->os_name },
		{ &machine->os.version, inventory->os_version },
		{ &machine->os.kernel, inventory->kernel },
		{ &machine->general.firmware, inventory->firmware },
		{ &machine->general.vendor, inventory->vendor },
		{ &machine->general.model, inventory->product },
		{ &machine->general.processor, inventory->cpu_model },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(rows) / sizeof(rows[0]); i++)
		r = gather_text(rows[i].to, rows[i].text);
	machine->os.bits = gather_bits_of(inventory->architecture);
	machine->general.sockets = inventory->sockets;
	machine->general.cores = inventory->physical_cores;
	machine->general.threads = inventory->threads;
	machine->general.core_mhz = inventory->nominal_mhz;
	machine->general.memory_bytes = inventory->memory_bytes;
	machine->general.secure_boot = read_secure_boot(gathering);
	return r < 0 ? r : gather_language(gathering);
}

int gather_machine(const struct host_root *root, const char *root_path, int64_t now,
	struct machine *ret_machine, struct err *err)
{
	static int (*const parts[])(struct gathering *) = { gather_system,
		gather_smbios, gather_bios, gather_kind, gather_storage, gather_network,
		gather_devices, gather_software };
	struct inventory *inventory = calloc(1, sizeof(*inventory));
	struct machine machine;
	struct gathering gathering = { .root = root,
		.root_path = root_path,
		.inventory = inventory,
		.machine = &machine,
		.scratch = malloc(GATHER_SCRATCH) };
	int r = inventory && gathering.scratch ? 0 : err_oom(err);

	machine_init(&machine);
	machine.gathered = now;
	if (r == 0)
		r = inventory_read(root, inventory, err);
	for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(parts[0]); i++) {
		r = parts[i](&gathering);
		if (r < 0)
			r = err_oom(err);
	}
	free(gathering.scratch);
	free(inventory);
	if (r < 0) {
		machine_done(&machine);
		return r;
	}
	*ret_machine = machine;
	return 0;
}
