/* A file system, or a machine, that does not give what others do. */
#ifndef TESTS_UNIT_COLLECTORD_STAGING_DAMAGE_REFUSALS_H
#define TESTS_UNIT_COLLECTORD_STAGING_DAMAGE_REFUSALS_H

enum refusal {
	REFUSES_NOTHING,
	REFUSES_DIRECT_OPEN,  /* O_DIRECT at open */
	REFUSES_DIRECT_WRITE, /* ... accepted there, not by the first write */
	REFUSES_FLAGS,        /* ... and it cannot be taken back */
	REFUSES_TO_TELL,      /* ... nor can it be looked at */
	REFUSES_MEMORY,       /* no page more */
	REFUSES_MUCH,         /* no more than a few pages at once */
	REFUSES_STALE,        /* the handle is not valid any more: NFS */
};

extern enum refusal refusal; /* from here on */

#endif
