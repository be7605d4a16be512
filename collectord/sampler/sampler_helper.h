/* What the helper found goes into the sampler's next snapshot. */
#ifndef COLLECTORD_SAMPLER_SAMPLER_HELPER_H
#define COLLECTORD_SAMPLER_SAMPLER_HELPER_H

#include "collectord/sampler/sampler_state.h"

/* What is new in the helper's page goes to the probes' collector. */
void sampler_take_from_helper(struct sampler *sampler, const struct clock_now *now);

#endif
