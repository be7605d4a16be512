/* dmidecode and lscpu: what is taken of their texts (INV-3, INV-8). */
#include "tests/support.h"

#include "analyze/inventory/hardware_text.h"

#include <errno.h>
#include <string.h>

#define CPU(status, more)                                                     \
	"Handle 0x0400, DMI type 4, 40 bytes\nProcessor Information\n"        \
	"\tType: Central Processor\n\tManufacturer: Intel\n\tFlags:\n"        \
	"\t\tVME (Virtual mode extension)\n\tVersion: Xeon X5650 @ 2.67GHz\n" \
	"\tMax Speed: 3600 MHz\n\tCurrent Speed: 2666 MHz\n\tStatus: " status \
	"\n" more "\n"
#define DIMM(size, more)                                                               \
	"Handle 0x1100, DMI type 17, 28 bytes\nMemory Device\n\tSize: " size "\n" more \
	"\n"

static struct hardware_case {
	const char *name, *text;
	double sockets, cores, threads, mhz, memory;
} cases[] = {
	{ "two sockets, one of them empty",
		"# dmidecode 3.4\n" CPU("Populated, Enabled",
			"\tCore Count: 6\n\tCore Enabled: 6\n\tThread Count: 12\n")
			CPU("Unpopulated", ""),
		1, 6, 12, 2670, NAN },
	{ "cores that the firmware switched off do not count",
		"# dmidecode 3.4\n" CPU("Populated, Enabled",
			"\tCore Count: 12\n\tCore Enabled: 4\n\tThread Count: 8\n"),
		1, 4, 8, 2670, NAN },
	{ "a processor that was switched off",
		"# dmidecode 3.4\n" CPU(
			"Populated, Enabled", "\tCore Count: 4\n\tThread Count: 4\n")
			CPU("Populated, Disabled By User",
				"\tCore Count: 4\n\tThread Count: 4\n"),
		1, 4, 4, 2670, NAN },
	{ "an old table without cores: unknown, not 0",
		"# dmidecode 2.9\n" CPU("Populated, Enabled", ""), 1, NAN, NAN, 2670,
		NAN },
	{ "no clock in the name: the current speed",
		"# dmidecode 3.4\nHandle 0x4\nProcessor Information\n"
		"\tVersion: AMD EPYC 7302P 16-Core Processor\n\tCurrent Speed: 3000 MHz\n"
		"\tStatus: Populated, Enabled\n\tCore Count: 16\n\tThread Count: 32\n",
		1, 16, 32, 3000, NAN },
	{ "modules of all units, an empty slot, and the firmware's own chip",
		"# dmidecode 3.4\n" DIMM("2 GB", "") DIMM("1024 MB", "") DIMM(
			"No Module Installed", "") DIMM("8192 kB", "\tType: Flash\n"),
		NAN, NAN, NAN, NAN, 3.0 * 1073741824 },
	{ "a module of unknown size makes the sum unknown",
		"# dmidecode 3.4\n" DIMM("2 GB", "") DIMM("Unknown", ""), NAN, NAN, NAN,
		NAN, NAN },
	{ "lscpu",
		"Architecture:          x86_64\nCPU(s):                32\n"
		"Thread(s) per core:    2\nCore(s) per socket:    8\nSocket(s):  2\n"
		"Model name:            Xeon E5-2620 v4 @ 2.10GHz\nCPU MHz: 1506.000\n",
		2, 16, 32, 2100, NAN },
	{ "lscpu without a clock in the name",
		"Architecture: x86_64\nCPU(s): 4\nThread(s) per core: 1\nSocket(s): 1\n"
		"Model name: AMD EPYC\nCPU max MHz: 3400.0000\nCPU MHz: 1500\n",
		1, 4, 4, 3400, NAN },
	{ "lscpu of a mainframe: sockets in books",
		"Architecture: s390x\nCPU(s): 20\nThread(s) per core: 1\n"
		"Core(s) per socket: 4\nSocket(s) per book: 6\nBook(s) per drawer: 1\n",
		6, 20, 20, NAN, NAN },
};

static void check_hardware(void **state)
{
	const struct hardware_case *row = *state;
	struct machine machine;
	struct err err = ERR_INIT;

	machine_init(&machine);
	if (hardware_parse(hardware_kind_of(row->text), row->text, &machine, &err) != 0)
		fail_msg("%s", err.text);
	assert_near(machine.general.sockets, row->sockets, 0);
	assert_near(machine.general.cores, row->cores, 0);
	assert_near(machine.general.threads, row->threads, 0);
	assert_near(machine.general.core_mhz, row->mhz, 1e-9);
	assert_near(machine.general.installed_bytes, row->memory, 0);
	machine_done(&machine);
}

static void a_second_text_completes_the_first(void **state)
{
	struct machine machine;
	struct err err = ERR_INIT;

	(void)state;
	machine_init(&machine);
	assert_int_equal(hardware_parse(HARDWARE_DMIDECODE,
				 "# dmidecode 3\n" DIMM("2 GB", ""), &machine, &err),
		0);
	assert_int_equal(
		hardware_parse(HARDWARE_LSCPU, cases[7].text, &machine, &err), 0);
	assert_near(machine.general.memory_bytes, 2147483648.0, 0);
	assert_near(machine.general.cores, 16, 0);
	assert_near(machine.os.bits, 64, 0);
	machine_done(&machine);
}

static void what_is_none_of_them(void **state)
{
	static const char *const texts[] = { "", "hello", "# dmidecode 3.4\nnothing\n",
		"Architecture: x86_64\n", "{\"schema\":1}" };
	struct machine machine;

	(void)state;
	machine_init(&machine);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(hardware_parse(hardware_kind_of(texts[i]), texts[i],
					 &machine, &err),
			-EINVAL);
		assert_true(*err.text);
	}
	/* cut anywhere: an answer or a refusal */
	for (size_t cut = 0; cut < strlen(cases[0].text); cut++) {
		char *part = strndup(cases[0].text, cut);
		struct err err = ERR_INIT;

		(void)hardware_parse(HARDWARE_DMIDECODE, part, &machine, &err);
		free(part);
	}
	machine_done(&machine);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 2];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[count++] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_hardware,
			.initial_state = &cases[i] };
	tests[count++] =
		(struct CMUnitTest)cmocka_unit_test(a_second_text_completes_the_first);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(what_is_none_of_them);
	return cmocka_run_group_tests_name("hardware text", tests, NULL, NULL);
}
