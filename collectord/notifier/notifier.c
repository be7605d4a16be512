#include "collectord/notifier/notifier.h"

#include "collectord/link/shut_out.h"
#include "common/io.h"
#include "common/strbuf.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CONNECT_TIMEOUT_S = 5,
	TRANSFER_TIMEOUT_S = 15, /* a receiver that hangs or drips */
	SECRET_MAX = 4096,
	WAIT_MS = 1000,
};

struct transfer {
	CURL *easy;     /* NULL: free */
	cJSON *message; /* owned */
	struct curl_slist *headers;
	struct curl_slist *recipients;
	const char *body; /* borrowed from message */
	size_t sent;
	char secret[SECRET_MAX];
	char error[CURL_ERROR_SIZE];
};

struct notifier {
	CURLM *multi;
	struct transfer transfer[NOTIFIER_TRANSFERS];
	size_t busy;
	int in_fd, out_fd;
	bool has_ended; /* no more input */
	struct strbuf line;
};

static const char *text_of(const cJSON *message, const char *name)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(message, name);

	return cJSON_IsString(value) ? value->valuestring : NULL;
}

static double id_of(const cJSON *message)
{
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(message, "id");

	return cJSON_IsNumber(id) ? id->valuedouble : -1;
}

/* Never the body or the secret: only what failed. */
static int receipt(struct notifier *notifier, double id, const char *error)
{
	cJSON *object = cJSON_CreateObject();
	bool is_whole = cJSON_AddNumberToObject(object, "id", id) &&
		cJSON_AddBoolToObject(object, "ok", error == NULL) &&
		(!error || cJSON_AddStringToObject(object, "error", error));
	char *text = is_whole ? cJSON_PrintUnformatted(object) : NULL;
	int r = -ENOMEM;

	cJSON_Delete(object);
	if (text)
		r = io_write_full(notifier->out_fd, text, strlen(text));
	if (r == 0)
		r = io_write_full(notifier->out_fd, "\n", 1);
	cJSON_free(text);
	return r;
}

/* ---- one transfer ------------------------------------------------------------------ */

static size_t give_body(char *buffer, size_t size, size_t count, void *closure)
{
	struct transfer *transfer = closure;
	size_t left = strlen(transfer->body) - transfer->sent;
	size_t take = left < size * count ? left : size * count;

	memcpy(buffer, transfer->body + transfer->sent, take);
	transfer->sent += take;
	return take;
}

/* What the receiver answers is of no interest but for its status. */
static size_t drop_answer(char *bytes, size_t size, size_t count, void *closure)
{
	(void)bytes;
	(void)closure;
	return size * count;
}

static int read_secret(const char *path, char *secret, char *error, size_t error_size)
{
	/* a FIFO must not hold up the messages of the others */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t count = fd < 0 ? -1 : read(fd, secret, SECRET_MAX);
	int r = count < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (r < 0) {
		snprintf(error, error_size, "the secret's file cannot be read: %s",
			strerror(-r));
		return r;
	}
	if (count == SECRET_MAX) {
		snprintf(error, error_size, "the secret's file has more than %d bytes",
			SECRET_MAX - 1);
		return -E2BIG;
	}
	secret[count] = '\0';
	secret[strcspn(secret, "\r\n")] = '\0';
	if (*secret)
		return 0;
	snprintf(error, error_size, "the secret's file has an empty first line");
	return -EINVAL;
}

/* Name with its colon, then the value, which must not begin another header. */
static bool request_header_add(
	struct transfer *transfer, const char *name, const char *value)
{
	char header[SECRET_MAX + 64];
	struct curl_slist *longer;

	if (strpbrk(value, "\r\n") ||
		snprintf(header, sizeof(header), "%s%s", name, value) >=
			(int)sizeof(header))
		return false;
	longer = curl_slist_append(transfer->headers, header);
	if (longer)
		transfer->headers = longer;
	return longer != NULL;
}

static bool prepare_webhook(struct transfer *transfer)
{
	const char *key = text_of(transfer->message, "key");
	CURL *easy = transfer->easy;
	bool is_good =
		request_header_add(transfer, "Content-Type: ", "application/json");

	if (key)
		is_good = is_good &&
			request_header_add(transfer, "Idempotency-Key: ", key);
	if (*transfer->secret)
		is_good = is_good &&
			request_header_add(
				transfer, "Authorization: Bearer ", transfer->secret);
	is_good = is_good && request_header_add(transfer, "Expect:", "");
	return is_good &&
		curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") ==
		CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers) ==
		CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body) == CURLE_OK;
}

/* "a@b, c@d": each one a recipient. */
static bool add_recipients(struct transfer *transfer, const char *list)
{
	while (*list) {
		size_t length = strcspn(list, ", ");
		char address[320];
		struct curl_slist *longer;

		if (length >= sizeof(address))
			return false;
		memcpy(address, list, length);
		address[length] = '\0';
		list += length;
		list += strspn(list, ", ");
		if (length == 0)
			continue;
		longer = curl_slist_append(transfer->recipients, address);
		if (!longer)
			return false;
		transfer->recipients = longer;
	}
	return transfer->recipients != NULL;
}

static bool prepare_mail(struct transfer *transfer)
{
	const char *from = text_of(transfer->message, "from");
	const char *to = text_of(transfer->message, "to");
	CURL *easy = transfer->easy;

	if (!from || !to || strpbrk(from, "\r\n") || strpbrk(to, "\r\n") ||
		!add_recipients(transfer, to))
		return false;
	if (*transfer->secret &&
		(curl_easy_setopt(easy, CURLOPT_USERPWD, transfer->secret) !=
				CURLE_OK ||
			curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL) !=
				CURLE_OK))
		return false;
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps") ==
		CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, transfer->recipients) ==
		CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_READDATA, transfer) == CURLE_OK;
}

static bool prepare_common(struct transfer *transfer, const char *url)
{
	CURL *easy = transfer->easy;

	return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error) ==
		CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
			(long)CONNECT_TIMEOUT_S) == CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)TRANSFER_TIMEOUT_S) ==
		CURLE_OK &&
		curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_answer) == CURLE_OK;
}

static void transfer_done(struct transfer *transfer)
{
	if (transfer->easy)
		curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	curl_slist_free_all(transfer->recipients);
	cJSON_Delete(transfer->message);
	explicit_bzero(transfer->secret, sizeof(transfer->secret));
	*transfer = (struct transfer){ .easy = NULL };
}

/* The error's text, or NULL when the transfer is under way. */
static const char *transfer_begin(struct notifier *notifier, struct transfer *transfer)
{
	const char *channel = text_of(transfer->message, "channel");
	const char *url = text_of(transfer->message, "url");
	const char *secret_file = text_of(transfer->message, "secret_file");
	bool is_mail = channel && strcmp(channel, "mail") == 0;

	transfer->body = text_of(transfer->message, "body");
	if (!channel || (!is_mail && strcmp(channel, "webhook") != 0) || !url ||
		!transfer->body)
		return "the message is incomplete";
	if (secret_file &&
		read_secret(secret_file, transfer->secret, transfer->error,
			sizeof(transfer->error)) < 0)
		return transfer->error;
	transfer->easy = curl_easy_init();
	if (!transfer->easy)
		return OUT_OF_MEMORY;
	if (!prepare_common(transfer, url) ||
		!(is_mail ? prepare_mail(transfer) : prepare_webhook(transfer)))
		return "the message cannot be sent as it is";
	if (curl_multi_add_handle(notifier->multi, transfer->easy) != CURLM_OK)
		return OUT_OF_MEMORY;
	notifier->busy++;
	return NULL;
}

/* What the receiver of a webhook answered: delivered is 2xx and nothing else.  A redirect
 * is not followed: the body would become a GET, and the secret go elsewhere. */
static bool answer_is_good(CURL *easy, char *why, size_t why_size)
{
	long status = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status <= 299)
		return true;
	snprintf(why, why_size, "the receiver answered HTTP %ld%s", status,
		status >= 300 && status <= 399
			? ", a redirect, which is not followed: alert_webhook needs "
			  "the address that it leads to"
			: "");
	return false;
}

static int transfer_finish(struct notifier *notifier, CURL *easy, CURLcode code)
{
	struct transfer *transfer = NULL;
	char text[CURL_ERROR_SIZE + 96];
	bool is_good = code == CURLE_OK;
	int r;

	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
	(void)curl_multi_remove_handle(notifier->multi, easy);
	if (!is_good) {
		snprintf(text, sizeof(text), "%s",
			*transfer->error ? transfer->error : curl_easy_strerror(code));
		shut_out_hint(text, sizeof(text), IS_UNREACHED(code));
	} else if (!transfer->recipients) /* of a mail: libcurl judges its codes */
		is_good = answer_is_good(easy, text, sizeof(text));
	r = receipt(notifier, id_of(transfer->message), is_good ? NULL : text);
	transfer_done(transfer);
	notifier->busy--;
	return r;
}

/* ---- input ---------------------------------------------------------------------------- */

static int request_take_line(struct notifier *notifier, const char *line, size_t length)
{
	struct transfer *transfer = notifier->transfer;
	const char *error;
	int r = 0;

	while (transfer->easy)
		transfer++; /* there is a free one: the caller has looked */
	transfer->message = cJSON_ParseWithLength(line, length);
	if (!transfer->message)
		return receipt(notifier, -1, "the message is not JSON");
	error = transfer_begin(notifier, transfer);
	if (error) {
		r = receipt(notifier, id_of(transfer->message), error);
		transfer_done(transfer);
	}
	return r;
}

/* Whole lines while there is room for their transfers. */
static int take_lines(struct notifier *notifier)
{
	struct strbuf *line = &notifier->line;
	char *end;
	int r = 0;

	while (r == 0 && notifier->busy < NOTIFIER_TRANSFERS && line->length > 0 &&
		(end = memchr(line->text, '\n', line->length)) != NULL) {
		size_t length = (size_t)(end - line->text);

		if (length > 0)
			r = request_take_line(notifier, line->text, length);
		memmove(line->text, end + 1, line->length - length); /* with the NUL */
		line->length -= length + 1;
	}
	return r;
}

static int notifier_read_input(struct notifier *notifier, struct err *err)
{
	char buffer[16384];
	ssize_t count = read(notifier->in_fd, buffer, sizeof(buffer));

	if (count < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (count < 0)
		return err_errno(err, "reading messages");
	if (count == 0) {
		notifier->has_ended = true;
		return 0;
	}
	strbuf_add_bytes(&notifier->line, buffer, (size_t)count);
	if (strbuf_failed(&notifier->line) == -ENOMEM)
		return err_oom(err);
	if (strbuf_failed(&notifier->line))
		return err_set(err, strbuf_failed(&notifier->line),
			"a message of more than %zu bytes", NOTIFIER_LINE_MAX);
	return 0;
}

static int step(struct notifier *notifier, struct err *err)
{
	struct curl_waitfd input = { .fd = notifier->in_fd,
		.events = CURL_WAIT_POLLIN };
	bool wants_input = !notifier->has_ended && notifier->busy < NOTIFIER_TRANSFERS;
	int running = 0, left = 0, r = 0;
	const CURLMsg *message;

	if (curl_multi_perform(notifier->multi, &running) != CURLM_OK)
		return err_set(err, -EIO, "libcurl has failed");
	while (r == 0 && (message = curl_multi_info_read(notifier->multi, &left))) {
		if (message->msg == CURLMSG_DONE)
			r = transfer_finish(
				notifier, message->easy_handle, message->data.result);
	}
	if (r == 0)
		r = take_lines(notifier);
	if (r < 0)
		return err_set(err, r, "writing receipts");
	if (notifier->has_ended && notifier->busy == 0)
		return 0;
	if (curl_multi_poll(notifier->multi, &input, wants_input ? 1 : 0, WAIT_MS,
		    NULL) != CURLM_OK)
		return err_set(err, -EIO, "libcurl cannot wait for its transfers");
	if (wants_input && input.revents)
		return notifier_read_input(notifier, err);
	return 0;
}

int notifier_serve(int in_fd, int out_fd, struct err *err)
{
	struct notifier notifier = { .in_fd = in_fd, .out_fd = out_fd };
	int r = 0;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, -ENOMEM, "libcurl cannot start");
	strbuf_init(&notifier.line, NOTIFIER_LINE_MAX);
	notifier.multi = curl_multi_init();
	if (!notifier.multi)
		r = err_oom(err);
	while (r == 0 && !(notifier.has_ended && notifier.busy == 0))
		r = step(&notifier, err);
	for (size_t i = 0; i < NOTIFIER_TRANSFERS; i++)
		transfer_done(&notifier.transfer[i]);
	if (notifier.multi)
		(void)curl_multi_cleanup(notifier.multi);
	strbuf_done(&notifier.line);
	curl_global_cleanup();
	return r;
}
