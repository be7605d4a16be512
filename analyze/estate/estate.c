#include "analyze/estate/estate.h"

#include "analyze/estate/source.h"
#include "common/suggest.h"
#include "store/flush_client.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <fnmatch.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SAID_BYTES 1024

void estate_say(const struct estate *estate, const char *format, ...)
{
	const struct estate_listener *listener = &estate->request.listener;
	char text[SAID_BYTES];
	va_list args;

	if (!listener->say)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	listener->say(listener->closure, text);
}

void estate_show(const struct estate *estate, const char *what, double done_ratio,
	const char *detail)
{
	const struct estate_listener *listener = &estate->request.listener;

	if (listener->show)
		listener->show(listener->closure, what, done_ratio, detail);
}

void estate_shown(const struct estate *estate)
{
	estate_show(estate, NULL, 1, NULL);
}

static void say_damage(void *whom, const char *text)
{
	const struct estate *estate = whom;

	estate_say(estate, "%s", text);
}

int estate_unknown_workload(
	const struct workload_list *list, const char *name, struct err *err)
{
	const char **words = calloc(list->count + 1, sizeof(*words));
	const char *nearest = NULL;

	for (size_t i = 0; words && i < list->count; i++)
		words[i] = list->workload[i].name;
	if (words)
		nearest = suggest_nearest(name, words, list->count);
	free(words);
	if (nearest)
		return err_set(err, -ENOENT,
			"no workload is called \"%.100s\", did you mean \"%.100s\"?",
			name, nearest);
	return err_set(err, -ENOENT,
		"no workload is called \"%.100s\"; `analyze status` lists them", name);
}

/* Marks what one name or pattern calls; false: nothing. */
static bool mark_named(
	const struct workload_list *list, const char *name, bool *is_wanted)
{
	const struct workload *exact = workload_list_find(list, name);
	bool is_found = exact != NULL;

	if (exact)
		is_wanted[exact - list->workload] = true;
	for (size_t i = 0; !exact && i < list->count; i++)
		if (fnmatch(name, list->workload[i].name, 0) == 0)
			is_wanted[i] = is_found = true;
	return is_found;
}

int estate_choose(const struct workload_list *list, char *const *name,
	size_t name_count, const struct workload ***ret_chosen, size_t *ret_count,
	struct err *err)
{
	const struct workload **chosen =
		calloc(list->count + 1, sizeof(const struct workload *));
	bool *is_wanted = calloc(list->count + 1, sizeof(*is_wanted));
	size_t count = 0;
	int r = chosen && is_wanted ? 0 : err_oom(err);

	for (size_t i = 0; r == 0 && i < name_count; i++) {
		if (!mark_named(list, name[i], is_wanted))
			r = estate_unknown_workload(list, name[i], err);
	}
	for (size_t i = 0; r == 0 && i < list->count; i++)
		if (is_wanted[i] || name_count == 0)
			chosen[count++] = &list->workload[i];
	free(is_wanted);
	if (r < 0) {
		free(chosen);
		return r;
	}
	*ret_chosen = chosen;
	*ret_count = count;
	return 0;
}

/* The folder belongs to the daemon's user, as a rule, and its group may read. */
static void say_who_may_read(const char *data_dir, struct err *err)
{
	struct stat status;
	const struct passwd *owner =
		stat(data_dir, &status) == 0 ? getpwuid(status.st_uid) : NULL;
	const struct group *group = owner ? getgrgid(status.st_gid) : NULL;
	size_t used = strlen(err->text);

	if (!owner)
		return;
	(void)snprintf(err->text + used, sizeof(err->text) - used,
		"; run it as the user %.60s", owner->pw_name);
	used = strlen(err->text);
	if (group && status.st_gid != 0)
		(void)snprintf(err->text + used, sizeof(err->text) - used,
			", or join its group: sudo adduser $USER %.60s",
			group->gr_name);
}

int estate_open_store(const struct estate_request *request, struct estate *ret_estate,
	struct err *err)
{
	struct estate *estate = ret_estate;
	struct flush_result flush;
	int r;

	*estate = (struct estate){ .request = *request };
	if (request->open_source) /* its archives are not read */
		return store_open(request->data_dir, &estate->store, err);
	store_flush(request->data_dir, FLUSH_TIMEOUT_MS, &flush);
	r = store_open(request->data_dir, &estate->store, err);
	if (r == -EACCES)
		say_who_may_read(request->data_dir, err);
	if (r < 0)
		return r;
	if (!flush.is_complete)
		estate_say(estate, "the latest samples are not in this report: %s",
			flush.why);
	if (*store_notice(estate->store))
		estate_say(estate, "%s", store_notice(estate->store));
	store_tell_damage(estate->store, say_damage, estate);
	return 0;
}

int estate_open(const struct estate_request *request, struct estate *ret_estate,
	struct err *err)
{
	struct estate *estate = ret_estate;
	int r = estate_open_store(request, estate, err);

	if (r < 0)
		return r;
	r = store_workloads(estate->store, &estate->list, err);
	if (r == 0 && request->open_source)
		r = request->open_source(request->source_closure, estate->store,
			request->now, &estate->source, err);
	if (r == 0 && estate->source)
		r = estate->source->list(
			estate->source, &request->span, &estate->list, err);
	if (r == 0)
		r = estate_choose(&estate->list, request->name, request->name_count,
			&estate->chosen, &estate->count, err);
	if (r < 0)
		estate_close(estate);
	return r;
}

void estate_close(struct estate *estate)
{
	if (estate->source)
		estate->source->close(estate->source);
	free(estate->chosen);
	workload_list_done(&estate->list);
	store_close(estate->store);
	*estate = (struct estate){ .store = NULL };
}
