/* Any bytes as what a frame of staging holds; what is taken, packed again, is the same. */
#include "tests/fuzz/fuzz_edit.h"

#include "collectord/link/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(
	const struct record *record, const unsigned char *bytes, size_t length)
{
	struct record_state state;
	struct record again;
	size_t used = 0;

	record_state_init(&state);
	if (record_unpack(&state, bytes, length, &used, &again, NULL) != 1 ||
		used != length || again.kind != record->kind ||
		again.number != record->number || again.stamp_s != record->stamp_s ||
		again.count != record->count || again.length != record->length)
		abort();
	if (record->count &&
		memcmp(again.values, record->values, 8 * record->count) != 0)
		abort();
	record_state_done(&state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char packed[1 << 20];
	struct record_state state, out;
	struct record record;
	struct err err = ERR_INIT;
	size_t used = 0;
	int r;

	record_state_init(&state);
	while ((r = record_unpack(&state, data, size, &used, &record, &err)) > 0) {
		size_t length = 0;

		if (used > size || record.count > RECORD_VALUES_MAX ||
			record.length > RECORD_TEXT_MAX)
			abort();
		record_state_init(&out);
		if (record_pack(&out, &record, packed, sizeof(packed), &length, NULL) <
			0)
			abort();
		check_again(&record, packed, length);
		record_state_done(&out);
	}
	if (r < 0)
		fuzz_refusal(&err);
	record_state_done(&state);
	return 0;
}
