/* Rows side by side: the compiler turns a lane into what the processor has. */
#include "analyze/packing/repair_shorts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LANE ((size_t)32)
#define HALF ((size_t)16)
#define BLOCK (4 * LANE) /* between two looks at what would be enough */
#define MOST 16383       /* the difference of two of them is a short still */
#define WEIGHT 8         /* of a heavy row */
#define LARGEST_SHARE \
	8 /* of what the largest host has: the least that is a whole one */
#define LEAST_SHARE 0.5
#define ROUNDED 0.75     /* parts, for each unit of a host by its root: kept free */
#define UNITS_MOST 65536 /* whose sizes add up to an int */

typedef int16_t shorts __attribute__((vector_size(64)));
typedef uint32_t pairs __attribute__((vector_size(64)));
typedef int16_t half __attribute__((vector_size(32)));
typedef int32_t ints __attribute__((vector_size(64)));

/* Wider lanes twice as fast, for what the processor at hand can do. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_EACH_PROCESSOR \
	__attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

/* ---- the numbers ------------------------------------------------------------------- */

/* What counts as a whole host in a row: the average of these hosts. */
static double whole_host(const struct repair *r, size_t row)
{
	double sum = 0, most = 1;

	for (size_t h = 0; h < r->host_count; h++) {
		double own = (double)model_capacity(r->model, r->host[h].type)[row];

		sum += own;
		most = own > most ? own : most;
	}
	sum /= (double)(r->host_count ? r->host_count : 1);
	return sum > most / LARGEST_SHARE ? sum : most / LARGEST_SHARE;
}

/* The largest unit of all fills a short, or so much of a host, which a host may be over
 * by at the beginning. */
static void scale_shorts(struct repair_shorts *s, const struct repair *r)
{
	const struct model *model = r->model;
	size_t cells = model->variant_count * model->unit_count;
	double most = LEAST_SHARE;

	for (size_t row = 0; row < model->row_count; row++) {
		s->scale[row] = 1 / whole_host(r, row);
		for (size_t c = 0; c < cells; c++) {
			double own = s->scale[row] *
				(double)model->size[c * model->row_count + row];

			/* one that fits nowhere says nothing */
			if (own > most && own <= LARGEST_SHARE)
				most = own;
		}
	}
	s->parts = MOST / most;
	for (size_t row = 0; row < model->row_count; row++)
		s->scale[row] *= s->parts;
}

static void put_short_sizes(struct repair_shorts *s, const struct model *model)
{
	size_t cells = model->variant_count * model->unit_count;

	for (size_t c = 0; c < cells; c++)
		for (size_t lane = 0; lane < model->row_count; lane++) {
			size_t row = s->row[lane];
			double own = s->scale[row] *
				(double)model->size[c * model->row_count + row];

			s->size[c * s->lanes + lane] =
				(int16_t)lrint(own < MOST ? own : MOST);
		}
}

static const int16_t *size_of(
	const struct repair_shorts *s, const struct repair *r, size_t host, size_t unit)
{
	const struct model *model = r->model;

	if (unit == PACKING_NONE)
		return s->zero;
	return s->size +
		(model->variant[r->host[host].type] * model->unit_count + unit) *
		s->lanes;
}

static int64_t add_over(const struct repair_shorts *s, const int16_t *room)
{
	int64_t over = 0;

	for (size_t lane = 0; lane < s->lanes; lane++)
		if (room[lane] < 0)
			over -= (int64_t)room[lane] * (lane < s->heavy ? WEIGHT : 1);
	return over;
}

/* What is left on all hosts.  False: too little, more than a short holds. */
static bool put_short_rooms(struct repair_shorts *s, const struct repair *r)
{
	size_t rows = r->model->row_count, lanes = s->lanes;
	double each = (double)r->model->unit_count / (double)(r->host_count + 1);
	int32_t least = MOST, kept = (int32_t)ceil(ROUNDED * sqrt(each));

	for (size_t h = 0; h < r->host_count; h++)
		for (size_t lane = 0; lane < lanes; lane++) {
			double limit = INT32_MAX / 2;

			if (lane < rows)
				limit = s->scale[s->row[lane]] *
					(double)r->limit[h * rows + s->row[lane]];
			s->left[h * lanes + lane] = limit < INT32_MAX / 2
				? (int32_t)floor(limit) - kept
				: INT32_MAX / 2;
		}
	for (size_t u = 0; u < r->model->unit_count; u++) {
		size_t h = r->host_of[u];

		for (size_t lane = 0; lane < lanes && h != PACKING_NONE; lane++)
			s->left[h * lanes + lane] -= size_of(s, r, h, u)[lane];
	}
	s->total = 0;
	for (size_t h = 0; h < r->host_count; h++) {
		for (size_t lane = 0; lane < lanes; lane++) {
			int32_t left = s->left[h * lanes + lane];

			least = left < least ? left : least;
			left = left < MOST ? left : MOST;
			s->room[h * lanes + lane] =
				(int16_t)(left > -MOST ? left : -MOST);
		}
		s->over[h] = add_over(s, s->room + h * lanes);
		s->total += s->over[h];
	}
	return least >= -MOST;
}

int repair_shorts_init(struct repair_shorts *s, const struct repair *r)
{
	const struct model *model = r->model;
	size_t rows = model->row_count, lanes = (rows + LANE - 1) / LANE * LANE;
	size_t cells = model->variant_count * model->unit_count;

	*s = (struct repair_shorts){ .lanes = lanes };
	if (model->unit_count > UNITS_MOST)
		return -ENOTSUP;
	s->row = calloc(rows + 1, sizeof(*s->row));
	s->is_heavy = calloc(rows + 1, 1);
	s->scale = calloc(rows + 1, sizeof(*s->scale));
	s->size = calloc(cells * lanes + 1, sizeof(*s->size));
	s->zero = calloc(lanes + 1, sizeof(*s->zero));
	s->room = calloc(r->host_count * lanes + 1, sizeof(*s->room));
	s->left = calloc(r->host_count * lanes + 1, sizeof(*s->left));
	s->over = calloc(r->host_count + 1, sizeof(*s->over));
	if (!s->row || !s->is_heavy || !s->scale || !s->size || !s->zero || !s->room ||
		!s->left || !s->over)
		return -ENOMEM;
	memcpy(s->row, r->rates.order, rows * sizeof(*s->row));
	scale_shorts(s, r);
	put_short_sizes(s, model);
	return put_short_rooms(s, r) ? 0 : -ENOTSUP;
}

void repair_shorts_done(struct repair_shorts *s)
{
	free(s->row);
	free(s->is_heavy);
	free(s->scale);
	free(s->size);
	free(s->zero);
	free(s->room);
	free(s->left);
	free(s->over);
	*s = (struct repair_shorts){ 0 };
}

bool repair_shorts_weigh(struct repair_shorts *s, const struct repair *r, double part)
{
	size_t rows = r->model->row_count, count = 0, at = 0;

	for (size_t lane = 0; lane < rows; lane++)
		for (size_t h = 0; h < r->host_count; h++)
			if (s->left[h * s->lanes + lane] < -part * s->parts)
				s->is_heavy[s->row[lane]] = 1;
	/* the heavy ones first, in the order that all have */
	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < rows; i++) {
			size_t row = r->rates.order[i];

			if (s->is_heavy[row] != (pass == 0))
				continue;
			s->row[at++] = row;
			count += pass == 0;
		}
	/* those that fill up a lane are no harm there */
	s->heavy = (count + LANE - 1) / LANE * LANE;
	put_short_sizes(s, r->model);
	(void)put_short_rooms(s, r);
	return count > 0;
}

/* ---- steps ------------------------------------------------------------------------- */

/* Adds what is there where it is over 0, pair by pair. */
static inline void add_pairs(pairs *sum, const shorts *value)
{
	pairs both = (pairs)(*value & ~(*value >> 15));

	*sum += (both & 0xffff) + (both >> 16);
}

FOR_EACH_PROCESSOR
static int64_t rate_pair(const int16_t *const size[4], const int16_t *const room[2],
	size_t lanes, size_t heavy, int64_t most)
{
	int64_t total = 0;

	for (size_t at = 0; at < lanes && total <= most;) {
		size_t end = at + BLOCK < lanes ? at + BLOCK : lanes;
		int64_t weight = at < heavy ? WEIGHT : 1, own = 0;
		pairs sum = { 0 };

		end = at < heavy ? heavy : end;
		for (; at < end; at += LANE) {
			shorts in, out, left;

			memcpy(&in, size[0] + at, sizeof(in));
			memcpy(&out, size[1] + at, sizeof(out));
			memcpy(&left, room[0] + at, sizeof(left));
			in -= out + left;
			add_pairs(&sum, &in);
			memcpy(&in, size[2] + at, sizeof(in));
			memcpy(&out, size[3] + at, sizeof(out));
			memcpy(&left, room[1] + at, sizeof(left));
			in -= out + left;
			add_pairs(&sum, &in);
		}
		for (size_t i = 0; i < HALF; i++)
			own += sum[i];
		total += own * weight;
	}
	return total;
}

FOR_EACH_PROCESSOR
static void change_host(const int16_t *in, const int16_t *out, size_t lanes,
	int32_t *left, int16_t *room)
{
	for (size_t at = 0; at < lanes; at += HALF) {
		half more, less;
		ints now, mask;

		memcpy(&more, in + at, sizeof(more));
		memcpy(&less, out + at, sizeof(less));
		memcpy(&now, left + at, sizeof(now));
		now -= __builtin_convertvector(more - less, ints);
		memcpy(left + at, &now, sizeof(now));
		mask = now > MOST;
		now = (now & ~mask) | (mask & MOST);
		mask = now < -MOST;
		now = (now & ~mask) | (mask & -MOST);
		more = __builtin_convertvector(now, half);
		memcpy(room + at, &more, sizeof(more));
	}
}

int64_t repair_shorts_after(const struct repair_shorts *s, const struct repair *r,
	const struct repair_step *step, int64_t most)
{
	size_t from = r->host_of[step->unit], to = step->to;
	const int16_t *const size[4] = { size_of(s, r, to, step->unit),
		size_of(s, r, to, step->back), size_of(s, r, from, step->back),
		size_of(s, r, from, step->unit) };
	const int16_t *const room[2] = { s->room + to * s->lanes,
		s->room + from * s->lanes };

	return rate_pair(size, room, s->lanes, s->heavy, most);
}

static void change(struct repair_shorts *s, const struct repair *r, size_t host,
	size_t in, size_t out)
{
	int16_t *room = s->room + host * s->lanes;
	int64_t over = 0;

	change_host(size_of(s, r, host, in), size_of(s, r, host, out), s->lanes,
		s->left + host * s->lanes, room);
	over = rate_pair(
		(const int16_t *const[4]){ s->zero, s->zero, s->zero, s->zero },
		(const int16_t *const[2]){ room, s->zero }, s->lanes, s->heavy,
		INT64_MAX);
	s->total += over - s->over[host];
	s->over[host] = over;
}

void repair_shorts_apply(
	struct repair_shorts *s, const struct repair *r, const struct repair_step *step)
{
	change(s, r, r->host_of[step->unit], step->back, step->unit);
	change(s, r, step->to, step->unit, step->back);
}
