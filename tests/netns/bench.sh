#!/bin/bash
# scripts/bench on this build: what it prints is what docs promise, and nothing of it stays behind.
. "$(dirname "$0")/lib.sh"
netns_test bench

tag=t$$
out=$(EVBD_SKIP_DEPS=1 EVBD_BUILD=${EVBD_BIN%/bin} BENCH_TAG=$tag "$EVB_ROOT/scripts/bench" -j ecpdu first_vsi)
ok "one JSON object with the rows asked for" jq -e '.schema == 1 and
	([.bench[].name] | contains(["ecpdu_decode_37_vsis", "ecpdu_encode_37_vsis", "first_vsi"]))' <<<"$out"
ok "every row has every key" jq -e '[.bench[] | keys == (["name", "value", "unit", "peer", "peer_value", "ratio", "reach",
	"reached"] | sort)] | all' <<<"$out"
ok "the first VSI was measured and judged" jq -e '.bench[] | select(.name == "first_vsi") |
	.value > 0 and .reach == "<=1.5" and .reached == (.value <= 1.5)' <<<"$out"
ok "no namespace is left" [ -z "$(ip netns list | grep "^evbb$tag-")" ]
ok "no folder is left" [ ! -e "/run/evbd-bench$tag" ]
