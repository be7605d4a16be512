/*
 * `analyze import store DIR...`: what another machine's store holds comes over:
 * workloads, archives, events, inventory.  Repeatable: the same store again brings
 * what it has got since, and nothing when there is nothing new.
 */
#ifndef ANALYZE_IMPORT_IMPORT_STORE_H
#define ANALYZE_IMPORT_IMPORT_STORE_H

#include "common/err.h"
#include "store/store.h"

#include <stddef.h>
#include <stdint.h>

struct import_store_item {
	char *name;      /* as it is called here */
	const char *dir; /* borrowed: of the request */
	bool is_new;
	size_t files;  /* archives that are new or changed */
	size_t notes;  /* events, gaps, boots, devices and facts that are new */
	uint64_t rows; /* of the changed archives */
};

struct import_store_report {
	int64_t id; /* 0: nothing was changed */
	size_t stores;
	struct import_store_item *item;
	size_t items;
	size_t samples_left_out; /* SAMPLE workloads stay where they are */
	/* What persons decided there holds there: it is said, and not taken. */
	size_t exclusions_left_out, reviews_left_out;
};

/*
 * import_store - all of them in one transaction
 *
 * Archives are read natively and checked; librrd never sees a stranger's file.  A
 * workload is known again by its store's id and its name there, so that it may be
 * renamed here.  Returns 0; -EEXIST when a name is taken here by another workload;
 * -ENOENT when a folder holds no store; -EINVAL for this store itself.
 */
int import_store(struct store *store, char *const *dirs, size_t dir_count, int64_t now,
	int lock_timeout_ms, struct import_store_report *ret_report, struct err *err);
void import_store_report_done(struct import_store_report *report);

#endif
