/* The layout of the sampler's ticks: made from the snapshot, saved, and tidied up. */
#include "collectord/sampler/sampler_layout.h"

#include "collectord/link/snapshot_columns.h"
#include "collectord/sampler/sampler_event.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "came: net-eth1, disk-sdb" of the files of one layout that the other lacks */
static void name_differences(const struct layout *has, const struct layout *lacks,
	const char *word, char *text, size_t size)
{
	size_t used = strlen(text);
	const char *before = word;

	for (size_t i = 0; i < has->file_count && used + 1 < size; i++) {
		int length;

		if (layout_find_file(lacks, has->file[i].name))
			continue;
		length = snprintf(
			text + used, size - used, "%s%s", before, has->file[i].name);
		if (length < 0)
			break;
		used += (size_t)length;
		before = ", ";
	}
}

static bool is_layout_pending(const struct sampler *sampler, uint64_t id)
{
	const struct ring_seat *seat;
	uint64_t head = ring_released(sampler->ring);

	if (id == sampler->layout.id)
		return true;
	for (uint64_t s = ring_acknowledged(sampler->ring) + 1; s <= head; s++)
		if (ring_peek(sampler->ring, s, &seat) == 0 && seat->layout_id == id)
			return true;
	return false;
}

/* Devices may come and go by the thousand: the files of layouts that nobody needs any
 * more must not fill the tmpfs.  While ticks are withheld nothing is removed. */
static void remove_old_layouts(const struct sampler *sampler)
{
	DIR *dir = opendir(sampler->settings->runtime);
	struct dirent *entry;

	if (!dir)
		return;
	while (ring_head(sampler->ring) == ring_released(sampler->ring) &&
		(entry = readdir(dir)) != NULL) {
		char *end;
		unsigned long long id;

		if (strncmp(entry->d_name, "layout-", 7) != 0 ||
			strlen(entry->d_name) != LAYOUT_FILE_NAME_BYTES - 1)
			continue;
		id = strtoull(entry->d_name + 7, &end, 16);
		if (*end == '\0' && !is_layout_pending(sampler, id))
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
}

static bool is_first_look(const struct sampler *sampler)
{
	return sampler->published * (uint64_t)sampler->settings->interval.number <=
		(uint64_t)sampler->settings->helper_interval.number;
}

int sampler_change_layout(
	struct sampler *sampler, const struct snapshot *snapshot, struct err *err)
{
	char text[RING_EVENT_TEXT_BYTES] = "";
	struct layout layout;
	bool has_come_only;
	int r;

	layout_init(&layout, 0);
	r = layout_of_snapshot(
		snapshot, (unsigned)sampler->settings->interval.number, &layout, err);
	if (r == 0)
		r = ring_widen(sampler->ring, (unsigned)layout.column_count, err);
	if (r == 0)
		r = layout_save(&layout, sampler->settings->runtime, err);
	if (r < 0) {
		layout_done(&layout);
		return r;
	}
	name_differences(&layout, &sampler->layout, ": came: ", text, sizeof(text));
	has_come_only = text[0];
	name_differences(&sampler->layout, &layout,
		text[0] ? "; gone: " : ": gone: ", text, sizeof(text));
	has_come_only = has_come_only && !strstr(text, "gone: ");
	/* file systems and sensors are first read a while after the start: no news */
	if (sampler->layout.id && sampler->layout.id != layout.id &&
		!(has_come_only && is_first_look(sampler)))
		sampler_event(
			sampler, RING_EVENT_HOTPLUG, 0, "devices changed%s", text);
	if (sampler->layout.id != layout.id)
		sampler->flags |= RING_NEW_LAYOUT;
	layout_done(&sampler->layout);
	sampler->layout = layout;
	sampler->snapshot_layout_id = snapshot->layout_id;
	remove_old_layouts(sampler);
	return 0;
}
