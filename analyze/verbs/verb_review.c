/* analyze review: a person closes a REVIEW: who, when, why, until when. */
#include "analyze/assess/review_open.h"
#include "analyze/report/statements.h"
#include "analyze/verbs/change.h"
#include "analyze/verbs/screen.h"
#include "analyze/verbs/verbs.h"
#include "common/util.h"
#include "schema/date.h"
#include "schema/library.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec verb_review_options[] = {
	{ "by", "WHO", "who decides (required)" },
	{ "reason", "TEXT", "why (required)" },
	{ "valid-until", "DATE", "the last day the decision holds; else for good" },
	{ "any-profile", NULL, "the decision is not only for --profile" },
	{ NULL, NULL, NULL },
};

struct decision {
	struct review review; /* decided_by and reason owned, the others borrowed */
	bool is_withdrawal;
	size_t withdrawn; /* decisions */
	int count;        /* of workloads */
	const char *word;
};

static void decision_done(struct decision *decision)
{
	free(decision->review.decided_by);
	free(decision->review.reason);
}

/* In the store of a change that is under way: not opened, not closed here. */
static int check_open(const struct context *context, struct store *store,
	const struct workload *workload, const char *rule, struct err *err)
{
	struct screen screen;
	struct estate estate = { .request = screen_request(&screen, context, 0, 0),
		.store = store };

	return review_check_open(&estate, workload, rule, err);
}

static int decide_one(const struct context *context, struct store *store,
	const struct workload *workload, void *data, struct err *err)
{
	struct decision *decision = data;
	size_t withdrawn = 0;
	int r;

	decision->review.workload_id = workload->id;
	if (!decision->is_withdrawal && decision->review.is_accepted) {
		r = check_open(context, store, workload, decision->review.rule_id, err);
		if (r < 0)
			return r;
	}
	if (!decision->is_withdrawal)
		return store_review_add(store, &decision->review, err);
	r = store_review_withdraw(store, workload->id, decision->review.rule_id,
		context->now, &withdrawn, err);
	decision->withdrawn += withdrawn;
	return r;
}

static int decide(
	const struct context *context, struct store *store, void *data, struct err *err)
{
	struct decision *decision = data;

	decision->count = change_named(context, store, decide_one, decision, err);
	if (decision->count < 0)
		return decision->count;
	if (decision->is_withdrawal && decision->withdrawn == 0)
		return err_set(err, -ENOENT, "no decision about %s stands",
			decision->review.rule_id);
	return 0;
}

static int run_decision(
	const struct context *context, struct decision *decision, struct err *err)
{
	int r = change_store(context, decide, decision, err);

	if (r < 0)
		return r;
	return change_tell(context,
		&(struct change_view){ .what = decision->word,
			.name = decision->review.rule_id,
			.count = (size_t)decision->count },
		err, "%s: %s%s for %d workload%s; see analyze verdict",
		decision->review.rule_id, decision->word,
		decision->is_withdrawal ? "n" : "ed", decision->count,
		decision->count == 1 ? "" : "s");
}

/* ---- list ----------------------------------------------------------------------- */

static int show_reviews(const struct context *context, struct err *err)
{
	struct review_list list = { .count = 0 };
	struct workload_list names = { .count = 0 };
	struct store *store = NULL;
	int r = store_open(context->data_dir, &store, err);

	if (r == 0)
		r = store_workloads(store, &names, err);
	if (r == 0)
		r = store_reviews(store, -1, &list, err);
	if (r == 0)
		r = document_print(
			review_document(&names, &list, context->now), context, err);
	review_list_done(&list);
	workload_list_done(&names);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

/* ---- decide ------------------------------------------------------------------------ */

static int read_decision(
	const struct context *context, struct decision *decision, struct err *err)
{
	static const char *const words[] = { "reject", "accept", "withdraw" };
	const char *until = context_option(context, "valid-until");
	const char *by = context_option(context, "by");
	const char *reason = context_option(context, "reason");
	size_t i = 0;

	if (context->argument_count != 3)
		return err_set(err, -EINVAL,
			"expected WORKLOAD RULE accept|reject|withdraw --by WHO "
			"--reason TEXT");
	decision->word = context->arguments[2];
	while (i < ARRAY_LEN(words) && strcmp(words[i], decision->word) != 0)
		i++;
	if (i == ARRAY_LEN(words))
		return err_set(err, -EINVAL,
			"expected accept, reject or withdraw, found \"%.40s\"",
			decision->word);
	if (context->has_until)
		return err_set(err, -EINVAL,
			"--until ends a period; how long a decision holds says "
			"--valid-until DATE");
	decision->is_withdrawal = i == 2;
	decision->review.is_accepted = i == 1;
	decision->review.rule_id = context->arguments[1];
	decision->review.decided_at = context->now;
	if (!decision->is_withdrawal && (!by || !*by || !reason || !*reason))
		return err_set(
			err, -EINVAL, "a decision needs --by WHO and --reason TEXT");
	decision->review.decided_by = strdup(by ? by : "");
	decision->review.reason = strdup(reason ? reason : "");
	if (!decision->review.decided_by || !decision->review.reason)
		return err_oom(err);
	if (!until)
		return 0;
	if (!date_is_valid(until))
		return err_set(err, -EINVAL,
			"--valid-until: expected YYYY-MM-DD, found \"%.40s\"", until);
	/* the whole of that day */
	decision->review.until = (date_to_days(until) + 1) * 86400;
	return 0;
}

/* Rule and profile are looked up before anything is written: a decision on a rule
 * that there is not would never be seen again. */
int verb_review(struct context *context, struct err *err)
{
	struct decision decision = { .word = "" };
	struct library library;
	const struct profile *profile = NULL;
	const struct rule *rule = NULL;
	int r;

	if (context->argument_count == 0)
		return show_reviews(context, err);
	if (read_decision(context, &decision, err) < 0) {
		decision_done(&decision);
		return EXIT_USAGE;
	}
	r = library_load(context->config_dir, &library, err);
	if (r < 0) {
		decision_done(&decision);
		return EXIT_FAILED;
	}
	r = library_rule_get(&library, decision.review.rule_id, &rule, err);
	if (r == 0)
		r = library_profile_get(&library,
			context->profile ? context->profile : DEFAULT_PROFILE, &profile,
			err);
	if (r < 0)
		goto out;
	if (!context_option(context, "any-profile"))
		decision.review.profile_id = profile->id;
	if (decision.review.profile_id &&
		!library_rule_is_of(&library, rule, profile)) {
		r = err_set(err, -EINVAL, "the rule %s is not of the profile %s",
			rule->id, profile->id);
		goto out;
	}
	r = run_decision(context, &decision, err);
out:
	library_done(&library);
	decision_done(&decision);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
