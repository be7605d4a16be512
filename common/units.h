/*
 * Units and rounding (docs/method.md, "Units"): inside everything is bytes, MHz, bits
 * per second and seconds; memory and disk MB and GB are 2^20 and 2^30, network Mb/s
 * is 10^6.
 */
#ifndef COMMON_UNITS_H
#define COMMON_UNITS_H

#define BYTES_PER_MB 1048576.0
#define BYTES_PER_GB 1073741824.0
#define BPS_PER_MBPS 1e6
#define SECONDS_PER_MINUTE 60
#define SECONDS_PER_DAY 86400

/*
 * units_round_up - the next whole number, exactly (UNIT-5)
 *
 * 100 x 1 x 3000 x 0.07 / 3000 is 7.000000000000001 in binary floating point: what is
 * within 1e-9 (for large values: some roundings) of a whole number is that number, so that
 * an exact 7 % never becomes 8 %.  NAN stays NAN.
 */
double units_round_up(double value);
/* The same downward: what is just below a whole number by some roundings is that number. */
double units_round_down(double value);

/* Greater by more than the error of a few roundings: a <= b counts when they only
 * differ by that much. For limits that are themselves computed. Returns 1 or 0. */
int units_exceeds(double value, double limit);

#endif
