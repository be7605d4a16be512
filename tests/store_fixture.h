/* What the tests of the store begin with: an import, a look at a value, damage to a file. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include "common/err.h"
#include "store/store.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

extern const char *const store_fixture_used[1]; /* the data source of an import */

/* Fails the test with the text. */
void store_fixture_ok(int r, const struct err *err);
struct store *store_fixture_open(const char *dir);
/* One workload with one imported file: memory at 300 s, row i is value + i. */
void store_fixture_import(const char *dir, const char *name, double value,
	int64_t first, size_t rows, int64_t import_id);
/* The value of the slot stamped `when`, NAN when there is none; a step of 300 s, or another. */
double store_fixture_value_at(struct store *store, const char *name, int64_t when);
double store_fixture_value_at_step(
	struct store *store, const char *name, int64_t when, unsigned step_s);
void store_fixture_path(const char *dir, const char *name, char path[PATH_MAX]);
void store_fixture_overwrite(
	const char *path, off_t offset, const char *bytes, size_t size);
/* Behind the store's back. */
void store_fixture_sql(const char *dir, const char *sql);

#endif
