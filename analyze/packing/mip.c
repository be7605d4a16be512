/* The integers behind a branch and bound that somebody else did. */
#include "analyze/packing/mip.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int mip_init(struct mip *mip, size_t column_count, size_t row_count)
{
	*mip = (struct mip){ .column_count = column_count, .row_count = row_count };
	mip->cost = calloc(column_count + 1, sizeof(int64_t));
	mip->lower = calloc(column_count + 1, sizeof(int64_t));
	mip->upper = calloc(column_count + 1, sizeof(int64_t));
	mip->need = calloc(row_count + 1, sizeof(int64_t));
	mip->give = calloc(row_count * column_count + 1, sizeof(int64_t));
	return mip->cost && mip->lower && mip->upper && mip->need && mip->give
		? 0
		: -ENOMEM;
}

void mip_done(struct mip *mip)
{
	free(mip->cost);
	free(mip->lower);
	free(mip->upper);
	free(mip->need);
	free(mip->give);
	*mip = (struct mip){ 0 };
}

void mip_proof_done(struct mip_proof *proof)
{
	free(proof->step);
	free(proof->multiplier);
	*proof = (struct mip_proof){ 0 };
}

int mip_allows(const struct mip *mip, const int64_t *y)
{
	for (size_t j = 0; j < mip->column_count; j++)
		if (y[j] < mip->lower[j] || y[j] > mip->upper[j])
			return 0;
	for (size_t i = 0; i < mip->row_count; i++) {
		__int128 given = 0;

		for (size_t j = 0; j < mip->column_count; j++)
			given += (__int128)mip->give[i * mip->column_count + j] * y[j];
		if (given < mip->need[i])
			return 0;
	}
	return 1;
}

struct division {
	const struct mip *mip;
	const struct mip_proof *proof;
	size_t next; /* step */
	int64_t *lower, *upper;
	__int128 *reduced; /* [column] scratch */
	int scale;         /* bits */
	int64_t bound;
};

#define SUMS_MAX 0x1p120 /* of sums that must not overflow an __int128 */

/* 2^bits times what the multipliers of a leaf prove is below 2^100: costs decide. */
static int choose_scale(const struct mip *mip)
{
	double total = 1;
	int bits = 0;

	for (size_t j = 0; j < mip->column_count; j++)
		total += (double)mip->cost[j] * (double)mip->upper[j];
	bits = 100 - ilogb(total) - 1;
	return bits > 60 ? 60 : bits < 0 ? 0 : bits;
}

/*
 * Any multipliers m >= 0 prove: cost >= sum m need + sum over j of the least that
 * (cost - sum m give) y takes between the limits of y.
 */
static int64_t leaf_bound(struct division *d, const struct mip_step *leaf)
{
	const struct mip *mip = d->mip;
	size_t columns = mip->column_count;
	__int128 sum = 0, unit = (__int128)1 << d->scale;
	double most = 0;

	for (size_t j = 0; j < columns; j++)
		d->reduced[j] = leaf->is_empty ? 0 : mip->cost[j] * unit;
	for (size_t k = 0; k < leaf->count; k++) {
		const struct mip_multiplier *m = &d->proof->multiplier[leaf->first + k];
		double scaled = ldexp(m->value, d->scale);
		const int64_t *give = mip->give + m->row * columns;
		__int128 whole = 0;

		if (!(scaled >= 1) || scaled > 0x1p100)
			continue;
		whole = (__int128)scaled;
		most += scaled * fabs((double)mip->need[m->row]);
		for (size_t j = 0; j < columns; j++)
			most += scaled * fabs((double)give[j]) *
				((double)d->upper[j] + 1);
		if (most > SUMS_MAX)
			return 0;
		sum += whole * mip->need[m->row];
		for (size_t j = 0; j < columns; j++)
			d->reduced[j] -= whole * give[j];
	}
	for (size_t j = 0; j < columns; j++)
		sum += d->reduced[j] * (d->reduced[j] >= 0 ? d->lower[j] : d->upper[j]);
	if (leaf->is_empty)
		return sum > 0 ? INT64_MAX : 0;
	return sum <= 0 ? 0 : (int64_t)((sum + unit - 1) >> d->scale);
}

static bool is_sound_leaf(const struct division *d, const struct mip_step *leaf)
{
	if (leaf->count > d->proof->multiplier_count ||
		leaf->first > d->proof->multiplier_count - leaf->count)
		return false;
	for (size_t k = 0; k < leaf->count; k++)
		if (d->proof->multiplier[leaf->first + k].row >= d->mip->row_count)
			return false;
	return true;
}

struct limit { /* to be put back behind a side */
	size_t column;
	int64_t lower, upper;
	int64_t value; /* of the branch */
	int sides;     /* done: 0, 1 or 2 */
};

/* The next step; a branch goes on the stack.  0 or -EPROTO. */
static int take_step(struct division *d, struct limit *stack, size_t *depth)
{
	const struct mip_step *step = NULL;

	if (d->next == d->proof->step_count)
		return -EPROTO;
	step = &d->proof->step[d->next++];
	if (step->column < 0) {
		int64_t bound = 0;

		if (!is_sound_leaf(d, step))
			return -EPROTO;
		bound = leaf_bound(d, step);
		d->bound = bound < d->bound ? bound : d->bound;
		return 0;
	}
	if ((uint64_t)step->column >= d->mip->column_count)
		return -EPROTO;
	stack[(*depth)++] = (struct limit){ (size_t)step->column,
		d->lower[step->column], d->upper[step->column], step->value, 0 };
	return 0;
}

/* Enters the next side of the branch on top; false: both are done, it goes. */
static bool enter_side(struct division *d, struct limit *top)
{
	d->lower[top->column] = top->lower;
	d->upper[top->column] = top->upper;
	if (top->sides == 2)
		return false;
	if (top->sides == 0 && top->value < top->upper)
		d->upper[top->column] = top->value;
	if (top->sides == 1 && top->value >= top->lower)
		d->lower[top->column] =
			top->value == INT64_MAX ? INT64_MAX : top->value + 1;
	top->sides++;
	return true;
}

/* A side with no value in it is a leaf all the same: nothing costs less there. */
static int mip_walk(struct division *d)
{
	struct limit *stack = calloc(d->proof->step_count + 1, sizeof(*stack));
	size_t depth = 0;
	int r = stack ? take_step(d, stack, &depth) : -ENOMEM;

	while (r == 0 && depth) {
		struct limit *top = &stack[depth - 1];

		if (!enter_side(d, top)) {
			depth--;
			continue;
		}
		if (d->lower[top->column] > d->upper[top->column]) {
			/* empty: its one leaf is passed over */
			if (d->next == d->proof->step_count ||
				d->proof->step[d->next].column >= 0)
				r = -EPROTO;
			d->next++;
			continue;
		}
		r = take_step(d, stack, &depth);
	}
	free(stack);
	return r == 0 && d->next != d->proof->step_count ? -EPROTO : r;
}

int mip_bound(const struct mip *mip, const struct mip_proof *proof, int64_t *ret_bound)
{
	struct division d = { .mip = mip,
		.proof = proof,
		.bound = INT64_MAX,
		.scale = choose_scale(mip) };
	size_t bytes = (mip->column_count + 1) * sizeof(int64_t);
	int r = -ENOMEM;

	d.lower = malloc(bytes);
	d.upper = malloc(bytes);
	d.reduced = calloc(mip->column_count + 1, sizeof(*d.reduced));
	if (d.lower && d.upper && d.reduced) {
		memcpy(d.lower, mip->lower, mip->column_count * sizeof(int64_t));
		memcpy(d.upper, mip->upper, mip->column_count * sizeof(int64_t));
		r = mip_walk(&d);
	}
	free(d.lower);
	free(d.upper);
	free(d.reduced);
	if (r == 0)
		*ret_bound = d.bound;
	return r;
}
