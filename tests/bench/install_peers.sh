#!/bin/sh
# Installs the collectors that make bench compares with, without starting any of them.
set -eu
packages="sysstat collectd-core prometheus-node-exporter netdata-core"
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
# no service of theirs may start: the packages ask this script, which says no
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 755 $policy
	made=yes
fi
status=0
echo "bench-peers: installing$missing"
# shellcheck disable=SC2086 # the list is meant to be split
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	$missing >/dev/null || status=$?
[ -z "$made" ] || $sudo rm -f $policy
exit $status
