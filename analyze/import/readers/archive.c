#include "analyze/import/readers/archive.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include <zip.h>

#define ARCHIVE_FREE_BYTES ((uint64_t)64 << 20)

struct archive {
	const char *path; /* borrowed */
	char *packed;
	zip_t *zip;
	size_t count;
};

struct archive_member {
	zip_file_t *file;
	const char *name; /* borrowed: of the archive */
	uint64_t allowed, done;
};

/* All of it in memory, which needs no file that is opened. */
static int open_packed(struct archive *archive, struct bytes *bytes, struct err *err)
{
	size_t length = 0;
	zip_error_t problem;
	zip_source_t *source;
	int r = bytes_slurp(bytes, ARCHIVE_BYTES_MAX, &archive->packed, &length, err);

	if (r < 0)
		return r;
	zip_error_init(&problem);
	source = zip_source_buffer_create(archive->packed, length, 0, &problem);
	if (source)
		archive->zip = zip_open_from_source(source, ZIP_RDONLY, &problem);
	if (!archive->zip) {
		r = err_set(err, -EINVAL, "%s: cannot read it as a ZIP archive: %s",
			archive->path, zip_error_strerror(&problem));
		zip_source_free(source);
	}
	zip_error_fini(&problem);
	return r;
}

int archive_open(struct bytes *bytes, struct archive **ret_archive, struct err *err)
{
	struct archive *archive = calloc(1, sizeof(*archive));
	zip_int64_t count;
	int r;

	if (!archive)
		return err_oom(err);
	archive->path = bytes_name(bytes);
	r = open_packed(archive, bytes, err);
	if (r < 0) {
		archive_close(archive);
		return r;
	}
	count = zip_get_num_entries(archive->zip, 0);
	if (count < 0 || count > ARCHIVE_MEMBERS_MAX) {
		archive_close(archive);
		return err_set(err, -EFBIG,
			"%s: expected at most %d members, found more",
			bytes_name(bytes), ARCHIVE_MEMBERS_MAX);
	}
	archive->count = (size_t)count;
	*ret_archive = archive;
	return 0;
}

void archive_close(struct archive *archive)
{
	if (!archive)
		return;
	if (archive->zip)
		zip_discard(archive->zip);
	free(archive->packed);
	free(archive);
}

static const char *archive_name(const struct archive *archive, size_t number)
{
	return number < archive->count ? zip_get_name(archive->zip, number, 0) : NULL;
}

long archive_find(const struct archive *archive, const char *name)
{
	for (size_t i = 0; i < archive->count; i++) {
		const char *member = archive_name(archive, i);

		if (member && !strcasecmp(member, name))
			return (long)i;
	}
	return -1;
}

static int member_read(
	void *data, char *to, size_t size, size_t *ret_got, struct err *err)
{
	struct archive_member *member = data;
	zip_int64_t got = zip_fread(member->file, to, size);

	if (got < 0)
		return err_set(err, -EINVAL, "%s: the member is damaged", member->name);
	member->done += (uint64_t)got;
	if (member->done > member->allowed)
		return err_set(err, -EFBIG,
			"%s: expected at most %d times its packed length, found more",
			member->name, ARCHIVE_RATIO_MAX);
	*ret_got = (size_t)got;
	return 0;
}

static void member_close(void *data)
{
	struct archive_member *member = data;

	zip_fclose(member->file);
	free(member);
}

static const struct bytes_origin member_origin = { .read = member_read,
	.close = member_close };

int archive_member(struct archive *archive, size_t number, struct bytes **ret_bytes,
	struct err *err)
{
	struct archive_member *member = calloc(1, sizeof(*member));
	zip_stat_t info;

	if (!member)
		return err_oom(err);
	zip_stat_init(&info);
	member->name = archive_name(archive, number);
	if (zip_stat_index(archive->zip, number, 0, &info) == 0)
		member->file = zip_fopen_index(archive->zip, number, 0);
	if (!member->name || !member->file) {
		err_put(err, "%s: member %zu cannot be read: %s", archive->path, number,
			zip_strerror(archive->zip));
		free(member);
		return -EINVAL;
	}
	member->allowed = ARCHIVE_FREE_BYTES + info.comp_size * ARCHIVE_RATIO_MAX;
	return bytes_of(member->name, &member_origin, member, ret_bytes, err);
}
