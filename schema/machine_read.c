/* JSON to struct machine, by its shapes. */
#include "schema/machine.h"

#include "common/array.h"
#include "common/suggest.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MACHINE_SCHEMA "headroom/machine/1"
#define MACHINE_PATH_MAX 512
#define MACHINE_MEMBERS_MAX 64

struct machine_reader {
	const struct json_doc *doc;
	struct err *err;
	char path[MACHINE_PATH_MAX]; /* into the JSON: "storage.disks[3].bytes" */
};

static const char *json_kind(const cJSON *json)
{
	return cJSON_IsString(json)    ? "a text"
		: cJSON_IsNumber(json) ? "a number"
		: cJSON_IsBool(json)   ? "true or false"
		: cJSON_IsArray(json)  ? "a list"
		: cJSON_IsObject(json) ? "an object"
				       : "null";
}

static int refuse_kind(
	struct machine_reader *reader, const cJSON *json, const char *expected)
{
	return json_doc_refuse(reader->doc, json, reader->err,
		"%s: expected %s, found %s", reader->path, expected, json_kind(json));
}

/* Goes down by one step; the length to come back to. */
static size_t enter_member(struct machine_reader *reader, const char *name)
{
	size_t length = strlen(reader->path);

	(void)snprintf(reader->path + length, sizeof(reader->path) - length, "%s%s",
		length ? "." : "", name);
	return length;
}

static size_t enter_item(struct machine_reader *reader, size_t index)
{
	size_t length = strlen(reader->path);

	(void)snprintf(
		reader->path + length, sizeof(reader->path) - length, "[%zu]", index);
	return length;
}

static bool machine_read_is_word_of(const char *choices, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = choices; length && (at = strstr(at, word));
		at += length) {
		if ((at == choices || at[-1] == ' ') &&
			(!at[length] || at[length] == ' '))
			return true;
	}
	return false;
}

static int read_machine_text(struct machine_reader *reader, const cJSON *json,
	const struct machine_member *member, char **ret_text)
{
	const char *text = json->valuestring;

	if (!cJSON_IsString(json))
		return refuse_kind(reader, json, "a text");
	if (!*text)
		return 0; /* as a program writes what it was not told */
	if (strlen(text) > MACHINE_TEXT_MAX)
		return json_doc_refuse(reader->doc, json, reader->err,
			"%s: a text of more than %d bytes", reader->path,
			MACHINE_TEXT_MAX);
	if (member->choices && !machine_read_is_word_of(member->choices, text))
		return json_doc_refuse(reader->doc, json, reader->err,
			"%s: expected one of %s, found \"%.40s\"", reader->path,
			member->choices, text);
	*ret_text = strdup(text);
	return *ret_text ? 0 : err_oom(reader->err);
}

static int read_machine_number(struct machine_reader *reader, const cJSON *json,
	const struct machine_member *member, double *ret_number)
{
	double number = json->valuedouble;

	if (!cJSON_IsNumber(json))
		return refuse_kind(reader, json, "a number");
	if (!isfinite(number) || number < 0 || number > 1e19)
		return json_doc_refuse(reader->doc, json, reader->err,
			"%s: expected a number from 0 to 1e19, found %g", reader->path,
			number);
	if (member->type == MACHINE_WHOLE && floor(number) != number)
		return json_doc_refuse(reader->doc, json, reader->err,
			"%s: expected a whole number, found %.15g", reader->path,
			number);
	*ret_number = member->scale > 0 ? number * member->scale : number;
	return 0;
}

/* How many items a list has, refused where that is too many. */
static int count_items(struct machine_reader *reader, const cJSON *json,
	const struct machine_member *member, size_t *ret_count)
{
	size_t count = 0;

	if (!cJSON_IsArray(json))
		return refuse_kind(reader, json, "a list");
	for (const cJSON *item = json->child; item; item = item->next)
		count++;
	if (count > member->ceiling)
		return json_doc_refuse(reader->doc, json, reader->err,
			"%s: %zu entries, at most %zu are taken", reader->path, count,
			member->ceiling);
	*ret_count = count;
	return 0;
}

static int read_texts(struct machine_reader *reader, const cJSON *json,
	const struct machine_member *member, struct machine_texts *texts)
{
	size_t count = 0;
	int r = count_items(reader, json, member, &count);

	if (r < 0)
		return r;
	texts->is_known = true;
	for (const cJSON *item = json->child; item; item = item->next) {
		size_t back = enter_item(reader, texts->count);

		if (!cJSON_IsString(item) || !*item->valuestring)
			return refuse_kind(reader, item, "a text that is not empty");
		if (ARRAY_EXTEND(texts->text, texts->count) < 0)
			return err_oom(reader->err);
		texts->text[texts->count] = NULL;
		r = read_machine_text(reader, item, member, &texts->text[texts->count]);
		if (r < 0)
			return r;
		texts->count++;
		reader->path[back] = '\0';
	}
	return 0;
}

static int read_shape(struct machine_reader *reader, const cJSON *json,
	const struct machine_shape *shape, char *base);

/* An item may be its name alone. */
static int machine_read_read_item(struct machine_reader *reader, const cJSON *json,
	const struct machine_shape *shape, char *base)
{
	const struct machine_member *key =
		shape->key < 0 ? NULL : &shape->member[shape->key];

	machine_set_unknown(shape, base);
	if (cJSON_IsString(json) && key && key->type == MACHINE_TEXT &&
		*json->valuestring)
		return read_machine_text(
			reader, json, key, (char **)(void *)(base + key->offset));
	return read_shape(reader, json, shape, base);
}

static int read_machine_list(struct machine_reader *reader, const cJSON *json,
	const struct machine_member *member, struct machine_list *list)
{
	size_t count = 0;
	int r = count_items(reader, json, member, &count);

	if (r < 0)
		return r;
	list->is_known = true;
	for (const cJSON *item = json->child; item; item = item->next) {
		size_t back = enter_item(reader, list->count);
		/* counted at once: what was read of it is freed on failure */
		char *base = machine_list_add(list, member->shape);

		if (!base)
			return err_oom(reader->err);
		r = machine_read_read_item(reader, item, member->shape, base);
		if (r < 0)
			return r;
		reader->path[back] = '\0';
	}
	return 0;
}

static int read_machine_member(struct machine_reader *reader, const cJSON *json,
	const struct machine_member *member, char *base)
{
	void *at = base + member->offset;

	if (cJSON_IsNull(json))
		return 0;
	switch (member->type) {
	case MACHINE_TEXT:
		return read_machine_text(reader, json, member, at);
	case MACHINE_NUMBER:
	case MACHINE_WHOLE:
		return read_machine_number(reader, json, member, at);
	case MACHINE_ANSWER:
		if (!cJSON_IsBool(json))
			return refuse_kind(reader, json, "true or false");
		*(enum answer *)at = cJSON_IsTrue(json) ? ANSWER_YES : ANSWER_NO;
		return 0;
	case MACHINE_TEXTS:
		return read_texts(reader, json, member, at);
	case MACHINE_OBJECT:
		return read_shape(reader, json, member->shape, base);
	case MACHINE_LIST:
		return read_machine_list(reader, json, member, at);
	}
	return 0;
}

static const struct machine_member *find_member(
	const struct machine_shape *shape, const char *name, const char **ret_near)
{
	const char *names[MACHINE_MEMBERS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < shape->count; i++) {
		if (strcmp(shape->member[i].name, name) == 0)
			return &shape->member[i];
		if (count < ARRAY_LEN(names))
			names[count++] = shape->member[i].name;
	}
	*ret_near = suggest_nearest(name, names, count);
	return NULL;
}

/* "schema", "gathered" and "comment" of the document are not of its shape. */
static bool is_of_the_frame(const struct machine_reader *reader, const char *name)
{
	return !reader->path[0] &&
		(strcmp(name, "schema") == 0 || strcmp(name, "gathered") == 0 ||
			strcmp(name, "comment") == 0);
}

static int check_key(struct machine_reader *reader, const cJSON *json,
	const struct machine_shape *shape, const char *base)
{
	const struct machine_member *key;
	bool is_there;

	if (shape->key < 0)
		return 0;
	key = &shape->member[shape->key];
	is_there = key->type == MACHINE_TEXT
		? *(char *const *)(const void *)(base + key->offset) != NULL
		: !isnan(*(const double *)(const void *)(base + key->offset));
	if (is_there)
		return 0;
	return json_doc_refuse(reader->doc, json, reader->err,
		"%s%s%s: %s needs it, and it is not there", reader->path,
		reader->path[0] ? "." : "", key->name, shape->what);
}

static int read_shape(struct machine_reader *reader, const cJSON *json,
	const struct machine_shape *shape, char *base)
{
	if (!cJSON_IsObject(json))
		return refuse_kind(reader, json, "an object");
	for (const cJSON *item = json->child; item; item = item->next) {
		const struct machine_member *member;
		const char *near = NULL;
		size_t back;
		int r;

		if (is_of_the_frame(reader, item->string))
			continue;
		member = find_member(shape, item->string, &near);
		if (!member)
			return json_doc_refuse(reader->doc, item, reader->err,
				"%s%s%.60s: %s has no such field%s%s%s", reader->path,
				reader->path[0] ? "." : "", item->string, shape->what,
				near ? ", did you mean \"" : "", near ? near : "",
				near ? "\"?" : "");
		back = enter_member(reader, item->string);
		r = read_machine_member(reader, item, member, base);
		if (r < 0)
			return r;
		reader->path[back] = '\0';
	}
	return check_key(reader, json, shape, base);
}

static int read_gathered(struct machine_reader *reader, struct machine *machine)
{
	const cJSON *json =
		cJSON_GetObjectItemCaseSensitive(reader->doc->root, "gathered");

	if (!json || cJSON_IsNull(json))
		return 0;
	(void)snprintf(reader->path, sizeof(reader->path), "gathered");
	if (!cJSON_IsNumber(json))
		return refuse_kind(reader, json, "Unix seconds");
	if (!(json->valuedouble >= 0 && json->valuedouble < 1e12))
		return json_doc_refuse(reader->doc, json, reader->err,
			"gathered: expected Unix seconds, found %g", json->valuedouble);
	machine->gathered = (int64_t)json->valuedouble;
	reader->path[0] = '\0';
	return 0;
}

/* "5.2.3790 Service Pack 1" in one field, as reports print it. */
static int split_service_pack(struct machine *machine, struct err *err)
{
	char *at = machine->os.version ? strstr(machine->os.version, "Service Pack")
				       : NULL;

	if (!at || machine->os.service_pack)
		return 0;
	machine->os.service_pack = strdup(at);
	if (!machine->os.service_pack)
		return err_oom(err);
	while (at > machine->os.version && (at[-1] == ' ' || at[-1] == ','))
		at--;
	*at = '\0';
	return 0;
}

/* The flat form counts its adapters and disks: the document has names for them. */
static int machine_read_name_items(struct machine *machine, struct err *err)
{
	struct machine_adapter *adapter = machine->network.item;
	struct machine_disk *disk = machine->storage.disks.item;
	char name[40];

	for (size_t i = 0; i < machine->network.count; i++) {
		(void)snprintf(name, sizeof(name), "nic%zu", i);
		if (!adapter[i].name && !(adapter[i].name = strdup(name)))
			return err_oom(err);
	}
	for (size_t i = 0; i < machine->storage.disks.count; i++) {
		(void)snprintf(name, sizeof(name), "\\device\\harddisk%zu", i);
		if (!disk[i].device && !(disk[i].device = strdup(name)))
			return err_oom(err);
	}
	return 0;
}

/* A partition may not name a volume that is nowhere. */
static int check_volumes(struct machine_reader *reader, const struct machine *machine)
{
	const struct machine_disk *disk = machine->storage.disks.item;
	const struct machine_volume *volume = machine->storage.volumes.item;

	if (!machine->storage.volumes.is_known)
		return 0;
	for (size_t d = 0; d < machine->storage.disks.count; d++) {
		const struct machine_partition *part = disk[d].partitions.item;

		for (size_t p = 0; p < disk[d].partitions.count; p++) {
			for (size_t v = 0; v < part[p].volumes.count; v++) {
				size_t at = 0;

				while (at < machine->storage.volumes.count &&
					strcmp(volume[at].name,
						part[p].volumes.text[v]) != 0)
					at++;
				if (at < machine->storage.volumes.count)
					continue;
				return json_doc_refuse(reader->doc, reader->doc->root,
					reader->err,
					"storage.disks[%zu].partitions[%zu].volumes[%zu]"
					": no volume is called \"%.60s\"",
					d, p, v, part[p].volumes.text[v]);
			}
		}
	}
	return 0;
}

bool machine_is_document(const struct json_doc *doc)
{
	const char *schema = json_doc_text(doc->root, "schema", NULL);

	if (schema)
		return strcmp(schema, MACHINE_SCHEMA) == 0;
	return cJSON_GetObjectItemCaseSensitive(doc->root, "name") &&
		(cJSON_GetObjectItemCaseSensitive(doc->root, "nics") ||
			cJSON_GetObjectItemCaseSensitive(doc->root, "memory_mb") ||
			cJSON_GetObjectItemCaseSensitive(doc->root, "processors"));
}

int machine_parse(
	const struct json_doc *doc, struct machine *ret_machine, struct err *err)
{
	struct machine_reader reader = { .doc = doc, .err = err };
	const char *schema;
	struct machine machine;
	int r;

	machine_init(&machine);
	if (!cJSON_IsObject(doc->root))
		return json_doc_refuse(
			doc, doc->root, err, "expected an object, the machine");
	schema = json_doc_text(doc->root, "schema", NULL);
	if (schema && strcmp(schema, MACHINE_SCHEMA) != 0)
		return json_doc_refuse(doc, doc->root, err,
			"schema: expected \"%s\", found \"%.60s\"", MACHINE_SCHEMA,
			schema);
	r = read_shape(&reader, doc->root,
		schema ? &machine_shape : &machine_flat_shape, (char *)&machine);
	if (r == 0)
		r = read_gathered(&reader, &machine);
	if (r == 0)
		r = check_volumes(&reader, &machine);
	if (r == 0)
		r = split_service_pack(&machine, err);
	if (r == 0)
		r = machine_read_name_items(&machine, err);
	if (r < 0) {
		machine_done(&machine);
		return r;
	}
	*ret_machine = machine;
	return 0;
}

int machine_load(const char *path, struct machine *ret_machine, struct err *err)
{
	struct json_doc doc;
	int r = json_doc_load(path, MACHINE_BYTES_MAX, &doc, err);

	if (r < 0)
		return r;
	r = machine_parse(&doc, ret_machine, err);
	json_doc_done(&doc);
	return r;
}
