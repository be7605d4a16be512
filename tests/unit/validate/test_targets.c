/*
 * Rules of targets by their golden cases: G23 (AWS-1, MGN-1 to MGN-5, as of 2025-01-01), G24
 * (AZR-1 to AZR-14, AZR-16, as of 2020-07-21), the targets of G25 (SBS-1, SBS-2, SBS-12) and
 * EXC-2, EXC-7.
 */
#include "tests/support.h"

#include "schema/library.h"

#include <string.h>

static struct library library;

/* What is asked of one rule, on one day. */
static struct target_case {
	const char *name, *profile, *day;
	const char *facts; /* "key=value;key=value" */
	const char *has;   /* rules that speak, by blanks */
	const char *lacks; /* rules that do not */
	bool is_allowed;   /* nothing is DISQUALIFIED */
} cases[] = {
	{ "G23: 2003 R2 x64 on t2, with .NET 3.5", "aws-mgn", "2025-01-01",
		"os=Windows Server 2003 R2 Enterprise x64;dotnet35=yes;wmi=yes;"
		"instance_type=t2.medium",
		"MGN-LEGACY-AGENT", "MGN-NITRO MGN-DOTNET35", true },
	{ "G23: Nitro (t3) is not for 2003", "aws-mgn", "2025-01-01",
		"os=Windows Server 2003 R2 Enterprise x64;dotnet35=yes;wmi=yes;"
		"instance_type=t3.medium",
		"MGN-NITRO", "MGN-DOTNET35", false },
	{ "G23: 2003 without .NET 3.5", "aws-mgn", "2025-01-01",
		"os=Windows Server 2003 Standard x86;dotnet35=no;wmi=yes;"
		"instance_type=t2.medium",
		"MGN-DOTNET35 MGN-LEGACY-AGENT", "MGN-NITRO", false },
	{ "G23: 2008 R2 on t3", "aws-mgn", "2025-01-01",
		"os=Windows Server 2008 R2;dotnet35=yes;instance_type=t3.medium", "",
		"MGN-NITRO MGN-DOTNET35 MGN-LEGACY-AGENT", true },
	{ "G23, AWS-1: nothing may be installed: not MGN", "aws-mgn", "2025-01-01",
		"os=Windows Server 2003;may_install=no;dotnet35=yes;wmi=yes",
		"MGN-NO-INSTALL", "", false },
	{ "G23, AWS-1: but VM Import", "aws-vm-import", "2025-01-01",
		"os=Windows Server 2003;may_install=no;machine=vmware;service_pack=2;"
		"dotnet35=yes;dhcp=yes;boot_disk_style=mbr",
		"", "MGN-NO-INSTALL", true },
	{ "G23, AWS-1: it may, with .NET 3.5: MGN", "aws-mgn", "2025-01-01",
		"os=Windows Server 2003;may_install=yes;dotnet35=yes;wmi=yes", "",
		"MGN-NO-INSTALL", true },
	{ "MGN-1: later rules of the same target", "aws-mgn", "2026-03-01",
		"os=Windows Server 2003 R2 Enterprise x64;dotnet35=yes",
		"MGN-2003-ENDED", "MGN-LEGACY-AGENT", false },
	{ "2008 is no system for Nitro", "aws-mgn", "2026-01-01",
		"os=Windows Server 2008 Standard;dotnet35=yes;wmi=yes;"
		"instance_type=m5.large",
		"MGN-NITRO-2008 MGN-LEGACY-AGENT-2008 MGN-2008-ENDS",
		"MGN-DOTNET35-2008 MGN-NITRO", false },
	{ "2008 on t2 without .NET 3.5 and WMI", "aws-mgn", "2026-01-01",
		"os=Windows Server 2008 Standard;dotnet35=no;wmi=no;"
		"instance_type=t2.large",
		"MGN-DOTNET35-2008 MGN-WMI-ALL", "MGN-NITRO-2008", false },
	{ "2008 R2 may use Nitro, with the legacy agent", "aws-mgn", "2026-01-01",
		"os=Windows Server 2008 R2 Standard;wmi=yes;instance_type=m5.large",
		"MGN-LEGACY-AGENT-2008", "MGN-NITRO-2008 MGN-WMI-ALL MGN-2008-ENDS",
		true },
	{ "Linux of 32 bits", "aws-mgn", "2025-01-01",
		"os=Debian GNU/Linux 11 (bullseye);os_bits=32", "MGN-LINUX-32BIT",
		"MGN-DEBIAN9-ENDED", false },
	{ "Debian 9 on its last day", "aws-mgn", "2026-04-29",
		"os=Debian GNU/Linux 9 (stretch);os_bits=64", "", "MGN-DEBIAN9-ENDED",
		true },
	{ "and after it", "aws-mgn", "2026-04-30",
		"os=Debian GNU/Linux 9 (stretch);os_bits=64", "MGN-DEBIAN9-ENDED",
		"MGN-RHEL6-ENDED MGN-LINUX-32BIT", false },
	{ "Debian 11 stays", "aws-mgn", "2026-12-31",
		"os=Debian GNU/Linux 11 (bullseye);os_bits=64", "",
		"MGN-DEBIAN9-ENDED MGN-RHEL6-ENDED MGN-DEBIAN-NEWER", true },
	{ "Debian 12 is not in the list", "aws-mgn", "2026-11-30",
		"os=Debian GNU/Linux 12 (bookworm);os_bits=64", "MGN-DEBIAN-NEWER",
		"MGN-DEBIAN9-ENDED", true },
	{ "Debian 10 and RHEL 6 end with the year", "aws-mgn", "2026-12-30",
		"os=Debian GNU/Linux 10 (buster);os_bits=64", "MGN-RHEL6-ENDED",
		"MGN-DEBIAN9-ENDED", false },
	{ "CentOS 5", "aws-mgn", "2026-01-01", "os=CentOS release 5.11 (Final)",
		"MGN-EL5-ENDED", "MGN-EL6-ENDED", false },
	{ "CentOS 6", "aws-mgn", "2026-09-01", "os=CentOS release 6.10 (Final)",
		"MGN-EL6-ENDED", "MGN-EL5-ENDED MGN-CENTOS7-ENDED", false },
	{ "CentOS 7", "aws-mgn", "2026-11-20", "os=CentOS Linux 7 (Core)",
		"MGN-CENTOS7-ENDED", "MGN-EL6-ENDED", false },
	{ "Ubuntu 12.04", "aws-mgn", "2026-08-20", "os=Ubuntu 12.04.5 LTS",
		"MGN-UBUNTU1204-ENDED", "MGN-UBUNTU1404-ENDED", false },
	{ "Ubuntu 14.04", "aws-mgn", "2026-12-20", "os=Ubuntu 14.04.6 LTS",
		"MGN-UBUNTU1404-ENDED", "MGN-UBUNTU1204-ENDED", false },
	{ "a GPT system disk may be imported", "aws-vm-import", "2026-11-30",
		"os=Windows Server 2019 Standard;machine=vmware;dhcp=yes;"
		"boot_disk_style=gpt;os_bits=64",
		"IMP-GPT", "IMP-EOL IMP-EDITION IMP-LINUX-32BIT", true },
	{ "Linux images of 32 bits", "aws-vm-import", "2025-01-01",
		"os=Debian GNU/Linux 11 (bullseye);os_bits=32;machine=kvm;dhcp=yes;"
		"boot_disk_style=mbr",
		"IMP-LINUX-32BIT", "IMP-EOL IMP-GPT", false },
	{ "past its end of life, an edition that is not listed", "aws-vm-import",
		"2025-01-01",
		"os=Windows Server 2008 Foundation;os_bits=64;machine=vmware;dhcp=yes;"
		"boot_disk_style=mbr",
		"IMP-EOL IMP-EDITION", "IMP-GPT", true },
	{ "G24: a specialised disk", "azure-vm", "2020-07-21",
		"os=Windows Server 2003 R2 Standard x64;action=create_vm;"
		"vhd_kind=specialized",
		"AZR-EOS AZR-NO-OS-SUPPORT", "AZR-GENERALIZED", true },
	{ "G24: a generalised one", "azure-vm", "2020-07-21",
		"os=Windows Server 2003 R2 Standard x64;action=create_vm;"
		"vhd_kind=generalized",
		"AZR-GENERALIZED", "AZR-NO-MARKETPLACE", false },
	{ "G24: from the Marketplace", "azure-vm", "2020-07-21",
		"os=Windows Server 2003 Enterprise x86;action=create_vm;"
		"image_source=marketplace",
		"AZR-NO-MARKETPLACE", "AZR-NO-INPLACE", false },
	{ "G24: an upgrade in place", "azure-vm", "2020-07-21",
		"os=Windows Server 2003 Enterprise x86;action=upgrade_in_place",
		"AZR-NO-INPLACE", "AZR-NO-AGENT", false },
	{ "G24: the VM agent", "azure-vm", "2020-07-21",
		"os=Windows Server 2003 Enterprise x86;action=use_vm_agent",
		"AZR-NO-AGENT", "AZR-NO-INPLACE", false },
	{ "G24: what runs there goes on", "azure-vm", "2020-07-21",
		"os=Windows Server 2003 Enterprise x86;action=run_existing",
		"AZR-EOS AZR-NO-OS-SUPPORT", "AZR-NO-AGENT AZR-NO-INPLACE", true },
	{ "G24: an import", "azure-vm", "2020-07-21",
		"os=Windows Server 2003 Enterprise x86;action=import_vm;"
		"vhd_kind=specialized",
		"AZR-EOS AZR-NO-OS-SUPPORT", "AZR-GENERALIZED", true },
	{ "G24: 2008 R2 from the Marketplace", "azure-vm", "2020-07-21",
		"os=Windows Server 2008 R2 Standard x64;action=create_vm;"
		"image_source=marketplace",
		"", "AZR-NO-MARKETPLACE AZR-EOS", true },
	{ "AZR-14: 2003 Datacenter x64 is covered", "azure-vm", "2020-07-21",
		"os=Windows Server 2003 Datacenter x64;vhd_kind=specialized", "AZR-EOS",
		"AZR-EDITION", true },
	{ "AZR-14: the Web Edition is for a person", "azure-vm", "2020-07-21",
		"os=Windows Server 2003 Web Edition;vhd_kind=specialized",
		"AZR-EDITION", "", true },
	{ "AZR-8: updates of custom support", "azure-vm", "2020-07-21",
		"os=Windows Server 2003 Standard;custom_support=yes;vhd_kind=specialized",
		"AZR-CUSTOM-SUPPORT", "", true },
	{ "AZR-10: a web server", "azure-vm", "2020-07-21",
		"os=Windows Server 2012;roles=web", "AZR-WEB-APP-SERVICE", "", true },
	{ "AZR-11: SQL Server 2005 after its support", "azure-vm", "2020-07-21",
		"os=Windows Server 2012;applications=SQL Server 2005", "AZR-APP-EOS",
		"", true },
	{ "AZR-11: and within it", "azure-vm", "2016-01-01",
		"os=Windows Server 2012;applications=SQL Server 2005", "",
		"AZR-APP-EOS", true },
	{ "G25: SBS to 32 bits", "server-2012-essentials", "2020-01-01",
		"os=Windows Small Business Server 2003;target_bits=32;same_hardware=no",
		"SBS-64BIT", "SBS-SOURCE", false },
	{ "G25: SBS to 64 bits", "server-2012-essentials", "2020-01-01",
		"os=Windows Small Business Server 2003;target_bits=64;same_hardware=no",
		"", "SBS-64BIT SBS-NEW-HARDWARE", true },
	{ "SBS-2: onto itself", "server-2012-essentials", "2020-01-01",
		"os=Windows Small Business Server 2003;target_bits=64;same_hardware=yes",
		"SBS-NEW-HARDWARE", "SBS-64BIT", false },
	{ "SBS-12: another version has another guide", "server-2012-essentials",
		"2020-01-01",
		"os=Windows Small Business Server 2008;target_bits=64;same_hardware=no",
		"SBS-SOURCE", "", true },
	{ "EXC-2: Exchange 2000 on Windows Server 2003", "kvm", "2020-01-01",
		"os=Windows Server 2003 Standard;applications=Exchange 2000 Server",
		"EXC-NO-2000-ON-2003", "", false },
	{ "EXC-2: Exchange 2003 on it", "kvm", "2020-01-01",
		"os=Windows Server 2003 Standard;applications=Exchange Server 2003", "",
		"EXC-NO-2000-ON-2003", true },
};

static void read_facts(const char *text, struct facts *facts)
{
	char *copy = strdup(text), *save = NULL;

	assert_non_null(copy);
	for (char *word = strtok_r(copy, ";", &save); word;
		word = strtok_r(NULL, ";", &save)) {
		char *equals = strchr(word, '=');
		struct err err = ERR_INIT;
		int id;

		*equals = '\0';
		id = fact_find(word, NULL);
		if (id < 0 ||
			fact_parse(
				(enum fact_id)id, equals + 1, &facts->value[id], &err))
			fail_msg("%s: %s", word, err.text);
	}
	free(copy);
}

static const struct finding *find_finding(
	const struct finding_list *list, const char *id, size_t length)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!list->finding[i].is_for_missing &&
			strlen(list->finding[i].rule->id) == length &&
			strncmp(list->finding[i].rule->id, id, length) == 0)
			return &list->finding[i];
	}
	return NULL;
}

static void check_words(
	const struct finding_list *list, const char *words, bool is_wanted)
{
	for (const char *at = words; *at; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");

		if (!find_finding(list, at, length) == is_wanted)
			fail_msg("%.*s %s", (int)length, at,
				is_wanted ? "is silent" : "speaks");
		at += length;
	}
}

static void check_target(void **state)
{
	const struct target_case *row = *state;
	const struct profile *profile = library_profile(&library, row->profile);
	struct facts facts = { .value = { { .is_known = false } } };
	struct rule_subject subject = { .name = "w" };
	struct finding_list list;
	struct err err = ERR_INIT;
	bool has_heading[HEADING_COUNT], is_allowed = true;

	read_facts(row->facts, &facts);
	assert_int_equal(subject_add_facts(&subject, &facts), 0);
	library_resolve_os(&library, &subject);
	assert_int_equal(library_judge(&library, profile, &profile->settings, &subject,
				 row->day, &list, has_heading, &err),
		0);
	check_words(&list, row->has, true);
	check_words(&list, row->lacks, false);
	for (size_t i = 0; i < list.count; i++) {
		is_allowed &= list.finding[i].outcome != OUTCOME_DISQUALIFIED;
		if (row->is_allowed && list.finding[i].outcome == OUTCOME_DISQUALIFIED)
			fail_msg("%s disqualifies", list.finding[i].rule->id);
	}
	assert_int_equal(is_allowed, row->is_allowed);
	finding_list_done(&list);
	subject_done(&subject);
	facts_done(&facts);
}

/* AZR-1: 1834 days from the end of support to the day of the article; MGN-2: the agent. */
static void what_the_texts_say(void **state)
{
	const struct guest_os *os =
		library_guest_os(&library, "Windows Server 2003 R2");
	const struct rule *rule = library_rule(&library, "MGN-LEGACY-AGENT");

	(void)state;
	assert_string_equal(os->end_of_support, "2015-07-14");
	assert_non_null(strstr(library_rule(&library, "AZR-EOS")->text, "2015-07-14"));
	assert_non_null(strstr(rule->text, "AwsReplicationWindowsLegacyInstaller.exe"));
	assert_non_null(strstr(rule->remedy, "REGION"));
	assert_non_null(strstr(library_rule(&library, "AZR-NO-OS-SUPPORT")->text,
		"changes of the platform"));
	assert_non_null(strstr(
		library_rule(&library, "AZR-EOS")->remedy, "newer Windows Server"));
	/* every rule and check says when somebody last looked */
	for (size_t i = 0; i < library.rules.count; i++)
		assert_int_equal(strlen(library.rules.rule[i].checked), 10);
	for (size_t i = 0; i < library.checks.count; i++)
		assert_int_equal(strlen(library.checks.check[i].checked), 10);
}

static int load_library(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	return library_load(NULL, &library, &err);
}

static int drop_library(void **state)
{
	(void)state;
	library_done(&library);
	return 0;
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 1];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[count++] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_target,
			.initial_state = &cases[i] };
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(what_the_texts_say);
	return cmocka_run_group_tests_name(
		"targets", tests, load_library, drop_library);
}
