/*
 * What one store tells another (analyze import store): messages over a pipe, from a
 * confined child that reads a folder, or from `analyze export store` at the end of ssh.
 *
 *	sender                                    receiver
 *	HELLO, a WORKLOAD each, LISTED      ->
 *	                                    <-    WANT, a HAVE for each archive, ASKED
 *	notes, FILE, ROWS..., FILE_END, ..., DONE ->
 *	                                    <-    WANT ..., or the end
 *
 * Of an archive only those blocks of rows travel whose checksums differ from those of
 * HAVE.  The sender is not believed: every length, number and name is checked here or by
 * whoever takes the message.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_PARCEL_H
#define ANALYZE_IMPORT_PARCEL_H

#include "common/strbuf.h"
#include "store/db/events.h"
#include "store/db/exclusions.h"
#include "store/db/facts.h"
#include "store/db/reviews.h"
#include "store/db/workloads.h"
#include "store/rrd/rrd_file.h"

#include <sys/types.h>

#define PARCEL_VERSION 1
#define PARCEL_BODY_MAX ((size_t)1 << 20)

enum parcel_kind {
	PARCEL_HELLO,
	PARCEL_WORKLOAD,
	PARCEL_LISTED,
	PARCEL_EVENT,
	PARCEL_GAP,
	PARCEL_BOOT,
	PARCEL_DEVICE,
	PARCEL_FACT,
	PARCEL_EXCLUSION,
	PARCEL_REVIEW,
	PARCEL_FILE,
	PARCEL_ROWS,
	PARCEL_FILE_END,
	PARCEL_DONE, /* with the workload that was wanted */
	PARCEL_WANT,
	PARCEL_HAVE,
	PARCEL_ASKED,
	PARCEL_KINDS,
};

struct parcel_hello {
	int64_t version;
	int64_t byte_order; /* of the rows: PARCEL_BYTE_ORDER as the sender has it */
	char *store_id;
};
#define PARCEL_BYTE_ORDER INT64_C(0x0102030405060708)

struct parcel_number {
	int64_t number; /* of the workload in the list, from 0 */
};

/* A file's structure, its name not encoded. */
struct parcel_shape {
	char *name;
	int64_t last_update;
	const char **column; /* of the reader, as the texts are */
	size_t columns;
	struct rra_set archives; /* heartbeat and xff are ours */
};

/* Rows of one archive: stamps first, first + its step ... */
struct parcel_rows {
	size_t archive;
	int64_t first;
	size_t count;
	/* count rows, or one value that all of them have: most of a young archive is
	 * unknown; may be unaligned: memcpy */
	const double *value;
	bool is_one_value;
};

/* Checksums of whole blocks of rows, see parcel_rows.h. */
struct parcel_blocks {
	int64_t first; /* number of the first block */
	size_t count;
	const void *sum; /* count of uint64_t, unaligned */
};

struct parcel_message {
	enum parcel_kind kind;
	union {
		struct parcel_hello hello;
		struct workload workload;
		struct parcel_number number; /* WANT, DONE */
		struct event event;
		struct gap gap;
		struct boot boot;
		struct device device;
		struct fact fact;
		struct exclusion exclusion;
		struct review review;
		struct parcel_shape file; /* FILE, HAVE */
		struct parcel_rows rows;
	};
	struct parcel_blocks blocks[RRA_COUNT_MAX]; /* HAVE: of each archive */
};

/* ---- writing ------------------------------------------------------------------------- */

struct parcel_writer {
	int fd;
	struct strbuf out; /* flushed when it is large, and by parcel_flush */
};

void parcel_writer_init(struct parcel_writer *writer, int fd);
void parcel_writer_done(struct parcel_writer *writer);
/* item: the struct of that kind as struct parcel_message has it; NULL where it has none. */
int parcel_put(struct parcel_writer *writer, enum parcel_kind kind, const void *item,
	struct err *err);
int parcel_put_rows(struct parcel_writer *writer, const struct parcel_rows *rows,
	size_t columns, struct err *err);
/* -EFBIG, without a text, for more blocks than fit: then there is no HAVE of that file */
int parcel_put_have(struct parcel_writer *writer, const struct parcel_shape *shape,
	const struct parcel_blocks *blocks, struct err *err);
/* Any message that was taken, once more. */
int parcel_put_message(struct parcel_writer *writer,
	const struct parcel_message *message, size_t columns, struct err *err);
int parcel_flush(struct parcel_writer *writer, struct err *err);

/* ---- reading ------------------------------------------------------------------------- */

/* As read(2), with the text set. */
typedef ssize_t parcel_read(void *from, void *buffer, size_t size, struct err *err);

struct parcel_reader; /* opaque */

/* what: whose words they are, for messages; borrowed, as `from` is */
int parcel_reader_new(parcel_read *read, void *from, const char *what,
	struct parcel_reader **ret_reader, struct err *err);
void parcel_reader_free(struct parcel_reader *reader); /* NULL is a no-op */

/*
 * parcel_take - the next message, whole and with believable numbers
 *
 * Texts, columns and rows in it live until the next call.  ROWS and FILE_END come only
 * behind a FILE, and rows are of a size that its columns and archives allow.
 *
 * Returns 1; 0 at the end; -EBADMSG for what is no message; what reading gave.
 */
int parcel_take(struct parcel_reader *reader, struct parcel_message *ret_message,
	struct err *err);
/* How many columns the last FILE has. */
size_t parcel_columns(const struct parcel_reader *reader);

/* ---- lists --------------------------------------------------------------------------- */

/* All that is known of a workload beside its archives. */
struct parcel_notes {
	struct event_list events;
	struct gap_list gaps;
	struct boot_list boots;
	struct device_list devices;
	struct fact_list facts;
	struct exclusion_list exclusions; /* the removed ones included */
	struct review_list reviews;       /* the withdrawn ones included */
};

/* Adds a copy of the item to its list; a message of another kind is refused (-EINVAL,
 * without a text). */
int parcel_notes_add(struct parcel_notes *notes, const struct parcel_message *message,
	struct err *err);
int parcel_put_notes(struct parcel_writer *writer, const struct parcel_notes *notes,
	struct err *err);
void parcel_notes_done(struct parcel_notes *notes);

/* The same for the list of workloads. */
int parcel_workload_add(
	struct workload_list *list, const struct workload *workload, struct err *err);

#endif
