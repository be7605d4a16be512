/*
 * PCP archives: several files (NAME.meta, NAME.index, NAME.0 ...), read by headroom-pcp, which
 * is there where libpcp is, in a child.  Its lines are series as node_exporter has them.
 */
#include "analyze/import/importer.h"
#include "analyze/import/readers/confined.h"
#include "analyze/import/readers/unpack.h"
#include "common/program.h"
#include "common/util.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PCP_FILE_MAX ((uint64_t)1 << 30)
#define PCP_MEMORY_BYTES ((uint64_t)2 << 30)
#define PCP_OUTPUT_BYTES ((uint64_t)8 << 30)
#define PCP_DEADLINE_MS (300 * 1000)
#define PARTS_MAX 7 /* meta, index and the volumes */

/* The label that each part begins with: its length, a magic number with the version, and
 * behind process and time which part it is. */
static bool is_label(const char *head, size_t length, int32_t *ret_part)
{
	static const char magic[] = "\x50\x05\x26";
	const unsigned char *u = (const unsigned char *)head;
	size_t at;

	if (length < 40 || head[0] != 0 || head[1] != 0 || memcmp(head + 4, magic, 3) ||
		(head[7] != 1 && head[7] != 2 && head[7] != 3))
		return false;
	/* seconds and microseconds of 4 bytes; from version 3 on of 8 and 4 */
	at = head[7] == 3 ? 24 : 20;
	*ret_part = (int32_t)((uint32_t)u[at] << 24 | (uint32_t)u[at + 1] << 16 |
		(uint32_t)u[at + 2] << 8 | u[at + 3]);
	return true;
}

static const char *const pcp_marks[] = { "", ".xz", ".gz", ".bz2" };

/* "/x/archive.0.xz" to "/x/archive"; false for another name. */
static bool archive_base(const char *path, char base[PATH_MAX])
{
	size_t length = strlen(path);

	for (size_t i = 1; i < ARRAY_LEN(pcp_marks); i++) {
		size_t mark = strlen(pcp_marks[i]);

		if (length > mark && !strcmp(path + length - mark, pcp_marks[i])) {
			length -= mark;
			break;
		}
	}
	if (length < 3 || length >= PATH_MAX || memcmp(path + length - 2, ".0", 2))
		return false;
	memcpy(base, path, length - 2);
	base[length - 2] = '\0';
	return true;
}

/* A part by its name, compressed or not; 0: there is none. */
static int keep_part(const char *base, const char *part, int *ret_fd, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(pcp_marks); i++) {
		struct bytes *file = NULL, *bytes;
		const char *head = NULL, *kind;
		char path[PATH_MAX + 32];
		size_t length = 0;
		int r;

		snprintf(path, sizeof(path), "%s.%s%s", base, part, pcp_marks[i]);
		if (access(path, R_OK) < 0)
			continue;
		r = bytes_open(path, &file, err);
		bytes = file;
		if (r >= 0)
			r = bytes_head(file, &head, &length, err);
		kind = r >= 0 ? unpack_kind(head, length) : NULL;
		if (kind)
			r = unpack_confined(file, kind, &bytes, err);
		if (r >= 0)
			r = bytes_keep(bytes, PCP_FILE_MAX, ret_fd, err);
		if (bytes != file)
			bytes_close(bytes);
		bytes_close(file);
		return r < 0 ? r : 1;
	}
	return 0;
}

struct pcp_parts {
	int fd[PARTS_MAX];
	char word[PARTS_MAX][24]; /* "meta=5" */
	size_t count;
};

static int add_pcp_part(
	struct pcp_parts *parts, const char *base, const char *part, struct err *err)
{
	int r = keep_part(base, part, &parts->fd[parts->count], err);

	if (r <= 0)
		return r;
	snprintf(parts->word[parts->count], sizeof(parts->word[0]), "%s=%d", part,
		parts->fd[parts->count]);
	parts->count++;
	return 1;
}

static int gather_parts(
	struct bytes *bytes, const char *base, struct pcp_parts *parts, struct err *err)
{
	static const char *const beside[] = { "meta", "index" };
	int r = bytes_keep(bytes, PCP_FILE_MAX, &parts->fd[0], err);

	if (r < 0)
		return r;
	snprintf(parts->word[0], sizeof(parts->word[0]), "0=%d", parts->fd[0]);
	parts->count = 1;
	for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
		r = add_pcp_part(parts, base, beside[i], err);
		if (r == 0)
			return err_set(err, -ENOENT,
				"%s: an archive of PCP is %s.meta, %s.index and its "
				"volumes together: %s.%s is not there",
				bytes_name(bytes), base, base, base, beside[i]);
		if (r < 0)
			return r;
	}
	for (unsigned volume = 1; r > 0; volume++) {
		char part[16];

		snprintf(part, sizeof(part), "%u", volume);
		if (parts->count == PARTS_MAX)
			return err_set(err, -EFBIG,
				"%s: expected at most %d volumes: put them together by "
				"pmlogextract before",
				bytes_name(bytes), PARTS_MAX - 2);
		r = add_pcp_part(parts, base, part, err);
	}
	return r;
}

static int run_pcp(
	const struct pcp_parts *parts, struct bytes **ret_printed, struct err *err)
{
	struct confine_options options = { .what = "headroom-pcp",
		.memory_bytes = PCP_MEMORY_BYTES,
		.answer_bytes = PCP_OUTPUT_BYTES,
		.deadline_ms = PCP_DEADLINE_MS };
	char program[PATH_MAX], word[PARTS_MAX][24];
	char *argv[PARTS_MAX + 2] = { program };

	if (program_find("headroom-pcp", program, sizeof(program)) < 0)
		return err_set(err, -ENOENT,
			"this is an archive of PCP: headroom-pcp, which reads it, is not "
			"here (the package headroom-pcp has it; it is built where "
			"libpcp3-dev is installed)");
	for (size_t i = 0; i < parts->count; i++) {
		memcpy(word[i], parts->word[i], sizeof(word[i]));
		argv[i + 1] = word[i];
		options.keep_fd[options.keep_count++] = parts->fd[i];
	}
	argv[parts->count + 1] = NULL;
	return confined_program(&options, argv, ret_printed, err);
}

/* The first volume stands for the archive; the other parts are read with it. */
static int pcp_print(struct bytes *bytes, struct bytes **ret_printed, struct err *err)
{
	struct pcp_parts parts = { .count = 0 };
	char base[PATH_MAX];
	const char *head = NULL;
	size_t length = 0;
	int32_t part = -1;
	int r = bytes_head(bytes, &head, &length, err);

	if (r < 0 || !is_label(head, length, &part) || part != 0)
		return r;
	if (!archive_base(bytes_name(bytes), base))
		return err_set(err, -EINVAL,
			"%s: the first volume of an archive of PCP is called NAME.0",
			bytes_name(bytes));
	r = gather_parts(bytes, base, &parts, err);
	if (r >= 0)
		r = run_pcp(&parts, ret_printed, err);
	for (size_t i = 0; i < parts.count; i++)
		close(parts.fd[i]);
	return r < 0 && !strstr(err->text, bytes_name(bytes))
		? err_wrap(err, r, "%s", bytes_name(bytes))
		: r;
}

static int pcp_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	static const char why[] = "a part of an archive: it is read with its volume 0";
	const char *head = NULL;
	size_t length = 0;
	int32_t part = 0;
	int r = bytes_head(source->bytes, &head, &length, err);

	if (r < 0)
		return r;
	if (is_label(head, length, &part))
		return account_ignore(
			sink->account, source->path, strlen(source->path), why, err);
	if (length == 0)
		return 0; /* an archive that has nothing of ours */
	return prometheus_importer.read(source, sink, err);
}

static int pcp_recognise(const struct import_head *head)
{
	int32_t part;

	return is_label(head->text, head->length, &part) ? IMPORT_SURE
							 : IMPORT_NOT_MINE;
}

const struct importer pcp_importer = {
	.name = "pcp",
	.help = "archives of Performance Co-Pilot: NAME.0 beside NAME.meta and NAME.index",
	.example = "analyze import pcp /var/log/pcp/pmlogger/web1/20261121.0.xz",
	.is_confined = true,
	.walks = true,
	.print = pcp_print,
	.recognise = pcp_recognise,
	.read = pcp_read,
};
