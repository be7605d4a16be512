#include "analyze/import/readers/confined.h"

#include <stdlib.h>

struct confined_source {
	struct confined *child; /* NULL: it has ended */
};

static int confined_source_read(
	void *data, char *to, size_t size, size_t *ret_got, struct err *err)
{
	struct confined_source *source = data;
	ssize_t got = source->child ? confine_read(source->child, to, size, err) : 0;
	int r = 0;

	if (got < 0)
		return (int)got;
	if (got == 0 && source->child) {
		r = confine_finish(source->child, err);
		source->child = NULL;
	}
	*ret_got = (size_t)got;
	return r;
}

static void confined_source_close(void *data)
{
	struct confined_source *source = data;

	confine_finish(source->child, NULL);
	free(source);
}

static const struct bytes_origin confined_origin = { confined_source_read,
	confined_source_close };

int confined_open(const struct confine_options *options, confine_work *work,
	void *context, struct bytes **ret_bytes, struct err *err)
{
	struct confined_source *source = calloc(1, sizeof(*source));
	int r;

	if (!source)
		return err_oom(err);
	r = confine_start(options, work, context, &source->child, err);
	if (r < 0) {
		free(source);
		return r;
	}
	return bytes_of(options->what, &confined_origin, source, ret_bytes, err);
}
