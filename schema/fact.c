/* Facts from text and JSON, and back to the text that the store keeps. */
#include "schema/fact.h"

#include "schema/fact_words.h"

#include "common/parse.h"
#include "common/strbuf.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *dup_range(const char *text, size_t length)
{
	while (length > 0 && (*text == ' ' || *text == '\t')) {
		text++;
		length--;
	}
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	return strndup(text, length);
}

void fact_value_done(struct fact_value *value)
{
	for (size_t i = 0; i < value->count; i++) {
		if (value->list)
			free(value->list[i]);
		if (value->device) {
			free(value->device[i].class);
			free(value->device[i].kind);
			free(value->device[i].name);
		}
		if (value->disk)
			free(value->disk[i].name);
	}
	free(value->list);
	free(value->device);
	free(value->disk);
	free(value->text);
	*value = (struct fact_value){ .is_known = false };
}

void facts_done(struct facts *facts)
{
	for (int i = 0; i < FACT_COUNT; i++)
		fact_value_done(&facts->value[i]);
}

static int fact_refuse(
	enum fact_id fact, struct err *err, const char *expected, const char *found)
{
	return err_set(err, -EINVAL, "%s: expected %s, found \"%.80s\" (example: %s)",
		fact_table[fact].key, expected, found, fact_table[fact].example);
}

static bool is_choice(const char *choices, const char *word)
{
	size_t length = strlen(word);

	for (const char *p = choices; length && (p = strstr(p, word)); p += length) {
		if ((p == choices || p[-1] == ' ') && (p[length] == ' ' || !p[length]))
			return true;
	}
	return false;
}

static int parse_word(
	enum fact_id fact, const char *text, struct fact_value *value, struct err *err)
{
	const struct fact_info *info = &fact_table[fact];
	double number;

	switch (info->type) {
	case FACT_TYPE_NUMBER:
		if (parse_double(text, strlen(text), &number) < 0 ||
			number < info->minimum || number > info->maximum) {
			char expected[80];

			(void)snprintf(expected, sizeof(expected),
				"a number from %.15g to %.15g", info->minimum,
				info->maximum);
			return fact_refuse(fact, err, expected, text);
		}
		if ((fact == FACT_OS_BITS || fact == FACT_TARGET_BITS) &&
			number != 32 && number != 64)
			return fact_refuse(fact, err, "32 or 64", text);
		value->number = number;
		break;
	case FACT_TYPE_BOOL:
		if (is_choice("yes true 1", text))
			value->is_true = true;
		else if (!is_choice("no false 0", text))
			return fact_refuse(fact, err, "yes or no", text);
		break;
	case FACT_TYPE_CHOICE:
		if (!is_choice(info->choices, text) || strchr(text, ' ')) {
			char expected[160];

			(void)snprintf(
				expected, sizeof(expected), "one of %s", info->choices);
			return fact_refuse(fact, err, expected, text);
		}
		/* fall through */
	default:
		if (!*text || strlen(text) > FACT_TEXT_MAX)
			return fact_refuse(
				fact, err, "a text of 1 to 4096 bytes", text);
		value->text = strdup(text);
		if (!value->text)
			return err_oom(err);
	}
	return 0;
}

/* "usb:printer:HP 4:required": class, kind, name, and the word that ends it */
static int fact_parse_device(
	enum fact_id fact, char *text, struct fact_device *device, struct err *err)
{
	char *part[4] = { text, NULL, NULL, NULL };
	size_t count = 1;

	for (char *p = text; *p; p++) {
		if (*p != ':')
			continue;
		if (count == 4)
			return fact_refuse(
				fact, err, "class:kind[:name][:required]", text);
		*p = '\0';
		part[count++] = p + 1;
	}
	if (count > 1 && strcmp(part[count - 1], "required") == 0) {
		device->is_required = true;
		count--;
	}
	if (!*part[0] || count > 3)
		return fact_refuse(fact, err, "class:kind[:name][:required]", text);
	device->class = strdup(part[0]);
	device->kind = strdup(count > 1 ? part[1] : "");
	device->name = strdup(count > 2 ? part[2] : "");
	if (!device->class || !device->kind || !device->name)
		return err_oom(err);
	return 0;
}

static int fact_parse_size(
	enum fact_id fact, const char *text, double *ret_gb, struct err *err)
{
	double gb;

	if (parse_double(text, strlen(text), &gb) < 0 || gb < 0 || gb > 1e9)
		return fact_refuse(fact, err, "a size in GB", text);
	*ret_gb = gb;
	return 0;
}

static int parse_count(
	enum fact_id fact, const char *text, unsigned *ret_count, struct err *err)
{
	uint64_t count;

	if (parse_u64(text, strlen(text), &count) < 0 || count > 1000)
		return fact_refuse(fact, err, "a count up to 1000", text);
	*ret_count = (unsigned)count;
	return 0;
}

static int parse_disk_word(
	enum fact_id fact, const char *word, struct fact_disk *disk, struct err *err)
{
	if (strcmp(word, "dynamic") == 0) {
		disk->is_dynamic = true;
		return 0;
	}
	if (strncmp(word, "used=", 5) == 0)
		return fact_parse_size(fact, word + 5, &disk->used_gb, err);
	if (strncmp(word, "undo=", 5) == 0)
		return parse_count(fact, word + 5, &disk->undo, err);
	if (strncmp(word, "differencing=", 13) == 0)
		return parse_count(fact, word + 13, &disk->differencing, err);
	return fact_refuse(
		fact, err, "dynamic, used=GB, undo=N or differencing=N", word);
}

static int parse_disk(
	enum fact_id fact, char *text, struct fact_disk *disk, struct err *err)
{
	char *word = strchr(text, ':'), *next;
	int r;

	*disk = (struct fact_disk){ .size_gb = NAN, .used_gb = NAN };
	if (!word || word == text)
		return fact_refuse(
			fact, err, "name:size_gb[:used=GB][:dynamic]...", text);
	*word++ = '\0';
	disk->name = strdup(text);
	if (!disk->name)
		return err_oom(err);
	next = strchr(word, ':');
	if (next)
		*next++ = '\0';
	r = strcmp(word, "?") == 0 ? 0
				   : fact_parse_size(fact, word, &disk->size_gb, err);
	for (word = next; r == 0 && word; word = next) {
		next = strchr(word, ':');
		if (next)
			*next++ = '\0';
		r = parse_disk_word(fact, word, disk, err);
	}
	return r;
}

/* Room for count items of the type; the count grows as they are filled. */
static int make_items(enum fact_type type, size_t count, struct fact_value *value)
{
	size_t room = count ? count : 1;

	if (type == FACT_TYPE_DEVICES) {
		value->device = calloc(room, sizeof(*value->device));
		return value->device ? 0 : -ENOMEM;
	}
	if (type == FACT_TYPE_DISKS) {
		value->disk = calloc(room, sizeof(*value->disk));
		return value->disk ? 0 : -ENOMEM;
	}
	value->list = calloc(room, sizeof(*value->list));
	return value->list ? 0 : -ENOMEM;
}

static int parse_item(enum fact_id fact, enum fact_type type, char *text,
	struct fact_value *value, struct err *err)
{
	size_t i = value->count++;
	const char *word = text;
	int r = 0;

	switch (type) {
	case FACT_TYPE_DEVICES:
		return fact_parse_device(fact, text, &value->device[i], err);
	case FACT_TYPE_DISKS:
		return parse_disk(fact, text, &value->disk[i], err);
	default:
		if (fact == FACT_ROLES)
			r = fact_words_role(text, &word, err);
		else if (fact == FACT_APPLICATIONS)
			word = fact_words_product(text);
		if (r < 0)
			return r;
		value->list[i] = strdup(word);
		return value->list[i] ? 0 : err_oom(err);
	}
}

static int parse_items(
	enum fact_id fact, const char *text, struct fact_value *value, struct err *err)
{
	enum fact_type type = fact_table[fact].type;
	size_t commas = 0;
	int r = 0;

	if (strlen(text) > (size_t)FACT_TEXT_MAX * 16)
		return fact_refuse(fact, err, "a shorter list", text);
	for (const char *p = text; *p; p++)
		commas += *p == ',';
	if (commas >= FACT_ITEMS_MAX)
		return err_set(err, -EINVAL, "%s: more than %d entries",
			fact_table[fact].key, FACT_ITEMS_MAX);
	if (make_items(type, commas + 1, value) < 0)
		return err_oom(err);
	if (strcmp(text, "none") == 0)
		return 0;
	for (const char *p = text; r == 0 && p;) {
		const char *comma = strchr(p, ',');
		char *item = dup_range(p, comma ? (size_t)(comma - p) : strlen(p));

		if (!item)
			return err_oom(err);
		r = *item ? parse_item(fact, type, item, value, err)
			  : fact_refuse(fact, err,
				    "entries between the commas, or none", text);
		free(item);
		p = comma ? comma + 1 : NULL;
	}
	return r;
}

static bool has_items(enum fact_id fact)
{
	enum fact_type type = fact_table[fact].type;

	return type == FACT_TYPE_LIST || type == FACT_TYPE_DEVICES ||
		type == FACT_TYPE_DISKS;
}

int fact_parse(enum fact_id fact, const char *text, struct fact_value *ret_value,
	struct err *err)
{
	struct fact_value value = { .is_known = true };
	int r = has_items(fact) ? parse_items(fact, text, &value, err)
				: parse_word(fact, text, &value, err);

	if (r < 0) {
		fact_value_done(&value);
		return r;
	}
	*ret_value = value;
	return 0;
}

static int device_from_json(const struct json_doc *doc, const cJSON *json,
	struct fact_device *device, struct err *err)
{
	static const struct json_field fields[] = {
		{ "class", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "kind", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "name", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "required", JSON_FIELD_BOOL, false, false, 0, 0 },
	};
	int r = json_doc_check_object(doc, json, "devices[]", fields,
		sizeof(fields) / sizeof(fields[0]), err);

	if (r < 0)
		return r;
	device->class = strdup(json_doc_text(json, "class", ""));
	device->kind = strdup(json_doc_text(json, "kind", ""));
	device->name = strdup(json_doc_text(json, "name", ""));
	device->is_required = json_doc_bool(json, "required", false);
	if (!device->class || !device->kind || !device->name)
		return err_oom(err);
	return 0;
}

static int disk_from_json(const struct json_doc *doc, const cJSON *json,
	struct fact_disk *disk, struct err *err)
{
	static const struct json_field fields[] = {
		{ "name", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "size_gb", JSON_FIELD_NUMBER, true, true, 0, 1e9 },
		{ "used_gb", JSON_FIELD_NUMBER, false, true, 0, 1e9 },
		{ "dynamic", JSON_FIELD_BOOL, false, false, 0, 0 },
		{ "differencing", JSON_FIELD_WHOLE, false, false, 0, 1000 },
		{ "undo", JSON_FIELD_WHOLE, false, false, 0, 1000 },
	};
	int r = json_doc_check_object(
		doc, json, "disks[]", fields, sizeof(fields) / sizeof(fields[0]), err);

	if (r < 0)
		return r;
	disk->name = strdup(json_doc_text(json, "name", ""));
	disk->size_gb = json_doc_number(json, "size_gb", NAN);
	disk->used_gb = json_doc_number(json, "used_gb", NAN);
	disk->is_dynamic = json_doc_bool(json, "dynamic", false);
	disk->differencing = (unsigned)json_doc_number(json, "differencing", 0);
	disk->undo = (unsigned)json_doc_number(json, "undo", 0);
	return disk->name ? 0 : err_oom(err);
}

static int item_from_json(enum fact_id fact, enum fact_type type,
	const struct json_doc *doc, const cJSON *item, struct fact_value *value,
	struct err *err)
{
	size_t i = value->count++;

	if (type == FACT_TYPE_DEVICES)
		return device_from_json(doc, item, &value->device[i], err);
	if (type == FACT_TYPE_DISKS)
		return disk_from_json(doc, item, &value->disk[i], err);
	if (!cJSON_IsString(item) || !*item->valuestring)
		return json_doc_refuse(doc, item, err, "%s: expected a list of texts",
			fact_table[fact].key);
	value->list[i] = strdup(item->valuestring);
	return value->list[i] ? 0 : err_oom(err);
}

static int items_from_json(enum fact_id fact, const struct json_doc *doc,
	const cJSON *json, struct fact_value *value, struct err *err)
{
	enum fact_type type = fact_table[fact].type;
	const cJSON *item;
	int r = 0;

	if (cJSON_GetArraySize(json) > FACT_ITEMS_MAX)
		return json_doc_refuse(doc, json, err, "%s: more than %d entries",
			fact_table[fact].key, FACT_ITEMS_MAX);
	if (make_items(type, (size_t)cJSON_GetArraySize(json), value) < 0)
		return err_oom(err);
	cJSON_ArrayForEach (item, json) {
		r = item_from_json(fact, type, doc, item, value, err);
		if (r < 0)
			break;
	}
	return r;
}

/* A number, true or false, or the text form. */
static int word_from_json(enum fact_id fact, const struct json_doc *doc,
	const cJSON *json, struct fact_value *value, struct err *err)
{
	char number[40];
	const char *text = NULL;
	struct err inner = ERR_INIT;
	int r;

	if (cJSON_IsString(json))
		text = json->valuestring;
	else if (cJSON_IsBool(json) && fact_table[fact].type == FACT_TYPE_BOOL)
		text = cJSON_IsTrue(json) ? "yes" : "no";
	else if (cJSON_IsNumber(json) && fact_table[fact].type == FACT_TYPE_NUMBER) {
		(void)snprintf(number, sizeof(number), "%.17g", json->valuedouble);
		text = number;
	}
	if (!text)
		return json_doc_refuse(doc, json, err, "%s: expected e.g. %s",
			fact_table[fact].key, fact_table[fact].example);
	r = has_items(fact) ? parse_items(fact, text, value, &inner)
			    : parse_word(fact, text, value, &inner);
	return r < 0 ? json_doc_refuse(doc, json, err, "%s", inner.text) : 0;
}

int fact_parse_json(enum fact_id fact, const struct json_doc *doc, const cJSON *json,
	struct fact_value *ret_value, struct err *err)
{
	struct fact_value value = { .is_known = true };
	int r = has_items(fact) && cJSON_IsArray(json)
		? items_from_json(fact, doc, json, &value, err)
		: word_from_json(fact, doc, json, &value, err);

	if (r < 0) {
		fact_value_done(&value);
		return r;
	}
	*ret_value = value;
	return 0;
}

/* A comma or colon inside would not survive the text form: it becomes a blank. */
static void add_plain(struct strbuf *out, const char *text, const char *forbidden)
{
	for (; *text; text++)
		strbuf_add_bytes(out, strchr(forbidden, *text) ? " " : text, 1);
}

static void format_disk(struct strbuf *out, const struct fact_disk *disk)
{
	add_plain(out, disk->name, ",:");
	if (isnan(disk->size_gb))
		strbuf_add(out, ":?");
	else
		strbuf_addf(out, ":%.17g", disk->size_gb);
	if (!isnan(disk->used_gb))
		strbuf_addf(out, ":used=%.17g", disk->used_gb);
	if (disk->is_dynamic)
		strbuf_add(out, ":dynamic");
	if (disk->differencing)
		strbuf_addf(out, ":differencing=%u", disk->differencing);
	if (disk->undo)
		strbuf_addf(out, ":undo=%u", disk->undo);
}

static void format_device(struct strbuf *out, const struct fact_device *device)
{
	add_plain(out, device->class, ",:");
	if (*device->kind || *device->name) {
		strbuf_add(out, ":");
		add_plain(out, device->kind, ",:");
	}
	if (*device->name) {
		strbuf_add(out, ":");
		add_plain(out, device->name, ",:");
	}
	if (device->is_required)
		strbuf_add(out, ":required");
}

/* The shortest of 15 and 17 digits that reads back as the same number. */
static void format_number(struct strbuf *out, double number)
{
	char text[40];
	double back;

	(void)snprintf(text, sizeof(text), "%.15g", number);
	if (parse_double(text, strlen(text), &back) < 0 || back != number)
		(void)snprintf(text, sizeof(text), "%.17g", number);
	strbuf_add(out, text);
}

char *fact_format(enum fact_id fact, const struct fact_value *value)
{
	struct strbuf out;

	strbuf_init(&out, (size_t)FACT_TEXT_MAX * 64);
	if (has_items(fact)) {
		for (size_t i = 0; i < value->count; i++) {
			if (i > 0)
				strbuf_add(&out, ",");
			if (value->device)
				format_device(&out, &value->device[i]);
			else if (value->disk)
				format_disk(&out, &value->disk[i]);
			else
				add_plain(&out, value->list[i], ",");
		}
		if (value->count == 0)
			strbuf_add(&out, "none");
	} else if (fact_table[fact].type == FACT_TYPE_NUMBER) {
		format_number(&out, value->number);
	} else if (fact_table[fact].type == FACT_TYPE_BOOL) {
		strbuf_add(&out, value->is_true ? "yes" : "no");
	} else {
		strbuf_add(&out, value->text ? value->text : "");
	}
	return strbuf_take(&out);
}

double facts_number(const struct facts *facts, enum fact_id fact)
{
	return facts->value[fact].is_known ? facts->value[fact].number : NAN;
}

const char *facts_text(
	const struct facts *facts, enum fact_id fact, const char *fallback)
{
	return facts->value[fact].is_known ? facts->value[fact].text : fallback;
}

bool facts_bool(const struct facts *facts, enum fact_id fact, bool fallback)
{
	return facts->value[fact].is_known ? facts->value[fact].is_true : fallback;
}
