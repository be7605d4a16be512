/*
 * The layout of the sampler's ticks: made from the snapshot, saved, and tidied up.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_SAMPLER_SAMPLER_LAYOUT_H
#define COLLECTORD_SAMPLER_SAMPLER_LAYOUT_H

#include "collectord/sampler/sampler_state.h"

/* The snapshot has another layout: saves it, widens the ring, tells what came and went. */
int sampler_change_layout(
	struct sampler *sampler, const struct snapshot *snapshot, struct err *err);

#endif
