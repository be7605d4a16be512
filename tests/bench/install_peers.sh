#!/bin/sh
# Installs the collectors that make bench compares with, without starting any of them.
set -eu
packages="pcp sysstat collectd-core prometheus-node-exporter netdata-core"
missing=
for package in $packages; do
	state=$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null || true)
	case $state in ii*) ;; *) missing="$missing $package" ;; esac
done
[ -n "$missing" ] || { echo "bench-peers: all are there:" $packages; exit 0; }
command -v apt-get >/dev/null || { echo "bench-peers: no apt-get here; wanted:$missing" >&2; exit 1; }
sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || { echo "bench-peers: neither root nor sudo; wanted:$missing" >&2; exit 1; }
	sudo=sudo
fi
# No service of theirs may start: the packages ask policy-rc.d, which says no; that of pcp
# asks systemctl itself (and fails where the machine runs without systemd), so for this
# installation both names stand for programs that do nothing.
policy=/usr/sbin/policy-rc.d
made=
nothing=$(mktemp -d)
trap 'rm -rf "$nothing"' EXIT
for name in systemctl deb-systemd-helper deb-systemd-invoke; do
	printf '#!/bin/sh\nexit 0\n' >"$nothing/$name"
	chmod 755 "$nothing/$name"
done
chmod 755 "$nothing"
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 755 $policy
	made=yes
fi
status=0
echo "bench-peers: installing$missing"
# shellcheck disable=SC2086 # the list is meant to be split
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y \
	-o DPkg::Path="$nothing:/usr/sbin:/usr/bin:/sbin:/bin" -qq --no-install-recommends \
	$missing >/dev/null || status=$?
# the names of PCP's metrics are put together by a script that its service would run
namespace=/var/lib/pcp/pmns
[ $status -ne 0 ] || [ ! -x $namespace/Rebuild ] || [ ! -e $namespace/.NeedRebuild ] ||
	$sudo sh -c "cd $namespace && ./Rebuild -s && rm -f .NeedRebuild" || status=$?
[ -z "$made" ] || $sudo rm -f $policy
exit $status
