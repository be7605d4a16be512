/* Texts that are no series: walks of SNMP, outputs of hardware tools, scrapes. */
#include "tests/import_recorder.h"
#include "tests/named_rows.h"

#include "common/util.h"

#include <errno.h>
#include <string.h>

struct facts_case {
	const char *name;
	const struct importer *importer;
	const char *path, *text;
	size_t length; /* 0: of the text */
	int code;
	const char *expected; /* of a refusal: a part of its text */
};

#define WIDE                                                                                       \
	"\xff\xfeH\0o\0s\0t\0 \0N\0a\0m\0e\0:\0 \0W\0E\0B\0\n\0O\0S\0 \0N\0a\0m\0e\0:\0 \0X\0\n\0" \
	"T\0o\0t\0a\0l\0 \0P\0h\0y\0s\0i\0c\0a\0l\0 \0M\0e\0m\0o\0r\0y\0:\0 \0001\0 \0M\0B\0\n\0"

static struct facts_case facts_cases[] = {
	{ "a walk in numbers: the adapters that are up, the volumes that are disks",
		&snmp_importer, "web1.snmpwalk",
		".1.3.6.1.2.1.1.1.0 = STRING: \"Linux web1 5.10\"\n"
		".1.3.6.1.2.1.1.5.0 = STRING: \"web1.lan\"\n"
		".1.3.6.1.2.1.2.2.1.2.1 = STRING: \"lo\"\n"
		".1.3.6.1.2.1.2.2.1.2.2 = STRING: \"eth0\"\n"
		".1.3.6.1.2.1.2.2.1.2.3 = STRING: \"eth1\"\n"
		".1.3.6.1.2.1.2.2.1.3.1 = INTEGER: softwareLoopback(24)\n"
		".1.3.6.1.2.1.2.2.1.3.2 = INTEGER: ethernetCsmacd(6)\n"
		".1.3.6.1.2.1.2.2.1.3.3 = INTEGER: 6\n"
		".1.3.6.1.2.1.2.2.1.5.2 = Gauge32: 100000000\n"
		".1.3.6.1.2.1.2.2.1.8.1 = INTEGER: up(1)\n"
		".1.3.6.1.2.1.2.2.1.8.2 = INTEGER: up(1)\n"
		".1.3.6.1.2.1.2.2.1.8.3 = INTEGER: down(2)\n"
		".1.3.6.1.2.1.31.1.1.1.15.2 = Gauge32: 10000\n"
		".1.3.6.1.2.1.25.2.2.0 = INTEGER: 2048 KBytes\n"
		".1.3.6.1.2.1.25.2.3.1.2.31 = OID: .1.3.6.1.2.1.25.2.1.4\n"
		".1.3.6.1.2.1.25.2.3.1.2.32 = OID: .1.3.6.1.2.1.25.2.1.4\n"
		".1.3.6.1.2.1.25.2.3.1.3.31 = STRING: /\n"
		".1.3.6.1.2.1.25.2.3.1.3.32 = STRING: /dev/shm\n"
		".1.3.6.1.2.1.25.2.3.1.4.31 = INTEGER: 4096 Bytes\n"
		".1.3.6.1.2.1.25.2.3.1.4.32 = INTEGER: 4096 Bytes\n"
		".1.3.6.1.2.1.25.2.3.1.5.31 = INTEGER: 1048576\n"
		".1.3.6.1.2.1.25.2.3.1.5.32 = INTEGER: 1048576\n"
		".1.3.6.1.2.1.25.2.3.1.6.31 = INTEGER: 524288", /* cut: no end of line */
		0, 0,
		"web1.lan os=Linux web1 5.10\nweb1.lan memory.total_bytes=2097152\n"
		"web1.lan adapters=1\nweb1.lan network.speed_bps=10000000000\n"
		"web1.lan root_free_gb=2\nweb1.lan disk.size_bytes=4294967296\n" },
	{ "a walk in names", &snmp_importer, "web1.txt",
		"SNMPv2-MIB::sysDescr.0 = STRING: Hardware: x86 - Software: Windows "
		"Version 6.1\nHOST-RESOURCES-MIB::hrMemorySize.0 = INTEGER: 1024 KBytes\n",
		0, 0,
		"web1 os=Windows Version 6.1\nweb1 memory.total_bytes=1048576\n" },
	{ "snmprec, a text in hexadecimal", &snmp_importer, "web1.snmprec",
		"1.3.6.1.2.1.1.1.0|4x|4c696e7578\n1.3.6.1.4.1.2021.4.5.0|2|1000\n", 0,
		0, "web1 os=Linux\nweb1 memory.total_bytes=1024000\n" },
	{ "of two walks the first counts", &snmp_importer, "two.snmpwalk",
		".1.3.6.1.2.1.1.1.0  = STRING: A\n.1.3.6.1.2.1.25.2.2.0  = INTEGER:: 1\n"
		".1.3.6.1.2.1.1.1.0 = STRING:: B\n.1.3.6.1.2.1.25.2.2.0 = INTEGER:: 2\n",
		0, 0, "two os=A\ntwo memory.total_bytes=1024\n" },
	{ "systeminfo in English, a guest of VMware", &hardware_importer, "x.txt",
		"\r\nHost Name:                 WEB\r\nOS Name:                   Windows "
		"Server 2016\r\nSystem Model:              VMware7,1\r\nSystem Type:      "
		"         x64-based PC\r\nProcessor(s):              2 Processor(s) "
		"Installed.\r\n                           [01]: Intel64 ~2400 Mhz\r\n      "
		"                     [02]: Intel64 ~2400 Mhz\r\nTotal Physical Memory:    "
		" 2,047 MB\r\n",
		0, 0,
		"WEB os=Windows Server 2016\nWEB os_bits=64\nWEB machine=vmware\n"
		"WEB cpu.core_mhz=2400\nWEB memory.total_bytes=2146435072\n" },
	{ "systeminfo in German, in the console's code page", &hardware_importer,
		"x.txt",
		"Hostname:                                      K\x81"
		"CHE\nBetriebssystemname:                            Windows 10\nProzessor("
		"en):                                 1 Prozessor(en) installiert.\n        "
		"                                       [01]: Intel64 ~3000 MHz\nGesamter "
		"physischer Speicher:                  8.075 MB\n",
		0, 0,
		"K?CHE os=Windows 10\nK?CHE cpu.core_mhz=3000\n"
		"K?CHE memory.total_bytes=8467251200\n" },
	{ "systeminfo in French, a narrow blank in the number", &hardware_importer,
		"x.txt",
		"Nom de l'h\xf4te:        A\nNom du syst\xe8me d'exploitation:  Windows 11\n"
		"M\xe9moire physique totale:          16\xa0"
		"268 Mo\n",
		0, 0, "A os=Windows 11\nA memory.total_bytes=17058234368\n" },
	{ "systeminfo by PowerShell is UTF-16", &hardware_importer, "x.txt", WIDE,
		sizeof(WIDE) - 1, 0, "WEB os=X\nWEB memory.total_bytes=1048576\n" },
	{ "lscpu as JSON", &hardware_importer, "web1.json",
		"{\"lscpu\":[{\"field\":\"Architecture:\",\"data\":\"x86_64\",\"children\":["
		"{\"field\":\"CPU op-mode(s):\",\"data\":\"32-bit, 64-bit\"}]},{\"field\":"
		"\"CPU(s):\",\"data\":\"8\"},{\"field\":\"Model name:\",\"data\":\"Xeon @ "
		"2.50GHz\",\"children\":[{\"field\":\"Thread(s) per core:\",\"data\":\"2\"}"
		",{\"field\":\"Socket(s):\",\"data\":\"1\"}]}]}",
		0, 0,
		"web1 os_bits=64\nweb1 cpu_model=Xeon @ 2.50GHz\nweb1 cpu.cores=4\n"
		"web1 cpu.core_mhz=2500\n" },
	{ "lshw: two sockets, of which one is empty, and two modules",
		&hardware_importer, "x.json",
		"{\"id\":\"web1\",\"class\":\"system\",\"vendor\":\"HP\",\"children\":[{"
		"\"id\":\"core\",\"class\":\"bus\",\"children\":[{\"id\":\"cpu:0\","
		"\"class\":\"processor\",\"product\":\"Xeon @ 2.60GHz\",\"configuration\":{"
		"\"cores\":\"8\",\"enabledcores\":\"6\",\"threads\":\"16\"}},{\"id\":"
		"\"cpu:1\",\"class\":\"processor\",\"disabled\":true},{\"id\":\"memory\","
		"\"class\":\"memory\",\"size\":3221225472,\"children\":[{\"id\":\"bank:0\","
		"\"class\":\"memory\",\"size\":1073741824},{\"id\":\"bank:1\",\"class\":"
		"\"memory\",\"size\":2147483648},{\"id\":\"bank:2\",\"class\":\"memory\"}]}"
		"]}]}",
		0, 0,
		"web1 cpu_model=Xeon @ 2.60GHz\nweb1 cpu.cores=6\nweb1 cpu.core_mhz=2600\n"
		"web1 memory.total_bytes=3221225472\n" },
	{ "vmware_exporter: VMs, no templates", &prometheus_importer, "x.prom",
		"# HELP vmware_vm_num_cpu x\n# TYPE vmware_vm_num_cpu gauge\n"
		"vmware_vm_num_cpu{host_name=\"h\",vm_name=\"web}1\"} 2.0\n"
		"vmware_vm_num_cpu{host_name=\"h\",vm_name=\"t\"} 2.0\n"
		"vmware_vm_memory_max{vm_name=\"web}1\"} 4096.0\n"
		"vmware_vm_max_cpu_usage{vm_name=\"web}1\"} 4998.0\n"
		"vmware_vm_template{vm_name=\"t\"} 1.0\n",
		0, 0,
		"web}1 cpu.cores=2\nweb}1 cpu.core_mhz=2499\n"
		"web}1 memory.total_bytes=4294967296\nweb}1 machine=vmware\n" },
	{ "another text is refused", &hardware_importer, "x.txt", "hello\n", 0, -EINVAL,
		"x.txt: neither of dmidecode, lscpu, lshw nor systeminfo" },
	{ "a control character in JSON is refused without it", &hardware_importer,
		"x.json", "{\"id\":\"a\",\"class\":\"system\",\"x\":\"m\x06", 0,
		-EINVAL, "\"m\\x06\"" },
	{ "JSON that is cut is refused", &hardware_importer, "x.json",
		"{\"lscpu\":[{\"field\":", 0, -EINVAL, "x.json: JSON:1:" },
};

static void check_facts(void **state)
{
	const struct facts_case *c = *state;
	const struct import_options options = { .workload = NULL };
	struct import_recorder recorder;
	struct err err = ERR_INIT;
	size_t length = c->length ? c->length : strlen(c->text);
	const struct import_head head = {
		.path = c->path, .text = c->text, .length = length, .is_whole = true
	};
	int r = recorder_run(
		&recorder, c->importer, c->path, c->text, length, &options, &err);

	if (r != c->code)
		fail_msg("%d: %s", r, err.text);
	if (r < 0 && !strstr(err.text, c->expected))
		fail_msg("\"%s\" without \"%s\"", err.text, c->expected);
	if (r == 0) {
		assert_string_equal(strbuf_text(&recorder.text), c->expected);
		assert_true(c->importer->recognise(&head) >= IMPORT_LIKELY);
	}
	recorder_done(&recorder);
}

int main(void)
{
	static struct named_rows rows;

	for (size_t i = 0; i < ARRAY_LEN(facts_cases); i++)
		named_rows_add(
			&rows, facts_cases[i].name, check_facts, &facts_cases[i]);
	return _cmocka_run_group_tests(
		"import_facts", rows.test, rows.count, NULL, NULL);
}
