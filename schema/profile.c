#include "schema/profile.h"

#include "common/strbuf.h"
#include "schema/duration.h"
#include "common/suggest.h"
#include "common/util.h"
#include "schema/date.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct profile_settings, field)
#define FLAG FACTOR_BOOL

/* clang-format off */
const struct factor_info factor_table[] = {
	{ "memory_overhead_mb", FACTOR_NUMBER, AT(memory_overhead_mb), 0, 0, 1e6, "MB added to the peak of each VM" },
	{ "memory_growth_factor", FACTOR_NUMBER, AT(memory_growth_factor), 1, 1, 10, "on host memory + all VMs, once" },
	{ "memory_limit_mb", FACTOR_NUMBER, AT(memory_limit_mb), NAN, 1, 1e9, "most that one VM may take, overhead included" },
	{ "memory_notice_mb", FACTOR_NUMBER, AT(memory_notice_mb), NAN, 1, 1e9, "from here to the limit: a note" },
	{ "memory_sizing", FACTOR_SIZING, AT(memory_sizing), SIZING_PEAK, 0, 0, "peak or sustained" },
	{ "excursion_sustain_s", FACTOR_NUMBER, AT(excursion_sustain_s), 900, 1, 1e6, "a run over the limit of this length disqualifies" },
	{ "sizing_window_s", FACTOR_NUMBER, AT(sizing_window_s), 900, 300, 28800, "window of sustained: 300 900 1800 3600 14400 or 28800" },
	{ "cpu_sizing", FACTOR_SIZING, AT(cpu_sizing), SIZING_SUSTAINED, 0, 0, "peak or sustained" },
	{ "max_cores_per_vm", FACTOR_NUMBER, AT(max_cores_per_vm), NAN, 1, 8192, "processors that one VM may have" },
	{ "target_core_mhz", FACTOR_NUMBER, AT(target_core_mhz), 3000, 1, 20000, "a core of the target where no hosts are given" },
	{ "performance_factor", FACTOR_NUMBER, AT(performance_factor), 1, 0.01, 100, "work per MHz, source / target" },
	{ "cpu_reserve_ratio", FACTOR_NUMBER, AT(cpu_reserve_ratio), 0, 0, 0.99, "kept for the host OS" },
	{ "cpu_reserve_one_core", FLAG, AT(is_cpu_reserve_one_core), 0, 0, 0, "the reserve is never more than one core" },
	{ "cpu_reservations", FLAG, AT(has_reservations), 0, 0, 0, "CPU is reserved in whole % of one core, rounded up" },
	{ "network_sizing", FACTOR_SIZING, AT(network_sizing), SIZING_PEAK, 0, 0, "peak or sustained" },
	{ "network_efficiency_ratio", FACTOR_NUMBER, AT(network_efficiency_ratio), 1, 0.01, 1, "of an adapter's speed that can be used" },
	{ "host_adapter", FLAG, AT(wants_host_adapter), 0, 0, 0, "one adapter for the host itself" },
	{ "max_adapters_per_vm", FACTOR_NUMBER, AT(max_adapters_per_vm), NAN, 1, 1000, "adapters that one VM may have" },
	{ "save_state", FLAG, AT(counts_save_state), 0, 0, 0, "a file as large as the memory for each VM" },
	{ "storage_overhead_ratio", FACTOR_NUMBER, AT(storage_overhead_ratio), 0, 0, 0.99, "added for spare and defragmentation" },
	{ "storage_overhead_of_grand_total", FLAG, AT(is_overhead_of_grand_total), 0, 0, 0, "the ratio is of the result, not of the parts" },
	{ "disk_limit_gb", FACTOR_NUMBER, AT(disk_limit_gb), NAN, 1, 1e9, "largest virtual disk" },
	{ "max_disks_per_vm", FACTOR_NUMBER, AT(max_disks_per_vm), NAN, 1, 100000, "disks that one VM may have" },
	{ "own_disks_ratio", FACTOR_NUMBER, AT(own_disks_ratio), 0.5, 0.01, 1, "over this share of a host's disk throughput: disks of its own" },
	{ "toolkit_workloads", FACTOR_NUMBER, AT(toolkit_workloads), NAN, 1, 1e6, "more workloads than this want a tool for many" },
	{ "disk_sizing", FACTOR_SIZING, AT(disk_sizing), SIZING_SUSTAINED, 0, 0, "peak or sustained" },
	{ "coverage_full_ratio", FACTOR_NUMBER, AT(coverage_full_ratio), 0.9, 0, 1, "known slots for a full score" },
	{ "coverage_minimum_ratio", FACTOR_NUMBER, AT(coverage_minimum_ratio), 0.6, 0, 1, "known slots for a minimum score" },
	{ "stability_full_ratio", FACTOR_NUMBER, AT(stability_full_ratio), 0.9, 0, 1, "resamples with the same host count for full" },
	{ "stability_minimum_ratio", FACTOR_NUMBER, AT(stability_minimum_ratio), 0.6, 0, 1, "and for minimum" },
};
/* clang-format on */
const size_t factor_count = ARRAY_LEN(factor_table);

int factor_find(const char *name, const char **ret_near)
{
	const char *names[ARRAY_LEN(factor_table)];

	for (size_t i = 0; i < factor_count; i++) {
		names[i] = factor_table[i].name;
		if (strcmp(names[i], name) == 0)
			return (int)i;
	}
	if (ret_near)
		*ret_near = suggest_nearest(name, names, factor_count);
	return -1;
}

static double *factor_at(struct profile_settings *settings, size_t index)
{
	return (double *)(void *)((char *)settings + factor_table[index].offset);
}

double factor_get(const struct profile_settings *settings, size_t index)
{
	double value;

	memcpy(&value, (const char *)settings + factor_table[index].offset,
		sizeof(value));
	return value;
}

static int check_window(const struct json_doc *doc, const cJSON *json,
	const struct profile *profile, struct err *err)
{
	struct strbuf known;
	int r;

	if (duration_find(profile->settings.sizing_window_s) != DURATION_COUNT)
		return 0;
	strbuf_init(&known, 200);
	for (int i = 0; i < DURATION_COUNT; i++)
		strbuf_addf(&known, "%s%u",
			i ? i + 1 < DURATION_COUNT ? ", " : " or " : "", duration_s[i]);
	r = json_doc_refuse(doc, json, err, "settings.sizing_window_s: expected %s",
		strbuf_text(&known));
	strbuf_done(&known);
	return r;
}

static int read_sizing(const struct json_doc *doc, const cJSON *value,
	double *ret_sizing, struct err *err)
{
	if (cJSON_IsString(value) && strcmp(value->valuestring, "peak") == 0)
		*ret_sizing = SIZING_PEAK;
	else if (cJSON_IsString(value) && strcmp(value->valuestring, "sustained") == 0)
		*ret_sizing = SIZING_SUSTAINED;
	else
		return json_doc_refuse(doc, value, err,
			"settings.%s: expected \"peak\" or \"sustained\"",
			value->string);
	return 0;
}

/* The table of factors is the schema: a factor that is added there is read, checked
 * and given its default here without a line more. */
static int read_settings(const struct json_doc *doc, const cJSON *json,
	const struct profile *base, struct profile *profile, struct err *err)
{
	struct json_field fields[ARRAY_LEN(factor_table)];
	const cJSON *value;
	int r;

	for (size_t i = 0; i < factor_count; i++) {
		const struct factor_info *info = &factor_table[i];

		fields[i] = (struct json_field){ .name = info->name,
			.type = info->type == FACTOR_NUMBER ? JSON_FIELD_NUMBER
				: info->type == FACTOR_BOOL ? JSON_FIELD_BOOL
							    : JSON_FIELD_TEXT,
			.may_be_null = isnan(info->fallback),
			.minimum = info->minimum,
			.maximum = info->maximum };
		*factor_at(&profile->settings, i) =
			base ? factor_get(&base->settings, i) : info->fallback;
	}
	if (!json)
		return 0;
	r = json_doc_check_object(doc, json, "settings", fields, factor_count, err);
	cJSON_ArrayForEach (value, json) {
		double *target;

		if (r < 0)
			return r;
		target = factor_at(
			&profile->settings, (size_t)factor_find(value->string, NULL));
		if (cJSON_IsString(value))
			r = read_sizing(doc, value, target, err);
		else if (cJSON_IsNumber(value))
			*target = value->valuedouble;
		else
			*target = cJSON_IsNull(value) ? NAN
				: cJSON_IsTrue(value) ? 1
						      : 0;
	}
	return r < 0 ? r : check_window(doc, json, profile, err);
}

static int read_unstated(const struct json_doc *doc, const struct profile *base,
	struct profile *profile, struct err *err)
{
	const char *word = json_doc_text(doc->root, "unstated_facts", NULL);

	if (word && strcmp(word, "none") != 0 && strcmp(word, "unknown") != 0)
		return json_doc_refuse(doc,
			cJSON_GetObjectItemCaseSensitive(doc->root, "unstated_facts"),
			err,
			"unstated_facts: expected none or unknown, found \"%.40s\"",
			word);
	profile->settings.takes_unstated_as_absent = word ? strcmp(word, "none") == 0
		: base ? base->settings.takes_unstated_as_absent
		       : 0;
	return 0;
}

static int read_purpose(
	const struct json_doc *doc, struct profile *profile, struct err *err)
{
	const char *word = json_doc_text(doc->root, "purpose", "target");

	profile->is_target = strcmp(word, "target") == 0;
	if (!profile->is_target && strcmp(word, "runbook") != 0)
		return json_doc_refuse(doc,
			cJSON_GetObjectItemCaseSensitive(doc->root, "purpose"), err,
			"purpose: expected target or runbook, found \"%.40s\"", word);
	return 0;
}

/* What a documented profile keeps back is a minimum (MEM-7, CPU-6, STO-6). */
static int check_reserves(const struct json_doc *doc, const struct profile *base,
	const struct profile *profile, struct err *err)
{
	const struct {
		const char *name;
		double kept, least;
	} reserves[] = {
		{ "memory_growth_factor", profile->settings.memory_growth_factor,
			base->settings.memory_growth_factor },
		{ "cpu_reserve_ratio", profile->settings.cpu_reserve_ratio,
			base->settings.cpu_reserve_ratio },
		{ "storage_overhead_ratio", profile->settings.storage_overhead_ratio,
			base->settings.storage_overhead_ratio },
	};

	if (json_doc_text(doc->root, "comment", NULL))
		return 0; /* somebody stands for it */
	for (size_t i = 0; i < ARRAY_LEN(reserves); i++) {
		if (reserves[i].kept < reserves[i].least)
			return json_doc_refuse(doc, doc->root, err,
				"settings.%s: %.10g is below the documented minimum of "
				"%.10g of %s; say why in \"comment\" if it is meant",
				reserves[i].name, reserves[i].kept, reserves[i].least,
				base->id);
	}
	return 0;
}

/* What the base says is laid under first, so that checks of two settings against each
 * other see what will hold. */
int profile_parse(const struct json_doc *doc, const struct profile *base,
	struct profile *ret_profile, struct err *err)
{
	static const struct json_field fields[] = {
		{ "schema", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "id", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "title", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "source", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "checked", JSON_FIELD_TEXT, false, true, 0, 0 },
		{ "comment", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "base", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "purpose", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "unstated_facts", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "settings", JSON_FIELD_OBJECT, true, false, 0, 0 },
	};
	struct profile profile = { .checksum = doc->checksum };
	const cJSON *root = doc->root;
	const char *checked;
	int r = json_doc_check_object(
		doc, root, "profile", fields, ARRAY_LEN(fields), err);

	if (r < 0)
		return r;
	if (strcmp(json_doc_text(root, "schema", ""), "headroom/profile/1") != 0)
		return json_doc_refuse(
			doc, root, err, "schema: expected \"headroom/profile/1\"");
	checked = json_doc_text(root, "checked", NULL);
	if (checked && !date_is_valid(checked))
		return json_doc_refuse(doc,
			cJSON_GetObjectItemCaseSensitive(root, "checked"), err,
			"checked: expected a date YYYY-MM-DD, found \"%.40s\"",
			checked);
	profile.id = strdup(json_doc_text(root, "id", ""));
	profile.title = strdup(json_doc_text(root, "title", ""));
	profile.source = strdup(json_doc_text(root, "source", ""));
	profile.base = base ? strdup(base->id) : NULL;
	profile.checked = checked ? strdup(checked) : NULL;
	profile.path = strdup(doc->path);
	if (!profile.id || !profile.title || !profile.source || !profile.path ||
		(checked && !profile.checked) || (base && !profile.base))
		r = err_oom(err);
	if (r == 0)
		r = read_settings(doc,
			cJSON_GetObjectItemCaseSensitive(root, "settings"), base,
			&profile, err);
	if (r == 0)
		r = read_purpose(doc, &profile, err);
	if (r == 0)
		r = read_unstated(doc, base, &profile, err);
	if (r == 0 && base)
		r = check_reserves(doc, base, &profile, err);
	if (r < 0) {
		profile_done(&profile);
		return r;
	}
	*ret_profile = profile;
	return 0;
}

void profile_done(struct profile *profile)
{
	free(profile->id);
	free(profile->title);
	free(profile->source);
	free(profile->base);
	free(profile->checked);
	free(profile->path);
	*profile = (struct profile){ .id = NULL };
}
