#!/bin/bash
# `evbctl pcap replay` over the captures of replay.txt: verdict and names of the differences are those that stand there, and
# every lldpad capture stands there for both roles. With a change: it is found.
#
#   replay.sh EVBCTL PCAP_MUTANTS CAPTURES-FOLDER replay.txt
set -uo pipefail
evbctl=$1
mutants=$2
pcaps=$3
table=$4
command -v jq >/dev/null || { echo "jq is not installed" && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
n=0

complain() {
	echo "$*"
	bad=1
}

declare -A code_of=([equal]=0 [equivalent]=0 [different]=1)

replay() { # FILE ROLE VERDICT LINE: names on standard output
	local verdict code
	"$evbctl" -j pcap replay "$1" --as "$2" >"$tmp/out" 2>"$tmp/err"
	code=$?
	verdict=$(jq -r .summary.verdict "$tmp/out")
	[[ $verdict == "$3" && $code == "${code_of[$3]}" ]] || complain "$4: $verdict, exit code $code: $(cat "$tmp/err")"
	jq -r '[.differences[].names[]] | unique | join(" ")' "$tmp/out"
}

while IFS= read -r line; do
	n=$((n + 1))
	names=${line#*:}
	names=${names%%;*}
	names=$(tr ' ' '\n' <<<"$names" | sort | grep . | paste -sd' ')
	read -r file role verdict _ <<<"${line%%:*}"
	if [[ $line == *';'* ]]; then
		"$mutants" --change "$pcaps/$file" "${line#*;}" "$tmp/mutant.pcap" || complain "$line: can't change"
		got=" $(replay "$tmp/mutant.pcap" "$role" "$verdict" "$line") "
		for name in $names; do
			[[ $got == *" $name "* ]] || complain "$line: no $name among$got"
		done
	else
		got=$(replay "$pcaps/$file" "$role" "$verdict" "$line")
		[[ $got == "$names" ]] || complain "$line: $got"
	fi
done < <(sed 's/#.*//' "$table" | grep .)

for file in "$pcaps"/lldpad/*.pcap; do
	for role in station bridge; do
		grep -q "^lldpad/$(basename "$file") $role " "$table" || complain "$(basename "$file") $role is not in $table"
	done
done

# What is different is said field by field, and what is asked for wrongly is refused.
"$mutants" --change "$pcaps/lldpad/vdp22-assoc-deassoc.pcap" "set 3 39 000006" "$tmp/mutant.pcap"
("$evbctl" pcap replay "$tmp/mutant.pcap" --as bridge || true) | grep -q 'vdp.tlvs\[0\].type_id: 6 in the capture, 5 sent' ||
	complain "no field in the text"
good=$pcaps/lldpad/vdp22-assoc-deassoc.pcap
for args in "" "--as switch" "--as bridge --misbehave refuse" "--as station --misbehave refuse=99" \
	"--as station --misbehave delay-ack" "--as station --misbehave laze" "--as station --port eth0" \
	"--as station --port 02:00:00:00:0b:01" "--as station --live none0"; do
	# shellcheck disable=SC2086
	"$evbctl" pcap replay "$good" $args >"$tmp/out" 2>"$tmp/err"
	code=$?
	[[ $code == 2 && -s $tmp/err && ! -s $tmp/out ]] || complain "pcap replay $args: exit code $code"
done
"$evbctl" pcap replay "$pcaps/reference/tags.pcap" --as bridge 2>"$tmp/err"
code=$?
grep -q 'no frames' "$tmp/err" || code=0
((code == 2)) || complain "a capture of data frames"

# A peer that misbehaves is answered as the standard has it: evbd's station repeats, ends, asks again.
misbehave() { # FAULTS NAME...
	local faults=$1 got
	shift
	"$evbctl" -j pcap replay "$pcaps/reference/conversation.pcap" --as station --misbehave "$faults" >"$tmp/out"
	(($? <= 1)) || complain "--misbehave $faults"
	got=" $(jq -r '[.differences[].names[]] | unique | join(" ")' "$tmp/out") "
	for name; do
		[[ $got == *" $name "* ]] || complain "--misbehave $faults: no $name among$got"
	done
}
misbehave drop-ack=3 repetitions
misbehave wrong-sequence repetitions
misbehave duplicate repetitions
misbehave refuse,hard missing
misbehave refuse=3,keep
misbehave deassociate=0.2
misbehave delay-ack=100 repetitions
echo "$n replays"
exit $bad
