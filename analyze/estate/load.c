#include "analyze/estate/load.h"

#include "analyze/estate/form.h"
#include "analyze/estate/source.h"
#include "common/grid.h"
#include "store/files.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAEMON_STEP_S 60
#define SHORT_PERIOD_S 7200
#define COARSE_STEP_S 300

/* Any of the demand files will do: the daemon and the importers make them alike. */
static int find_info(struct store *store, const struct workload *workload,
	struct store_file *ret_file, struct err *err)
{
	int r = -ENOENT;

	for (unsigned i = 0; i < RESOURCE_COUNT && r == -ENOENT; i++)
		r = store_file_info(store, workload,
			metric_file_name(resource_table[i].metric), ret_file, err);
	return r;
}

/*
 * The rows the period wants before retention is looked at.  begin: of what is stored of
 * the period; other rows than those of 60 s only where the settings of the daemon differ.
 */
static unsigned wanted_step(
	const struct store_file *file, int64_t begin, int64_t length_s)
{
	const struct store_archive *base = &file->archive[0];
	unsigned finest_s = file->step_s;

	if (file->step_s >= DAEMON_STEP_S)
		return file->step_s;
	if (length_s < SHORT_PERIOD_S && base->step_s == file->step_s &&
		base->first - base->step_s <= begin)
		return file->step_s;
	for (size_t i = file->archive_count; i-- > 0;) {
		if (file->archive[i].step_s == DAEMON_STEP_S)
			return DAEMON_STEP_S;
		if (file->archive[i].step_s > file->step_s)
			finest_s = file->archive[i].step_s;
	}
	return finest_s;
}

/* The finest archive from the wanted step on that reaches back to begin. */
static const struct store_archive *reaching_archive(
	const struct store_file *file, unsigned step_s, int64_t begin)
{
	const struct store_archive *last = NULL;

	for (size_t i = 0; i < file->archive_count; i++) {
		const struct store_archive *archive = &file->archive[i];

		if (archive->step_s < step_s)
			continue;
		last = archive;
		if (archive->first - archive->step_s <=
			grid_floor(begin, archive->step_s))
			return archive;
	}
	return last;
}

/* Without a period asked for, what is only left in coarser rows is not looked at. */
static const struct store_archive *exact_archive(
	const struct store_file *file, unsigned step_s)
{
	for (size_t i = 0; i < file->archive_count; i++)
		if (file->archive[i].step_s >= step_s)
			return &file->archive[i];
	return NULL;
}

static void set_slots(struct load_period *period, int64_t from, int64_t to)
{
	period->from = grid_ceil(from, period->step_s);
	period->to = grid_floor(to, period->step_s);
	period->count = period->to > period->from
		? (size_t)((period->to - period->from) / period->step_s)
		: 0;
}

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void choose_slots(const struct store_file *file, const struct workload *workload,
	const struct load_request *request, struct load_period *period)
{
	int64_t since = request->since - workload->phase_s;
	int64_t until = request->until - workload->phase_s;
	int64_t stored_from = workload->first - workload->step_s;
	int64_t begin = request->has_since ? greater(since, stored_from) : stored_from;
	int64_t length_s = (request->has_until ? until : workload->last) -
		(request->has_since ? since : stored_from);
	unsigned step_s = wanted_step(file, begin, length_s);
	const struct store_archive *archive = request->has_since
		? reaching_archive(file, step_s, begin)
		: exact_archive(file, step_s);
	int64_t from, to;

	if (!archive)
		return;
	period->step_s = archive->step_s;
	period->is_coarse = archive->step_s > COARSE_STEP_S;
	/* rows coarser than a slot begin before the first slot and end after the last */
	from = grid_floor(greater(stored_from, archive->first - archive->step_s),
		archive->step_s);
	to = grid_ceil(workload->last, archive->step_s);
	if (to > archive->last)
		to = archive->last;
	period->is_trimmable = archive->step_s != file->step_s &&
		!(request->has_since && request->has_until);
	set_slots(period, request->has_since ? since : from,
		request->has_until ? until : to);
}

static int store_period_of(struct store *store, const struct workload *workload,
	const struct load_request *request, struct load_period *ret_period,
	struct err *err)
{
	struct load_period period = { .step_s = workload->step_s };
	struct store_file file;
	int r;

	if (workload->last == 0) {
		*ret_period = period;
		return 0;
	}
	r = find_info(store, workload, &file, err);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0) {
		if (file.archive_count)
			choose_slots(&file, workload, request, &period);
		store_file_done(&file);
	}
	if (period.count > LOAD_SLOTS_MAX)
		return err_set(err, -EFBIG,
			"%s: the period has %zu slots of %u s, more than %d",
			workload->name, period.count, period.step_s, LOAD_SLOTS_MAX);
	*ret_period = period;
	return 0;
}

void load_set_done(struct load_set *set)
{
	for (unsigned i = 0; i < RESOURCE_COUNT; i++)
		series_done(&set->series[i]);
}

/* Slots that are unknown at one end in all resources. */
static size_t unknown_end(const struct load_set *set, bool is_front)
{
	size_t least = set->period.count;

	for (unsigned i = 0; i < RESOURCE_COUNT; i++) {
		const struct series *series = &set->series[i];
		size_t n = 0;

		while (n < series->count && n < least &&
			isnan(series->mean[is_front ? n : series->count - 1 - n]))
			n++;
		if (series->count)
			least = n;
	}
	return least;
}

static void move_front(double *values, size_t front, size_t count)
{
	memmove(values, values + front, count * sizeof(*values));
}

/* An end that nobody asked for is the first or last known slot. */
static void trim(struct load_set *set, const struct load_request *request)
{
	size_t front = request->has_since ? 0 : unknown_end(set, true);
	size_t back;

	if (front == set->period.count) {
		set->period.count = 0;
		return;
	}
	back = request->has_until ? 0 : unknown_end(set, false);
	set->period.from += (int64_t)front * set->period.step_s;
	set->period.to -= (int64_t)back * set->period.step_s;
	set->period.count -= front + back;
	for (unsigned i = 0; i < RESOURCE_COUNT; i++) {
		struct series *s = &set->series[i];

		if (!s->count)
			continue;
		s->count = set->period.count;
		s->first += (int64_t)front * s->step_s;
		if (!front)
			continue;
		move_front(s->mean, front, s->count);
		if (s->minimum != s->mean)
			move_front(s->minimum, front, s->count);
		if (s->maximum != s->mean)
			move_front(s->maximum, front, s->count);
	}
}

int load_period_of(const struct estate *estate, const struct workload *workload,
	const struct load_request *request, struct load_period *ret_period,
	struct err *err)
{
	struct load_set set;
	int r;

	if (!estate->source)
		return store_period_of(
			estate->store, workload, request, ret_period, err);
	r = estate->source->read(estate->source, workload, request, &set, err);
	if (r < 0)
		return r;
	*ret_period = set.period;
	load_set_done(&set);
	return 0;
}

int load_set_read(const struct estate *estate, const struct workload *workload,
	const struct load_request *request, struct load_set *ret_set, struct err *err)
{
	struct store *store = estate->store;
	struct load_set set = { .period = { .count = 0 } };
	int r;

	if (estate->source)
		return estate->source->read(
			estate->source, workload, request, ret_set, err);
	r = store_period_of(store, workload, request, &set.period, err);
	for (unsigned i = 0; r == 0 && set.period.count && i < RESOURCE_COUNT; i++) {
		r = store_read_metric(store, workload, resource_table[i].metric,
			set.period.step_s, set.period.from, set.period.to,
			&set.series[i], err);
		if (r == -ENOENT || r == -ENODATA)
			r = 0; /* never counted, or not in rows of this step */
		if (r == 0)
			r = form_demand(store, workload, (enum resource)i,
				set.period.step_s, set.period.from, set.period.to,
				&set.series[i], err);
	}
	if (r < 0) {
		load_set_done(&set);
		return err_wrap(err, r, "%s", workload->name);
	}
	if (set.period.is_trimmable)
		trim(&set, request);
	*ret_set = set;
	return 0;
}

static bool is_known_slot(const struct load_set *set, size_t slot)
{
	for (unsigned i = 0; i < RESOURCE_COUNT; i++)
		if (set->series[i].count && !isnan(set->series[i].mean[slot]))
			return true;
	return false;
}

void load_set_coverage(const struct load_set *set, struct load_coverage *ret_coverage)
{
	struct load_coverage coverage = { .period = set->period, .coverage = NAN };
	bool was_known = true;

	for (size_t k = 0; k < set->period.count; k++) {
		bool is_known = is_known_slot(set, k);

		coverage.samples += is_known;
		coverage.gaps += was_known && !is_known;
		was_known = is_known;
	}
	if (set->period.count)
		coverage.coverage =
			(double)coverage.samples / (double)set->period.count;
	coverage.unknown_s =
		(int64_t)(set->period.count - coverage.samples) * set->period.step_s;
	*ret_coverage = coverage;
}

int load_set_peaks(const struct load_set *set, const struct workload *workload,
	struct workload_peaks *ret_peaks, struct err *err)
{
	struct workload_peaks peaks = { .name = workload->name,
		.phase_s = workload->phase_s };
	struct load_coverage coverage;
	int r = 0;

	peaks.step_s = set->period.step_s;
	peaks.is_coarse = set->period.is_coarse;
	if (set->period.count) {
		peaks.from = set->period.from;
		peaks.to = set->period.to;
		load_set_coverage(set, &coverage);
		peaks.samples = coverage.samples;
		peaks.coverage = coverage.coverage;
	}
	for (unsigned i = 0; r == 0 && i < RESOURCE_COUNT; i++) {
		if (set->period.count && set->series[i].count)
			r = peak_analyse(&set->series[i], &peaks.resource[i]);
		else
			peak_absent(&peaks.resource[i]);
	}
	if (r < 0)
		return err_oom_for(err, workload->name);
	*ret_peaks = peaks;
	return 0;
}

int load_peaks(const struct estate *estate, const struct workload *workload,
	const struct load_request *request, struct workload_peaks *ret_peaks,
	struct err *err)
{
	struct load_set set;
	int r = load_set_read(estate, workload, request, &set, err);

	if (r < 0)
		return r;
	r = load_set_peaks(&set, workload, ret_peaks, err);
	load_set_done(&set);
	return r;
}
