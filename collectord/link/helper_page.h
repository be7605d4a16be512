/*
 * What the helper found, in a page that helper and sampler map: the file "helper" in the
 * runtime folder.  The sampler makes it; the helper fills it about once a minute.  No
 * side waits for the other: an entry that is being written is looked at next time.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_LINK_HELPER_PAGE_H
#define COLLECTORD_LINK_HELPER_PAGE_H

#include "common/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	HELPER_ENTRIES = 256, /* all that the table of slow probes may list, and more */
	HELPER_NAME_BYTES = 128,
	HELPER_LABEL_BYTES = 96,
	HELPER_VALUES = 8,
};

enum helper_state {
	HELPER_NONE, /* this entry is not in use */
	HELPER_WELL,
	HELPER_LATE,   /* it does not answer within its deadline */
	HELPER_FAILED, /* it answers with an error, or with the impossible */
};

struct helper_entry {
	_Atomic uint32_t sequence;        /* odd: being written; 0: never written */
	uint32_t state;                   /* enum helper_state */
	char instance[HELPER_NAME_BYTES]; /* as the slow probe names it */
	char label[HELPER_LABEL_BYTES];   /* what people call it; may be "" */
	uint32_t count;                   /* of values */
	uint32_t metric[HELPER_VALUES];   /* enum metric_id */
	double value[HELPER_VALUES];      /* NAN: unknown */
};

struct helper_page {
	_Atomic uint32_t magic;
	_Atomic uint32_t generation; /* grows with each entry that was written */
	_Atomic int64_t beat_s;      /* CLOCK_BOOTTIME of the helper's last round */
	/* How long a turn takes in which all sources that can be are late; 0: not known
	 * yet. */
	_Atomic int64_t longest_turn_ms;
	struct helper_entry entry[HELPER_ENTRIES];
};

/* Makes the page, empty; ours to unmap with helper_page_close. */
int helper_page_create(
	const char *runtime, struct helper_page **ret_page, struct err *err);
int helper_page_open(
	const char *runtime, struct helper_page **ret_page, struct err *err);
void helper_page_close(struct helper_page *page); /* NULL is a no-op */

/* For the writing side. */
void helper_entry_begin(struct helper_entry *entry);
void helper_entry_end(struct helper_page *page, struct helper_entry *entry);

/*
 * helper_entry_copy - a whole entry, if it is another than the one seen last
 *
 * seen  its sequence then; set when true is returned
 */
bool helper_entry_copy(const struct helper_entry *entry, uint32_t *seen,
	struct helper_entry *ret_copy);

#endif
