#include "collectord/inventory/software.h"

#include "common/util.h"
#include "probes/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *dup_word(const struct text *word)
{
	return strndup(word->at, (size_t)(word->end - word->at));
}

static int add_package(struct machine_list *packages, const struct text *name,
	const struct text *version)
{
	struct machine_package *package =
		machine_list_add(packages, &machine_package_shape);

	if (!package)
		return -ENOMEM;
	package->name = dup_word(name);
	package->version = version->at ? dup_word(version) : NULL;
	return !package->name || (version->at && !package->version) ? -ENOMEM : 0;
}

static int add_service(struct machine_list *list, const struct machine_shape *shape,
	const struct text *name, const char *start)
{
	struct machine_service *service = machine_list_add(list, shape);

	if (!service)
		return -ENOMEM;
	service->name = dup_word(name);
	service->start = strdup(start);
	return service->name && service->start ? 0 : -ENOMEM;
}

/* Empty lists are known, too: the database was read. */
static int begin_list(struct machine_list *list)
{
	list->is_known = true;
	return 0;
}

/* ---- packages ------------------------------------------------------------------------ */

struct stanza {
	struct text name, version;
	bool is_installed;
};

static void take_dpkg_line(struct text line, struct stanza *stanza)
{
	struct text word, last = { NULL, NULL };

	if (text_prefix(&line, "Package: ")) {
		stanza->name = line;
	} else if (text_prefix(&line, "Version: ")) {
		stanza->version = line;
	} else if (text_prefix(&line, "Status: ")) {
		/* "install ok installed", "deinstall ok config-files" */
		while (text_word(&line, &word))
			last = word;
		stanza->is_installed = last.at && text_is(&last, "installed");
	}
}

int software_parse_dpkg(const char *text, size_t length, struct machine_list *packages)
{
	struct stanza stanza = { .is_installed = false };
	struct text all = text_of(text, length), line;
	bool is_more = true;
	int r = begin_list(packages);

	while (r == 0 && is_more) {
		is_more = text_line(&all, &line);
		if (is_more && line.at < line.end) {
			take_dpkg_line(line, &stanza);
			continue;
		}
		if (stanza.name.at && stanza.is_installed)
			r = add_package(packages, &stanza.name, &stanza.version);
		stanza = (struct stanza){ .is_installed = false };
	}
	return r;
}

int software_parse_apk(const char *text, size_t length, struct machine_list *packages)
{
	struct stanza stanza = { .is_installed = true };
	struct text all = text_of(text, length), line;
	bool is_more = true;
	int r = begin_list(packages);

	while (r == 0 && is_more) {
		is_more = text_line(&all, &line);
		if (is_more && line.at < line.end) {
			if (text_prefix(&line, "P:"))
				stanza.name = line;
			else if (text_prefix(&line, "V:"))
				stanza.version = line;
			continue;
		}
		if (stanza.name.at)
			r = add_package(packages, &stanza.name, &stanza.version);
		stanza = (struct stanza){ .is_installed = true };
	}
	return r;
}

int software_parse_rpm(const char *text, size_t length, struct machine_list *packages)
{
	struct text all = text_of(text, length), line;
	int r = begin_list(packages);

	while (r == 0 && text_line(&all, &line)) {
		struct text name, version = { NULL, NULL };

		if (!text_word(&line, &name))
			continue;
		(void)text_word(&line, &version);
		/* signing keys are listed as packages, and are none */
		if (!text_is(&name, "gpg-pubkey"))
			r = add_package(packages, &name, &version);
	}
	return r;
}

/* ---- services and drivers -------------------------------------------------------------- */

static const char *start_of_unit(const struct text *state)
{
	static const struct {
		const char *state, *start;
	} rows[] = { { "enabled", "auto" }, { "enabled-runtime", "auto" },
		{ "generated", "auto" }, { "static", "static" },
		{ "disabled", "disabled" }, { "masked", "masked" },
		{ "masked-runtime", "masked" }, { "indirect", "manual" },
		{ "linked", "manual" }, { "linked-runtime", "manual" } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (text_is(state, rows[i].state))
			return rows[i].start;
	}
	return NULL; /* alias, transient, bad: no unit of its own */
}

int software_parse_units(const char *text, size_t length, struct machine_list *services)
{
	struct text all = text_of(text, length), line;
	int r = begin_list(services);

	while (r == 0 && text_line(&all, &line)) {
		struct text name, state;
		const char *start;

		if (!text_word(&line, &name) || !text_word(&line, &state))
			continue;
		start = start_of_unit(&state);
		if (name.end - name.at > 8 && memcmp(name.end - 8, ".service", 8) == 0)
			name.end -= 8;
		if (start)
			r = add_service(services, &machine_service_shape, &name, start);
	}
	return r;
}

int software_parse_modules(
	const char *text, size_t length, struct machine_list *drivers)
{
	struct text all = text_of(text, length), line, name;
	int r = begin_list(drivers);

	while (r == 0 && text_line(&all, &line)) {
		if (text_word(&line, &name))
			r = add_service(
				drivers, &machine_driver_shape, &name, "loaded");
	}
	return r;
}

int software_parse_crontab(
	const char *text, size_t length, struct machine_texts *auto_run)
{
	struct text all = text_of(text, length), line;
	int r = 0;

	while (r == 0 && text_line(&all, &line)) {
		char *command;

		text_blanks(&line);
		if (!text_prefix(&line, "@reboot"))
			continue;
		text_blanks(&line);
		command = dup_word(&line);
		r = command ? machine_texts_add(auto_run, command) : -ENOMEM;
		free(command);
	}
	return r;
}
