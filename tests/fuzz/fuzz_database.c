/*
 * A database file that somebody edited, any bytes in its place, or what any SQL made of it:
 * opened as a reading verb opens it, and all of it is read.
 *
 * The first byte: 1 any bytes; 2 SQL.
 */
#include "tests/fuzz/fuzz_store.h"

enum { DATABASE_BYTES_MAX = 1 << 18 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t database_base[DATABASE_BYTES_MAX];
static size_t database_size;

static void database_base_make(void)
{
	fuzz_store_make();
	database_size =
		fuzz_folder_get("headroom.db", database_base, sizeof(database_base));
	if (database_size == 0 || database_size == sizeof(database_base))
		abort();
}

/* Nothing but the database itself. */
static int sql_may(void *data, int action, const char *one, const char *two,
	const char *three, const char *four)
{
	(void)data, (void)two, (void)three, (void)four;
	if (action == SQLITE_ATTACH || action == SQLITE_DETACH)
		return SQLITE_DENY;
	return action == SQLITE_PRAGMA && strcmp(one, "writable_schema") != 0 &&
			strcmp(one, "user_version") != 0
		? SQLITE_DENY
		: SQLITE_OK;
}

static int sql_is_over(void *data)
{
	(void)data;
	return 1;
}

static void run_sql(const uint8_t *bytes, size_t size)
{
	char path[FUZZ_FOLDER_BYTES + 16];
	char *sql = strndup((const char *)bytes, size);
	sqlite3 *db = NULL;

	snprintf(path, sizeof(path), "%s/headroom.db", fuzz_folder());
	if (!sql || sqlite3_open(path, &db) != SQLITE_OK)
		abort();
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 100000);
	fuzz_sql(db,
		"PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF;"
		"PRAGMA ignore_check_constraints = 1; PRAGMA writable_schema = 1");
	sqlite3_set_authorizer(db, sql_may, NULL);
	sqlite3_progress_handler(db, 20000, sql_is_over, NULL);
	(void)sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	free(sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[DATABASE_BYTES_MAX];
	struct fuzz_input input = { data, size };
	struct store *store = NULL;
	struct err err = ERR_INIT;
	unsigned word;

	if (database_size == 0)
		database_base_make();
	word = fuzz_byte(&input);
	if (word & 1) {
		fuzz_folder_put("headroom.db", input.at, input.left);
	} else if (word & 2) {
		fuzz_folder_put("headroom.db", database_base, database_size);
		run_sql(input.at, input.left);
	} else {
		memcpy(bytes, database_base, database_size);
		size = fuzz_edit(&input, bytes, database_size, 32);
		fuzz_folder_put("headroom.db", bytes, size);
	}
	if (store_open(fuzz_folder(), &store, &err) < 0) {
		fuzz_refusal(&err);
		return 0;
	}
	fuzz_store_read(store, FUZZ_READ_ALL);
	store_close(store);
	return 0;
}
