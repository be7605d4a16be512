#include "analyze/import/formats/workbook_hosts.h"

#include "common/array.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOSTS_MAX 100000

enum host_column {
	HOST_NAME,
	HOST_CLUSTER,
	HOST_MODEL,
	HOST_SPEED, /* MHz of a core; of an adapter in vNIC Mbit/s */
	HOST_CORES,
	HOST_MEMORY, /* MB */
	HOST_MAINTENANCE,
	HOST_COLUMNS,
};

static const char *const host_headings[HOST_COLUMNS] = {
	[HOST_NAME] = "Host",
	[HOST_CLUSTER] = "Cluster",
	[HOST_MODEL] = "Model",
	[HOST_SPEED] = "Speed",
	[HOST_CORES] = "# Cores",
	[HOST_MEMORY] = "# Memory",
	[HOST_MAINTENANCE] = "in Maintenance Mode",
};

struct host_sheets {
	const char *sheet;
	struct import_host *host;
	size_t hosts, room;
	uint64_t row;
	unsigned in_maintenance, incomplete;
	size_t place[HOST_COLUMNS]; /* of the sheet; SIZE_MAX: there is none */
};

static void take_host_heading(
	struct host_sheets *sheets, const char *const *cell, size_t count)
{
	for (size_t i = 0; i < HOST_COLUMNS; i++) {
		sheets->place[i] = SIZE_MAX;
		for (size_t k = 0; k < count && sheets->place[i] == SIZE_MAX; k++) {
			if (!strcasecmp(cell[k], host_headings[i]))
				sheets->place[i] = k;
		}
	}
}

static const char *host_cell(const struct host_sheets *sheets, const char *const *cell,
	size_t count, enum host_column column)
{
	return sheets->place[column] < count ? cell[sheets->place[column]] : "";
}

/* 0 where nothing is said. */
static int host_number(const struct host_sheets *sheets, const char *const *cell,
	size_t count, enum host_column column, double *ret_number, struct err *err)
{
	const char *text = host_cell(sheets, cell, count, column);
	char quoted[TEXT_QUOTE_SIZE];

	*ret_number = 0;
	if (!*text || text_is_number(text, strlen(text), ret_number))
		return 0;
	return err_set(err, -EINVAL,
		"%s: row %llu, column %zu: expected a number >= 0, found \"%s\"",
		sheets->sheet, (unsigned long long)sheets->row,
		sheets->place[column] + 1, text_quote(text, strlen(text), quoted));
}

static void host_text(char to[IMPORT_HOST_TEXT], const char *text)
{
	size_t used = 0;

	for (; *text && used + 1 < IMPORT_HOST_TEXT; text++) {
		unsigned char c = (unsigned char)*text;

		to[used++] = c < ' ' || c == 0x7f ? ' ' : (char)c;
	}
	to[used] = '\0';
}

/* A host in maintenance, or without its sizes, is counted and left out: a plan could
 * place nothing there. */
static int host_row(void *data, const char *const *cell, size_t count, struct err *err)
{
	struct host_sheets *sheets = data;
	struct import_host host = { .nics = 0 };
	const char *name;
	int r;

	if (++sheets->row == 1) {
		take_host_heading(sheets, cell, count);
		return sheets->place[HOST_NAME] != SIZE_MAX
			? 0
			: err_set(err, -EINVAL,
				  "vHost: row 1: expected a column Host, found none");
	}
	name = host_cell(sheets, cell, count, HOST_NAME);
	r = host_number(sheets, cell, count, HOST_CORES, &host.cores, err);
	if (r >= 0)
		r = host_number(sheets, cell, count, HOST_SPEED, &host.core_mhz, err);
	if (r >= 0)
		r = host_number(sheets, cell, count, HOST_MEMORY, &host.memory_mb, err);
	if (r < 0 || !*name)
		return r;
	if (!strcasecmp(host_cell(sheets, cell, count, HOST_MAINTENANCE), "true")) {
		sheets->in_maintenance++;
		return 0;
	}
	if (host.cores < 1 || host.core_mhz < 1 || host.memory_mb < 1) {
		sheets->incomplete++;
		return 0;
	}
	if (sheets->hosts == HOSTS_MAX)
		return err_set(err, -EFBIG, "expected at most %d hosts, found more",
			HOSTS_MAX);
	if (ARRAY_RESERVE(sheets->host, sheets->room, sheets->hosts + 1) < 0)
		return err_oom(err);
	host_text(host.name, name);
	host_text(host.cluster, host_cell(sheets, cell, count, HOST_CLUSTER));
	host_text(host.model, host_cell(sheets, cell, count, HOST_MODEL));
	sheets->host[sheets->hosts++] = host;
	return 0;
}

/* An adapter of a host; of adapters of several speeds the slowest counts for all. */
static int nic_row(void *data, const char *const *cell, size_t count, struct err *err)
{
	struct host_sheets *sheets = data;
	const char *name;
	double mbps;
	int r;

	if (++sheets->row == 1) {
		take_host_heading(sheets, cell, count);
		return 0;
	}
	name = host_cell(sheets, cell, count, HOST_NAME);
	r = host_number(sheets, cell, count, HOST_SPEED, &mbps, err);
	if (r < 0 || mbps <= 0)
		return r;
	for (size_t i = 0; i < sheets->hosts; i++) {
		struct import_host *host = &sheets->host[i];

		if (strcmp(host->name, name) != 0)
			continue;
		host->nics++;
		if (host->nic_mbps == 0 || mbps < host->nic_mbps)
			host->nic_mbps = mbps;
		break;
	}
	return 0;
}

static int put_hosts(
	const struct host_sheets *sheets, struct import_sink *sink, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && sink->put_host && i < sheets->hosts; i++)
		r = sink->put_host(sink, &sheets->host[i], err);
	if (r >= 0 && sheets->in_maintenance)
		r = account_warn(sink->account, err,
			"%u of its hosts are in maintenance: they are left out",
			sheets->in_maintenance);
	if (r >= 0 && sheets->incomplete)
		r = account_warn(sink->account, err,
			"%u of its hosts say no cores, speed or memory: they are left out",
			sheets->incomplete);
	return r;
}

int workbook_hosts_read(
	struct workbook *workbook, struct import_sink *sink, struct err *err)
{
	struct host_sheets sheets = { .sheet = "vHost" };
	int has_hosts = spreadsheet_read(workbook, "vHost", host_row, &sheets, err);
	int r = has_hosts;

	sheets.sheet = "vNIC";
	sheets.row = 0;
	if (r > 0)
		r = spreadsheet_read(workbook, "vNIC", nic_row, &sheets, err);
	if (r >= 0)
		r = put_hosts(&sheets, sink, err);
	free(sheets.host);
	return r < 0 ? r : has_hosts;
}
