#include "analyze/import/readers/bytes.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

/* What was read of a source, by whichever process. */
struct bytes_tally {
	uint64_t count, hash;
};

struct bytes {
	const char *name; /* borrowed */
	const struct bytes_origin *origin;
	void *data;
	XXH3_state_t *hash;
	uint64_t count;
	struct bytes_tally *tally; /* shared with children; NULL: nobody else reads */
	bool is_at_end;
	char *head; /* what was shown and is still to be read; NULL: nothing */
	size_t head_begin, head_end;
};

struct file_origin {
	const char *path;
	int fd;
};

static int file_read(
	void *data, char *to, size_t size, size_t *ret_got, struct err *err)
{
	const struct file_origin *file = data;
	ssize_t got;

	do
		got = read(file->fd, to, size);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_errno(err, "%s: cannot read it", file->path);
	*ret_got = (size_t)got;
	return 0;
}

static void file_close(void *data)
{
	struct file_origin *file = data;

	if (file->fd >= 0)
		close(file->fd);
	free(file);
}

static int file_fd(const void *data)
{
	const struct file_origin *file = data;

	return file->fd;
}

static const struct bytes_origin file_origin = { file_read, file_close, file_fd };

int bytes_open(const char *path, struct bytes **ret_bytes, struct err *err)
{
	struct file_origin *file = malloc(sizeof(*file));
	struct stat info;
	int r;

	if (!file)
		return err_oom(err);
	*file = (struct file_origin){ path, open(path, O_RDONLY | O_CLOEXEC) };
	if (file->fd < 0 || fstat(file->fd, &info) < 0) {
		r = err_errno(err, "%s: cannot read it", path);
		file_close(file);
		return r;
	}
	if (S_ISDIR(info.st_mode)) {
		file_close(file);
		return err_set(
			err, -EISDIR, "%s: expected a file, found a directory", path);
	}
	posix_fadvise(file->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return bytes_of(path, &file_origin, file, ret_bytes, err);
}

int bytes_of(const char *name, const struct bytes_origin *origin, void *data,
	struct bytes **ret_bytes, struct err *err)
{
	struct bytes *bytes = calloc(1, sizeof(*bytes));
	XXH3_state_t *hash = bytes ? XXH3_createState() : NULL;

	if (!hash) {
		if (origin->close)
			origin->close(data);
		free(bytes);
		return err_oom(err);
	}
	XXH3_64bits_reset(hash);
	*bytes = (struct bytes){
		.name = name, .origin = origin, .data = data, .hash = hash
	};
	*ret_bytes = bytes;
	return 0;
}

struct text_origin {
	const char *at;
	size_t left;
};

static int text_origin_read(
	void *data, char *to, size_t size, size_t *ret_got, struct err *err)
{
	struct text_origin *text = data;
	size_t got = size < text->left ? size : text->left;

	(void)err;
	if (got > 0)
		memcpy(to, text->at, got);
	text->at += got;
	text->left -= got;
	*ret_got = got;
	return 0;
}

int bytes_of_text(
	const char *text, size_t length, struct bytes **ret_bytes, struct err *err)
{
	static const struct bytes_origin origin = { text_origin_read, free, NULL };
	struct text_origin *data = malloc(sizeof(*data));

	if (!data)
		return err_oom(err);
	*data = (struct text_origin){ text, length };
	return bytes_of("a text", &origin, data, ret_bytes, err);
}

void bytes_close(struct bytes *bytes)
{
	if (!bytes)
		return;
	if (bytes->origin->close)
		bytes->origin->close(bytes->data);
	if (bytes->tally)
		munmap(bytes->tally, sizeof(*bytes->tally));
	XXH3_freeState(bytes->hash);
	free(bytes->head);
	free(bytes);
}

static int read_origin(
	struct bytes *bytes, char *to, size_t size, size_t *ret_got, struct err *err)
{
	size_t got = 0;
	int r;

	if (bytes->is_at_end) {
		*ret_got = 0;
		return 0;
	}
	r = bytes->origin->read(bytes->data, to, size, &got, err);
	if (r < 0)
		return r;
	XXH3_64bits_update(bytes->hash, to, got);
	bytes->count += got;
	if (bytes->tally)
		*bytes->tally = (struct bytes_tally){ bytes->count,
			XXH3_64bits_digest(bytes->hash) };
	bytes->is_at_end = got == 0;
	*ret_got = got;
	return 0;
}

int bytes_read(
	struct bytes *bytes, char *to, size_t size, size_t *ret_got, struct err *err)
{
	size_t shown = bytes->head_end - bytes->head_begin;

	if (shown > 0) {
		size_t got = shown < size ? shown : size;

		memcpy(to, bytes->head + bytes->head_begin, got);
		bytes->head_begin += got;
		*ret_got = got;
		return 0;
	}
	if (bytes->head) {
		free(bytes->head);
		bytes->head = NULL;
	}
	return read_origin(bytes, to, size, ret_got, err);
}

int bytes_head(
	struct bytes *bytes, const char **ret_head, size_t *ret_length, struct err *err)
{
	size_t got = 1;
	int r;

	if (!bytes->head) {
		bytes->head = malloc(BYTES_HEAD_MAX);
		if (!bytes->head)
			return err_oom(err);
		bytes->head_begin = bytes->head_end = 0;
	}
	while (got > 0 && bytes->head_end < BYTES_HEAD_MAX) {
		r = read_origin(bytes, bytes->head + bytes->head_end,
			BYTES_HEAD_MAX - bytes->head_end, &got, err);
		if (r < 0)
			return r;
		bytes->head_end += got;
	}
	*ret_head = bytes->head + bytes->head_begin;
	*ret_length = bytes->head_end - bytes->head_begin;
	return 0;
}

const char *bytes_name(const struct bytes *bytes)
{
	return bytes->name;
}

uint64_t bytes_count(const struct bytes *bytes)
{
	return bytes->tally ? bytes->tally->count : bytes->count;
}

uint64_t bytes_hash(const struct bytes *bytes)
{
	return bytes->tally ? bytes->tally->hash : XXH3_64bits_digest(bytes->hash);
}

int bytes_share(struct bytes *bytes, struct err *err)
{
	struct bytes_tally *tally;

	if (bytes->tally)
		return 0;
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED)
		return err_oom(err);
	*tally = (struct bytes_tally){ bytes->count, XXH3_64bits_digest(bytes->hash) };
	bytes->tally = tally;
	return 0;
}

int bytes_fd(const struct bytes *bytes)
{
	return bytes->origin->fd ? bytes->origin->fd(bytes->data) : -1;
}

int bytes_slurp(struct bytes *bytes, size_t ceiling, char **ret_text,
	size_t *ret_length, struct err *err)
{
	size_t room = 0, length = 0, got = 0;
	char *text = NULL;
	int r = 0;

	do {
		if (length + 1 >= room) {
			size_t more = room ? room * 2 : (size_t)16 << 10;
			char *grown = realloc(text, more);

			if (!grown) {
				r = err_oom(err);
				break;
			}
			text = grown;
			room = more;
		}
		r = bytes_read(bytes, text + length, room - 1 - length, &got, err);
		if (r < 0)
			break;
		length += got;
		if (length > ceiling)
			r = err_set(err, -EFBIG,
				"%s: expected at most %zu bytes, found more",
				bytes->name, ceiling);
	} while (r == 0 && got > 0);
	if (r < 0) {
		free(text);
		return r;
	}
	text[length] = '\0';
	*ret_text = text;
	*ret_length = length;
	return 0;
}

int bytes_keep(struct bytes *bytes, uint64_t ceiling, int *ret_fd, struct err *err)
{
	char buffer[65536];
	uint64_t done = 0;
	size_t got = 1;
	int fd = memfd_create("import", 0); /* the child inherits it */
	int r = 0;

	if (fd < 0)
		return err_errno(err, "cannot keep %s for a child", bytes->name);
	while (r >= 0 && got > 0) {
		r = bytes_read(bytes, buffer, sizeof(buffer), &got, err);
		done += got;
		if (r >= 0 && done > ceiling)
			r = err_set(err, -EFBIG, "%s: expected at most %llu MiB",
				bytes->name, (unsigned long long)(ceiling >> 20));
		if (r >= 0)
			r = io_write_full(fd, buffer, got);
	}
	if (r < 0)
		close(fd);
	else
		*ret_fd = fd;
	return r;
}
