#include "probes/slow/sensors.h"

#include "common/util.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sensors/error.h>
#include <sensors/sensors.h>

struct sensor_reading {
	struct sensor sensor;
	const sensors_chip_name *chip; /* the library's */
	int input, fault;              /* numbers of sub-features; fault -1: none */
};

struct sensors {
	struct sensor_reading *reading;
	size_t count;
};

static const struct feature {
	sensors_feature_type type;
	enum metric_id metric;
	sensors_subfeature_type input, other_input, fault;
} features[] = {
	{ SENSORS_FEATURE_TEMP, METRIC_SENSOR_CELSIUS, SENSORS_SUBFEATURE_TEMP_INPUT,
		SENSORS_SUBFEATURE_UNKNOWN, SENSORS_SUBFEATURE_TEMP_FAULT },
	{ SENSORS_FEATURE_FAN, METRIC_SENSOR_RPM, SENSORS_SUBFEATURE_FAN_INPUT,
		SENSORS_SUBFEATURE_UNKNOWN, SENSORS_SUBFEATURE_FAN_FAULT },
	{ SENSORS_FEATURE_POWER, METRIC_SENSOR_WATT, SENSORS_SUBFEATURE_POWER_INPUT,
		SENSORS_SUBFEATURE_POWER_AVERAGE, SENSORS_SUBFEATURE_UNKNOWN },
	{ SENSORS_FEATURE_IN, METRIC_SENSOR_VOLT, SENSORS_SUBFEATURE_IN_INPUT,
		SENSORS_SUBFEATURE_UNKNOWN, SENSORS_SUBFEATURE_UNKNOWN },
};

static const struct feature *find_feature(sensors_feature_type type)
{
	for (size_t i = 0; i < ARRAY_LEN(features); i++)
		if (features[i].type == type)
			return &features[i];
	return NULL;
}

static const sensors_subfeature *find_subfeature(const sensors_chip_name *chip,
	const sensors_feature *feature, sensors_subfeature_type type)
{
	return type == SENSORS_SUBFEATURE_UNKNOWN
		? NULL
		: sensors_get_subfeature(chip, feature, type);
}

static void add_reading(struct sensors *sensors, const sensors_chip_name *chip,
	const char *mark, const sensors_feature *feature)
{
	const struct feature *known = find_feature(feature->type);
	const sensors_subfeature *input, *fault;
	struct sensor_reading *reading = &sensors->reading[sensors->count];
	char name[64];
	char *label;

	if (!known || sensors->count == SENSORS_MAX)
		return;
	input = find_subfeature(chip, feature, known->input);
	if (!input)
		input = find_subfeature(chip, feature, known->other_input);
	if (!input || !(input->flags & SENSORS_MODE_R) ||
		sensors_snprintf_chip_name(name, sizeof(name), chip) < 0)
		return;
	fault = find_subfeature(chip, feature, known->fault);
	*reading = (struct sensor_reading){
		.sensor.metric = known->metric,
		.chip = chip,
		.input = input->number,
		.fault = fault ? fault->number : -1,
	};
	(void)snprintf(reading->sensor.id, sizeof(reading->sensor.id), "%s%s/%.30s",
		name, mark, feature->name);
	label = sensors_get_label(chip, feature);
	(void)snprintf(reading->sensor.label, sizeof(reading->sensor.label), "%s",
		label ? label : reading->sensor.id);
	free(label);
	sensors->count++;
}

static bool has_name_of(const sensors_chip_name *chip, const char *name)
{
	char own[64];

	return sensors_snprintf_chip_name(own, sizeof(own), chip) >= 0 &&
		!strcmp(own, name);
}

/* The device behind a chip, without the number that hwmon gave it; "" unknown. */
static void device_of(const sensors_chip_name *chip, char *device, size_t size)
{
	char *path = chip->path ? realpath(chip->path, NULL) : NULL;
	char *hwmon = path ? strstr(path, "/hwmon") : NULL;

	device[0] = '\0';
	if (hwmon && !strncmp(path, "/sys/devices/", 13)) {
		char *base;

		*hwmon = '\0';
		base = strrchr(path, '/');
		(void)snprintf(device, size, "%.20s", base + 1);
	}
	free(path);
}

/*
 * The library may give two chips one name (two radios of a kind, several hwmon of one
 * device).  Of such the one with the lowest device keeps the name, whatever the order in
 * which the kernel found them; others have their device behind it, "@3-0048", and where
 * that does not tell them apart, or is not known, their number, "#2".
 */
static void mark_chip(
	const sensors_chip_name *chip, int number, char *mark, size_t size)
{
	const sensors_chip_name *other;
	char name[64], device[32], other_device[32];
	unsigned before = 0, same_device = 0;
	int at = 0;

	mark[0] = '\0';
	if (sensors_snprintf_chip_name(name, sizeof(name), chip) < 0)
		return;
	device_of(chip, device, sizeof(device));
	while ((other = sensors_get_detected_chips(NULL, &at))) {
		int order;

		if (at == number || !has_name_of(other, name))
			continue;
		device_of(other, other_device, sizeof(other_device));
		order = strcmp(other_device, device);
		same_device += order == 0;
		if (order == 0 && other->path && chip->path)
			order = strverscmp(other->path, chip->path);
		before += order < 0;
	}
	if (before > 0 && device[0] && same_device == 0)
		(void)snprintf(mark, size, "@%s", device);
	else if (before > 0)
		(void)snprintf(mark, size, "#%u", before + 1);
}

int sensors_open(struct sensors **ret_sensors, struct err *err)
{
	struct sensors *sensors = calloc(1, sizeof(*sensors));
	const sensors_chip_name *chip;
	int chip_number = 0;
	int r;

	if (sensors)
		sensors->reading = calloc(SENSORS_MAX, sizeof(*sensors->reading));
	if (!sensors || !sensors->reading) {
		free(sensors);
		return err_oom(err);
	}
	r = sensors_init(NULL);
	if (r != 0 &&
		r != -SENSORS_ERR_KERNEL) { /* no hwmon in this kernel: no sensor */
		free(sensors->reading);
		free(sensors);
		return err_set(err, -EIO, "libsensors: %s", sensors_strerror(r));
	}
	while (r == 0 && (chip = sensors_get_detected_chips(NULL, &chip_number))) {
		const sensors_feature *feature;
		char mark[40];
		int number = 0;

		mark_chip(chip, chip_number, mark, sizeof(mark));
		while ((feature = sensors_get_features(chip, &number)))
			add_reading(sensors, chip, mark, feature);
	}
	*ret_sensors = sensors;
	return 0;
}

void sensors_close(struct sensors *sensors)
{
	if (!sensors)
		return;
	sensors_cleanup();
	free(sensors->reading);
	free(sensors);
}

size_t sensors_count(const struct sensors *sensors)
{
	return sensors->count;
}

const struct sensor *sensors_get(const struct sensors *sensors, size_t index)
{
	return index < sensors->count ? &sensors->reading[index].sensor : NULL;
}

bool sensors_is_plausible(enum metric_id metric, double value)
{
	const struct metric_numbers *row = &metric_numbers_table[metric];

	return isfinite(value) && value >= row->minimum && value <= row->maximum;
}

int sensors_read(
	const struct sensors *sensors, size_t index, double *ret_value, struct err *err)
{
	const struct sensor_reading *reading;
	double value = NAN;
	double fault = 0;
	int r;

	if (index >= sensors->count)
		return err_set(err, -EINVAL, "there is no sensor %zu", index);
	reading = &sensors->reading[index];
	if (reading->fault >= 0 &&
		sensors_get_value(reading->chip, reading->fault, &fault) == 0 &&
		fault != 0)
		return err_set(err, -EIO, "%s: reports a fault", reading->sensor.id);
	r = sensors_get_value(reading->chip, reading->input, &value);
	if (r < 0)
		return err_set(
			err, -EIO, "%s: %s", reading->sensor.id, sensors_strerror(r));
	if (!sensors_is_plausible(reading->sensor.metric, value))
		return err_set(err, -ERANGE, "%s: %g %s is impossible",
			reading->sensor.id, value,
			metric_table[reading->sensor.metric].unit);
	*ret_value = value;
	return 0;
}

/* ---- as a slow probe ------------------------------------------------------------ */

struct slow_state {
	struct sensors *sensors;
	size_t chips; /* when the library looked */
};

static size_t count_chips(const struct slow_context *context)
{
	DIR *dir = context->root->is_live ? opendir("/sys/class/hwmon") : NULL;
	struct dirent *entry;
	size_t count = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			count++;
	closedir(dir);
	return count;
}

static bool sensors_is_list_old(
	const struct slow_state *state, const struct slow_context *context)
{
	return count_chips(context) != (state ? state->chips : 0);
}

static int sensors_list(
	struct slow_state **state, const struct slow_context *context, struct err *err)
{
	size_t chips = count_chips(context);
	int r = 0;

	if (!*state)
		*state = calloc(1, sizeof(**state));
	if (!*state)
		return err_oom(err);
	sensors_close((*state)->sensors); /* one configuration per process */
	**state = (struct slow_state){ .sensors = NULL };
	if (chips > 0)
		r = sensors_open(&(*state)->sensors, err);
	if (r == 0)
		(*state)->chips = chips;
	return r;
}

static bool sensors_source(
	const struct slow_state *state, size_t index, struct slow_source *ret_source)
{
	const struct sensor *sensor =
		state && state->sensors ? sensors_get(state->sensors, index) : NULL;

	if (!sensor)
		return false;
	*ret_source = (struct slow_source){
		.id = sensor->id,
		.label = sensor->label,
		.metric = &sensor->metric,
		.count = 1,
	};
	return true;
}

static int sensors_slow_read(const struct slow_state *state, size_t index,
	const struct slow_context *context, double *ret_values, struct err *err)
{
	(void)context;
	return sensors_read(state->sensors, index, ret_values, err);
}

static void sensors_slow_close(struct slow_state *state)
{
	if (state)
		sensors_close(state->sensors);
	free(state);
}

const struct slow_probe sensors_probe = {
	.name = "sensors",
	.help = "temperatures, fans, power and voltages",
	.sources_max = SENSORS_MAX,
	.deadline_setting = "sensor_deadline_ms",
	.switch_setting = "sensors",
	.is_list_old = sensors_is_list_old,
	.list = sensors_list,
	.get = sensors_source,
	.read = sensors_slow_read,
	.close = sensors_slow_close,
};
