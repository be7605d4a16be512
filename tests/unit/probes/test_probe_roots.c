/* Recorded roots against their expect.txt, which `make golden` rewrites. */
#include "tests/named_rows.h"

#include "common/util.h"
#include "probes/host/cpu.h"
#include "probes/host/disk.h"
#include "probes/inventory.h"
#include "probes/host/memory.h"
#include "probes/host/network.h"
#include "probes/host/pressure.h"
#include "probes/host/topology.h"
#include "tests/record_sink.h"

#include <dirent.h>
#include <errno.h>

static struct record_sink record;

static char *read_whole(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct strbuf text;
	char block[4096];
	size_t length;

	if (!file)
		return NULL;
	strbuf_init(&text, 16 << 20);
	strbuf_add(&text, "");
	while ((length = fread(block, 1, sizeof(block), file)) > 0)
		strbuf_add_bytes(&text, block, length);
	fclose(file);
	return strbuf_take(&text);
}

static bool is_metric(const char *word, size_t length)
{
	for (size_t i = 0; i < METRIC_COUNT; i++)
		if (strlen(record_metric_name[i]) == length &&
			!memcmp(record_metric_name[i], word, length))
			return true;
	return false;
}

static void write_golden(const char *path, const char *text)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* "\n" before each name, so that whole ones are found. */
static char *read_known_metrics(void)
{
	static const char path[] = "tests/roots/metrics.txt";
	struct strbuf text;
	char *known;

	if (getenv("GOLDEN_WRITE")) {
		strbuf_init(&text, 1 << 20);
		for (size_t i = 0; i < METRIC_COUNT; i++)
			strbuf_addf(&text, "\n%s", record_metric_name[i]);
		strbuf_add(&text, "\n");
		write_golden(path, strbuf_text(&text));
		strbuf_done(&text);
	}
	known = read_whole(path);
	assert_non_null(known);
	return known;
}

/* ---- recorded roots ---------------------------------------------------------------- */

static int add_fact(void *context, const char *key, const char *value)
{
	strbuf_addf(context, "%s = %s\n", key, value);
	return 0;
}

static char *read_root(const char *path)
{
	static char text[4 << 20];
	struct host_root root;
	struct probe_context context = {
		.root = &root, .text = text, .text_size = sizeof(text)
	};
	struct inventory *inventory = calloc(1, sizeof(*inventory));
	struct err err = ERR_INIT;

	assert_non_null(inventory);
	assert_int_equal(hostroot_open(&root, path, &err), 0);
	record_init(&record);
	for (const struct probe *const *probe = probe_table; *probe; probe++) {
		struct probe_state *state = NULL;

		assert_int_equal((*probe)->open(&state, &context, &err), 0);
		if ((*probe)->read(state, &record.sink, true, &err) < 0)
			strbuf_addf(&record.text, "error %s: %s\n", (*probe)->name,
				err.text);
		(*probe)->close(state);
	}
	strbuf_add(&record.text, "\n");
	assert_int_equal(inventory_read(&root, inventory, &err), 0);
	inventory_walk(inventory, add_fact, &record.text);
	free(inventory);
	hostroot_close(&root);
	return strbuf_take(&record.text);
}

/* The lines of metrics that expect.txt was written for (tests/roots/metrics.txt): a new
 * metric breaks no root; `make golden` takes it in. */
static char *only_known(const char *got, const char *known)
{
	struct strbuf text;

	strbuf_init(&text, 16 << 20);
	strbuf_add(&text, "");
	for (const char *line = got; *line; line += strcspn(line, "\n") + 1) {
		size_t length = strcspn(line, "\n") + 1;
		size_t word = strcspn(line, " \n");
		char name[64] = "\n";

		if (word > 0 && line[word] == ' ' && word + 3 < sizeof(name)) {
			memcpy(name + 1, line, word);
			memcpy(name + 1 + word, "\n", 2);
			if (is_metric(name + 1, word) && !strstr(known, name))
				continue;
		}
		strbuf_add_bytes(&text, line, length);
	}
	return strbuf_take(&text);
}

static void show_difference(const char *got, const char *wanted)
{
	while (*got && *got == *wanted) {
		got++;
		wanted++;
	}
	print_error("they part at:\n got    %.60s\n wanted %.60s\n", got, wanted);
}

static void check_root(void **state)
{
	const char *path = *state;
	char expect[512];
	char *known = read_known_metrics();
	char *all = read_root(path);
	char *got, *wanted;

	assert_non_null(all);
	got = only_known(all, known);
	assert_non_null(got);
	snprintf(expect, sizeof(expect), "%s/expect.txt", path);
	if (getenv("GOLDEN_WRITE"))
		write_golden(expect, got);
	wanted = read_whole(expect);
	assert_non_null(wanted);
	if (strcmp(got, wanted))
		show_difference(got, wanted);
	assert_string_equal(got, wanted);
	free(known);
	free(all);
	free(got);
	free(wanted);
}

static void add_roots(struct named_rows *rows)
{
	struct dirent **entries = NULL;
	int count = scandir("tests/roots", &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char *path = NULL;

		if (entries[i]->d_type == DT_DIR && entries[i]->d_name[0] != '.' &&
			asprintf(&path, "tests/roots/%s", entries[i]->d_name) > 0)
			named_rows_add(rows, path, check_root, path);
		free(entries[i]);
	}
	free(entries);
}

int main(void)
{
	static struct named_rows rows;

	add_roots(&rows);
	return _cmocka_run_group_tests(
		"probe roots", rows.test, rows.count, NULL, NULL);
}
