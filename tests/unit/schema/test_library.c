/* Profiles, rules and catalogues: what is built in, what a user adds, what is refused. */
#include "tests/support.h"

#include "common/parse.h"
#include "schema/builtin.h"
#include "schema/date.h"
#include "schema/library.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct library library;

static int load(void **state)
{
	struct err err = ERR_INIT;
	int r = library_load(NULL, &library, &err);

	(void)state;
	if (r < 0)
		print_error("%s\n", err.text);
	return r;
}

static int unload(void **state)
{
	(void)state;
	library_done(&library);
	return 0;
}

static void the_profiles_are_built_in(void **state)
{
	static const char *const ids[] = { "aws-mgn", "aws-vm-import", "azure-vm",
		"exchange-2003", "hyper-v-2008-r2", "hyper-v-2019", "kvm", "plain",
		"proxmox", "server-2012-essentials", DEFAULT_PROFILE };

	(void)state;
	assert_int_equal(library.profile_count, ARRAY_LEN(ids));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		assert_string_equal(library.profile[i].id, ids[i]);
}

static void an_order_of_steps_is_no_target(void **state)
{
	const struct profile *profile = NULL;
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < library.profile_count; i++)
		assert_int_equal(library.profile[i].is_target,
			strcmp(library.profile[i].id, "exchange-2003") != 0);
	assert_int_equal(
		library_profile_get(&library, "exchange-2003", &profile, &err), 0);
	assert_int_equal(
		library_target_get(&library, "exchange-2003", &profile, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no place to run in"));
	assert_int_equal(library_target_get(&library, "kvm", &profile, &err), 0);
}

static void the_rules_of_a_base_are_rules_of_what_changes_it(void **state)
{
	char own_id[] = "own", base[] = "proxmox", itself[] = "own";
	const struct rule *rule = library_rule(&library, "KVM-OS");
	const struct profile own = { .id = own_id, .base = base };
	const struct profile circle = { .id = own_id, .base = itself };

	(void)state;
	assert_true(library_rule_is_of(
		&library, rule, library_profile(&library, "proxmox")));
	assert_true(library_rule_is_of(&library, rule, &own));
	assert_false(library_rule_is_of(&library, rule, &circle));
	assert_false(
		library_rule_is_of(&library, rule, library_profile(&library, "plain")));
}

static void the_documented_factors(void **state)
{
	const struct profile_settings *s =
		&library_profile(&library, DEFAULT_PROFILE)->settings;

	(void)state;
	assert_near(s->memory_overhead_mb, 32, 0);
	assert_near(s->memory_growth_factor, 1.25, 0);
	assert_near(s->memory_limit_mb, 3686.4, 0);
	assert_near(s->excursion_sustain_s, 900, 0);
	assert_near(s->max_cores_per_vm, 1, 0);
	assert_near(s->target_core_mhz, 3000, 0);
	assert_near(s->cpu_reserve_ratio, 0.25, 0);
	assert_near(s->network_efficiency_ratio, 0.75, 0);
	assert_near(s->storage_overhead_ratio, 0.25, 0);
	assert_near(s->disk_limit_gb, 2048, 0);
	assert_near(s->is_cpu_reserve_one_core, 0, 0);
	assert_near(s->has_reservations + s->wants_host_adapter + s->counts_save_state,
		3, 0);
	assert_near(s->memory_sizing, SIZING_PEAK, 0);
	assert_near(s->cpu_sizing, SIZING_SUSTAINED, 0);
	assert_near(s->network_sizing, SIZING_PEAK, 0);
	s = &library_profile(&library, "plain")->settings;
	assert_near(s->memory_overhead_mb, 0, 0);
	assert_near(s->memory_growth_factor, 1, 0);
	assert_near(s->network_efficiency_ratio, 1, 0);
	assert_true(isnan(s->memory_limit_mb) && isnan(s->max_cores_per_vm));
}

static void plain_has_one_rule_in_each_of_four_headings(void **state)
{
	unsigned counts[HEADING_COUNT] = { 0 };

	(void)state;
	for (size_t i = 0; i < library.rules.count; i++)
		counts[library.rules.rule[i].heading] +=
			rule_is_of(&library.rules.rule[i], "plain");
	for (int h = 0; h < HEADING_COUNT; h++)
		assert_int_equal(counts[h], h <= HEADING_STORAGE ? 1 : 0);
}

static void every_rule_says_where_it_comes_from(void **state)
{
	(void)state;
	for (size_t i = 0; i < library.rules.count; i++) {
		const struct rule *rule = &library.rules.rule[i];

		assert_true(strlen(rule->source) > 5 && strlen(rule->text) > 5);
		assert_true(date_is_valid(rule->checked));
		for (size_t p = 0; p < rule->profile_count; p++)
			assert_non_null(library_profile(&library, rule->profile[p]));
	}
}

/* ---- one workload against the rules of a profile ------------------------------ */

/* facts as `--set` takes them; figures as "field=number" */
static void judge(const char *profile_id, const char *day, const char *const *facts,
	struct finding_list *list, struct rule_subject *subject, struct facts *parsed)
{
	const struct profile *profile = library_profile(&library, profile_id);
	bool has_heading[HEADING_COUNT];
	struct err err = ERR_INIT;

	for (; *facts; facts++) {
		const char *value = strchr(*facts, '=') + 1;
		char key[64];
		int id;

		(void)snprintf(
			key, sizeof(key), "%.*s", (int)(value - 1 - *facts), *facts);
		id = fact_find(key, NULL);
		if (id >= 0) {
			if (fact_parse((enum fact_id)id, value, &parsed->value[id],
				    &err) < 0)
				fail_msg("%s", err.text);
			continue;
		}
		id = field_find(key, NULL);
		assert_true(id >= 0);
		field_set_number(&subject->value[id], strtod(value, NULL));
	}
	{
		struct field_value kept[FIELD_COUNT];

		memcpy(kept, subject->value, sizeof(kept));
		assert_int_equal(subject_add_facts(subject, parsed), 0);
		for (int i = FACT_COUNT; i < FIELD_COUNT; i++) {
			if (kept[i].is_known)
				subject->value[i] = kept[i];
		}
	}
	library_resolve_os(&library, subject);
	subject->is_listed[SCOPE_EXCURSION] = true;
	assert_int_equal(library_judge(&library, profile, &profile->settings, subject,
				 day, list, has_heading, &err),
		0);
}

static struct judge_case {
	const char *name, *profile, *day, *rule;
	const char *facts[10];
	enum outcome wanted; /* of that rule */
	bool is_silent;      /* it must not be among the findings */
} judge_cases[] = {
	{ "AWS MGN still takes Windows Server 2003 the day before its end", "aws-mgn",
		"2026-02-14", "MGN-2003-ENDED",
		{ "os=Windows Server 2003 R2 Enterprise x64" }, OUTCOME_PASS, true },
	{ "and no more on 2026-02-15", "aws-mgn", "2026-02-15", "MGN-2003-ENDED",
		{ "os=Windows Server 2003 R2 Enterprise x64" }, OUTCOME_DISQUALIFIED,
		false },
	{ "2008 R2 is not 2003", "aws-mgn", "2026-11-21", "MGN-2003-ENDED",
		{ "os=Windows Server 2008 R2" }, OUTCOME_PASS, true },
	{ "an unknown system is unknown, not fine", "aws-mgn", "2026-11-21",
		"MGN-2003-ENDED", { "vendor_support=yes" }, OUTCOME_UNKNOWN, false },
	{ "MGN refuses 2003 without .NET 3.5 (G23)", "aws-mgn", "2020-07-21",
		"MGN-DOTNET35",
		{ "os=Windows Server 2003 Standard x86", "dotnet35=no" },
		OUTCOME_DISQUALIFIED, false },
	{ "MGN refuses a Nitro type for 2003 (G23)", "aws-mgn", "2020-07-21",
		"MGN-NITRO",
		{ "os=Windows Server 2003 R2 Enterprise x64",
			"instance_type=t3.medium" },
		OUTCOME_DISQUALIFIED, false },
	{ "a Xen type is fine (G23)", "aws-mgn", "2020-07-21", "MGN-NITRO",
		{ "os=Windows Server 2003 R2 Enterprise x64",
			"instance_type=t2.medium" },
		OUTCOME_PASS, true },
	{ "a Nitro type is fine for 2008 R2 (G23)", "aws-mgn", "2020-07-21",
		"MGN-NITRO", { "os=Windows Server 2008 R2", "instance_type=t3.medium" },
		OUTCOME_PASS, true },
	{ "VM Import took 32-bit until 2026-03-31", "aws-vm-import", "2026-03-31",
		"IMP-32BIT-ENDED", { "os=Windows Server 2003 Standard" }, OUTCOME_PASS,
		true },
	{ "and not from 2026-04-01", "aws-vm-import", "2026-04-01", "IMP-32BIT-ENDED",
		{ "os=Windows Server 2003 Standard" }, OUTCOME_DISQUALIFIED, false },
	{ "VM Import takes no image of a physical machine", "aws-vm-import",
		"2026-11-21", "IMP-P2V", { "machine=physical" }, OUTCOME_DISQUALIFIED,
		false },
	{ "an unverified fact is REVIEW at most", "hyper-v-2008-r2", "2026-11-30",
		"HV8-USB", { "devices=usb:printer:required" }, OUTCOME_REVIEW, false },
	{ "Hyper-V 2019 does not list Windows Server 2003", "hyper-v-2019",
		"2026-11-30", "HV19-2003", { "os=Windows Server 2003" }, OUTCOME_REVIEW,
		false },
	{ "a device may be assigned by Hyper-V 2019", "hyper-v-2019", "2026-11-30",
		"HV19-USB", { "devices=video:gpu:required" }, OUTCOME_REVIEW, false },
	{ "2040 GB is a VHD", "hyper-v-2008-r2", "2026-11-30", "HV8-DISK",
		{ "disks=d:2040" }, OUTCOME_PASS, true },
	{ "2041 GB is none", "hyper-v-2008-r2", "2026-11-30", "HV8-DISK",
		{ "disks=d:2041" }, OUTCOME_DISQUALIFIED, false },
	{ "2048 GB is a system disk of Azure's generation 1", "azure-vm", "2026-11-30",
		"AZR-OS-DISK", { "os=Windows Server 2003", "disks=c:2048" },
		OUTCOME_PASS, true },
	{ "2049 GB is none", "azure-vm", "2026-11-30", "AZR-OS-DISK",
		{ "os=Windows Server 2003", "disks=c:2049" }, OUTCOME_REVIEW, false },
	{ "32767 GB is any disk of Azure", "azure-vm", "2026-11-30", "AZR-DISK",
		{ "disks=d:32767" }, OUTCOME_PASS, true },
	{ "65536 GB is the largest there is", "azure-vm", "2026-11-30", "AZR-DISK-MOST",
		{ "disks=d:65536" }, OUTCOME_PASS, true },
	{ "65537 GB is none of Azure's", "azure-vm", "2026-11-30", "AZR-DISK-MOST",
		{ "disks=d:65537" }, OUTCOME_DISQUALIFIED, false },
	{ "and is not told twice", "azure-vm", "2026-11-30", "AZR-DISK",
		{ "disks=d:65537" }, OUTCOME_PASS, true },
	{ "32768 GB is not", "azure-vm", "2026-11-30", "AZR-DISK", { "disks=d:32768" },
		OUTCOME_REVIEW, false },
	{ "Windows 7 knows no SHA-2 either", "kvm", "2026-11-30", "KVM-2008R2-SHA2",
		{ "os=Windows 7" }, OUTCOME_REVIEW, false },
	{ "Red Hat 7 is no Windows 7", "kvm", "2026-11-30", "KVM-2008R2-SHA2",
		{ "os=Red Hat Enterprise Linux 7" }, OUTCOME_PASS, true },
	{ "Azure refuses a generalised 2003 (G24)", "azure-vm", "2020-07-21",
		"AZR-GENERALIZED",
		{ "os=Windows Server 2003 R2 Standard x64", "vhd_kind=generalized" },
		OUTCOME_DISQUALIFIED, false },
	{ "Azure takes a specialised 2003 (G24)", "azure-vm", "2020-07-21",
		"AZR-GENERALIZED",
		{ "os=Windows Server 2003 R2 Standard x64", "vhd_kind=specialized" },
		OUTCOME_PASS, true },
	{ "no Marketplace image before 2008 R2 (G24)", "azure-vm", "2020-07-21",
		"AZR-NO-MARKETPLACE",
		{ "os=Windows Server 2003 Enterprise x86", "image_source=marketplace" },
		OUTCOME_DISQUALIFIED, false },
	{ "a USB printer that is required", DEFAULT_PROFILE, "2026-11-21", "HWL-1",
		{ "devices=usb:printer:required" }, OUTCOME_DISQUALIFIED, false },
	{ "a USB printer that is merely there (HWL-7)", DEFAULT_PROFILE, "2026-11-21",
		"HWL-1-HAS", { "devices=usb:printer" }, OUTCOME_REVIEW, false },
	{ "a USB keyboard", DEFAULT_PROFILE, "2026-11-21", "HWL-1",
		{ "devices=usb:keyboard:required" }, OUTCOME_PASS, true },
	{ "devices that nobody listed", DEFAULT_PROFILE, "2026-11-21", "HWL-1",
		{ "owner=x" }, OUTCOME_UNKNOWN, false },
	{ "devices that somebody listed as none", DEFAULT_PROFILE, "2026-11-21",
		"HWL-1", { "devices=none" }, OUTCOME_PASS, true },
	{ "a fax board is a specialised device", DEFAULT_PROFILE, "2026-11-21", "HWL-7",
		{ "devices=fax:board:required" }, OUTCOME_DISQUALIFIED, false },
	{ "ISA Server 2004 in production (OPL-1)", DEFAULT_PROFILE, "2026-11-21",
		"OPL-1-ISA-2004", { "applications=ISA Server 2004" },
		OUTCOME_DISQUALIFIED, false },
	{ "ISA Server 2006 is not on the list", DEFAULT_PROFILE, "2026-11-21",
		"OPL-1-ISA-2004", { "applications=ISA Server 2006" }, OUTCOME_PASS,
		true },
	{ "ISA Server 2004 in a test", DEFAULT_PROFILE, "2026-11-21", "OPL-1-ISA-2004",
		{ "applications=ISA Server 2004", "environment=test" }, OUTCOME_PASS,
		true },
	{ "a note is a finding that passes", DEFAULT_PROFILE, "2026-11-21",
		"OPL-1-TEST", { "applications=ISA Server 2004", "environment=test" },
		OUTCOME_PASS, false },
	{ "a vendor without support, production", DEFAULT_PROFILE, "2026-11-21",
		"OPL-2", { "vendor_support=no" }, OUTCOME_DISQUALIFIED, false },
	{ "a vendor without support, training", DEFAULT_PROFILE, "2026-11-21", "OPL-2",
		{ "vendor_support=no", "environment=training" }, OUTCOME_PASS, true },
	{ "a domain controller", DEFAULT_PROFILE, "2026-11-21", "OPL-3",
		{ "roles=dns,domain-controller" }, OUTCOME_REVIEW, false },
	{ "2048 GB fits a fixed disk (G17)", DEFAULT_PROFILE, "2026-11-21", "STO-14",
		{ "disks=d:2048" }, OUTCOME_PASS, true },
	{ "2049 GB does not (G17)", DEFAULT_PROFILE, "2026-11-21", "STO-14",
		{ "disks=d:2049" }, OUTCOME_REVIEW, false },
	{ "4 x 2000 x 60 % in production (G13)", DEFAULT_PROFILE, "2026-11-21",
		"CPU-2-SMP",
		{ "cpu.cores=4", "requirement.cpu_mhz=4800", "requirement.cores=1.6" },
		OUTCOME_DISQUALIFIED, false },
	{ "4 x 2000 x 60 % in a test (G13)", DEFAULT_PROFILE, "2026-11-21",
		"CPU-2-SMP-TEST",
		{ "cpu.cores=4", "requirement.cpu_mhz=4800", "requirement.cores=1.6",
			"environment=test" },
		OUTCOME_REVIEW, false },
	{ "2400 fits one core of 3000 (G13)", DEFAULT_PROFILE, "2026-11-21",
		"CPU-2-SMP", { "cpu.cores=4", "requirement.cores=0.8" }, OUTCOME_PASS,
		true },
	{ "one core of 3400 is a core too slow (G13)", DEFAULT_PROFILE, "2026-11-21",
		"CPU-2-SLOW", { "cpu.cores=1", "requirement.cores=1.1333" },
		OUTCOME_DISQUALIFIED, false },
	{ "and not a need of several", DEFAULT_PROFILE, "2026-11-21", "CPU-2-SMP",
		{ "cpu.cores=1", "requirement.cores=1.1333" }, OUTCOME_PASS, true },
	{ "3000 on 3000 fits (G13)", DEFAULT_PROFILE, "2026-11-21", "CPU-2-SMP",
		{ "cpu.cores=2", "requirement.cores=1" }, OUTCOME_PASS, true },
	{ "marked smp_required, whatever the number (G13)", DEFAULT_PROFILE,
		"2026-11-21", "CPU-2-MARKED",
		{ "smp_required=yes", "requirement.cores=0.1" }, OUTCOME_DISQUALIFIED,
		false },
	{ "network never counted", DEFAULT_PROFILE, "2026-11-21", "FIG-NETWORK",
		{ "requirement.cores=1" }, OUTCOME_UNKNOWN, false },
};

static void check_judge(void **state)
{
	const struct judge_case *row = *state;
	struct finding_list list = { .count = 0 };
	struct rule_subject subject = { .name = "w" };
	struct facts facts = { 0 };
	bool is_found = false;

	assert_non_null(library_rule(&library, row->rule));
	judge(row->profile, row->day, row->facts, &list, &subject, &facts);
	for (size_t i = 0; i < list.count; i++) {
		if (strcmp(list.finding[i].rule->id, row->rule) != 0)
			continue;
		is_found = true;
		assert_int_equal(list.finding[i].outcome, row->wanted);
	}
	assert_int_equal(is_found, !row->is_silent);
	finding_list_done(&list);
	subject_done(&subject);
	facts_done(&facts);
}

/* ---- refused files ---------------------------------------------------------------- */

#define RULE(id, more)                                                         \
	"{\"id\":\"" id "\",\"severity\":\"review\",\"heading\":\"memory\",\n" \
	"\"when\":{\"field\":\"sensitive\",\"equals\":true},\"text\":\"t\","   \
	"\"source\":\"s\",\"checked\":\"2026-01-01\"" more "}"
#define RULES(body)                     \
	"{\"schema\":\"headroom/rules/" \
	"1\",\n\"profiles\":[\"plain\"],\n\"rules\":[\n" body "]}"
#define WHEN(condition)                                                 \
	"{\"id\":\"A\",\"severity\":\"review\",\"heading\":\"memory\"," \
	"\n\"when\":" condition                                         \
	",\"text\":\"t\",\"source\":\"s\",\"checked\":\"2026-01-01\"}"

static struct refuse_case {
	const char *name, *folder, *text, *wanted; /* a part of the reason */
} refuse_cases[] = {
	{ "an unknown field", "rules", RULES(RULE("A", ",\"colour\":1")),
		":5: rule: unknown field \"colour\"" },
	{ "a wrong type", "rules", RULES(RULE("A", ",\"verified\":\"yes\"")),
		":5: rule.verified: expected true or false" },
	{ "an id given twice", "rules", RULES(RULE("A", "") ",\n" RULE("A", "")),
		":6: rule.id: \"A\" is given twice" },
	{ "a condition on a field that does not exist", "rules",
		RULES(WHEN("{\"field\":\"divice.class\",\"equals\":\"usb\"}")),
		":5: there is no field \"divice.class\", did you mean "
		"\"device.class\"?" },
	{ "a setting that does not exist", "rules",
		RULES(WHEN("{\"field\":\"cpu.cores\",\"greater\":{\"setting\":"
			   "\"memory\"}}")),
		":5: there is no setting \"memory\"" },
	{ "an operator that does not suit", "rules",
		RULES(WHEN("{\"field\":\"cpu.cores\",\"contains\":\"4\"}")),
		"does not suit" },
	{ "valid_to before valid_from", "rules",
		RULES(RULE("A",
			",\"valid_from\":\"2026-02-02\",\n\"valid_to\":\"2026-02-"
			"01\"")),
		":6: rule.valid_to: 2026-02-01 is before valid_from 2026-02-02" },
	{ "a day that does not exist", "rules",
		RULES(RULE("A", ",\"valid_from\":\"2026-02-30\"")), "expected a date" },
	{ "an unknown severity", "rules",
		RULES("{\"id\":\"A\",\"severity\":\"fatal\",\"heading\":\"memory\",\"when\":{},\"text\":\"t\",\"source\":\"s\",\"checked\":\"2026-01-01\"}"),
		"\"fatal\" is none of" },
	{ "an id that is built in twice over is the user's right", "rules",
		RULES(RULE("FIG-MEMORY", "")), NULL },
	{ "no JSON at all", "rules", "rules:\n- a\n", "not JSON" },
	{ "an empty file", "rules", "", "empty" },
	{ "a profile with a negative factor", "profiles",
		"{\"schema\":\"headroom/profile/"
		"1\",\"id\":\"x\",\"title\":\"t\",\"source\":\"s\",\n"
		"\"settings\":{\"memory_growth_factor\":-1}}",
		":2: settings.memory_growth_factor: expected a number from 1 to 10" },
	{ "a profile with an unknown setting", "profiles",
		"{\"schema\":\"headroom/profile/"
		"1\",\"id\":\"x\",\"title\":\"t\",\"source\":\"s\",\n"
		"\"settings\":{\"memory_limit\":1}}",
		"did you mean \"memory_limit_mb\"" },
	{ "a profile of the user's", "profiles",
		"{\"schema\":\"headroom/profile/"
		"1\",\"id\":\"x\",\"title\":\"t\",\"source\":\"s\","
		"\"settings\":{}}",
		NULL },
	{ "a catalogue row without a release", "catalogue",
		"{\"schema\":\"headroom/guest-os/"
		"1\",\"systems\":[\n{\"match\":\"BeOS\","
		"\"family\":\"be\",\"source\":\"s\"}]}",
		":2: systems[]: the field \"release\"" },
};

static void write_file(const char *dir, const char *folder, const char *name,
	const char *text, char *path, size_t size)
{
	FILE *file;

	(void)snprintf(path, size, "%s/%s", dir, folder);
	(void)mkdir(path, 0700);
	(void)snprintf(path, size, "%s/%s/%s", dir, folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
}

static void check_refuse(void **state)
{
	const struct refuse_case *row = *state;
	char dir[] = "/tmp/headroom-XXXXXX", path[256], good[256];
	struct library user;
	struct err err = ERR_INIT;

	assert_non_null(mkdtemp(dir));
	write_file(dir, row->folder, "b.json", row->text, path, sizeof(path));
	write_file(
		dir, "rules", "c.json", RULES(RULE("GOOD-1", "")), good, sizeof(good));
	assert_int_equal(library_load(dir, &user, &err), 0);
	assert_int_equal(user.refusal_count, row->wanted ? 1 : 0);
	if (row->wanted &&
		(!strstr(user.refusal[0], row->wanted) ||
			!strstr(user.refusal[0], path)))
		fail_msg("%s", user.refusal[0]);
	/* the others still work */
	assert_non_null(library_rule(&user, "GOOD-1"));
	assert_non_null(library_rule(&user, "MEM-5-SHORT"));
	library_done(&user);
	(void)unlink(path);
	(void)unlink(good);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, row->folder);
	(void)rmdir(path);
	(void)snprintf(path, sizeof(path), "%s/rules", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
}

static void refused(const char *text, const char *wanted)
{
	struct rule_list list;
	struct json_doc doc;
	struct err err = ERR_INIT;
	int r = json_doc_parse("r.json", text, strlen(text), &doc, &err);

	if (r == 0) {
		r = rule_list_parse(&doc, &list, &err);
		json_doc_done(&doc);
	}
	assert_int_equal(r, -EINVAL);
	if (!strstr(err.text, wanted))
		fail_msg("%s", err.text);
}

static void a_hundred_thousand_rules_are_refused(void **state)
{
	size_t one = strlen(RULE("A", "")) + 2, used;
	char *text = malloc(200 + 100000 * one);

	(void)state;
	assert_non_null(text);
	used = (size_t)sprintf(
		text, "{\"schema\":\"headroom/rules/1\",\"profiles\":[],\"rules\":[");
	for (int i = 0; i < 100000; i++)
		used += (size_t)sprintf(text + used, "%s" RULE("A", ""), i ? "," : "");
	(void)sprintf(text + used, "]}");
	refused(text, "more than 5000 rules");
	free(text);
}

static void deep_nesting_is_refused(void **state)
{
	char text[4096];
	size_t used;

	(void)state;
	used = (size_t)snprintf(text, sizeof(text), "%s", RULES(""));
	used -= 2;
	used += (size_t)sprintf(text + used,
		"{\"id\":\"A\",\"severity\":\"review\",\"heading\":\"memory\","
		"\"when\":");
	for (int i = 0; i < 20; i++)
		used += (size_t)sprintf(text + used, "{\"not\":");
	used += (size_t)sprintf(
		text + used, "{\"field\":\"sensitive\",\"equals\":true}");
	for (int i = 0; i < 20; i++)
		used += (size_t)sprintf(text + used, "}");
	(void)sprintf(text + used,
		",\"text\":\"t\",\"source\":\"s\",\"checked\":\"2026-01-01\"}]}");
	refused(text, "nested deeper than 12 levels");
}

static void dates_are_days_that_exist(void **state)
{
	char text[DATE_TEXT_SIZE];

	(void)state;
	assert_true(date_is_valid("2024-02-29"));
	assert_false(date_is_valid("2023-02-29"));
	assert_false(date_is_valid("2023-2-9"));
	assert_int_equal(date_to_days("1970-01-01"), 0);
	assert_int_equal(date_to_days("2026-11-21"), 20778);
	assert_string_equal(date_from_time(20778 * 86400 + 5, text), "2026-11-21");
	assert_int_equal(date_weekday(20778), 6);
	assert_true(date_is_month_end(date_to_days("2024-02-29")));
	assert_false(date_is_month_end(date_to_days("2024-02-28")));
	for (int64_t day = -200000; day < 200000; day += 13)
		assert_int_equal(date_to_days(date_from_days(day, text)), day);
}

static void guest_systems_are_known_by_their_words(void **state)
{
	(void)state;
	assert_string_equal(
		library_guest_os(&library, "Microsoft Windows Server 2003 R2 x64")
			->release,
		"2003 R2");
	assert_string_equal(
		library_guest_os(&library, "windows server 2003, Standard")->release,
		"2003");
	assert_null(library_guest_os(&library, "BeOS"));
	assert_near(guest_os_bits("Windows Server 2003 x64 Edition"), 64, 0);
	assert_near(guest_os_bits("Windows Server 2003 x86"), 32, 0);
	assert_true(isnan(guest_os_bits("Windows Server 2003")));
}

int main(void)
{
	static const struct CMUnitTest more[] = {
		cmocka_unit_test(the_profiles_are_built_in),
		cmocka_unit_test(an_order_of_steps_is_no_target),
		cmocka_unit_test(the_rules_of_a_base_are_rules_of_what_changes_it),
		cmocka_unit_test(the_documented_factors),
		cmocka_unit_test(plain_has_one_rule_in_each_of_four_headings),
		cmocka_unit_test(every_rule_says_where_it_comes_from),
		cmocka_unit_test(a_hundred_thousand_rules_are_refused),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(dates_are_days_that_exist),
		cmocka_unit_test(guest_systems_are_known_by_their_words),
	};
	struct CMUnitTest judges[ARRAY_LEN(judge_cases)],
		refuses[ARRAY_LEN(refuse_cases)];
	int failed;

	for (size_t i = 0; i < ARRAY_LEN(judge_cases); i++)
		judges[i] = (struct CMUnitTest){ .name = judge_cases[i].name,
			.test_func = check_judge,
			.initial_state = &judge_cases[i] };
	for (size_t i = 0; i < ARRAY_LEN(refuse_cases); i++)
		refuses[i] = (struct CMUnitTest){ .name = refuse_cases[i].name,
			.test_func = check_refuse,
			.initial_state = &refuse_cases[i] };
	failed = cmocka_run_group_tests_name("library", more, load, unload);
	failed += cmocka_run_group_tests_name("verdicts by rule", judges, load, unload);
	return failed +
		cmocka_run_group_tests_name("refused files", refuses, NULL, NULL);
}
