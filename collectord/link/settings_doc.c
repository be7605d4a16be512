/* The texts that are made from the table of settings. */
#include "collectord/link/settings_file.h"

#include <string.h>

/* Quoted where the file's syntax wants it. */
static void print_quoted(const char *text, struct strbuf *out)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_./-";

	if (*text && strspn(text, plain) == strlen(text)) {
		strbuf_add(out, text);
		return;
	}
	strbuf_add(out, "\"");
	for (const char *at = text; *at; at++) {
		if (*at == '"' || *at == '\\' || *at == '$')
			strbuf_add(out, "\\");
		strbuf_add_bytes(out, at, 1);
	}
	strbuf_add(out, "\"");
}

static void print_assignment(const struct settings *settings,
	const struct setting *setting, struct strbuf *out)
{
	struct strbuf value;

	strbuf_init(&value, SETTING_TEXT_BYTES);
	settings_print_value(settings, setting, &value);
	strbuf_addf(out, "%s = ", setting->name);
	print_quoted(strbuf_text(&value), out);
	strbuf_add(out, "\n");
	strbuf_done(&value);
}

void settings_print_all(const struct settings *settings, struct strbuf *out)
{
	for (size_t i = 0; i < setting_count; i++)
		print_assignment(settings, &setting_table[i], out);
}

/* "1s to 5m", "10 to 60000", "yes or no", "up to 127 characters" */
static void print_range(const struct setting *setting, struct strbuf *out)
{
	switch (setting->type) {
	case SETTING_TEXT:
		strbuf_addf(out, "up to %lld characters", (long long)setting->most);
		break;
	case SETTING_COUNT:
		strbuf_addf(out, "%lld to %lld", (long long)setting->least,
			(long long)setting->most);
		break;
	case SETTING_SPAN:
		settings_print_span(setting->least, out);
		strbuf_add(out, " to ");
		settings_print_span(setting->most, out);
		break;
	case SETTING_SWITCH:
		strbuf_add(out, "yes or no");
		break;
	}
}

static void print_sample_row(const struct setting *setting, struct strbuf *out)
{
	strbuf_addf(out, "\n# %s\n# (", setting->help);
	print_range(setting, out);
	strbuf_addf(out, ")\n#%s = ", setting->name);
	print_quoted(setting->standard, out);
	strbuf_add(out, "\n");
}

void settings_print_sample(struct strbuf *out)
{
	strbuf_add(out,
		"# Settings of collectord: see collectord.conf(5).  Made from the "
		"table of\n"
		"# settings by collectord --print-sample; what stands here is the "
		"default.\n"
		"# Time spans: s, m, h, d, w, y.  A value with blanks stands in "
		"quotes.\n");
	for (size_t i = 0; i < setting_count; i++)
		print_sample_row(&setting_table[i], out);
	strbuf_add(out,
		"\n# Other machines, each a workload of its own: one block a machine.\n"
		"#host web-1 { source = exporter    # or ssh: by ssh_config and keys; or snmp\n"
		"#address = \"http://web-1:9100/metrics\"     # ssh: [user@]host; snmp: host[:port]\n"
		"#interval = 15s         # at least 15s; by ssh at least 10s, by snmp 30s\n"
		"#nominal_mhz = 2600     # of its CPUs, where the source does not say\n"
		"#token_file = \"/etc/headroom/web-1.token\"   # a bearer token; of snmp see the page\n"
		"#ca_file = \"/etc/headroom/ca.pem\" }         # a private authority\n");
}

enum { HELP_COLUMN = 24, HELP_WIDTH = 79 };

/* Broken at blanks; the first line stands behind the name, where that leaves room. */
static void add_help_lines(struct strbuf *out, const char *name, const char *text)
{
	unsigned column = HELP_COLUMN;

	strbuf_addf(out, "  %-*s", HELP_COLUMN - 2, name);
	if (strlen(name) > HELP_COLUMN - 3)
		strbuf_addf(out, "\n%*s", HELP_COLUMN, "");
	while (*text) {
		unsigned length = (unsigned)strcspn(text, " ");

		if (column > HELP_COLUMN && column + 1 + length > HELP_WIDTH) {
			strbuf_addf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			strbuf_add(out, " ");
			column++;
		}
		strbuf_add_bytes(out, text, length);
		column += length;
		text += length + (text[length] == ' ');
	}
}

void settings_print_help(struct strbuf *out)
{
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];

		add_help_lines(out, setting->name, setting->help);
		strbuf_addf(out, "\n%*s(", HELP_COLUMN, "");
		print_range(setting, out);
		strbuf_addf(out, "; default %s)\n",
			setting->standard[0] ? setting->standard : "empty");
	}
}

/* A '-' in roff is a hyphen, which cannot be searched for; a leading '.' or '\'' would
 * be a request. */
static void add_roff(struct strbuf *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		strbuf_add(out, "\\&");
	for (; *text; text++) {
		if (*text == '-' || *text == '\\')
			strbuf_add(out, "\\");
		strbuf_add_bytes(out, text, 1);
		if (*text == '\\')
			strbuf_add(out, "e");
	}
}

static void print_man_row(const struct setting *setting, struct strbuf *out)
{
	struct strbuf range;

	strbuf_init(&range, 128);
	print_range(setting, &range);
	strbuf_addf(out, ".TP\n.B %s\n", setting->name);
	add_roff(out, setting->help);
	strbuf_add(out, ".\n.br\nRange: ");
	add_roff(out, strbuf_text(&range));
	strbuf_add(out, ". Default: ");
	add_roff(out, setting->standard[0] ? setting->standard : "empty");
	strbuf_add(out, ".\n");
	strbuf_done(&range);
}

/* The settings are rows of the table, so that none can be missing here; other
 * machines are blocks, which the table does not have. */
void settings_print_man(struct strbuf *out)
{
	strbuf_add(out,
		".\\\" Made by collectord --print-man from the table of settings.\n"
		".TH COLLECTORD.CONF 5 \"\" Headroom \"File formats\"\n"
		".SH NAME\ncollectord.conf \\- settings of the sampling daemon\n"
		".SH SYNOPSIS\n.I /etc/headroom/collectord.conf\n"
		".SH DESCRIPTION\n"
		"One setting a line, \\fIname\\fR = \\fIvalue\\fR; # begins a comment; "
		"a value\n"
		"with blanks stands in double quotes.  Time spans are a number and one "
		"of\n"
		"s, m, h, d, w, y (365 days).  Everything has a default: the daemon "
		"runs\n"
		"without the file.  An unknown name or a value out of range is refused "
		"with\n"
		"file and line.\n"
		".B collectord \\-\\-check\\-config\nprints what holds.\n"
		".SH SETTINGS\n");
	for (size_t i = 0; i < setting_count; i++)
		print_man_row(&setting_table[i], out);
	strbuf_add(out,
		".SH OTHER MACHINES\n"
		"Each block\n.BI host \" name \" { ... }\n"
		"samples another machine as a workload of that name, by a program of "
		"its own\n"
		"that is started only where there are blocks; a change needs a restart.\n"
		".TP\n.B source\n"
		"exporter (node_exporter, windows_exporter; the default), ssh (the "
		"OpenSSH\n"
		"client with the user's configuration, keys and known_hosts; it never "
		"asks for\n"
		"a password) or snmp (v2c or v3; where collectord-snmp is installed).\n"
		".TP\n.B address\nThe URL of the exporter, or "
		"[user@]host, or host[:port] (udp6:[::1]:161).\n"
		".TP\n.B interval\n"
		"At least 15s by exporter, 10s by ssh, 30s by snmp, which is the "
		"default; a part of 5m.\n"
		".TP\n.B nominal_mhz\n"
		"The clock of its CPUs, where the source does not say it.\n"
		".TP\n.B token_file\nFile with the bearer token of the exporter.  By "
		"snmp it is needed, and holds\n"
		"\"community = WORD\", or lines \"user = NAME\", \"auth = SHA-256 "
		"PASSPHRASE\" and\n\"priv = AES PASSPHRASE\" (also MD5, SHA to SHA-512, "
		"DES).\n"
		".TP\n.B ca_file\nFile with the authority that signed its "
		"certificate.\n"
		".SH EXAMPLE\n.nf\ninterval = 5s\nkeep_fine = 26w\n"
		"probes_off = \"pressure load\"\n.fi\n"
		".SH SEE ALSO\n.BR collectord (8)\n");
}
