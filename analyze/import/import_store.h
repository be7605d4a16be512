/*
 * `analyze import store DIR...`: what another machine's store holds comes over:
 * workloads, archives, events, inventory, windows left out and decided reviews.
 * Repeatable: the same store again brings what it has got since, and nothing when there
 * is nothing new.  DIR is a folder, or ssh:HOST:DIR (parcel_source.h).
 */
#ifndef ANALYZE_IMPORT_IMPORT_STORE_H
#define ANALYZE_IMPORT_IMPORT_STORE_H

#include "analyze/import/import_notes.h"
#include "common/err.h"
#include "store/store.h"

#include <stddef.h>
#include <stdint.h>

struct import_store_request {
	char *const *dirs;
	size_t count;
	bool is_keeping_going; /* a store that is refused does not hold up the others */
	int64_t now;
	int lock_timeout_ms;
};

struct import_store_item {
	char *name;      /* as it is called here */
	const char *dir; /* borrowed: of the request */
	bool is_new;
	size_t files;  /* archives that are new or changed */
	uint64_t rows; /* of the changed archives */
	struct notes_taken taken;
};

struct import_store_report {
	int64_t id; /* 0: nothing was changed */
	size_t stores;
	struct import_store_item *item;
	size_t items;
	size_t samples_left_out; /* SAMPLE workloads stay where they are */
	char **refused;          /* why, each with the store's name */
	size_t refusals;
};

/*
 * import_store - all of them in one transaction
 *
 * Foreign bytes are read in confined children, archives natively and checked; librrd
 * never sees a stranger's file.  A workload is known again by its store's id and its name
 * there, so that it may be renamed here.
 *
 * Returns 0; -EEXIST when a name is taken here by another workload; -ENOENT when a folder
 * holds no store; -EINVAL for this store itself.  After a failure nothing is changed, but
 * where a machine falls silent (-ECONNABORTED): then the workloads that came whole are
 * stored, and the same command goes on from there.
 *
 * ret_report  whatever is returned: import_store_report_done
 */
int import_store(struct store *store, const struct import_store_request *request,
	struct import_store_report *ret_report, struct err *err);
void import_store_report_done(struct import_store_report *report);

#endif
