/*
 * An import as a whole: files in, archives made, one transaction.  Nothing is
 * changed unless all of it is good.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_IMPORT_H
#define ANALYZE_IMPORT_IMPORT_H

#include "analyze/import/importer.h"
#include "analyze/import/merge.h"
#include "schema/fact.h"
#include "store/store.h"

#include <stdbool.h>

#define IMPORT_WORKLOADS_MAX 20000 /* unless asked otherwise */
#define IMPORT_WORKLOADS_CEILING 1000000
#define IMPORT_HOSTS_MAX 100000

/*
 * What is read from somewhere else than files, one workload after the other: a server.
 * Each hundred of them is a transaction of its own, so that a run that was broken off goes
 * on where it was.
 */
struct import_sink;
struct import_origin {
	size_t count;
	/* Of messages, and the name of its workload, which no other has. */
	const char *(*path)(struct import_origin *origin, size_t index);
	const char *(*name)(struct import_origin *origin, size_t index);
	/*
	 * All of one into the sink.  stored: what is stored of it already, and need not
	 * be read again; NULL: nothing.  settle: the parts that were put are complete up to
	 * here.  ret_bytes: how much it was.
	 */
	int (*read)(struct import_origin *origin, size_t index,
		const struct workload *stored, struct import_sink *sink,
		int (*settle)(struct import_sink *sink, struct err *err),
		uint64_t *ret_bytes, struct err *err);
};

struct import_request {
	const struct importer *importer; /* NULL: each file is recognised */
	struct import_options options;
	struct import_origin *origin; /* instead of paths; NULL: files */
	char *const *paths;
	size_t path_count;
	uint32_t workloads_max;
	bool is_keeping_going; /* past files that are refused */
	int64_t now;           /* Unix seconds UTC */
	int lock_timeout_ms;
	/* May be NULL; done_ratio 0..1. */
	void (*progress)(void *data, double done_ratio, const char *detail);
	void *progress_data;
};

struct import_file {
	const char *path; /* borrowed from report->walked */
	uint64_t bytes;
	char hash[17];                   /* XXH3, 64 bits, hexadecimal */
	const struct importer *importer; /* NULL: not recognised */
	struct account account;
	bool is_refused;
	char *reason; /* why it was refused or is nothing of ours; NULL: nothing to say */
};

/* The files below folders, in the order of their names. */
struct import_paths {
	char **path;
	size_t count;
};
/*
 * import_walk - the files that paths stand for
 *
 * walks  folders are gone through, without hidden files and links to folders; else they
 *        stay what they are, for the reader to refuse
 */
int import_walk(char *const *paths, size_t count, bool walks,
	struct import_paths *ret_paths, struct err *err);
void import_paths_done(struct import_paths *paths);

/* "figures", "facts", "nothing of ours" or "refused". */
const char *import_file_outcome(const struct import_file *file);

/* What a file said of a workload beside figures. */
struct import_fact {
	enum fact_id fact;
	char *value; /* as `--set key=value` has it */
};

struct import_item {
	char *name;
	bool is_new;
	uint64_t rows; /* readings of this workload in the files */
	uint64_t repeated, conflicting;
	uint64_t unordered; /* came after a later one */
	struct merged merged;
	struct import_fact *fact; /* that are not in the store yet */
	size_t facts;
};

struct import_report {
	int64_t id;       /* 0: nothing was changed, so nothing was recorded */
	int64_t first_id; /* of several, one for each hundred workloads; 0: one at most */
	/* repaired: out of order, or mended by the format's reader; refused: files */
	uint64_t rows, repeated, conflicting, repaired, refused;
	uint64_t shared, shifted, unordered;
	struct account remarks;     /* what looks wrong in the workloads */
	struct import_paths walked; /* the files of what was asked for */
	struct import_file *file;
	size_t files;
	struct import_host *host; /* of the workbooks */
	size_t hosts;
	struct import_item *item; /* in the order of the files */
	size_t items;
};

/*
 * import_run - read, merge, publish
 *
 * On failure the store is as it was, and the report says how far it came: rows read,
 * one refused.  import_report_done is needed in both cases.
 */
int import_run(struct store *store, const struct import_request *request,
	struct import_report *ret_report, struct err *err);
void import_report_done(struct import_report *report);

/*
 * import_hosts_write - the hosts of a report as a hosts file (`analyze plan --hosts`)
 *
 * Hosts of one model, cluster and size are one type.  -ENODATA where there are none;
 * the file is the old one or the new one.
 */
int import_hosts_write(
	const struct import_report *report, const char *path, struct err *err);

/*
 * import_commit - the incoming files, the workloads and their facts in one transaction
 *
 * newest_import  when the stored rows were read; -EAGAIN when there is a newer one now,
 * which may have changed them
 */
int import_commit(struct store *store, const struct import_request *request,
	struct import_report *report, int64_t newest_import, struct err *err);
/* The highest number of an import so far, undone or not; 0: none. */
int import_newest(struct store *store, int64_t *ret_id, struct err *err);

/*
 * import_undo - what one import brought is gone, what it replaced is back
 *
 * Refused when it was undone before, or a later import touched one of its workloads
 * (the text names the import that must be undone first).  ret_workloads: how many
 * were changed back or removed.
 */
int import_undo(struct store *store, int64_t import_id, int64_t now,
	int lock_timeout_ms, size_t *ret_removed, size_t *ret_restored,
	struct err *err);

#endif
