/* Where the stores of `analyze first-look` go. */
#include "analyze/verbs/first_look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int first_look_make_folders(const char *path, struct err *err)
{
	char part[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(part))
		return err_set(
			err, -ENAMETOOLONG, "%.60s...: the path is too long", path);
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return err_errno(err, "%s: cannot be made", part);
	}
	return access(path, W_OK) == 0 ? 0 : err_errno(err, "%s", path);
}

int first_look_choose_folder(struct first_look *look, struct err *err)
{
	const char *given = context_option(look->context, "dir");
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	char base[PATH_MAX - 64], temporary[] = "/tmp/headroom-first-look-XXXXXX";
	int r, length;

	if (given)
		length = snprintf(base, sizeof(base), "%s", given);
	else if (data && *data == '/')
		length = snprintf(base, sizeof(base), "%s/headroom/first-look", data);
	else
		length = snprintf(base, sizeof(base),
			"%s/.local/share/headroom/first-look",
			home && *home == '/' ? home : "/nonexistent");
	if (length < 0 || (size_t)length >= sizeof(base))
		return err_set(
			err, -ENAMETOOLONG, "the path of its stores is too long");
	r = given || data || home ? first_look_make_folders(base, err) : -ENOENT;
	if (r < 0 && !given && mkdtemp(temporary)) {
		snprintf(base, sizeof(base), "%s", temporary);
		r = 0;
	}
	if (r < 0)
		return r;
	snprintf(look->machine_dir, sizeof(look->machine_dir), "%s/machine", base);
	snprintf(look->sample_dir, sizeof(look->sample_dir), "%s/sample", base);
	snprintf(look->history_dir, sizeof(look->history_dir), "%s/history", base);
	r = first_look_make_folders(look->machine_dir, err);
	return r < 0 ? r : first_look_make_folders(look->sample_dir, err);
}
