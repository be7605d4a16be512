#!/bin/sh
# libsensors has no root argument: it is tested on a tree of our own below /sys/class, in
# a mount namespace of its own; good values and garbage (T43).
set -u
BUILD=${BUILD:-build}
tool=$BUILD/tests/tools/read_sensors

if [ "${1:-}" = inside ]; then
	mount -t tmpfs none /sys/class || exit 99
	cd /sys/class || exit 99
	mkdir -p hwmon/hwmon0 hwmon/hwmon1 device/coretemp.0 device/3-0048 bus/platform
	put() { printf '%s\n' "$2" >"$1"; }
	ln -s ../bus/platform device/coretemp.0/subsystem
	ln -s ../../device/coretemp.0 hwmon/hwmon0/device
	put hwmon/hwmon0/name coretemp
	put hwmon/hwmon0/temp1_input 45500
	put hwmon/hwmon0/temp1_label "Package id 0"
	put hwmon/hwmon0/temp2_input 3892314000
	put hwmon/hwmon0/temp3_input -128000
	put hwmon/hwmon0/temp4_input NaN
	: >hwmon/hwmon0/temp5_input
	put hwmon/hwmon0/temp6_input 30000
	put hwmon/hwmon0/temp6_fault 1
	put hwmon/hwmon1/name board
	put hwmon/hwmon1/fan1_input 1200
	put hwmon/hwmon1/power1_average 35250000
	put hwmon/hwmon1/in0_input 12080
	put hwmon/hwmon1/in1_input 2147483647
	# two radios of a kind: libsensors gives both one name
	mkdir -p hwmon/hwmon2 hwmon/hwmon3
	put hwmon/hwmon2/name radio
	put hwmon/hwmon2/temp1_input 68000
	put hwmon/hwmon3/name radio
	put hwmon/hwmon3/temp1_input 52000
	cd "$2" && exec "$tool"
fi

if [ ! -x "$tool" ]; then
	echo "FAIL sensors_tree: $tool is not built"
	exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$(pwd)
if unshare -m true 2>/dev/null; then
	space="unshare -m"
elif unshare -Urm true 2>/dev/null; then
	space="unshare -Urm"
else
	echo "SKIP sensors_tree: no mount namespace can be made here: not permitted, or / is no mount point (a chroot)"
	exit 0
fi
# shellcheck disable=SC2086 # words on purpose
$space sh tests/system/sensors_tree.sh inside "$here" >"$work/got" 2>"$work/log"
code=$?
if [ $code -eq 99 ]; then
	echo "SKIP sensors_tree: tmpfs cannot be mounted over /sys/class: $(head -n 1 "$work/log")"
	exit 0
fi
check() { # check NAME LINE
	if grep -qxF "$2" "$work/got"; then
		echo "ok sensors_tree: $1"
	else
		echo "FAIL sensors_tree: $1: \"$2\" is not in: $(tr '\n' ';' <"$work/got")"
	fi
}
check "a temperature with its label" \
	"coretemp-isa-0000/temp1 (Package id 0) 45.5 celsius"
check "3,892,314 degrees are impossible (F49)" \
	"coretemp-isa-0000/temp2 (temp2) bad: coretemp-isa-0000/temp2: 3.89231e+06 celsius is impossible"
check "-128 degrees are impossible" \
	"coretemp-isa-0000/temp3 (temp3) bad: coretemp-isa-0000/temp3: -128 celsius is impossible"
check "a sensor that reports its fault" \
	"coretemp-isa-0000/temp6 (temp6) bad: coretemp-isa-0000/temp6: reports a fault"
check "of two chips with one name one keeps it" "radio-virtual-0/temp1 (temp1) 68 celsius"
check "and the other is told apart" "radio-virtual-0#2/temp1 (temp1) 52 celsius"
check "a fan" "board-virtual-0/fan1 (fan1) 1200 rpm"
check "an average power" "board-virtual-0/power1 (power1) 35.25 watt"
check "a voltage" "board-virtual-0/in0 (in0) 12.08 volt"
check "2^31 millivolt are impossible" \
	"board-virtual-0/in1 (in1) bad: board-virtual-0/in1: 2.14748e+06 volt is impossible"
for sensor in temp4 temp5; do # text and nothing: an error, or no value
	if grep "^coretemp-isa-0000/$sensor " "$work/got" | grep -qv ' bad: '; then
		echo "FAIL sensors_tree: $sensor has a value out of nothing: $(grep $sensor "$work/got")"
	else
		echo "ok sensors_tree: garbage in $sensor is no value"
	fi
done
[ $code -eq 0 ] || echo "FAIL sensors_tree: exit code $code: $(cat "$work/log")"
