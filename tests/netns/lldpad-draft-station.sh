#!/bin/bash
# evbd as the bridge of an lldpad station that speaks draft 0.2: negotiation, every command, refusals, keep-alives, the
# bridge's own de-associate, silence; and a port of generation auto that follows lldpad from one generation to the other.
# The rows named are those of "Interoperation with lldpad" in docs/testing.md.
. "$(dirname "$0")/lib.sh"
. "$EVB_ROOT/tests/support/lldpad.sh"
lldpad_test lldpad-draft-station
MANAGER=::1 # in one octet: 1
lldpad_speaks draft02
lldpad_lab lldpad evbd # whose port is of generation auto

ok "lldpad: both modes agreed, ECP and VDP too" lldpad_says host 'configured capabilities: \(0x7\)'
ok "evbd: no exponents, fixed times" evbd_port switch \
	'.rwd == null and .rka == null and .retries == 2 and .rte == 15 and .tout_keepalive_s == 33'

ended() { query switch vsi 'any(.id == $id and .state == "none")' --arg id "$(uuid_of "$1")"; }
ok "lldptool: associate" draft_vsi 2 1
eventually 5 "evbd holds it" state_is switch 1 associated
eventually 5 "lldpad has been answered" draft_state_is host 1 2
ok "with the filter and manager that were asked for" vsi_is switch 1 \
	'.filters == [{vid: 100, mac: "52:54:00:00:00:01", group: null, pcp: null}] and .manager == "::1" and .generation == "draft02"'
ok "lldptool: pre-associate" draft_vsi 0 2
eventually 5 "evbd holds it" state_is switch 2 preassociated
eventually 5 "lldpad has been answered" draft_state_is host 2 4
ok "lldptool: pre-associate with resource reservation" draft_vsi 1 3
eventually 5 "evbd holds it" state_is switch 3 preassociated_rr
ok "lldptool: associate what is pre-associated" draft_vsi 2 2
eventually 5 "evbd holds it" state_is switch 2 associated
ok "lldptool: de-associate" draft_vsi 3 2
eventually 5 "evbd has forgotten it" ended 2

ok "lldptool: a type that is refused" draft_vsi 2 4 6
eventually 5 "evbd says why" vsi_is switch 4 '.state == "refused" and .reason == "retired"'
eventually 5 "it is over for lldpad" draft_state_is host 4 6
ok "lldptool: a type that nobody knows" draft_vsi 2 5 7
eventually 5 "it is over for lldpad" draft_state_is host 5 6

# Keep-alives are 10 s apart.
asked=$(counter switch swp1 vdp_requests_in)
since=$(ctl switch -j show vsi | jq -r --arg id "$(uuid_of 1)" '.vsi[] | select(.id == $id) | .since')
eventually 30 "two rounds of keep-alives" counts_more switch swp1 vdp_requests_in $((asked + 3))
ok "the association stands" vsi_is switch 1 ".state == \"associated\" and .since == \"$since\""
ok "no keep-alive time-out" equal "$(counter switch swp1 vdp_keep_alive_timeouts)" 0

# The bridge ends it by itself.
ok "evbctl: the switch ends an association" ctl switch vsi deassociate --port swp1 --id "$(uuid_of 1)"
eventually 5 "lldpad hears of it" draft_state_is host 1 6

# evbd dies and comes back: lldpad says again what it has.
ok "lldptool: associate" draft_vsi 2 6
eventually 5 "evbd holds it" state_is switch 6 associated
lab_stop switch KILL || true
evbd_start switch
ok "a new evbd has it at once, and its generation" state_is switch 6 associated
eventually 40 "it is negotiated" evbd_negotiated switch
ok "and nothing was lost" state_is switch 6 associated

# Row 10: a station that dies says nothing. Then it comes back and speaks the other generation.
lldpad_stop host KILL
eventually 45 "row 10: 33 s later its VSIs are dropped" has_vsis switch associated 0
ok "and evbd says why" query switch vsi 'any(.reason // "" | test("keep-alive timeout after 33"))'
lldpad_speaks ratified
MANAGER=6d67:7231:: evbd_conf switch bridge
ctl switch reload >"$LAB_RUN/out.txt"
lldpad_conf host station
lldpad_start host
eventually 40 "the ratified generation is back" evbd_negotiated switch
says() { vdptool_vsi "$1" "$2" >"$LAB_RUN/vdptool.txt" && grep -qE "mode = $1\$" "$LAB_RUN/vdptool.txt"; }
ok "vdptool: associate" says assoc 7
ok "evbd holds it" vsi_is switch 7 '.state == "associated" and .generation == "ratified"'
