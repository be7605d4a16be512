#!/bin/sh
# The package as somebody meets it who was told nothing: lintian, and a bare Debian root in
# which it is installed, used, upgraded, removed and purged, each step timed.
#   sh tests/package/deb.sh FILE.deb      (called by `make deb-check`)
# ROOT names a root to use (made by mmdebstrap --variant=apt); else one is made and removed.
set -u
deb=$1
pcp=$(dirname "$deb")/$(basename "$deb" | sed 's/^headroom_/headroom-pcp_/')
failed=0
passed=0
work=$(mktemp -d)
root=${ROOT:-$work/root}
began=$(date +%s)
trap 'rm -rf "$work"' EXIT

check() { # check NAME COMMAND...
	name=$1
	shift
	if "$@" >"$work/why" 2>&1; then
		passed=$((passed + 1))
		echo "ok $name"
	else
		failed=$((failed + 1))
		echo "FAIL $name: $(tail -n 5 "$work/why")"
	fi
}
took() {
	now=$(date +%s)
	echo "# $1: $((now - began)) s"
	began=$now
}
# In the root, with its own mounts that go when it ends.
within() {
	unshare --mount sh -c 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
		mount -t tmpfs none "$0/run" && exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive sh -c "$1"' "$root" "$1"
}

if command -v lintian >/dev/null; then
	check "lintian has no error and no warning" \
		lintian --fail-on error,warning --suppress-tags bogus-mail-host "$deb" "$pcp"
	took lintian
else
	echo "SKIP lintian: it is not installed"
fi
if [ "$(id -u)" -ne 0 ] || ! command -v mmdebstrap >/dev/null; then
	echo "SKIP the bare root: it needs root and mmdebstrap"
	echo "$passed passed, $failed failed"
	exit "$failed"
fi
if [ ! -d "$root/etc" ]; then
	mmdebstrap --quiet --variant=apt --include=ca-certificates bookworm "$root" 2>"$work/made" ||
		{ echo "FAIL the bare root: $(tail -n 3 "$work/made")"; exit 1; }
	took "a bare root"
fi
cp "$deb" "$root/headroom.deb"
cp "$pcp" "$root/headroom-pcp.deb"
cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null
check "apt install ./headroom.deb" within "apt-get update -qq &&
	apt-get install -y -qq --no-install-recommends ./headroom.deb"
took "apt install"
check "the user is made" within "getent passwd headroom"
check "the unit is enabled" within "test -L /etc/systemd/system/multi-user.target.wants/collectord.service"
check "sample settings, all at their defaults" within \
	"test -s /etc/headroom/collectord.conf && ! grep -q '^[a-z]' /etc/headroom/collectord.conf"
check "the settings are taken" within "collectord --check-config"
check "completion for three shells" within "cd /usr/share && test -s bash-completion/completions/analyze \
	-a -s zsh/vendor-completions/_analyze -a -s fish/vendor_completions.d/analyze.fish"
check "a man page for every verb" test "$(find "$root/usr/share/man/man1" -name 'analyze-*.1.gz' | wc -l)" \
	-eq "$(within "analyze help" | grep -cE '^  [a-z]')"
# below the home of whoever runs it there
sample='"$HOME/.local/share/headroom/first-look/sample"'
check "first-look ends with verdict, plan and report" within \
	"analyze first-look --seconds 10 >/root/out 2>&1; cat /root/out; grep -q 'report.html' /root/out"
took first-look
within "cat /root/out" >"$work/out"
check "the report is there" test -s "$root$(within 'printf %s "$HOME"')/.local/share/headroom/first-look/sample/report.html"
check "a hosts file from the help alone" within "analyze plan --example-hosts >/root/hosts.json &&
	analyze plan --hosts /root/hosts.json --profile plain --include review,unknown,insufficient --time-limit 5 \
	--data $sample | head -n 3"
check "a workbook" within "analyze report -o /root/r.xlsx --data $sample"
took "hosts file, plan, workbook"
check "the daemon as the unit starts it" within "mkdir -p /var/lib/headroom && chown headroom: /var/lib/headroom &&
	mkdir -p /run/headroom && chown headroom: /run/headroom &&
	RUNTIME_DIRECTORY=/run/headroom setpriv --reuid=headroom --regid=headroom --clear-groups \
	collectord --interval 1 --ticks 5 && analyze status"
check "it found its programs, and all is stored" within "analyze status --json | grep -q '\"stored\":[5-9]'"
took "the daemon"
check "headroom-pcp is a package beside it" within "! test -e /usr/libexec/headroom/headroom-pcp &&
	apt-get install -y -qq --no-install-recommends ./headroom-pcp.deb &&
	test -x /usr/libexec/headroom/headroom-pcp && apt-get remove -y -qq headroom-pcp"

# a later version of the same
dpkg-deb -R "$deb" "$work/later"
sed -i 's/^Version: .*/Version: 99.0/' "$work/later/DEBIAN/control"
echo '# of the later version' >>"$work/later/etc/headroom/collectord.conf"
dpkg-deb --root-owner-group -b "$work/later" "$root/later.deb" >/dev/null
within "echo 'interval = 5s' >>/etc/headroom/collectord.conf; find /var/lib/headroom -type f | sort |
	grep -v 'shm\|wal' | xargs md5sum" >"$work/before"
check "an upgrade" within "apt-get install -y -qq -o Dpkg::Options::=--force-confold ./later.deb"
check "it keeps the settings" within "grep -q '^interval = 5s' /etc/headroom/collectord.conf"
within "find /var/lib/headroom -type f | sort | grep -v 'shm\|wal' | xargs md5sum" >"$work/after"
check "it keeps the data" cmp "$work/before" "$work/after"
check "it is the later one" within "dpkg -s headroom | grep -q '^Version: 99.0'"
check "removal" within "apt-get remove -y -qq headroom"
check "it takes the programs" test ! -e "$root/usr/bin/analyze"
within "find /var/lib/headroom -type f | sort | grep -v 'shm\|wal' | xargs md5sum" >"$work/after"
check "it keeps the data" cmp "$work/before" "$work/after"
check "a purge" within "apt-get purge -y -qq headroom"
within "find /var/lib/headroom -type f | sort | grep -v 'shm\|wal' | xargs md5sum" >"$work/after"
check "it keeps the data, and takes the settings" sh -c \
	"cmp '$work/before' '$work/after' && test ! -e '$root/etc/headroom/collectord.conf'"
took "upgrade, removal, purge"
rm -f "$root/headroom.deb" "$root/headroom-pcp.deb" "$root/later.deb"
echo "$passed passed, $failed failed"
exit "$failed"
