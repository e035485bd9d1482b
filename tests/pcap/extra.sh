#!/bin/bash
# Captures that are not in the tree, in the folder that EVBD_EXTRA_PCAPS names: evbctl reads each of them to its end, and
# shows of those it knows by name what their origin says is in them.
#
#   extra.sh EVBCTL
set -uo pipefail
evbctl=$1
[[ -n ${EVBD_EXTRA_PCAPS:-} ]] || { echo "EVBD_EXTRA_PCAPS is not set" && exit 77; }
command -v jq >/dev/null || { echo "jq is not installed" && exit 77; }
bad=0
n=0

complain() {
	echo "$*"
	bad=1
}

# Every frame of FILE has these tags, a compact JSON list without what is always so.
tags() { # FILE FRAMES TAGS
	local got
	got=$("$evbctl" -j pcap show "$1" | jq -c '[.frames[].tags | map(del(.reserved, .pcp, .version))] | (length, unique[])')
	[[ $got == "$2"$'\n'"$3" ]] || complain "$1: $got, not $2 times $3"
}

while IFS= read -r -d '' file; do
	n=$((n + 1))
	for command in "show" "show -v" "-j show" "check" "-j check" "check --html /dev/null"; do
		# shellcheck disable=SC2086
		"$evbctl" pcap $command "$file" >/dev/null 2>&1
		code=$?
		((code <= 2)) || complain "$file: pcap $command ends with $code"
	done
	text=$("$evbctl" -j pcap check "$file" 2>/dev/null)
	[[ -z $text ]] || jq -e .summary <<<"$text" >/dev/null || complain "$file: check -j prints no JSON"
	case $(basename "$file") in
	suricata-verify-decode-vntag-01.pcap | zeek-vntag.pcap)
		frames=5
		[[ $file == *zeek* ]] && frames=3
		tags "$file" $frames '[{"kind":"vn_tag","direction":"up","pointer":false,"dvif":0,"looped":false,"svif":0},{"kind":"c_tag","vid":11,"dei":false}]'
		;;
	zeek-vntag-vlan-sandwich.pcap)
		tags "$file" 1 '[{"kind":"c_tag","vid":250,"dei":false},{"kind":"vn_tag","direction":"up","pointer":false,"dvif":0,"looped":false,"svif":51},{"kind":"c_tag","vid":250,"dei":false}]'
		;;
	suricata-verify-decode-etag-0[12].pcap)
		ecid=211 # 0x0D3
		[[ $file == *02.pcap ]] && ecid=216
		tags "$file" 1 '[{"kind":"e_tag","dei":true,"ingress_ecid":0,"group":0,"ecid_base":'$ecid',"ecid_ext":0,"ecid":'$ecid'}]'
		;;
	esac
done < <(find -L "$EVBD_EXTRA_PCAPS" -type f \( -name '*.pcap' -o -name '*.pcapng' -o -name '*.cap' \) -print0)
((n > 0)) || complain "no captures in $EVBD_EXTRA_PCAPS"
echo "$n captures"
exit $bad
