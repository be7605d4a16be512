/*
 * A database whose schema is a store's and whose values are anybody's: NULL where there never
 * is one, texts for numbers, numbers out of any range.  All that reads the table is run.
 *
 * An edit: the table, the column, the kind of value, the value.
 */
#include "tests/fuzz/fuzz_store.h"

#include "store/db/db_guard.h"
#include "store/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The readers that have to do with a table, as bits of fuzz_store_read. */
static const struct {
	const char *name;
	unsigned columns;
	uint64_t readers;
} contents_table[] = {
	{ "workloads", 10, 1 | 1 << 6 | 1 << 11 },
	{ "events", 6, 1 << 1 },
	{ "gaps", 4, 1 << 2 },
	{ "boots", 5, 1 << 3 },
	{ "devices", 6, 1 << 4 },
	{ "workload_facts", 5, 1 << 5 },
	{ "alerts", 13, 1 << 6 },
	{ "alert_excursions", 5, 1 << 6 },
	{ "deliveries", 10, 1 << 6 },
	{ "alert_state", 3, 1 << 7 },
	{ "reviews", 10, 1 << 8 },
	{ "exclusions", 8, 1 << 9 },
	{ "plans", 5, 1 << 10 },
	{ "imports", 9, 1 << 11 },
	{ "import_files", 4, 1 << 11 },
	{ "import_workloads", 8, 1 << 11 },
	{ "collector_health", 13, 1 << 12 },
	{ "maintenance", 5, 1 << 12 },
	{ "meta", 2, 1 << 12 },
	{ "machines", 4, 1 << 13 },
};

static sqlite3 *contents_db;
static sqlite3_stmt *contents_edit[ARRAY_LEN(contents_table)][16];
static struct store *contents_store;

/* Without the words that keep values from a column. */
static void loosen(char *sql)
{
	static const char *const words[] = { " NOT NULL", " STRICT", "STRICT,",
		" UNIQUE", "PRIMARY KEY AUTOINCREMENT", "INTEGER PRIMARY KEY" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		for (char *at; (at = strstr(sql, words[i]));)
			memset(at, ' ', strlen(words[i]));
	for (char *at; (at = strstr(sql, ", WITHOUT ROWID"));)
		memset(at, ' ', strlen(", WITHOUT ROWID"));
	for (char *at; (at = strstr(sql, "WITHOUT ROWID"));)
		memset(at, ' ', strlen("WITHOUT ROWID"));
	for (char *at; (at = strstr(sql, "INTEGER"));)
		memset(at, ' ', strlen("INTEGER"));
}

static int loosen_table(void *data, int count, char **column, char **names)
{
	char copy[256];

	(void)data, (void)count, (void)names;
	loosen(column[1]);
	fuzz_sql(contents_db, column[1]);
	snprintf(copy, sizeof(copy), "INSERT INTO main.%s SELECT * FROM s.%s",
		column[0], column[0]);
	fuzz_sql(contents_db, copy);
	return 0;
}

static int prepare_edit(void *data, int count, char **column, char **names)
{
	size_t table = *(size_t *)data;
	unsigned place = (unsigned)atoi(column[0]);
	char sql[256];

	(void)count, (void)names;
	snprintf(sql, sizeof(sql), "UPDATE %s SET %s = ?", contents_table[table].name,
		column[1]);
	if (place >= 16 ||
		sqlite3_prepare_v2(contents_db, sql, -1, &contents_edit[table][place],
			NULL) != SQLITE_OK)
		abort();
	return 0;
}

static void contents_make(void)
{
	char sql[256];

	fuzz_store_make();
	if (store_open(fuzz_folder(), &contents_store, NULL) < 0 ||
		sqlite3_open(":memory:", &contents_db) != SQLITE_OK)
		abort();
	snprintf(sql, sizeof(sql), "ATTACH '%s/headroom.db' AS s", fuzz_folder());
	fuzz_sql(contents_db, sql);
	if (sqlite3_exec(contents_db,
		    "SELECT name, sql FROM s.sqlite_schema WHERE type = 'table' AND "
		    "name NOT LIKE 'sqlite_%'",
		    loosen_table, NULL, NULL) != SQLITE_OK)
		abort();
	fuzz_sql(contents_db, "DETACH s; PRAGMA ignore_check_constraints = 1");
	for (size_t i = 0; i < ARRAY_LEN(contents_table); i++) {
		snprintf(sql, sizeof(sql),
			"SELECT cid, name FROM pragma_table_info('%s')",
			contents_table[i].name);
		if (sqlite3_exec(contents_db, sql, prepare_edit, &i, NULL) !=
				SQLITE_OK ||
			!contents_edit[i][contents_table[i].columns - 1] ||
			contents_edit[i][contents_table[i].columns])
			abort();
	}
	sqlite3_close(contents_store->reader);
	contents_store->reader = contents_db;
	db_guard(contents_db);
}

static void bind_value(sqlite3_stmt *edit, struct fuzz_input *input)
{
	static const int64_t far[] = { 0, -1, 1, INT64_MAX, INT64_MIN, INT32_MAX,
		INT32_MIN, INT64_C(1) << 32, INT64_C(253402300800), 86400 };
	unsigned kind = fuzz_byte(input);
	uint64_t bits;
	double number;
	size_t length;

	switch (kind & 7) {
	case 0:
		sqlite3_bind_null(edit, 1);
		return;
	case 1:
		sqlite3_bind_int64(edit, 1, (int64_t)fuzz_number(input));
		return;
	case 2:
		bits = fuzz_number(input);
		memcpy(&number, &bits, sizeof(number));
		sqlite3_bind_double(edit, 1, number);
		return;
	case 3:
		sqlite3_bind_int64(edit, 1, far[(kind >> 3) % ARRAY_LEN(far)]);
		return;
	default:
		length = kind & 64 ? input->left : kind >> 3 & 7;
		length = length < input->left ? length : input->left;
		if (kind & 1)
			sqlite3_bind_blob64(
				edit, 1, input->at, length, SQLITE_TRANSIENT);
		else
			sqlite3_bind_text(edit, 1, (const char *)input->at, (int)length,
				SQLITE_TRANSIENT);
		input->at += length;
		input->left -= length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	uint64_t readers = 0;

	if (!contents_db)
		contents_make();
	fuzz_sql(contents_db, "BEGIN");
	for (int i = 0; i < 8 && input.left > 2; i++) {
		size_t table = fuzz_byte(&input) % ARRAY_LEN(contents_table);
		unsigned column = fuzz_byte(&input) % contents_table[table].columns;
		sqlite3_stmt *edit = contents_edit[table][column];

		bind_value(edit, &input);
		(void)sqlite3_step(edit);
		sqlite3_reset(edit);
		readers |= contents_table[table].readers;
	}
	fuzz_store_read(contents_store, readers);
	fuzz_sql(contents_db, "ROLLBACK");
	return 0;
}
