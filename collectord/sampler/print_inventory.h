/* collectord --print-inventory: what this machine is, as key=value lines. */
#ifndef COLLECTORD_SAMPLER_PRINT_INVENTORY_H
#define COLLECTORD_SAMPLER_PRINT_INVENTORY_H

#include "common/err.h"
#include "common/strbuf.h"

/* root: "/" or a recorded host. Returns 0 or a negative errno with the text set. */
int print_inventory(const char *root, struct strbuf *out, struct err *err);

#endif
