#include "analyze/import/parcel_source.h"

#include "analyze/import/parcel_send.h"
#include "analyze/import/parcel_ssh.h"
#include "analyze/import/readers/text.h"
#include "common/array.h"
#include "common/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REMOTE_PREFIX "ssh:"
#define SOURCE_MEMORY_BYTES ((uint64_t)512 << 20)
#define SOURCE_ANSWER_BYTES (UINT64_MAX / 2) /* the deadline bounds it */
#define SOURCE_DEADLINE_MS (12 * 60 * 60 * 1000)
#define SILENCE_MS (10 * 60 * 1000)
#define WORKLOADS_MAX 100000
#define STEP_MAX_S 86400
#define STAMP_MAX INT64_C(4102444800) /* the year 2100 */
#define STORE_ID_LENGTH 32

struct parcel_source {
	const char *dir;
	struct parcel_ssh ssh; /* pid 0: a folder */
	struct confined *child;
	struct parcel_reader *reader;
	struct parcel_writer writer; /* of requests */
	int request_fd;              /* of a folder's child; its other end */
	struct sigaction before;     /* what SIGPIPE did */
	char id[STORE_ID_LENGTH + 1];
	struct workload_list list;
	int64_t wanted;
};

bool parcel_is_remote(const char *dir)
{
	return strncmp(dir, REMOTE_PREFIX, strlen(REMOTE_PREFIX)) == 0;
}

/* ---- in the child --------------------------------------------------------------------- */

/* The folder is "." to it. */
static int send_folder(void *context, int answer_fd, struct err *err)
{
	struct store *store = NULL;
	int r = store_open(".", &store, err);

	if (r == 0)
		r = parcel_send(store, *(const int *)context, answer_fd, err);
	store_close(store);
	return r;
}

static ssize_t read_remote(void *from, void *buffer, size_t size, struct err *err)
{
	struct pollfd set = { .fd = *(const int *)from, .events = POLLIN };
	ssize_t got;
	int r;

	do {
		r = poll(&set, 1, SILENCE_MS);
	} while (r < 0 && errno == EINTR);
	if (r == 0)
		return err_set(err, -ETIMEDOUT,
			"the other end has said nothing for %d s", SILENCE_MS / 1000);
	do {
		got = read(set.fd, buffer, size);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? err_errno(err, "what ssh says") : got;
}

/* Is the sender at a place where it waits for us? */
static bool is_turn_end(enum parcel_kind kind)
{
	return kind == PARCEL_LISTED || kind == PARCEL_DONE;
}

/* What a machine says is read here, and only what makes sense goes on. */
static int check_remote(void *context, int answer_fd, struct err *err)
{
	struct parcel_message message;
	struct parcel_writer writer;
	struct parcel_reader *reader = NULL;
	int r = parcel_reader_new(read_remote, context, "the other end", &reader, err);

	parcel_writer_init(&writer, answer_fd);
	while (r == 0 && (r = parcel_take(reader, &message, err)) > 0) {
		r = parcel_put_message(&writer, &message, parcel_columns(reader), err);
		if (r == 0 && is_turn_end(message.kind))
			r = parcel_flush(&writer, err);
	}
	if (r == 0)
		r = parcel_flush(&writer, err);
	parcel_reader_free(reader);
	parcel_writer_done(&writer);
	return r;
}

/* ---- the parent ------------------------------------------------------------------------- */

static ssize_t read_child(void *from, void *buffer, size_t size, struct err *err)
{
	return confine_read(from, buffer, size, err);
}

/* What the child said of its end is the reason, where it said something. */
static int source_fail(struct parcel_source *source, int r, struct err *err)
{
	char words[PARCEL_WORDS_SIZE] = "";
	struct err own = ERR_INIT;
	int ended = 0;

	if (source->child && r != -ETIMEDOUT) {
		ended = confine_finish(source->child, &own);
		source->child = NULL;
	}
	if (source->ssh.pid > 0)
		parcel_ssh_close(&source->ssh, words);
	source->ssh.pid = 0;
	if (ended < 0) {
		err_set(err, ended, "%s", own.text);
		r = ended;
	} else if (r == 0) {
		r = err_set(err, -ECONNRESET, "%s",
			words[0] ? words : "its answer ends in the middle");
	}
	return err_wrap(err, r, "%s", source->dir);
}

static int parcel_source_take(struct parcel_source *source,
	struct parcel_message *ret_message, struct err *err)
{
	int r = source->child ? parcel_take(source->reader, ret_message, err) : 0;

	return r > 0 ? r : source_fail(source, r, err);
}

static int refuse_source(
	struct parcel_source *source, const char *what, struct err *err)
{
	return err_set(err, -EBADMSG, "%s: it is no store that makes sense (%s)",
		source->dir, what);
}

static int check_hello(
	struct parcel_source *source, const struct parcel_hello *hello, struct err *err)
{
	if (hello->version != PARCEL_VERSION || hello->byte_order != PARCEL_BYTE_ORDER)
		return err_set(err, -EPROTO,
			"%s: another version of Headroom, or a machine of another byte "
			"order: expected version %d, found %lld",
			source->dir, PARCEL_VERSION, (long long)hello->version);
	if (strlen(hello->store_id) != STORE_ID_LENGTH ||
		strspn(hello->store_id, "0123456789abcdef") != STORE_ID_LENGTH)
		return refuse_source(source, "its id", err);
	memcpy(source->id, hello->store_id, sizeof(source->id));
	return 0;
}

static int parcel_add_workload(
	struct parcel_source *source, const struct workload *there, struct err *err)
{
	const struct text_place place = { source->dir, 0 };
	int r = text_name(&place, "workload", there->name, strlen(there->name), err);

	if (r < 0)
		return r;
	if (source->list.count >= WORKLOADS_MAX)
		return refuse_source(source, "too many workloads", err);
	if (there->step_s < 1 || there->step_s > STEP_MAX_S || there->phase_s < 0 ||
		there->phase_s >= (int)there->step_s || there->first < 0 ||
		there->first > there->last || there->last > STAMP_MAX ||
		(int)there->origin < 0 || there->origin > ORIGIN_SAMPLE)
		return refuse_source(source, "the step or the span of a workload", err);
	return parcel_workload_add(&source->list, there, err);
}

static int take_list(struct parcel_source *source, struct err *err)
{
	struct parcel_message message;
	int r = parcel_source_take(source, &message, err);

	if (r < 0)
		return r;
	if (message.kind != PARCEL_HELLO)
		return refuse_source(source, "no greeting", err);
	r = check_hello(source, &message.hello, err);
	while (r >= 0 && (r = parcel_source_take(source, &message, err)) > 0) {
		if (message.kind == PARCEL_LISTED)
			return 0;
		if (message.kind != PARCEL_WORKLOAD)
			return refuse_source(source, "no list", err);
		r = parcel_add_workload(source, &message.workload, err);
	}
	return r;
}

static int source_start_folder(struct parcel_source *source, struct err *err)
{
	struct confine_options options = { .what = source->dir,
		.beneath = source->dir,
		.keep_count = 1,
		.memory_bytes = SOURCE_MEMORY_BYTES,
		.answer_bytes = SOURCE_ANSWER_BYTES,
		.deadline_ms = SOURCE_DEADLINE_MS };
	int pair[2];
	int r;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_errno(err, "pipe");
	options.keep_fd[0] = pair[0];
	source->request_fd = pair[1];
	r = confine_start(&options, send_folder, &pair[0], &source->child, err);
	close(pair[0]);
	return r;
}

static int source_start_remote(struct parcel_source *source, struct err *err)
{
	struct confine_options options = { .what = source->dir,
		.keep_count = 1,
		.memory_bytes = SOURCE_MEMORY_BYTES,
		.answer_bytes = SOURCE_ANSWER_BYTES,
		.deadline_ms = SOURCE_DEADLINE_MS };
	int r = parcel_ssh_open(source->dir + strlen(REMOTE_PREFIX), &source->ssh, err);

	if (r < 0)
		return r;
	options.keep_fd[0] = source->ssh.from_fd;
	source->request_fd = source->ssh.to_fd;
	return confine_start(
		&options, check_remote, &source->ssh.from_fd, &source->child, err);
}

int parcel_source_open(
	const char *dir, struct parcel_source **ret_source, struct err *err)
{
	struct parcel_source *source = calloc(1, sizeof(*source));
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	int r;

	if (!source)
		return err_oom(err);
	source->dir = dir;
	source->request_fd = -1;
	/* one that has ended is told by what it said */
	(void)sigaction(SIGPIPE, &ignore, &source->before);
	r = parcel_is_remote(dir) ? source_start_remote(source, err)
				  : source_start_folder(source, err);
	parcel_writer_init(&source->writer, source->request_fd);
	if (r == 0)
		r = parcel_reader_new(
			read_child, source->child, dir, &source->reader, err);
	if (r == 0)
		r = take_list(source, err);
	if (r < 0) {
		parcel_source_close(source);
		return r;
	}
	*ret_source = source;
	return 0;
}

void parcel_source_close(struct parcel_source *source)
{
	if (!source)
		return;
	confine_abort(source->child);
	if (source->ssh.pid > 0)
		parcel_ssh_close(&source->ssh, NULL);
	else if (!parcel_is_remote(source->dir) && source->request_fd >= 0)
		close(source->request_fd);
	(void)sigaction(SIGPIPE, &source->before, NULL);
	parcel_reader_free(source->reader);
	parcel_writer_done(&source->writer);
	workload_list_done(&source->list);
	free(source);
}

const char *parcel_source_id(const struct parcel_source *source)
{
	return source->id;
}

const struct workload_list *parcel_source_list(const struct parcel_source *source)
{
	return &source->list;
}

/* ---- one workload ------------------------------------------------------------------------ */

/* A request that nobody reads: the other end said why. */
static int requested(struct parcel_source *source, int r, struct err *err)
{
	return r < 0 ? source_fail(source, r, err) : 0;
}

int parcel_want(struct parcel_source *source, size_t number, struct err *err)
{
	const struct parcel_number want = { .number = (int64_t)number };

	source->wanted = (int64_t)number;
	return requested(
		source, parcel_put(&source->writer, PARCEL_WANT, &want, NULL), err);
}

/* The checksums of an archive's blocks; made, the caller's. */
static int sum_archive(const struct rrd_file *file, size_t index,
	struct parcel_room *room, struct parcel_blocks *ret_blocks, uint64_t **ret_sums,
	struct err *err)
{
	const struct rrd_archive *archive = &file->archive[index];
	size_t columns = file->column_count;
	int64_t begin = parcel_block_of(archive, columns, archive->first);
	int64_t end = parcel_block_of(archive, columns, archive->last);
	uint64_t *sum = calloc((size_t)(end - begin) + 1, sizeof(*sum));
	int r = sum ? 0 : err_oom(err);

	for (int64_t block = begin; r == 0 && block <= end; block++) {
		int64_t first, last;

		parcel_block_span(archive, columns, block, &first, &last);
		r = parcel_read_rows(file, index, first, last, room, room->block, err);
		if (r == 0)
			sum[block - begin] = parcel_block_sum(room->block,
				(size_t)((last - first) / archive->step_s) + 1,
				columns);
	}
	*ret_sums = sum;
	*ret_blocks = (struct parcel_blocks){
		.first = begin, .count = (size_t)(end - begin) + 1, .sum = sum
	};
	return r;
}

int parcel_have(struct parcel_source *source, const struct rrd_file *file, char *name,
	struct err *err)
{
	struct parcel_blocks blocks[RRA_COUNT_MAX];
	uint64_t *sums[RRA_COUNT_MAX] = { NULL };
	struct parcel_shape shape = { .column = NULL };
	struct parcel_room room = { NULL, NULL };
	int r;

	/* one of ours that is none is replaced by theirs */
	if (parcel_shape_of(file, name, &shape, NULL) < 0)
		return 0;
	r = parcel_room_make(file->column_count, &room, err);
	for (size_t i = 0; r == 0 && i < shape.archives.count; i++)
		r = sum_archive(file, i, &room, &blocks[i], &sums[i], err);
	if (r == 0) {
		r = parcel_put_have(&source->writer, &shape, blocks, NULL);
		if (r < 0 && r != -EFBIG)
			r = source_fail(source, r, err);
	}
	for (size_t i = 0; i < RRA_COUNT_MAX; i++)
		free(sums[i]);
	parcel_room_done(&room);
	free(shape.column);
	return r == -EFBIG ? 0 : r;
}

int parcel_ask(struct parcel_source *source, struct err *err)
{
	int r = parcel_put(&source->writer, PARCEL_ASKED, NULL, NULL);

	return requested(source, r < 0 ? r : parcel_flush(&source->writer, NULL), err);
}

int parcel_next(struct parcel_source *source, struct parcel_message *ret_message,
	struct err *err)
{
	int r = parcel_source_take(source, ret_message, err);

	if (r < 0 || ret_message->kind != PARCEL_DONE)
		return r;
	return ret_message->number.number == source->wanted
		? 0
		: refuse_source(source, "the answer to another question", err);
}
