#!/bin/sh
# Includes follow the arrows: common <- schema <- probes, store <- collectord;
# store <- analyze; and within analyze those of the README, from the bottom:
# console <- peaks <- assess <- plan <- report <- verbs <- main.c, with packing below plan,
# import and export below the verbs.
set -u
allowed() { # allowed FOLDER: the folders it may include from, itself among them
	case $1 in
	common) echo common ;;
	schema) echo "common schema" ;;
	probes) echo "common schema probes" ;;
	store) echo "common schema store" ;;
	collectord) echo "common schema probes store collectord" ;;
	analyze) echo "common schema store analyze" ;;
	analyze/console) echo "analyze/console" ;;
	analyze/peaks) echo "$(allowed analyze/console) analyze/peaks" ;;
	analyze/assess) echo "$(allowed analyze/peaks) analyze/assess" ;;
	analyze/packing) echo "analyze/packing" ;;
	analyze/solver) echo "analyze/packing analyze/solver" ;;
	analyze/plan) echo "$(allowed analyze/assess) analyze/packing analyze/plan" ;;
	analyze/report) echo "$(allowed analyze/plan) analyze/report" ;;
	analyze/import) echo "analyze/console analyze/import" ;;
	analyze/export) echo "$(allowed analyze/peaks) analyze/import analyze/export" ;;
	analyze/verbs)
		echo "$(allowed analyze/report) $(allowed analyze/export) analyze/verbs" ;;
	analyze/main.c) echo "analyze/console analyze/verbs" ;;
	*) echo "tests/include_arrows.sh does not know $1" >&2 ;;
	esac
}
bad=0
check() { # check PLACE PATTERN: what stands before the file's name in its includes
	list=$(allowed "$1")
	for hit in $(grep -rnoE --include='*.[ch]' "^#include \"$2" "$1" | tr -d ' '); do
		target=${hit##*\"}
		target=${target%/}
		case " $list " in
		*" $target "*) ;;
		*)
			echo "${hit%%:#*}: $1 may not include $target/"
			bad=1
			;;
		esac
	done
}
for folder in common schema probes store collectord analyze; do
	check "$folder" '[a-z]+/'
done
for folder in analyze/*; do
	check "$folder" 'analyze/[a-z]+/'
done
for hit in $(grep -rlE --include='*.[ch]' '#include <(rrd|sqlite3)\.h>' common schema probes \
	collectord analyze); do
	echo "$hit: only store/ includes rrd.h and sqlite3.h"
	bad=1
done
exit $bad
