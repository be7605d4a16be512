#include "analyze/console/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void output_forget(struct output *output)
{
	free(output->final_path);
	free(output->temporary_path);
	*output = (struct output){ .file = NULL };
}

/* A link in a folder that all may write to, made by neither us nor the folder's owner, leads
 * where somebody else wants to have it; the kernel refuses to follow it where its
 * protected_symlinks is on. */
static int refuse_trap(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct stat link, folder;
	char *above;
	int r;

	if (lstat(path, &link) != 0 || !S_ISLNK(link.st_mode))
		return 0;
	above = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	if (!above)
		return -ENOMEM;
	r = stat(above, &folder) < 0 ? err_errno(err, "%s", above) : 0;
	free(above);
	if (r == 0 && (folder.st_mode & S_ISVTX) && (folder.st_mode & S_IWOTH) &&
		link.st_uid != geteuid() && link.st_uid != folder.st_uid)
		r = err_set(err, -EACCES,
			"%s: is a link of another user in a folder that all may write "
			"to, and is not followed",
			path);
	return r;
}

static int open_temporary(struct output *output, struct err *err)
{
	const char *slash = strrchr(output->final_path, '/');
	int folder_length = slash ? (int)(slash - output->final_path) + 1 : 0;
	mode_t mask = umask(022);
	char *path;
	int fd;

	umask(mask);
	if (asprintf(&path, "%.*s.headroom-XXXXXX", folder_length, output->final_path) <
		0)
		return -ENOMEM;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0) {
		int code = err_errno(err, "%s: cannot be written", output->final_path);

		free(path);
		return code;
	}
	output->temporary_path = path;
	fchmod(fd, 0666 & ~mask);
	output->file = fdopen(fd, "w");
	if (!output->file) {
		close(fd);
		return -ENOMEM;
	}
	return 0;
}

int output_open(const char *path, struct output *ret_output, struct err *err)
{
	struct output output = { .file = NULL };
	struct stat status;
	int r = 0;

	if (!path || !strcmp(path, "-")) {
		*ret_output = (struct output){ .file = stdout };
		return 0;
	}
	r = refuse_trap(path, err);
	if (r < 0)
		return r;
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return err_set(err, -EISDIR, "%s: is a folder, expected a file", path);
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
		output.file = fopen(path, "we");
		if (!output.file)
			return err_errno(err, "%s", path);
		*ret_output = output;
		return 0;
	}
	/* the file behind links, so that a rename does not replace the link itself */
	output.final_path = realpath(path, NULL);
	if (!output.final_path)
		output.final_path = strdup(path);
	if (!output.final_path)
		return -ENOMEM;
	r = open_temporary(&output, err);
	if (r < 0) {
		output_abort(&output);
		return r;
	}
	*ret_output = output;
	return 0;
}

int output_commit(struct output *output, struct err *err)
{
	const char *name = output->final_path ? output->final_path : "output";
	bool is_failed = ferror(output->file) != 0;
	int code = 0;

	if (fflush(output->file) != 0 || is_failed)
		code = err_errno(err, "%s: cannot be written", name);
	if (!output->temporary_path) {
		if (output->file != stdout)
			fclose(output->file);
		output_forget(output);
		return code;
	}
	if (code == 0 && fsync(fileno(output->file)) != 0)
		code = err_errno(err, "%s: cannot be written", name);
	if (fclose(output->file) != 0 && code == 0)
		code = err_errno(err, "%s: cannot be written", name);
	output->file = NULL;
	if (code == 0 && rename(output->temporary_path, output->final_path) != 0)
		code = err_errno(err, "%s: cannot be put in place", name);
	if (code < 0)
		unlink(output->temporary_path);
	output_forget(output);
	return code;
}

void output_abort(struct output *output)
{
	if (output->file && output->file != stdout)
		fclose(output->file);
	if (output->file == stdout)
		fflush(stdout);
	if (output->temporary_path)
		unlink(output->temporary_path);
	output_forget(output);
}
