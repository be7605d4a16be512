#include "common/program.h"

#include "common/util.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int program_find(const char *name, char *ret_path, size_t size)
{
	static const char *const places[] = { "", "../", "../libexec/headroom/" };
	char folder[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	char *slash;

	folder[length > 0 ? length : 0] = '\0';
	slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; slash && i < ARRAY_LEN(places); i++) {
		int written =
			snprintf(ret_path, size, "%s/%s%s", folder, places[i], name);

		if (written > 0 && (size_t)written < size &&
			access(ret_path, X_OK) == 0)
			return 0;
	}
	if ((size_t)snprintf(ret_path, size, "%s/%s", HEADROOM_LIBEXEC_DIR, name) >=
		size)
		return -ENAMETOOLONG;
	return access(ret_path, X_OK) == 0 ? 0 : -ENOENT;
}
