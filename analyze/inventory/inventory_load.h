/*
 * Facts in bulk: a JSON or CSV file to a list of statements.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_INVENTORY_INVENTORY_LOAD_H
#define ANALYZE_INVENTORY_INVENTORY_LOAD_H

#include "analyze/inventory/stated.h"

#define INVENTORY_BYTES_MAX (64u << 20)

/*
 * inventory_load - read a file, whole or not at all
 *
 * JSON (first byte not a letter): {"schema":"headroom/inventory/1","workloads":{NAME:
 * {KEY: VALUE}}}, or one object of facts for the workload of the command line.  CSV:
 * a header "workload,KEY,...", an empty field says nothing.  Refused with path, line,
 * field and reason.
 */
int inventory_load(const char *path, struct stated_list *list, struct err *err);

#endif
