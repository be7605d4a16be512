# T60: the systemd unit's exposure, and the daemon at work with what the unit leaves it:
# no capability, no new privileges, another user, its own folders only.
set -u
BUILD=${BUILD:-build}
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
chmod 755 "$top"

if command -v systemd-analyze >/dev/null; then
	sed -e "s|@BINDIR@|/usr/bin|g" collectord/collectord.service >"$top/collectord.service"
	systemd-analyze security --offline=true --no-pager "$top/collectord.service" >"$top/score" 2>&1
	score=$(sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p' "$top/score")
	echo "# exposure ${score:-unknown}"
	if [ -n "$score" ] && awk "BEGIN { exit !($score <= 1.1) }"; then
		echo "ok T60: exposure of the unit is at most 1.1"
	else
		echo "FAIL T60: exposure of the unit: ${score:-$(tail -n 1 "$top/score")}"
	fi
	# a negative control: without its system call filter it must score worse
	grep -v SystemCallFilter "$top/collectord.service" >"$top/worse.service"
	worse=$(systemd-analyze security --offline=true --no-pager "$top/worse.service" 2>&1 |
		sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p')
	if awk "BEGIN { exit !(${worse:-0} > ${score:-9}) }"; then
		echo "ok T00: a unit without its filter scores worse ($worse)"
	else
		echo "FAIL T00: a unit without its filter scores ${worse:-nothing}"
	fi
else
	echo "SKIP T60 exposure: systemd-analyze is not installed"
fi

mkdir "$top/bin" "$top/state" "$top/run"
cp "$BUILD"/collectord "$BUILD"/collectord-* "$BUILD/analyze" "$top/bin/"
wrap=
if [ "$(id -u)" -eq 0 ]; then
	if ! command -v setpriv >/dev/null; then
		echo "SKIP T60 at work: setpriv is not installed"
		exit 0
	fi
	chown -R 65534:65534 "$top/state" "$top/run"
	wrap="setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all \
		--inh-caps=-all --no-new-privs"
fi
chmod 750 "$top/state" "$top/run"
# shellcheck disable=SC2086 # the words of wrap are meant to be split
$wrap env RUNTIME_DIRECTORY="$top/run" HOME=/nonexistent "$top/bin/collectord" \
	--data "$top/state" --interval 1 --ticks 4 2>"$top/log"
code=$?
if [ $code -eq 0 ] && ! grep -q root "$top/log"; then
	echo "ok T60: it samples and stores without root, capabilities and new privileges"
else
	echo "FAIL T60: as nobody: code $code: $(cat "$top/log")"
fi
stored=$("$top/bin/analyze" status --data "$top/state" --json |
	sed -n 's/.*"stored":\([0-9]*\).*/\1/p' | head -n 1)
if [ "${stored:-0}" -ge 4 ]; then
	echo "ok T60: all ticks are stored"
else
	echo "FAIL T60: stored ${stored:-nothing}: $("$top/bin/analyze" status --data "$top/state" --json)"
fi
open=$(find "$top/state" "$top/run" -perm /027 ! -type l ! -type s ! -perm -0750 \
	\( -perm /007 -o -perm /020 \) | head -n 3)
if [ -z "$open" ]; then
	echo "ok T63: nothing it made can be read by others or written by the group"
else
	echo "FAIL T63: open to others: $open"
fi
setuid=$(find "$top/bin" -perm /6000)
if [ -z "$setuid" ]; then
	echo "ok T60: no program is setuid"
else
	echo "FAIL T60: setuid: $setuid"
fi
