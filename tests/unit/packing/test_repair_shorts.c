/*
 * What the annealing counts in short numbers, against the same in long ones, and what it
 * leaves behind, added up again.
 */
#include "tests/support.h"

#include "analyze/packing/repair_shorts.h"
#include "analyze/packing/repair_swift.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 70
#define HOSTS 6
#define ITEMS 60
#define TYPES 2
#define APART 12   /* items that stay apart two by two */
#define ROUNDED 12 /* parts of a host, on a row, that short numbers may be off by */
#define HEAVIEST 8 /* times that a heavy row counts */

struct fixture {
	struct packing_problem problem;
	struct model model;
	struct state start;
	struct work work;
	struct repair repair;
	struct repair_host host[HOSTS];
	enum packing_reason reason[ITEMS];
	size_t reason_row[ITEMS];
};

static void make_problem(
	struct packing_problem *problem, uint64_t seed, bool has_groups)
{
	const struct packing_dimension dimension = { .name = "cpu", .slots = SLOTS };
	uint64_t random = seed;

	assert_int_equal(
		packing_problem_init(problem, &dimension, 1, TYPES, TYPES, ITEMS, NULL),
		0);
	for (size_t i = 0; i < ITEMS; i++)
		for (size_t slot = 0; slot < SLOTS; slot++) {
			int64_t size =
				1000 + (int64_t)(support_random(&random) % 90000);

			packing_size(problem, 0, i)[slot] = size;
			packing_size(problem, 1, i)[slot] = size + size / 8;
		}
	problem->capacity[0] = 560000;
	problem->capacity[1] = 720000;
	problem->type[1].cost = 2;
	problem->type[1].variant = 1;
	for (size_t i = 0; has_groups && i + 1 < APART; i += 2) {
		const size_t pair[2] = { i, i + 1 };

		assert_int_equal(packing_constrain(problem, PACKING_APART, pair, 2,
					 NULL, 0, 0, NULL),
			0);
	}
}

static void fixture_init(struct fixture *f, uint64_t seed, bool has_groups)
{
	const struct repair_limits limits = { .moves = 1 };

	*f = (struct fixture){ .work = { .deadline_s = 1e300, .random = seed } };
	make_problem(&f->problem, seed, has_groups);
	assert_int_equal(
		model_build(&f->problem, f->reason, f->reason_row, &f->model, NULL), 0);
	assert_int_equal(f->model.row_count, SLOTS);
	assert_int_equal(state_init(&f->start, &f->model), 0);
	for (size_t h = 0; h < HOSTS; h++)
		f->host[h].type = h % TYPES;
	assert_int_equal(
		repair_init(&f->repair, &f->start, f->host, HOSTS, &limits, &f->work),
		0);
	for (size_t u = 0; u < f->model.unit_count; u++)
		assert_int_equal(repair_put(&f->repair, u, u % HOSTS), 0);
	for (size_t h = 0; h < HOSTS; h++)
		repair_refresh(&f->repair, h);
	repair_refresh_zones(&f->repair);
}

static void fixture_done(struct fixture *f)
{
	repair_done(&f->repair);
	state_done(&f->start);
	model_done(&f->model);
	packing_problem_done(&f->problem);
}

/* ---- against long numbers ---------------------------------------------------------- */

/* What a host is over by if `in` came and `out` went, row by row: parts, weighed. */
static double long_over(const struct fixture *f, const struct repair_shorts *shorts,
	size_t host, size_t in, size_t out)
{
	const struct repair *r = &f->repair;
	size_t type = f->host[host].type;
	double over = 0;

	for (size_t lane = 0; lane < SLOTS; lane++) {
		size_t row = shorts->row[lane];
		int64_t load = 0;

		for (size_t u = 0; u < f->model.unit_count; u++)
			if ((r->host_of[u] == host && u != out) || u == in)
				load += model_size(&f->model, type, u)[row];
		load -= r->limit[host * SLOTS + row];
		over += load > 0 ? (double)load * shorts->scale[row] *
				(lane < shorts->heavy ? HEAVIEST : 1)
				 : 0;
	}
	return over;
}

static void assert_alike(double is, double wanted)
{
	double off = SLOTS * 2 * ROUNDED * HEAVIEST;

	if (is < wanted - off || is > wanted + off)
		fail_msg("%.0f parts, %.0f in long numbers", is, wanted);
}

static void assert_all_near(const struct fixture *f, const struct repair_shorts *shorts)
{
	int64_t total = 0;

	for (size_t h = 0; h < HOSTS; h++) {
		assert_alike((double)shorts->over[h],
			long_over(f, shorts, h, PACKING_NONE, PACKING_NONE));
		total += shorts->over[h];
	}
	assert_int_equal(total, shorts->total);
}

static void short_numbers_are_those_of_long_ones(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct fixture f;
		struct repair_shorts shorts;
		uint64_t random = seed;
		size_t heavy = 0;

		fixture_init(&f, seed, false);
		assert_int_equal(repair_shorts_init(&shorts, &f.repair), 0);
		for (int i = 0; i < 400; i++) {
			size_t unit = support_random(&random) % f.model.unit_count;
			size_t other = support_random(&random) % f.model.unit_count;
			size_t from = f.repair.host_of[unit];
			struct repair_step step = { .unit = unit,
				.to = f.repair.host_of[other],
				.back = i % 4 ? other : PACKING_NONE };
			bool is_made = step.back != PACKING_NONE;

			if (i == 200)
				assert_true(
					repair_shorts_weigh(&shorts, &f.repair, 0.02));
			if (step.to == from)
				continue;
			assert_alike((double)repair_shorts_after(
					     &shorts, &f.repair, &step, INT64_MAX),
				long_over(&f, &shorts, step.to, unit, step.back) +
					long_over(&f, &shorts, from, step.back, unit));
			if (!is_made)
				continue; /* hosts are to stay as full as they are */
			repair_shorts_apply(&shorts, &f.repair, &step);
			f.repair.host_of[unit] = step.to;
			f.repair.host_of[other] = from;
			assert_all_near(&f, &shorts);
		}
		for (size_t row = 0; row < SLOTS; row++)
			heavy += shorts.is_heavy[row];
		assert_true(heavy > 0 && heavy <= shorts.heavy);
		repair_shorts_done(&shorts);
		fixture_done(&f);
	}
}

/* ---- annealed ---------------------------------------------------------------------- */

static void what_is_annealed_keeps_rows_and_groups(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct fixture f;
		const struct repair *r = &f.repair;

		fixture_init(&f, seed, true);
		assert_true(r->total > 1);
		assert_int_equal(repair_swift(&f.repair, 1, 300000), 1);
		for (size_t h = 0; h < HOSTS; h++)
			for (size_t row = 0; row < SLOTS; row++) {
				int64_t load = 0;

				for (size_t u = 0; u < f.model.unit_count; u++)
					if (r->host_of[u] == h)
						load += model_size(&f.model,
							f.host[h].type, u)[row];
				assert_int_equal(load, r->load[h * SLOTS + row]);
				assert_true(load <= f.problem.capacity[h % TYPES]);
			}
		for (size_t i = 0; i + 1 < APART; i += 2)
			assert_int_not_equal(r->host_of[f.model.unit_of[i]],
				r->host_of[f.model.unit_of[i + 1]]);
		assert_int_equal(f.model.group_count, APART / 2);
		for (size_t g = 0; g < f.model.group_count; g++) {
			uint32_t there = 0;

			for (size_t h = 0; h < HOSTS; h++)
				there += r->group_load[h * f.model.group_count + g];
			assert_int_equal(there, 2);
		}
		fixture_done(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_numbers_are_those_of_long_ones),
		cmocka_unit_test(what_is_annealed_keeps_rows_and_groups),
	};

	return cmocka_run_group_tests_name("repair_shorts", tests, NULL, NULL);
}
