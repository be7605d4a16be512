#!/bin/sh
# Installs the Debian packages that building needs, with "test" those of the tests too, with
# "deb" those of making the package; nothing when all are there.  As root directly, else
# through sudo; where neither works it lists them.
set -eu
packages="gcc make pkg-config libc6-dev binutils librrd-dev libsensors-dev libcjson-dev
	libsqlite3-dev libconfuse-dev libsmartcols-dev libcurl4-openssl-dev
	libxlsxwriter-dev librsvg2-dev libmd-dev libkissfft-dev libxxhash-dev libzip-dev libxml2-dev zlib1g-dev liblzma-dev
	libbz2-dev libsnappy-dev libprotobuf-c-dev protobuf-c-compiler
	coinor-libcbc-dev coinor-libclp-dev"
[ "${1:-}" = deb ] && packages="$packages debhelper dpkg-dev fakeroot libpcp3-dev"
# what the tests call: pgrep and ps, mount and losetup, mkfs.ext4, ip, unshare and setpriv
[ "${1:-}" = test ] && packages="$packages libcmocka-dev libfuse3-dev python3 python3-jsonschema rrdtool sqlite3 bzip2
	strace procps mount e2fsprogs iproute2 util-linux tzdata openssh-server openssh-client"
missing=
for package in $packages; do
	state=$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null || true)
	case $state in ii*) ;; *) missing="$missing $package" ;; esac
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "deps: this machine has no apt-get; install the equivalents of:$missing" >&2
	exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
	sudo=
elif command -v sudo >/dev/null; then
	sudo=sudo
else
	echo "deps: neither root nor sudo; ask an administrator to install:$missing" >&2
	exit 1
fi
echo "deps: installing$missing"
# A service that a package would start has no business on a build machine.
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq || echo "deps: apt-get update failed, trying with what is known" >&2
# shellcheck disable=SC2086 # the list is meant to be split
if ! $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	--no-install-recommends $missing >/dev/null; then
	echo "deps: apt-get could not install all of:$missing" >&2
	exit 1
fi
