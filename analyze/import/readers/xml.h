/* XML as events (SAX), from a source of any length.  No entities, no DTD, no network. */
#ifndef ANALYZE_IMPORT_READERS_XML_H
#define ANALYZE_IMPORT_READERS_XML_H

#include "analyze/import/readers/bytes.h"

#define XML_DEPTH_MAX 64

/* Each may be NULL; a negative return ends the reading and is handed back. */
struct xml_events {
	/* attributes: name, value, name, value ... NULL; names without their prefix */
	int (*begin)(void *data, const char *name, const char *const *attributes,
		struct err *err);
	int (*end)(void *data, const char *name, struct err *err);
	/* Pieces of the text of an element, in order; not NUL-terminated. */
	int (*text)(void *data, const char *text, size_t length, struct err *err);
};

/*
 * xml_read - all of a source
 *
 * Returns 0, what an event returned, or -EINVAL with "PATH:LINE: ..." for what is not
 * well formed, is nested deeper than XML_DEPTH_MAX or declares an entity.
 */
int xml_read(struct bytes *bytes, const struct xml_events *events, void *data,
	struct err *err);

/* The value of an attribute; NULL: there is none of this name. */
const char *xml_attribute(const char *const *attributes, const char *name);

#endif
