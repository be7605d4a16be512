/* The JSON files of a folder that people fill, in the order of their names. */
#ifndef COMMON_JSON_FOLDER_H
#define COMMON_JSON_FOLDER_H

#include "common/json_doc.h"

#include <dirent.h>

/*
 * json_folder_names - as scandir gives them; the caller frees each and the list
 *
 * Returns their number, 0 where there is no such folder, or a negative errno.
 */
int json_folder_names(const char *dir, struct dirent ***ret_names);

/*
 * json_folder_each - reads each and hands it to take, whose document it is then
 *
 * Ends with the first that cannot be read or that take refuses: its negative errno, with the
 * text set.
 */
int json_folder_each(const char *dir, size_t ceiling_bytes,
	int (*take)(void *closure, struct json_doc *doc, struct err *err),
	void *closure, struct err *err);

#endif
