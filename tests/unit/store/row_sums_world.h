/* A file of rows and what it goes through: batches, kills, power cuts. */
#ifndef TESTS_UNIT_STORE_ROW_SUMS_WORLD_H
#define TESTS_UNIT_STORE_ROW_SUMS_WORLD_H

#include "store/incoming.h"
#include "store/store.h"
#include "tests/support.h"
#include "tests/scratch_dir.h"
#include "store/rrd/header_copies.h"
#include "store/db/imports.h"
#include "store/rrd/row_sums.h"
#include "store/rrd/row_sums_batch.h"
#include "store/rrd/row_sums_log.h"
#include "store/rrd/rrd_file.h"
#include "store/rrd/series_store.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define STEP_S 10
#define START 1700000000
/* Of the ticks of any batch of these tests. */
#define REPEATED_UNTIL (START + 1000000)
#define BATCH_MAX 260
#define SOURCES_MAX 9
#define PAGE 4096

extern const char *const names[SOURCES_MAX];

/* One file and what it went through. */
struct world {
	const char *dir;
	uint64_t random;
	size_t source_count;
	int64_t last; /* stamp of the last row that a batch completed */
	uint64_t mark;
};

struct seen {
	uint64_t checked, unchecked, known;
	size_t damaged; /* ranges */
	bool is_covered, is_open;
	uint8_t row[4][512]; /* 1: in a damaged range */
};

enum stop {
	WHOLE,
	AFTER_ADD,
	AFTER_OPEN,
	IN_APPEND,
	AFTER_APPEND,
	AFTER_COMMIT,
	STOPS
};

void ok(int r, const struct err *err);

size_t below(struct world *world, size_t end);

struct rra_set archives(void);

void path_of(const struct world *world, char path[PATH_MAX]);

enum series_outcome ensure(struct world *world, size_t source_count);

/* What the tick of that time has there. */
double value_at(int64_t stamp, size_t column);

void append(struct world *world, size_t rows);

void save_headers(struct world *world);

void see(struct world *world, struct seen *seen);

/* Nothing is suspected; all is covered where it should be. */
void is_whole(struct world *world, bool is_covered, const char *when);

/* As the writer does it, up to where it is killed. */
void batch(struct world *world, size_t rows, enum stop stop);

char *slurp(const char *path, size_t *ret_size);

void put(const char *path, const char *bytes, size_t size, size_t at);

void killed_batch(struct world *world, size_t rows);

/* What readers see of a batch that was cut short; how many tests fail. */
int row_sums_torn_tests(void);

#endif
