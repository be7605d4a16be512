/* The descriptions of ticks, beside staging. */
#include "collectord/recorder/recorder_layout.h"

#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_folder.h"
#include "common/io.h"
#include "store/dir/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* The layout is beside staging, durable, before the first tick that uses it. */
static int layout_copy(
	struct recorder *recorder, const char *dir, uint64_t id, struct err *err)
{
	char folder[RECORDER_PATH_BYTES], path[RECORDER_PATH_BYTES + 32];
	char name[LAYOUT_FILE_NAME_BYTES];
	struct layout layout;
	struct strbuf text;
	int r;

	layout_file_name(id, name);
	r = data_path(recorder->settings.data.text, DATA_LAYOUTS, folder, err);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (access(path, F_OK) < 0) {
		r = recorder_folder_check(recorder, err);
		if (r == 0)
			r = layout_load(dir, id, &layout, err);
		if (r < 0)
			return r;
		strbuf_init(&text, LAYOUT_TEXT_MAX);
		r = layout_print(&layout, &text, err);
		if (r == 0)
			r = io_make_folders(folder, 0750, err);
		if (r == 0)
			r = io_replace_file(AT_FDCWD, path, strbuf_text(&text),
				text.length, 0640, IO_DURABLE, err);
		strbuf_done(&text);
		layout_done(&layout);
		if (r < 0)
			return r;
	}
	return 0;
}

void recorder_layout_known(struct recorder *recorder, uint64_t id)
{
	for (size_t i = 0; i < RECORDER_KNOWN_LAYOUTS; i++)
		if (recorder->known_layout[i] == id)
			return;
	recorder->known_layout[recorder->known_next++ % RECORDER_KNOWN_LAYOUTS] = id;
}

int recorder_layout_keep(struct recorder *recorder, const char *dir,
	struct recorder_subject *of, uint64_t id, struct err *err)
{
	/* also of one that was there before: the folder may have been removed since */
	int r = layout_copy(recorder, dir, id, err);

	if (r < 0 || (of && of->kept_layout == id))
		return r;
	if (of)
		of->kept_layout = id;
	else
		recorder_layout_known(recorder, id);
	return 0;
}

/* One that is no longer in that folder is not to be had: no trouble. */
static int layout_again(
	struct recorder *recorder, const char *dir, uint64_t id, struct err *err)
{
	struct err why = ERR_INIT;
	int r = id ? layout_copy(recorder, dir, id, &why) : 0;

	return r == 0 || r == -ENOENT || r == -EBADMSG || r == -E2BIG
		? 0
		: err_set(err, r, "%s", why.text);
}

int recorder_layouts_keep(struct recorder *recorder, struct err *err)
{
	char dir[RECORDER_PATH_BYTES];
	int r = 0;

	for (size_t i = 0; i < RECORDER_KNOWN_LAYOUTS && r == 0; i++)
		r = layout_again(recorder, recorder->settings.runtime,
			recorder->known_layout[i], err);
	snprintf(dir, sizeof(dir), "%s/" RECORDER_POLLER_FOLDER,
		recorder->settings.runtime);
	for (size_t i = 0; i < recorder->subject_count && r == 0; i++)
		r = layout_again(recorder, dir, recorder->subject[i]->kept_layout, err);
	return r;
}
