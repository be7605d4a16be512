#include "store/history.h"

#include "store/dir/data_dir.h"
#include "store/dir/path.h"
#include "store/rrd/header_copies.h"
#include "store/rrd/rrd_file.h"

int store_history_end(const char *data_dir, const char *folder, const char *file,
	struct store_history *ret_history, struct err *err)
{
	struct store_history history = { .step_s = 0 };
	struct err ignored = ERR_INIT;
	struct rrd_file rrd;
	int r = path_series(
		data_dir, folder, file, history.path, sizeof(history.path), err);

	if (r < 0)
		return r;
	if (rrd_file_open(history.path, &rrd, &ignored) == 0) {
		history.step_s = rrd.step_s;
		history.last_s = rrd.last_update;
		rrd_file_close(&rrd);
	}
	*ret_history = history;
	return 0;
}

int store_saved_batch(const char *data_dir, uint64_t *ret_number, struct err *err)
{
	return header_copies_mark(data_dir, ret_number, err);
}
