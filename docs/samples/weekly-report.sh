#!/bin/sh
# The report as an attachment, by the notifier of collectord.
#   weekly-report.sh TO [OPTION of `analyze report`...]
# FROM, SMTP (smtp://host:25, smtps://host:465) and SECRET_FILE (its first line is
# user:password) come from the environment.
set -eu
to=$1
shift
from=${FROM:-headroom@localhost}
smtp=${SMTP:-smtp://127.0.0.1:25}
notifier=${NOTIFIER:-/usr/libexec/headroom/collectord-notifier}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

analyze report -q -o "$work/report.html" "$@"
title=$(sed -n 's/.*<h1>\([^<]*\)<.*/\1/p' "$work/report.html" | head -n 1)
{
	printf 'From: %s\nTo: %s\nDate: %s\n' "$from" "$to" "$(date -R)"
	printf 'Subject: Headroom of %s\nMIME-Version: 1.0\n' "$(date +%Y-%m-%d)"
	printf 'Content-Type: multipart/mixed; boundary=headroom-part\n\n'
	printf -- '--headroom-part\nContent-Type: text/plain; charset=utf-8\n'
	printf 'Content-Transfer-Encoding: base64\n\n'
	printf '%s\n' "$title" | base64
	printf -- '--headroom-part\nContent-Type: text/html; charset=utf-8\n'
	printf 'Content-Disposition: attachment; filename=report.html\n'
	printf 'Content-Transfer-Encoding: base64\n\n'
	base64 "$work/report.html"
	printf -- '--headroom-part--\n'
} >"$work/mail"
# one line of JSON: no line above has a quote or a backslash but those of the addresses
{
	printf '{"id":1,"channel":"mail","url":"%s","from":"%s","to":"%s",' "$smtp" "$from" "$to"
	[ -z "${SECRET_FILE:-}" ] || printf '"secret_file":"%s",' "$SECRET_FILE"
	printf '"body":"'
	sed 's/["\\]/\\&/g' "$work/mail" | awk '{ printf "%s\\r\\n", $0 }'
	printf '"}\n'
} | "$notifier" >"$work/receipt"
grep -q '"ok":true' "$work/receipt" || {
	cat "$work/receipt" >&2
	exit 1
}
