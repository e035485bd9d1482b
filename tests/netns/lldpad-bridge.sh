#!/bin/bash
# evbd as the station of an lldpad bridge: negotiation, every command, keep-alives, refusal, silence, restart. The rows
# named are those of "Interoperation with lldpad" in docs/testing.md.
. "$(dirname "$0")/lib.sh"
. "$EVB_ROOT/tests/support/lldpad.sh"
lldpad_test lldpad-bridge

# Row 13: what is asked for before there is a bridge waits for it.
evbd_conf host station
lldpad_conf switch bridge
evbd_start host
ok "row 13: a request without a bridge is taken" evbd_vsi associate 1 --no-wait
ok "and waits" vsi_is host 1 '.state == "pending" and (.reason | test("waiting"))'
lldpad_start switch
eventually 20 "row 13: associated as soon as there is a bridge" state_is host 1 associated

# Rows 4 and 12: values and reflective relay, as both see them.
eventually 10 "evbd: reflective relay, group ids, timers" evbd_port host \
	'.reflective_relay.active and .group_ids and .retries == 3 and .rte == 8 and .rwd == 17 and .rka == 17'
eventually 10 "lldpad: the same" lldpad_negotiated switch
ok "lldpad: RWD and RKA 17" lldpad_says switch 'rka:17'
in_ns switch lldptool -i swp1 -g ncb -T -V evb -c ecprte=10 >"$LAB_RUN/set.txt"
eventually 10 "row 4: lldpad wants RTE 10 and gets it" evbd_port host '.rte == 10'
in_ns switch lldptool -i swp1 -g ncb -T -V evb -c ecprte=8 >"$LAB_RUN/set.txt"
eventually 10 "and 8 again" evbd_port host '.rte == 8'

# Every command.
ok "pre-associate" evbd_vsi preassociate 2
ok "is pre-associated" state_is host 2 preassociated
ok "pre-associate with resource reservation" evbd_vsi preassociate 2 --resource-reservation
ok "is pre-associated with it" state_is host 2 preassociated_rr
ok "associate" evbd_vsi associate 2
ok "is associated" state_is host 2 associated
ok "de-associate" evbd_vsi deassociate 2
gone() { ! query "$1" vsi 'any(.id == $id and .state == "associated")' --arg id "$(uuid_of "$2")"; }
ok "is gone" gone host 2

# Row 6: lldpad kept it nevertheless, and lets go only when no keep-alives come.
unknown=$(counter host eth0 vdp_rx_unknown_vsi)
eventually 10 "row 6: lldpad's late de-associate is ignored" counts_more host eth0 vdp_rx_unknown_vsi "$unknown"

# Row 8: lldpad takes eight zero octets for no UUID at all and says "insufficient resources".
refused() {
	! ctl host vsi associate --port eth0 --type-id 5 --manager "$MANAGER" --filters 52:54:00:00:00:08/100 \
		--id 00000000-0000-0000-8000-000000000008
}
ok "row 8: lldpad refuses" refused
ok "and evbd says what it said" query host vsi 'any(.state == "refused" and (.reason | test("insufficient resources")))'
ctl host vsi deassociate --id 00000000-0000-0000-8000-000000000008 >"$LAB_RUN/out.txt" || true

# Keep-alives: 1.3 s apart, lldpad forgets after 2 s.
answered=$(counter host eth0 vdp_responses_in)
since=$(ctl host -j show vsi | jq -r --arg id "$(uuid_of 1)" '.vsi[] | select(.id == $id) | .since')
eventually 15 "four keep-alives are answered" counts_more host eth0 vdp_responses_in $((answered + 3))
ok "the first VSI has been associated all the time" vsi_is host 1 ".state == \"associated\" and .since == \"$since\""

# Row 16: LLDP falls silent, VDP goes on.
admin_status() { in_ns switch lldptool -i swp1 -g ncb -L "adminStatus=$1" >"$LAB_RUN/set.txt"; }
admin_status disabled
eventually 10 "row 16: the neighbour is gone" evbd_port host '.peer == null'
answered=$(counter host eth0 vdp_responses_in)
eventually 15 "row 16: keep-alives go on and are answered" counts_more host eth0 vdp_responses_in $((answered + 2))
ok "the association stands" vsi_is host 1 ".state == \"associated\" and .since == \"$since\""
admin_status rxtx

# The bridge dies and comes back with nothing.
lldpad_stop switch KILL
eventually 15 "a dead bridge is noticed" vsi_is host 1 '.state == "timed_out" or .state == "pending"'
lldpad_start switch
eventually 30 "a bridge that forgot everything has it again" state_is host 1 associated

# evbd dies and comes back: the bridge has an association of its own by the same name.
lab_stop host KILL || true
evbd_start host
eventually 20 "a new evbd knows the bridge" evbd_negotiated host
ok "associate, with what the bridge still holds" evbd_vsi associate 1
ok "is associated" state_is host 1 associated

# Row 7: lldpad never answers a VSI again whose filters change. Nothing can be done but to say so and to go on asking;
# another key - here the type version - helps.
ok "associate" evbd_vsi associate 7
changed() { ! evbd_vsi associate 7 --filters 52:54:00:00:07:07/100; }
ok "row 7: lldpad does not answer a changed filter list" changed
eventually 10 "and evbd says so" vsi_is host 7 '.reason | test("no answer")'
ok "row 7: another type version is another key" evbd_vsi associate 7 --filters 52:54:00:00:07:07/100 --type-version 5
ok "is associated" state_is host 7 associated

capture_end wire
check_ecpdus host switch
ok "row 3: the new evbd's sequence numbers begin elsewhere" awk '$2 != "request" { next }
	n++ && $3 != last && $3 != (last + 1) % 65536 { jumps++ } { last = $3 } END { exit jumps != 1 }' "$LAB_RUN/evbd.txt"
