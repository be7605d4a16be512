#include "schema/duration.h"

const unsigned duration_s[DURATION_COUNT] = {
	[DURATION_5_MIN] = 300,
	[DURATION_15_MIN] = DURATION_15_MIN_S,
	[DURATION_30_MIN] = 1800,
	[DURATION_1_H] = 3600,
	[DURATION_4_H] = 14400,
	[DURATION_8_H] = 28800,
};

enum duration duration_find(double seconds)
{
	for (int i = 0; i < DURATION_COUNT; i++) {
		if (seconds == (double)duration_s[i])
			return (enum duration)i;
	}
	return DURATION_COUNT;
}
