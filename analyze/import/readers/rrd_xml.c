/* The XML of `rrdtool dump`: the same image as the file itself (rrd_image.h).  The time of
 * a row stands in comments alone: it follows from the last update and the steps. */
#include "analyze/import/readers/rrd_image.h"
#include "analyze/import/readers/xml.h"
#include "common/array.h"
#include "common/parse.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WORD_SIZE 64

enum dump_place { DUMP_TOP, DUMP_DS, DUMP_RRA, DUMP_DATABASE };

struct dump {
	struct rrd_image image;
	enum dump_place place;
	unsigned depth; /* below the element of the place */
	char word[WORD_SIZE];
	size_t letters;
	bool is_long;      /* the word was cut */
	uint32_t values;   /* of the row so far */
	uint64_t pdp;      /* of the archive */
	size_t used, room; /* doubles */
	double *value;
};

static int dump_begin(
	void *data, const char *name, const char *const *attributes, struct err *err)
{
	struct dump *dump = data;
	struct rrd_image *image = &dump->image;

	(void)attributes;
	dump->letters = 0;
	dump->is_long = false;
	if (dump->place == DUMP_TOP && !strcmp(name, "ds")) {
		if (image->sources == RRD_IMAGE_SOURCES_MAX || image->archives)
			return err_set(err, -EINVAL,
				"expected at most %d data sources, before the archives",
				RRD_IMAGE_SOURCES_MAX);
		if (ARRAY_EXTEND(image->source, image->sources) < 0)
			return err_oom(err);
		image->source[image->sources++][0] = '\0';
		dump->place = DUMP_DS;
	} else if (dump->place == DUMP_TOP && !strcmp(name, "rra")) {
		if (image->archives == RRD_IMAGE_ARCHIVES_MAX || !image->sources)
			return err_set(err, -EINVAL,
				"expected at most %d archives, behind the data sources",
				RRD_IMAGE_ARCHIVES_MAX);
		if (ARRAY_EXTEND(image->archive, image->archives) < 0)
			return err_oom(err);
		image->archive[image->archives++] = (struct rrd_image_archive){
			.cf = RRD_IMAGE_OTHER,
			.offset = dump->used * sizeof(double),
		};
		dump->pdp = 0;
		dump->place = DUMP_RRA;
	} else if (dump->place == DUMP_RRA && !strcmp(name, "database")) {
		dump->place = DUMP_DATABASE;
	} else if (dump->place == DUMP_DATABASE && !strcmp(name, "row")) {
		dump->values = 0;
	}
	return 0;
}

static int dump_text(void *data, const char *text, size_t length, struct err *err)
{
	struct dump *dump = data;

	(void)err;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' ||
			text[i] == '\r')
			continue;
		if (dump->letters + 1 >= WORD_SIZE)
			dump->is_long = true;
		else
			dump->word[dump->letters++] = text[i];
	}
	dump->word[dump->letters] = '\0';
	return 0;
}

static int take_dump_count(struct dump *dump, const char *name, uint64_t ceiling,
	uint64_t *ret_count, struct err *err)
{
	if (dump->is_long || parse_u64(dump->word, dump->letters, ret_count) < 0 ||
		*ret_count == 0 || *ret_count > ceiling)
		return err_set(err, -EINVAL,
			"field %s: expected a whole number from 1 on", name);
	return 0;
}

static int take_dump_value(struct dump *dump, struct err *err)
{
	double value;

	if (!strcasecmp(dump->word, "nan") || !strcasecmp(dump->word, "-nan"))
		value = NAN;
	else if (dump->is_long || parse_double(dump->word, dump->letters, &value) < 0)
		return err_set(err, -EINVAL, "field v: expected a number or NaN");
	if ((dump->used + 1) * sizeof(double) > RRD_IMAGE_BYTES_MAX)
		return err_set(err, -EFBIG, "expected at most %zu values, found more",
			RRD_IMAGE_BYTES_MAX / sizeof(double));
	if (ARRAY_RESERVE(dump->value, dump->room, dump->used + 1) < 0)
		return err_oom(err);
	dump->value[dump->used++] = value;
	dump->values++;
	return 0;
}

static int end_of_top(struct dump *dump, const char *name, struct err *err)
{
	uint64_t count = 0;
	int r = 0;

	if (!strcmp(name, "step")) {
		r = take_dump_count(dump, name, UINT32_MAX, &count, err);
		dump->image.step_s = (uint32_t)count;
	} else if (!strcmp(name, "lastupdate")) {
		r = take_dump_count(dump, name, 4102444800, &count, err);
		dump->image.last_update = (int64_t)count;
	}
	return r;
}

static int end_of_archive(struct dump *dump, struct err *err)
{
	struct rrd_image *image = &dump->image;

	dump->place = DUMP_TOP;
	if (rrd_image_set_times(
		    image, &image->archive[image->archives - 1], dump->pdp) < 0)
		return err_set(err, -EINVAL,
			"expected step, lastupdate, pdp_per_row and rows of each archive");
	return 0;
}

static int end_in_archive(struct dump *dump, const char *name, struct err *err)
{
	struct rrd_image_archive *archive =
		&dump->image.archive[dump->image.archives - 1];

	if (!strcmp(name, "rra"))
		return end_of_archive(dump, err);
	if (!strcmp(name, "cf") && dump->letters)
		archive->cf = rrd_image_cf_of(dump->word);
	else if (!strcmp(name, "pdp_per_row"))
		return take_dump_count(dump, name, UINT32_MAX, &dump->pdp, err);
	return 0;
}

static int end_in_database(struct dump *dump, const char *name, struct err *err)
{
	if (!strcmp(name, "v"))
		return take_dump_value(dump, err);
	if (!strcmp(name, "database"))
		dump->place = DUMP_RRA;
	if (strcmp(name, "row") != 0)
		return 0;
	if (dump->values != dump->image.sources)
		return err_set(err, -EINVAL, "expected %u values in a row, found %u",
			dump->image.sources, dump->values);
	dump->image.archive[dump->image.archives - 1].rows++;
	return 0;
}

static int dump_end(void *data, const char *name, struct err *err)
{
	struct dump *dump = data;
	struct rrd_image *image = &dump->image;

	switch (dump->place) {
	case DUMP_TOP:
		return end_of_top(dump, name, err);
	case DUMP_DS:
		if (!strcmp(name, "name") && dump->letters < RRD_IMAGE_NAME_SIZE)
			memcpy(image->source[image->sources - 1], dump->word,
				dump->letters + 1);
		if (!strcmp(name, "ds"))
			dump->place = DUMP_TOP;
		return 0;
	case DUMP_RRA:
		return end_in_archive(dump, name, err);
	default:
		return end_in_database(dump, name, err);
	}
}

int rrd_image_parse_xml(
	struct bytes *bytes, struct rrd_image *ret_image, struct err *err)
{
	static const struct xml_events events = { dump_begin, dump_end, dump_text };
	struct dump dump = { .image = { .layout = "XML" } };
	int r = xml_read(bytes, &events, &dump, err);

	dump.image.bytes = (char *)dump.value;
	dump.image.length = dump.used * sizeof(double);
	if (r >= 0 && dump.image.archives == 0)
		r = err_set(err, -EINVAL,
			"%s: expected an RRD, found one without archives",
			bytes_name(bytes));
	if (r < 0)
		rrd_image_done(&dump.image);
	else
		*ret_image = dump.image;
	return r;
}
