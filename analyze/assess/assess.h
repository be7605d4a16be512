/*
 * One workload under one profile: its requirement, its excursions over the memory
 * limit, the findings of the rules, and the verdict (docs/method.md, "Requirement",
 * "Verdict").
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_ASSESS_ASSESS_H
#define ANALYZE_ASSESS_ASSESS_H

#include "analyze/assess/requirement.h"
#include "analyze/assess/sufficiency.h"
#include "analyze/estate/load.h"
#include "common/excursion.h"
#include "schema/library.h"
#include "store/db/reviews.h"

enum verdict {
	VERDICT_PASS,
	VERDICT_REVIEW,
	VERDICT_UNKNOWN,
	VERDICT_DISQUALIFIED,
	VERDICT_INSUFFICIENT,
};
/* As it stands in JSON: "PASS" ...; never NULL. */
const char *verdict_name(enum verdict verdict);

/* What a workload needs; NAN where a figure is missing. */
struct requirement {
	struct demand sized;    /* the sized figures of the source */
	double alloc_bytes;     /* given to the VM */
	double vm_memory_bytes; /* alloc + overhead: held by the host */
	double shortfall_bytes; /* of an accepted memory review; 0: none */
	double performance_factor;
	bool is_factor_stated;
	double cpu_mhz;
	double target_core_mhz;
	double cores_needed;     /* cpu_mhz / target core */
	double reserved_percent; /* of one target core, rounded up; NAN: no reservations */
	double disks_gb, children_gb, save_state_gb; /* parts of storage */
	double storage_subtotal_gb;  /* their sum, what a plan adds up */
	double storage_gb;           /* with the overhead */
	unsigned dedicated_adapters; /* 0: none stated */
};

/* What all workloads of a run share; all borrowed. */
struct assess_request {
	const struct library *library;
	const struct profile *profile;
	struct profile_settings
		settings;      /* the profile's, target core replaced by --hosts */
	bool is_core_of_hosts; /* the target core is the fastest of the hosts file */
	char day[11];          /* rules of this day */
	int64_t now;           /* reviews that hold at this moment */
	const struct review_list *reviews;
	struct load_request span;
	double horizon_days; /* growth until then is added where it is clear; NAN: none */
	bool is_of_all; /* the verdict under every profile of the library is wanted */
};

/* What a workload has now, by the facts that hold; NAN: nobody said. */
struct installed {
	double memory_bytes, cores, core_mhz;
};
struct installed assess_installed(const struct facts *facts);

struct assessment {
	const struct workload *workload; /* borrowed */
	struct workload_peaks peaks;
	struct facts facts;
	struct requirement requirement;
	struct sufficiency sufficiency;
	/* Added to every slot of the resource for --horizon, natural unit; 0: none. */
	double growth[RESOURCE_COUNT];
	double swap_bytes;  /* highest use of swap; NAN: not counted */
	double limit_bytes; /* of one VM's memory; NAN: none */
	unsigned excursion_step_s;
	struct excursion *excursion; /* footprint in bytes; stamps without phase */
	size_t excursion_count;
	struct rule_subject subject;
	struct finding_list findings;
	const struct review **review; /* of each finding; NULL: none; borrowed */
	bool has_heading[HEADING_COUNT];
	enum outcome heading[HEADING_COUNT];
	enum verdict verdict;
	enum verdict *under; /* of each profile of the library; NULL: not asked */
};

/*
 * assess_begin - library, profile, day, target core and reviews of a run
 *
 * core_mhz  of the fastest host given; NAN: none
 *
 * Messages about refused files go to the listener of the estate.  The request borrows from
 * the library and the list of reviews, which assess_end frees.
 */
struct assess_run {
	struct library library;
	struct review_list reviews;
	struct assess_request request;
};
int assess_begin(const struct estate *estate, double core_mhz,
	struct assess_run *ret_run, struct err *err);
void assess_end(struct assess_run *run);

/* Facts of a workload from the store; what no longer parses is left out. */
int assess_facts(struct store *store, const struct workload *workload,
	struct facts *ret_facts, struct err *err);

/*
 * assess_workload - everything about one workload
 *
 * facts  taken over: the assessment frees them
 *
 * Reads series alone, never the database: may run in several threads.
 */
int assess_workload(const struct estate *estate, const struct workload *workload,
	const struct assess_request *request, struct facts *facts,
	struct assessment *ret_assessment, struct err *err);
void assessment_done(struct assessment *assessment);

/*
 * assess_all - the chosen workloads of an estate, by load_each
 *
 * ret_assessments: one for each, in their order; assessments_free.  Returns 0 or a
 * negative errno.
 */
int assess_all(const struct estate *estate, const struct assess_request *request,
	struct assessment **ret_assessments, struct err *err);
void assessments_free(struct assessment *assessments, size_t count);

/* One reading of more than 5 minutes was over the limit: for how long, nobody knows. */
bool assess_is_of_unknown_length(
	const struct assessment *assessment, const struct excursion *excursion);

/* The score that needs hosts; sufficiency and verdict are concluded again. */
void assess_add_stability(struct assessment *assessment, double same_ratio,
	const struct profile_settings *settings);

/* From figures alone, for tests and for who has no store; growth NULL: none. */
void assess_requirement(const struct workload_peaks *peaks, const struct facts *facts,
	const struct profile_settings *settings, const double growth[RESOURCE_COUNT],
	struct requirement *ret_requirement);

/* The rule of an excursion's class; NULL: the profile has none. */
const struct rule *assess_excursion_rule(
	const struct assessment *assessment, const struct excursion *excursion);

/* Something is stored, but not yet the 15 minutes that a sustained figure takes: the
 * seconds that are, else 0. */
int64_t assess_too_short_s(const struct assessment *assessment, size_t finding);

/* What a finding says, in one line: text, item, what is missing and how to supply it. */
void assess_finding_text(
	const struct assessment *assessment, size_t finding, char *text, size_t size);

#endif
