/* A watch of the database: what is taken can be fed for an hour. */
#include "collectord/recorder/alert.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct alert_watch watch;
	struct alert_change changes[2];

	if (size < sizeof(watch))
		return 0;
	memcpy(&watch, bytes, sizeof(watch));
	if (alert_watch_flaw(&watch))
		return 0;
	for (int i = 0; i < 120; i++)
		(void)alert_feed(&watch, 0, 1700000000 + i * 30,
			i % 7 ? i : watch.limit.limit + 1, changes);
	return 0;
}
