#include "analyze/peaks/peak_percentile.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 2048
#define RANKS_MAX (2 * PERCENTILES_MAX)
/* Fewer values than this are sorted: a histogram costs as much as clearing it. */
#define SORT_MOST 48

/* Orders as the numbers do, negative ones too; NAN is over or under all numbers. */
static inline uint64_t key_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits ^ ((0 - (bits >> 63)) | UINT64_C(1) << 63);
}

static inline double value_of(uint64_t key)
{
	uint64_t bits = key ^ ((0 - (uint64_t) !(key >> 63)) | UINT64_C(1) << 63);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Ranks that are wanted, ascending, and what stands there. */
struct ranks {
	size_t rank[RANKS_MAX];
	uint64_t *key[RANKS_MAX];
	size_t count;
};

static void ranks_sort(struct ranks *ranks)
{
	for (size_t i = 1; i < ranks->count; i++) {
		size_t rank = ranks->rank[i], j = i;
		uint64_t *key = ranks->key[i];

		for (; j > 0 && ranks->rank[j - 1] > rank; j--) {
			ranks->rank[j] = ranks->rank[j - 1];
			ranks->key[j] = ranks->key[j - 1];
		}
		ranks->rank[j] = rank;
		ranks->key[j] = key;
	}
}

static int peak_percentile_compare_keys(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void sort_small(uint64_t *keys, size_t count)
{
	if (count > SORT_MOST) {
		qsort(keys, count, sizeof(*keys), peak_percentile_compare_keys);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		uint64_t key = keys[i];
		size_t j = i;

		for (; j > 0 && keys[j - 1] > key; j--)
			keys[j] = keys[j - 1];
		keys[j] = key;
	}
}

/* How keys between low and high fall into buckets. */
struct scale {
	uint64_t low;
	unsigned shift;
};

static struct scale scale_of(uint64_t low, uint64_t high)
{
	struct scale scale = { .low = low };

	while (((high - low) >> scale.shift) >= BUCKETS)
		scale.shift++;
	return scale;
}

static inline size_t bucket_of(struct scale scale, uint64_t key)
{
	uint64_t bucket = (key - scale.low) >> scale.shift;

	return bucket < BUCKETS ? (size_t)bucket : BUCKETS; /* the last one: NAN */
}

/* The wanted buckets, their place in the array of gathered keys, their ranks. */
struct percentile_plan {
	uint8_t group[BUCKETS + 1]; /* 1 + index of the group; 0: not wanted */
	size_t start[RANKS_MAX + 1], first_rank[RANKS_MAX];
	struct ranks part[RANKS_MAX];
	size_t count, gathered;
};

static void plan_make(struct percentile_plan *plan, const uint32_t *histogram,
	const struct ranks *ranks)
{
	size_t below = 0, next = 0;

	memset(plan, 0, sizeof(*plan));
	for (size_t b = 0; b < BUCKETS && next < ranks->count; b++) {
		size_t end = below + histogram[b];
		struct ranks *part = &plan->part[plan->count];

		if (ranks->rank[next] < end) {
			plan->group[b] = (uint8_t)++plan->count;
			plan->start[plan->count - 1] = plan->gathered;
			for (; next < ranks->count && ranks->rank[next] < end; next++) {
				part->rank[part->count] = ranks->rank[next] - below;
				part->key[part->count++] = ranks->key[next];
			}
			plan->gathered += histogram[b];
		}
		below = end;
	}
	plan->start[plan->count] = plan->gathered;
}

static void select_keys(
	uint64_t *keys, uint64_t *spare, size_t count, const struct ranks *ranks);

/* Each group for itself; spare keeps what select_keys needs further down. */
static void select_groups(
	uint64_t *gathered, uint64_t *spare, const struct percentile_plan *plan)
{
	for (size_t g = 0; g < plan->count; g++)
		select_keys(gathered + plan->start[g], spare,
			plan->start[g + 1] - plan->start[g], &plan->part[g]);
}

/* keys is disordered; spare has room for count keys. */
static void select_keys(
	uint64_t *keys, uint64_t *spare, size_t count, const struct ranks *ranks)
{
	uint32_t histogram[BUCKETS + 1] = { 0 };
	uint64_t low = UINT64_MAX, high = 0;
	struct scale scale;
	struct percentile_plan plan;
	size_t at[RANKS_MAX];

	for (size_t i = 0; i < count; i++) {
		/* NOLINTNEXTLINE(clang-analyzer-core.*): plan.start sums up what came in */
		low = keys[i] < low ? keys[i] : low;
		high = keys[i] > high ? keys[i] : high;
	}
	if (count <= SORT_MOST || low == high) {
		sort_small(keys, low == high ? 1 : count);
		for (size_t r = 0; r < ranks->count; r++)
			*ranks->key[r] = low == high ? low : keys[ranks->rank[r]];
		return;
	}
	scale = scale_of(low, high);
	for (size_t i = 0; i < count; i++)
		histogram[bucket_of(scale, keys[i])]++;
	plan_make(&plan, histogram, ranks);
	memcpy(at, plan.start, sizeof(at));
	for (size_t i = 0; i < count; i++) {
		unsigned group = plan.group[bucket_of(scale, keys[i])];

		if (group)
			spare[at[group - 1]++] = keys[i];
	}
	/* a range of keys shrinks 2048-fold each time: at most six levels */
	select_groups(spare, keys, &plan);
}

/* The range of the known values; returns their number. */
static size_t find_range(
	const double *values, size_t count, double *ret_low, double *ret_high)
{
	double low[4] = { INFINITY, INFINITY, INFINITY, INFINITY };
	double high[4] = { -INFINITY, -INFINITY, -INFINITY, -INFINITY };
	size_t known[4] = { 0 };

	for (size_t i = 0; i < count; i++) {
		double value = values[i];
		size_t j = i & 3;

		known[j] += value == value;
		low[j] = value < low[j] ? value : low[j];
		high[j] = value > high[j] ? value : high[j];
	}
	for (size_t j = 1; j < 4; j++) {
		low[0] = low[j] < low[0] ? low[j] : low[0];
		high[0] = high[j] > high[0] ? high[j] : high[0];
		known[0] += known[j];
	}
	*ret_low = low[0];
	*ret_high = high[0];
	return known[0];
}

/* First level: counts over all values, NAN included, in two tables so that equal
 * neighbours do not wait for each other. */
static void count_values(
	const double *values, size_t count, struct scale scale, uint32_t *histogram)
{
	uint32_t second[BUCKETS + 1] = { 0 };
	size_t i = 0;

	memset(histogram, 0, (BUCKETS + 1) * sizeof(*histogram));
	for (; i + 2 <= count; i += 2) {
		histogram[bucket_of(scale, key_of(values[i]))]++;
		second[bucket_of(scale, key_of(values[i + 1]))]++;
	}
	if (i < count)
		histogram[bucket_of(scale, key_of(values[i]))]++;
	for (size_t b = 0; b <= BUCKETS; b++)
		histogram[b] += second[b];
}

static int select_values(const double *values, size_t count, double low, double high,
	struct ranks *ranks)
{
	/* -0 and 0 have two keys: take in both */
	struct scale scale =
		scale_of(key_of(low == 0 ? -0.0 : low), key_of(high == 0 ? 0.0 : high));
	uint32_t histogram[BUCKETS + 1];
	size_t at[RANKS_MAX];
	struct percentile_plan plan;
	uint64_t *gathered;

	count_values(values, count, scale, histogram);
	plan_make(&plan, histogram, ranks);
	gathered = malloc((2 * plan.gathered + 1) * sizeof(*gathered));
	if (!gathered)
		return -ENOMEM;
	memcpy(at, plan.start, sizeof(at));
	for (size_t i = 0; i < count; i++) {
		uint64_t key = key_of(values[i]);
		unsigned group = plan.group[bucket_of(scale, key)];

		if (group)
			gathered[at[group - 1]++] = key;
	}
	select_groups(gathered, gathered + plan.gathered, &plan);
	free(gathered);
	return 0;
}

int peak_percentiles(const double *values, size_t count, const double *p,
	size_t p_count, double *ret_value)
{
	uint64_t key[RANKS_MAX] = { 0 };
	struct ranks ranks = { .count = 0 };
	double low, high;
	size_t known = find_range(values, count, &low, &high);
	int r = 0;

	for (size_t j = 0; j < p_count; j++) {
		size_t rank = known ? (size_t)((double)(known - 1) * p[j]) : 0;

		for (size_t next = 0; next < 2; next++) {
			ranks.rank[ranks.count] =
				rank + (rank + next < known ? next : 0);
			ranks.key[ranks.count] = &key[ranks.count];
			ranks.count++;
		}
	}
	ranks_sort(&ranks);
	if (known)
		r = select_values(values, count, low, high, &ranks);
	for (size_t j = 0; r == 0 && j < p_count; j++) {
		double h = known ? (double)(known - 1) * p[j] : 0;
		double below = value_of(key[2 * j]), above = value_of(key[2 * j + 1]);

		ret_value[j] = known ? below + (h - floor(h)) * (above - below) : NAN;
	}
	return r;
}
