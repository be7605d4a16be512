/* A small resident size. */
#include "collectord/link/footprint.h"

#include "common/io.h"
#include "common/strbuf.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SMAPS_BYTES_MAX (1 << 20)
#define OWN_PAGES_BYTES 16384

void footprint_prepare(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, OWN_PAGES_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, OWN_PAGES_BYTES);
	(void)mallopt(M_TOP_PAD, 0);
}

/* "7f00-7f10 r-xp 00000000 08:01 123 /usr/lib/x": a file's, readable, not writable */
static bool take_header(const char *line, uintptr_t *ret_from, uintptr_t *ret_to)
{
	char *end;

	*ret_from = strtoul(line, &end, 16);
	if (*end != '-')
		return false;
	*ret_to = strtoul(end + 1, &end, 16);
	return strncmp(end, " r-", 3) == 0 && end[4] == 'p' && strchr(line, '/');
}

/* Pages that were written to (relocations) would be lost: those mappings stay. */
static void take_smaps(struct footprint *footprint, char *text)
{
	uintptr_t from = 0, to = 0;
	bool is_candidate = false;
	char *next;

	for (char *line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (line[0] < 'A' || line[0] > 'Z') /* no field: a mapping begins */
			is_candidate = take_header(line, &from, &to);
		if (!is_candidate || strncmp(line, "Anonymous:", 10) != 0 ||
			strtoul(line + 10, NULL, 10) != 0 ||
			footprint->count == FOOTPRINT_RANGES_MAX)
			continue;
		footprint->range[footprint->count].from = from;
		footprint->range[footprint->count++].to = to;
	}
}

void footprint_find(struct footprint *footprint)
{
	struct strbuf text;

	footprint->count = 0;
	strbuf_init(&text, SMAPS_BYTES_MAX);
	if (io_read_file(AT_FDCWD, "/proc/self/smaps", &text, NULL) == 0)
		take_smaps(footprint, text.text);
	strbuf_done(&text);
	(void)malloc_trim(0);
}

void footprint_trim(const struct footprint *footprint)
{
	for (size_t i = 0; i < footprint->count; i++)
		(void)madvise((void *)footprint->range[i].from,
			footprint->range[i].to - footprint->range[i].from,
			MADV_DONTNEED);
}

void footprint_shrink(void)
{
	struct footprint footprint;

	footprint_find(&footprint);
	footprint_trim(&footprint);
}
