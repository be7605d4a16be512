/* One file of an import: unpacked, recognised, and read where that is safe. */
#include "analyze/import/import_run.h"
#include "analyze/import/readers/unpack.h"
#include "analyze/import/relay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What a child left unread of another one's answer is passed up to here. */
#define WRITER_REST_MAX ((size_t)64 << 20)

/* What was compressed as a whole is read as what it was. */
static int unpack_source(struct bytes *file, struct bytes **ret_bytes, struct err *err)
{
	const char *head = NULL, *kind;
	size_t length = 0;
	int r;

	*ret_bytes = file;
	r = bytes_head(file, &head, &length, err);
	if (r < 0)
		return r;
	kind = unpack_kind(head, length);
	return kind ? unpack_confined(file, kind, ret_bytes, err) : 0;
}

/* A child read what this process has: how did the one that wrote it end? */
static int ask_writer(struct bytes *bytes, struct err *err)
{
	char rest[4096];
	size_t got = 1;
	int r = 0;

	for (size_t seen = 0; r >= 0 && got > 0 && seen < WRITER_REST_MAX; seen += got)
		r = bytes_read(bytes, rest, sizeof(rest), &got, err);
	return r;
}

/* A form that is complex: in a child that can open nothing.  is_answer: another child
 * writes what it reads. */
static int read_confined(const struct importer *importer,
	const struct import_source *file, bool is_answer, struct import_sink *sink,
	struct err *err)
{
	struct import_prepared prepared = { .zone = NULL };
	struct import_source source = *file;
	struct bytes *printed = NULL;
	struct err ending = ERR_INIT;
	int r = importer->print ? importer->print(file->bytes, &printed, err) : 0;
	int ended = 0;

	if (printed)
		source.bytes = printed;
	if (r >= 0 && importer->prepare)
		r = importer->prepare(&source, &prepared, err);
	source.prepared = &prepared;
	if (r >= 0)
		r = bytes_share(source.bytes, err);
	if (r >= 0) {
		r = relay_read(importer, &source, sink, err);
		if (printed || is_answer)
			ended = ask_writer(source.bytes, &ending);
		/* a text that was cut short is less of a reason than what cut it */
		if (ended == -ECHILD || (ended < 0 && (r >= 0 || r == -EINVAL)))
			r = err_set(err, ended, "%s", ending.text);
		if (ended < 0 && printed)
			r = err_wrap(err, r, "%s", file->path);
	}
	import_prepared_done(&prepared);
	bytes_close(printed);
	return r;
}

static bool was_named(const struct import_request *request, const char *path)
{
	for (size_t i = 0; i < request->path_count; i++) {
		if (!strcmp(request->paths[i], path))
			return true;
	}
	return false;
}

/* The format that was asked for, else the one that knows the file.  A tree holds other
 * files beside those of its tool: they are no fault. */
static int choose_importer(struct import_run *run, struct import_file *file,
	const struct import_source *source, struct err *err)
{
	const struct importer *asked = run->request->importer;
	struct import_head head = { .path = source->path };
	const char *note = NULL;
	int r;

	if (!asked) {
		r = import_recognise(source, &file->importer, &note, err);
		if (r < 0 || !note)
			return r;
		return was_named(run->request, file->path)
			? err_set(err, -EINVAL, "%s: %s", file->path, note)
			: account_warn(&file->account, err, "%s", note);
	}
	if (asked->walks && asked->recognise && !was_named(run->request, file->path)) {
		r = bytes_head(source->bytes, &head.text, &head.length, err);
		if (r < 0 || asked->recognise(&head) == IMPORT_NOT_MINE)
			return r;
	}
	file->importer = asked;
	return 0;
}

static int settle_parts(struct import_sink *sink, struct err *err)
{
	return import_sink_reduce((struct import_run *)sink, 0, err);
}

static int read_origin_of(struct import_run *run, struct import_file *file,
	struct import_sink *sink, struct err *err)
{
	struct import_origin *origin = run->request->origin;
	size_t index = (size_t)(file - run->report->file);
	const struct workload *stored =
		workload_list_find(&run->stored, origin->name(origin, index));

	file->importer = run->request->importer;
	snprintf(file->hash, sizeof(file->hash), "%016x", 0u);
	return origin->read(
		origin, index, stored, sink, settle_parts, &file->bytes, err);
}

/* One file into a sink; a refusal is the file's own. */
int import_read_source(struct import_run *run, struct import_file *file,
	struct import_sink *sink, struct err *err)
{
	struct import_source source = { .path = file->path,
		.options = &run->request->options };
	int r;

	if (run->request->origin)
		return read_origin_of(run, file, sink, err);
	r = bytes_open(file->path, &run->bytes, err);
	if (r < 0)
		return r;
	r = unpack_source(run->bytes, &source.bytes, err);
	if (r >= 0 && !file->importer)
		r = choose_importer(run, file, &source, err);
	if (r >= 0 && file->importer)
		r = file->importer->is_confined
			? read_confined(file->importer, &source,
				  source.bytes != run->bytes, sink, err)
			: file->importer->read(&source, sink, err);
	file->bytes = bytes_count(run->bytes);
	snprintf(file->hash, sizeof(file->hash), "%016" PRIx64, bytes_hash(run->bytes));
	if (source.bytes != run->bytes)
		bytes_close(source.bytes);
	bytes_close(run->bytes);
	run->bytes = NULL;
	return r;
}
