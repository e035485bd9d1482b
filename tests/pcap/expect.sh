#!/bin/bash
# `evbctl pcap check FILE.pcap` gives exactly the verdicts of FILE.expect, and the exit code that goes with them.
#
#   expect.sh EVBCTL FILE.pcap
set -uo pipefail
evbctl=$1
file=$2
expect=${file%.pcap}.expect
command -v jq >/dev/null || { echo "jq is not installed" && exit 77; }

out=$("$evbctl" -j pcap check "$file")
code=$?
want=$(sed 's/#.*//' "$expect" | awk 'NF { print $1, $2, $3 }' | sort -n -k1,1 -k2,3)
got=$(jq -r '.verdicts[] | "\(.frame) \(.verdict) \(.requirement)"' <<<"$out" | sort -n -k1,1 -k2,3)
if ! diff <(echo "$want") <(echo "$got"); then
	echo "$file: < is what $expect says, > what the judge says"
	exit 1
fi
[[ $want == *FAIL* ]] && want_code=1 || want_code=0
[[ $code == "$want_code" ]] || { echo "$file: exit code $code, not $want_code" && exit 1; }
