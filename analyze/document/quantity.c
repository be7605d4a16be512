#include "analyze/document/quantity.h"

#include "analyze/console/terminal.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Three digits: "1.23", "12.3", "123"; whole numbers that were not scaled as they are. */
static void three_digits(double value, bool is_scaled, char *text, size_t size)
{
	int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;

	if (!is_scaled && value == rint(value))
		decimals = 0;
	snprintf(text, size, "%.*f", decimals, value);
}

static const char *scaled(
	double value, double base, const char *const *unit, size_t count, char *text)
{
	char digits[24];
	bool is_negative = value < 0;
	size_t i = 0;

	if (isnan(value))
		return memcpy(text, "-", 2);
	value = fabs(value);
	while (i + 1 < count && value >= 999.5) {
		value /= base;
		i++;
	}
	three_digits(value, i > 0, digits, sizeof(digits));
	snprintf(text, QUANTITY_SIZE, "%s%s %s", is_negative ? "-" : "", digits,
		unit[i]);
	return text;
}

const char *quantity_bytes(double value, char text[QUANTITY_SIZE])
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB", "PB" };

	return scaled(value, 1024, unit, 6, text);
}

const char *quantity_text(
	double value, enum resource resource, char text[QUANTITY_SIZE])
{
	static const char *const disk[] = { "B/s", "kB/s", "MB/s", "GB/s", "TB/s" };
	static const char *const net[] = { "b/s", "kb/s", "Mb/s", "Gb/s", "Tb/s" };
	static const char *const cpu[] = { "MHz", "GHz", "THz" };
	static const char *const ops[] = { "op/s", "kop/s", "Mop/s" };

	switch (resource) {
	case RESOURCE_MEMORY:
		return quantity_bytes(value, text);
	case RESOURCE_CPU:
		return scaled(value, 1000, cpu, 3, text);
	case RESOURCE_NETWORK:
		return scaled(value, 1000, net, 5, text);
	case RESOURCE_DISK:
		return scaled(value, 1024, disk, 5, text);
	default:
		return scaled(value, 1000, ops, 3, text);
	}
}

const char *quantity_percent(double ratio, char text[QUANTITY_SIZE])
{
	double percent = 100 * ratio;

	if (isnan(ratio))
		return memcpy(text, "-", 2);
	/* never rounded up to all or down to nothing */
	if (ratio < 1 && percent > 99.9)
		percent = 99.9;
	if (ratio > 0 && percent < 0.1)
		percent = 0.1;
	snprintf(text, QUANTITY_SIZE, percent == rint(percent) ? "%.0f %%" : "%.1f %%",
		percent);
	return text;
}

const char *quantity_bar(double ratio, unsigned cells, char *text, unsigned size)
{
	static const char *const part[] = { "", "\u258f", "\u258e", "\u258d", "\u258c",
		"\u258b", "\u258a", "\u2589" };
	unsigned eighths = isnan(ratio) || ratio <= 0
		? 0
		: (unsigned)lrint(8.0 * cells * (ratio > 1 ? 1 : ratio));
	bool has_utf8 = terminal_has_utf8();
	unsigned length = 0;

	text[0] = '\0';
	for (; eighths >= 8 && length + 4 < size; eighths -= 8)
		length += (unsigned)snprintf(
			text + length, size - length, "%s", has_utf8 ? "\u2588" : "#");
	if (eighths && length + 4 < size)
		snprintf(text + length, size - length, "%s",
			has_utf8               ? part[eighths]
				: eighths >= 4 ? "#"
					       : "");
	return text;
}

const char *quantity_duration(unsigned duration_s, char text[QUANTITY_SIZE])
{
	if (duration_s < 3600)
		snprintf(text, QUANTITY_SIZE, "%u min", duration_s / 60);
	else
		snprintf(text, QUANTITY_SIZE, "%u h", duration_s / 3600);
	return text;
}
