/*
 * collectord-snmp ADDRESS FILE: a machine by SNMP, started by collectord-poller, one for
 * each host: whatever an agent sends is met here and nowhere else.
 *
 * Each line on the standard input asks for one reading.  The answer is what an exporter
 * says (node_exporter's names), so that definitions are the same; before it stands the
 * agent's sysUpTime, which is what the time between two readings is taken from, behind it
 * "# EOF".  MIBs: HOST-RESOURCES, IF-MIB with 64 bits, UCD-SNMP and UCD-DISKIO.
 *
 * FILE holds what nobody else may read, a word and its value on each line:
 *
 *     community = public                   v2c, or for v3:
 *     user = headroom
 *     auth = SHA-256 PASSPHRASE            MD5, SHA, SHA-224 ... SHA-512
 *     priv = AES PASSPHRASE                DES, AES
 */
#include "collectord/snmp/snmp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>

int main(int argc, char **argv)
{
	static struct snmp_host host; /* large, and there is one */
	char line[8];

	if (argc != 3) {
		fputs("this program is started by collectord-poller, not by hand\n",
			stderr);
		return 2;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)prctl(PR_SET_DUMPABLE, 0); /* there are secrets in it */
	if (snmp_host_open(&host, argv[1], argv[2]) < 0) {
		printf("# %s\n# EOF\n", host.why);
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		if (snmp_host_read(&host) < 0)
			printf("# %s\n", host.why);
		else
			snmp_host_print(&host, stdout);
		puts("# EOF");
		fflush(stdout);
	}
	snmp_host_close(&host);
	return 0;
}
