#include "analyze/import/readers/rrd_image.h"

#include "common/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLOAT_COOKIE 8.642135E130
#define STEP_S_MAX 3200000000u
#define LAST_UPDATE_MAX ((int64_t)4102444800) /* the year 2100 */
#define PARAMETERS 10 /* of a data source, an archive and the header */

struct image_layout {
	const char *name;
	size_t word, align;
};

static const struct image_layout layouts[] = {
	{ "64-bit", 8, 8 },
	{ "32-bit", 4, 4 },
	{ "32-bit", 4, 8 },
};

/* Where the parts of a header lie. */
struct image_places {
	uint64_t cookie, counts, ds_def, rra_def, live_head, pdp_prep, cdp_prep,
		rra_ptr, rows;
	uint64_t ds_def_bytes, rra_def_bytes, rra_counts;
};

struct image_header {
	const char *bytes;
	size_t length;
	const struct image_layout *layout;
	bool is_swapped;
	uint64_t sources, archives, step_s;
	struct image_places at;
};

static uint64_t align_to(uint64_t offset, size_t align)
{
	return (offset + align - 1) / align * align;
}

/* The longs of another machine. */
static uint64_t image_word_at(const struct image_header *header, uint64_t offset)
{
	size_t width = header->layout->word;
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++) {
		size_t byte = header->is_swapped ? i : width - 1 - i;

		value = value << 8 | (unsigned char)header->bytes[offset + byte];
	}
	return value;
}

static double double_at(const char *bytes, bool is_swapped)
{
	char turned[sizeof(double)];
	double value;

	for (size_t i = 0; i < sizeof(turned); i++)
		turned[i] = bytes[is_swapped ? sizeof(turned) - 1 - i : i];
	memcpy(&value, turned, sizeof(value));
	return value;
}

static void find_image_places(struct image_header *header, unsigned version)
{
	const size_t word = header->layout->word, align = header->layout->align;
	const uint64_t parameters = PARAMETERS * sizeof(double);
	struct image_places *at = &header->at;

	at->ds_def = align_to(at->counts + 3 * word, align) + parameters;
	at->ds_def_bytes = 2 * RRD_IMAGE_NAME_SIZE + parameters;
	at->rra_counts = align_to(RRD_IMAGE_NAME_SIZE, word);
	at->rra_def_bytes = align_to(at->rra_counts + 2 * word, align) + parameters;
	at->rra_def = at->ds_def + header->sources * at->ds_def_bytes;
	at->live_head = at->rra_def + header->archives * at->rra_def_bytes;
	at->pdp_prep = align_to(at->live_head + (version >= 3 ? 2 : 1) * word, word);
	at->cdp_prep =
		at->pdp_prep + header->sources * (align_to(30, align) + parameters);
	at->rra_ptr = at->cdp_prep + header->sources * header->archives * parameters;
	at->rows = at->rra_ptr + header->archives * word;
}

/* Sums up what the archives claim; 0 where it is more than the file has. */
static uint64_t claimed_bytes(const struct image_header *header)
{
	uint64_t bytes = header->at.rows;

	for (uint64_t i = 0; i < header->archives; i++) {
		uint64_t rows = image_word_at(header,
			header->at.rra_def + i * header->at.rra_def_bytes +
				header->at.rra_counts);

		if (rows == 0 || rows > header->length)
			return 0;
		bytes += rows * header->sources * sizeof(double);
		if (bytes > header->length)
			return 0;
	}
	return bytes;
}

/* Does all of the file fit to this layout? */
static bool fits_layout(struct image_header *header, unsigned version)
{
	const size_t word = header->layout->word;
	uint64_t claimed;

	header->at.cookie = align_to(9, header->layout->align);
	header->at.counts = header->at.cookie + sizeof(double);
	if (header->at.counts + 3 * word > header->length ||
		/* bit for bit, as rrdtool compares them */
		double_at(header->bytes + header->at.cookie, header->is_swapped) !=
			FLOAT_COOKIE)
		return false;
	header->sources = image_word_at(header, header->at.counts);
	header->archives = image_word_at(header, header->at.counts + word);
	header->step_s = image_word_at(header, header->at.counts + 2 * word);
	if (header->sources == 0 || header->sources > RRD_IMAGE_SOURCES_MAX ||
		header->archives == 0 || header->archives > RRD_IMAGE_ARCHIVES_MAX ||
		header->step_s == 0 || header->step_s > STEP_S_MAX)
		return false;
	find_image_places(header, version);
	if (header->at.rows > header->length)
		return false;
	claimed = claimed_bytes(header);
	/* what is written in whole words may end with a few bytes of padding */
	return claimed > 0 && header->length - claimed < sizeof(double);
}

static bool find_image_layout(struct image_header *header, unsigned version)
{
	for (size_t i = 0; i < 2 * ARRAY_LEN(layouts); i++) {
		header->layout = &layouts[i / 2];
		header->is_swapped = i % 2 == 1;
		if (fits_layout(header, version))
			return true;
	}
	return false;
}

enum rrd_image_cf rrd_image_cf_of(const char *name)
{
	static const char *const names[] = { "AVERAGE", "MIN", "MAX" };

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		if (!strcmp(names[i], name))
			return (enum rrd_image_cf)i;
	}
	return RRD_IMAGE_OTHER;
}

int rrd_image_set_times(
	struct rrd_image *image, struct rrd_image_archive *archive, uint64_t pdp)
{
	uint64_t step_s = pdp <= STEP_S_MAX ? pdp * image->step_s : 0;
	int64_t newest;

	if (step_s == 0 || step_s > STEP_S_MAX || archive->rows == 0)
		return -EINVAL;
	archive->step_s = (uint32_t)step_s;
	newest = image->last_update - image->last_update % (int64_t)step_s;
	archive->first = newest - (int64_t)(archive->rows - 1) * (int64_t)step_s;
	return 0;
}

static bool copy_image_name(char to[RRD_IMAGE_NAME_SIZE], const char *from)
{
	size_t length = strnlen(from, RRD_IMAGE_NAME_SIZE);

	for (size_t i = 0; i < length; i++) {
		if (from[i] <= ' ' || from[i] > '~')
			return false;
	}
	if (length == 0 || length == RRD_IMAGE_NAME_SIZE)
		return false;
	memcpy(to, from, length + 1);
	return true;
}

static int refuse_image(const char *name, const char *what, struct err *err)
{
	return err_set(err, -EINVAL, "%s: expected an RRD file, found one whose %s",
		name, what);
}

static int take_archives(struct rrd_image *image, const struct image_header *header,
	const char *name, struct err *err)
{
	uint64_t offset = header->at.rows;

	for (uint32_t i = 0; i < image->archives; i++) {
		struct rrd_image_archive *archive = &image->archive[i];
		uint64_t def = header->at.rra_def + i * header->at.rra_def_bytes;
		uint64_t counts = def + header->at.rra_counts;
		uint64_t newest = image_word_at(
			header, header->at.rra_ptr + i * header->layout->word);
		char cf[RRD_IMAGE_NAME_SIZE];

		if (!copy_image_name(cf, header->bytes + def))
			return refuse_image(name, "archives are damaged", err);
		archive->cf = rrd_image_cf_of(cf);
		archive->rows = (uint32_t)image_word_at(header, counts);
		archive->offset = offset;
		if (newest >= archive->rows ||
			rrd_image_set_times(image, archive,
				image_word_at(header, counts + header->layout->word)) <
				0)
			return refuse_image(name, "archives are damaged", err);
		archive->oldest = (uint32_t)((newest + 1) % archive->rows);
		offset += (uint64_t)archive->rows * image->sources * sizeof(double);
	}
	return 0;
}

static int take_image_header(struct rrd_image *image, const struct image_header *header,
	const char *name, struct err *err)
{
	image->step_s = (uint32_t)header->step_s;
	image->layout = header->layout->name;
	image->is_swapped = header->is_swapped;
	image->last_update = (int64_t)image_word_at(header, header->at.live_head);
	if (image->last_update < 0 || image->last_update > LAST_UPDATE_MAX)
		return refuse_image(name, "last update cannot be", err);
	image->source = calloc(header->sources, sizeof(*image->source));
	image->archive = calloc(header->archives, sizeof(*image->archive));
	if (!image->source || !image->archive)
		return err_oom(err);
	image->sources = (uint32_t)header->sources;
	image->archives = (uint32_t)header->archives;
	for (uint32_t i = 0; i < image->sources; i++) {
		if (!copy_image_name(image->source[i],
			    header->bytes + header->at.ds_def +
				    i * header->at.ds_def_bytes))
			return refuse_image(name, "data sources are damaged", err);
	}
	return take_archives(image, header, name, err);
}

int rrd_image_parse(const char *name, char *bytes, size_t length,
	struct rrd_image *ret_image, struct err *err)
{
	struct rrd_image image = { .bytes = bytes, .length = length };
	struct image_header header = { .bytes = bytes, .length = length };
	unsigned version = 0;
	int r = 0;

	if (!rrd_image_is_binary(bytes, length))
		r = err_set(err, -EINVAL, "%s: expected an RRD file, found none", name);
	else
		version = (unsigned)(bytes[7] - '0');
	if (r >= 0 && !find_image_layout(&header, version))
		r = refuse_image(name,
			"length fits no layout that we know: is it cut or damaged?",
			err);
	if (r >= 0)
		r = take_image_header(&image, &header, name, err);
	if (r < 0)
		rrd_image_done(&image);
	else
		*ret_image = image;
	return r;
}

void rrd_image_done(struct rrd_image *image)
{
	free(image->source);
	free(image->archive);
	free(image->bytes);
	*image = (struct rrd_image){ .sources = 0 };
}

bool rrd_image_is_binary(const char *head, size_t length)
{
	return length > 9 &&
		!memcmp(head,
			"RRD\0"
			"000",
			7) &&
		head[7] >= '1' && head[7] <= '5' && head[8] == '\0';
}

bool rrd_image_is_xml(const char *head, size_t length)
{
	size_t looked = length < 1024 ? length : 1024;

	return looked > 5 && head[0] == '<' && memmem(head, looked, "<rrd>", 5);
}

int rrd_image_read(struct bytes *bytes, struct rrd_image *ret_image, struct err *err)
{
	const char *head = NULL;
	char *all = NULL;
	size_t length = 0;
	int r = bytes_head(bytes, &head, &length, err);

	if (r >= 0 && rrd_image_is_xml(head, length))
		return rrd_image_parse_xml(bytes, ret_image, err);
	if (r >= 0)
		r = bytes_slurp(bytes, RRD_IMAGE_BYTES_MAX, &all, &length, err);
	return r < 0 ? r
		     : rrd_image_parse(bytes_name(bytes), all, length, ret_image, err);
}

double rrd_image_value(const struct rrd_image *image,
	const struct rrd_image_archive *archive, uint32_t row, uint32_t source)
{
	uint64_t at = ((uint64_t)archive->oldest + row) % archive->rows;

	return double_at(image->bytes + archive->offset +
			(at * image->sources + source) * sizeof(double),
		image->is_swapped);
}

int rrd_image_find(const struct rrd_image *image, const char *name)
{
	for (uint32_t i = 0; i < image->sources; i++) {
		if (!strcmp(image->source[i], name))
			return (int)i;
	}
	return -1;
}
