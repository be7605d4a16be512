/* Prints every sensor that libsensors finds: id, label, value and unit, or what is wrong. */
#include "common/err.h"
#include "probes/slow/sensors.h"

#include <stdio.h>

int main(void)
{
	struct sensors *sensors = NULL;
	struct err err = ERR_INIT;

	if (sensors_open(&sensors, &err) < 0) {
		fprintf(stderr, "read_sensors: %s\n", err.text);
		return 1;
	}
	for (size_t i = 0; i < sensors_count(sensors); i++) {
		const struct sensor *sensor = sensors_get(sensors, i);
		double value;

		if (sensors_read(sensors, i, &value, &err) == 0)
			printf("%s (%s) %g %s\n", sensor->id, sensor->label, value,
				metric_table[sensor->metric].unit);
		else
			printf("%s (%s) bad: %s\n", sensor->id, sensor->label,
				err.text);
	}
	sensors_close(sensors);
	return 0;
}
