#include "analyze/import/importer.h"

#include "common/util.h"

#include <errno.h>
#include <string.h>

#define IMPORTER_ROW(name) &name##_importer,

const struct importer *const importer_table[] = { IMPORTERS(IMPORTER_ROW) };
const size_t importer_count = ARRAY_LEN(importer_table);

const struct importer *importer_find(const char *name)
{
	/* what people call the workbooks that there are */
	if (!strcmp(name, "rvtools"))
		name = "workbook";
	for (size_t i = 0; i < importer_count; i++) {
		if (!strcmp(importer_table[i]->name, name))
			return importer_table[i];
	}
	return NULL;
}

/* Kinds of file that people hand over and that no reader takes, with the way out. */
static const struct {
	size_t offset;
	const char *magic;
	size_t length;
	const char *what;
} other_kinds[] = {
	{ 0x48, "\x02\x00\x01\xC0", 4,
		"this is a PerfMon log in binary form: relog FILE -f csv -o OUT.csv" },
	{ 0x48, "\x02\x00\x02\xC0", 4,
		"this is a PerfMon log in binary form: relog FILE -f csv -o OUT.csv" },
	{ 0, "PDH", 3,
		"this is a PerfMon log in binary form: relog FILE -f csv -o OUT.csv" },
	{ 0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8,
		"this is a workbook of the old form (.xls): save it as .xlsx or CSV" },
	{ 0, "SQLite format 3", 15,
		"this is a SQLite database: another machine's store is a folder, "
		"`analyze import store DIR`" },
	{ 0, "\x28\xb5\x2f\xfd", 4, "this is compressed: unzstd it first" },
	{ 0, "%PDF-", 5, "this is a PDF: bring the table that it was made from" },
};

/* What lies around in folders and may have nothing to do with any of it. */
static const char tar_kind[] =
	"this is a tar archive: unpack it (tar -xf FILE) and give the folder";

static const char *lying_around(const struct import_head *head)
{
	const size_t at = 257;
	static const char magic[] = "ustar";

	return head->length >= at + sizeof(magic) &&
			!memcmp(head->text + at, magic, sizeof(magic) - 1)
		? tar_kind
		: NULL;
}

/* Texts that a mapping of ours reads, by two words of their begin: which one they are of is
 * for the person to say, since many have the same form. */
static const struct {
	const char *one, *two, *what;
} mapped_kinds[] = {
	{ "\"MetricDataResults\"", "\"Timestamps\"",
		"this is of AWS CloudWatch: analyze import map --map cloudwatch FILE" },
	{ "\"Datapoints\"", "\"Timestamp\"",
		"this is of AWS CloudWatch: analyze import map --map cloudwatch-statistics "
		"FILE, or cloudwatch-sums where it has sums" },
	{ "\"timeSeries\"", "googleapis.com/",
		"this is of Google Cloud: analyze import map --map gcp FILE (gcp-memory for "
		"the agent's)" },
	{ "\"timeseries\"", "\"timeStamp\"",
		"this is of Azure Monitor: analyze import map --map azure-monitor FILE, and "
		"azure-monitor-totals for sums" },
	{ "\"stat-list\"", "\"statKey\"",
		"this is of vROps: analyze import map --map vrops FILE" },
	{ "\"MetricId\"", "\"IntervalSecs\"",
		"this is of PowerCLI's Get-Stat: analyze import map --map get-stat FILE" },
	{ "\"itemid\"", "\"value_avg\"",
		"this is of Zabbix: analyze import map --map zabbix-trends FILE" },
	{ "\"displayNameFromDS\"", "\"values\"",
		"this is of Grafana: analyze import map --map grafana-json-cpu FILE, or a map "
		"of your own like it" },
	{ "\"maxcpu\"", "\"netin\"",
		"this is of Proxmox: analyze import map --map proxmox FILE" },
};

static int refuse_mapped_kind(const struct import_head *head, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(mapped_kinds); i++) {
		const char *one = mapped_kinds[i].one, *two = mapped_kinds[i].two;

		if (memmem(head->text, head->length, one, strlen(one)) &&
			memmem(head->text, head->length, two, strlen(two)))
			return err_set(err, -EINVAL, "%s: %s", head->path,
				mapped_kinds[i].what);
	}
	return 0;
}

static int refuse_other_kind(const struct import_head *head, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(other_kinds); i++) {
		if (head->length >= other_kinds[i].offset + other_kinds[i].length &&
			!memcmp(head->text + other_kinds[i].offset,
				other_kinds[i].magic, other_kinds[i].length))
			return err_set(err, -EINVAL, "%s: %s", head->path,
				other_kinds[i].what);
	}
	return refuse_mapped_kind(head, err);
}

int import_recognise(const struct import_source *source,
	const struct importer **ret_importer, const char **ret_note, struct err *err)
{
	const struct importer *best = NULL;
	struct import_head head = { .path = source->path };
	int most = IMPORT_NOT_MINE, r;

	r = bytes_head(source->bytes, &head.text, &head.length, err);
	if (r < 0)
		return r;
	head.is_whole = head.length < BYTES_HEAD_MAX;
	for (size_t i = 0; i < importer_count; i++) {
		const struct importer *importer = importer_table[i];
		int sure = importer->recognise ? importer->recognise(&head)
					       : IMPORT_NOT_MINE;

		if (sure > most) {
			most = sure;
			best = importer;
		}
	}
	*ret_importer = best;
	*ret_note = best ? NULL : lying_around(&head);
	return best || *ret_note ? 0 : refuse_other_kind(&head, err);
}

/* Ends of file names that say a form and not a machine. */
static const char *const suffixes[] = { ".csv", ".tsv", ".txt", ".log", ".json", ".xml",
	".ssv", ".sar", ".sa", ".rrd", ".xlsx", ".prom", ".out", ".snmpwalk",
	".snmprec", ".dmi" };

static size_t without_suffixes(const char *name, size_t length)
{
	bool is_shorter = true;

	while (is_shorter) {
		is_shorter = false;
		for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
			size_t end = strlen(suffixes[i]);

			if (length <= end ||
				memcmp(name + length - end, suffixes[i], end))
				continue;
			length -= end;
			is_shorter = true;
		}
	}
	return length;
}

int importer_default_name(const struct import_source *source, const char **ret_name,
	size_t *ret_length, struct err *err)
{
	const struct text_place place = { source->path, 0 };
	const char *slash = strrchr(source->path, '/');
	const char *name = slash ? slash + 1 : source->path;
	size_t length = without_suffixes(name, strlen(name));

	if (source->options && source->options->workload) {
		name = source->options->workload;
		length = strlen(name);
	}
	if (text_name(&place, "workload", name, length, err) < 0)
		return err_set(err, -EINVAL,
			"%s: the file does not say which workload it is of, and its name "
			"is not fit to be one: give --workload NAME",
			source->path);
	*ret_name = name;
	*ret_length = length;
	return 0;
}
