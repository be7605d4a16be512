/* A series as an engine has it: the labels that mean something to us, and samples. */
#ifndef ANALYZE_ENGINE_SAMPLES_H
#define ANALYZE_ENGINE_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

enum engine_label {
	LABEL_METRIC, /* __name__ */
	LABEL_WORKLOAD,
	LABEL_SOURCE,
	LABEL_VM,
	LABEL_INSTANCE,
	LABEL_DEVICE, /* device, nic, disk, volume */
	LABEL_CPU,    /* cpu; core of Windows and of the throttles */
	LABEL_PACKAGE,
	LABEL_MODE,
	LABEL_COUNT,
};

#define LABEL_BYTES 256 /* with its NUL */

struct engine_labels {
	char text[LABEL_COUNT][LABEL_BYTES]; /* "": there is none */
};

/* The label that a name means; LABEL_COUNT: none of ours. */
enum engine_label engine_label_find(const char *name, size_t length);

struct engine_sample {
	int64_t stamp_ms;
	double value; /* NAN: unknown */
};

#endif
