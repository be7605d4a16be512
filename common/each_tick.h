/*
 * EACH_TICK stands before a function that every tick of the sampler runs.
 *
 * A second after the last tick no cache has it any more, and a page costs more than what
 * is on it: the linker lays these functions side by side, so that a tick touches nine
 * pages of the program's code instead of 24.  Where a compiler does not know the word, they lie where
 * they lie.
 */
#ifndef COMMON_EACH_TICK_H
#define COMMON_EACH_TICK_H

#ifdef __GNUC__
#define EACH_TICK __attribute__((hot))
#else
#define EACH_TICK
#endif

#endif
