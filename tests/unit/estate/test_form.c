/* Demand from shares: whose word counts, and what stays unknown. */
#include "tests/support.h"

#include "analyze/estate/form.h"
#include "common/util.h"

#include <math.h>
#include <string.h>

#define SLOTS 4

static struct series series_of(const double values[SLOTS], int has_extremes)
{
	struct series series;

	assert_int_equal(series_init(&series, 300, 300, SLOTS, has_extremes), 0);
	for (size_t k = 0; k < SLOTS; k++) {
		series.mean[k] = values[k];
		if (has_extremes) {
			series.minimum[k] = values[k] / 2;
			series.maximum[k] = values[k] * 2;
		}
	}
	return series;
}

static void expect(const double *got, const double wanted[SLOTS])
{
	for (size_t k = 0; k < SLOTS; k++)
		if (!(fabs(got[k] - wanted[k]) < 1e-9 ||
			    (isnan(got[k]) && isnan(wanted[k]))))
			fail_msg("slot %zu is %g, wanted %g", k, got[k], wanted[k]);
}

struct size_case {
	const char *name;
	double fixed, own, fallback, expected;
};
static struct size_case size_cases[] = {
	{ "a person's word holds over the import's", 8, 4, 2, 8 },
	{ "else what the import said at that time", NAN, 4, 2, 4 },
	{ "else the latest that an import said", NAN, NAN, 2, 2 },
	{ "else it is unknown", NAN, NAN, NAN, NAN },
};

static void check_size(void **state)
{
	const struct size_case *c = *state;
	struct series own =
		series_of((const double[]){ c->own, c->own, c->own, c->own }, 0);
	const struct form_size size = { c->fixed, &own, c->fallback };
	double got = form_size_at(&size, 2);

	assert_true(got == c->expected || (isnan(got) && isnan(c->expected)));
	series_done(&own);
}

static void check_cpu(void **state)
{
	struct series share = series_of((const double[]){ 0.5, NAN, 0.25, 1 }, 1);
	struct series own = series_of((const double[]){ 2, 2, 4, NAN }, 0);
	const struct form_size cores = { NAN, &own, NAN }, mhz = { 1000, NULL, NAN };

	(void)state;
	form_cpu(&share, &cores, &mhz);
	/* a resize on the way counts from its time; without cores it is unknown */
	expect(share.mean, (const double[]){ 1000, NAN, 1000, NAN });
	expect(share.maximum, (const double[]){ 2000, NAN, 2000, NAN });
	series_done(&share);
	series_done(&own);
}

static void check_cores_worth(void **state)
{
	struct series worth = series_of((const double[]){ 0.5, 1.5, 3, NAN }, 0);
	const struct form_size mhz = { NAN, NULL, 2000 };

	(void)state;
	form_cpu(&worth, NULL, &mhz);
	expect(worth.mean, (const double[]){ 1000, 3000, 6000, NAN });
	series_done(&worth);
}

static void check_memory(void **state)
{
	struct series available = series_of((const double[]){ 2, 8, 20, NAN }, 1);
	const struct form_size total = { NAN, NULL, 16 };

	(void)state;
	form_memory_available(&available, &total);
	/* more than there is is not believed */
	expect(available.mean, (const double[]){ 14, 8, NAN, NAN });
	/* most is used where least is available */
	expect(available.maximum, (const double[]){ 15, 12, 6, NAN });
	expect(available.minimum, (const double[]){ 12, 0, NAN, NAN });
	series_done(&available);
}

static void check_fill(void **state)
{
	struct series demand = series_of((const double[]){ 1, NAN, 3, NAN }, 0);
	struct series formed = series_of((const double[]){ 9, 8, NAN, NAN }, 1);

	(void)state;
	assert_int_equal(form_fill(&demand, &formed), 0);
	expect(demand.mean, (const double[]){ 1, 8, 3, NAN });
	expect(demand.maximum, (const double[]){ 1, 16, 3, NAN });
	expect(demand.minimum, (const double[]){ 1, 4, 3, NAN });
	assert_int_equal(formed.count, 0);
	series_done(&demand);
}

static void check_fill_nothing(void **state)
{
	struct series demand = { .count = 0 };
	struct series formed = series_of((const double[]){ 9, 8, 7, 6 }, 0);

	(void)state;
	assert_int_equal(form_fill(&demand, &formed), 0);
	expect(demand.mean, (const double[]){ 9, 8, 7, 6 });
	series_done(&demand);
}

int main(void)
{
	struct CMUnitTest tests[20];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(size_cases); i++)
		tests[n++] = (struct CMUnitTest){ .name = size_cases[i].name,
			.test_func = check_size,
			.initial_state = &size_cases[i] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_cpu);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_cores_worth);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_memory);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_fill);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_fill_nothing);
	return _cmocka_run_group_tests("form", tests, n, NULL, NULL);
}
