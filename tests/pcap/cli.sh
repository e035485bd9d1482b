#!/bin/bash
# What a user of `evbctl pcap` relies on: exit codes, messages, JSON on standard output and nothing else, filters, files of
# every kind of odd.
#
#   cli.sh EVBCTL PCAP_MUTANTS CAPTURES-FOLDER
set -uo pipefail
evbctl=$1
mutants=$2
pcaps=$3
command -v jq >/dev/null || { echo "jq is not installed" && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
good=$pcaps/reference/conversation.pcap

# CODE COMMAND...: out and err afterwards have what it printed.
run() {
	local want=$1 code
	shift
	"$evbctl" "$@" >"$tmp/out" 2>"$tmp/err"
	code=$?
	((code == want)) || complain "evbctl $*: exit code $code, not $want"
}

complain() {
	echo "$*"
	head -n 5 "$tmp/out" "$tmp/err"
	bad=1
}

says() { # FILE PATTERN
	grep -qE -- "$2" "$tmp/$1" || complain "no '$2' on $1"
}

count() { # N OPTIONS...: frames shown
	local want=$1 got
	shift
	got=$("$evbctl" -j pcap show "$@" "$good" | jq '.frames | length')
	[[ $got == "$want" ]] || complain "pcap show $*: $got frames, not $want"
}

octets() { # HEX FILE
	sed 's/../\\x&/g' <<<"$1" | while IFS= read -r line; do printf '%b' "$line"; done >"$2"
}

exit_codes() {
	run 0 pcap check "$good"
	says out '^63 frames judged: 63 PASS, 0 WARN, 0 FAIL$'
	run 2 pcap check "$tmp/nowhere.pcap"
	says err 'nowhere.pcap: No such file'
	run 2 pcap check
	run 2 pcap show "$good" "$good"
	run 2 pcap check "$pcaps/README.md"
	says err 'README.md: .*(unknown file format|truncated)'
	: >"$tmp/empty.pcap"
	run 2 pcap check "$tmp/empty.pcap"
	says err 'empty.pcap: '
	run 2 pcap show "$good" --generation 7
	run 2 pcap check "$good" --html "$tmp/none/x.html"
	says err 'none/x.html: No such file'
	run 2 pcap check "$good" --port eth0
}

no_frames() {
	octets d4c3b2a1020004000000000000000000ffff000001000000 "$tmp/head.pcap"
	run 0 pcap check "$tmp/head.pcap"
	says out '^0 frames judged'
	run 0 -j pcap show "$tmp/head.pcap"
	[[ $(jq -c . "$tmp/out") == '{"schema":1,"frames":[]}' ]] || complain "no frames as JSON"
	octets d4c3b2a1020004000000000000000000ffff000071000000 "$tmp/any.pcap"
	run 2 pcap check "$tmp/any.pcap"
	says err 'link type LINUX_SLL \(113\), not of Ethernet'
}

# A file that ends in the middle of a frame: verdicts on what was read, and the reason.
damaged() {
	head -c 2000 "$good" >"$tmp/damaged.pcap"
	run 2 -j pcap check "$tmp/damaged.pcap"
	says err 'damaged.pcap: after frame 2[0-9]: '
	[[ $(jq .summary.frames "$tmp/out") -gt 20 ]] || complain "nothing of what was read"
	run 2 pcap show "$tmp/damaged.pcap"
	[[ $(wc -l <"$tmp/out") -gt 20 ]] || complain "nothing of what was read is shown"
}

faults() {
	# The answer to the first Associate has another VID.
	sed 's/^\(3\.102000 .*\)d0c8$/\1d0c9/' "$pcaps/reference/conversation.frames" >"$tmp/fault.frames"
	"$mutants" --write "$tmp/fault.frames" "$tmp/fault.pcap"
	run 1 pcap check -q "$tmp/fault.pcap"
	says out '^ +16 .* FAIL  VDPS-11  '
	! grep -q ' PASS  ' "$tmp/out" || complain "-q shows a PASS"
	run 1 -j pcap check -q "$tmp/fault.pcap" --html "$tmp/report.html"
	[[ $(jq -r '[.verdicts[].verdict] | unique | join(" ")' "$tmp/out") == FAIL ]] || complain "-q -j: more than FAIL"
	grep -q '</html>' "$tmp/report.html" || complain "the report has no end"
	grep -q '<svg ' "$tmp/report.html" || complain "the report has no diagram"
	! grep -qE '(src|href)="?(http|/)' "$tmp/report.html" || complain "the report needs something from elsewhere"
	[[ ! -s $tmp/err ]] || complain "something on standard error"
}

json() {
	local keys
	run 0 -j pcap check "$good"
	keys=$(jq -r '.verdicts[0] | keys_unsorted | join(" ")' "$tmp/out")
	[[ $keys == "frame time offset_s frame_time verdict requirement also clause mark rule source role channel vsi reason" ]] ||
		complain "keys of a verdict: $keys"
	keys=$(jq -r 'keys_unsorted | join(" ")' "$tmp/out")
	[[ $keys == "schema verdicts summary" ]] || complain "keys of check: $keys"
	"$evbctl" -j pcap check - <"$good" | cmp -s - "$tmp/out" || complain "standard input gives something else"
}

filters() {
	count 63
	count 31 --port 02:00:00:00:00:0b
	count 6 --type deassociate
	count 0 --generation draft02
	count 62 --generation ratified
	count 0 --channel 100
	count 2 --id f81d4fae-7dec-11d0-a765-00a0c91e6b03
	count 4 --type-id 259
}

exit_codes
no_frames
damaged
faults
json
filters
exit $bad
