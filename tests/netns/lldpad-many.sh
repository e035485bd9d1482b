#!/bin/bash
# 500 VSIs each way at timers that lldpad can bear (keep-alives 5.2 s apart; 10.5 s is the default of both): it
# sends one ECPDU per 2.6 ms. The rows named are those of "Interoperation with lldpad" in docs/testing.md.
. "$(dirname "$0")/lib.sh"
. "$EVB_ROOT/tests/support/lldpad.sh"
rwd=19 rka=19
lldpad_test lldpad-many

milliseconds() { echo $(($(date +%s%N) / 1000000)); }
for ((i = 1; i <= 500; i++)); do
	printf '{"id":"%s","port":"eth0","type_id":5,"type_version":4,"manager":"%s","filters":["52:54:00:01:%02x:%02x/100"]}\n' \
		"$(uuid_of $i)" "$MANAGER" $((i / 256)) $((i % 256))
done >"$LAB_RUN/many.json"

lldpad_lab evbd lldpad
started=$(milliseconds)
ok "row 1: evbctl vsi associate -f with 500 lines, none is lost" ctl host vsi associate -f "$LAB_RUN/many.json" --wait 20
took=$(($(milliseconds) - started))
note "500 VSIs of evbd at lldpad's bridge: $took ms"
ok "row 1: at lldpad's own pace, not that of time-outs" [ $took -lt 10000 ]
ok "all are associated" has_vsis host associated 500
ok "row 17: answers of one VSI each are taken as they come" equal "$(counter host eth0 ecp_rx_queue_full)" 0
answered=$(counter host eth0 vdp_responses_in)
eventually 30 "every keep-alive is answered, for a round" counts_more host eth0 vdp_responses_in $((answered + 550))
ok "all are associated still" has_vsis host associated 500
ok "no answer was missed" equal "$(counter host eth0 vdp_resp_timeouts)" 0
lab_stop host
lldpad_stop switch KILL

lldpad_lab lldpad evbd
ok "500 VSIs of lldpad" in_ns host perl "$EVB_ROOT/tests/support/lldpad_vsis.pl" eth0 assoc 1 500 20
note "500 VSIs of lldpad at evbd's bridge: $(cat "$LAB_RUN/out.txt")"
ok "are associated" has_vsis switch associated 500
asked=$(counter switch swp1 vdp_requests_in)
eventually 30 "row 11: a round of keep-alives, one ECPDU each" counts_more switch swp1 vdp_requests_in $((asked + 550))
ok "nobody is lost" has_vsis switch associated 500
# On a busy machine lldpad may give up a few of them; those end with their keep-alives.
in_ns host perl "$EVB_ROOT/tests/support/lldpad_vsis.pl" eth0 deassoc 1 500 20 >"$LAB_RUN/gone.txt" || true
ok "500 are de-associated, or nearly" [ "$(sed 's/ ok.*//' "$LAB_RUN/gone.txt")" -ge 450 ]
eventually 20 "none is left" has_vsis switch associated 0
