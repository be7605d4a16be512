/* What all assessments of a run share, and many at once: analyze/assess/assess.h. */
#include "analyze/assess/assess.h"

#include "analyze/inventory/inventory_precedence.h"
#include "common/units.h"
#include "schema/date.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One after the other, each of which may fail: library, profile, reviews, the day. */
int assess_begin(const struct estate *estate, double core_mhz,
	struct assess_run *ret_run, struct err *err)
{
	struct assess_run *run = ret_run;
	const struct estate_request *asked = &estate->request;
	const char *id = asked->profile ? asked->profile : DEFAULT_PROFILE;
	struct assess_request request = { .now = asked->now, .horizon_days = NAN };
	int r;

	*run = (struct assess_run){ .reviews = { .count = 0 } };
	r = library_load(asked->config_dir, &run->library, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < run->library.refusal_count; i++)
		estate_say(estate, "refused: %s", run->library.refusal[i]);
	r = asked->is_for_steps
		? library_profile_get(&run->library, id, &request.profile, err)
		: library_target_get(&run->library, id, &request.profile, err);
	if (r == 0)
		r = store_reviews(estate->store, -1, &run->reviews, err);
	if (r < 0) {
		assess_end(run);
		return r;
	}
	request.library = &run->library;
	request.reviews = &run->reviews;
	if (asked->is_strict)
		for (size_t i = 0; i < run->library.profile_count; i++)
			run->library.profile[i].settings.takes_unstated_as_absent = 0;
	request.settings = request.profile->settings;
	if (!isnan(core_mhz)) {
		request.settings.target_core_mhz = core_mhz;
		request.is_core_of_hosts = true;
	}
	if (asked->as_of)
		(void)snprintf(request.day, sizeof(request.day), "%s", asked->as_of);
	else
		(void)date_from_time(asked->now, request.day);
	request.span = asked->span;
	run->request = request;
	return 0;
}

void assess_end(struct assess_run *run)
{
	library_done(&run->library);
	review_list_done(&run->reviews);
}

/* An import may tell the size of all disks together: one disk of that size. */
static int assume_disk(struct facts *facts)
{
	struct fact_value *disks = &facts->value[FACT_DISKS];
	double size_bytes = facts_number(facts, FACT_DISK_SIZE_BYTES);

	if (disks->is_known || isnan(size_bytes))
		return 0;
	disks->disk = calloc(1, sizeof(*disks->disk));
	if (!disks->disk)
		return -ENOMEM;
	disks->count = 1;
	disks->is_known = true;
	disks->disk[0] = (struct fact_disk){ .name = strdup("all disks together"),
		.size_gb = size_bytes / BYTES_PER_GB,
		.used_gb = NAN };
	return disks->disk[0].name ? 0 : -ENOMEM;
}

int assess_facts(struct store *store, const struct workload *workload,
	struct facts *ret_facts, struct err *err)
{
	struct facts facts = { .value = { { .is_known = false } } };
	int r = inventory_facts(store, workload->id, &facts, err);

	if (r >= 0 && assume_disk(&facts) < 0)
		r = err_oom(err);
	if (r < 0) {
		facts_done(&facts);
		return r;
	}
	*ret_facts = facts;
	return 0;
}

struct installed assess_installed(const struct facts *facts)
{
	return (struct installed){
		.memory_bytes = facts_number(facts, FACT_MEMORY_TOTAL_BYTES),
		.cores = facts_number(facts, FACT_CPU_CORES),
		.core_mhz = facts_number(facts, FACT_CPU_CORE_MHZ),
	};
}

struct many {
	const struct estate *estate;
	const struct assess_request *request;
	struct facts *facts;
	struct assessment *assessment;
};

static int assess_one(void *data, size_t index, struct err *err)
{
	struct many *many = data;

	return assess_workload(many->estate, many->estate->chosen[index], many->request,
		&many->facts[index], &many->assessment[index], err);
}

int assess_all(const struct estate *estate, const struct assess_request *request,
	struct assessment **ret_assessments, struct err *err)
{
	struct many many = { .estate = estate, .request = request };
	size_t count = estate->count;
	int r = 0;

	many.facts = calloc(count + 1, sizeof(*many.facts));
	many.assessment = calloc(count + 1, sizeof(*many.assessment));
	if (!many.facts || !many.assessment)
		r = err_oom(err);
	/* the database by one thread, the archives by all */
	for (size_t i = 0; r == 0 && i < count; i++)
		r = assess_facts(estate->store, estate->chosen[i], &many.facts[i], err);
	if (r == 0)
		r = load_each(estate, "assessing", count, assess_one, &many, err);
	for (size_t i = 0; many.facts && i < count; i++)
		facts_done(&many.facts[i]);
	free(many.facts);
	if (r < 0) {
		assessments_free(many.assessment, many.assessment ? count : 0);
		return r;
	}
	*ret_assessments = many.assessment;
	return 0;
}
