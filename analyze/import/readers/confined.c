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

	confine_abort(source->child);
	free(source);
}

static int confined_source_fd(const void *data)
{
	const struct confined_source *source = data;

	return source->child ? confine_fd(source->child) : -1;
}

static const struct bytes_origin confined_origin = { confined_source_read,
	confined_source_close, confined_source_fd };

static int source_of_child(const struct confine_options *options,
	struct confined *child, struct bytes **ret_bytes, struct err *err)
{
	struct confined_source *source = malloc(sizeof(*source));

	if (!source) {
		confine_abort(child);
		return err_oom(err);
	}
	source->child = child;
	return bytes_of(options->what, &confined_origin, source, ret_bytes, err);
}

int confined_open(const struct confine_options *options, confine_work *work,
	void *context, struct bytes **ret_bytes, struct err *err)
{
	struct confined *child = NULL;
	int r = confine_start(options, work, context, &child, err);

	return r < 0 ? r : source_of_child(options, child, ret_bytes, err);
}

int confined_program(const struct confine_options *options, char *const *argv,
	struct bytes **ret_bytes, struct err *err)
{
	struct confined *child = NULL;
	int r = confine_program(options, argv, &child, err);

	return r < 0 ? r : source_of_child(options, child, ret_bytes, err);
}
