/* A fast 64-bit checksum for records that a crash or a stray write may damage. */
#ifndef COMMON_CHECKSUM_H
#define COMMON_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * checksum64 - of a run of bytes; not for secrets, not against an attacker
 *
 * Four independent multiply lanes over 32-byte blocks, then an avalanche: any single
 * changed bit changes the result.  The same on every little-endian machine; seed
 * chains several runs (pass the result of the run before).
 */
uint64_t checksum64(const void *bytes, size_t count, uint64_t seed);

#endif
