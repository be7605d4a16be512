/* analyze fsck: reads everything in the store and says what is whole. */
#include "analyze/report/fsck_document.h"
#include "analyze/verbs/verbs.h"
#include "store/fsck.h"
#include "store/store.h"

#include <errno.h>

#define LOCK_TIMEOUT_MS 30000

const struct option_spec verb_fsck_options[] = {
	{ NULL, NULL, NULL },
};

int verb_fsck(struct context *context, struct err *err)
{
	struct fsck_report report = { .count = 0 };
	struct store *store = NULL;
	int r = store_open(context->data_dir, &store, err);
	int code = EXIT_FAILED;

	if (r == 0)
		r = fsck_run(store, LOCK_TIMEOUT_MS, &report, err);
	if (r == 0) {
		r = document_print(fsck_document(&report), context, err);
	}
	if (r == 0)
		code = report.lost ? EXIT_FAILED : EXIT_OK;
	fsck_report_done(&report);
	store_close(store);
	return code;
}
