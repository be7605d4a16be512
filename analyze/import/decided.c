#include "analyze/import/decided.h"

int decided_now(struct store *store, int64_t workload_id, struct decided *ret_decided,
	struct err *err)
{
	int r = store_exclusions(store, workload_id, &ret_decided->exclusions, err);

	return r < 0 ? r
		     : store_reviews(store, workload_id, &ret_decided->reviews, err);
}

void decided_done(struct decided *decided)
{
	exclusion_list_done(&decided->exclusions);
	review_list_done(&decided->reviews);
}

void decided_taken_back(const struct decided *before, const struct decided *after,
	int64_t *to, struct decisions_back *ret_back)
{
	*ret_back = (struct decisions_back){ .review = to,
		.exclusion = to + before->reviews.count };
	for (size_t i = 0; i < before->reviews.count; i++) {
		const struct review *review = &before->reviews.review[i];

		for (size_t k = 0; k < after->reviews.count; k++)
			if (after->reviews.review[k].id == review->id &&
				after->reviews.review[k].withdrawn_at &&
				!review->withdrawn_at)
				to[ret_back->reviews++] = review->id;
	}
	to += before->reviews.count;
	for (size_t i = 0; i < before->exclusions.count; i++) {
		int64_t id = before->exclusions.exclusion[i].id;
		bool stands = false;

		for (size_t k = 0; k < after->exclusions.count; k++)
			stands = stands || after->exclusions.exclusion[k].id == id;
		if (!stands)
			to[ret_back->exclusions++] = id;
	}
}
