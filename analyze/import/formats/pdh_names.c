/* Counters are called otherwise on each language's Windows: the catalogue has the names. */
#include "analyze/import/formats/pdh.h"

#include "analyze/import/readers/encoding.h"
#include "common/array.h"
#include "common/json_doc.h"
#include "common/util.h"
#include "schema/builtin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CATALOGUE "catalogue/perfmon-names.json"

struct pdh_names {
	struct json_doc doc;
	const cJSON *objects, *counters;
	const char **local; /* names that are not the same in every code page */
	size_t locals;
};

/* names of digits and ASCII are in every code page */
static int add_local_names(struct pdh_names *names, const cJSON *table, struct err *err)
{
	const cJSON *row, *name;

	cJSON_ArrayForEach (row, table) {
		cJSON_ArrayForEach (name, row) {
			if (!cJSON_IsString(name) ||
				strspn(name->valuestring,
					" !#$%&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQR"
					"STUVWXYZ[]_abcdefghijklmnopqrstuvwxyz") ==
					strlen(name->valuestring))
				continue;
			if (ARRAY_EXTEND(names->local, names->locals) < 0)
				return err_oom(err);
			names->local[names->locals++] = name->valuestring;
		}
	}
	return 0;
}

int pdh_names_load(struct pdh_names **ret_names, struct err *err)
{
	struct pdh_names *names = calloc(1, sizeof(*names));
	const struct builtin_file *file = builtin_files;
	int r;

	if (!names)
		return err_oom(err);
	while (file->path && strcmp(file->path, CATALOGUE) != 0)
		file++;
	r = file->path
		? json_doc_parse(CATALOGUE, file->data, file->size, &names->doc, err)
		: err_set(err, -ENOENT, CATALOGUE " is not built in");
	if (r < 0) {
		free(names);
		return r;
	}
	names->objects = cJSON_GetObjectItemCaseSensitive(names->doc.root, "objects");
	names->counters = cJSON_GetObjectItemCaseSensitive(names->doc.root, "counters");
	r = add_local_names(names, names->objects, err);
	if (r >= 0)
		r = add_local_names(names, names->counters, err);
	if (r < 0)
		pdh_names_free(names);
	else
		*ret_names = names;
	return r;
}

void pdh_names_free(struct pdh_names *names)
{
	if (!names)
		return;
	json_doc_done(&names->doc);
	free(names->local);
	free(names);
}

/* Letters of ASCII alone: the names of the catalogue stand as Windows writes them. */
static void small_letters(const char *text, size_t length, char *to, size_t size)
{
	size_t used = 0;

	for (; used < length && used + 1 < size; used++) {
		char c = text[used];

		to[used] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	to[used] = '\0';
}

static void english_name(
	const cJSON *table, const char *text, size_t length, char *to, size_t size)
{
	const cJSON *row, *name;

	cJSON_ArrayForEach (row, table) {
		cJSON_ArrayForEach (name, row) {
			if (!cJSON_IsString(name) ||
				strlen(name->valuestring) != length ||
				strncasecmp(name->valuestring, text, length) != 0)
				continue;
			small_letters(row->string, strlen(row->string), to, size);
			return;
		}
	}
	small_letters(text, length, to, size);
}

void pdh_names_object(const struct pdh_names *names, const char *text, size_t length,
	char *to, size_t size)
{
	english_name(names->objects, text, length, to, size);
}

void pdh_names_counter(const struct pdh_names *names, const char *text, size_t length,
	char *to, size_t size)
{
	english_name(names->counters, text, length, to, size);
}

const char *pdh_names_encoding(
	const struct pdh_names *names, const char *text, size_t length)
{
	static const char *const pages[] = { "CP1252", "CP1251", "CP1250", "CP1253",
		"CP1254", "CP932", "CP936", "CP949", "CP950" };
	char *decoded = malloc(length * 3 + 1);
	size_t best = 0, most = 0;

	for (size_t i = 0; decoded && i < ARRAY_LEN(pages); i++) {
		size_t count = 0;

		if (encoding_text(
			    pages[i], text, length, decoded, length * 3 + 1, NULL) < 0)
			continue;
		for (size_t k = 0; k < names->locals; k++)
			count += strstr(decoded, names->local[k]) != NULL;
		if (count > most) {
			most = count;
			best = i;
		}
	}
	free(decoded);
	return pages[best];
}
