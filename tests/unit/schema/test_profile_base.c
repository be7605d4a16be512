/*
 * Profiles of one's own (MEM-7), facts that nobody stated (DESIGN 4.5), and the rules for
 * devices, instance types and images that once passed in other words (HWL-6, HWL-7, MGN-4,
 * AZR-6, AWS-1).
 */
#include "schema/library.h"
#include "tests/support.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD \
	"{\"schema\":\"headroom/profile/1\",\"id\":\"own\",\"title\":\"t\",\"source\":\"s\","

static struct own_case {
	const char *name, *text;
	const char *refusal; /* part of it; NULL: taken */
	int code;            /* of asking for it */
} own_cases[] = {
	{ "a base brings its rules and its settings",
		HEAD
		"\"base\":\"virtual-server-2005-r2\",\"settings\":{\"memory_growth_factor\":1.4}}",
		NULL, 0 },
	{ "without a base there are no rules, and nothing may pass",
		HEAD "\"settings\":{\"memory_growth_factor\":1.4}}", NULL, -EINVAL },
	{ "MEM-7: growth under the documented 25 % is refused",
		HEAD
		"\"base\":\"virtual-server-2005-r2\",\"settings\":{\"memory_growth_factor\":1.1}}",
		"settings.memory_growth_factor: 1.1 is below the documented minimum of 1.25",
		-ENOENT },
	{ "MEM-7: unless somebody stands for it",
		HEAD
		"\"comment\":\"the estate shrinks\",\"base\":\"virtual-server-2005-r2\",\"settings\":{\"memory_growth_factor\":1.1}}",
		NULL, 0 },
	{ "CPU-6: a smaller reserve likewise",
		HEAD
		"\"base\":\"virtual-server-2005-r2\",\"settings\":{\"cpu_reserve_ratio\":0.1}}",
		"settings.cpu_reserve_ratio: 0.1 is below", -ENOENT },
	{ "STO-6: less spare space likewise",
		HEAD
		"\"base\":\"virtual-server-2005-r2\",\"settings\":{\"storage_overhead_ratio\":0.2}}",
		"settings.storage_overhead_ratio: 0.2 is below", -ENOENT },
	{ "a base that nobody knows",
		HEAD "\"base\":\"virtual-server\",\"settings\":{}}",
		"base: there is no profile \"virtual-server\"", -ENOENT },
	{ "unstated_facts is none or unknown",
		HEAD "\"base\":\"kvm\",\"unstated_facts\":\"some\",\"settings\":{}}",
		"unstated_facts: expected none or unknown", -ENOENT },
	{ "purpose is target or runbook",
		HEAD "\"base\":\"kvm\",\"purpose\":\"none\",\"settings\":{}}",
		"purpose: expected target or runbook", -ENOENT },
};

static void check_own(void **state)
{
	const struct own_case *row = *state;
	const struct profile *profile = NULL;
	struct err err = ERR_INIT;
	struct library library;
	char dir[300], path[400];
	FILE *file;

	(void)snprintf(dir, sizeof(dir), "/tmp/headroom-own-%ld", (long)getpid());
	(void)mkdir(dir, 0700);
	(void)snprintf(path, sizeof(path), "%s/profiles", dir);
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof(path), "%s/profiles/own.json", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs(row->text, file);
	(void)fclose(file);
	assert_int_equal(library_load(dir, &library, &err), 0);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/profiles", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
	assert_int_equal(library.refusal_count, row->refusal != NULL);
	if (row->refusal && !strstr(library.refusal[0], row->refusal))
		fail_msg("%s", library.refusal[0]);
	assert_int_equal(
		library_profile_get(&library, "own", &profile, &err), row->code);
	if (row->code == -EINVAL)
		assert_non_null(strstr(err.text, "has no rules"));
	if (row->code == 0) {
		assert_string_equal(profile->base, "virtual-server-2005-r2");
		assert_near(profile->settings.memory_overhead_mb, 32, 0);
		assert_near(profile->settings.memory_limit_mb, 3686.4, 1e-9);
	}
	library_done(&library);
}

struct rule_case {
	const char *name, *profile, *day, *rule;
	const char *facts[6]; /* key=value */
	int outcome;          /* enum outcome; -1: no finding */
};

static struct rule_case rule_cases[] = {
	{ "HWL-6: a dongle on the parallel port", "virtual-server-2005-r2",
		"2026-11-30", "HWL-7", { "devices=parallel:dongle:required" },
		OUTCOME_DISQUALIFIED },
	{ "HWL-7: a fax modem on the serial port", "virtual-server-2005-r2",
		"2026-11-30", "HWL-7", { "devices=serial:fax-modem:required" },
		OUTCOME_DISQUALIFIED },
	{ "HWL-7: disks of a SAN that it must have", "virtual-server-2005-r2",
		"2026-11-30", "HWL-7", { "devices=disk:san:required" },
		OUTCOME_DISQUALIFIED },
	{ "HWL-7: a serial port that is only there", "virtual-server-2005-r2",
		"2026-11-30", "HWL-7", { "devices=serial:port" }, -1 },
	{ "HWL-7: keyboard and mouse", "virtual-server-2005-r2", "2026-11-30", "HWL-7",
		{ "devices=keyboard:keyboard:required" }, -1 },
	{ "the documented profile takes nothing as absent", "virtual-server-2005-r2",
		"2026-11-30", "HWL-7", { NULL }, OUTCOME_UNKNOWN },
	{ "MGN-4: Xen", "aws-mgn", "2020-07-21", "MGN-NITRO",
		{ "os=Windows Server 2003", "instance_type=t2.medium" }, -1 },
	{ "MGN-4: m4 too", "aws-mgn", "2020-07-21", "MGN-NITRO",
		{ "os=Windows Server 2003", "instance_type=m4.large" }, -1 },
	{ "MGN-4: t3", "aws-mgn", "2020-07-21", "MGN-NITRO",
		{ "os=Windows Server 2003", "instance_type=t3.large" },
		OUTCOME_DISQUALIFIED },
	{ "MGN-4: m5d", "aws-mgn", "2020-07-21", "MGN-NITRO",
		{ "os=Windows Server 2003", "instance_type=m5d.large" },
		OUTCOME_DISQUALIFIED },
	{ "MGN-4: x2idn", "aws-mgn", "2020-07-21", "MGN-NITRO",
		{ "os=Windows Server 2003", "instance_type=x2idn.16xlarge" },
		OUTCOME_DISQUALIFIED },
	{ "MGN-4: m7g", "aws-mgn", "2020-07-21", "MGN-NITRO",
		{ "os=Windows Server 2003", "instance_type=m7g.large" },
		OUTCOME_DISQUALIFIED },
	{ "AZR-6: 2003", "azure-vm", "2026-11-30", "AZR-NO-MARKETPLACE",
		{ "os=Windows Server 2003", "image_source=marketplace" },
		OUTCOME_DISQUALIFIED },
	{ "AZR-6: 2008", "azure-vm", "2026-11-30", "AZR-NO-MARKETPLACE",
		{ "os=Windows Server 2008", "image_source=marketplace" },
		OUTCOME_DISQUALIFIED },
	{ "AZR-6: 2000", "azure-vm", "2026-11-30", "AZR-NO-MARKETPLACE",
		{ "os=Windows 2000 Server", "image_source=marketplace" },
		OUTCOME_DISQUALIFIED },
	{ "AZR-6: 2008 R2 has images", "azure-vm", "2026-11-30", "AZR-NO-MARKETPLACE",
		{ "os=Windows Server 2008 R2", "image_source=marketplace" }, -1 },
};

static void check_rule(void **state)
{
	const struct rule_case *row = *state;
	struct facts facts = { .value = { { .is_known = false } } };
	struct finding_list found = { .count = 0 };
	const struct profile *profile;
	bool has_heading[HEADING_COUNT];
	struct rule_subject subject = { .name = "w" };
	struct err err = ERR_INIT;
	struct library library;
	int outcome = -1;

	assert_int_equal(library_load(NULL, &library, &err), 0);
	assert_int_equal(
		library_profile_get(&library, row->profile, &profile, &err), 0);
	for (size_t i = 0; i < 6 && row->facts[i]; i++) {
		const char *equals = strchr(row->facts[i], '=');
		char key[40] = "";
		int id;

		memcpy(key, row->facts[i], (size_t)(equals - row->facts[i]));
		id = fact_find(key, NULL);
		assert_true(id >= 0);
		assert_int_equal(fact_parse((enum fact_id)id, equals + 1,
					 &facts.value[id], &err),
			0);
	}
	assert_int_equal(subject_add_facts(&subject, &facts), 0);
	library_resolve_os(&library, &subject);
	assert_int_equal(library_judge(&library, profile, &profile->settings, &subject,
				 row->day, &found, has_heading, &err),
		0);
	for (size_t i = 0; i < found.count; i++) {
		if (strcmp(found.finding[i].rule->id, row->rule) == 0)
			outcome = (int)found.finding[i].outcome;
	}
	assert_int_equal(outcome, row->outcome);
	finding_list_done(&found);
	subject_done(&subject);
	facts_done(&facts);
	library_done(&library);
}

static void vm_import_asks_no_dotnet(void **state)
{
	struct err err = ERR_INIT;
	struct library library;

	(void)state;
	assert_int_equal(library_load(NULL, &library, &err), 0);
	assert_null(library_rule(
		&library, "IMP-DOTNET35")); /* AWS-1: it installs nothing */
	library_done(&library);
}

static struct word_case {
	enum fact_id fact;
	const char *text, *word; /* NULL: refused */
} word_cases[] = {
	{ FACT_ROLES, "domain-controller", "domain-controller" },
	{ FACT_ROLES, "Domain Controller", "domain-controller" },
	{ FACT_ROLES, "domain_controller", "domain-controller" },
	{ FACT_ROLES, "DC", "domain-controller" },
	{ FACT_ROLES, "Web Server", "web" },
	{ FACT_ROLES, "domain-contoller", NULL },
	{ FACT_ROLES, "quux", NULL },
	{ FACT_APPLICATIONS, "ISA 2004", "ISA Server 2004" },
	{ FACT_APPLICATIONS, "isa-server-2004", "ISA Server 2004" },
	{ FACT_APPLICATIONS, "ISA Server 2006", "ISA Server 2006" },
	{ FACT_APPLICATIONS, "SAP R/3", "SAP R/3" },
};

static void words_mean_what_people_mean(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(word_cases); i++) {
		const struct word_case *row = &word_cases[i];
		struct fact_value value = { .is_known = false };
		struct err err = ERR_INIT;
		int r = fact_parse(row->fact, row->text, &value, &err);

		assert_int_equal(r, row->word ? 0 : -EINVAL);
		if (row->word)
			assert_string_equal(value.list[0], row->word);
		else
			assert_non_null(strstr(err.text, "domain-controller"));
		fact_value_done(&value);
	}
}

static void bits_are_32_or_64(void **state)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = { { "32", 0 }, { "64", 0 }, { "48", -EINVAL }, { "16", -EINVAL },
		{ "65", -EINVAL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fact_value value = { .is_known = false };
		struct err err = ERR_INIT;

		assert_int_equal(fact_parse(FACT_OS_BITS, rows[i].text, &value, &err),
			rows[i].code);
		fact_value_done(&value);
	}
}

#define OWN ARRAY_LEN(own_cases)
#define RULES ARRAY_LEN(rule_cases)

int main(void)
{
	struct CMUnitTest tests[OWN + RULES + 3] = {
		[OWN + RULES] = cmocka_unit_test(vm_import_asks_no_dotnet),
		[OWN + RULES + 1] = cmocka_unit_test(bits_are_32_or_64),
		[OWN + RULES + 2] = cmocka_unit_test(words_mean_what_people_mean),
	};

	for (size_t i = 0; i < OWN; i++)
		tests[i] = (struct CMUnitTest){ .name = own_cases[i].name,
			.test_func = check_own,
			.initial_state = &own_cases[i] };
	for (size_t i = 0; i < RULES; i++)
		tests[OWN + i] = (struct CMUnitTest){ .name = rule_cases[i].name,
			.test_func = check_rule,
			.initial_state = &rule_cases[i] };
	return cmocka_run_group_tests_name("profile_base", tests, NULL, NULL);
}
