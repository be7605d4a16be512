#include "analyze/engine/samples.h"

#include "common/util.h"

#include <string.h>

enum engine_label engine_label_find(const char *name, size_t length)
{
	static const struct {
		const char *name;
		enum engine_label label;
	} known[] = { { "__name__", LABEL_METRIC }, { "workload", LABEL_WORKLOAD },
		{ "source", LABEL_SOURCE }, { "vm", LABEL_VM },
		{ "instance", LABEL_INSTANCE }, { "device", LABEL_DEVICE },
		{ "nic", LABEL_DEVICE }, { "disk", LABEL_DEVICE },
		{ "volume", LABEL_DEVICE }, { "cpu", LABEL_CPU }, { "core", LABEL_CPU },
		{ "package", LABEL_PACKAGE }, { "mode", LABEL_MODE } };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strlen(known[i].name) == length &&
			memcmp(known[i].name, name, length) == 0)
			return known[i].label;
	return LABEL_COUNT;
}
