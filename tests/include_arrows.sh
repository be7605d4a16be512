#!/bin/sh
# Includes follow the arrows of docs/architecture.md, at both levels of folders:
#
#   common <- schema <- probes, store <- collectord;  store <- analyze
#   probes/{host,slow} <- probes: the tables of probes/ name their rows.  What a row stands
#   on lies in probes/ all the same, three headers: probe.h (what a row is), hostroot.h (the
#   movable root) and text.h (walking a text of the kernel); no other may a row include
#   store/dir <- store/rrd, store/db <- store
#   collectord/link <- each program of the daemon, and no program asks another
#   console <- document <- report <- verbs <- main.c
#   peaks <- estate <- assess <- plan <- report, packing <- migrate <- plan
#   estate <- compare <- report
#   validate, migrate <- runbook <- report
#   import/readers <- import/formats <- import;  import/readers <- engine <- estate, import
#   A format is a row of importer.h: of import/ it includes what a row stands on, five headers
#   fetch, a program of its own, knows of engine what goes through the pipe alone
#   no stage of analyze (estate, assess, plan, inventory, import, export ...) includes console
#   or document: what it has to say it says to a listener (analyze/estate/estate.h)
#
# Prints one line for each include that goes the other way; exit 1 where there is one.
set -u
base="common schema"
stores="$base store store/dir store/rrd store/db"
sources="$base probes probes/host probes/slow probes/fleet"
row_floor="probes/probe.h probes/hostroot.h probes/text.h"
format_floor=$(printf 'analyze/import/%s.h ' importer reading parts names device_rules)
allowed() { # allowed FOLDER: the folders it may include from, itself among them
	case $1 in
	common) echo common ;;
	schema) echo "$base" ;;
	probes) echo "$sources" ;;
	probes/host | probes/slow | probes/fleet) echo "$base $1 $row_floor" ;;
	store/dir) echo "$base store/dir" ;;
	store/rrd) echo "$base store/dir store/rrd" ;;
	store/db) echo "$base store/dir store/db" ;;
	store) echo "$stores" ;;
	collectord/link) echo "$base probes store/dir collectord/link" ;;
	collectord/sampler) echo "$sources store store/dir collectord/link collectord/sampler" ;;
	collectord/recorder)
		echo "$base store store/dir store/db collectord/link collectord/recorder"
		;;
	collectord/writer)
		echo "$base store store/dir store/rrd collectord/link collectord/writer"
		;;
	collectord/helper) echo "$sources collectord/link collectord/helper" ;;
	collectord/inventory)
		echo "$sources store store/dir store/db collectord/link collectord/inventory"
		;;
	collectord/sender)
		echo "$base store store/dir store/db collectord/link collectord/sender"
		;;
	collectord/snmp) echo "collectord/snmp" ;; # alone with libsnmp
	collectord/poller) echo "$sources collectord/link collectord/poller" ;;
	collectord/notifier) echo "$base collectord/link collectord/notifier" ;;
	analyze/packing) echo "common analyze/packing" ;;
	analyze/solver) echo "common analyze/packing analyze/solver" ;;
	analyze/engine) echo "common $(stage import/readers engine)" ;;
	analyze/pcp) echo analyze/pcp ;;
	analyze/fetch) echo "common $(stage fetch) analyze/engine/engine_wire.h" ;;
	analyze/console) echo "$base analyze/console" ;;
	analyze/document) echo "$base analyze/console analyze/document" ;;
	analyze/peaks) echo "$base analyze/peaks" ;;
	analyze/estate) echo "$stores $(stage peaks inventory engine estate)" ;;
	analyze/inventory) echo "$stores $(stage import/readers inventory)" ;;
	analyze/validate) echo "$base $(stage inventory validate)" ;;
	analyze/compare) echo "$stores $(stage peaks estate inventory compare)" ;;
	analyze/runbook) echo "$base $(stage migrate validate runbook)" ;;
	analyze/sample) echo "$stores $(stage sample)" ;;
	analyze/assess) echo "$stores $(stage peaks estate inventory assess)" ;;
	analyze/plan)
		echo "$stores $(stage peaks estate inventory assess packing migrate plan)"
		;;
	analyze/migrate) echo "$stores $(stage packing migrate)" ;;
	analyze/import/readers) echo "$base $(stage import/readers)" ;;
	analyze/import/formats)
		echo "$base $(stage import/readers engine import/formats) $format_floor"
		;;
	analyze/import)
		echo "$stores $(stage import/readers import/formats engine inventory import)"
		;;
	analyze/export) echo "$stores $(stage peaks estate import export)" ;;
	analyze/report)
		echo "$(allowed analyze/plan) $(allowed analyze/import)" \
			"$(stage console document validate migrate compare runbook report)"
		;;
	analyze/verbs)
		echo "$(allowed analyze/report) $(allowed analyze/export)" \
			"$(allowed analyze/import) $(stage sample inventory verbs)"
		;;
	analyze) echo "$base $(stage console verbs)" ;;
	*) echo "tests/include_arrows.sh does not know $1" >&2 ;;
	esac
}
stage() { # stage NAME...: those folders of analyze
	for name in "$@"; do printf 'analyze/%s ' "$name"; done
}
folders() {
	find common schema probes store collectord analyze -name '*.[ch]' -printf '%h\n' | sort -u
}
bad=0
for folder in $(folders); do
	list=$(allowed "$folder")
	[ -n "$list" ] || bad=1
	for hit in $(grep -noE '^#include "[a-z_0-9/]+/[a-z_0-9]+\.h' "$folder"/*.[ch] | tr -d ' '); do
		file=${hit##*\"}
		target=${file%/*}
		case " $list " in
		*" $target "* | *" $file "*) ;;
		*)
			echo "${hit%%:#*}: $folder may not include $file"
			bad=1
			;;
		esac
	done
done
for hit in $(grep -rlE --include='*.[ch]' '#include <(rrd|sqlite3)\.h>' common schema probes \
	collectord analyze); do
	echo "$hit: only store/ includes rrd.h and sqlite3.h"
	bad=1
done
exit $bad
