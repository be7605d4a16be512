/*
 * A chunk of samples as Prometheus keeps it (tsdb/docs/format/chunks.md, "XOR chunk data",
 * after Pelkonen et al., "Gorilla", VLDB 2015): stamps as differences of differences,
 * values as the bits that changed.  Pure.
 */
#ifndef ANALYZE_ENGINE_XOR_CHUNK_H
#define ANALYZE_ENGINE_XOR_CHUNK_H

#include "analyze/engine/samples.h"

#define XOR_CHUNK_SAMPLES_MAX 65535 /* its count has 16 bits */

/*
 * xor_chunk_decode - all samples of a chunk
 *
 * sample  room for XOR_CHUNK_SAMPLES_MAX
 *
 * Returns 0, or -EBADMSG for bits that end too early.
 */
int xor_chunk_decode(const uint8_t *bytes, size_t length, struct engine_sample *sample,
	size_t *ret_count);

#endif
