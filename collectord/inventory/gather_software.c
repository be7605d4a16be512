/* Packages, services, drivers, and what starts by itself. */
#include "collectord/inventory/gather.h"

#include "collectord/inventory/command.h"
#include "collectord/inventory/software.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMMAND_DEADLINE_MS = 30000, FOLDER_MAX = 4096 };
#define COMMAND_BYTES ((size_t)16 << 20)

/* ---- packages ------------------------------------------------------------------------- */

static int ask_rpm(struct gathering *gathering)
{
	static const char *const argv[] = { "rpm", "-qa", "--queryformat",
		"%{NAME} %{VERSION}-%{RELEASE}\\n", NULL };
	struct strbuf text;
	int r = 0;

	if (!gathering->root->is_live ||
		!hostroot_exists(gathering->root, "var/lib/rpm"))
		return 0;
	strbuf_init(&text, COMMAND_BYTES);
	if (command_read(argv, COMMAND_DEADLINE_MS, &text) == 0)
		r = software_parse_rpm(strbuf_text(&text), text.length,
			&gathering->machine->software.packages);
	strbuf_done(&text);
	return r;
}

static int gather_packages(struct gathering *gathering)
{
	static const struct {
		const char *path;
		int (*parse)(const char *, size_t, struct machine_list *);
	} databases[] = { { "var/lib/dpkg/status", software_parse_dpkg },
		{ "lib/apk/db/installed", software_parse_apk } };
	struct machine_list *packages = &gathering->machine->software.packages;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(databases) / sizeof(databases[0]);
		i++) {
		long length = gather_file(gathering, databases[i].path);

		if (length > 0)
			r = databases[i].parse(
				gathering->scratch, (size_t)length, packages);
	}
	/* Debian may have rpm, too, with nothing in it */
	return r < 0 || packages->count ? r : ask_rpm(gathering);
}

/* ---- services ------------------------------------------------------------------------------ */

/* Old systems: a link "S20name" in a runlevel starts what "name" of init.d is. */
struct old_services {
	struct gathering *gathering;
	bool is_listing; /* first the scripts, then which of them start */
};

static struct machine_service *find_service(struct machine *machine, const char *name)
{
	struct machine_service *service = machine->software.services.item;

	for (size_t i = 0; i < machine->software.services.count; i++) {
		if (strcmp(service[i].name, name) == 0)
			return &service[i];
	}
	return NULL;
}

static int visit_script(void *context, const char *name)
{
	struct old_services *old = context;
	struct machine *machine = old->gathering->machine;
	struct machine_service *service;
	int r;

	if (old->is_listing) {
		if (strcmp(name, "README") == 0 || strcmp(name, "skeleton") == 0 ||
			strcmp(name, "functions") == 0)
			return 0;
		service = machine_list_add(
			&machine->software.services, &machine_service_shape);
		r = service ? gather_text(&service->name, name) : -ENOMEM;
		return r < 0 ? r : gather_text(&service->start, "disabled");
	}
	if (name[0] != 'S' || strlen(name) < 4)
		return 0;
	service = find_service(machine, name + 3);
	return service ? gather_text(&service->start, "auto") : 0;
}

static int gather_old_services(struct gathering *gathering)
{
	static const char *const levels[] = { "etc/rc2.d", "etc/rc3.d", "etc/rc5.d",
		"etc/rc.d/rc3.d", "etc/rc.d/rc5.d" };
	struct old_services old = { .gathering = gathering, .is_listing = true };
	int r = hostroot_list(
		gathering->root, "etc/init.d", FOLDER_MAX, visit_script, &old);

	old.is_listing = false;
	for (size_t i = 0; r != -ENOMEM && i < sizeof(levels) / sizeof(levels[0]); i++)
		r = hostroot_list(
			gathering->root, levels[i], FOLDER_MAX, visit_script, &old);
	return r == -ENOMEM ? r : 0;
}

static int gather_services(struct gathering *gathering)
{
	char root[4096 + 8];
	const char *argv[] = { "systemctl", "list-unit-files", "--type=service",
		"--no-legend", "--no-pager", "--plain", NULL, NULL };
	struct strbuf text;
	int r;

	if (!gathering->root->is_live) {
		(void)snprintf(root, sizeof(root), "--root=%s", gathering->root_path);
		argv[6] = root;
	}
	strbuf_init(&text, COMMAND_BYTES);
	r = hostroot_exists(gathering->root, "etc/systemd/system")
		? command_read(argv, COMMAND_DEADLINE_MS, &text)
		: -ENOENT;
	if (r == 0)
		r = software_parse_units(strbuf_text(&text), text.length,
			&gathering->machine->software.services);
	else
		r = r == -ENOMEM ? r : gather_old_services(gathering);
	strbuf_done(&text);
	return r;
}

/* ---- what starts by itself beside them ------------------------------------------------------- */

static int visit_crontab(void *context, const char *name)
{
	struct gathering *gathering = context;
	char path[300];
	long length;

	(void)snprintf(path, sizeof(path), "etc/cron.d/%.200s", name);
	length = gather_file(gathering, path);
	return length <= 0 ? 0
			   : software_parse_crontab(gathering->scratch, (size_t)length,
				     &gathering->machine->software.auto_run);
}

static int gather_auto_run(struct gathering *gathering)
{
	static const char *const scripts[] = { "etc/rc.local", "etc/rc.d/rc.local" };
	struct machine_texts *auto_run = &gathering->machine->software.auto_run;
	long length = gather_file(gathering, "etc/crontab");
	struct stat status;
	int r = 0;

	auto_run->is_known = hostroot_exists(gathering->root, "etc");
	if (length > 0)
		r = software_parse_crontab(
			gathering->scratch, (size_t)length, auto_run);
	if (r == 0)
		r = hostroot_list(gathering->root, "etc/cron.d", FOLDER_MAX,
			visit_crontab, gathering);
	for (size_t i = 0; r != -ENOMEM && i < sizeof(scripts) / sizeof(scripts[0]);
		i++) {
		int fd = hostroot_open_below(gathering->root, scripts[i], O_RDONLY);

		if (fd < 0)
			continue;
		if (fstat(fd, &status) == 0 && (status.st_mode & S_IXUSR))
			r = machine_texts_add(auto_run, scripts[i]);
		close(fd);
	}
	return r == -ENOMEM ? r : 0;
}

int gather_software(struct gathering *gathering)
{
	long length;
	int r = gather_packages(gathering);

	if (r == 0)
		r = gather_services(gathering);
	length = r == 0 ? gather_file(gathering, "proc/modules") : -1;
	if (length >= 0)
		r = software_parse_modules(gathering->scratch, (size_t)length,
			&gathering->machine->software.drivers);
	return r < 0 ? r : gather_auto_run(gathering);
}
