#include "store/rrd/rrd_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

int rrd_file_take_lock(int fd, bool is_exclusive, int wait_ms)
{
	for (int waited_ms = 0;; waited_ms++) {
		struct flock lock = { .l_type = is_exclusive ? F_WRLCK : F_RDLCK,
			.l_whence = SEEK_SET };

		if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return 0; /* a file system without locks */
		if (waited_ms >= wait_ms)
			return -EBUSY;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
}
