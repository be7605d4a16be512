/* What libsnmp does for us: a session, requests, tables. */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "collectord/snmp/snmp.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIMEOUT_US (3 * 1000000)
#define RETRIES 1
#define REPETITIONS 25
#define ANSWERS_MAX 200 /* of one table */

static int agent_fail(struct snmp_host *host, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int agent_fail(struct snmp_host *host, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(host->why, sizeof(host->why), format, args);
	va_end(args);
	for (char *at = host->why; *at; at++)
		if ((unsigned char)*at < ' ' || (unsigned char)*at >= 0x7f)
			*at = '?';
	return -1;
}

/* ---- the secrets ------------------------------------------------------------------------ */

struct secrets {
	char community[256], user[256];
	char auth[32], auth_pass[256], priv[32], priv_pass[256];
};

static bool agent_take_word(const char *line, const char *word, char *to, size_t size)
{
	size_t length = strlen(word);
	const char *at = line + length;

	if (strncmp(line, word, length) != 0)
		return false;
	at += strspn(at, " \t");
	if (*at++ != '=')
		return false;
	at += strspn(at, " \t");
	snprintf(to, size, "%s", at);
	return true;
}

/* "SHA-256 PASSPHRASE" */
static void agent_take_pair(const char *value, char kind[32], char pass[256])
{
	size_t length = strcspn(value, " \t");

	snprintf(kind, 32, "%.*s", (int)(length < 31 ? length : 31), value);
	value += length;
	snprintf(pass, 256, "%s", value + strspn(value, " \t"));
}

static int read_secrets(
	struct snmp_host *host, const char *path, struct secrets *secrets)
{
	char line[512], value[512];
	FILE *file = fopen(path, "re");

	if (!file)
		return agent_fail(host, "%.100s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (agent_take_word(line, "community", secrets->community,
			    sizeof(secrets->community)) ||
			agent_take_word(
				line, "user", secrets->user, sizeof(secrets->user)))
			continue;
		if (agent_take_word(line, "auth", value, sizeof(value)))
			agent_take_pair(value, secrets->auth, secrets->auth_pass);
		else if (agent_take_word(line, "priv", value, sizeof(value)))
			agent_take_pair(value, secrets->priv, secrets->priv_pass);
	}
	fclose(file);
	if (!secrets->community[0] == !secrets->user[0])
		return agent_fail(host,
			"%.100s: expected one of \"community = \" and \"user = \"",
			path);
	return 0;
}

static bool make_key(const struct snmp_session *session, const char *passphrase,
	unsigned char *key, size_t *length)
{
	return generate_Ku(session->securityAuthProto,
		       (unsigned)session->securityAuthProtoLen,
		       (const unsigned char *)passphrase, strlen(passphrase), key,
		       length) == SNMPERR_SUCCESS;
}

/* Digest and cipher are alike, but each has its names and lengths in libsnmp. */
static int use_user(
	struct snmp_host *host, struct snmp_session *session, struct secrets *secrets)
{
	int auth = usm_lookup_auth_type(secrets->auth);
	int priv = usm_lookup_priv_type(secrets->priv);

	session->version = SNMP_VERSION_3;
	session->securityName = secrets->user;
	session->securityNameLen = strlen(secrets->user);
	session->securityLevel = SNMP_SEC_LEVEL_NOAUTH;
	if (!secrets->auth[0])
		return 0;
	if (auth < 0 || strlen(secrets->auth_pass) < 8)
		return agent_fail(host,
			"auth = %.20s: expected MD5, SHA or SHA-224 to SHA-512 and a "
			"passphrase of 8 characters at least",
			secrets->auth);
	session->securityLevel = SNMP_SEC_LEVEL_AUTHNOPRIV;
	session->securityAuthProto =
		sc_get_auth_oid(auth, &session->securityAuthProtoLen);
	session->securityAuthKeyLen = USM_AUTH_KU_LEN;
	if (!make_key(session, secrets->auth_pass, session->securityAuthKey,
		    &session->securityAuthKeyLen))
		return agent_fail(host, "auth: no key can be made of the passphrase");
	if (!secrets->priv[0])
		return 0;
	if (priv < 0 || strlen(secrets->priv_pass) < 8)
		return agent_fail(host,
			"priv = %.20s: expected AES or DES and a passphrase of 8 "
			"characters at least",
			secrets->priv);
	session->securityLevel = SNMP_SEC_LEVEL_AUTHPRIV;
	session->securityPrivProto =
		sc_get_priv_oid(priv, &session->securityPrivProtoLen);
	session->securityPrivKeyLen = USM_PRIV_KU_LEN;
	if (!make_key(session, secrets->priv_pass, session->securityPrivKey,
		    &session->securityPrivKeyLen))
		return agent_fail(host, "priv: no key can be made of the passphrase");
	return 0;
}

int snmp_host_open(struct snmp_host *host, const char *address, const char *path)
{
	struct snmp_session session;
	struct secrets secrets = { .community = "" };
	char peer[512];

	/* its own files hold what other programs want, and no names are needed */
	(void)setenv("MIBS", "", 1);
	/* where it cannot make folders of certificates, as it does at its start */
	(void)setenv("SNMP_PERSISTENT_DIR", "/proc/self/none", 1);
	netsnmp_ds_set_boolean(
		NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(
		NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	snmp_disable_log();
	init_snmp("headroom");
	if (read_secrets(host, path, &secrets) < 0)
		return -1;
	snmp_sess_init(&session);
	snprintf(peer, sizeof(peer), "%s", address);
	session.peername = peer;
	session.timeout = TIMEOUT_US;
	session.retries = RETRIES;
	if (secrets.community[0]) {
		session.version = SNMP_VERSION_2c;
		session.community = (unsigned char *)secrets.community;
		session.community_len = strlen(secrets.community);
	} else if (use_user(host, &session, &secrets) < 0) {
		return -1;
	}
	host->session = snmp_sess_open(&session);
	memset(&secrets, 0, sizeof(secrets));
	return host->session ? 0
			     : agent_fail(host,
				       "%.100s: no such host, or no answer that "
				       "has the right key",
				       address);
}

void snmp_host_close(struct snmp_host *host)
{
	if (host->session)
		snmp_sess_close(host->session);
	host->session = NULL;
}

/* ---- requests --------------------------------------------------------------------------- */

/* The answer, to be freed; NULL with the reason. */
static struct snmp_pdu *agent_ask(struct snmp_host *host, struct snmp_pdu *pdu)
{
	struct snmp_pdu *answer = NULL;
	int r = snmp_sess_synch_response(host->session, pdu, &answer);

	if (r == STAT_SUCCESS && answer && answer->errstat == SNMP_ERR_NOERROR &&
		answer->command == SNMP_MSG_RESPONSE)
		return answer;
	if (r == STAT_TIMEOUT)
		agent_fail(host, "the agent does not answer (or not this community)");
	else if (r == STAT_SUCCESS && answer && answer->command == SNMP_MSG_REPORT)
		agent_fail(host, "the agent refuses the user or the passphrase");
	else if (r == STAT_SUCCESS && answer)
		agent_fail(host, "the agent answers with error %ld", answer->errstat);
	else
		agent_fail(host, "the agent's answer is none");
	snmp_free_pdu(answer);
	return NULL;
}

static bool take_number(const struct variable_list *variable, uint64_t *ret_value)
{
	if (variable->type == ASN_COUNTER64 && variable->val.counter64) {
		*ret_value = (uint64_t)(variable->val.counter64->high & 0xffffffff)
				<< 32 |
			(variable->val.counter64->low & 0xffffffff);
		return true;
	}
	if ((variable->type == ASN_INTEGER || variable->type == ASN_COUNTER ||
		    variable->type == ASN_GAUGE || variable->type == ASN_TIMETICKS) &&
		variable->val.integer && *variable->val.integer >= 0) {
		*ret_value = (uint64_t)*variable->val.integer;
		return true;
	}
	return false;
}

/* ---- scalars ----------------------------------------------------------------------------- */

static const struct {
	oid name[12];
	size_t length;
} scalars[] = {
	{ { 1, 3, 6, 1, 2, 1, 1, 3, 0 }, 9 },      /* sysUpTime */
	{ { 1, 3, 6, 1, 2, 1, 25, 1, 1, 0 }, 10 }, /* hrSystemUptime */
#define UCD(group, number)                                       \
	{                                                        \
		{ 1, 3, 6, 1, 4, 1, 2021, group, number, 0 }, 10 \
	}
	UCD(4, 5), UCD(4, 6), UCD(4, 14), UCD(4, 15),
	UCD(4, 27), /* as enum snmp_memory */
	UCD(11, 50), UCD(11, 51), UCD(11, 52), UCD(11, 53), UCD(11, 54), UCD(11, 56),
	UCD(11, 61), UCD(11, 64), /* as enum snmp_cpu */
};
#define SCALARS (sizeof(scalars) / sizeof(scalars[0]))

static void take_uptimes(
	struct snmp_host *host, const uint64_t *value, const bool *is_known)
{
	bool had = host->up_ticks > 0;

	host->is_restarted = had && value[0] < host->up_ticks;
	if (is_known[1] && host->has_system && value[1] < host->system_ticks)
		host->is_restarted = true;
	host->up_ticks = (uint32_t)value[0];
	host->has_system = is_known[1];
	host->system_ticks = (uint32_t)value[1];
}

static int read_scalars(struct snmp_host *host)
{
	struct snmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);
	uint64_t value[SCALARS] = { 0 };
	bool is_known[SCALARS] = { false };
	struct snmp_pdu *answer;
	size_t i = 0;

	for (size_t k = 0; k < SCALARS; k++)
		snmp_add_null_var(pdu, scalars[k].name, scalars[k].length);
	answer = agent_ask(host, pdu);
	if (!answer)
		return -1;
	for (const struct variable_list *at = answer->variables; at && i < SCALARS;
		at = at->next_variable, i++)
		is_known[i] = snmp_oid_compare(at->name, at->name_length,
				      scalars[i].name, scalars[i].length) == 0 &&
			take_number(at, &value[i]);
	snmp_free_pdu(answer);
	if (!is_known[0])
		return agent_fail(
			host, "the agent does not say how long it runs (sysUpTime)");
	take_uptimes(host, value, is_known);
	for (i = 0; i < MEM_FIGURES; i++) {
		host->memory[i] = value[2 + i] * 1024;
		host->has_memory[i] = is_known[2 + i];
	}
	for (i = 0; i < CPU_STATES; i++) {
		host->cpu[i].is_known = false;
		if (is_known[2 + MEM_FIGURES + i])
			snmp_counter_take(&host->cpu[i],
				(uint32_t)value[2 + MEM_FIGURES + i],
				host->is_restarted);
	}
	return 0;
}

/* ---- tables ------------------------------------------------------------------------------ */

/* A cell of a column, by its row's index; false: enough. */
typedef void take_cell(struct snmp_host *host, uint32_t index,
	const struct variable_list *variable, int what);

/* Every cell of one column. */
static int walk(struct snmp_host *host, const oid *column, size_t length,
	take_cell *take, int what)
{
	oid at[MAX_OID_LEN];
	size_t at_length = length;
	bool is_more = true;

	memcpy(at, column, length * sizeof(*at));
	for (int asked = 0; is_more && asked < ANSWERS_MAX; asked++) {
		struct snmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETBULK);
		struct snmp_pdu *answer;

		pdu->non_repeaters = 0;
		pdu->max_repetitions = REPETITIONS;
		snmp_add_null_var(pdu, at, at_length);
		answer = agent_ask(host, pdu);
		if (!answer)
			return -1;
		is_more = answer->variables != NULL;
		for (const struct variable_list *cell = answer->variables;
			cell && is_more; cell = cell->next_variable) {
			is_more = cell->name_length > length &&
				cell->name_length <= MAX_OID_LEN &&
				snmp_oid_compare(cell->name, length, column, length) ==
					0 &&
				snmp_oid_compare(cell->name, cell->name_length, at,
					at_length) > 0;
			if (!is_more)
				break;
			take(host, (uint32_t)cell->name[cell->name_length - 1], cell,
				what);
			memcpy(at, cell->name, cell->name_length * sizeof(*at));
			at_length = cell->name_length;
		}
		snmp_free_pdu(answer);
	}
	return 0;
}

static struct agent_row *agent_row_of(struct agent_table *table, uint32_t index)
{
	for (size_t i = 0; i < table->rows; i++)
		if (table->row[i].index == index)
			return &table->row[i];
	if (table->rows == SNMP_ROWS_MAX)
		return NULL;
	table->row[table->rows] = (struct agent_row){ .index = index };
	return &table->row[table->rows++];
}

/* An index that another device has got now has counters of its own. */
static void agent_take_name(
	struct agent_table *table, uint32_t index, const struct variable_list *variable)
{
	struct agent_row *row = agent_row_of(table, index);
	char name[SNMP_NAME_BYTES] = "";

	if (!row || variable->type != ASN_OCTET_STR)
		return;
	for (size_t i = 0; i < variable->val_len && i < sizeof(name) - 1; i++) {
		unsigned char c = variable->val.string[i];

		name[i] = (char)(isalnum(c) || strchr("._:-", c) ? c : '_');
	}
	if (strcmp(row->name, name) != 0)
		*row = (struct agent_row){ .index = index };
	memcpy(row->name, name, sizeof(name));
	row->is_seen = true;
}

static void take_count(struct snmp_host *host, struct agent_table *table,
	uint32_t index, const struct variable_list *variable, int what)
{
	struct agent_row *row = agent_row_of(table, index);
	uint64_t value;

	if (!row || !row->is_seen || !take_number(variable, &value))
		return;
	if (variable->type == ASN_COUNTER64) {
		row->count[what].value = value;
		row->count[what].is_known = true;
	} else {
		snmp_counter_take(
			&row->count[what], (uint32_t)value, host->is_restarted);
	}
}

static void take_net(struct snmp_host *host, uint32_t index,
	const struct variable_list *variable, int what)
{
	if (what < 0)
		agent_take_name(&host->net, index, variable);
	else
		take_count(host, &host->net, index, variable, what);
}

static void agent_take_disk(struct snmp_host *host, uint32_t index,
	const struct variable_list *variable, int what)
{
	if (what < 0)
		agent_take_name(&host->disk, index, variable);
	else
		take_count(host, &host->disk, index, variable, what);
}

static void count_processor(struct snmp_host *host, uint32_t index,
	const struct variable_list *variable, int what)
{
	(void)index, (void)variable, (void)what;
	host->cpus++;
}

static void forget_seen(struct agent_table *table)
{
	for (size_t i = 0; i < table->rows; i++) {
		table->row[i].is_seen = false;
		for (size_t k = 0; k < 6; k++)
			table->row[i].count[k].is_known = false;
	}
}

int snmp_host_read(struct snmp_host *host)
{
#define IF_X(number)                                  \
	{                                             \
		1, 3, 6, 1, 2, 1, 31, 1, 1, 1, number \
	}
#define IF_OLD(number)                            \
	{                                         \
		1, 3, 6, 1, 2, 1, 2, 2, 1, number \
	}
#define DISK_IO(number)                                      \
	{                                                    \
		1, 3, 6, 1, 4, 1, 2021, 13, 15, 1, 1, number \
	}
	static const struct {
		oid column[12];
		size_t length;
		take_cell *take;
		int what; /* -1: the name, which comes first */
	} columns[] = {
		{ { 1, 3, 6, 1, 2, 1, 25, 3, 3, 1, 2 }, 11, count_processor, 0 },
		{ IF_X(1), 11, take_net, -1 },
		{ IF_X(6), 11, take_net, NET_IN },
		{ IF_X(10), 11, take_net, NET_OUT },
		{ IF_OLD(10), 10, take_net, NET_IN_SMALL },
		{ IF_OLD(16), 10, take_net, NET_OUT_SMALL },
		{ DISK_IO(2), 12, agent_take_disk, -1 },
		{ DISK_IO(12), 12, agent_take_disk, DISK_READ },
		{ DISK_IO(13), 12, agent_take_disk, DISK_WRITTEN },
		{ DISK_IO(3), 12, agent_take_disk, DISK_READ_SMALL },
		{ DISK_IO(4), 12, agent_take_disk, DISK_WRITTEN_SMALL },
		{ DISK_IO(5), 12, agent_take_disk, DISK_READS },
		{ DISK_IO(6), 12, agent_take_disk, DISK_WRITES },
	};
	int r = read_scalars(host);

	host->cpus = 0;
	forget_seen(&host->net);
	forget_seen(&host->disk);
	for (size_t i = 0; r == 0 && i < sizeof(columns) / sizeof(columns[0]); i++)
		r = walk(host, columns[i].column, columns[i].length, columns[i].take,
			columns[i].what);
	return r;
}
