#!/bin/sh
# Records what the probes read of this machine into a folder: a bug report becomes a
# test.  Serial numbers, hardware addresses, network addresses, the host's name and the
# boot id are left out.
#
#	tests/record-root.sh tests/roots/NAME [ROOT]
set -eu
target=${1:?usage: record-root.sh FOLDER [ROOT]}
root=${2:-}
umask 022

take() { # take FILE...: copies those that can be read
	for file in "$@"; do
		[ -f "$root/$file" ] || continue
		mkdir -p "$target/$(dirname "$file")"
		cat "$root/$file" >"$target/$file" 2>/dev/null || rm -f "$target/$file"
	done
}

put() { # put FILE TEXT
	mkdir -p "$target/$(dirname "$1")"
	printf '%s\n' "$2" >"$target/$1"
}

take proc/stat proc/meminfo proc/loadavg proc/diskstats proc/net/dev \
	proc/pressure/cpu proc/pressure/memory proc/pressure/io \
	proc/sys/vm/min_free_kbytes proc/sys/kernel/osrelease proc/sys/kernel/arch \
	etc/os-release usr/lib/os-release sys/class/dmi/id/sys_vendor \
	sys/class/dmi/id/product_name
# as many words as the probes look at: the interrupts are long and nobody reads them
sed -i 's/^\(intr [0-9]*\).*/\1/; s/^\(softirq [0-9]*\).*/\1/' "$target/proc/stat"
[ ! -f "$root/proc/cpuinfo" ] ||
	grep -viE '^(serial|uuid|machine|microcode)' "$root/proc/cpuinfo" >"$target/proc/cpuinfo"
put proc/sys/kernel/hostname recorded-host
if [ -f "$root/proc/version" ]; then # without the machine that built the kernel
	put proc/version "$(cut -d' ' -f1-3 "$root/proc/version")"
fi
put proc/sys/kernel/random/boot_id 00000000-0000-4000-8000-000000000000
if [ -f "$root/proc/self/mountinfo" ]; then
	mkdir -p "$target/proc/self"
	# servers and shares have names and addresses
	sed -E 's#( - (nfs4?|cifs|smb3|ceph|glusterfs|fuse\.[^ ]*) )[^ ]+( .*)?$#\1server:/share rw#' \
		"$root/proc/self/mountinfo" >"$target/proc/self/mountinfo"
fi

for cpu in "$root"/sys/devices/system/cpu/cpu[0-9]*; do
	[ -d "$cpu" ] || continue
	at=sys/devices/system/cpu/${cpu##*/}
	take "$at/topology/thread_siblings" "$at/topology/core_siblings" \
		"$at/topology/core_id" "$at/topology/physical_package_id" "$at/topology/die_id" \
		"$at/cpufreq/base_frequency" "$at/cpufreq/cpuinfo_max_freq" \
		"$at/cpufreq/scaling_cur_freq" "$at/acpi_cppc/nominal_freq"
done

device() { # device AT: the device's folder and the name of its driver
	[ -e "$root/$1/device" ] || return 0
	mkdir -p "$target/$1/device"
	: >"$target/$1/device/recorded" # git keeps no empty folder
	driver=$(readlink "$root/$1/device/driver" 2>/dev/null || true)
	[ -z "$driver" ] || ln -sfn "drivers/${driver##*/}" "$target/$1/device/driver"
}

for nic in "$root"/sys/class/net/*; do
	[ -d "$nic" ] || continue
	at=sys/class/net/${nic##*/}
	mkdir -p "$target/$at"
	take "$at/type" "$at/speed" "$at/operstate" "$at/tun_flags"
	[ ! -r "$nic/uevent" ] || grep -E '^(DEVTYPE|INTERFACE)=' "$nic/uevent" \
		>"$target/$at/uevent" || true
	for sign in bridge bonding; do
		[ ! -d "$nic/$sign" ] || put "$at/$sign/recorded" ""
	done
	[ ! -e "$nic/master" ] ||
		ln -sfn "../$(basename "$(readlink -f "$nic/master")")" "$target/$at/master"
	device "$at"
done

for disk in "$root"/sys/block/*; do
	[ -d "$disk" ] || continue
	at=sys/block/${disk##*/}
	mkdir -p "$target/$at"
	take "$at/size" "$at/removable" "$at/queue/rotational" "$at/device/model"
	device "$at"
done
echo "recorded below $target: look through it before you give it away"
