/*
 * A watch of the database that has seen some life, edited: what is taken is fed with any
 * samples, and tells of figures and times that there can be.
 *
 * The first byte: 1 the mean of 900 s is judged; 2 a state that is open; then the edits, then
 * samples: a byte for the step, one for the value.
 */
#include "tests/fuzz/fuzz_edit.h"

#include "collectord/recorder/alert.h"

#include <math.h>

enum { EDITS = 6, LIFE = 500 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void watch_live(struct alert_watch *watch, bool is_rolling, bool is_open)
{
	struct alert_change changes[2];

	alert_watch_init(watch, is_rolling ? ALERT_SMP_NEED : ALERT_MEMORY_LIMIT,
		"subject", 10, 100, 5, is_rolling);
	for (int i = 0; i < LIFE; i++)
		(void)alert_feed(watch, 0, 1700000000 + i * 10,
			is_open && i > LIFE / 2 ? 150 : i % 100, changes);
}

static void check_changes(const struct alert_change *changes, size_t count)
{
	if (count > 2)
		abort();
	for (size_t i = 0; i < count; i++)
		if (isnan(changes[i].height) || changes[i].events == 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct alert_watch lives[4];
	static bool has_lives;
	struct fuzz_input input = { data, size };
	struct alert_watch watch;
	struct alert_change changes[2];
	int64_t stamp = 1700000000 + LIFE * 10;
	unsigned edits;

	for (unsigned i = 0; i < 4 && !has_lives; i++)
		watch_live(&lives[i], i & 1, i & 2);
	has_lives = true;
	watch = lives[fuzz_byte(&input) & 3];
	edits = fuzz_byte(&input) % EDITS;
	(void)fuzz_edit(&input, &watch, sizeof(watch), edits);
	if (alert_watch_flaw(&watch))
		return 0;
	while (input.left) {
		unsigned step = fuzz_byte(&input);

		stamp += step < 200 ? 10 : (int64_t)(step - 199) * 3600;
		check_changes(changes,
			alert_feed(&watch, 0, stamp, fuzz_byte(&input), changes));
	}
	return 0;
}
