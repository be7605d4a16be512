/* What the helper found, in a page that helper and sampler map. */
#include "collectord/link/helper_page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x32504c48u /* "HLP2" */
#define PATH_BYTES 4096

static int map_page(int fd, struct helper_page **ret_page)
{
	void *map = mmap(NULL, sizeof(struct helper_page), PROT_READ | PROT_WRITE,
		MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	*ret_page = map;
	return 0;
}

int helper_page_create(
	const char *runtime, struct helper_page **ret_page, struct err *err)
{
	char path[PATH_BYTES];
	int r, fd;

	snprintf(path, sizeof(path), "%s/helper", runtime);
	(void)unlink(path); /* the helper of a sampler that was killed keeps its own */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_errno(err, "cannot make %s", path);
	r = -posix_fallocate(fd, 0, sizeof(struct helper_page));
	if (r == 0)
		r = map_page(fd, ret_page);
	close(fd);
	if (r < 0)
		return err_set(err, r, "%s: %s", path, strerror(-r));
	atomic_store(&(*ret_page)->magic, MAGIC);
	return 0;
}

int helper_page_open(
	const char *runtime, struct helper_page **ret_page, struct err *err)
{
	char path[PATH_BYTES];
	struct stat status;
	int r = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/helper", runtime);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_errno(err, "%s", path);
	if (fstat(fd, &status) < 0)
		r = -errno;
	else if (status.st_size != (off_t)sizeof(struct helper_page))
		r = -EBADMSG;
	else
		r = map_page(fd, ret_page);
	close(fd);
	if (r == 0 && atomic_load(&(*ret_page)->magic) != MAGIC) {
		helper_page_close(*ret_page);
		r = -EBADMSG;
	}
	return r < 0 ? err_set(err, r, "%s: not the page of the helper", path) : 0;
}

void helper_page_close(struct helper_page *page)
{
	if (page)
		munmap(page, sizeof(*page));
}

void helper_entry_begin(struct helper_entry *entry)
{
	uint32_t sequence = atomic_load(&entry->sequence);

	/* a helper that was killed while it wrote left an odd number behind */
	atomic_store(&entry->sequence, sequence | 1);
	atomic_thread_fence(memory_order_seq_cst);
}

void helper_entry_end(struct helper_page *page, struct helper_entry *entry)
{
	atomic_thread_fence(memory_order_seq_cst);
	atomic_store(&entry->sequence, atomic_load(&entry->sequence) + 1);
	atomic_fetch_add(&page->generation, 1);
}

bool helper_entry_copy(
	const struct helper_entry *entry, uint32_t *seen, struct helper_entry *ret_copy)
{
	uint32_t before = atomic_load(&entry->sequence);

	if (before == *seen || before % 2 == 1)
		return false;
	memcpy(&ret_copy->state, &entry->state,
		sizeof(*entry) - offsetof(struct helper_entry, state));
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&entry->sequence) != before)
		return false;
	ret_copy->instance[HELPER_NAME_BYTES - 1] = '\0';
	ret_copy->label[HELPER_LABEL_BYTES - 1] = '\0';
	if (ret_copy->count > HELPER_VALUES)
		ret_copy->count = 0;
	*seen = before;
	return true;
}
