/* Many workloads: each thread takes the next one that nobody has. */
#include "analyze/estate/load.h"

#include "analyze/console/terminal.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define THREADS_MAX 64
#define KEEP_BYTES (32 << 20)

struct work {
	load_one_function *one;
	void *data;
	size_t count;
	atomic_size_t next, done;
	atomic_int result; /* of the first item that failed */
	pthread_mutex_t lock;
	struct err err;   /* under lock */
	size_t failed_at; /* under lock: the first in order, whoever fails first */
	struct progress progress; /* the calling thread alone draws */
};

static void fail(struct work *work, size_t index, int code, const struct err *err)
{
	pthread_mutex_lock(&work->lock);
	if (index < work->failed_at) {
		work->failed_at = index;
		work->err = *err;
		atomic_store(&work->result, code);
	}
	pthread_mutex_unlock(&work->lock);
}

static void load_threads_run(struct work *work, bool is_drawing)
{
	for (;;) {
		size_t i = atomic_fetch_add(&work->next, 1);
		struct err err = ERR_INIT;
		int r;

		if (i >= work->count || atomic_load(&work->result) < 0)
			return;
		r = work->one(work->data, i, &err);
		if (r < 0)
			fail(work, i, r, &err);
		atomic_fetch_add(&work->done, 1);
		if (is_drawing)
			progress_show(&work->progress,
				(double)atomic_load(&work->done) / (double)work->count,
				NULL);
	}
}

static void *run_thread(void *argument)
{
	load_threads_run(argument, false);
	return NULL;
}

static size_t processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count < 1 ? 1 : count > THREADS_MAX ? THREADS_MAX : (size_t)count;
}

int load_each(const struct context *context, const char *what, size_t count,
	load_one_function *one, void *data, struct err *err)
{
	struct work work = { .one = one,
		.data = data,
		.count = count,
		.failed_at = (size_t)-1,
		.lock = PTHREAD_MUTEX_INITIALIZER };
	size_t wanted = processors(), started = 0;
	pthread_t thread[THREADS_MAX];

	/* series come and go: keep their pages instead of faulting them in each time */
	mallopt(M_MMAP_THRESHOLD, KEEP_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
	progress_begin(&work.progress, context, what);
	/* this thread works too; one that cannot be had is not missed */
	for (; started + 1 < wanted && started + 1 < count; started++)
		if (pthread_create(&thread[started], NULL, run_thread, &work) != 0)
			break;
	load_threads_run(&work, true);
	for (size_t i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	progress_done(&work.progress);
	pthread_mutex_destroy(&work.lock);
	if (atomic_load(&work.result) < 0 && err)
		*err = work.err;
	return atomic_load(&work.result);
}

struct peaks_work {
	struct store *store;
	const struct workload *const *workload;
	struct load_request request;
	struct workload_peaks *peaks;
};

static int peaks_one(void *data, size_t index, struct err *err)
{
	struct peaks_work *work = data;

	return load_peaks(work->store, work->workload[index], &work->request,
		&work->peaks[index], err);
}

int load_peaks_of(const struct context *context, struct store *store,
	const struct workload *const *workload, size_t count,
	struct workload_peaks **ret_peaks, struct err *err)
{
	struct peaks_work work = { .store = store,
		.workload = workload,
		.request = load_request_of(context) };
	int r;

	work.peaks = calloc(count + 1, sizeof(*work.peaks));
	if (!work.peaks)
		return -ENOMEM;
	r = load_each(context, "reading", count, peaks_one, &work, err);
	if (r < 0) {
		free(work.peaks);
		return r;
	}
	*ret_peaks = work.peaks;
	return 0;
}
