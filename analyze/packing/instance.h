/*
 * Raw packing instances, one file each: .vbp (VPSolver), BPPLIB, temporal bin packing,
 * CAP1 (hosts with costs, five dimensions) and TS1 (time series).  Formats:
 * docs/method.md, "Packing instances".
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_PACKING_INSTANCE_H
#define ANALYZE_PACKING_INSTANCE_H

#include "analyze/packing/instance_build.h"

struct packing_instance {
	struct packing_problem problem;
	bool has_host_types; /* the file says which hosts there are, with costs */
	char *text;          /* owned: names point into it */
};

/* Returns 0 or -EINVAL, -E2BIG, -ENOMEM or what reading gave, with path, line and
 * reason in err. */
int instance_read(const char *path, enum instance_demand demand,
	struct packing_instance *ret_instance, struct err *err);

/* The same on text, which is taken (freed by instance_done, on failure at once);
 * path is for messages and, by its ending, for telling .vbp from BPPLIB. */
int instance_parse(const char *path, char *text, size_t length,
	enum instance_demand demand, struct packing_instance *ret_instance,
	struct err *err);
void instance_done(struct packing_instance *instance);

#endif
