/* The subject of a tick: whose reading it is. */
#include "collectord/link/subject.h"

#include "common/array.h"
#include "common/checksum.h"
#include "common/hex.h"
#include "common/io.h"
#include "common/parse.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_LINE "headroom-subject 1"
#define TEXT_MAX ((size_t)4096)
#define FILE_PREFIX "subject-"

enum { PATH_BYTES = 4096, STEP_MOST_S = 86400 };

int subject_init(
	struct subject *subject, const char *name, unsigned step_s, struct err *err)
{
	size_t length = strlen(name);

	if (length == 0 || length >= SUBJECT_NAME_BYTES)
		return err_set(err, -EINVAL,
			"a workload's name has 1 to %d bytes, this has %zu",
			SUBJECT_NAME_BYTES - 1, length);
	if (step_s == 0 || step_s > STEP_MOST_S)
		return err_set(err, -EINVAL, "%u s is no step", step_s);
	memset(subject, 0, sizeof(*subject));
	memcpy(subject->name, name, length + 1);
	subject->step_s = step_s;
	subject->id = checksum64(name, length, step_s);
	if (subject->id == SUBJECT_OWN)
		subject->id = 1;
	return 0;
}

/* ---- text ---------------------------------------------------------------------- */

static void add_word(struct strbuf *out, const char *key, const char *text)
{
	strbuf_addf(out, "%s ", key);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			(c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-')
			strbuf_add_bytes(out, text, 1);
		else
			strbuf_addf(out, "%%%02X", c);
	}
	strbuf_add(out, "\n");
}

int subject_print(const struct subject *subject, struct strbuf *out, struct err *err)
{
	strbuf_addf(out, "%s\nstep %u\n", FIRST_LINE, subject->step_s);
	add_word(out, "name", subject->name);
	if (subject->folder[0])
		add_word(out, "folder", subject->folder);
	if (subject->is_refused)
		add_word(out, "refused", "yes");
	strbuf_add(out, "end\n");
	if (strbuf_failed(out))
		return err_set(err, strbuf_failed(out), "the subject does not fit");
	return 0;
}

/* The word behind "key " at *at, decoded; *at moves behind its line.  0, -ENOENT when the
 * line begins with another key, -EBADMSG. */
static int subject_take_word(
	const char **at, const char *end, const char *key, char *ret_text, size_t size)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	size_t length = strlen(key), used = 0;

	if (!newline)
		return -EBADMSG;
	if ((size_t)(newline - *at) <= length || strncmp(*at, key, length) != 0 ||
		(*at)[length] != ' ')
		return -ENOENT;
	for (const char *c = *at + length + 1; c < newline; c++) {
		char plain = *c;

		if (plain == '%') {
			int high = newline - c > 2 ? hex_digit(c[1]) : -1;
			int low = high < 0 ? -1 : hex_digit(c[2]);

			if (low < 0)
				return -EBADMSG;
			plain = (char)(high * 16 + low);
			c += 2;
		}
		if (plain == '\0' || used + 1 >= size)
			return -EBADMSG;
		ret_text[used++] = plain;
	}
	ret_text[used] = '\0';
	*at = newline + 1;
	return used > 0 ? 0 : -EBADMSG;
}

int subject_parse(
	const char *text, size_t length, struct subject *ret_subject, struct err *err)
{
	static const char head[] = FIRST_LINE "\n";
	char name[SUBJECT_NAME_BYTES], folder[SUBJECT_FOLDER_BYTES] = "", step[16];
	char refused[4] = "";
	const char *at = text, *end = text + length;
	struct subject subject;
	uint64_t step_s = 0;
	int r;

	if (length > TEXT_MAX || length < sizeof(head) - 1 ||
		memcmp(text, head, sizeof(head) - 1) != 0)
		return err_set(err, -EBADMSG, "line 1: not \"" FIRST_LINE "\"");
	at += sizeof(head) - 1;
	if (subject_take_word(&at, end, "step", step, sizeof(step)) < 0 ||
		parse_u64(step, strlen(step), &step_s) < 0 || step_s > STEP_MOST_S)
		return err_set(err, -EBADMSG, "line 2: no usable step");
	if (subject_take_word(&at, end, "name", name, sizeof(name)) < 0)
		return err_set(err, -EBADMSG, "line 3: no name");
	r = subject_take_word(&at, end, "folder", folder, sizeof(folder));
	if (r == 0 || r == -ENOENT)
		r = subject_take_word(&at, end, "refused", refused, sizeof(refused));
	if ((r < 0 && r != -ENOENT) || end - at != 4 || memcmp(at, "end\n", 4) != 0)
		return err_set(err, -EBADMSG, "no \"end\" behind name and folder");
	if (strchr(folder, '/') || folder[0] == '.')
		return err_set(err, -EBADMSG, "line 4: no name of a folder");
	r = subject_init(&subject, name, (unsigned)step_s, err);
	if (r < 0)
		return err_wrap(err, -EBADMSG, "subject");
	memcpy(subject.folder, folder, sizeof(folder));
	subject.is_refused = strcmp(refused, "yes") == 0;
	*ret_subject = subject;
	return 0;
}

/* ---- files ---------------------------------------------------------------------- */

void subject_file_name(uint64_t id, char ret_name[static SUBJECT_FILE_NAME_BYTES])
{
	snprintf(ret_name, SUBJECT_FILE_NAME_BYTES, FILE_PREFIX "%016llx",
		(unsigned long long)id);
}

static int subject_path(
	uint64_t id, const char *dir, char path[static PATH_BYTES], struct err *err)
{
	char name[SUBJECT_FILE_NAME_BYTES];

	subject_file_name(id, name);
	if (snprintf(path, PATH_BYTES, "%s/%s", dir, name) >= PATH_BYTES)
		return err_set(err, -ENAMETOOLONG, "%.100s: the path is too long", dir);
	return 0;
}

int subject_save(const struct subject *subject, const char *dir, bool is_durable,
	struct err *err)
{
	char path[PATH_BYTES];
	struct strbuf text;
	int r = subject_path(subject->id, dir, path, err);

	if (r < 0)
		return r;
	strbuf_init(&text, TEXT_MAX);
	r = subject_print(subject, &text, err);
	if (r == 0)
		r = io_make_folders(dir, 0750, err);
	if (r == 0)
		r = io_replace_file(AT_FDCWD, path, strbuf_text(&text), text.length,
			0640, is_durable ? IO_DURABLE : IO_VOLATILE, err);
	strbuf_done(&text);
	return r;
}

int subject_load(
	const char *dir, uint64_t id, struct subject *ret_subject, struct err *err)
{
	char path[PATH_BYTES];
	struct subject subject;
	struct strbuf text;
	int r = subject_path(id, dir, path, err);

	if (r < 0)
		return r;
	strbuf_init(&text, TEXT_MAX);
	r = io_read_file(AT_FDCWD, path, &text, err);
	if (r == 0) {
		r = subject_parse(strbuf_text(&text), text.length, &subject, err);
		if (r < 0)
			err_wrap(err, r, "%s", path);
	}
	if (r == 0 && subject.id != id)
		r = err_set(err, -EBADMSG, "%s: the text has another id", path);
	if (r == 0)
		*ret_subject = subject;
	strbuf_done(&text);
	return r;
}

/* 1: it is one, and whole; 0: none, or left out. */
static int subject_load_entry(const char *dir, const char *name, bool is_patient,
	struct subject *ret_subject, struct err *err)
{
	size_t skip = strlen(FILE_PREFIX);
	struct err why = ERR_INIT;
	int r;

	if (strncmp(name, FILE_PREFIX, skip) != 0 ||
		strlen(name) != SUBJECT_FILE_NAME_BYTES - 1)
		return 0;
	r = subject_load(dir, strtoull(name + skip, NULL, 16), ret_subject, &why);
	if (r < 0 && r != -EBADMSG && r != -ENOENT && is_patient)
		return err_set(err, r, "%s", why.text);
	return r == 0;
}

int subject_list(const char *dir, bool is_patient, struct subject **ret_list,
	size_t *ret_count, struct err *err)
{
	struct subject *list = NULL;
	size_t count = 0, room = 0;
	struct dirent *entry;
	DIR *folder = opendir(dir);
	int r = 0;

	if (!folder && errno != ENOENT)
		return err_errno(err, "%s", dir);
	while (r >= 0 && folder && count < SUBJECTS_MAX &&
		(entry = readdir(folder)) != NULL) {
		if (ARRAY_RESERVE(list, room, count + 1) < 0)
			r = err_oom(err);
		else
			r = subject_load_entry(
				dir, entry->d_name, is_patient, &list[count], err);
		count += r > 0;
	}
	if (folder)
		closedir(folder);
	if (r < 0) {
		free(list);
		return r;
	}
	*ret_list = list;
	*ret_count = count;
	return 0;
}
