#include "schema/fact_words.h"

#include "common/strbuf.h"
#include "common/suggest.h"
#include "common/util.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

struct known_word {
	const char *word, *spelling; /* of the word itself: NULL */
};

/* clang-format off */
static const struct known_word roles[] = {
	{ "web", NULL }, { "web", "web server" }, { "web", "webserver" }, { "web", "www" },
	{ "file", NULL }, { "file", "file server" }, { "file", "fileserver" },
	{ "print", NULL }, { "print", "print server" },
	{ "database", NULL }, { "database", "db" }, { "database", "sql" },
	{ "database", "database server" },
	{ "mail", NULL }, { "mail", "mail server" }, { "mail", "e-mail" },
	{ "mail", "messaging" },
	{ "domain-controller", NULL }, { "domain-controller", "DC" },
	{ "domain-controller", "domaincontroller" }, { "domain-controller", "ADDS" },
	{ "domain-controller", "active directory" },
	{ "domain-controller", "active directory domain controller" },
	{ "dns", NULL }, { "dns", "dns server" }, { "dhcp", NULL }, { "dhcp", "dhcp server" },
	{ "application", NULL }, { "application", "app" }, { "application", "application server" },
	{ "terminal", NULL }, { "terminal", "terminal server" }, { "terminal", "rds" },
	{ "backup", NULL }, { "backup", "backup server" },
	{ "monitoring", NULL }, { "proxy", NULL }, { "firewall", NULL }, { "build", NULL },
	{ "cache", NULL }, { "queue", NULL }, { "directory", NULL }, { "ldap", NULL },
	{ "virtualisation", NULL }, { "virtualisation", "virtualization" },
	{ "small-business", NULL }, { "small-business", "sbs" }, { "cluster", NULL },
	{ "load-balancer", NULL }, { "other", NULL },
};

static const struct known_word applications[] = {
	{ "ISA Server 2000", NULL }, { "ISA Server 2000", "ISA 2000" },
	{ "ISA Server 2004", NULL }, { "ISA Server 2004", "ISA 2004" },
	{ "ISA Server 2006", NULL }, { "ISA Server 2006", "ISA 2006" },
	{ "SharePoint Portal Server 2003", NULL },
	{ "SharePoint Portal Server 2003", "SharePoint Portal 2003" },
	{ "SharePoint Portal Server 2003", "SPS 2003" },
	{ "Identity Integration Server 2003", NULL },
	{ "Identity Integration Server 2003", "MIIS" },
	{ "Identity Integration Feature Pack", NULL },
	{ "Identity Integration Feature Pack", "IIFP" },
	{ "Speech Server", NULL }, { "Speech Server", "Speech Server 2004" },
};
/* clang-format on */

static bool fact_words_is_blank(char c)
{
	return c == ' ' || c == '-' || c == '_' || c == '\t';
}

bool fact_words_alike(const char *a, const char *b)
{
	for (;; a++, b++) {
		bool is_blank_a = fact_words_is_blank(*a),
		     is_blank_b = fact_words_is_blank(*b);

		if (is_blank_a && is_blank_b)
			continue;
		if (is_blank_a != is_blank_b ||
			tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (!*a)
			return true;
	}
}

static const char *find_word(
	const struct known_word *words, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (fact_words_alike(text,
			    words[i].spelling ? words[i].spelling : words[i].word))
			return words[i].word;
	}
	return NULL;
}

static int refuse_role(const char *text, struct err *err)
{
	const char *names[ARRAY_LEN(roles)];
	struct strbuf list;
	const char *near;
	size_t count = 0;
	int r;

	strbuf_init(&list, 400);
	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		if (roles[i].spelling)
			continue;
		strbuf_addf(&list, "%s%s", count ? ", " : "", roles[i].word);
		names[count++] = roles[i].word;
	}
	near = suggest_nearest(text, names, count);
	r = err_set(err, -EINVAL,
		"roles: no rule knows the role \"%.40s\"%s%s%s; there are %s", text,
		near ? ", did you mean " : "", near ? near : "", near ? "?" : "",
		strbuf_text(&list));
	strbuf_done(&list);
	return r;
}

int fact_words_role(const char *text, const char **ret_word, struct err *err)
{
	const char *word = find_word(roles, ARRAY_LEN(roles), text);

	if (!word)
		return refuse_role(text, err);
	*ret_word = word;
	return 0;
}

const char *fact_words_product(const char *text)
{
	const char *word = find_word(applications, ARRAY_LEN(applications), text);

	return word ? word : text;
}
