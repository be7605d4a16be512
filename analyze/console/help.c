#include "analyze/console/help.h"

#include "analyze/console/options.h"

#include "schema/builtin.h"

#include <string.h>

#define WIDTH 79 /* of the help */

static const char *const notes[][2] = {
	{ "EXIT CODES",
		"0 done, 1 failed, 2 wrong usage; check: 0 ok, 1 warning, 2 critical, "
		"3 unknown." },
	{ "OUTPUT",
		"Results go to stdout, messages and progress to stderr, progress only "
		"on a terminal.  JSON carries \"schema\":\"headroom/VERB/1\", times as "
		"Unix seconds UTC; kv output ends in OK=1.  Text shows local time with "
		"its offset.  JSON Schemas of all output and of the files that are read "
		"are in /usr/share/doc/headroom/schema; within a number members are "
		"only added, and what one means stays." },
};

/* Text broken at blanks, from a column on; the cursor stands there already. */
static void put_wrapped(FILE *out, unsigned column, const char *text)
{
	unsigned at = column;

	while (*text) {
		unsigned length = (unsigned)strcspn(text, " ");

		if (at > column && at + 1 + length > WIDTH) {
			fprintf(out, "\n%*s", (int)column, "");
			at = column;
		} else if (at > column) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", (int)length, text);
		at += length;
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void help_put_row(FILE *out, unsigned column, const char *left, const char *text)
{
	fprintf(out, "  %-*s", (int)column - 2, left);
	if (strlen(left) + 3 > column)
		fprintf(out, "\n%*s", (int)column, "");
	put_wrapped(out, column, text);
}

static void put_options(FILE *out, unsigned column, const struct option_spec *list)
{
	for (const struct option_spec *o = list; o && o->name; o++) {
		char left[64];

		snprintf(left, sizeof(left), "--%s%s%s", o->name,
			o->argument ? " " : "", o->argument ? o->argument : "");
		help_put_row(out, column, left, o->help);
	}
}

void help_all(FILE *out, const struct verb *verbs, size_t count)
{
	fputs("analyze - what each server really needs, and on how few hosts all fit\n\n"
	      "usage: analyze VERB [ARGUMENT...] [OPTION...]\n\n",
		out);
	for (size_t i = 0; i < count; i++)
		help_put_row(out, 14, verbs[i].name, verbs[i].help);
	fputs("\noptions of all verbs:\n", out);
	put_options(out, 20, options_common);
	fputs("\nexample: analyze first-look\n"
	      "`analyze VERB --help` shows a verb's own options and an example.\n",
		out);
}

static const struct builtin_file *topic_file(const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "help/%.40s.txt", name);
	return builtin_find(path);
}

bool help_has_topic(const char *name)
{
	return topic_file(name) != NULL;
}

bool help_topic(FILE *out, const char *name)
{
	const struct builtin_file *file = topic_file(name);

	if (file)
		fwrite(file->data, 1, file->size, out);
	return file != NULL;
}

void help_verb(FILE *out, const struct verb *verb)
{
	char words[256];

	(void)snprintf(words, sizeof(words), "%s - %s", verb->name, verb->help);
	fputs("analyze ", out);
	put_wrapped(out, 8, words);
	fputc('\n', out);
	(void)snprintf(words, sizeof(words), "analyze %s%s%s [OPTION...]", verb->name,
		verb->arguments && *verb->arguments ? " " : "",
		verb->arguments ? verb->arguments : "");
	fputs("usage: ", out);
	put_wrapped(out, 7, words);
	if (verb->options && verb->options->name) {
		fputs("\noptions:\n", out);
		put_options(out, 27, verb->options);
	}
	if (verb->arguments && strstr(verb->arguments, "WORKLOAD..."))
		fputs("\nWORKLOAD is a name or a pattern, such as 'web*'; several stand with "
		      "blanks\nbetween, none means all.\n",
			out);
	options_format_words(verb, words, sizeof(words));
	fprintf(out, "\nformats: %s\nexample: %s\n", words, verb->example);
	fputs("`analyze help` lists the options of all verbs.\n", out);
}

/* Text for roff: '-' and '\' escaped, no line may begin with a dot or quote. */
static void man_text(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '-' || *text == '\\')
			fputc('\\', out);
		fputc(*text == '\\' ? 'e' : *text, out);
	}
}

static void man_option(FILE *out, const struct option_spec *option)
{
	fputs(".TP\n.B \\-\\-", out);
	man_text(out, option->name);
	if (option->argument) {
		fputs(" \\fI", out);
		man_text(out, option->argument);
		fputs("\\fR", out);
	}
	fputc('\n', out);
	man_text(out, option->help);
	fputc('\n', out);
}

static void man_example(FILE *out, const struct verb *verb)
{
	fputs(".nf\n", out);
	man_text(out, verb->example);
	fputs("\n.fi\n", out);
}

/* What there is to know of a verb beside its options, line by line as it stands. */
static void man_topic(FILE *out, const struct verb *verb)
{
	const struct builtin_file *file = topic_file(verb->name);
	const char *line = file ? file->data : "";
	char text[512];

	if (!file)
		return;
	fputs(".PP\n.nf\n", out);
	while (*line) {
		size_t length = strcspn(line, "\n");

		(void)snprintf(text, sizeof(text), "%.*s", (int)length, line);
		man_text(out, text);
		fputc('\n', out);
		line += length + (line[length] == '\n');
	}
	fputs(".fi\n", out);
}

static void man_verb(FILE *out, const struct verb *verb)
{
	fputs(".SS ", out);
	man_text(out, verb->name);
	fputc(' ', out);
	man_text(out, verb->arguments ? verb->arguments : "");
	fputc('\n', out);
	man_text(out, verb->help);
	fputs(".\n", out);
	for (const struct option_spec *o = verb->options; o && o->name; o++)
		man_option(out, o);
	fputs(".PP\nExample:\n.PP\n.RS\n", out);
	man_example(out, verb);
	fputs(".RE\n", out);
	man_topic(out, verb);
}

static void man_notes(FILE *out)
{
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		fprintf(out, ".SH %s\n", notes[i][0]);
		man_text(out, notes[i][1]);
		fputc('\n', out);
	}
}

void help_man(FILE *out, const struct verb *verbs, size_t count)
{
	fputs(".\\\" Made by `analyze help --man`; do not edit.\n"
	      ".TH ANALYZE 1 \"\" \"Headroom\" \"User Commands\"\n.SH NAME\n"
	      "analyze \\- what each server really needs, and on how few hosts all fit\n"
	      ".SH SYNOPSIS\n.B analyze\n.I VERB\n[\\fIARGUMENT\\fR...] "
	      "[\\fIOPTION\\fR...]\n.SH DESCRIPTION\n"
	      "Reads what \\fBcollectord\\fR(8) stored or \\fBanalyze import\\fR took over: "
	      "peaks, verdicts, and a consolidation plan.\n.SH VERBS\n",
		out);
	for (size_t i = 0; i < count; i++)
		man_verb(out, &verbs[i]);
	fputs(".SH OPTIONS OF ALL VERBS\n", out);
	for (const struct option_spec *o = options_common; o->name; o++)
		man_option(out, o);
	man_notes(out);
	fputs(".SH SEE ALSO\n.BR collectord (8)\n", out);
}

void help_man_verb(FILE *out, const struct verb *verb)
{
	char formats[64];

	fprintf(out,
		".\\\" Made by `analyze help --man %s`; do not edit.\n"
		".TH ANALYZE\\-%s 1 \"\" \"Headroom\" \"User Commands\"\n.SH NAME\n"
		"analyze\\-%s \\- ",
		verb->name, verb->name, verb->name);
	man_text(out, verb->help);
	fprintf(out, "\n.SH SYNOPSIS\n.B analyze %s\n", verb->name);
	if (verb->arguments && *verb->arguments) {
		man_text(out, verb->arguments);
		fputc('\n', out);
	}
	fputs("[\\fIOPTION\\fR...]\n", out);
	if (verb->options && verb->options->name)
		fputs(".SH OPTIONS\n", out);
	for (const struct option_spec *o = verb->options; o && o->name; o++)
		man_option(out, o);
	options_format_words(verb, formats, sizeof(formats));
	fprintf(out, ".SH FORMATS\n%s\n.SH OPTIONS OF ALL VERBS\n", formats);
	for (const struct option_spec *o = options_common; o->name; o++)
		man_option(out, o);
	fputs(".SH EXAMPLE\n", out);
	man_example(out, verb);
	man_topic(out, verb);
	man_notes(out);
	fputs(".SH SEE ALSO\n.BR analyze (1),\n.BR collectord (8)\n", out);
}
