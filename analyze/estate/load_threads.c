/* Many workloads: each thread takes the next one that nobody has. */
#include "analyze/estate/load.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define THREADS_MAX 64
#define KEEP_BYTES (32 << 20)

struct load_work {
	load_one_function *one;
	void *data;
	size_t count;
	atomic_size_t next, done;
	atomic_int result; /* of the first item that failed */
	pthread_mutex_t lock;
	struct err err; /* under lock */
	atomic_size_t
		failed_at; /* set under lock: the first in order, whoever fails first */
	const struct estate *estate; /* the calling thread alone shows */
	const char *what;
};

static void fail(struct load_work *work, size_t index, int code, const struct err *err)
{
	pthread_mutex_lock(&work->lock);
	if (index < atomic_load(&work->failed_at)) {
		atomic_store(&work->failed_at, index);
		work->err = *err;
		atomic_store(&work->result, code);
	}
	pthread_mutex_unlock(&work->lock);
}

static void load_threads_run(struct load_work *work, bool is_showing)
{
	for (;;) {
		size_t i = atomic_fetch_add(&work->next, 1);
		struct err err = ERR_INIT;
		int r;

		/* one before the first that failed is still looked at: the same error in
		 * every run */
		if (i >= work->count || i > atomic_load(&work->failed_at))
			return;
		r = work->one(work->data, i, &err);
		if (r < 0)
			fail(work, i, r, &err);
		atomic_fetch_add(&work->done, 1);
		if (is_showing)
			estate_show(work->estate, work->what,
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

int load_each(const struct estate *estate, const char *what, size_t count,
	load_one_function *one, void *data, struct err *err)
{
	struct load_work work = { .one = one,
		.estate = estate,
		.what = what,
		.data = data,
		.count = count,
		.failed_at = (size_t)-1,
		.lock = PTHREAD_MUTEX_INITIALIZER };
	size_t wanted = processors(), started = 0;
	pthread_t thread[THREADS_MAX];

	/* series come and go: keep their pages instead of faulting them in each time */
	mallopt(M_MMAP_THRESHOLD, KEEP_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
	estate_show(estate, what, 0, NULL);
	/* this thread works too; one that cannot be had is not missed */
	for (; started + 1 < wanted && started + 1 < count; started++)
		if (pthread_create(&thread[started], NULL, run_thread, &work) != 0)
			break;
	load_threads_run(&work, true);
	for (size_t i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	estate_shown(estate);
	pthread_mutex_destroy(&work.lock);
	if (atomic_load(&work.result) < 0 && err)
		*err = work.err;
	return atomic_load(&work.result);
}

struct peaks_work {
	const struct estate *estate;
	struct workload_peaks *peaks;
};

static int peaks_one(void *data, size_t index, struct err *err)
{
	struct peaks_work *work = data;

	return load_peaks(work->estate, work->estate->chosen[index],
		&work->estate->request.span, &work->peaks[index], err);
}

int load_peaks_of(
	const struct estate *estate, struct workload_peaks **ret_peaks, struct err *err)
{
	struct peaks_work work = { .estate = estate };
	int r;

	work.peaks = calloc(estate->count + 1, sizeof(*work.peaks));
	if (!work.peaks)
		return err_oom(err);
	r = load_each(estate, "reading", estate->count, peaks_one, &work, err);
	if (r < 0) {
		free(work.peaks);
		return r;
	}
	*ret_peaks = work.peaks;
	return 0;
}
