#include "analyze/candidates.h"

#include "analyze/load.h"
#include "common/parse.h"
#include "common/suggest.h"
#include "common/util.h"
#include "schema/library.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400.0
#define MONTH_S (30.4375 * DAY_S)

static const char *const include_words[] = { "pass", "review", "unknown", "insufficient",
	"disqualified" };

int candidates_parse_include(const char *text, unsigned *ret_include, struct err *err)
{
	unsigned include = INCLUDE_PASS;

	while (*text) {
		size_t length = strcspn(text, ",");
		char word[32] = "";
		const char *near;
		size_t i = 0;

		memcpy(word, text, length < sizeof(word) - 1 ? length : sizeof(word) - 1);
		while (i < ARRAY_LEN(include_words) && strcmp(include_words[i], word) != 0)
			i++;
		if (i == ARRAY_LEN(include_words)) {
			near = suggest_nearest(word, include_words, ARRAY_LEN(include_words));
			return err_set(err, -EINVAL,
				"--include: \"%s\" is not one of pass, review, unknown, "
				"insufficient, disqualified%s%s%s",
				word, near ? "; did you mean \"" : "", near ? near : "",
				near ? "\"?" : "");
		}
		include |= 1u << i;
		text += length + (text[length] == ',');
	}
	*ret_include = include;
	return 0;
}

int candidates_parse_horizon(const char *text, double *ret_horizon_s, struct err *err)
{
	static const struct {
		const char *word;
		double length_s;
	} units[] = {
		{ "d", DAY_S },
		{ "days", DAY_S },
		{ "w", 7 * DAY_S },
		{ "weeks", 7 * DAY_S },
		{ "months", MONTH_S },
		{ "m", MONTH_S },
		{ "y", 12 * MONTH_S },
		{ "years", 12 * MONTH_S },
	};
	size_t digits = strspn(text, "0123456789.");
	double number;

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(text + digits, units[i].word) != 0 ||
			parse_double(text, digits, &number) < 0 || number <= 0)
			continue;
		*ret_horizon_s = number * units[i].length_s;
		return 0;
	}
	return err_set(err, -EINVAL,
		"--horizon: expected a length such as 12months, 90d or 2y, found \"%.40s\"",
		text);
}

static void factors_of(const struct profile *profile, struct plan_factors *factors)
{
	const struct profile_settings *settings = &profile->settings;

	*factors = (struct plan_factors){ .profile = profile->id,
		.memory_factor = settings->memory_growth_factor,
		.counts_host_memory = true,
		.cpu_available_ratio = 1 - settings->cpu_reserve_ratio,
		.keeps_one_core = settings->is_cpu_reserve_one_core != 0,
		.has_reservations = settings->has_reservations != 0,
		.network_ratio = settings->network_efficiency_ratio,
		.wants_host_adapter = settings->wants_host_adapter != 0,
		.storage_factor = settings->is_overhead_of_grand_total != 0
			? 1 / (1 - settings->storage_overhead_ratio)
			: 1 + settings->storage_overhead_ratio };
}

struct owned {
	struct library library;
	struct workload_peaks *peaks;
};

int candidates_gather(const struct context *context, struct store *store,
	const struct workload_list *list, const struct candidates_request *request,
	struct candidates *ret_candidates, struct err *err)
{
	struct candidates c = { .count = 0 };
	struct owned *owned = calloc(1, sizeof(*owned));
	const struct profile *profile;
	const struct workload **chosen = NULL;
	size_t count;
	int r = library_load(context->config_dir, &owned->library, err);

	(void)request;
	if (r == 0)
		r = library_profile_get(&owned->library,
			context->profile ? context->profile : DEFAULT_PROFILE, &profile, err);
	if (r == 0)
		r = load_choose(context, 99999, list, &chosen, &count, err);
	if (r == 0)
		r = load_peaks_of(context, store, chosen, count, &owned->peaks, err);
	if (r < 0)
		return r;
	factors_of(profile, &c.factors);
	c.owned = owned;
	c.source = chosen;
	c.workload = calloc(count + 1, sizeof(*c.workload));
	c.count = count;
	for (size_t i = 0; i < count; i++) {
		const struct workload_peaks *p = &owned->peaks[i];
		const struct peaks *m = p->resource;

		c.workload[i] = (struct plan_workload){ .name = p->name,
			.environment = "production",
			.alloc_mb = m[0].is_counted ? m[0].peak / 1048576 : 0,
			.cpu_mhz = m[1].is_counted ? m[1].sustained[1] : 0,
			.network_mbps = m[2].is_counted ? m[2].peak / 1e6 : 0,
			.disk_mb_s = m[3].is_counted ? m[3].sustained[1] / 1048576 : 0,
			.disk_ops = m[4].is_counted ? m[4].sustained[1] : 0 };
		c.workload[i].memory_mb = c.workload[i].alloc_mb + profile->settings.memory_overhead_mb;
		if (!c.from || p->from < c.from)
			c.from = p->from;
		if (p->to > c.to)
			c.to = p->to;
		if (p->step_s > c.coarsest_step_s)
			c.coarsest_step_s = p->step_s;
	}
	*ret_candidates = c;
	return 0;
}

int candidates_factors(const struct context *context, const char *profile,
	struct plan_factors *ret_factors, struct err *err)
{
	struct library library;
	const struct profile *found;
	int r = library_load(context->config_dir, &library, err);

	if (r < 0)
		return r;
	r = library_profile_get(&library, profile, &found, err);
	if (r == 0) {
		factors_of(found, ret_factors);
		ret_factors->profile = profile;
	}
	library_done(&library);
	return r;
}

void candidates_done(struct candidates *candidates)
{
	struct owned *owned = candidates->owned;

	if (owned) {
		library_done(&owned->library);
		free(owned->peaks);
	}
	free(owned);
	free(candidates->workload);
	free(candidates->source);
	free(candidates->excluded);
	*candidates = (struct candidates){ .count = 0 };
}
