/* `analyze inventory --here`: facts of this machine, as collectord reads them. */
#include "analyze/inventory/inventory_load.h"

#include "analyze/console/child.h"
#include "common/parse.h"
#include "common/strbuf.h"
#include "common/units.h"
#include "common/util.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INVENTORY_CEILING ((size_t)1 << 20)

/* What a line "key=value" of collectord --print-inventory says, as a fact. */
static const struct {
	const char *key;
	enum fact_id fact;
} plain[] = {
	{ "cpu.physical_cores", FACT_CPU_CORES },
	{ "cpu.nominal_mhz", FACT_CPU_CORE_MHZ },
	{ "cpu.model", FACT_CPU_MODEL },
	{ "memory.bytes", FACT_MEMORY_TOTAL_BYTES },
	{ "os.name", FACT_OS },
};

static const struct {
	const char *key, *value; /* the value begins so */
	const char *word;        /* "fact=value" */
} words[] = {
	{ "architecture", "x86_64", "os_bits=64" },
	{ "architecture", "aarch64", "os_bits=64" },
	{ "architecture", "i686", "os_bits=32" },
	{ "machine.virtualisation", "none", "machine=physical" },
	{ "machine.virtualisation", "kvm", "machine=kvm" },
	{ "machine.virtualisation", "vmware", "machine=vmware" },
	{ "machine.virtualisation", "xen", "machine=xen" },
	{ "machine.virtualisation", "microsoft", "machine=hyper-v" },
};

static int add_plain(struct stated_list *list, const char *key, const char *value)
{
	struct err ignored = ERR_INIT;
	char word[FACT_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		if (strcmp(plain[i].key, key) != 0)
			continue;
		(void)snprintf(word, sizeof(word), "%s=%s",
			fact_table[plain[i].fact].key, value);
		/* what the kernel calls unknown is no fact */
		if (stated_add_word(list, word, &ignored) == -ENOMEM)
			return -ENOMEM;
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(words[i].key, key) == 0 &&
			strncmp(value, words[i].value, strlen(words[i].value)) == 0 &&
			stated_add_word(list, words[i].word, &ignored) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

/* "disk.sda.size_bytes=1000" of a disk that is counted: "sda:0.93,..." */
static void add_disk(
	struct strbuf *disks, const char *all, const char *key, const char *value)
{
	const char *name = key + 5, *dot = strrchr(key, '.');
	char counted[300];
	double bytes;

	if (strncmp(key, "disk.", 5) != 0 || !dot || dot <= name ||
		strcmp(dot, ".size_bytes") != 0 ||
		parse_double(value, strlen(value), &bytes) < 0)
		return;
	(void)snprintf(counted, sizeof(counted), "\ndisk.%.*s.counted=1\n",
		(int)(dot - name), name);
	if (!strstr(all, counted))
		return;
	strbuf_addf(disks, "%s%.*s:%.17g", disks->length ? "," : "", (int)(dot - name),
		name, bytes / BYTES_PER_GB);
}

static int read_lines(const char *all, struct stated_list *list, struct err *err)
{
	struct strbuf disks;
	unsigned adapters = 0;
	char word[FACT_TEXT_MAX * 2], key[300], value[FACT_TEXT_MAX / 2];
	int r = 0;

	strbuf_init(&disks, FACT_TEXT_MAX);
	for (const char *line = all; r == 0 && line && *line;
		line = strchr(line, '\n')) {
		const char *equals, *end;

		line += *line == '\n';
		equals = strchr(line, '=');
		end = line + strcspn(line, "\n");
		if (!equals || equals > end || equals - line >= (long)sizeof(key) ||
			end - equals >= (long)sizeof(value))
			continue;
		(void)snprintf(key, sizeof(key), "%.*s", (int)(equals - line), line);
		(void)snprintf(value, sizeof(value), "%.*s", (int)(end - equals - 1),
			equals + 1);
		r = add_plain(list, key, value);
		add_disk(&disks, all, key, value);
		adapters += strncmp(key, "nic.", 4) == 0 && strcmp(value, "1") == 0 &&
			strstr(key, ".counted") != NULL;
	}
	if (r == 0 && disks.length > 0) {
		(void)snprintf(word, sizeof(word), "disks=%s", strbuf_text(&disks));
		r = stated_add_word(list, word, err);
	}
	if (r == 0) {
		(void)snprintf(word, sizeof(word), "adapters=%u", adapters);
		r = stated_add_word(list, word, err);
	}
	strbuf_done(&disks);
	return r;
}

int inventory_here(const char *program_dir, struct stated_list *list, struct err *err)
{
	static char option[] = "--print-inventory";
	char program[PATH_MAX + 16];
	char *argv[] = { program, option, NULL };
	struct strbuf text;
	int code = -1, r;

	(void)snprintf(program, sizeof(program), "%s/collectord", program_dir);
	strbuf_init(&text, INVENTORY_CEILING);
	r = child_read(argv, &text, &code, err);
	if (r == 0 && code != 0)
		r = err_set(
			err, -EIO, "%s %s ended with code %d", program, option, code);
	if (r == 0)
		r = read_lines(strbuf_text(&text), list, err);
	strbuf_done(&text);
	return r;
}
