/*
 * The simulated machine's own: its proc files, its clocks and its boots.  Memory in use
 * tells which tick was taken: number x 8 KiB, so that a stored value names its tick.
 */
#ifndef TESTS_SIMULATOR_WORLD_H
#define TESTS_SIMULATOR_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#define WORLD_TICK_BYTES 8192
#define WORLD_TICKS_MOST 2000000

struct world {
	unsigned boots;
};

/* start_s: UTC, when the machine is switched on.  root: the folder that stands for it; what
 * is read below it is in memory. */
void world_init(struct world *world, const char *root, int64_t start_s);

/* Time passes; asleep: the monotonic clock stands still meanwhile. */
void world_pass(int64_t ns, bool is_asleep);
/* What proc says when tick number is taken: 1 .. WORLD_TICKS_MOST. */
void world_show(uint32_t number);
/* The machine starts again. */
void world_boot(struct world *world);

#endif
