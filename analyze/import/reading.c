#include "analyze/import/reading.h"

#include "common/array.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_BYTES 1024
#define ARENA_BLOCKS 1024 /* blocks that are allocated at once */
#define OUTPUT_BLOCKS 64  /* blocks that are written at once */
#define MAPPED_FROM_BYTES ((size_t)32 << 20)
#define NO_BLOCK UINT32_MAX

/* Full blocks are numbered in the order they were filled; the first memory_blocks of
 * them stay in memory, the others follow each other in the file. */
struct chain {
	uint32_t first, last; /* full blocks; NO_BLOCK: none */
	uint32_t used;        /* bytes of the open block */
	uint64_t readings, bytes;
	char *open; /* NULL until the first reading */
};

struct spool {
	const char *dir;
	struct chain *chain;
	uint32_t chains, chains_room;
	uint32_t *next;   /* by full block */
	uint16_t *filled; /* bytes of a full block that are used */
	uint32_t blocks, blocks_room;
	char **arena; /* ARENA_BLOCKS full blocks each */
	uint32_t arenas;
	uint32_t memory_blocks;
	char *output; /* blocks on their way to the file */
	uint32_t output_used;
	int fd;
};

static void demand_max(struct reading *reading, unsigned kind)
{
	unsigned rx = CELL(FIGURE_NET_RX_BPS, kind), tx = CELL(FIGURE_NET_TX_BPS, kind);
	double a =
		reading->value[reading_has(reading, rx) ? rx
							: (unsigned)FIGURE_NET_RX_BPS];
	double b =
		reading->value[reading_has(reading, tx) ? tx
							: (unsigned)FIGURE_NET_TX_BPS];

	reading_set(reading, CELL(FIGURE_NETWORK_BPS, kind), a > b ? a : b);
}

static void demand_sum(struct reading *reading, enum figure demand, enum figure first,
	enum figure second, unsigned kind)
{
	unsigned one = CELL(first, kind), two = CELL(second, kind);

	reading_set(reading, CELL(demand, kind),
		reading->value[reading_has(reading, one) ? one : (unsigned)first] +
			reading->value[reading_has(reading, two) ? two
								 : (unsigned)second]);
}

static const struct {
	enum figure demand, first, second;
} demands[] = {
	{ FIGURE_NETWORK_BPS, FIGURE_NET_RX_BPS, FIGURE_NET_TX_BPS },
	{ FIGURE_DISK_BYTES_PER_S, FIGURE_DISK_READ_BYTES_PER_S,
		FIGURE_DISK_WRITE_BYTES_PER_S },
	{ FIGURE_DISK_OPS_PER_S, FIGURE_DISK_READ_OPS_PER_S,
		FIGURE_DISK_WRITE_OPS_PER_S },
};

void reading_derive(struct reading *reading, uint64_t given)
{
	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++) {
		enum figure demand = demands[i].demand;
		enum figure first = demands[i].first, second = demands[i].second;

		if ((given >> demand & 1) || !reading_has(reading, first) ||
			!reading_has(reading, second))
			continue;
		for (unsigned kind = CELL_MEAN; kind < CELL_KINDS; kind++) {
			if (kind != CELL_MEAN &&
				!reading_has(reading, CELL(first, kind)) &&
				!reading_has(reading, CELL(second, kind)))
				continue;
			if (demand == FIGURE_NETWORK_BPS)
				demand_max(reading, kind);
			else
				demand_sum(reading, demand, first, second, kind);
		}
	}
}

int spool_new(
	const char *dir, size_t memory_bytes, struct spool **ret_spool, struct err *err)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (!spool)
		return err_oom(err);
	spool->dir = dir;
	spool->fd = -1;
	spool->memory_blocks = (uint32_t)(memory_bytes / BLOCK_BYTES);
	*ret_spool = spool;
	return 0;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	for (uint32_t i = 0; i < spool->chains_room; i++)
		free(spool->chain[i].open);
	for (uint32_t i = 0; i < spool->arenas; i++)
		free(spool->arena[i]);
	if (spool->fd >= 0)
		close(spool->fd);
	free(spool->chain);
	free(spool->next);
	free(spool->filled);
	free(spool->arena);
	free(spool->output);
	free(spool);
}

static void chain_reset(struct chain *chain)
{
	*chain = (struct chain){
		.first = NO_BLOCK, .last = NO_BLOCK, .open = chain->open
	};
}

void spool_clear(struct spool *spool)
{
	for (uint32_t i = 0; i < spool->chains; i++)
		chain_reset(&spool->chain[i]);
	spool->chains = 0;
	spool->blocks = 0;
	spool->output_used = 0;
	/* the file's bytes are given back; a failure costs only disk space */
	if (spool->fd >= 0 && ftruncate(spool->fd, 0) < 0)
		return;
}

static int chains_grow(struct spool *spool, struct err *err)
{
	uint32_t room = spool->chains_room ? spool->chains_room * 2 : 64;
	struct chain *chain = realloc(spool->chain, room * sizeof(*chain));

	if (!chain)
		return err_oom(err);
	memset(chain + spool->chains_room, 0,
		(room - spool->chains_room) * sizeof(*chain));
	spool->chain = chain;
	spool->chains_room = room;
	return 0;
}

static int blocks_grow(struct spool *spool, struct err *err)
{
	uint32_t room = spool->blocks_room ? spool->blocks_room * 2 : 4096;
	uint32_t *next;
	uint16_t *filled;

	if (spool->blocks_room > NO_BLOCK / 4)
		return err_set(err, -EFBIG,
			"more than %u MiB of readings in one import",
			NO_BLOCK / 4 / 1024);
	next = realloc(spool->next, room * sizeof(*next));
	if (!next)
		return err_oom(err);
	spool->next = next;
	filled = realloc(spool->filled, room * sizeof(*filled));
	if (!filled)
		return err_oom(err);
	spool->filled = filled;
	spool->blocks_room = room;
	return 0;
}

/* All of it: what is missing at the end of the file is an error. */
static int reading_read_all(int fd, char *bytes, size_t length, off_t offset)
{
	ssize_t done = io_pread_full(fd, bytes, length, offset);

	return done < 0 ? (int)done : (size_t)done < length ? -EIO : 0;
}

static int nameless_file(const char *dir, struct err *err)
{
	char path[4096];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int length;

	if (fd < 0 && errno == ENOENT) {
		dir = P_tmpdir; /* a store that is not there yet */
		fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	}
	if (fd >= 0)
		return fd;
	/* a file system without O_TMPFILE */
	length = snprintf(path, sizeof(path), "%s/.import-XXXXXX", dir);
	if (length < 0 || (size_t)length >= sizeof(path))
		return err_set(err, -ENAMETOOLONG, "%s: the path is too long", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "%s: cannot make a temporary file", dir);
	unlink(path);
	return fd;
}

static int output_flush(struct spool *spool, struct err *err)
{
	uint32_t first = spool->blocks - spool->output_used - spool->memory_blocks;
	int r;

	if (spool->output_used == 0)
		return 0;
	r = io_pwrite_full(spool->fd, spool->output,
		(size_t)spool->output_used * BLOCK_BYTES, (off_t)first * BLOCK_BYTES);
	if (r < 0) {
		errno = -r;
		return err_errno(
			err, "%s: cannot write the temporary file", spool->dir);
	}
	spool->output_used = 0;
	return 0;
}

/* Where the next full block is to be copied to. */
static int block_place(struct spool *spool, char **ret_place, struct err *err)
{
	uint32_t arena = spool->blocks / ARENA_BLOCKS;
	int r;

	if (spool->blocks < spool->memory_blocks) {
		if (arena == spool->arenas) {
			if (ARRAY_EXTEND(spool->arena, arena) < 0)
				return err_oom(err);
			spool->arena[arena] =
				malloc((size_t)ARENA_BLOCKS * BLOCK_BYTES);
			if (!spool->arena[arena])
				return err_oom(err);
			spool->arenas++;
		}
		*ret_place = spool->arena[arena] +
			(size_t)(spool->blocks % ARENA_BLOCKS) * BLOCK_BYTES;
		return 0;
	}
	if (spool->fd < 0) {
		r = nameless_file(spool->dir, err);
		if (r < 0)
			return r;
		spool->fd = r;
	}
	if (!spool->output)
		spool->output = malloc((size_t)OUTPUT_BLOCKS * BLOCK_BYTES);
	if (!spool->output)
		return err_oom(err);
	if (spool->output_used == OUTPUT_BLOCKS) {
		r = output_flush(spool, err);
		if (r < 0)
			return r;
	}
	*ret_place = spool->output + (size_t)spool->output_used++ * BLOCK_BYTES;
	return 0;
}

/* Files the open block of a chain away. */
static int chain_seal(struct spool *spool, struct chain *chain, struct err *err)
{
	char *place = NULL;
	uint32_t block = spool->blocks;
	int r;

	if (block == spool->blocks_room) {
		r = blocks_grow(spool, err);
		if (r < 0)
			return r;
	}
	r = block_place(spool, &place, err);
	if (r < 0)
		return r;
	memcpy(place, chain->open, BLOCK_BYTES);
	spool->next[block] = NO_BLOCK;
	spool->filled[block] = (uint16_t)chain->used;
	if (chain->last == NO_BLOCK)
		chain->first = block;
	else
		spool->next[chain->last] = block;
	chain->last = block;
	chain->used = 0;
	spool->blocks++;
	return 0;
}

static int chain_prepare(struct spool *spool, uint32_t workload,
	struct chain **ret_chain, struct err *err)
{
	struct chain *chain;
	int r;

	/* workloads before it may have had no readings */
	while (workload >= spool->chains) {
		if (spool->chains == spool->chains_room) {
			r = chains_grow(spool, err);
			if (r < 0)
				return r;
		}
		chain_reset(&spool->chain[spool->chains++]);
	}
	chain = &spool->chain[workload];
	if (!chain->open) {
		chain->open = calloc(1, BLOCK_BYTES);
		if (!chain->open)
			return err_oom(err);
	}
	*ret_chain = chain;
	return 0;
}

int spool_put(struct spool *spool, uint32_t workload, const struct reading *reading,
	struct err *err)
{
	size_t bytes = packed_reading_bytes(reading->known);
	struct packed_reading head = { reading->stamp, reading->known };
	struct chain *chain = NULL;
	char *to;
	int r;

	_Static_assert(sizeof(struct packed_reading) + sizeof(double[CELL_COUNT]) <=
			BLOCK_BYTES,
		"a reading fits into a block");
	r = chain_prepare(spool, workload, &chain, err);
	if (r < 0)
		return r;
	if (chain->used + bytes > BLOCK_BYTES) {
		r = chain_seal(spool, chain, err);
		if (r < 0)
			return r;
	}
	to = chain->open + chain->used;
	memcpy(to, &head, sizeof(head));
	to += sizeof(head);
	for (uint64_t left = reading->known; left; left &= left - 1) {
		memcpy(to, &reading->value[__builtin_ctzll(left)], sizeof(double));
		to += sizeof(double);
	}
	chain->used += (uint32_t)bytes;
	chain->bytes += bytes;
	chain->readings++;
	return 0;
}

/* Heap for the usual size; more than that lies in a file and can be paged out. */
static int block_allocate(
	struct spool *spool, struct reading_block *block, struct err *err)
{
	int fd;

	if (block->length < MAPPED_FROM_BYTES) {
		block->bytes = malloc(block->length ? block->length : 1);
		return block->bytes ? 0 : err_oom(err);
	}
	fd = nameless_file(spool->dir, err);
	if (fd < 0)
		return fd;
	/* allocated, not only sized: a full disk is an error here, not SIGBUS later */
	errno = posix_fallocate(fd, 0, (off_t)block->length);
	if (errno != 0) {
		int r = err_errno(err, "%s: no room for a temporary file", spool->dir);

		close(fd);
		return r;
	}
	block->bytes =
		mmap(NULL, block->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (block->bytes == MAP_FAILED) {
		block->bytes = NULL;
		return err_errno(err, "%s: cannot map a temporary file", spool->dir);
	}
	block->is_mapped = true;
	return 0;
}

/* By its number a full block lies in memory or in the file; the last block of a chain
 * is still open and lies in neither. */
int spool_load(struct spool *spool, uint32_t workload, struct reading_block *ret_block,
	struct err *err)
{
	static const struct chain none = { .first = NO_BLOCK };
	const struct chain *chain =
		workload < spool->chains ? &spool->chain[workload] : &none;
	struct reading_block block = { .length = chain->bytes,
		.count = chain->readings };
	char *to;
	int r;

	r = output_flush(spool, err);
	if (r < 0)
		return r;
	r = block_allocate(spool, &block, err);
	if (r < 0)
		return r;
	to = block.bytes;
	for (uint32_t i = chain->first; i != NO_BLOCK; i = spool->next[i]) {
		if (i < spool->memory_blocks) {
			memcpy(to,
				spool->arena[i / ARENA_BLOCKS] +
					(size_t)(i % ARENA_BLOCKS) * BLOCK_BYTES,
				spool->filled[i]);
		} else {
			r = reading_read_all(spool->fd, to, spool->filled[i],
				(off_t)(i - spool->memory_blocks) * BLOCK_BYTES);
			if (r < 0) {
				errno = -r;
				r = err_errno(err, "%s: cannot read the temporary file",
					spool->dir);
				reading_block_done(&block);
				return r;
			}
		}
		to += spool->filled[i];
	}
	if (chain->used > 0)
		memcpy(to, chain->open, chain->used);
	*ret_block = block;
	return 0;
}

void reading_block_done(struct reading_block *block)
{
	if (block->is_mapped && block->bytes)
		munmap(block->bytes, block->length);
	else
		free(block->bytes);
	*block = (struct reading_block){ .length = 0 };
}
