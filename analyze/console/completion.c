/*
 * What a word can go on with is in the tables: a verb's options, what kind of value each
 * takes (the word in capitals of its help), the small words of its arguments ("rename",
 * "forget"), and whether it takes names of workloads.
 */
#include "analyze/console/completion.h"

#include "analyze/console/options.h"

#include <string.h>

/* ---- what the tables say ------------------------------------------------------------ */

enum value_kind { VALUE_FREE, VALUE_FILE, VALUE_FOLDER, VALUE_PROFILE, VALUE_WORDS };

/* words: for VALUE_WORDS, with blanks between. */
static enum value_kind kind_of_value(const struct option_spec *option,
	const struct verb *verb, char *words, size_t size)
{
	const char *kind = option->argument ? option->argument : "";

	if (strcmp(option->name, "format") == 0) {
		options_format_words(verb, words, size);
		return VALUE_WORDS;
	}
	if (strcmp(option->name, "color") == 0) {
		(void)snprintf(words, size, "always never auto");
		return VALUE_WORDS;
	}
	if (strcmp(option->name, "profile") == 0 || strcmp(option->name, "target") == 0)
		return VALUE_PROFILE;
	if (strchr(kind, '|')) {
		(void)snprintf(words, size, "%s", kind);
		for (char *bar = words; (bar = strchr(bar, '|')); bar++)
			*bar = ' ';
		return VALUE_WORDS;
	}
	if (strncmp(kind, "DIR", 3) == 0)
		return VALUE_FOLDER;
	return strncmp(kind, "FILE", 4) == 0 || strncmp(kind, "PATH", 4) == 0 ||
			strchr(kind, '.')
		? VALUE_FILE
		: VALUE_FREE;
}

static bool takes_workloads(const struct verb *verb)
{
	return verb->arguments &&
		(strstr(verb->arguments, "WORKLOAD") ||
			strstr(verb->arguments, "NAME") ||
			strstr(verb->arguments, "OLD"));
}

/* "rename OLD NEW | forget NAME..." has rename and forget. */
static void put_small_words(FILE *out, const struct verb *verb, const char *between)
{
	const char *text = verb->arguments ? verb->arguments : "";
	bool is_first = true;

	while (*text) {
		size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz-");
		char behind = text[length];

		/* a part of a name ("A.json") is none */
		if (length > 1 && !strchr(".:_", behind ? behind : ' ')) {
			fprintf(out, "%s%.*s", is_first ? "" : between, (int)length,
				text);
			is_first = false;
		}
		text += length;
		text += strcspn(text, " |[]");
		text += strspn(text, " |[]");
	}
}

/* In single quotes of fish. */
static void put_quoted(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
}

/* ---- bash ------------------------------------------------------------------------------ */

static void bash_options(FILE *out, const struct option_spec *list)
{
	for (const struct option_spec *o = list; o && o->name; o++) {
		fprintf(out, " --%s", o->name);
		if (option_letter(o))
			fprintf(out, " -%c", option_letter(o));
	}
}

static void bash_value(FILE *out, enum value_kind kind, const char *words)
{
	static const char *const ways[] = {
		[VALUE_FREE] = "return",
		[VALUE_FILE] = "compopt -o filenames; "
			       "COMPREPLY=($(compgen -f -- \"$cur\")); return",
		[VALUE_FOLDER] = "compopt -o filenames; "
				 "COMPREPLY=($(compgen -d -- \"$cur\")); return",
		[VALUE_PROFILE] =
			"COMPREPLY=($(compgen -W \"$(analyze profiles --names "
			"2>/dev/null)\" -- \"$cur\")); return",
	};

	if (kind == VALUE_WORDS)
		fprintf(out,
			"COMPREPLY=($(compgen -W \"%s\" -- \"$cur\")); return ;;\n",
			words);
	else
		fprintf(out, "%s ;;\n", ways[kind]);
}

/* What follows an option that takes a value; --color has its own behind '='. */
static void bash_values(FILE *out, const struct option_spec *list,
	const struct verb *verb, const char *of)
{
	char words[128];

	for (const struct option_spec *o = list; o && o->name; o++) {
		if (!o->argument || strcmp(o->name, "color") == 0)
			continue;
		fprintf(out, "\t%s:--%s", of, o->name);
		if (option_letter(o))
			fprintf(out, "|%s:-%c", of, option_letter(o));
		fputs(") ", out);
		bash_value(out, kind_of_value(o, verb, words, sizeof(words)), words);
	}
}

static void bash_print(FILE *out, const struct verb *verbs, size_t count)
{
	fputs("# Made by `analyze help --completion bash`; do not edit.\n"
	      "_analyze()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tlocal verb= words= names= i\n"
	      "\tlocal verbs=\"",
		out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? " " : "", verbs[i].name);
	fputs("\"\n\tlocal common=\"", out);
	bash_options(out, options_common);
	fputs("\"\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tif [[ \" $verbs \" == *\" ${COMP_WORDS[i]} \"* ]]; then\n"
	      "\t\t\tverb=${COMP_WORDS[i]}\n\t\t\tbreak\n\t\tfi\n\tdone\n"
	      "\tcase $verb:$prev in\n",
		out);
	for (size_t i = 0; i < count; i++)
		bash_values(out, verbs[i].options, &verbs[i], verbs[i].name);
	/* which formats there are depends on the verb */
	for (size_t i = 0; i < count; i++) {
		char words[128];

		options_format_words(&verbs[i], words, sizeof(words));
		fprintf(out, "\t%s:--format) ", verbs[i].name);
		bash_value(out, VALUE_WORDS, words);
	}
	bash_values(out, options_common, NULL, "*");
	fputs("\tesac\n\tcase $verb in\n\t'') words=$verbs ;;\n", out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "\t%s)\n\t\tcommon+=\"", verbs[i].name);
		bash_options(out, verbs[i].options);
		fputs("\"\n\t\twords=\"", out);
		put_small_words(out, &verbs[i], " ");
		fprintf(out, "\"\n\t\tnames=%s ;;\n",
			takes_workloads(&verbs[i]) ? "1" : "");
	}
	fputs("\tesac\n"
	      "\t[[ $verb == help ]] && words=$verbs\n"
	      "\tif [[ $cur == -* ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$common\" -- \"$cur\"))\n"
	      "\t\treturn\n\tfi\n"
	      "\tcompopt -o filenames\n"
	      "\tlocal IFS=$'\\n'\n"
	      "\tCOMPREPLY=($(compgen -W \"${words// /$IFS}\" -- \"$cur\"))\n"
	      "\t[[ -n $names ]] && COMPREPLY+=($(compgen -W \"$(analyze workload list "
	      "2>/dev/null)\" -- \"$cur\"))\n"
	      "\t[[ -n $verb ]] && COMPREPLY+=($(compgen -f -- \"$cur\"))\n"
	      "}\n"
	      "complete -F _analyze analyze\n"
	      "complete -o default -F _longopt collectord\n",
		out);
}

/* ---- zsh ------------------------------------------------------------------------------- */

static void zsh_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr("[]:\\$`\"", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void zsh_options(
	FILE *out, const struct option_spec *list, const struct verb *verb)
{
	static const char *const ways[] = {
		[VALUE_FREE] = ":value: ",
		[VALUE_FILE] = ":file:_files",
		[VALUE_FOLDER] = ":folder:_files -/",
		[VALUE_PROFILE] = ":profile:_analyze_profiles",
	};
	char words[128];

	for (const struct option_spec *o = list; o && o->name; o++) {
		enum value_kind kind = kind_of_value(o, verb, words, sizeof(words));

		fprintf(out, "\t\t'--%s[", o->name);
		zsh_text(out, o->help);
		fputc(']', out);
		if (o->argument && kind == VALUE_WORDS)
			fprintf(out, ":word:(%s)", words);
		else if (o->argument)
			fputs(ways[kind], out);
		fputs("' \\\n", out);
	}
}

static void zsh_print(FILE *out, const struct verb *verbs, size_t count)
{
	fputs("#compdef analyze\n"
	      "# Made by `analyze help --completion zsh`; do not edit.\n"
	      "_analyze_workloads() { compadd -- ${(f)\"$(analyze workload list "
	      "2>/dev/null)\"} }\n"
	      "_analyze_profiles() { compadd -- ${(f)\"$(analyze profiles --names "
	      "2>/dev/null)\"} }\n"
	      "local -a verbs\nverbs=(\n",
		out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "\t'%s:", verbs[i].name);
		zsh_text(out, verbs[i].help);
		fputs("'\n", out);
	}
	fputs(")\nif (( CURRENT == 2 )); then\n\t_describe verb verbs\n\treturn\nfi\n"
	      "local verb=$words[2]\nshift words\n(( CURRENT-- ))\ncase $verb in\n",
		out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s)\n\t_arguments \\\n", verbs[i].name);
		zsh_options(out, verbs[i].options, &verbs[i]);
		zsh_options(out, options_common, &verbs[i]);
		fputs("\t\t'*:argument:{ compadd -- ", out);
		put_small_words(out, &verbs[i], " ");
		if (strcmp(verbs[i].name, "help") == 0)
			fputs("${verbs%%:*}", out);
		fprintf(out, "; %s_files }' ;;\n",
			takes_workloads(&verbs[i]) ? "_analyze_workloads; " : "");
	}
	fputs("esac\n", out);
}

/* ---- fish ------------------------------------------------------------------------------ */

static void fish_options(FILE *out, const struct option_spec *list,
	const struct verb *verb, const char *condition)
{
	static const char *const ways[] = {
		[VALUE_FREE] = " -x",
		[VALUE_FILE] = " -r -F",
		[VALUE_FOLDER] = " -x -a '(__fish_complete_directories)'",
		[VALUE_PROFILE] = " -x -a '(analyze profiles --names 2>/dev/null)'",
	};
	char words[128];

	for (const struct option_spec *o = list; o && o->name; o++) {
		enum value_kind kind = kind_of_value(o, verb, words, sizeof(words));

		fprintf(out, "complete -c analyze -n '%s' -l %s", condition, o->name);
		if (option_letter(o))
			fprintf(out, " -s %c", option_letter(o));
		if (o->argument && kind == VALUE_WORDS)
			fprintf(out, " -x -a '%s'", words);
		else if (o->argument)
			fputs(ways[kind], out);
		fputs(" -d '", out);
		put_quoted(out, o->help);
		fputs("'\n", out);
	}
}

static void fish_print(FILE *out, const struct verb *verbs, size_t count)
{
	char condition[64];

	fputs("# Made by `analyze help --completion fish`; do not edit.\n", out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out,
			"complete -c analyze -f -n __fish_use_subcommand -a %s -d '",
			verbs[i].name);
		put_quoted(out, verbs[i].help);
		fputs("'\n", out);
	}
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(condition, sizeof(condition),
			"__fish_seen_subcommand_from %s", verbs[i].name);
		fish_options(out, verbs[i].options, &verbs[i], condition);
		fish_options(out, options_common, &verbs[i], condition);
		fprintf(out, "complete -c analyze -n '%s' -a '", condition);
		if (strcmp(verbs[i].name, "help") == 0) {
			for (size_t k = 0; k < count; k++)
				fprintf(out, "%s ", verbs[k].name);
		}
		put_small_words(out, &verbs[i], " ");
		if (takes_workloads(&verbs[i]))
			fputs(" (analyze workload list 2>/dev/null)", out);
		fputs("'\n", out);
	}
}

bool completion_print(
	FILE *out, const char *shell, const struct verb *verbs, size_t count)
{
	if (strcmp(shell, "bash") == 0)
		bash_print(out, verbs, count);
	else if (strcmp(shell, "zsh") == 0)
		zsh_print(out, verbs, count);
	else if (strcmp(shell, "fish") == 0)
		fish_print(out, verbs, count);
	else
		return false;
	return true;
}
