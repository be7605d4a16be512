#include "analyze/solver/message.h"

#include "common/io.h"

#include <errno.h>
#include <stdlib.h>

int message_read(int from, struct wire_head *ret_head, char **ret_payload)
{
	struct wire_head head;
	char *payload = NULL;

	if (io_read_full(from, &head, sizeof(head)) != (ssize_t)sizeof(head))
		return -ENODATA;
	if (wire_head_check(&head) < 0)
		return -EPROTO;
	payload = malloc(head.length + 1);
	if (!payload)
		return -ENOMEM;
	if (io_read_full(from, payload, head.length) != (ssize_t)head.length ||
		wire_payload_check(&head, payload) < 0) {
		free(payload);
		return -EPROTO;
	}
	*ret_head = head;
	*ret_payload = payload;
	return 0;
}

int message_send_bytes(int out, enum wire_kind kind, const void *payload, size_t length)
{
	struct wire_head head;
	int r = 0;

	wire_head_make(&head, kind, payload, length);
	r = io_write_full(out, &head, sizeof(head));
	return r < 0 ? r : io_write_full(out, payload, length);
}

int message_send(int out, enum wire_kind kind, const struct strbuf *payload)
{
	return message_send_bytes(out, kind, strbuf_text(payload), payload->length);
}
