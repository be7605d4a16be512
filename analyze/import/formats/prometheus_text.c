/* What an exporter shows at one moment: no series, but facts of its machine. */
#include "analyze/import/formats/prometheus.h"

#include "common/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HOST_MAX 200
#define EXPOSITION_LINE_MAX ((size_t)1 << 20)

/* The value of a label in {...}; false: there is none. */
static bool label_of(
	const char *line, size_t length, const char *key, char *to, size_t size)
{
	char wanted[40];
	const char *at, *end = line + length, *stop;
	int width = snprintf(wanted, sizeof(wanted), "%s=\"", key);

	at = memmem(line, length, wanted, (size_t)width);
	if (!at)
		return false;
	at += width;
	stop = memchr(at, '"', (size_t)(end - at));
	if (!stop || (size_t)(stop - at) >= size)
		return false;
	memcpy(to, at, (size_t)(stop - at));
	to[stop - at] = '\0';
	return true;
}

struct text_exposition {
	char host[HOST_MAX], os[HOST_MAX];
	double memory_bytes; /* NAN: not said */
};

static void take_exposed(struct text_exposition *found, const char *line, size_t length)
{
	static const char *const totals[] = { "node_memory_MemTotal_bytes ",
		"node_memory_MemTotal ", "windows_cs_physical_memory_bytes ",
		"windows_memory_physical_total_bytes " };

	for (size_t i = 0; i < ARRAY_LEN(totals); i++) {
		size_t width = strlen(totals[i]);
		size_t digits = width < length ? strcspn(line + width, " \n\r") : 0;

		if (length > width && !memcmp(line, totals[i], width))
			(void)text_is_number(line + width,
				digits < length - width ? digits : length - width,
				&found->memory_bytes);
	}
	if (length > 16 && !memcmp(line, "node_uname_info{", 16))
		(void)label_of(line, length, "nodename", found->host, HOST_MAX);
	if (length > 20 && !memcmp(line, "windows_cs_hostname{", 20))
		(void)label_of(line, length, "hostname", found->host, HOST_MAX);
	if (length > 13 && !memcmp(line, "node_os_info{", 13))
		(void)label_of(line, length, "pretty_name", found->os, HOST_MAX);
	if (length > 16 && !memcmp(line, "windows_os_info{", 16))
		(void)label_of(line, length, "product", found->os, HOST_MAX);
}

static int put_exposed(const struct import_source *source, struct import_sink *sink,
	const struct text_exposition *found, struct err *err)
{
	const struct text_place place = { source->path, 1 };
	const char *name = found->host;
	size_t length = strlen(name);
	uint32_t workload = 0;
	char value[40];
	int r = 0;

	if (isnan(found->memory_bytes) && !*found->os)
		return 0;
	if (!*name || (source->options && source->options->workload))
		r = importer_default_name(source, &name, &length, err);
	if (r >= 0)
		r = text_name(&place, "nodename", name, length, err);
	if (r >= 0)
		r = sink->find_workload(sink, name, length, &workload, err);
	snprintf(value, sizeof(value), "%.0f", found->memory_bytes);
	if (r >= 0 && found->memory_bytes >= 1)
		r = sink->put_fact(sink, workload, "memory.total_bytes", value, err);
	if (r >= 0 && *found->os)
		r = sink->put_fact(sink, workload, "os", found->os, err);
	return r < 0 ? r
		     : account_warn(sink->account, err,
			       "one scrape is no series: facts alone (a series is "
			       "query=...[30d] of the server)");
}

int prometheus_read_exposition(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct text_exposition found = { .memory_bytes = NAN };
	struct text_lines *lines = NULL;
	const char *line = NULL;
	size_t length = 0;
	int r = text_lines_of(source->bytes, EXPOSITION_LINE_MAX, &lines, err);

	while (r >= 0 && (r = text_lines_next(lines, &line, &length, err)) > 0)
		take_exposed(&found, line, length);
	text_lines_close(lines);
	return r < 0 ? r : put_exposed(source, sink, &found, err);
}
