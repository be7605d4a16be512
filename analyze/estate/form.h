/*
 * Demand from shares (docs/method.md, "What a source cannot say"): an import may have
 * brought the busy share of a machine and not its MHz, its available memory and not its
 * total.  They are kept as they are; what they come to is formed when it is read, with the
 * facts in force: a person's word before the machine's before what the import itself said
 * at that time, before the latest that an import said.
 */
#ifndef ANALYZE_ESTATE_FORM_H
#define ANALYZE_ESTATE_FORM_H

#include "common/series.h"
#include "schema/resource.h"
#include "store/store.h"

/* A slot's size: of the facts where those hold, else of the series, else the fallback. */
struct form_size {
	double fixed; /* a person's or the machine's word; NAN: none */
	const struct series
		*series; /* what the import said slot by slot; may be empty */
	double fallback; /* NAN: none */
};
double form_size_at(const struct form_size *size, size_t slot);

/*
 * form_cpu - busy share x cores x MHz, or cores' worth x MHz (cores NULL)
 * form_memory_available - total less available
 * form_memory_ratio - share x total
 *
 * The share's series becomes the demand's, slot by slot; where a size is not known the
 * slot is unknown.
 */
void form_cpu(struct series *share, const struct form_size *cores,
	const struct form_size *mhz);
void form_memory_available(struct series *available, const struct form_size *total);
void form_memory_ratio(struct series *ratio, const struct form_size *total);

/*
 * form_fill - slots that the demand does not know are those that were formed
 *
 * formed is given away: it is empty afterwards.  Returns 0 or -ENOMEM.
 */
int form_fill(struct series *demand, struct series *formed);

/*
 * form_demand - what an imported workload's demand is missing, from its shares
 *
 * Only where slots of the demand are unknown.  Returns 0 or a negative errno with the
 * text set.
 */
int form_demand(struct store *store, const struct workload *workload,
	enum resource resource, unsigned step_s, int64_t from, int64_t to,
	struct series *demand, struct err *err);

#endif
