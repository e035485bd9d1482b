#!/bin/bash
# The pure libraries stay pure: no archive needs a symbol that is neither on the allow-list nor defined in itself or in
# an archive below it, and none has data that can be written (hidden state).
#
#   symbols.sh LIST     a line per pure archive: NAME PATH DEPENDENCY...
set -euo pipefail

ALLOWED='^(mem(cpy|move|set|cmp|chr)|strn?len|strn?cmp|v?snprintf|__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)$'
ALLOWED+='|^__(asan|ubsan|sanitizer)_|^__(mem(cpy|move|set)|v?snprintf)_chk$'

declare -A path deps
names=()
while read -r name file rest; do
	[[ -n $name ]] || continue
	names+=("$name")
	path[$name]=$file
	deps[$name]=$rest
done <"$1"
((${#names[@]} > 0)) || { echo "no pure library in $1" && exit 1; }

below() { # NAME - itself and everything it may use
	local dep
	echo "$1"
	for dep in ${deps[$1]}; do
		[[ -n ${path[$dep]:-} ]] || { echo "$1 links $dep, which is not a pure library" >&2 && exit 1; }
		below "$dep"
	done
}

status=0
for name in "${names[@]}"; do
	reach=$(below "$name") || exit 1
	defined=$(for lib in $reach; do nm --defined-only --extern-only -f posix "${path[$lib]}"; done 2>/dev/null |
		awk 'NF >= 2 { print $1 }' | sort -u)
	foreign=$(nm -u -f posix "${path[$name]}" 2>/dev/null | awk 'NF >= 2 { print $1 }' | sort -u |
		grep -vE "$ALLOWED" | comm -23 - <(echo "$defined") || true)
	if [[ -n $foreign ]]; then
		printf '%s needs what a pure library must not use: %s\n' "$name" "$(echo "$foreign" | tr '\n' ' ')"
		status=1
	fi
	# By section: constant tables of pointers live in .data.rel.ro, which nm calls data.
	state=$(objdump -t "${path[$name]}" 2>/dev/null |
		awk '$2 != "d" && $3 != "d" && /[ \t](\*COM\*|\.(data|bss|tdata|tbss)[^ \t]*)[ \t]/ &&
			!/\.data\.rel\.ro/ { print $NF }')
	if [[ -n $state ]]; then
		printf '%s has writable data: %s\n' "$name" "$(echo "$state" | tr '\n' ' ')"
		status=1
	fi
done
exit $status
