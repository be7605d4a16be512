#include "schema/rra.h"

#include <errno.h>

#define DAY_S ((uint64_t)24 * 3600)

/* Sizes in the file, x86-64: stat_head, ds_def + pdp_prep, rra_def + rra_ptr,
 * live_head, cdp_prep. */
#define STAT_HEAD_BYTES 128u
#define SOURCE_BYTES (120u + 112u)
#define ARCHIVE_BYTES (120u + 8u)
#define LIVE_HEAD_BYTES 16u
#define CDP_BYTES 80u

const struct rra_settings rra_settings_default = {
	.base_keep_s = DAY_S * 2,
	.fine_step_s = 60,
	.fine_keep_s = DAY_S * 7 * 13,
	.coarse_step_s = 3600,
	.coarse_keep_s = DAY_S * 365 * 3,
};

const struct rra_settings rra_settings_demo = {
	.base_keep_s = DAY_S / 12,
	.fine_step_s = 60,
	.coarse_step_s = 3600,
};

static const char *const cf_names[] = {
	[RRA_AVERAGE] = "AVERAGE",
	[RRA_MIN] = "MIN",
	[RRA_MAX] = "MAX",
};

const char *rra_cf_name(enum rra_cf cf)
{
	return cf_names[cf];
}

bool rra_is_sampling_step(unsigned step_s)
{
	static const unsigned steps[] = { 1, 2, 5, 10, 15, 20, 30, 60, 120, 300 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i] == step_s)
			return true;
	return false;
}

static void begin_archive_set(struct rra_set *archives, unsigned step_s)
{
	*archives = (struct rra_set){
		.step_s = step_s,
		.heartbeat_s = 3 * step_s,
		.xff = 0.5,
	};
}

static void rra_add(
	struct rra_set *archives, enum rra_cf cf, unsigned step_s, uint64_t keep_s)
{
	archives->rra[archives->count++] = (struct rra){
		.cf = cf,
		.pdp_per_row = step_s / archives->step_s,
		.rows = (keep_s + step_s - 1) / step_s,
	};
}

/* AVERAGE, MAX and, where wanted, MIN; one row a reading needs no extremes. */
static int rra_add_rows(struct rra_set *archives, unsigned step_s, uint64_t keep_s,
	bool with_min, struct err *err)
{
	if (keep_s == 0)
		return 0;
	if (step_s == 0 || step_s % archives->step_s != 0)
		return err_set(err, -EINVAL,
			"rows of %u s are not made of whole samples of %u s", step_s,
			archives->step_s);
	rra_add(archives, RRA_AVERAGE, step_s, keep_s);
	if (step_s == archives->step_s)
		return 0;
	if (with_min)
		rra_add(archives, RRA_MIN, step_s, keep_s);
	rra_add(archives, RRA_MAX, step_s, keep_s);
	return 0;
}

int rra_set_daemon(const struct rra_settings *settings, unsigned step_s, bool with_min,
	struct rra_set *ret_archives, struct err *err)
{
	struct rra_set archives;
	uint64_t base_keep_s = settings->base_keep_s;
	int r = 0;

	if (step_s == 0)
		return err_set(err, -EINVAL, "a sampling step of 0 s");
	begin_archive_set(&archives, step_s);
	/* base rows of the fine step or coarser are the fine rows */
	if (step_s >= settings->fine_step_s && settings->fine_keep_s > base_keep_s)
		base_keep_s = settings->fine_keep_s;
	r = rra_add_rows(&archives, step_s, base_keep_s, false, err);
	if (r == 0 && step_s < settings->fine_step_s)
		r = rra_add_rows(&archives, settings->fine_step_s,
			settings->fine_keep_s, with_min, err);
	if (r == 0 && step_s < settings->coarse_step_s)
		r = rra_add_rows(&archives, settings->coarse_step_s,
			settings->coarse_keep_s, with_min, err);
	if (r == 0 && archives.count == 0)
		r = err_set(err, -EINVAL, "the settings keep no rows at all");
	if (r < 0)
		return r;
	*ret_archives = archives;
	return 0;
}

void rra_set_import(unsigned step_s, uint64_t rows, struct rra_set *ret_archives)
{
	begin_archive_set(ret_archives, step_s);
	ret_archives->rra[0] = (struct rra){
		.cf = RRA_AVERAGE,
		.pdp_per_row = 1,
		.rows = rows ? rows : 1,
	};
	ret_archives->count = 1;
}

uint64_t rra_set_header_bytes(const struct rra_set *archives, size_t source_count)
{
	return STAT_HEAD_BYTES + LIVE_HEAD_BYTES + source_count * SOURCE_BYTES +
		archives->count * (ARCHIVE_BYTES + source_count * CDP_BYTES);
}

uint64_t rra_set_file_bytes(const struct rra_set *archives, size_t source_count)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < archives->count; i++)
		rows += archives->rra[i].rows;
	return rra_set_header_bytes(archives, source_count) +
		rows * source_count * sizeof(double);
}
