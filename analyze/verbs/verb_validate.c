/* analyze validate: is a machine ready to be migrated to a target? */
#include "analyze/report/validate_document.h"
#include "analyze/validate/validate.h"
#include "analyze/verbs/machine_input.h"
#include "analyze/verbs/verbs.h"
#include "schema/date.h"

#include <errno.h>

const struct option_spec verb_validate_options[] = {
	{ "target", "PROFILE", "what it is to move to; else --profile" },
	{ NULL, NULL, NULL },
};

static int validate_and_print(const struct context *context,
	const struct library *library, const struct machine_input *input,
	struct err *err)
{
	const char *id = context_option(context, "target"), *day = context->as_of;
	const struct profile *target = NULL;
	struct validation validation;
	char today[DATE_TEXT_SIZE];
	int r;

	id = id ? id : context->profile ? context->profile : DEFAULT_PROFILE;
	r = library_profile_get(library, id, &target, err);
	if (r < 0)
		return EXIT_FAILED;
	if (!day)
		day = date_from_time(context->now, today);
	r = validate_machine(
		library, target, day, &input->machine, &input->facts, &validation, err);
	if (r < 0)
		return EXIT_FAILED;
	r = document_print(validate_document(&validation), context, err);
	if (r == 0 && !validation.is_success)
		r = err_set(err, -EINVAL,
			"%s is not ready for %s: mend what is listed, gather it again, and "
			"validate again",
			input->machine.name, target->id);
	validation_done(&validation);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

int verb_validate(struct context *context, struct err *err)
{
	struct machine_input input;
	struct library library;
	int r;

	if (context->argument_count != 1) {
		(void)err_set(err, -EINVAL,
			"expected one workload, or a file with a machine document");
		return EXIT_USAGE;
	}
	r = library_load(context->config_dir, &library, err);
	if (r < 0)
		return EXIT_FAILED;
	for (size_t i = 0; i < library.refusal_count; i++)
		context_say(context, "refused: %s", library.refusal[i]);
	r = machine_input_read(context, context->arguments[0], &input, err) < 0
		? EXIT_FAILED
		: EXIT_OK;
	if (r == EXIT_OK) {
		r = validate_and_print(context, &library, &input, err);
		machine_input_done(&input);
	}
	library_done(&library);
	return r;
}
