/* The lengths of time of the peak-duration curve, in seconds (docs/method.md, "Peaks"). */
#ifndef SCHEMA_DURATION_H
#define SCHEMA_DURATION_H

enum duration {
	DURATION_5_MIN,
	DURATION_15_MIN, /* what is sized by a sustained figure is sized by this one */
	DURATION_30_MIN,
	DURATION_1_H,
	DURATION_4_H,
	DURATION_8_H,
	DURATION_COUNT,
};

/* Indexed by enum duration. */
extern const unsigned duration_s[DURATION_COUNT];
#define DURATION_15_MIN_S 900

/* The duration of so many seconds; DURATION_COUNT: it is none of them. */
enum duration duration_find(double seconds);

#endif
