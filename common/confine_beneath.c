/* One folder is all that a confined child can read by name. */
#include "common/confine_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* All that the first version of Landlock knows; later ones add rights that the refused
 * system calls take away as well. */
#define LANDLOCK_FIRST                                                           \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |            \
		LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |     \
		LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
		LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |     \
		LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |     \
		LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |   \
		LANDLOCK_ACCESS_FS_MAKE_SYM)

static int landlock_beneath(int folder_fd)
{
	const struct landlock_ruleset_attr rules = { .handled_access_fs =
							     LANDLOCK_FIRST };
	const struct landlock_path_beneath_attr beneath = {
		.allowed_access =
			LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
		.parent_fd = folder_fd,
	};
	int fd = (int)syscall(SYS_landlock_create_ruleset, &rules,
		sizeof(rules.handled_access_fs), 0);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &beneath,
		    0) < 0 ||
		syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		r = -errno;
	close(fd);
	return r;
}

/* In a user namespace where we are nobody of importance, else as root. */
static int root_beneath(void)
{
	(void)unshare(CLONE_NEWUSER);
	return chroot(".") < 0 ? -errno : 0;
}

int confine_beneath(const char *folder, struct err *err)
{
	int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (fd < 0 || fchdir(fd) < 0)
		r = err_errno(err, "%s", folder);
	if (r == 0 && landlock_beneath(fd) < 0 && (r = root_beneath()) < 0)
		err_set(err, r = -ENOTSUP,
			"this kernel cannot confine a process to one folder (neither "
			"Landlock nor a root folder of its own)");
	if (fd >= 0)
		close(fd);
	return r;
}
