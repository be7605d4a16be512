/* The request of remote read: protocol buffers by protobuf-c, packed by snappy. */
#include "analyze/fetch/fetch.h"

#include "common/array.h"
#include "remote_read.pb-c.h"

#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>

enum { MATCHERS_MAX = 64 };

struct matcher_list {
	RemoteRead__LabelMatcher matcher[MATCHERS_MAX];
	RemoteRead__LabelMatcher *order[MATCHERS_MAX];
	char *copy; /* what the matchers point into */
	size_t count;
};

/* Type, name and value of each, behind the URL. */
static int list_matchers(struct matcher_list *list, const struct fetch_request *request,
	const char *texts, struct err *err)
{
	char *at, *end;

	list->copy = malloc(request->texts);
	if (!list->copy)
		return err_oom(err);
	memcpy(list->copy, texts, request->texts);
	at = list->copy + strlen(list->copy) + 1;
	end = list->copy + request->texts;
	while (at < end && list->count < MATCHERS_MAX) {
		RemoteRead__LabelMatcher *matcher = &list->matcher[list->count];
		char *name = at + strlen(at) + 1;
		char *value = name < end ? name + strlen(name) + 1 : end;

		if (value >= end)
			return err_set(err, -EINVAL, "a matcher that is cut short");
		remote_read__label_matcher__init(matcher);
		matcher->type = at[0] - '0';
		matcher->name = name;
		matcher->value = value;
		list->order[list->count++] = matcher;
		at = value + strlen(value) + 1;
	}
	return at < end ? err_set(err, -EINVAL, "more than %d matchers", MATCHERS_MAX)
			: 0;
}

static int pack_body(
	const RemoteRead__ReadRequest *message, struct strbuf *out, struct err *err)
{
	size_t plain = remote_read__read_request__get_packed_size(message);
	size_t packed = snappy_max_compressed_length(plain);
	uint8_t *bytes = malloc(plain + 1);
	char *body = malloc(packed);
	int r = bytes && body ? 0 : err_oom(err);

	if (r == 0) {
		remote_read__read_request__pack(message, bytes);
		if (snappy_compress((const char *)bytes, plain, body, &packed) ==
			SNAPPY_OK)
			strbuf_add_bytes(out, body, packed);
		r = strbuf_failed(out);
	}
	free(bytes);
	free(body);
	return r;
}

int fetch_read_body(const struct fetch_request *request, const char *texts,
	struct strbuf *out, struct err *err)
{
	struct matcher_list *list = calloc(1, sizeof(*list));
	RemoteRead__ReadRequest message = REMOTE_READ__READ_REQUEST__INIT;
	RemoteRead__Query query = REMOTE_READ__QUERY__INIT;
	RemoteRead__Query *queries[] = { &query };
	int32_t streamed[] = { 1 };
	int r;

	if (!list)
		return err_oom(err);
	r = list_matchers(list, request, texts, err);
	query.start_timestamp_ms = request->from_ms;
	query.end_timestamp_ms = request->to_ms;
	query.n_matchers = list->count;
	query.matchers = list->order;
	message.n_queries = 1;
	message.queries = queries;
	message.n_accepted_response_types = 1;
	message.accepted_response_types = streamed;
	if (r == 0)
		r = pack_body(&message, out, err);
	free(list->copy);
	free(list);
	return r;
}
