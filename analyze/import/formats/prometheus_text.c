/* What an exporter shows at one moment: no series, but facts of its machine. */
#include "analyze/import/formats/prometheus.h"

#include "analyze/import/names.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 200
#define EXPOSITION_LINE_MAX ((size_t)1 << 20)
#define VMS_MAX 100000

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

/* What vmware_exporter says of a VM. */
struct exposed_vm {
	double cpus, memory_mib, mhz; /* NAN: not said */
	bool is_template;
};

struct text_exposition {
	struct names names; /* of the VMs */
	struct exposed_vm *vm;
	uint32_t room;
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

static int find_exposed_vm(struct text_exposition *found, const char *name,
	struct exposed_vm **ret_vm, struct err *err)
{
	const struct text_place place = { "vmware_exporter", 1 };
	uint32_t number;
	int r = text_name(&place, "vm_name", name, strlen(name), err);

	if (r >= 0)
		r = names_number(&found->names, name, strlen(name), VMS_MAX, &number);
	if (r == -ENOMEM)
		return err_oom(err);
	if (r < 0)
		return *err->text
			? r
			: err_set(err, -EFBIG, "expected at most %d VMs, found more",
				  VMS_MAX);
	if (number >= found->room) {
		uint32_t room = found->room ? found->room * 2 : 64;
		struct exposed_vm *grown =
			reallocarray(found->vm, room, sizeof(*grown));

		if (!grown)
			return err_oom(err);
		for (uint32_t i = found->room; i < room; i++)
			grown[i] = (struct exposed_vm){ NAN, NAN, NAN, false };
		found->vm = grown;
		found->room = room;
	}
	*ret_vm = &found->vm[number];
	return 0;
}

/* vmware_vm_num_cpu{...,vm_name="web1"} 2.0 */
static int take_exposed_vm(
	struct text_exposition *found, const char *line, size_t length, struct err *err)
{
	static const char *const metrics[] = { "vmware_vm_num_cpu{",
		"vmware_vm_memory_max{", "vmware_vm_max_cpu_usage{",
		"vmware_vm_template{" };
	const char *close = memrchr(line, '}', length);
	struct exposed_vm *vm = NULL;
	char name[HOST_MAX];
	double value = NAN;
	size_t metric = 0;
	int r;

	while (metric < ARRAY_LEN(metrics) &&
		(length < strlen(metrics[metric]) ||
			memcmp(line, metrics[metric], strlen(metrics[metric])) != 0))
		metric++;
	if (metric == ARRAY_LEN(metrics) || !close ||
		!label_of(line, length, "vm_name", name, sizeof(name)))
		return 0;
	for (close++; close < line + length && *close == ' '; close++)
		;
	if (!text_is_number(close, (size_t)(line + length - close), &value))
		return 0;
	r = find_exposed_vm(found, name, &vm, err);
	if (r < 0)
		return r;
	if (metric == 0)
		vm->cpus = value;
	else if (metric == 1)
		vm->memory_mib = value;
	else if (metric == 2)
		vm->mhz = value;
	else
		vm->is_template |= value > 0;
	return 0;
}

static int put_vm_number(struct import_sink *sink, uint32_t workload, const char *key,
	double value, struct err *err)
{
	char text[40];

	if (!(value >= 1))
		return 0;
	snprintf(text, sizeof(text), "%.15g", value);
	return sink->put_fact(sink, workload, key, text, err);
}

static int put_exposed_vms(
	const struct text_exposition *found, struct import_sink *sink, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r >= 0 && i < found->names.count; i++) {
		const struct exposed_vm *vm = &found->vm[i];
		const char *name = found->names.name[i];
		uint32_t workload = 0;

		if (vm->is_template)
			continue;
		r = sink->find_workload(sink, name, strlen(name), &workload, err);
		if (r >= 0)
			r = put_vm_number(sink, workload, "cpu.cores", vm->cpus, err);
		/* the limit of a VM is all of its processors' clock */
		if (r >= 0)
			r = put_vm_number(sink, workload, "cpu.core_mhz",
				vm->mhz / vm->cpus, err);
		if (r >= 0)
			r = put_vm_number(sink, workload, "memory.total_bytes",
				vm->memory_mib * 1048576, err);
		if (r >= 0)
			r = sink->put_fact(sink, workload, "machine", "vmware", err);
	}
	return r;
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

	while (r >= 0 && (r = text_lines_next(lines, &line, &length, err)) > 0) {
		take_exposed(&found, line, length);
		r = take_exposed_vm(&found, line, length, err);
	}
	text_lines_close(lines);
	if (r >= 0)
		r = put_exposed_vms(&found, sink, err);
	if (r >= 0)
		r = put_exposed(source, sink, &found, err);
	names_done(&found.names);
	free(found.vm);
	return r;
}
