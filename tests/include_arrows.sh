#!/bin/sh
# Includes follow the arrows: common <- schema <- probes, store <- collectord; store <- analyze.
set -u
allowed() {
	case $1 in
	common) echo common ;;
	schema) echo "common schema" ;;
	probes) echo "common schema probes" ;;
	store) echo "common schema store" ;;
	collectord) echo "common schema probes store collectord" ;;
	analyze) echo "common schema store analyze" ;;
	esac
}
bad=0
for folder in common schema probes store collectord analyze; do
	list=$(allowed "$folder")
	for hit in $(grep -rnoE --include='*.[ch]' '^#include "[a-z]+/' "$folder" | tr -d ' '); do
		target=${hit##*\"}
		target=${target%/}
		case " $list " in
		*" $target "*) ;;
		*)
			echo "${hit%%:#*}: $folder may not include $target/"
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
