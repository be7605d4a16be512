/* analyze plan list and analyze plan show ID: the plans that the store keeps. */
#include "analyze/report/kept_plan_document.h"
#include "analyze/verbs/plan_verbs.h"
#include "store/db/plans.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int plan_list(struct context *context, struct err *err)
{
	struct kept_plan_list list = { .count = 0 };
	struct store *store = NULL;
	int r;

	if (context->argument_count != 1) {
		err_set(err, -EINVAL, "expected `analyze plan list` and no more");
		return EXIT_USAGE;
	}
	r = store_open(context->data_dir, &store, err);
	if (r == 0)
		r = store_plans(store, &list, err);
	if (r == 0)
		r = document_print(kept_plans_document(&list), context, err);
	kept_plan_list_done(&list);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

/* As it was printed then; for people the same from what it holds. */
static int show_kept(
	const struct context *context, int64_t id, const char *text, struct err *err)
{
	struct json_doc doc;
	char path[40];
	int r;

	if (context->format == FORMAT_JSON)
		return document_print_text(text, context, err);
	(void)snprintf(path, sizeof(path), "plan %" PRId64, id);
	r = json_doc_parse(path, text, strlen(text), &doc, err);
	if (r < 0)
		return r;
	r = document_print(kept_plan_document(id, doc.root), context, err);
	json_doc_done(&doc);
	return r;
}

int plan_show(struct context *context, struct err *err)
{
	struct store *store = NULL;
	char *text = NULL, *end = NULL;
	int64_t id = 0;
	int r;

	errno = 0;
	if (context->argument_count == 2)
		id = strtoll(context->arguments[1], &end, 10);
	if (!end || end == context->arguments[1] || *end || errno || id < 1) {
		err_set(err, -EINVAL,
			"expected `analyze plan show ID`; the ids: analyze plan list");
		return EXIT_USAGE;
	}
	r = store_open(context->data_dir, &store, err);
	if (r == 0)
		r = store_plan_text(store, id, &text, err);
	if (r == 0 && !text)
		r = err_set(err, -ENOENT,
			"there is no plan %" PRId64
			"; those there are: analyze plan list",
			id);
	if (r == 0)
		r = show_kept(context, id, text, err);
	free(text);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
