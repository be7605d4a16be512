#include "analyze/import/readers/unpack.h"

#include "analyze/import/readers/confined.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>

#define PACKED_BYTES ((size_t)32 << 10)
#define LZMA_MEMORY_MAX ((uint64_t)80 << 20) /* xz -9 wants 65 MiB */

enum packing { PACKING_GZIP, PACKING_XZ, PACKING_BZIP2 };
static const char *const packing_names[] = { "gzip", "xz", "bzip2" };

struct unpacker {
	struct bytes *inner;
	enum packing packing;
	z_stream zlib;
	lzma_stream lzma;
	bz_stream bzip2;
	bool is_open, is_done; /* the end of a stream was seen, another may follow */
	bool is_at_end;
	size_t begin, end;
	uint64_t out_total;
	char packed[PACKED_BYTES];
};

const char *unpack_kind(const char *head, size_t length)
{
	if (length >= 3 && !memcmp(head, "\x1f\x8b\x08", 3))
		return packing_names[PACKING_GZIP];
	if (length >= 6 &&
		!memcmp(head,
			"\xfd"
			"7zXZ\0",
			6))
		return packing_names[PACKING_XZ];
	if (length >= 10 && !memcmp(head, "BZh", 3) && !memcmp(head + 4, "1AY&SY", 6))
		return packing_names[PACKING_BZIP2];
	return NULL;
}

static void end_stream(struct unpacker *unpacker)
{
	if (!unpacker->is_open)
		return;
	if (unpacker->packing == PACKING_GZIP)
		inflateEnd(&unpacker->zlib);
	else if (unpacker->packing == PACKING_XZ)
		lzma_end(&unpacker->lzma);
	else
		BZ2_bzDecompressEnd(&unpacker->bzip2);
	unpacker->is_open = false;
}

static void unpacker_close(void *data)
{
	end_stream(data);
	free(data);
}

static bool begin_stream(struct unpacker *unpacker)
{
	const lzma_stream fresh = LZMA_STREAM_INIT;

	end_stream(unpacker);
	unpacker->is_done = false;
	if (unpacker->packing == PACKING_GZIP) {
		memset(&unpacker->zlib, 0, sizeof(unpacker->zlib));
		unpacker->is_open =
			inflateInit2(&unpacker->zlib, 16 + MAX_WBITS) == Z_OK;
	} else if (unpacker->packing == PACKING_XZ) {
		unpacker->lzma = fresh;
		unpacker->is_open = lzma_stream_decoder(&unpacker->lzma,
					    LZMA_MEMORY_MAX, 0) == LZMA_OK;
	} else {
		memset(&unpacker->bzip2, 0, sizeof(unpacker->bzip2));
		unpacker->is_open =
			BZ2_bzDecompressInit(&unpacker->bzip2, 0, 1) == BZ_OK;
	}
	return unpacker->is_open;
}

/* One call of the library; false: it is damaged. */
static bool unpack_some(
	struct unpacker *unpacker, char *to, size_t size, size_t *ret_got)
{
	char *in = unpacker->packed + unpacker->begin;
	size_t there = unpacker->end - unpacker->begin, left;
	bool is_good;
	int code;

	if (unpacker->packing == PACKING_GZIP) {
		z_stream *z = &unpacker->zlib;

		z->next_in = (Bytef *)in;
		z->avail_in = (uInt)there;
		z->next_out = (Bytef *)to;
		z->avail_out = (uInt)size;
		code = inflate(z, Z_NO_FLUSH);
		is_good = code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR;
		unpacker->is_done = code == Z_STREAM_END;
		left = z->avail_in;
		*ret_got = size - z->avail_out;
	} else if (unpacker->packing == PACKING_XZ) {
		lzma_stream *x = &unpacker->lzma;

		x->next_in = (const uint8_t *)in;
		x->avail_in = there;
		x->next_out = (uint8_t *)to;
		x->avail_out = size;
		code = (int)lzma_code(x, LZMA_RUN);
		is_good = code == LZMA_OK || code == LZMA_STREAM_END ||
			code == LZMA_BUF_ERROR;
		unpacker->is_done = code == LZMA_STREAM_END;
		left = x->avail_in;
		*ret_got = size - x->avail_out;
	} else {
		bz_stream *b = &unpacker->bzip2;

		b->next_in = in;
		b->avail_in = (unsigned)there;
		b->next_out = to;
		b->avail_out = (unsigned)size;
		code = BZ2_bzDecompress(b);
		is_good = code == BZ_OK || code == BZ_STREAM_END;
		unpacker->is_done = code == BZ_STREAM_END;
		left = b->avail_in;
		*ret_got = size - b->avail_out;
	}
	unpacker->begin = unpacker->end - left;
	return is_good;
}

static int refuse_packed(
	const struct unpacker *unpacker, const char *what, struct err *err)
{
	return err_set(err, -EINVAL, "%s: %s: %s", bytes_name(unpacker->inner),
		packing_names[unpacker->packing], what);
}

static int unpacker_refill(struct unpacker *unpacker, struct err *err)
{
	size_t got = 0;
	int r;

	if (unpacker->begin < unpacker->end)
		return 0;
	r = bytes_read(unpacker->inner, unpacker->packed, PACKED_BYTES, &got, err);
	if (r < 0)
		return r;
	unpacker->begin = 0;
	unpacker->end = got;
	unpacker->is_at_end = got == 0;
	return 0;
}

static int unpacker_read(
	void *data, char *to, size_t size, size_t *ret_got, struct err *err)
{
	struct unpacker *unpacker = data;
	size_t got = 0;
	int r;

	if (size > UINT32_MAX / 2)
		size = UINT32_MAX / 2;
	while (got == 0) {
		r = unpacker_refill(unpacker, err);
		if (r < 0)
			return r;
		if (unpacker->is_at_end && unpacker->is_done)
			break;
		if (unpacker->is_at_end)
			return refuse_packed(unpacker, "the file is cut short", err);
		/* what follows a stream is another one */
		if ((unpacker->is_done || !unpacker->is_open) &&
			!begin_stream(unpacker))
			return err_oom(err);
		if (!unpack_some(unpacker, to, size, &got))
			return refuse_packed(unpacker, "the file is damaged", err);
	}
	unpacker->out_total += got;
	if (unpacker->out_total >
		UNPACK_FREE_BYTES + UNPACK_RATIO_MAX * bytes_count(unpacker->inner))
		return err_set(err, -EFBIG,
			"%s: expected at most %d times its own length, found more",
			bytes_name(unpacker->inner), UNPACK_RATIO_MAX);
	*ret_got = got;
	return 0;
}

static const struct bytes_origin unpacker_origin = { .read = unpacker_read,
	.close = unpacker_close };

int unpack_open(struct bytes *inner, const char *kind, struct bytes **ret_bytes,
	struct err *err)
{
	struct unpacker *unpacker = calloc(1, sizeof(*unpacker));

	if (!unpacker)
		return err_oom(err);
	unpacker->inner = inner;
	for (unsigned i = 0; i < sizeof(packing_names) / sizeof(packing_names[0]); i++)
		if (!strcmp(kind, packing_names[i]))
			unpacker->packing = (enum packing)i;
	return bytes_of(bytes_name(inner), &unpacker_origin, unpacker, ret_bytes, err);
}

struct unpack_work {
	struct bytes *inner;
	char kind[8];
};

/* In the child: all of it to the parent. */
static int unpack_all_of(void *context, int answer_fd, struct err *err)
{
	const struct unpack_work *work = context;
	struct bytes *bytes = NULL;
	char buffer[PACKED_BYTES];
	size_t got = 1;
	int r = unpack_open(work->inner, work->kind, &bytes, err);

	while (r >= 0 && got > 0) {
		r = bytes_read(bytes, buffer, sizeof(buffer), &got, err);
		if (r >= 0)
			r = confine_write(answer_fd, buffer, got);
	}
	bytes_close(bytes);
	return r;
}

int unpack_confined(struct bytes *inner, const char *kind, struct bytes **ret_bytes,
	struct err *err)
{
	struct confine_options options = { .what = bytes_name(inner),
		.keep_fd = { bytes_fd(inner) },
		.keep_count = 1,
		.answer_bytes = UINT64_MAX / 2, /* unpack_open bounds it by the file */
		.deadline_ms = 60 * 60 * 1000 };
	struct unpack_work work = { .inner = inner };
	int r = bytes_share(inner, err);

	snprintf(work.kind, sizeof(work.kind), "%s", kind);
	return r < 0 ? r
		     : confined_open(&options, unpack_all_of, &work, ret_bytes, err);
}
