#!/bin/sh
# Prints an assembler file that holds every file named on the command line and a
# table of them (struct builtin_file in schema/builtin.h), ended by a row of zeros.
set -eu
echo '	.section .rodata'
i=0
for file in "$@"; do
	printf 'name_%d:\t.asciz "%s"\n' "$i" "${file#schema/}"
	printf 'data_%d:\t.incbin "%s"\nend_%d:\t.byte 0\n' "$i" "$file" "$i"
	i=$((i + 1))
done
echo '	.section .data.rel.ro, "aw"'
echo '	.balign 8'
echo '	.global builtin_files'
echo 'builtin_files:'
j=0
while [ "$j" -lt "$i" ]; do
	printf '\t.quad name_%d, data_%d, end_%d - data_%d\n' "$j" "$j" "$j" "$j"
	j=$((j + 1))
done
echo '	.quad 0, 0, 0'
echo '	.section .note.GNU-stack, "", @progbits'
