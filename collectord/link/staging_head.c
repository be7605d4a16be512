/* The two heads of the staging ring, and how its blocks are written. */
#include "collectord/link/staging_file.h"

#include "common/checksum.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

int staging_buffer_fit(struct staging *staging, size_t bytes, struct err *err)
{
	void *grown;

	bytes = (bytes + STAGING_BLOCK_BYTES - 1) & ~(size_t)(STAGING_BLOCK_BYTES - 1);
	if (bytes <= staging->buffer_bytes)
		return 0;
	grown = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);
	if (grown == MAP_FAILED)
		return err_oom(err);
	if (staging->buffer)
		munmap(staging->buffer, staging->buffer_bytes);
	staging->buffer = grown;
	staging->buffer_bytes = bytes;
	return 0;
}

int staging_write_blocks(
	struct staging *staging, const void *blocks, size_t bytes, uint64_t block)
{
	off_t offset = (off_t)(block * STAGING_BLOCK_BYTES);
	int flags, r;

	staging->ahead.count = 0; /* what was read ahead may be older */
	r = io_pwrite_full(staging->fd, blocks, bytes, offset);
	if (r != -EINVAL || !staging->is_direct)
		return r;
	/* accepted at open, refused at the first write: without it then */
	flags = fcntl(staging->fd, F_GETFL);
	if (flags < 0 || fcntl(staging->fd, F_SETFL, flags & ~O_DIRECT) < 0)
		return -errno;
	staging->is_direct = false;
	return io_pwrite_full(staging->fd, blocks, bytes, offset);
}

/* ---- heads ----------------------------------------------------------------- */

static uint64_t head_checksum(const struct staging_head *head)
{
	size_t skip = offsetof(struct staging_head, generation);

	return checksum64((const unsigned char *)head + skip, sizeof(*head) - skip, 0);
}

static bool head_is_whole(const struct staging_head *head)
{
	return head->magic == STAGING_HEAD_MAGIC &&
		head->checksum == head_checksum(head) &&
		head->blocks > STAGING_HEAD_BLOCKS &&
		head->blocks <= STAGING_BYTES_MAX / STAGING_BLOCK_BYTES &&
		memchr(head->identity.name, 0, STAGING_NAME_BYTES) &&
		memchr(head->identity.folder, 0, STAGING_FOLDER_BYTES) &&
		head->identity.step_s > 0;
}

int staging_head_write(struct staging *staging, struct staging_head *head)
{
	int r = staging_buffer_fit(staging, STAGING_BLOCK_BYTES, NULL);

	if (r < 0)
		return r;
	head->generation++;
	head->checksum = head_checksum(head);
	memset(staging->buffer, 0, STAGING_BLOCK_BYTES);
	memcpy(staging->buffer, head, sizeof(*head));
	return staging_write_blocks(staging, staging->buffer, STAGING_BLOCK_BYTES,
		head->generation % STAGING_HEAD_BLOCKS);
}

int staging_head_read(struct staging *staging, struct err *err)
{
	const struct staging_head *best = NULL;
	struct staging_head heads[STAGING_HEAD_BLOCKS];
	struct stat status;
	int failed = 0;

	if (fstat(staging->fd, &status) < 0)
		return err_errno(err, "cannot look at it");
	if (staging_buffer_fit(staging, STAGING_BLOCK_BYTES, err) < 0)
		return -ENOMEM;
	for (unsigned i = 0; i < STAGING_HEAD_BLOCKS; i++) {
		ssize_t got = io_pread_full(staging->fd, staging->buffer,
			STAGING_BLOCK_BYTES, (off_t)(i * STAGING_BLOCK_BYTES));

		if (got < 0)
			failed = (int)got;
		if (got != (ssize_t)STAGING_BLOCK_BYTES)
			continue;
		memcpy(&heads[i], staging->buffer, sizeof(heads[i]));
		if (head_is_whole(&heads[i]) &&
			(!best || heads[i].generation > best->generation))
			best = &heads[i];
	}
	if (!best && failed < 0) /* not damaged for certain: tried again */
		return err_set(err, failed, "cannot be read: %s", strerror(-failed));
	if (!best)
		return err_set(err, -EBADMSG, "both of its heads are damaged");
	if ((uint64_t)status.st_size < best->blocks * STAGING_BLOCK_BYTES)
		return err_set(err, -EBADMSG, "it was cut to %lld of %llu bytes",
			(long long)status.st_size,
			(unsigned long long)best->blocks * STAGING_BLOCK_BYTES);
	staging->head = *best;
	return 0;
}
