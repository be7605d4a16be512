#include "analyze/sample/sample_estate.h"

#include "common/random.h"
#include "common/units.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400

/* How one workload lives; shares are of its cores x MHz, memory of its size. */
struct demand_shape {
	const char *name;
	unsigned cores;
	double core_mhz, memory_gib;
	double idle, day,
		weekend; /* CPU share at night, added by day, weekend factor */
	int batch_hour, batch_slots; /* first hour UTC, length; 0 slots: none */
	double batch;                /* CPU share in the batch window */
	double month_end; /* factor over the last two days of a month and the first */
	double memory, leak_per_day; /* share; growth until the Sunday restart */
	double network_mbps;         /* at full daytime load */
	double disk_mb_per_s;        /* at full load */
	double spikes_per_day;       /* single readings that reach the limit */
	unsigned days;               /* of data, up to SAMPLE_DAYS */
	double unknown_ratio;
};

static const struct demand_shape shapes[SAMPLE_WORKLOADS] = {
	/* name cores MHz GiB  idle day wkend  batch      month mem leak net disk spk days unk */
	{ "ad-1", 2, 2400, 4, .03, .06, .6, 0, 0, 0, 1, .45, 0, 3, 1, 1, 30, 0 },
	{ "ad-2", 2, 2400, 4, .02, .05, .6, 0, 0, 0, 1, .42, 0, 3, 1, 1, 30, 0 },
	{ "backup", 4, 2400, 8, .02, .02, 1, 22, 72, .55, 1, .50, 0, 400, 90, 0, 30,
		0 },
	{ "bi-cube", 8, 2600, 32, .04, .22, .2, 3, 24, .80, 2.2, .70, 0, 60, 40, 2, 30,
		0 },
	{ "bi-report", 4, 2600, 16, .03, .18, .2, 5, 12, .50, 2.5, .55, 0, 40, 15, 2,
		30, 0 },
	{ "build-1", 8, 3000, 16, .02, .35, .05, 1, 18, .90, 1, .35, 0, 30, 60, 12, 30,
		0 },
	{ "build-2", 8, 3000, 16, .02, .30, .05, 1, 12, .85, 1, .33, 0, 30, 55, 12, 30,
		.02 },
	{ "cache-1", 2, 2600, 8, .05, .20, .8, 0, 0, 0, 1, .60, .040, 120, 0.2, 1, 30,
		0 },
	{ "cache-2", 2, 2600, 8, .05, .18, .8, 0, 0, 0, 1, .58, .038, 115, 0.2, 1, 30,
		0 },
	{ "chat", 2, 2400, 4, .03, .12, .3, 0, 0, 0, 1, .50, .010, 8, 0.5, 2, 30, 0 },
	{ "crm-app", 4, 2600, 16, .05, .30, .15, 0, 0, 0, 1.3, .55, .020, 35, 2, 3, 30,
		0 },
	{ "crm-db", 8, 2600, 32, .06, .25, .25, 2, 18, .45, 1.4, .80, 0, 50, 35, 1, 30,
		0 },
	{ "dev-1", 4, 2400, 8, .01, .12, .05, 0, 0, 0, 1, .40, 0, 5, 3, 4, 30, 0 },
	{ "dev-2", 4, 2400, 8, .01, .10, .05, 0, 0, 0, 1, .38, 0, 5, 3, 4, 30, 0 },
	{ "dns-1", 1, 2400, 1, .02, .03, .8, 0, 0, 0, 1, .30, 0, 2, 0.1, 0, 30, 0 },
	{ "dns-2", 1, 2400, 1, .02, .03, .8, 0, 0, 0, 1, .30, 0, 2, 0.1, 0, 30, 0 },
	{ "erp-app", 8, 2800, 32, .06, .28, .2, 0, 0, 0, 1.8, .60, .006, 45, 4, 2, 30,
		0 },
	{ "erp-db", 16, 2800, 64, .08, .22, .35, 1, 30, .60, 2.0, .85, 0, 80, 120, 1,
		30, 0 },
	{ "fax", 1, 2000, 1, .01, .02, .1, 0, 0, 0, 1, .25, 0, 0.2, 0.1, 0, 30, .18 },
	{ "files-1", 4, 2400, 8, .03, .14, .1, 23, 36, .25, 1, .55, 0, 180, 45, 2, 30,
		0 },
	{ "files-2", 4, 2400, 8, .03, .12, .1, 0, 24, .22, 1, .52, 0, 150, 40, 2, 30,
		0 },
	{ "hr", 2, 2400, 8, .02, .08, .1, 0, 0, 0, 3.0, .45, 0, 6, 1, 1, 30, 0 },
	{ "intranet", 2, 2400, 4, .02, .14, .1, 0, 0, 0, 1.2, .50, 0, 20, 1, 3, 30, 0 },
	{ "legacy-ora", 4, 2000, 16, .10, .16, .6, 4, 12, .40, 1.5, .88, 0, 15, 25, 0,
		30, 0 },
	{ "licence", 1, 2000, 1, .01, .02, .3, 0, 0, 0, 1, .35, 0, 0.3, 0.1, 0, 30, 0 },
	{ "log-1", 4, 2600, 16, .10, .20, .5, 0, 18, .35, 1, .65, 0, 70, 50, 1, 30, 0 },
	{ "mail", 8, 2600, 32, .06, .22, .2, 3, 12, .30, 1, .75, .004, 65, 30, 4, 30,
		0 },
	{ "monitor", 2, 2600, 8, .15, .02, 1, 0, 0, 0, 1, .60, 0, 12, 6, 0, 30, 0 },
	{ "payroll", 4, 2600, 16, .02, .05, .1, 0, 0, 0, 9.0, .50, 0, 8, 3, 1, 30, 0 },
	{ "print", 2, 2000, 4, .01, .06, .05, 0, 0, 0, 1.6, .40, 0, 12, 1, 2, 30, 0 },
	{ "proxy", 4, 2600, 8, .04, .24, .15, 0, 0, 0, 1, .45, 0, 320, 4, 3, 30, 0 },
	{ "queue", 2, 2600, 4, .06, .16, .5, 0, 0, 0, 1.2, .40, .030, 30, 3, 2, 30, 0 },
	{ "search", 8, 2800, 32, .08, .30, .7, 2, 12, .70, 1, .70, 0, 55, 20, 3, 30,
		0 },
	{ "shop-db", 8, 2800, 32, .08, .26, 1.3, 4, 12, .40, 1.1, .78, 0, 70, 30, 1, 30,
		0 },
	{ "shop-web-1", 4, 2800, 8, .06, .34, 1.4, 0, 0, 0, 1.1, .55, 0, 140, 2, 5, 30,
		0 },
	{ "shop-web-2", 4, 2800, 8, .06, .33, 1.4, 0, 0, 0, 1.1, .55, 0, 135, 2, 5, 9,
		0 },
	{ "test-erp", 8, 2800, 32, .02, .10, .05, 0, 0, 0, 1, .50, 0, 10, 8, 6, 30,
		.05 },
	{ "vdi-1", 16, 2600, 64, .04, .40, .1, 0, 0, 0, 1, .72, 0, 90, 18, 8, 30, 0 },
	{ "vdi-2", 16, 2600, 64, .04, .38, .1, 0, 0, 0, 1, .70, 0, 85, 18, 8, 30, 0 },
	{ "wiki", 2, 2400, 4, .02, .12, .2, 0, 0, 0, 1, .48, .015, 10, 1, 2, 5, 0 },
};

const char *sample_estate_name(size_t index)
{
	return shapes[index].name;
}

/* Near enough to normal: the sum of four, standard deviation 1. */
static double bell(uint64_t *state)
{
	double sum = random_uniform(state) + random_uniform(state) +
		random_uniform(state) + random_uniform(state);

	return (sum - 2) * 1.7320508;
}

/* What the calendar says of a slot, UTC. */
struct moment {
	double hour; /* 0 <= hour < 24 */
	bool is_weekend, is_month_end;
	double days_since_restart; /* Sunday 04:00 */
};

static struct moment sample_estate_moment_of(int64_t stamp)
{
	time_t seconds = (time_t)stamp, later = seconds + (time_t)2 * DAY_S;
	struct moment m = { .hour = 0 };
	struct tm tm, soon;
	double week;

	gmtime_r(&seconds, &tm);
	gmtime_r(&later, &soon);
	m.hour = tm.tm_hour + tm.tm_min / 60.0;
	m.is_weekend = tm.tm_wday == 0 || tm.tm_wday == 6;
	m.is_month_end = soon.tm_mon != tm.tm_mon || tm.tm_mday == 1;
	week = tm.tm_wday + (m.hour - 4) / 24;
	m.days_since_restart = week < 0 ? week + 7 : week;
	return m;
}

/* Two humps, morning and afternoon, with a dip at noon: 0..1. */
static double office_hours(double hour)
{
	double morning = (hour - 10.2) / 1.9, afternoon = (hour - 15.2) / 2.3;
	double sum = exp(-morning * morning) + 0.93 * exp(-afternoon * afternoon);

	return sum > 1 ? 1 : sum;
}

static bool is_in_batch(const struct demand_shape *shape, double hour)
{
	double into = hour - shape->batch_hour;

	if (into < 0)
		into += 24;
	return into * 3600 < (double)shape->batch_slots * SAMPLE_STEP_S;
}

static double clamp(double value, double least, double most)
{
	return value < least ? least : value > most ? most : value;
}

struct life {
	uint64_t random;
	double drift;          /* slow noise, -1 .. 1 */
	unsigned unknown_left; /* slots of the present gap */
};

static void make_unknown(struct sample_slots *slots, size_t k)
{
	for (unsigned s = 0; s < SAMPLE_SOURCE_COUNT; s++)
		slots->value[s][k] = NAN;
}

/* Share of the cores in use; higher noise by day than by night. */
static double cpu_share(const struct demand_shape *shape, struct life *life,
	const struct moment *m, double office, bool is_batch)
{
	double share = shape->idle +
		shape->day * office * (m->is_month_end ? shape->month_end : 1);

	if (is_batch)
		share += shape->batch * (m->is_weekend ? 0.7 : 1);
	share *= 1 + 0.18 * life->drift + 0.05 * bell(&life->random);
	return clamp(share, 0.002, 0.97);
}

/* Whole numbers, low <= mean <= high. */
static void put_cpu(struct sample_slots *slots, size_t k, double capacity, double share,
	bool is_spike, uint64_t *random)
{
	double low = share * (0.72 + 0.2 * random_uniform(random));
	double high = clamp(share * (1.1 + 0.5 * random_uniform(random)), share, 1);

	if (is_spike)
		high = clamp(0.9 + 0.1 * random_uniform(random), high, 1);
	slots->value[SAMPLE_CPU_MHZ][k] = rint(share * capacity);
	slots->value[SAMPLE_CPU_MIN][k] = floor(low * capacity);
	slots->value[SAMPLE_CPU_MAX][k] = ceil(high * capacity);
}

static void put_traffic(struct sample_slots *slots, size_t k,
	const struct demand_shape *shape, double busy, bool is_spike, bool is_batch,
	uint64_t *random)
{
	double bps =
		shape->network_mbps * 1e6 * busy * (0.8 + 0.4 * random_uniform(random));
	double disk = shape->disk_mb_per_s * BYTES_PER_MB * busy *
		(0.6 + 0.8 * random_uniform(random));

	slots->value[SAMPLE_NETWORK_BPS][k] = rint(bps);
	slots->value[SAMPLE_NETWORK_MIN][k] = floor(bps * 0.6);
	slots->value[SAMPLE_NETWORK_MAX][k] = ceil(bps * (is_spike ? 2.4 : 1.5));
	slots->value[SAMPLE_DISK_BYTES_PER_S][k] = rint(disk);
	slots->value[SAMPLE_DISK_OPS_PER_S][k] =
		rint(disk / (is_batch ? 131072 : 16384));
}

static void make_slot(const struct demand_shape *shape, struct life *life,
	int64_t stamp, struct sample_slots *slots, size_t k)
{
	struct moment m = sample_estate_moment_of(stamp - SAMPLE_STEP_S / 2);
	double office = office_hours(m.hour) * (m.is_weekend ? shape->weekend : 1);
	bool is_batch = is_in_batch(shape, m.hour);
	bool is_spike = random_uniform(&life->random) <
		shape->spikes_per_day * SAMPLE_STEP_S / DAY_S;
	double share, memory, busy;

	life->drift = clamp(0.97 * life->drift + 0.06 * bell(&life->random), -1, 1);
	share = cpu_share(shape, life, &m, office, is_batch);
	put_cpu(slots, k, shape->cores * shape->core_mhz, share, is_spike,
		&life->random);
	memory = shape->memory + shape->leak_per_day * m.days_since_restart +
		0.05 * office + (is_batch ? 0.06 : 0) + 0.01 * life->drift;
	slots->value[SAMPLE_MEMORY_BYTES][k] =
		rint(clamp(memory, 0.05, 0.99) * shape->memory_gib * BYTES_PER_GB /
			4096) *
		4096;
	busy = clamp(share / (shape->idle + shape->day + shape->batch), 0, 2);
	put_traffic(slots, k, shape, busy, is_spike, is_batch, &life->random);
}

/* A gap ends by itself after up to two hours. */
static bool is_unknown(const struct demand_shape *shape, struct life *life)
{
	if (life->unknown_left == 0 && shape->unknown_ratio > 0 &&
		random_uniform(&life->random) < shape->unknown_ratio / 12)
		life->unknown_left = 1 + (unsigned)(random_next(&life->random) % 24);
	if (life->unknown_left == 0)
		return false;
	life->unknown_left--;
	return true;
}

void sample_estate_make(
	size_t index, uint64_t seed, int64_t end, struct sample_slots *ret_slots)
{
	const struct demand_shape *shape = &shapes[index];
	struct life life = { .random = seed * 1000003 + index };
	size_t begin = SAMPLE_SLOTS - (size_t)shape->days * DAY_S / SAMPLE_STEP_S;

	for (size_t k = 0; k < SAMPLE_SLOTS; k++) {
		int64_t stamp = end - (int64_t)(SAMPLE_SLOTS - 1 - k) * SAMPLE_STEP_S;

		make_slot(shape, &life, stamp, ret_slots, k);
		if (k < begin || is_unknown(shape, &life))
			make_unknown(ret_slots, k);
	}
}
