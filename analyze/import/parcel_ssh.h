/*
 * The OpenSSH client as a child, with `analyze export store` at its far end.  Keys,
 * known_hosts and ~/.ssh/config of the user hold; nothing is ever asked for.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_PARCEL_SSH_H
#define ANALYZE_IMPORT_PARCEL_SSH_H

#include "common/err.h"

#include <sys/types.h>

struct parcel_ssh {
	pid_t pid;
	int to_fd, from_fd; /* the program's input and output */
	int words_fd;       /* what the client says */
};

/* address: what is behind "ssh:" */
int parcel_ssh_open(const char *address, struct parcel_ssh *ret_ssh, struct err *err);
#define PARCEL_WORDS_SIZE 200
/* Ends it.  words: the last line of what it said, "" for nothing; NULL: not wanted. */
void parcel_ssh_close(struct parcel_ssh *ssh, char words[PARCEL_WORDS_SIZE]);

#endif
