#include "analyze/runbook/runbook_value.h"

#include "common/checksum.h"
#include "common/parse.h"
#include "common/units.h"
#include "common/util.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GIB 1073741824.0

/* ---- settings ------------------------------------------------------------------------ */

static const struct runbook_setting *setting_of(
	const struct runbook *runbook, const char *key, size_t length)
{
	for (size_t i = 0; i < runbook->setting_count; i++) {
		const char *own = runbook->setting[i].setting->key;

		if (strlen(own) == length && memcmp(own, key, length) == 0)
			return &runbook->setting[i];
	}
	return NULL;
}

/* ---- the machine at a place -------------------------------------------------------------- */

static const struct machine_disk *disk_at(
	const struct runbook *runbook, const struct runbook_cursor *cursor)
{
	return machine_items(runbook->request->machine->storage.disks, machine_disk) +
		cursor->index[EACH_DISK];
}

static const struct machine_adapter *adapter_at(
	const struct runbook *runbook, const struct runbook_cursor *cursor)
{
	return machine_items(runbook->request->machine->network, machine_adapter) +
		cursor->index[EACH_ADAPTER];
}

static bool is_default_route(const struct machine_route *route)
{
	return strcmp(route->to, "default") == 0 ||
		strcmp(route->to, "0.0.0.0/0") == 0 || strcmp(route->to, "::/0") == 0;
}

/* Routes with a gateway, without the default one. */
static const struct machine_route *route_at(
	const struct machine *machine, size_t wanted, size_t *ret_count)
{
	const struct machine_route *route = machine->routes.item, *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < machine->routes.count; i++) {
		if (!route[i].to || !route[i].via || is_default_route(&route[i]))
			continue;
		if (count++ == wanted)
			found = &route[i];
	}
	if (ret_count)
		*ret_count = count;
	return found;
}

size_t runbook_each_count(const struct runbook *runbook,
	const struct runbook_cursor *cursor, enum task_each each)
{
	const struct machine *machine = runbook->request->machine;
	size_t count = 0;

	switch (each) {
	case EACH_NONE:
		return 1;
	case EACH_DISK:
		return machine->storage.disks.count;
	case EACH_PARTITION:
		return disk_at(runbook, cursor)->partitions.count;
	case EACH_VOLUME:
		return machine->storage.volumes.count;
	case EACH_ADAPTER:
		return machine->network.count;
	case EACH_ADDRESS:
		return adapter_at(runbook, cursor)->addresses.count;
	case EACH_DNS:
		return adapter_at(runbook, cursor)->dns.count;
	case EACH_ROUTE:
		(void)route_at(machine, 0, &count);
		return count;
	case EACH_SERVICE:
		return machine->software.services.count;
	case EACH_COUNT:
		break;
	}
	return 0;
}

/* The item whose fields a condition of that scope asks there; NULL: none. */
static const struct field_item *item_at(
	const struct runbook *runbook, const struct runbook_cursor *cursor, int scope)
{
	const struct rule_subject *subject = &runbook->subject->subject;
	const struct machine_disk *disk = runbook->request->machine->storage.disks.item;
	int each = 0;
	size_t wanted;

	while (each < EACH_COUNT && (int)task_each_scope((enum task_each)each) != scope)
		each++;
	if (scope == SCOPE_WORKLOAD || each == EACH_COUNT)
		return NULL;
	wanted = cursor->index[each];
	for (size_t i = 0; scope == SCOPE_PARTITION && i < cursor->index[EACH_DISK];
		i++)
		wanted += disk[i].partitions.count;
	for (size_t i = 0; i < subject->item_count; i++) {
		if ((int)subject->item[i].scope == scope && wanted-- == 0)
			return &subject->item[i];
	}
	return NULL;
}

/* ---- texts ------------------------------------------------------------------------------- */

bool runbook_say(struct strbuf *out, const char *text)
{
	if (!text || !*text)
		return false;
	strbuf_add(out, text);
	return true;
}

bool runbook_say_number(struct strbuf *out, double number)
{
	if (isnan(number))
		return false;
	strbuf_addf(out, "%.0f", number);
	return true;
}

/* Whatever separates its bytes today. */
static bool say_mac(struct strbuf *out, const char *mac, char separator, bool is_upper)
{
	char digits[13];
	size_t count = 0;

	for (; mac && *mac; mac++) {
		if (isxdigit((unsigned char)*mac) && count < 12)
			digits[count++] = *mac;
		else if (!strchr(":-.", *mac) || count == 12)
			return false;
	}
	if (count != 12)
		return false;
	for (size_t i = 0; i < 12; i++) {
		int c = (unsigned char)digits[i];

		if (separator && i > 0 && i % 2 == 0)
			strbuf_addf(out, "%c", separator);
		strbuf_addf(out, "%c", is_upper ? toupper(c) : tolower(c));
	}
	return true;
}

/* An address, without what follows a slash; nothing for a text that is none. */
static bool say_ip(struct strbuf *out, const char *text)
{
	char address[INET6_ADDRSTRLEN];
	unsigned char bytes[16];
	size_t length = text ? strcspn(text, "/%") : 0;

	if (length == 0 || length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (inet_pton(strchr(address, ':') ? AF_INET6 : AF_INET, address, bytes) != 1)
		return false;
	return runbook_say(out, address);
}

/* "192.0.2.7/24": its parts. */
static bool say_address(struct strbuf *out, const char *text, enum task_value value)
{
	const char *slash = strchr(text, '/');
	bool is_v6 = strchr(text, ':') != NULL;
	uint64_t prefix = 0;
	struct in_addr mask;
	char words[INET_ADDRSTRLEN];

	if (value == VALUE_ADDRESS)
		return say_ip(out, text);
	if (value == VALUE_ADDRESS_FAMILY)
		return runbook_say(out, is_v6 ? "ipv6" : "ipv4");
	if (!slash || parse_u64(slash + 1, strlen(slash + 1), &prefix) < 0)
		return false;
	if (value == VALUE_ADDRESS_PREFIX)
		return runbook_say_number(out, (double)prefix);
	if (is_v6 || prefix > 32)
		return false;
	mask.s_addr = htonl(prefix ? UINT32_MAX << (32 - prefix) : 0);
	return runbook_say(out, inet_ntop(AF_INET, &mask, words, sizeof(words)));
}

/* Before it in the list of its adapter there is none of IPv4. */
static bool is_first_address(const struct machine_adapter *adapter, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (!strchr(adapter->addresses.text[i], ':'))
			return false;
	}
	return !strchr(adapter->addresses.text[index], ':');
}

static bool is_local_address(const char *text)
{
	return strncasecmp(text, "fe80:", 5) == 0 || strncmp(text, "169.254.", 8) == 0;
}

/* A UUID of the kind that makers define themselves (RFC 9562, version 8): by name and
 * target, since a name alone may be read as a number. */
static bool say_uuid(const struct runbook *runbook, struct strbuf *out)
{
	const struct runbook_setting *name = setting_of(runbook, "name", 4);
	const char *words[] = { runbook->request->target->id,
		runbook->request->machine->name,
		name && name->value ? name->value : "" };
	uint64_t half[2];

	for (unsigned i = 0; i < 2; i++) {
		half[i] = i;
		for (size_t k = 0; k < ARRAY_LEN(words); k++)
			half[i] = checksum64(words[k], strlen(words[k]), half[i]);
	}
	strbuf_addf(out, "%08x-%04x-8%03x-%04x-%012llx", (unsigned)(half[0] >> 32),
		(unsigned)(half[0] >> 16) & 0xffff, (unsigned)half[0] & 0xfff,
		((unsigned)(half[1] >> 48) & 0x3fff) | 0x8000,
		(unsigned long long)(half[1] & 0xffffffffffffULL));
	return true;
}

/* ---- words ------------------------------------------------------------------------------- */

static bool say_field(const struct runbook *runbook, int field, struct strbuf *out)
{
	const struct field_value *value = &runbook->subject->subject.value[field];

	return value->is_known && runbook_say(out, value->text);
}

/* A list of words; "none" is as nothing. */
static bool say_list(
	const struct runbook *runbook, enum fact_id fact, struct strbuf *out)
{
	const struct fact_value *value = &runbook->subject->all.value[fact];
	char *text = value->is_known ? fact_format(fact, value) : NULL;
	bool is_said = text && strcmp(text, "none") != 0 && runbook_say(out, text);

	free(text);
	return is_said;
}

/* What is not certain is not said: a wrong address in a script is worse than a
 * setting that a person has to fill in. */
static bool say_machine(
	const struct runbook *runbook, enum task_value value, struct strbuf *out)
{
	const struct runbook_request *request = runbook->request;
	const struct machine *machine = request->machine;
	char place[64];
	bool is_certain;
	const struct machine_adapter *adapter;

	switch (value) {
	case VALUE_DAY:
		return runbook_say(out, request->day);
	case VALUE_TARGET:
		return runbook_say(out, request->target->id);
	case VALUE_TARGET_TITLE:
		return runbook_say(out, request->target->title);
	case VALUE_MACHINE_NAME:
		return runbook_say(out, machine->name);
	case VALUE_MACHINE_KIND:
		return runbook_say(out, machine->kind);
	case VALUE_MACHINE_HYPERVISOR:
		return runbook_say(out, machine->hypervisor);
	case VALUE_MACHINE_OS:
		return say_field(runbook, FACT_OS, out);
	case VALUE_MACHINE_FAMILY:
		return say_field(runbook, FIELD_OS_FAMILY, out);
	case VALUE_MACHINE_FIRMWARE:
		return say_field(runbook, FACT_FIRMWARE, out);
	case VALUE_MACHINE_STYLE:
		return say_field(runbook, FACT_BOOT_DISK_STYLE, out);
	case VALUE_MACHINE_HAL:
		return runbook_say(out, machine->os.hal);
	case VALUE_MACHINE_APPLICATIONS:
		return say_list(runbook, FACT_APPLICATIONS, out);
	case VALUE_MACHINE_ROLES:
		return say_list(runbook, FACT_ROLES, out);
	case VALUE_MACHINE_MAC:
	case VALUE_MACHINE_MAC_BARE:
		adapter = machine_capture_adapter(machine, &is_certain);
		return adapter && is_certain &&
			say_mac(out, adapter->mac,
				value == VALUE_MACHINE_MAC ? ':' : '\0',
				value == VALUE_MACHINE_MAC_BARE);
	case VALUE_VM_UUID:
		return say_uuid(runbook, out);
	case VALUE_MACHINE_SYSTEM_PARTITION:
		return runbook_say(
			out, machine_system_partition(machine, place, sizeof(place)));
	case VALUE_PLAN_HOST:
		return runbook_say(out, request->host);
	default:
		return runbook_size(runbook, value, out);
	}
}

static bool say_disk(const struct runbook *runbook, const struct runbook_cursor *cursor,
	enum task_value value, struct strbuf *out)
{
	const struct machine_disk *disk = disk_at(runbook, cursor);
	const struct machine_partition *part = disk->partitions.item;
	size_t index = cursor->index[EACH_DISK];

	switch (value) {
	case VALUE_DISK_DEVICE:
		return runbook_say(out, disk->device);
	case VALUE_DISK_LETTER:
		if (index >= 26)
			strbuf_addf(out, "%c", (char)('a' + index / 26 - 1));
		strbuf_addf(out, "%c", (char)('a' + index % 26));
		return true;
	case VALUE_DISK_BYTES:
		return runbook_say_number(out, disk->bytes);
	case VALUE_DISK_GIB:
		return runbook_say_number(out, ceil(disk->bytes / GIB));
	case VALUE_DISK_BUS:
		return runbook_say(out, disk->bus);
	case VALUE_DISK_STYLE:
		return runbook_say(out, disk->style);
	case VALUE_DISK_MODEL:
		return runbook_say(out, disk->model);
	case VALUE_PARTITION_NUMBER:
		return runbook_say_number(
			out, part[cursor->index[EACH_PARTITION]].number);
	case VALUE_PARTITION_BYTES:
		return runbook_say_number(
			out, part[cursor->index[EACH_PARTITION]].bytes);
	default:
		return false;
	}
}

static bool say_adapter(const struct runbook *runbook,
	const struct runbook_cursor *cursor, enum task_value value, struct strbuf *out)
{
	const struct machine_adapter *adapter = adapter_at(runbook, cursor);

	switch (value) {
	case VALUE_ADAPTER_NAME:
		return runbook_say(out, adapter->name);
	case VALUE_ADAPTER_MAC:
		return say_mac(out, adapter->mac, ':', false);
	case VALUE_ADAPTER_MAC_DASH:
		return say_mac(out, adapter->mac, '-', true);
	case VALUE_ADAPTER_MAC_BARE:
		return say_mac(out, adapter->mac, '\0', true);
	case VALUE_ADAPTER_MAC_WMI:
		return say_mac(out, adapter->mac, ':', true);
	case VALUE_ADAPTER_DRIVER:
		return runbook_say(out, adapter->driver);
	case VALUE_ADAPTER_GATEWAY:
		return say_ip(out, adapter->gateway);
	case VALUE_ADAPTER_IS_STATIC:
		return adapter->dhcp == ANSWER_NO && adapter->addresses.count > 0 &&
			runbook_say(out, "yes");
	case VALUE_DNS:
		return say_ip(out, adapter->dns.text[cursor->index[EACH_DNS]]);
	case VALUE_ADDRESS_IS_FIRST:
		return is_first_address(adapter, cursor->index[EACH_ADDRESS]) &&
			runbook_say(out, "yes");
	case VALUE_ADDRESS_IS_LOCAL:
		return is_local_address(
			       adapter->addresses.text[cursor->index[EACH_ADDRESS]]) &&
			runbook_say(out, "yes");
	default:
		return say_address(out,
			adapter->addresses.text[cursor->index[EACH_ADDRESS]], value);
	}
}

static bool say_other(const struct runbook *runbook,
	const struct runbook_cursor *cursor, enum task_value value, struct strbuf *out)
{
	const struct machine *machine = runbook->request->machine;
	const struct machine_volume *volume =
		machine_items(machine->storage.volumes, machine_volume) +
		cursor->index[EACH_VOLUME];
	const struct machine_service *service =
		machine_items(machine->software.services, machine_service) +
		cursor->index[EACH_SERVICE];
	const struct machine_route *route =
		route_at(machine, cursor->index[EACH_ROUTE], NULL);

	switch (value) {
	case VALUE_VOLUME_NAME:
		return runbook_say(out, volume->name);
	case VALUE_VOLUME_FS:
		return runbook_say(out, volume->fs);
	case VALUE_VOLUME_BYTES:
		return runbook_say_number(out, volume->bytes);
	case VALUE_ROUTE_TO:
		return runbook_say(out, route->to);
	case VALUE_ROUTE_NETWORK:
		return !strchr(route->to, ':') &&
			say_address(out, route->to, VALUE_ADDRESS);
	case VALUE_ROUTE_NETMASK:
		return say_address(out, route->to, VALUE_ADDRESS_NETMASK);
	case VALUE_ROUTE_VIA:
		return runbook_say(out, route->via);
	case VALUE_ROUTE_ADAPTER:
		return runbook_say(out, route->adapter);
	case VALUE_SERVICE_NAME:
		return runbook_say(out, service->name);
	case VALUE_SERVICE_START:
		return runbook_say(out, service->start);
	default:
		return false;
	}
}

/* ---- as a whole -------------------------------------------------------------------------- */

const char *runbook_given(const struct runbook *runbook, const char *key)
{
	const struct runbook_setting *one = setting_of(runbook, key, strlen(key));

	return one && one->is_given ? one->value : NULL;
}

/* What a check or a rule says of the machine, if it does. */
static bool say_rule(const struct runbook *runbook, const char *id, size_t length,
	struct strbuf *out)
{
	const struct validation *validation = &runbook->validation;

	for (size_t i = 0; i < validation->count; i++) {
		const struct incompatibility *one = &validation->item[i];

		if (strlen(one->rule) == length && memcmp(one->rule, id, length) == 0 &&
			!one->is_unknown)
			return runbook_say(out, one->text);
	}
	return false;
}

bool runbook_value(const struct runbook *runbook, const struct runbook_cursor *cursor,
	const char *name, size_t length, struct strbuf *out, bool *ret_is_number)
{
	const struct runbook_setting *setting;
	int value;

	if (ret_is_number)
		*ret_is_number = false;
	if (length > 4 && strncmp(name, "set.", 4) == 0) {
		setting = setting_of(runbook, name + 4, length - 4);
		if (ret_is_number && setting)
			*ret_is_number = setting->setting->kind == SETTING_NUMBER;
		return setting && runbook_say(out, setting->value);
	}
	if (length > 5 && strncmp(name, "rule.", 5) == 0)
		return say_rule(runbook, name + 5, length - 5, out);
	value = task_value_find(name, length, NULL);
	if (value < 0)
		return false;
	if (ret_is_number)
		*ret_is_number = task_value_table[value].is_number;
	if (value == VALUE_NUMBER || value == VALUE_INDEX)
		return runbook_say_number(out,
			(double)cursor->index[cursor->innermost] +
				(value == VALUE_NUMBER));
	switch (task_value_table[value].each) {
	case EACH_NONE:
		return say_machine(runbook, (enum task_value)value, out);
	case EACH_DISK:
	case EACH_PARTITION:
		return say_disk(runbook, cursor, (enum task_value)value, out);
	case EACH_ADAPTER:
	case EACH_ADDRESS:
	case EACH_DNS:
		return say_adapter(runbook, cursor, (enum task_value)value, out);
	default:
		return say_other(runbook, cursor, (enum task_value)value, out);
	}
}

void runbook_raw(const struct runbook *runbook, const char *text, struct strbuf *out)
{
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };
	struct placeholder one;

	for (; task_placeholder(text, &one); text = one.end) {
		strbuf_add_bytes(out, text, (size_t)(one.begin - text));
		(void)runbook_value(runbook, &cursor, one.name, one.length, out, NULL);
	}
	strbuf_add(out, text);
}

/* ---- gates ------------------------------------------------------------------------------- */

/* One of the words between the bars of "p2v|copy". */
static bool is_alternative(const char *text, const char *wanted)
{
	size_t length = strlen(text);

	for (; *wanted; wanted += strcspn(wanted, "|"), wanted += *wanted == '|') {
		if (strcspn(wanted, "|") == length && memcmp(text, wanted, length) == 0)
			return true;
	}
	return false;
}

static bool runbook_is(const struct runbook *runbook,
	const struct runbook_cursor *cursor, const char *name, const char *wanted)
{
	struct strbuf text;
	bool is_it;

	strbuf_init(&text, 1 << 16);
	is_it = runbook_value(runbook, cursor, name, strlen(name), &text, NULL) &&
		(!wanted || is_alternative(strbuf_text(&text), wanted));
	strbuf_done(&text);
	return is_it;
}

bool runbook_gate_open(const struct runbook *runbook,
	const struct runbook_cursor *cursor, const struct task_gate *gate,
	struct strbuf *unknown)
{
	struct missing missing = { .is_missing = { false } };
	enum truth truth = TRUTH_TRUE;

	if ((gate->with && !runbook_is(runbook, cursor, gate->with, NULL)) ||
		(gate->without && runbook_is(runbook, cursor, gate->without, NULL)) ||
		(gate->is_name &&
			!runbook_is(runbook, cursor, gate->is_name, gate->is_value)) ||
		(gate->not_name &&
			runbook_is(runbook, cursor, gate->not_name, gate->not_value)))
		return false;
	if (gate->has_when)
		truth = condition_judge(&gate->when, &runbook->subject->subject,
			item_at(runbook, cursor, condition_scope(&gate->when)),
			&runbook->request->target->settings, &missing);
	if (truth != TRUTH_UNKNOWN)
		return truth == TRUTH_TRUE;
	for (int i = 0; unknown && i < FIELD_COUNT; i++) {
		if (missing.is_missing[i])
			strbuf_addf(unknown, "%s%s", unknown->length ? ", " : "",
				field_name(i));
	}
	return gate->keeps_unknown;
}
