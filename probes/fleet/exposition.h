/*
 * What an exporter says of its machine (node_exporter, also before 0.16, and
 * windows_exporter), as the texts that the probes of host/ read: so that rates, resets,
 * which devices count and what is a demand are the same for every machine.
 *
 * Format: the Prometheus text exposition, https://prometheus.io/docs/instrumenting/.
 * Seconds become ticks of 1/100 s, bytes sectors of 512, as the kernel counts them; what
 * the exporter does not say is not there.  Pure: text in, texts out.
 */
#ifndef PROBES_FLEET_EXPOSITION_H
#define PROBES_FLEET_EXPOSITION_H

#include "common/err.h"
#include "common/strbuf.h"

#include <stddef.h>
#include <stdint.h>

#define EXPOSITION_BYTES_MAX ((size_t)16 << 20)
#define EXPOSITION_CPUS_MAX 1024
#define EXPOSITION_DEVICES_MAX 1024 /* of each kind */
#define EXPOSITION_NAME_BYTES 64

enum exposition_text {
	EXPOSITION_STAT,    /* proc/stat */
	EXPOSITION_MEMINFO, /* proc/meminfo */
	EXPOSITION_NET,     /* proc/net/dev */
	EXPOSITION_DISKS,   /* proc/diskstats */
	EXPOSITION_CPUINFO, /* proc/cpuinfo */
	EXPOSITION_TEXT_COUNT
};

/* "proc/stat" ... */
extern const char *const exposition_path[EXPOSITION_TEXT_COUNT];

struct exposition; /* opaque; about 1 MB, used again for every machine */

/* NULL when out of memory. */
struct exposition *exposition_new(void);
void exposition_free(struct exposition *exposition); /* NULL is a no-op */

/*
 * exposition_parse - take one answer
 *
 * Unknown families and lines that are none are passed over.  Returns 0, -EFBIG over
 * EXPOSITION_BYTES_MAX, -ENODATA where nothing in it is of a machine.
 */
int exposition_parse(struct exposition *exposition, const char *text, size_t length,
	struct err *err);

/* When the machine booted, Unix seconds; 0: it does not say. */
int64_t exposition_booted_at(const struct exposition *exposition);

/* One of the texts; empty where the exporter says nothing of it. */
void exposition_print(const struct exposition *exposition, enum exposition_text which,
	struct strbuf *out);

#endif
