#include "tests/faults/fault_sites.h"

#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum {
	SITES = 4096,
	MODULES = 96,
	MEMORY_FRAMES = 6, /* an allocation is told apart by so many callers */
};

static struct shim_site *sites;
static struct shim_module module[MODULES];
static size_t module_count;

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash ^= value + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2);
	return hash * 0xff51afd7ed558ccdu;
}

const struct shim_module *shim_module_of(uintptr_t address)
{
	for (size_t i = 0; i < module_count; i++)
		if (address >= module[i].begin && address < module[i].end)
			return &module[i];
	return NULL;
}

static int module_add(struct dl_phdr_info *info, size_t size, void *unused)
{
	const char *slash = strrchr(info->dlpi_name, '/');

	(void)size;
	(void)unused;
	for (int i = 0; i < info->dlpi_phnum && module_count < MODULES; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		struct shim_module *m = &module[module_count];

		if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
			continue;
		m->base = info->dlpi_addr;
		m->begin = info->dlpi_addr + part->p_vaddr;
		m->end = m->begin + part->p_memsz;
		m->name = slash ? slash + 1 : info->dlpi_name;
		m->name_hash = 0;
		for (const char *at = m->name; *at; at++)
			m->name_hash = mix(m->name_hash, (unsigned char)*at);
		module_count++;
	}
	return 0;
}

/* Frames of this library and of the signal are left out. */
static uint64_t where(long number, uintptr_t *ret_frame, int *ret_frames)
{
	void *address[SHIM_FRAMES + 8];
	int count = backtrace(address, SHIM_FRAMES + 8), used = 0;
	int most = number == MEMORY_NUMBER ? MEMORY_FRAMES : SHIM_FRAMES;
	uint64_t key = mix(0x5eed, (uint64_t)number);
	const struct shim_module *self = shim_module_of((uintptr_t)shim_stub_begin);

	for (int i = 0; i < count && used < most; i++) {
		uintptr_t at = (uintptr_t)address[i];
		const struct shim_module *m = shim_module_of(at);

		if (m && m == self)
			continue;
		key = mix(key, m ? mix(m->name_hash, at - m->base) : 1);
		ret_frame[used++] = at;
	}
	*ret_frames = used;
	return key ? key : 1;
}

struct shim_site *shim_site_of(long number)
{
	uintptr_t frame[SHIM_FRAMES];
	int frames = 0;
	uint64_t key = where(number, frame, &frames);

	for (size_t i = key % SITES, tries = 0; tries < SITES;
		tries++, i = (i + 1) % SITES) {
		struct shim_site *site = &sites[i];

		if (site->key == key)
			return site;
		if (site->key)
			continue;
		site->key = key;
		site->number = number;
		site->frames = frames;
		memcpy(site->frame, frame, sizeof(frame[0]) * (size_t)frames);
		return site;
	}
	return NULL;
}

int shim_sites_begin(void)
{
	dl_iterate_phdr(module_add, NULL);
	sites = mmap(NULL, SITES * sizeof(*sites), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return sites == MAP_FAILED ? -1 : 0;
}

static void print_site(int fd, const char *kind, const struct shim_site *site)
{
	char line[2048];
	int used = snprintf(line, sizeof(line), "%s %s %ld %016llx %lu",
		program_invocation_short_name, kind, site->number,
		(unsigned long long)site->key, site->calls);

	for (int i = 0; i < site->frames && used < (int)sizeof(line) - 100; i++) {
		const struct shim_module *m = shim_module_of(site->frame[i]);

		used += snprintf(line + used, sizeof(line) - (size_t)used, " %s+%lx",
			m && m->name[0] ? m->name : "-",
			site->frame[i] - (m ? m->base : 0));
	}
	line[used++] = '\n';
	shim_raw(SYS_write, fd, (long)line, used, 0, 0, 0);
}

void shim_sites_print(int fd, const char *kind)
{
	for (size_t i = 0; i < SITES; i++)
		if (sites[i].key)
			print_site(fd, kind, &sites[i]);
}
