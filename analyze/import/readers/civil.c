#include "analyze/import/readers/civil.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

/* H. Hinnant's algorithm. */
int64_t civil_days(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = y / 400;
	int year_of_era = y - era * 400;
	int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int day_of_era =
		year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return (int64_t)era * 146097 + day_of_era - 719468;
}

int civil_days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap);
}

bool civil_order(const char *text, enum date_order *ret_order)
{
	static const char *const names[] = { "YMD", "MDY", "DMY" };

	for (unsigned i = 0; i < 3; i++) {
		if (!strcasecmp(text, names[i])) {
			*ret_order = (enum date_order)i;
			return true;
		}
	}
	return false;
}

struct civil_scan {
	const char *at, *end;
};

static bool scan_number(
	struct civil_scan *scan, int digits_max, int *ret_value, int *ret_digits)
{
	int value = 0, digits = 0;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9' &&
		digits < digits_max) {
		value = value * 10 + (*scan->at++ - '0');
		digits++;
	}
	*ret_value = value;
	*ret_digits = digits;
	return digits > 0;
}

static bool scan_char(struct civil_scan *scan, const char *wanted, char *ret_found)
{
	if (scan->at == scan->end || !*scan->at || !strchr(wanted, *scan->at))
		return false;
	*ret_found = *scan->at++;
	return true;
}

static void scan_blanks(struct civil_scan *scan)
{
	while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t'))
		scan->at++;
}

/* Three numbers parted by the same sign. */
static bool scan_date(struct civil_scan *scan, int part[3], int digits[3])
{
	char first = 0, second = 0;

	return scan_number(scan, 4, &part[0], &digits[0]) &&
		scan_char(scan, "/-.", &first) &&
		scan_number(scan, 2, &part[1], &digits[1]) &&
		scan_char(scan, "/-.", &second) && first == second &&
		scan_number(scan, 4, &part[2], &digits[2]);
}

static bool scan_fraction(struct civil_scan *scan, double *ret_fraction)
{
	double fraction = 0, unit = 0.1;
	char sign;

	*ret_fraction = 0;
	if (!scan_char(scan, ".,", &sign))
		return true;
	if (scan->at == scan->end || !isdigit((unsigned char)*scan->at))
		return false;
	for (; scan->at < scan->end && isdigit((unsigned char)*scan->at); unit /= 10)
		fraction += (*scan->at++ - '0') * unit;
	*ret_fraction = fraction;
	return true;
}

/* " AM", "PM", "a.m." behind the time: which half of the day, or none. */
static bool scan_half(struct civil_scan *scan, int *hour)
{
	char half, sign;

	scan_blanks(scan);
	if (scan->at == scan->end)
		return true;
	if (!scan_char(scan, "aApP", &half))
		return false;
	(void)scan_char(scan, ".", &sign);
	if (!scan_char(scan, "mM", &sign) || *hour < 1 || *hour > 12)
		return false;
	(void)scan_char(scan, ".", &sign);
	*hour = *hour % 12 + (half == 'p' || half == 'P' ? 12 : 0);
	return scan->at == scan->end;
}

static bool scan_time(struct civil_scan *scan, double *ret_s)
{
	int hour, minute, second = 0, digits;
	double fraction = 0;
	char sign;

	if (!scan_number(scan, 2, &hour, &digits) || !scan_char(scan, ":.", &sign) ||
		!scan_number(scan, 2, &minute, &digits) || digits != 2)
		return false;
	if (scan_char(scan, ":.", &sign) &&
		(!scan_number(scan, 2, &second, &digits) || digits != 2 ||
			!scan_fraction(scan, &fraction)))
		return false;
	if (!scan_half(scan, &hour) || hour > 23 || minute > 59 || second > 60)
		return false;
	*ret_s = hour * 3600 + minute * 60 + second + fraction;
	return true;
}

/* Where year, month and day stand in each order. */
static const struct {
	int year, month, day;
} order_parts[] = { { 0, 1, 2 }, { 2, 0, 1 }, { 2, 1, 0 } };

static bool date_days(const int part[3], const int digits[3], enum date_order order,
	int64_t *ret_days)
{
	int year, month, day;

	if (digits[0] == 4)
		order = DATE_YMD;
	else if (digits[2] == 4 && order == DATE_YMD)
		return false;
	year = part[order_parts[order].year];
	month = part[order_parts[order].month];
	day = part[order_parts[order].day];
	if (digits[order_parts[order].year] <= 2)
		year += year < 70 ? 2000 : 1900;
	if (year < 1970 || year > 2100 || month < 1 || month > 12 || day < 1 ||
		day > civil_days_in_month(year, month))
		return false;
	*ret_days = civil_days(year, month, day);
	return true;
}

bool civil_parse(
	const char *text, size_t length, enum date_order order, double *ret_civil_s)
{
	struct civil_scan scan = { text, text + length };
	int part[3] = { 0 }, digits[3] = { 0 };
	double seconds = 0;
	int64_t days;
	char sign;

	scan_blanks(&scan);
	if (!scan_date(&scan, part, digits) || !date_days(part, digits, order, &days))
		return false;
	(void)scan_char(&scan, "Tt", &sign);
	scan_blanks(&scan);
	if (scan.at < scan.end && !scan_time(&scan, &seconds))
		return false;
	*ret_civil_s = (double)days * 86400 + seconds;
	return true;
}

static bool begins_with_year(const char *text, size_t length)
{
	struct civil_scan scan = { text, text + length };
	int year, digits;

	scan_blanks(&scan);
	return scan_number(&scan, 4, &year, &digits) && digits == 4;
}

unsigned civil_orders(const char *text, size_t length)
{
	unsigned orders = 0;
	double civil_s;

	for (unsigned order = 0; order < 3; order++) {
		if (civil_parse(text, length, (enum date_order)order, &civil_s))
			orders |= 1u << order;
	}
	return begins_with_year(text, length) ? orders & 1u << DATE_YMD : orders;
}

enum civil_kind civil_next(
	const char *text, size_t length, struct known_order *known, double *ret_civil_s)
{
	unsigned orders;

	/* its order is plain, and says nothing of another date's */
	if (known->is_known || begins_with_year(text, length))
		return civil_parse(text, length, known->order, ret_civil_s)
			? CIVIL_TIME
			: CIVIL_NONE;
	orders = civil_orders(text, length);
	if (orders == 0)
		return CIVIL_NONE;
	if (orders & (orders - 1))
		return CIVIL_AMBIGUOUS;
	known->order = (enum date_order)__builtin_ctz(orders);
	known->is_known = true;
	return civil_parse(text, length, known->order, ret_civil_s) ? CIVIL_TIME
								    : CIVIL_NONE;
}

/* ---- a clock that is read row by row --------------------------------------------------- */

/* A change of the clocks is one of these, in either direction. */
static const double shifts_s[] = { 3600, 1800 };

/* By how much the clocks were put back (> 0) or forward between two rows. */
static double find_shift(const struct local_clock *clock, double civil_s)
{
	double difference = civil_s - clock->before_civil_s;
	double tolerance = 2 + clock->step_s / 4;

	if (clock->step_s <= 0 || clock->step_s > 7200)
		return 0;
	for (unsigned i = 0; i < 2; i++) {
		double shift = shifts_s[i];

		if (tolerance > shift / 4)
			tolerance = shift / 4;
		if (difference <= 0 &&
			fabs(difference + shift - clock->step_s) <= tolerance)
			return shift;
		if (difference > 0 &&
			fabs(difference - shift - clock->step_s) <= tolerance &&
			difference > 1.5 * clock->step_s)
			return -shift;
	}
	return 0;
}

static double clock_by_zone(struct local_clock *clock, double civil_s)
{
	double whole = floor(civil_s);
	int64_t utc[2];
	int count = zone_utc(clock->zone, (int64_t)whole, utc);

	if (count == 0) {
		/* the wall clock was not put forward: it ran on as it was before */
		clock->skipped++;
		count = zone_utc(clock->zone, (int64_t)whole - 3600, utc);
		utc[0] += 3600;
	} else if (count == 2) {
		if (!clock->has_before)
			clock->ambiguous++;
		else if ((double)utc[0] <= clock->before_utc_s)
			utc[0] = utc[1];
	}
	return (double)utc[0] + (civil_s - whole);
}

double local_clock_next(struct local_clock *clock, double civil_s)
{
	double utc_s;

	if (clock->zone) {
		utc_s = clock_by_zone(clock, civil_s);
	} else {
		double shift = clock->has_before ? find_shift(clock, civil_s) : 0;

		clock->offset_s += shift;
		clock->changes += shift != 0;
		utc_s = civil_s + clock->offset_s;
	}
	if (clock->has_before && utc_s > clock->before_utc_s)
		clock->step_s = utc_s - clock->before_utc_s;
	clock->has_before = true;
	clock->before_civil_s = civil_s;
	clock->before_utc_s = utc_s;
	return utc_s;
}
