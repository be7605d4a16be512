/* The hosts that a workbook lists, as a hosts file. */
#include "analyze/import/import.h"

#include "common/io.h"

#include <cjson/cJSON.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_SIZE (IMPORT_HOST_TEXT + 16)

/* Hosts that differ in their names alone stand together. */
static int by_kind(const void *a, const void *b)
{
	const struct import_host *x = a, *y = b;
	const double sizes[][2] = { { x->cores, y->cores },
		{ x->core_mhz, y->core_mhz }, { x->memory_mb, y->memory_mb },
		{ x->nics, y->nics }, { x->nic_mbps, y->nic_mbps } };
	int order = strcmp(x->cluster, y->cluster);

	if (order == 0)
		order = strcmp(x->model, y->model);
	for (size_t i = 0; order == 0 && i < sizeof(sizes) / sizeof(sizes[0]); i++)
		order = (sizes[i][0] > sizes[i][1]) - (sizes[i][0] < sizes[i][1]);
	return order;
}

static int by_kind_and_name(const void *a, const void *b)
{
	const struct import_host *x = a, *y = b;
	int order = by_kind(a, b);

	return order ? order : strcmp(x->name, y->name);
}

static bool is_type_taken(const cJSON *list, const char *name)
{
	const cJSON *other;

	cJSON_ArrayForEach (other, list) {
		const char *taken = cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(other, "type"));

		if (taken && !strcmp(taken, name))
			return true;
	}
	return false;
}

/* "ProLiant DL380 Gen10" to "proliant-dl380-gen10"; a second one gets "_2". */
static void type_name(
	const struct import_host *host, const cJSON *list, char to[TYPE_SIZE])
{
	const char *from = *host->model ? host->model : "host";
	char base[IMPORT_HOST_TEXT];
	size_t used = 0;

	for (; *from; from++) {
		if (isalnum((unsigned char)*from))
			base[used++] = (char)tolower((unsigned char)*from);
		else if (used > 0 && base[used - 1] != '-')
			base[used++] = '-';
	}
	while (used > 0 && base[used - 1] == '-')
		used--;
	base[used] = '\0';
	snprintf(to, TYPE_SIZE, "%s", used ? base : "host");
	for (unsigned number = 2; is_type_taken(list, to); number++)
		snprintf(to, TYPE_SIZE, "%s_%u", used ? base : "host", number);
}

/* One adapter is the host's own, the others are shared. */
static bool add_nics(cJSON *type, const struct import_host *host)
{
	cJSON *list;

	if (!(host->nic_mbps > 0) || !(host->nics >= 1))
		return true;
	list = cJSON_AddArrayToObject(type, "nics");
	for (unsigned i = 0; list && i < host->nics && i < 64; i++) {
		cJSON *nic = cJSON_CreateObject();

		if (!nic || !cJSON_AddItemToArray(list, nic) ||
			!cJSON_AddNumberToObject(nic, "mbps", host->nic_mbps) ||
			!cJSON_AddStringToObject(nic, "use",
				i == 0 && host->nics > 1 ? "host" : "shared"))
			return false;
	}
	return list != NULL;
}

static bool add_type(
	cJSON *list, const struct import_host *host, size_t count, bool has_zones)
{
	cJSON *type = cJSON_CreateObject();
	char name[TYPE_SIZE];

	type_name(host, list, name);
	return type && cJSON_AddItemToArray(list, type) &&
		cJSON_AddStringToObject(type, "type", name) &&
		cJSON_AddNumberToObject(type, "count", (double)count) &&
		cJSON_AddNumberToObject(type, "cores", host->cores) &&
		cJSON_AddNumberToObject(type, "core_mhz", host->core_mhz) &&
		cJSON_AddNumberToObject(type, "memory_mb", host->memory_mb) &&
		add_nics(type, host) &&
		(!has_zones || !*host->cluster ||
			cJSON_AddStringToObject(type, "zone", host->cluster));
}

static bool has_clusters(const struct import_host *host, size_t hosts)
{
	for (size_t i = 1; i < hosts; i++) {
		if (strcmp(host[i].cluster, host[0].cluster) != 0)
			return true;
	}
	return false;
}

int import_hosts_write(
	const struct import_report *report, const char *path, struct err *err)
{
	struct import_host *host = report->host;
	cJSON *root = cJSON_CreateObject();
	cJSON *list = root ? cJSON_AddArrayToObject(root, "hosts") : NULL;
	bool has_zones = has_clusters(host, report->hosts), is_good = list != NULL;
	char *text = NULL;
	int r = 0;

	if (report->hosts == 0) {
		cJSON_Delete(root);
		return err_set(err, -ENODATA,
			"--hosts-out: no host is in these files (sheet vHost of RVTools)");
	}
	qsort(host, report->hosts, sizeof(*host), by_kind_and_name);
	for (size_t i = 0, next; is_good && i < report->hosts; i = next) {
		for (next = i + 1;
			next < report->hosts && by_kind(&host[i], &host[next]) == 0;
			next++)
			;
		is_good = add_type(list, &host[i], next - i, has_zones);
	}
	if (is_good)
		text = cJSON_Print(root);
	r = text ? io_replace_file(
			   AT_FDCWD, path, text, strlen(text), 0644, IO_VOLATILE, err)
		 : err_oom(err);
	cJSON_free(text);
	cJSON_Delete(root);
	return r;
}
