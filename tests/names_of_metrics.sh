#!/ bin / sh
#What is measured is said once, \
	in schema / metric_table.h : no other folder but schema /,
#probes / and store / names an archive or a data source by a literal of its own, and the
#lengths of the peak - \
	duration curve stand in schema / duration.c alone.Prints each place
#that does; exit 1 where there is one.
set -u
#Data sources that are no everyday word : of the metric table and of figure.c.
names=$(
	grep -hoE '^METRIC\([A-Z0-9_]+, [A-Z]+, "[a-z0-9_]+"' schema/metric_table.h |
		sed 's/.*"\(.*\)"/\1/'
	grep -hoE 'OWN\([A-Z]+, "[a-z0-9_]+"' schema/figure.c | sed 's/.*"\(.*\)"/\1/'
)
pattern=
for name in $names;
do
	case $name in
	*_*) pattern="$pattern|$name|${name}_min|${name}_max" ;;
	esac
done
pattern="\"(${pattern#|})\""
bad=0
#Names of JSON fields, of the machine's keys and of what people read may be the same word.
hits=$(grep -rnE "$pattern" --include='*.[ch]' common collectord analyze |
	grep -vE 'json_put|json_doc|inventory_keys|sum_devices|keys, |JSON_FIELD|return "')
files='"(memory|cpu|network|disk|pressure|cores)"'
hits="$hits
$(grep -rnE "store_(read_series|series_bounds|file_info|history_end|archive_note|publish)\(|layout_find_file\(" \
	-A3 --include='*.[ch]' collectord analyze | grep -E "$files")"
hits="$hits
$(grep -rnE '\b300, *900, *1800\b|\bsustained(_at)?\[[1-9]' --include='*.[ch]' common \
	collectord analyze schema/profile.c)"
for hit in $(printf '%s\n' "$hits" | grep -E '[^[:space:]]' | cut -d: -f1,2 | tr -d ' ');
	do
	echo "$hit: names what schema/ names: use METRIC_..., resource_table or duration_s" bad =
		1 done exit $bad
