/*
 * The floor of what collecting costs: bare pread of the kernel's files on kept
 * descriptors at 1 Hz, to the end of each, nothing parsed.
 *
 *	floor CYCLES [EVERY:]FILE...
 *
 * EVERY: the file is read in each so-manyth cycle alone.
 *
 * Prints microseconds of CPU per cycle (process clock; the first two cycles do not
 * count) and the resident size in kB.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FILES_MAX = 64, WARM_UP = 2, TEXT_BYTES = 1 << 20 };

static char text[TEXT_BYTES];

static double cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* A piece that ends with a newline and leaves room for one more record was the last:
 * one call a file, as a careful reader does it. */
static void read_all(int fd)
{
	off_t at = 0;
	ssize_t n;

	do {
		n = pread(fd, text, sizeof(text), at);
		at += n > 0 ? n : 0;
	} while (n > 3072);
}

static long resident_kb(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (file && fscanf(file, "%*s %ld", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * sysconf(_SC_PAGESIZE) / 1024;
}

int main(int argc, char **argv)
{
	long cycles = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	int fd[FILES_MAX], count = 0;
	long every[FILES_MAX];
	struct timespec next;
	double begin = 0;

	for (int i = 2; i < argc && count < FILES_MAX; i++) {
		char *path = argv[i];

		every[count] = 1;
		if (*path != '/') {
			every[count] = strtol(path, &path, 10);
			path += *path == ':';
		}
		fd[count] = open(path, O_RDONLY | O_CLOEXEC);
		count += fd[count] >= 0 && every[count] > 0;
	}
	if (cycles <= 0 || count == 0)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (long cycle = -WARM_UP; cycle < cycles; cycle++) {
		next.tv_sec++;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		if (cycle == 0)
			begin = cpu_us();
		for (int i = 0; i < count; i++)
			if (cycle % every[i] == 0)
				read_all(fd[i]);
	}
	printf("%.1f %ld\n", (cpu_us() - begin) / (double)cycles, resident_kb());
	return 0;
}
