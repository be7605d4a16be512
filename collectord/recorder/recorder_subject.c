/* Whose ticks the recorder takes, beside those of the own machine. */
#include "collectord/recorder/recorder_subject.h"

#include "collectord/recorder/recorder_folder.h"
#include "collectord/recorder/recorder_layout.h"
#include "common/array.h"
#include "store/dir/data_dir.h"

#include <errno.h>
#include <stdlib.h>

static int recorder_subject_subject_add(struct recorder *recorder,
	const struct subject *subject, struct recorder_subject **ret_subject,
	struct err *err)
{
	struct recorder_subject *added;

	if (recorder->subject_count == SUBJECTS_MAX)
		return err_set(err, -E2BIG, "more than %d workloads", SUBJECTS_MAX);
	if (ARRAY_RESERVE(recorder->subject, recorder->subject_room,
		    recorder->subject_count + 1) < 0)
		return err_oom(err);
	added = calloc(1, sizeof(*added));
	if (!added)
		return err_oom(err);
	added->subject = *subject;
	recorder->subject[recorder->subject_count++] = added;
	recorder->has_unentered = true;
	*ret_subject = added;
	return 0;
}

size_t recorder_subject_index(const struct recorder *recorder, uint64_t id, size_t near)
{
	for (size_t i = 0; i < recorder->subject_count; i++) {
		size_t at = near + i < recorder->subject_count
			? near + i
			: near + i - recorder->subject_count;

		if (recorder->subject[at]->subject.id == id)
			return at;
	}
	return SIZE_MAX;
}

struct recorder_subject *recorder_subject_find(struct recorder *recorder, uint64_t id)
{
	size_t at = recorder_subject_index(recorder, id, recorder->subject_near);

	if (at == SIZE_MAX)
		return NULL;
	recorder->subject_near = at;
	return recorder->subject[at];
}

int recorder_subject_meet(struct recorder *recorder, const char *dir, uint64_t id,
	struct recorder_subject **ret_subject, struct err *err)
{
	char folder[DATA_PATH_BYTES];
	struct subject subject;
	int r = 0;

	*ret_subject = recorder_subject_find(recorder, id);
	if (*ret_subject)
		return 0;
	r = subject_load(dir, id, &subject, err);
	if (r == 0)
		r = recorder_folder_check(recorder, err);
	if (r == 0)
		r = data_path(recorder->settings.data.text, DATA_SUBJECTS, folder, err);
	if (r < 0)
		return r;
	subject.folder[0] = '\0';
	r = subject_save(&subject, folder, true, err);
	return r == 0
		? recorder_subject_subject_add(recorder, &subject, ret_subject, err)
		: r;
}

/* What staging holds of each: a tick that is offered again is known by its stamp.  And of what
 * layouts the ticks are: a batch without one would lose them, and we may be new. */
static int frame_look(
	struct recorder *recorder, const struct staging_frame *frame, struct err *err)
{
	const unsigned char *bytes;
	struct record_state state;
	struct record record;
	size_t size = 0, used = 0;
	int r = staging_load(recorder->staging, frame, &bytes, &size, err);

	if (r < 0)
		return r == -EBADMSG ? 0 : r;
	record_state_init(&state);
	while ((r = record_unpack(&state, bytes, size, &used, &record, err)) > 0) {
		struct recorder_subject *of =
			recorder_subject_find(recorder, record.subject.id);

		if (of && record.kind == RECORD_TICK &&
			record.stamp_s > of->last_stamp_s)
			of->last_stamp_s = record.stamp_s;
		if (of && record.kind == RECORD_TICK)
			of->kept_layout = record.layout;
		if (record.kind == RECORD_TICK && record.subject.id == SUBJECT_OWN)
			recorder_layout_known(recorder, record.layout);
	}
	record_state_done(&state);
	return r == -ENOMEM ? r : 0;
}

int recorder_subjects_open(struct recorder *recorder, bool is_patient, struct err *err)
{
	char folder[DATA_PATH_BYTES];
	struct subject *list = NULL;
	size_t count = 0;
	const struct staging_frame *frame;
	int r = data_path(recorder->settings.data.text, DATA_SUBJECTS, folder, err);

	if (r == 0)
		r = subject_list(folder, is_patient, &list, &count, err);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct recorder_subject *of =
			recorder_subject_find(recorder, list[i].id);

		if (!of)
			r = recorder_subject_subject_add(recorder, &list[i], &of, err);
	}
	free(list);
	if (r < 0)
		return r;
	for (uint64_t number = 0;
		(frame = staging_next(recorder->staging, number)) != NULL;) {
		const struct staging_frame copy = *frame; /* the index may move */

		number = copy.number;
		r = frame_look(recorder, &copy, err);
		if (r < 0)
			return r;
	}
	return 0;
}

void recorder_subjects_done(struct recorder *recorder)
{
	for (size_t i = 0; i < recorder->subject_count; i++)
		free(recorder->subject[i]);
	free(recorder->subject);
	recorder->subject = NULL;
	recorder->subject_count = recorder->subject_room = recorder->refused_count = 0;
	recorder->subject_near = 0;
	recorder->has_unentered = false;
}
