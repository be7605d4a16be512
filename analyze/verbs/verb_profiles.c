/* analyze profiles: the targets, their factors, and the rules of a day. */
#include "common/timefmt.h"
#include "analyze/report/change_document.h"
#include "analyze/report/profiles_document.h"
#include "analyze/verbs/verbs.h"
#include "common/util.h"
#include "schema/date.h"
#include "schema/library.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec verb_profiles_options[] = {
	{ "rules", NULL,
		"every rule of every profile (a profile by name shows its own)" },
	{ "names", NULL, "the names alone, one a line" },
	{ "os", "NAME", "what each target says of this guest system, on that day" },
	{ NULL, NULL, NULL },
};

/* ---- one guest system on every target ---------------------------------------------- */

static int view_os(const struct library *library, const struct profile *profile,
	const char *os, const char *day, struct os_view *ret_view, struct err *err)
{
	struct os_view view = { .profile = profile, .outcome = OUTCOME_PASS };
	struct rule_subject subject = { .name = "it" };
	struct finding_list list = { .count = 0 };
	bool has_heading[HEADING_COUNT];
	int r;

	field_set_text(&subject.value[FACT_OS], os);
	field_set_text(&subject.value[FACT_ENVIRONMENT], "production");
	library_resolve_os(library, &subject);
	r = library_judge(library, profile, &profile->settings, &subject, day, &list,
		has_heading, err);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		const struct finding *f = &list.finding[i];
		size_t used = strlen(view.rules);

		if (f->rule->heading != HEADING_OPERATIONAL ||
			f->rule->severity == SEVERITY_NOTE)
			continue;
		if (f->outcome == OUTCOME_UNKNOWN) {
			view.undecided++;
			continue;
		}
		if (f->outcome > view.outcome)
			view.outcome = f->outcome;
		(void)snprintf(view.rules + used, sizeof(view.rules) - used, "%s%s",
			used ? ", " : "", f->rule->id);
	}
	finding_list_done(&list);
	subject_done(&subject);
	if (r == 0)
		*ret_view = view;
	return r;
}

static int show_os(const struct context *context, const struct library *library,
	const char *os, const char *day, struct err *err)
{
	const struct guest_os *known = library_guest_os(library, os);
	struct os_view *views;
	size_t count = 0;
	int r = 0;

	if (!known)
		return err_set(err, -ENOENT,
			"the guest system \"%.80s\" is not in the catalogue; a file in "
			"catalogue/ of the configuration folder may add it",
			os);
	views = calloc(library->profile_count + 1, sizeof(*views));
	if (!views)
		return err_oom(err);
	for (size_t i = 0; r == 0 && i < library->profile_count; i++)
		if (library->profile[i].is_target)
			r = view_os(library, &library->profile[i], os, day,
				&views[count++], err);
	if (r == 0)
		r = document_print(
			guest_os_document(known, day, views, count), context, err);
	free(views);
	return r;
}

static int list_profile_names(
	const struct context *context, const struct library *library, struct err *err)
{
	const char **names = calloc(library->profile_count + 1, sizeof(*names));
	int r;

	if (!names)
		return err_oom(err);
	for (size_t i = 0; i < library->profile_count; i++)
		names[i] = library->profile[i].id;
	r = document_print(names_document("profile-names", "profiles", names,
				   library->profile_count),
		context, err);
	free(names);
	return r;
}

int verb_profiles(struct context *context, struct err *err)
{
	const char *id =
		context->argument_count ? context->arguments[0] : context->profile;
	const struct profile *only = NULL;
	struct library library;
	char today[DATE_TEXT_SIZE];
	const char *day =
		context->as_of ? context->as_of : date_from_time(context->now, today);
	int r = library_load(context->config_dir, &library, err);

	if (r < 0)
		return EXIT_FAILED;
	for (size_t i = 0; i < library.refusal_count; i++)
		fprintf(stderr, "analyze profiles: refused: %s\n", library.refusal[i]);
	if (id)
		r = library_profile_get(&library, id, &only, err);
	if (r == 0 && context_option(context, "os"))
		r = show_os(context, &library, context_option(context, "os"), day, err);
	else if (r == 0 && context_option(context, "names"))
		r = list_profile_names(context, &library, err);
	else if (r == 0) {
		struct profiles_view view = { .library = &library,
			.only = only,
			.day = day,
			.has_rules = context_option(context, "rules") != NULL };

		r = document_print(profiles_document(&view), context, err);
	}
	/* what was refused is a failure for who asks whether the files are good */
	if (r == 0 && library.refusal_count > 0)
		r = err_set(err, -EINVAL, "%zu file%s refused", library.refusal_count,
			library.refusal_count == 1 ? " was" : "s were");
	library_done(&library);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
