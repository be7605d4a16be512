/*
 * Which devices count where only their names are known (docs/method.md, "What is
 * counted"): the same names as in a host root without sysfs.
 */
#ifndef ANALYZE_IMPORT_DEVICE_RULES_H
#define ANALYZE_IMPORT_DEVICE_RULES_H

#include <stdbool.h>
#include <stddef.h>

/* What is not known to be virtual. */
bool device_is_adapter(const char *name, size_t length);

/* A whole physical device: sda, nvme0n1, dev8-16 (major and minor); no partition. */
bool device_is_disk(const char *name, size_t length);

#endif
