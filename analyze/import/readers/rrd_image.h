/*
 * A whole RRD file of any machine in memory: the binary layouts of 64-bit and of 32-bit
 * machines in both byte orders, versions 1 to 5 (rrd_image_parse), and the XML of
 * `rrdtool dump` (rrd_image_parse_xml).  librrd is not needed, and nothing is believed
 * before it was compared with the length of the file.
 *
 * The layouts differ in two numbers alone, the bytes of a long and the bytes that a double
 * is aligned to: 8, 8 (x86-64, ARM64); 4, 4 (i386); 4, 8 (32-bit ARM, PowerPC).
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_READERS_RRD_IMAGE_H
#define ANALYZE_IMPORT_READERS_RRD_IMAGE_H

#include "analyze/import/readers/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RRD_IMAGE_BYTES_MAX ((size_t)48 << 20)
#define RRD_IMAGE_SOURCES_MAX 1024
#define RRD_IMAGE_ARCHIVES_MAX 256
#define RRD_IMAGE_NAME_SIZE 20

enum rrd_image_cf { RRD_IMAGE_AVERAGE, RRD_IMAGE_MIN, RRD_IMAGE_MAX, RRD_IMAGE_OTHER };

struct rrd_image_archive {
	enum rrd_image_cf cf;
	uint32_t step_s; /* of a row */
	uint32_t rows;
	uint32_t oldest; /* index of the oldest row in the ring */
	int64_t first;   /* stamp of the oldest row: the end of its slot */
	size_t offset;   /* of row 0 in the bytes */
};

struct rrd_image {
	uint32_t step_s;
	int64_t last_update;
	char (*source)[RRD_IMAGE_NAME_SIZE];
	uint32_t sources;
	struct rrd_image_archive *archive;
	uint32_t archives;
	const char *layout; /* "64-bit", "32-bit", "XML"; constant */
	bool is_swapped;    /* doubles stand in the other byte order */
	char *bytes;        /* owned */
	size_t length;
};

/* By the first bytes of a file. */
bool rrd_image_is_binary(const char *head, size_t length);
bool rrd_image_is_xml(const char *head, size_t length);

/* All that is left of a source; -EINVAL with the text set for what is no RRD. */
int rrd_image_read(struct bytes *bytes, struct rrd_image *ret_image, struct err *err);
void rrd_image_done(struct rrd_image *image);

/* bytes: of the heap; they are the image's from here on, whatever is returned. */
int rrd_image_parse(const char *name, char *bytes, size_t length,
	struct rrd_image *ret_image, struct err *err);
int rrd_image_parse_xml(
	struct bytes *bytes, struct rrd_image *ret_image, struct err *err);

/* Row 0 is the oldest one. */
double rrd_image_value(const struct rrd_image *image,
	const struct rrd_image_archive *archive, uint32_t row, uint32_t source);

/* Index of a data source; -1: there is none of this name. */
int rrd_image_find(const struct rrd_image *image, const char *name);

/* "AVERAGE", "MIN", "MAX"; RRD_IMAGE_OTHER for all others. */
enum rrd_image_cf rrd_image_cf_of(const char *name);
/* Times from the last update; -EINVAL without a text for what cannot be. */
int rrd_image_set_times(
	struct rrd_image *image, struct rrd_image_archive *archive, uint64_t pdp);

#endif
