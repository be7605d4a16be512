/* The table of verbs, and what happens around each of them. */
#include "analyze/console/completion.h"
#include "analyze/console/help.h"
#include "analyze/console/options.h"
#include "analyze/console/output.h"
#include "analyze/console/pager.h"
#include "analyze/console/terminal.h"
#include "analyze/console/verb.h"
#include "analyze/verbs/monitor.h"
#include "analyze/verbs/verbs.h"
#include "common/clock.h"
#include "common/safe_text.h"
#include "common/util.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef HEADROOM_VERSION
#define HEADROOM_VERSION "0.1.0"
#endif

static int verb_help(struct context *context, struct err *err);
static const struct option_spec verb_help_options[] = {
	{ "man", NULL, "the manual page as roff, of all or of one verb" },
	{ "completion", "SHELL", "what bash, zsh or fish completes words by" },
	{ NULL, NULL, NULL },
};

/*
 * One row each, in the order of the help: name, arguments, help, example, formats,
 * has_own_output, options, function.
 */
static const struct verb verbs[] = {
	{ "first-look", "",
		"this machine for half a minute, a sample estate, what to do next",
		"analyze first-look", CAN_TEXT, false, verb_first_look_options,
		verb_first_look },
	{ "status", "[WORKLOAD...]",
		"what is stored, its gaps, and the health of the daemon",
		"analyze status", CAN_ALL | CAN_PAGE, false, verb_status_options,
		verb_status },
	{ "peaks", "[WORKLOAD...]",
		"what each workload used at its highest, and for how long",
		"analyze peaks --since 4w", CAN_ALL | CAN_PAGE, false,
		verb_peaks_options, verb_peaks },
	{ "verdict", "[WORKLOAD...]", "whether each workload may move, and why not",
		"analyze verdict --profile virtual-server-2005-r2", CAN_ALL | CAN_PAGE,
		false, verb_verdict_options, verb_verdict },
	{ "explain", "WORKLOAD [RESOURCE]", "where a figure comes from",
		"analyze explain mail memory", CAN_TEXT | CAN_JSON | CAN_CSV | CAN_PAGE,
		false, verb_explain_options, verb_explain },
	{ "review", "[WORKLOAD RULE accept|reject|withdraw]",
		"decide an open REVIEW, or list the decisions",
		"analyze review mail MEM-5-SHORT accept --by ana --reason 'month end'",
		CAN_TEXT | CAN_JSON | CAN_CSV | CAN_PAGE, false, verb_review_options,
		verb_review },
	{ "exclude", "[WORKLOAD FROM TO]", "ignore a time window (can be undone)",
		"analyze exclude mail 2026-11-01 2026-11-02 --reason restore",
		CAN_TEXT | CAN_JSON | CAN_CSV | CAN_PAGE, false, verb_exclude_options,
		verb_exclude },
	{ "inventory", "[WORKLOAD...]",
		"facts that cannot be measured: set and list them",
		"analyze inventory mail --set environment=test --set disks=c:40,d:100",
		CAN_TEXT | CAN_JSON | CAN_CSV | CAN_PAGE, false, verb_inventory_options,
		verb_inventory },
	{ "profiles", "[ID]", "the target profiles, their factors and rules",
		"analyze profiles aws-mgn --as-of 2026-02-14",
		CAN_TEXT | CAN_JSON | CAN_PAGE, false, verb_profiles_options,
		verb_profiles },
	{ "export", "FORMAT [WORKLOAD...]",
		"write the stored series as a file for others",
		"analyze export csv -o estate.csv", CAN_TEXT | CAN_CSV, false,
		verb_export_options, verb_export },
	{ "import", "FORMAT FILE...|URL", "bring in what others recorded, or undo that",
		"analyze import csv estate.csv", CAN_TEXT | CAN_JSON | CAN_KV, false,
		verb_import_options, verb_import },
	{ "workload", "list | rename OLD NEW | forget NAME...",
		"list, rename or remove workloads",
		"analyze workload rename vm-17 mail", CAN_TEXT | CAN_JSON, false,
		verb_workload_options, verb_workload },
	{ "plan", "[list | show ID | diff A.json B.json | add PLAN.json WORKLOAD]",
		"which workload runs on which host, on how few hosts",
		"analyze plan --hosts hosts.json --demand aligned --failover 1",
		CAN_TEXT | CAN_JSON | CAN_CSV | CAN_KV | CAN_PAGE, false,
		verb_plan_options, verb_plan },
	{ "backtest", "PLAN.json", "replay the recorded weeks on a plan",
		"analyze backtest plan.json --json -o backtest.json",
		CAN_TEXT | CAN_JSON | CAN_CSV | CAN_PAGE, false, verb_backtest_options,
		verb_backtest },
	{ "validate", "WORKLOAD|FILE.json",
		"is a machine ready to be migrated to a target: every check, nothing is changed",
		"analyze validate mail --target kvm", CAN_ALL | CAN_PAGE, false,
		verb_validate_options, verb_validate },
	{ "runbook", "WORKLOAD|FILE.json -o DIR",
		"the steps and scripts by which a machine moves to a target: a folder to "
		"follow; nothing is executed",
		"analyze runbook mail --target kvm -o dir --set images=/srv/images",
		CAN_TEXT | CAN_JSON | CAN_PAGE, true, verb_runbook_options,
		verb_runbook },
	{ "waves", "", "in which order they move, and which of them together",
		"analyze waves --plan plan.json --windows windows.json",
		CAN_TEXT | CAN_JSON | CAN_CSV | CAN_SVG | CAN_PNG | CAN_PAGE, false,
		verb_waves_options, verb_waves },
	{ "compare", "BEFORE AFTER",
		"a machine before and after its move: which figures differ by more than chance",
		"analyze compare mail mail-vm", CAN_ALL | CAN_PAGE, false,
		verb_compare_options, verb_compare },
	{ "report", "", "a page or a workbook to hand over",
		"analyze report -o report.html --plan plan.json",
		CAN_TEXT | CAN_HTML | CAN_XLSX, false, verb_report_options,
		verb_report },
	{ "graph", "WORKLOAD [RESOURCE|FILE:SOURCE]",
		"draw the course of a figure, whatever is stored; without one: list them",
		"analyze graph mail memory -o mail.svg",
		CAN_TEXT | CAN_JSON | CAN_CSV | CAN_SVG | CAN_PNG | CAN_PAGE, false,
		verb_graph_options, verb_graph },
	{ "watch", "",
		"this machine now, beside its peaks of the hour and the day; q ends",
		"analyze watch", CAN_TEXT | CAN_JSON, false, verb_watch_options,
		verb_watch },
	{ "alerts", "[maintenance [FROM TO | remove ID]]",
		"what the daemon has raised, and the windows in which it keeps quiet",
		"analyze alerts maintenance now \"2026-12-24 06:00\" --reason upgrade",
		CAN_TEXT | CAN_JSON | CAN_CSV | CAN_PAGE, false, verb_alerts_options,
		verb_alerts },
	{ "check", "[WORKLOAD]",
		"one line, exit code and figures for a monitoring system",
		"analyze check mail -w memory=80,cpu=70 -c memory=95",
		CAN_TEXT | CAN_JSON, false, verb_check_options, verb_check },
	{ "pack", "INSTANCE", "pack a raw instance, with a proven bound",
		"analyze pack instance.vbp --time-limit 10 --json", CAN_TEXT | CAN_JSON,
		false, verb_pack_options, verb_pack },
	{ "fsck", "",
		"read and check all that is stored, make unknown what is damaged; exit 0 "
		"when nothing is lost",
		"analyze fsck", CAN_TEXT | CAN_JSON | CAN_KV, false, verb_fsck_options,
		verb_fsck },
	{ "help", "[VERB|TOPIC]",
		"what the verbs do; topics: hosts, constraints, csv, maps, profile, windows",
		"analyze help hosts", CAN_TEXT | CAN_PAGE, false, verb_help_options,
		verb_help },
};

static int verb_help(struct context *context, struct err *err)
{
	const struct verb *verb;

	if (context_option(context, "completion")) {
		if (completion_print(context->out,
			    context_option(context, "completion"), verbs,
			    ARRAY_LEN(verbs)))
			return EXIT_OK;
		err_set(err, -EINVAL, "--completion: expected bash, zsh or fish");
		return EXIT_USAGE;
	}
	if (context_option(context, "man") && context->argument_count == 0) {
		help_man(context->out, verbs, ARRAY_LEN(verbs));
		return EXIT_OK;
	}
	if (context->argument_count == 0) {
		help_all(context->out, verbs, ARRAY_LEN(verbs));
		return EXIT_OK;
	}
	verb = options_find_verb(verbs, ARRAY_LEN(verbs), context->arguments[0]);
	if (verb && context_option(context, "man")) {
		help_man_verb(context->out, verb);
		return EXIT_OK;
	}
	if (!verb && help_topic(context->out, context->arguments[0]))
		return EXIT_OK;
	if (!verb) {
		options_unknown_verb(
			verbs, ARRAY_LEN(verbs), context->arguments[0], err);
		return EXIT_USAGE;
	}
	help_verb(context->out, verb);
	if (help_has_topic(verb->name)) {
		fputc('\n', context->out);
		(void)help_topic(context->out, verb->name);
	}
	return EXIT_OK;
}

static int complain(const struct context *context, int code, const struct err *err)
{
	if (!*err->text)
		return code;
	fflush(stdout);
	fprintf(stderr, "analyze%s%s: ", context->verb ? " " : "",
		context->verb ? context->verb->name : "");
	terminal_message(
		9 + (context->verb ? 1 + (unsigned)strlen(context->verb->name) : 0),
		err->text);
	return code;
}

/* Before the verb runs; a monitoring system reads stdout and knows 2 as critical. */
static int complain_early(
	const struct context *context, int code, const struct err *err)
{
	if (!context->verb || context->verb->run != verb_check)
		return complain(context, code, err);
	fputs("HEADROOM UNKNOWN - ", stdout);
	safe_print_terminal(stdout, err->text);
	putchar('\n');
	return MONITOR_UNKNOWN;
}

/* A failure may be the answer: nothing more is to be said. */
static bool answers_by_code(const struct verb *verb)
{
	return verb->run == verb_check || verb->run == verb_fsck ||
		verb->run == verb_compare;
}

/* Verbs that make a store where there is none, or need none. */
static bool needs_no_store(const struct context *context)
{
	static int (*const verbs_without[])(
		struct context *, struct err *) = { verb_first_look, verb_import,
		verb_pack, verb_profiles, verb_help, verb_validate, verb_runbook };
	static const char *const options[] = { "keys", "example-hosts", "source" };

	for (size_t i = 0; i < ARRAY_LEN(verbs_without); i++) {
		if (context->verb->run == verbs_without[i])
			return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (context_option(context, options[i]))
			return true;
	}
	return (context->verb->run == verb_plan && context->argument_count > 0 &&
		       strcmp(context->arguments[0], "list") != 0 &&
		       strcmp(context->arguments[0], "show") != 0) ||
		(context->verb->run == verb_inventory &&
			inventory_makes_store(context));
}

/* Statements about workloads: there have to be some. */
static bool changes_store(const struct context *context)
{
	return context->verb->run == verb_workload ||
		((context->verb->run == verb_review ||
			 context->verb->run == verb_exclude) &&
			context->argument_count > 0) ||
		(context->verb->run == verb_inventory &&
			(context_option(context, "set") ||
				context_option(context, "unset") ||
				context_option(context, "load")));
}

/* A mistyped folder is no empty store, and asking makes none. */
static int check_store(const struct context *context, struct err *err)
{
	char database[PATH_MAX];
	struct stat status;

	if (needs_no_store(context))
		return 0;
	if (stat(context->data_dir, &status) != 0 && errno == ENOENT)
		return err_set(err, -ENOENT,
			"%s does not exist: there is no store; `collectord --data DIR` "
			"or `analyze import` makes one, --data DIR names another",
			context->data_dir);
	(void)snprintf(database, sizeof(database), "%s/headroom.db", context->data_dir);
	if (changes_store(context) && stat(database, &status) != 0 && errno == ENOENT)
		return err_set(err, -ENOENT,
			"%s holds no store: no workload is known there",
			context->data_dir);
	return 0;
}

static int run_verb(struct context *context)
{
	struct output output = { .file = NULL };
	struct err err = ERR_INIT;
	pid_t pager;
	int code;

	if (check_store(context, &err) < 0) {
		return complain_early(context, EXIT_FAILED, &err);
	}
	if (output_open(context->verb->has_own_output ? NULL : context->output_path,
		    &output, &err) < 0)
		return complain(context, EXIT_FAILED, &err);
	context->out = output.file;
	terminal_detect(context);
	pager = pager_begin(context);
	code = context->verb->run(context, &err);
	if (code == EXIT_OK && context->format == FORMAT_KV)
		fputs("OK=1\n", context->out);
	if (code == EXIT_FAILED && !*err.text && !answers_by_code(context->verb))
		err_oom(&err);
	if (code != EXIT_OK && *err.text) {
		output_abort(&output);
		pager_end(pager);
		return complain(context, code, &err);
	}
	if (output_commit(&output, &err) < 0 && code == EXIT_OK)
		code = EXIT_FAILED;
	pager_end(pager);
	return code == EXIT_OK ? code : complain(context, code, &err);
}

static const char *environment(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value && *value ? value : fallback;
}

/* The folder of the running program. */
static void find_program_dir(char *dir, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", dir, size - 1);
	char *slash;

	dir[length > 0 ? length : 0] = '\0';
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	else
		snprintf(dir, size, ".");
}

int main(int argc, char **argv)
{
	static char program_dir[PATH_MAX];
	char **arguments = calloc((size_t)argc + 1, sizeof(*arguments));
	struct context context = {
		.data_dir = environment("HEADROOM_DATA", HEADROOM_DATA_DIR),
		.config_dir = environment("HEADROOM_CONFIG_DIR", HEADROOM_CONFIG_DIR),
		.program_dir = program_dir,
		.now = clock_wall_s(),
		.out = stdout,
	};
	enum options_want want = OPTIONS_RUN;
	struct err err = ERR_INIT;
	int code = EXIT_OK;

	/* the width of letters; numbers stay in the C locale */
	setlocale(LC_CTYPE, "");
	find_program_dir(program_dir, sizeof(program_dir));
	if (!arguments) {
		fputs("analyze: " OUT_OF_MEMORY "\n", stderr);
		return EXIT_FAILED;
	}
	terminal_detect_color(&context);
	if (options_parse(&context, verbs, ARRAY_LEN(verbs), argc, argv, arguments,
		    &want, &err) < 0)
		code = complain_early(&context, EXIT_USAGE, &err);
	else if (want == OPTIONS_VERSION)
		puts("analyze (Headroom) " HEADROOM_VERSION);
	else if (want == OPTIONS_HELP && context.verb)
		help_verb(stdout, context.verb);
	else if (want == OPTIONS_HELP)
		help_all(argc > 1 ? stdout : stderr, verbs, ARRAY_LEN(verbs));
	else
		code = run_verb(&context);
	/* no verb at all is wrong usage, asking for help is not */
	if (argc == 1)
		code = EXIT_USAGE;
	free(arguments);
	return code;
}
