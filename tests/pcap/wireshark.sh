#!/bin/bash
# The dissector in packaging/wireshark against `evbctl pcap show -j`: over every capture, the fields of wireshark.txt have the
# same values, frame by frame; every field of the dissector is in the README beside it and in wireshark.txt, or is named
# there as having no counterpart.
#
#   wireshark.sh EVBCTL SOURCE-FOLDER
set -uo pipefail
evbctl=$1
source=$2
table=$source/tests/pcap/wireshark.txt
lua=$source/packaging/wireshark/evb.lua
readme=$source/packaging/wireshark/README.md
for program in tshark mergecap jq; do
	command -v $program >/dev/null && continue
	[[ -z ${CI:-}${EVBD_REQUIRE_PEERS:-} ]] || { echo "$program is missing" && exit 1; }
	echo "$program is not installed" && exit 77
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
n_frames=0

complain() {
	echo "$*"
	bad=1
}

# What the two can't be compared in: frames that are cut or broken, where each shows what it could make of them.
cat >"$tmp/prelude.jq" <<'JQ'
def index_of($list): . as $s | if $s == null then null else ($list | index($s)) end;
def n($a): index_of([$a]);
def n($a; $b): index_of([$a, $b]);
def n($a; $b; $c; $d): index_of([$a, $b, $c, $d]);
def n($a; $b; $c; $d; $e): index_of([$a, $b, $c, $d, $e]);
def n($a; $b; $c; $d; $e; $f): index_of([$a, $b, $c, $d, $e, $f]);
def b: if . == null then null elif . then "1" else "0" end;
def h: if . == null then null else (. / 16 | floor) as $x | (. % 16) as $y
	| "0x" + "0123456789abcdef"[$x:$x + 1] + "0123456789abcdef"[$y:$y + 1] end;
def octet: if . == null then null else (split(":") | last | if . == "" then 0
	else explode | reduce .[] as $c (0; . * 16 + (if $c > 96 then $c - 87 else $c - 48 end)) end) end;
def is_whole: (.truncated | not) and ([.lldp, .evb, .evb_draft, .cdcp, .port_extension, .ecp, .vdp, .pe_csp]
	| all(. == null or .valid)) and ((.vdp.tlvs // []) | all(.valid)) and (.cdcp.ignored_pairs // 0) == 0
	and (.lldp == null or (.lldp.shutdown | not)) and (.cdcp == null or (.cdcp.channel_capacity > 1
	and .cdcp.length == 8 + 3 * (.cdcp.pairs | length))) and ([.evb, .evb_draft, .cdcp, .port_extension] | all(. == null or .count == 1)) and (.ecp == null or (.ecp.version == 1 and .ecp.operation != "reserved"));
JQ
fields=()
columns=
while IFS=$'\t' read -r field filter; do
	fields+=(-e "$field")
	filter=$(sed -E ':a; s/(n\([^()]*), /\1; /; ta' <<<"$filter")
	columns+="${columns:+, }([$filter] | map(select(. != null) | tostring) | join(\",\"))"
done < <(grep -v '^#' "$table")

while IFS= read -r -d '' file; do
	"$evbctl" -j pcap show "$file" 2>/dev/null | jq -r "$(<"$tmp/prelude.jq")"'
		.frames[] | select(.protocol != "data") | select(is_whole) | [(.frame | tostring), '"$columns"'] | join("\t")' \
		>"$tmp/ours" || { complain "$file: jq"; continue; }
	tshark -X "lua_script:$lua" -r "$file" -T fields -E separator=/t -E occurrence=a -E aggregator=, -e frame.number \
		"${fields[@]}" 2>"$tmp/err" | sort >"$tmp/all"
	grep -q 'Lua' "$tmp/err" && complain "$file: $(<"$tmp/err")"
	sort "$tmp/ours" >"$tmp/sorted"
	join -t $'\t' -o "$(seq -s, -f '2.%g' 1 $((1 + ${#fields[@]} / 2)))" <(cut -f1 "$tmp/sorted") "$tmp/all" >"$tmp/theirs"
	n_frames=$((n_frames + $(wc -l <"$tmp/ours")))
	cmp -s "$tmp/sorted" "$tmp/theirs" && continue
	complain "$file: the first frame that differs, evbctl (<) and the dissector (>):"
	number=$(diff "$tmp/sorted" "$tmp/theirs" | sed -n 's/^< \([0-9]*\).*/\1/p' | head -n 1)
	diff <(paste <(printf '%s\n' number "${fields[@]}" | grep -v '^-e$') <(grep "^$number"$'\t' "$tmp/sorted" | tr '\t' '\n')) \
		<(paste <(printf '%s\n' number "${fields[@]}" | grep -v '^-e$') <(grep "^$number"$'\t' "$tmp/theirs" | tr '\t' '\n'))
done < <(for folder in "$source"/pcaps/*/; do # a folder at a time: starting tshark takes longer than what it does
	merged=$tmp/$(basename "$folder").pcapng
	# CDCP-01: lists that evbctl shows in the right order, and the dissector as they are
	find "$folder" -name '*.pcap' ! -path '*/violations/CDCP-01*' -print0 | sort -z | xargs -0 mergecap -a -w "$merged" && printf '%s\0' "$merged"
done)
((n_frames > 100)) || complain "only $n_frames frames were compared"

# The fields and the documents.
tshark -G fields -X "lua_script:$lua" 2>/dev/null | awk -F '\t' '$1 == "F" && $3 ~ /^evb\./ && $3 !~ /malformed/ { print $3 "\t" $2 }' |
	sort -u >"$tmp/fields"
while IFS=$'\t' read -r field text; do
	grep -qF "| \`$field\` | $text |" "$readme" || complain "$readme lacks: | \`$field\` | $text |"
	cut -f1 "$table" | grep -qxF "$field" || grep -qE "^# none: .*$field( |$)" "$table" || complain "$table lacks $field"
done <"$tmp/fields"
echo "$n_frames frames, $(wc -l <"$tmp/fields") fields"
exit $bad
