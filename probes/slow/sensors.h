/*
 * Sensors through libsensors, for the helper process only: a read can take seconds, and
 * the library keeps one configuration per process.  sensors.c alone includes its header.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef PROBES_SLOW_SENSORS_H
#define PROBES_SLOW_SENSORS_H

#include "common/err.h"
#include "probes/probe.h"

#include <stdbool.h>
#include <stddef.h>

enum { SENSORS_MAX = 128, SENSORS_ID_MAX = 96 };

struct sensor {
	char id[SENSORS_ID_MAX]; /* "coretemp-isa-0000/temp1": stable over restarts, unique */
	char label[SENSORS_ID_MAX]; /* "Package id 0"; the id where there is none */
	enum metric_id metric;      /* METRIC_SENSOR_CELSIUS ... */
};

struct sensors; /* opaque */

/* Reads /etc/sensors3.conf as the library does.  No sensor at all is not an error. */
int sensors_open(struct sensors **ret_sensors, struct err *err);
void sensors_close(struct sensors *sensors); /* NULL is a no-op */
size_t sensors_count(const struct sensors *sensors);
const struct sensor *sensors_get(const struct sensors *sensors, size_t index);

/*
 * sensors_read - one value; this call can take long
 *
 * Returns 0, -ERANGE when the value is impossible (the limits are in the metric table:
 * such a sensor is broken and never alerts), or another negative errno.
 */
int sensors_read(const struct sensors *sensors, size_t index, double *ret_value,
	struct err *err);

/* Is the value possible at all?  Pure: NAN, infinities and what is out of range. */
bool sensors_is_plausible(enum metric_id metric, double value);

/* Of the live root alone: libsensors knows no other. */

#endif
