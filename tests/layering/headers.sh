#!/bin/bash
# Every header compiles alone, with the flags of the sources beside it.
#
#   headers.sh COMPILE_COMMANDS_JSON
set -euo pipefail
cd "$(dirname "$0")/../.."
json=$1
status=0

flags_of() { # FOLDER - include folders and definitions of the sources in it; without one, every folder of sources
	local commands
	commands=$(jq -r --arg dir "$PWD/$1/" '.[] | select(.file | startswith($dir)).command' "$json")
	if [[ -n $commands ]]; then
		tr ' ' '\n' <<<"$commands" | awk '/^-(I.*|D[A-Z_]+)$/ { print } /^-isystem$/ { getline; print "-I" $0 }' | sort -u
	else
		printf -- '-I%s\n' common lldp ecp vdp vntag bridge conf daemon ctl
	fi
}

for dir in */ tests/support/; do
	dir=${dir%/}
	compgen -G "$dir/*.h" >/dev/null || continue
	mapfile -t flags < <(flags_of "$dir")
	for header in "$dir"/*.h; do
		if ! "${EVBD_CC:-cc}" -std=c17 "${flags[@]}" "-I$dir" -Wall -Wextra -Werror -fsyntax-only -x c \
			-include "$header" /dev/null; then
			echo "$header does not compile alone"
			status=1
		fi
	done
done
exit $status
