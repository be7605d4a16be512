/* The sample estate: the same every time, plausible, and never among the user's own. */
#include "store/store.h"
#include "tests/support.h"
#include "tests/scratch_dir.h"

#include "analyze/estate/load.h"
#include "analyze/sample/sample_estate.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define END ((int64_t)1793491200 / 86400 * 86400)

static struct sample_slots slots[2];

static void same_seed_same_bits(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < SAMPLE_WORKLOADS; i++) {
		sample_estate_make(i, SAMPLE_SEED, END, &slots[0]);
		sample_estate_make(i, SAMPLE_SEED, END, &slots[1]);
		assert_memory_equal(&slots[0], &slots[1], sizeof(slots[0]));
	}
	sample_estate_make(0, 1, END, &slots[0]);
	sample_estate_make(0, 2, END, &slots[1]);
	assert_memory_not_equal(&slots[0], &slots[1], sizeof(slots[0]));
}

static void minimum_mean_maximum_in_order(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < SAMPLE_WORKLOADS; i++) {
		const double(*v)[SAMPLE_SLOTS] = (const void *)slots[0].value;
		size_t known = 0;

		sample_estate_make(i, SAMPLE_SEED, END, &slots[0]);
		for (size_t k = 0; k < SAMPLE_SLOTS; k++) {
			if (isnan(v[SAMPLE_CPU_MHZ][k])) {
				assert_true(isnan(v[SAMPLE_MEMORY_BYTES][k]));
				continue;
			}
			known++;
			assert_true(v[SAMPLE_CPU_MIN][k] >= 0);
			assert_true(v[SAMPLE_CPU_MIN][k] <= v[SAMPLE_CPU_MHZ][k]);
			assert_true(v[SAMPLE_CPU_MHZ][k] <= v[SAMPLE_CPU_MAX][k]);
			assert_true(
				v[SAMPLE_NETWORK_MIN][k] <= v[SAMPLE_NETWORK_BPS][k]);
			assert_true(
				v[SAMPLE_NETWORK_BPS][k] <= v[SAMPLE_NETWORK_MAX][k]);
			assert_true(v[SAMPLE_MEMORY_BYTES][k] > 0);
		}
		assert_true(known > 1000);
	}
}

static void stored_in_a_store_of_its_own(void **unused)
{
	char dir[] = "/tmp/headroom-test-XXXXXX";
	struct workload_list list;
	struct workload_peaks peaks;
	struct load_request request = { .has_since = false };
	struct err err = ERR_INIT;
	struct estate archives = { .store = NULL };
	struct store *store;
	struct workload own;

	(void)unused;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(store_open(dir, &store, &err), 0);
	for (int again = 0; again < 2; again++)
		assert_int_equal(
			sample_estate_store(store, SAMPLE_SEED, END, NULL, NULL, &err),
			0);
	assert_int_equal(store_workloads(store, &list, &err), 0);
	assert_int_equal(list.count, SAMPLE_WORKLOADS);
	archives.store = store;
	for (size_t i = 0; i < list.count; i++) {
		assert_int_equal(list.workload[i].origin, ORIGIN_SAMPLE);
		assert_int_equal(load_peaks(&archives, &list.workload[i], &request,
					 &peaks, &err),
			0);
		assert_true(peaks.resource[RESOURCE_CPU].is_counted);
		assert_int_equal(peaks.to, END);
		assert_true(peaks.coverage > 0.5);
	}
	workload_list_done(&list);
	/* a workload of the user's: from now on it is refused */
	assert_int_equal(store_begin(store, 1000, &err), 0);
	assert_int_equal(store_workload_ensure(
				 store, "mine", ORIGIN_IMPORTED, 300, 0, &own, &err),
		0);
	workload_done(&own);
	assert_int_equal(store_commit(store, &err), 0);
	assert_int_equal(
		sample_estate_store(store, 1, END + 300, NULL, NULL, &err), -EEXIST);
	store_close(store);
	scratch_dir_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_same_bits),
		cmocka_unit_test(minimum_mean_maximum_in_order),
		cmocka_unit_test(stored_in_a_store_of_its_own),
	};

	return cmocka_run_group_tests_name("sample_estate", tests, NULL, NULL);
}
