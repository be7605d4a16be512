#include "analyze/import/readers/xml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>

#define XML_CHUNK_BYTES 16384
#define XML_ATTRIBUTES_MAX 64

struct xml_reading {
	const struct xml_events *events;
	void *data;
	struct err *err;
	xmlParserCtxtPtr parser;
	unsigned depth;
	int code; /* of the event that ended it */
};

static void stop_reading(struct xml_reading *reading, int code)
{
	if (reading->code == 0)
		reading->code = code;
	xmlStopParser(reading->parser);
}

static const char *local_name(const xmlChar *name)
{
	const char *text = (const char *)name;
	const char *colon = strchr(text, ':');

	return colon ? colon + 1 : text;
}

static void on_begin(void *context, const xmlChar *name, const xmlChar **attributes)
{
	struct xml_reading *reading = context;
	const char *list[XML_ATTRIBUTES_MAX * 2 + 1];
	size_t count = 0;
	int r;

	if (reading->code < 0)
		return;
	if (++reading->depth > XML_DEPTH_MAX) {
		err_put(reading->err, "expected at most %d levels, found more",
			XML_DEPTH_MAX);
		stop_reading(reading, -EINVAL);
		return;
	}
	for (size_t i = 0;
		attributes && attributes[i] && count < XML_ATTRIBUTES_MAX * 2; i += 2) {
		list[count++] = local_name(attributes[i]);
		list[count++] =
			attributes[i + 1] ? (const char *)attributes[i + 1] : "";
	}
	list[count] = NULL;
	if (!reading->events->begin)
		return;
	r = reading->events->begin(reading->data, local_name(name), list, reading->err);
	if (r < 0)
		stop_reading(reading, r);
}

static void on_end(void *context, const xmlChar *name)
{
	struct xml_reading *reading = context;
	int r;

	if (reading->code < 0)
		return;
	reading->depth--;
	if (!reading->events->end)
		return;
	r = reading->events->end(reading->data, local_name(name), reading->err);
	if (r < 0)
		stop_reading(reading, r);
}

static void on_text(void *context, const xmlChar *text, int length)
{
	struct xml_reading *reading = context;
	int r;

	if (reading->code < 0 || !reading->events->text)
		return;
	r = reading->events->text(
		reading->data, (const char *)text, (size_t)length, reading->err);
	if (r < 0)
		stop_reading(reading, r);
}

/* "Billion laughs": what declares entities is no export of any tool we know. */
static void on_entity(void *context, const xmlChar *name, int type,
	const xmlChar *public_id, const xmlChar *system_id, xmlChar *content)
{
	struct xml_reading *reading = context;

	(void)name, (void)type, (void)public_id, (void)system_id, (void)content;
	err_put(reading->err, "expected no entity declarations, found one");
	stop_reading(reading, -EINVAL);
}

static void on_message(void *context, const char *format, ...)
{
	(void)context, (void)format; /* told by xml_read, with the place */
}

static int xml_failure(struct xml_reading *reading, struct bytes *bytes)
{
	const xmlError *problem = xmlCtxtGetLastError(reading->parser);
	char text[120];
	size_t length;

	if (reading->code < 0)
		return err_wrap(reading->err, reading->code, "%s:%d", bytes_name(bytes),
			xmlSAX2GetLineNumber(reading->parser));
	snprintf(text, sizeof(text), "%s",
		problem && problem->message ? problem->message : "not well formed");
	length = strcspn(text, "\n");
	text[length] = '\0';
	return err_set(reading->err, -EINVAL, "%s:%d: expected well-formed XML: %s",
		bytes_name(bytes), problem ? problem->line : 0, text);
}

static int feed_parser(struct xml_reading *reading, struct bytes *bytes)
{
	char chunk[XML_CHUNK_BYTES];
	size_t got = 1;
	int r;

	while (got > 0) {
		r = bytes_read(bytes, chunk, sizeof(chunk), &got, reading->err);
		if (r < 0)
			return r;
		if (xmlParseChunk(reading->parser, chunk, (int)got, got == 0) != 0 ||
			reading->code < 0)
			return xml_failure(reading, bytes);
	}
	return 0;
}

int xml_read(struct bytes *bytes, const struct xml_events *events, void *data,
	struct err *err)
{
	struct xml_reading reading = { .events = events, .data = data, .err = err };
	xmlSAXHandler handler;
	int r;

	memset(&handler, 0, sizeof(handler));
	handler.startElement = on_begin;
	handler.endElement = on_end;
	handler.characters = on_text;
	handler.cdataBlock = on_text;
	handler.entityDecl = on_entity;
	handler.warning = on_message;
	handler.error = on_message;
	reading.parser =
		xmlCreatePushParserCtxt(&handler, &reading, NULL, 0, bytes_name(bytes));
	if (!reading.parser)
		return err_oom(err);
	xmlCtxtUseOptions(reading.parser,
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
			XML_PARSE_SAX1);
	/* the options may have put the library's own handlers back */
	*reading.parser->sax = handler;
	r = feed_parser(&reading, bytes);
	if (reading.parser->myDoc)
		xmlFreeDoc(reading.parser->myDoc);
	xmlFreeParserCtxt(reading.parser);
	return r;
}

const char *xml_attribute(const char *const *attributes, const char *name)
{
	for (size_t i = 0; attributes[i]; i += 2) {
		if (!strcmp(attributes[i], name))
			return attributes[i + 1];
	}
	return NULL;
}
