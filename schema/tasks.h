/*
 * Tasks of a move as data: schema/steps, and steps/ of the configuration folder.  What a
 * target asks of the person who moves a machine to it, with the scripts that belong to it;
 * docs/runbook.md has the form of a file by example.
 *
 * A script is lines of text with placeholders, {{machine.name}}.  What a placeholder stands
 * for is quoted by the format of its file, so that no name leaves its quoting; a line in
 * which it could do so (within quotes, in a comment) is refused when the file is loaded.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef SCHEMA_TASKS_H
#define SCHEMA_TASKS_H

#include "common/quote.h"
#include "schema/condition.h"

#define TASKS_BYTES_MAX (4u << 20) /* of one file */
#define TASKS_DEPTH_MAX 10         /* of lines in lines */

/* ---- values ---------------------------------------------------------------------------- */

/* What lines are repeated for. */
enum task_each {
	EACH_NONE,
	EACH_DISK,
	EACH_PARTITION, /* of the disk */
	EACH_VOLUME,
	EACH_ADAPTER,
	EACH_ADDRESS, /* of the adapter */
	EACH_DNS,     /* of the adapter */
	EACH_ROUTE,   /* other than the default one */
	EACH_SERVICE,
	EACH_COUNT,
};
const char *task_each_name(enum task_each each);
/* The scope of fields that a condition of such lines may ask; SCOPE_WORKLOAD: none. */
enum field_scope task_each_scope(enum task_each each);

/* What a placeholder may name beside "set.KEY" and "rule.ID" (what the check or rule of that
 * id says of the machine, if it does); the table is in tasks_value.c. */
enum task_value {
	VALUE_DAY,
	VALUE_TARGET,
	VALUE_TARGET_TITLE,
	VALUE_MACHINE_NAME,
	VALUE_MACHINE_KIND,
	VALUE_MACHINE_HYPERVISOR,
	VALUE_MACHINE_OS,
	VALUE_MACHINE_FAMILY,
	VALUE_MACHINE_FIRMWARE,
	VALUE_MACHINE_STYLE,
	VALUE_MACHINE_HAL,
	VALUE_MACHINE_APPLICATIONS,
	VALUE_MACHINE_ROLES,
	VALUE_MACHINE_MAC,
	VALUE_MACHINE_MAC_BARE,
	VALUE_MACHINE_SYSTEM_PARTITION,
	VALUE_MACHINE_MEMORY_MIB,
	VALUE_MACHINE_CPUS,
	VALUE_VM_UUID,
	VALUE_VM_MEMORY_MIB,
	VALUE_VM_MEMORY_FROM,
	VALUE_VM_VCPUS,
	VALUE_VM_VCPUS_FROM,
	VALUE_VM_RESERVED_PERCENT,
	VALUE_PLAN_HOST,
	VALUE_DISKS_COUNT,
	VALUE_DISKS_BYTES,
	VALUE_DISKS_GIB,
	VALUE_DISKS_LARGEST_GIB,
	VALUE_DISKS_UNUSED_PERCENT,
	VALUE_DISKS_MANY_UNUSED,
	VALUE_SCRATCH_GIB,
	VALUE_COPY_GB,
	VALUE_COPY_MINUTES_SLOW,
	VALUE_COPY_MINUTES_FAST,
	VALUE_COPY_MINUTES,
	VALUE_COPY_CONCURRENT,
	VALUE_COPY_LINK_BOUND,
	VALUE_DOWN_MINUTES,
	VALUE_DOWN_OVER_WINDOW,
	VALUE_ADAPTERS_COUNT,
	VALUE_ADAPTERS_STATIC,
	VALUE_NUMBER, /* of the repeated thing, from 1 */
	VALUE_INDEX,  /* from 0 */
	VALUE_DISK_DEVICE,
	VALUE_DISK_LETTER,
	VALUE_DISK_BYTES,
	VALUE_DISK_GIB,
	VALUE_DISK_BUS,
	VALUE_DISK_STYLE,
	VALUE_DISK_MODEL,
	VALUE_PARTITION_NUMBER,
	VALUE_PARTITION_BYTES,
	VALUE_VOLUME_NAME,
	VALUE_VOLUME_FS,
	VALUE_VOLUME_BYTES,
	VALUE_ADAPTER_NAME,
	VALUE_ADAPTER_MAC,
	VALUE_ADAPTER_MAC_DASH,
	VALUE_ADAPTER_MAC_BARE,
	VALUE_ADAPTER_MAC_WMI,
	VALUE_ADAPTER_DRIVER,
	VALUE_ADAPTER_GATEWAY,
	VALUE_ADAPTER_IS_STATIC,
	VALUE_ADDRESS,
	VALUE_ADDRESS_PREFIX,
	VALUE_ADDRESS_NETMASK, /* of IPv4; unknown else */
	VALUE_ADDRESS_FAMILY,
	VALUE_ADDRESS_IS_FIRST,
	VALUE_ADDRESS_IS_LOCAL,
	VALUE_DNS,
	VALUE_ROUTE_TO,
	VALUE_ROUTE_NETWORK, /* of IPv4; unknown else, as the next one */
	VALUE_ROUTE_NETMASK,
	VALUE_ROUTE_VIA,
	VALUE_ROUTE_ADAPTER,
	VALUE_SERVICE_NAME,
	VALUE_SERVICE_START,
	VALUE_COUNT,
};

struct task_value_info {
	const char *name;
	bool is_number; /* digits alone: stands unquoted everywhere */
	enum task_each each;
	const char *help;
};
extern const struct task_value_info task_value_table[VALUE_COUNT];
/* -1 when there is none of that name; *ret_near gets the nearest (or NULL). */
int task_value_find(const char *name, size_t length, const char **ret_near);

/* ---- settings -------------------------------------------------------------------------- */

enum setting_kind {
	SETTING_TEXT,
	SETTING_NAME,         /* a text that does not begin with - and is not blank */
	SETTING_DNS_LABEL,    /* web1 */
	SETTING_HOST,         /* a host name or an address */
	SETTING_WORD,         /* letters, digits, . _ - */
	SETTING_PATH,         /* from the root: /var/lib/images */
	SETTING_WINDOWS_PATH, /* C:\Images or \\server\share */
	SETTING_NUMBER,       /* whole */
	SETTING_CHOICE,
	SETTING_YES, /* yes or no */
	SETTING_MAC,
	SETTING_KIND_COUNT,
};
const char *setting_kind_name(enum setting_kind kind);

/* Conditions of tasks, lines and defaults; all that are there have to hold. */
struct task_gate {
	bool has_when;
	struct condition when;
	bool keeps_unknown;         /* the condition cannot be judged: as if it held */
	char *with, *without;       /* a value that is known, that is not; NULL: any */
	char *is_name, *is_value;   /* a value with this text, or one of "a|b" */
	char *not_name, *not_value; /* without it */
};

struct setting_default {
	struct task_gate gate;
	char *value;              /* with placeholders; NULL: taken from */
	char *from;               /* a value: "machine.name" */
	double vcpus, memory_mib; /* what it offers; NAN: any VM fits */
};

struct task_setting {
	char *key;
	enum setting_kind kind;
	char *help, *example;
	bool is_required;      /* where no default holds it has to be given */
	struct task_gate gate; /* only then it is asked for */
	struct setting_default *fallback; /* the first whose gate is open */
	size_t fallback_count;
	char **choice;
	size_t choice_count;
	double minimum, maximum; /* of a number */
	size_t length_max;       /* bytes; 0: 4096 */
	char *forbid;            /* characters; NULL: none */
	unsigned line;
};

/*
 * task_setting_check - may the setting have this value?
 *
 * Returns 0, or -EINVAL with what was expected.
 */
int task_setting_check(
	const struct task_setting *setting, const char *value, struct err *err);

/* ---- tasks ----------------------------------------------------------------------------- */

struct task_line {
	char *text; /* NULL: only the lines below, as the gate says */
	struct task_gate gate;
	enum task_each each;
	struct task_line *line;
	size_t count;
	unsigned at; /* line of the file */
};

struct task_lines {
	struct task_line *line;
	size_t count;
};

/* What the tools of a target write when the task is done: named, not written by us. */
struct task_product {
	char *path, *what;
	struct task_gate gate;
	struct task_lines lines; /* what it does, in order */
};

struct task_file {
	char *path; /* below the folder of the runbook: "30-check.sh" */
	enum quote_format format;
	struct task_lines lines;
	struct task_gate gate;
};

/* Where a task is done. */
enum task_place { PLACE_ADMIN, PLACE_SOURCE, PLACE_HOST, PLACE_GUEST, PLACE_COUNT };
const char *task_place_name(enum task_place place);
const char *task_place_words(enum task_place place); /* "on the source machine" */

struct task_entry {
	char *id, *phase, *title;
	double order; /* within its phase */
	enum task_place place;
	bool is_preliminary; /* has the number 0: before the sequence begins */
	bool is_destructive; /* never in the normal sequence; its scripts ask */
	double minutes;      /* to plan with, beside the copies; NAN: nobody said */
	double copies;       /* and so many times the copy of all disks */
	bool is_offline;     /* the machine serves nobody meanwhile */
	struct task_gate gate;
	struct task_lines text, check, undo;
	bool has_command;
	enum quote_format command_format;
	struct task_lines command; /* what is typed in */
	struct task_file *file;
	size_t file_count;
	struct task_product *product;
	size_t product_count;
	char **need; /* ids of tasks to be done before */
	size_t need_count;
	char **prevent; /* what it is there to prevent */
	size_t prevent_count;
	char *source, *checked;
	char *path; /* of its file */
	unsigned line;
	bool is_builtin;
};

struct task_phase {
	char *id, *title;
};

/* All of a target, from every file that names it. */
struct tasks {
	struct task_phase *phase;
	size_t phase_count;
	struct task_entry *task; /* by phase, then order, then id */
	size_t count;
	struct task_setting *setting;
	size_t setting_count;
	char **written_for; /* "virt-v2v 2.2.0" */
	size_t written_for_count;
};

/*
 * tasks_load - the tasks of a target
 *
 * config_dir  may be NULL; a task or a setting there replaces the built-in one of its id
 *
 * Refused with path, line, field and reason: what is no task, a placeholder of no value, one
 * that stands where its quoting does not hold, a need or a phase that is not there, a circle
 * of needs.  Returns 0, -ENOENT where no file has tasks for the target, or another negative
 * errno; tasks_done when finished.
 */
int tasks_load(const char *config_dir, const char *target, struct tasks *ret_tasks,
	struct err *err);
void tasks_done(struct tasks *tasks);
const struct task_setting *tasks_setting(const struct tasks *tasks, const char *key);

/* The ids of the targets that the built-in files have tasks for, one a line. */
void tasks_add_targets(struct strbuf *out);

/* ---- placeholders ---------------------------------------------------------------------- */

enum placeholder_form {
	FORM_QUOTED,
	FORM_FILE, /* {{file:NAME}}: a safe name of a file */
	FORM_PLAIN, /* {{plain:NAME}}: as it is, refused where QUOTE_PLAIN cannot say it */
};

struct placeholder {
	const char *begin, *end; /* of {{ ... }} in the line */
	enum placeholder_form form;
	const char *name; /* not ended */
	size_t length;
};

/* The next one at or after `at`; false where there is none.  One without its end, or
 * without a name, has length 0. */
bool task_placeholder(const char *at, struct placeholder *ret_placeholder);

/* ---- parts of the loader ----------------------------------------------------------------- */

/* One file: appended to tasks where it names the target, or "*" (every one), or target is
 * NULL; ret_is_of: it has the phases of this target: there is a runbook for it. */
int tasks_parse(const struct json_doc *doc, const char *target, bool is_builtin,
	struct tasks *tasks, bool *ret_is_of, struct err *err);
/* Names, quoting, phases and needs of all that was read. */
int tasks_check(struct tasks *tasks, struct err *err);
void task_done(struct task_entry *task);
void task_setting_done(struct task_setting *setting);

#endif
