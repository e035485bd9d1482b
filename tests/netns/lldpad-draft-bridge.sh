#!/bin/bash
# evbd as the station of an lldpad bridge that speaks draft 0.2. Such a bridge negotiates and acknowledges, and answers no
# VSI request: evbd says so, goes on asking ever more rarely, and has its association as soon as there is a bridge that
# answers - here lldpad again, in the other generation. The rows named are those of "Interoperation with lldpad" in
# docs/testing.md.
. "$(dirname "$0")/lib.sh"
. "$EVB_ROOT/tests/support/lldpad.sh"
lldpad_test lldpad-draft-bridge
MANAGER=::1
lldpad_speaks draft02
lldpad_lab evbd lldpad # evbd's port is of generation auto

ok "evbd: no exponents, fixed times" evbd_port host \
	'.rwd == null and .rka == null and .retries == 2 and .rte == 15 and .resp_wait_s == 3 and .reinit_keepalive_s == 10'
ok "and the port is of the draft" evbd_port host '.generation == "draft02" and .peer_state == "ok"'

# Row 14: what is acknowledged is not answered.
unanswered() { ! evbd_vsi associate 1; }
ok "row 14: lldpad does not answer" unanswered
ok "and evbd says so" vsi_is host 1 '.state == "timed_out" and .reason == "no answer within 3.0 s" and .generation == "draft02"'
ok "though lldpad acknowledges" equal "$(counter host eth0 ecp_tx_failures)" 0
asked=$(counter host eth0 vdp_requests_out)
eventually 20 "it is asked again" counts_more host eth0 vdp_requests_out "$asked"
eventually 5 "lldpad lists it" draft_lists switch 1

# What draft 0.2 has no words for is refused at once.
refused_for() { # REASON ID MANAGER FILTERS
	! ctl host vsi associate --port eth0 --type-id 5 --id "$2" --manager "$3" --filters "$4" \
		>"$LAB_RUN/refused.txt" 2>&1 && grep -q "$1" "$LAB_RUN/refused.txt"
}
ok "a VID alone is no filter of it" refused_for 'no filters but MAC/VID' "$(uuid_of 2)" ::1 100
ok "a manager without a number" refused_for 'no number for this manager' "$(uuid_of 2)" 2001:db8::1 52:54:00:00:00:02/100
ok "a VSI id that is no UUID" refused_for 'no VSIIDs but UUIDs' 192.0.2.1 ::1 52:54:00:00:00:02/100

# The bridge is replaced by one of the other generation.
lldpad_stop switch KILL
lldpad_speaks ratified
lldpad_conf switch bridge
lldpad_start switch
eventually 40 "evbd follows" evbd_negotiated host
eventually 20 "and has its association" vsi_is host 1 '.state == "associated" and .generation == "ratified"'

capture_end wire
draft_requests() {
	tcpdump -nn -r "$LAB_RUN/wire.pcap" "ether proto 0x88b7 and ether dst 01:80:c2:00:00:0e and ether src $(mac_of host eth0)" \
		2>/dev/null | wc -l
}
ok "the draft's ECP went to the nearest bridge" test "$(draft_requests)" -ge 2
