#include "common/json_folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_shown_json(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
		strcmp(entry->d_name + length - 5, ".json") == 0;
}

int json_folder_names(const char *dir, struct dirent ***ret_names)
{
	int count = scandir(dir, ret_names, is_shown_json, alphasort);

	if (count >= 0)
		return count;
	*ret_names = NULL;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

int json_folder_each(const char *dir, size_t ceiling_bytes,
	int (*take)(void *closure, struct json_doc *doc, struct err *err),
	void *closure, struct err *err)
{
	struct dirent **names = NULL;
	char path[PATH_MAX + 300];
	int count = json_folder_names(dir, &names), r = 0;

	if (count < 0)
		return err_set(err, count, "%s: %s", dir, strerror(-count));
	for (int i = 0; i < count; i++) {
		struct json_doc doc = { .root = NULL };

		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		free(names[i]);
		if (r == 0)
			r = json_doc_load(path, ceiling_bytes, &doc, err);
		if (r == 0)
			r = take(closure, &doc, err);
	}
	free(names);
	return r;
}
