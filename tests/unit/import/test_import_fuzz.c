/* The fuzz targets of the import formats on seeds that are changed at random: a small
 * part of `make fuzz` in every `make check`, without a fuzzer. */
#include "tests/support.h"

#define LLVMFuzzerTestOneInput fuzz_bitbrains
#include "tests/fuzz/fuzz_bitbrains.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_csv
#include "tests/fuzz/fuzz_csv.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_pdh
#include "tests/fuzz/fuzz_pdh.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_sysstat
#include "tests/fuzz/fuzz_sysstat.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_map
#include "tests/fuzz/fuzz_map.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_prometheus
#include "tests/fuzz/fuzz_prometheus.c"
#undef LLVMFuzzerTestOneInput

#include <inttypes.h>

#define ROUNDS 20000 /* of one seed */
#define SEED_MAX 4096

static size_t read_seed(const char *path, uint8_t seed[SEED_MAX])
{
	FILE *file = fopen(path, "rb");
	size_t length;

	if (!file)
		fail_msg("%s cannot be read (run the tests in the top folder)", path);
	length = fread(seed, 1, SEED_MAX, file);
	fclose(file);
	return length;
}

/* Bytes changed, removed, doubled, or replaced by what parsers stumble over. */
static size_t mutate(uint8_t *text, size_t length, uint64_t *random)
{
	static const char special[] = ";,\t\n\r\"'-+.eE0919:TZ\0\xff\xc3\x9b";
	unsigned changes = 1 + (unsigned)(support_random(random) % 6);

	for (; changes > 0 && length > 2; changes--) {
		size_t at = support_random(random) % length;
		size_t run = 1 + support_random(random) % 8;

		if (run > length - at)
			run = length - at;
		switch (support_random(random) % 4) {
		case 0:
			text[at] = (uint8_t)support_random(random);
			break;
		case 1:
			text[at] = (uint8_t)
				special[support_random(random) % (sizeof(special) - 1)];
			break;
		case 2:
			memmove(text + at, text + at + run, length - at - run);
			length -= run;
			break;
		default:
			if (length + run > SEED_MAX)
				break;
			memmove(text + at + run, text + at, length - at);
			length += run;
		}
	}
	return length;
}

static void run_mutations(
	int rounds, const char *path, int (*target)(const uint8_t *data, size_t size))
{
	uint64_t first = support_seed(7), random = first;
	uint8_t seed[SEED_MAX], text[SEED_MAX];
	size_t length = read_seed(path, seed);

	print_message("# seed %" PRIu64 "\n", first);
	for (int i = 0; i < rounds; i++) {
		memcpy(text, seed, length);
		assert_int_equal(target(text, mutate(text, length, &random)), 0);
	}
}

static void check_bitbrains_mutations(void **state)
{
	(void)state;
	run_mutations(ROUNDS, "tests/fuzz/corpus/bitbrains/row", fuzz_bitbrains);
}

static void check_csv_mutations(void **state)
{
	(void)state;
	run_mutations(ROUNDS, "tests/fuzz/corpus/csv/rows", fuzz_csv);
}

static void check_pdh_mutations(void **state)
{
	(void)state;
	run_mutations(ROUNDS / 10, "tests/fuzz/corpus/pdh/windows", fuzz_pdh);
	run_mutations(ROUNDS / 10, "tests/fuzz/corpus/pdh/esxtop", fuzz_pdh);
	run_mutations(ROUNDS / 10, "tests/fuzz/corpus/pdh/hyperv", fuzz_pdh);
}

static void check_sysstat_mutations(void **state)
{
	(void)state;
	run_mutations(ROUNDS / 4, "tests/fuzz/corpus/sysstat/json", fuzz_sysstat);
	run_mutations(ROUNDS / 4, "tests/fuzz/corpus/sysstat/rows", fuzz_sysstat);
	run_mutations(ROUNDS / 4, "tests/fuzz/corpus/sysstat/sar", fuzz_sysstat);
}

static void check_map_mutations(void **state)
{
	(void)state;
	run_mutations(ROUNDS / 2, "tests/fuzz/corpus/map/wide", fuzz_map);
	run_mutations(ROUNDS / 2, "tests/fuzz/corpus/map/json", fuzz_map);
}

static void check_prometheus_mutations(void **state)
{
	(void)state;
	run_mutations(
		ROUNDS / 2, "tests/fuzz/corpus/prometheus/matrix", fuzz_prometheus);
	run_mutations(
		ROUNDS / 2, "tests/fuzz/corpus/prometheus/scrape", fuzz_prometheus);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_bitbrains_mutations),
		cmocka_unit_test(check_csv_mutations),
		cmocka_unit_test(check_pdh_mutations),
		cmocka_unit_test(check_sysstat_mutations),
		cmocka_unit_test(check_map_mutations),
		cmocka_unit_test(check_prometheus_mutations),
	};

	return cmocka_run_group_tests_name("import_fuzz", tests, NULL, NULL);
}
