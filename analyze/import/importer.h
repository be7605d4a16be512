/*
 * An import format is a word in IMPORTERS below and one file in formats/.  How one is
 * written:
 *
 *  1. `recognise` looks at the first 64 KiB and says how sure it is (0: not mine, 100:
 *     nobody else's).  It is a pure function; the file's name decides nothing.
 *  2. `read` pulls from source->bytes through one of the readers (readers/text.h lines,
 *     cells.h cells of any width, json_stream.h, xml.h, archive.h members) and puts into
 *     the sink.  One of each to copy: bitbrains.c lines, estate.c cells, sysstat_json.c
 *     JSON, workbook.c an archive with XML.  The first fault refuses the file: return a negative errno with
 *     "PATH:LINE: field NAME: expected ..., found ..." in err.
 *  3. Whole figures go to sink->put as a reading (figures of schema/figure.h in natural
 *     units: bytes, MHz, bits per second, ratios 0..1; reading_derive forms the sums).
 *     What has to be put together first (adapters, devices, CPUs, parts of memory,
 *     several files) goes to sink->put_part as parts (parts.h), which knows the rules;
 *     a format that reads row by row may use parts_reduce and put itself.  Counters
 *     become rates by common/rate.h before.  What the machine is (cores, memory, the
 *     operating system) goes to sink->put_fact, by the keys of schema/fact.h.
 *  4. What a format does not know (blank, "-", NaN) is not put, and counted in
 *     sink->account->unknown; the account also says what was mapped and left out.
 *  5. A test in tests/unit/import with rows of good and bad texts, a target in
 *     tests/fuzz with a small corpus that we wrote ourselves.
 *
 * A format that is a delimited table or plain JSON needs none of this: a mapping in
 * schema/maps does, where the person may name it (a map recognises no file).
 *
 * No format opens files by itself, prints, looks at the clock or at the environment.
 */
#ifndef ANALYZE_IMPORT_IMPORTER_H
#define ANALYZE_IMPORT_IMPORTER_H

#include "analyze/import/account.h"
#include "analyze/import/parts.h"
#include "analyze/import/readers/bytes.h"
#include "analyze/import/readers/text.h"
#include "analyze/import/reading.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How sure a format can be that a file is its own. */
enum {
	IMPORT_NOT_MINE = 0,
	IMPORT_PERHAPS = 30, /* it looks so, a better guess wins */
	IMPORT_LIKELY = 70,
	IMPORT_SURE = 100, /* a magic number, a header nobody else writes */
};

/* What the person said beside the files; texts are borrowed, NULL: nothing. */
struct import_options {
	const char *zone; /* --zone: of times that carry none (readers/civil.h) */
	const char *date_format; /* --date-format: "DMY", "MDY", "YMD" */
	const char *workload;    /* --workload: of files that name none */
	const char *encoding;    /* --encoding: "CP1251" */
	const char *map_path;    /* --map */
	bool has_since;
	int64_t since; /* Unix seconds: older readings are not wanted */
	int64_t now;
};

/* A host of an estate, for a hosts file (--hosts-out). */
#define IMPORT_HOST_TEXT 120
struct import_host {
	char name[IMPORT_HOST_TEXT];
	char model[IMPORT_HOST_TEXT];   /* "ProLiant DL380 Gen10"; "" */
	char cluster[IMPORT_HOST_TEXT]; /* "" */
	double cores, core_mhz, memory_mb;
	double nics, nic_mbps; /* 0: not said */
};

/* Where the readings go: an import in `analyze`, an array in the tests. */
struct import_sink {
	/* The number of a workload of this name, a new one or that of before. */
	int (*find_workload)(struct import_sink *sink, const char *name, size_t length,
		uint32_t *ret_workload, struct err *err);
	int (*put)(struct import_sink *sink, uint32_t workload,
		const struct reading *reading, struct err *err);
	/* A column of parts of a workload: the same part, kind and instance is the same
	 * column, over all files of the import. */
	int (*find_part)(struct import_sink *sink, uint32_t workload, enum part part,
		unsigned kind, const char *instance, size_t length,
		uint32_t *ret_column, struct err *err);
	/* Its value at a time; the first one of a time counts. */
	int (*put_part)(struct import_sink *sink, uint32_t workload, uint32_t column,
		int64_t stamp, double value, struct err *err);
	/* By a key of schema/fact.h, in the form of `--set key=value`; of one key the
	 * last one counts.  What a person said stays in force over it. */
	int (*put_fact)(struct import_sink *sink, uint32_t workload, const char *key,
		const char *value, struct err *err);
	/* A host that the workloads may be placed on; NULL: nobody wants to know. */
	int (*put_host)(struct import_sink *sink, const struct import_host *host,
		struct err *err);
	struct account *account; /* of the file that is being read; NULL in tests */
	uint64_t repaired; /* readings that were taken otherwise than they stand */
};

struct map;
struct pdh_names;
struct tree_rules;
struct zone;

/* What a format needs beside the source and cannot open in a confined child. */
struct import_prepared {
	char zone_name[ACCOUNT_ZONE_SIZE];
	struct zone *zone;         /* of that name; NULL: none was needed */
	struct map *map;           /* --map */
	struct tree_rules *trees;  /* of RRD files */
	struct bytes *decoder;     /* keeps what iconv has loaded */
	struct pdh_names *perfmon; /* of many files one after the other; borrowed */
};

/* A file, a member of an archive or an answer, as an importer gets it. */
struct import_source {
	const char *path; /* as the person named it; of messages, too */
	struct bytes *bytes;
	const struct import_options *options;
	const struct import_prepared *prepared; /* NULL: it may open what it needs */
};

/* What recognition sees. */
struct import_head {
	const char *path;
	const char *text; /* not NUL-terminated */
	size_t length;
	bool is_whole; /* nothing follows */
};

struct importer {
	const char *name;
	const char *help;
	const char *example;
	/* Its form is complex: it is read in a confined child (relay.h), which can open
	 * nothing. */
	bool is_confined;
	bool walks; /* folders are gone through, as those of `auto` are */
	/* Opens what the reading will need; NULL: nothing.  import_prepared_done frees it,
	 * also after a failure. */
	int (*prepare)(const struct import_source *source,
		struct import_prepared *ret_prepared, struct err *err);
	/*
	 * A program of the system that prints what the file holds, for read; NULL: none
	 * is needed.  *ret_printed stays NULL for a file that read takes as it is.
	 */
	int (*print)(struct bytes *bytes, struct bytes **ret_printed, struct err *err);
	/* How sure it is, IMPORT_...; NULL: only by name. */
	int (*recognise)(const struct import_head *head);
	/*
	 * The one workload a file holds, by its path: files of the same workload are
	 * then read together.  NULL where the contents name the workloads.  -EINVAL with
	 * the text set for a path that names none.
	 */
	int (*name_of_path)(const char *path, const char **ret_name, size_t *ret_length,
		struct err *err);
	/* All of one file; the first fault refuses it. */
	int (*read)(const struct import_source *source, struct import_sink *sink,
		struct err *err);
};

/* All of them, each one constant NAME_importer at the end of formats/NAME.c.  To add one:
 * its file, and a word here. */
/* clang-format off */
#define IMPORTERS(ROW) \
	ROW(bitbrains) \
	ROW(csv) \
	ROW(estate) \
	ROW(hardware) \
	ROW(map) \
	ROW(pcp) \
	ROW(pdh) \
	ROW(prometheus) \
	ROW(rrd) \
	ROW(snmp) \
	ROW(sysstat) \
	ROW(workbook)
/* clang-format on */

#define IMPORTER_DECLARE(name) extern const struct importer name##_importer;
IMPORTERS(IMPORTER_DECLARE)

extern const struct importer *const importer_table[];
extern const size_t importer_count;

const struct importer *importer_find(const char *name); /* NULL: no such format */

/*
 * import_recognise - whose file is it?
 *
 * *ret_importer is NULL where no format knows it.  -EINVAL with what to do in the text
 * for a file of a known kind that is none of ours ("relog FILE -f csv -o OUT.csv").
 * *ret_note, a constant or NULL, is such a text for what may lie around in a folder.
 */
int import_recognise(const struct import_source *source,
	const struct importer **ret_importer, const char **ret_note, struct err *err);

void import_prepared_done(struct import_prepared *prepared);
/* A zone by name for a source: the prepared one, else zone_open.  The caller's. */
int importer_zone(const struct import_source *source, const char *name,
	struct zone **ret_zone, struct err *err);

/* The workload of a file that names none: --workload, else the file's name without
 * its folder and its last suffixes ("/x/web1.csv.xz" is web1).  -EINVAL with the text
 * set when that is not fit to be a name. */
int importer_default_name(const struct import_source *source, const char **ret_name,
	size_t *ret_length, struct err *err);

#endif
