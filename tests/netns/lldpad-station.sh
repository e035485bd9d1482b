#!/bin/bash
# evbd as the bridge of an lldpad station: negotiation, every command through vdptool, refusal, keep-alives, silence,
# restart. The rows named are those of "Interoperation with lldpad" in docs/testing.md.
. "$(dirname "$0")/lib.sh"
. "$EVB_ROOT/tests/support/lldpad.sh"
lldpad_test lldpad-station
lldpad_lab lldpad evbd

eventually 10 "evbd: reflective relay, group ids, timers" evbd_port switch \
	'.reflective_relay.active and .group_ids and .retries == 3 and .rte == 8 and .rwd == 17 and .rka == 17'
ok "lldpad: RTE 8, RWD and RKA 17" eval \
	"lldpad_says host 'rte:8' && lldpad_says host 'rwd:17' && lldpad_says host 'rka:17'"
# Row 12: lldpad sets the ROL bits although the values are equal, and first says it does not know of reflective relay.
first_station_octet() { # of the EVB TLV (0x0d) in lldpad's first LLDPDU: station status behind bridge status
	tcpdump -nn -xx -c 1 -r "$LAB_RUN/wire.pcap" "ether proto 0x88cc and ether src $(mac_of host eth0)" 2>/dev/null |
		sed -n 's/^\t0x[0-9a-f]*: *//p' | tr -d ' \n' | sed 's/.*fe090080c20d..\(..\).*/\1/'
}
ok "row 12: RRSTAT is 3 at first" equal $((0x$(first_station_octet) & 3)) 3
ok "row 12: ROL is set with equal values" query switch neighbors 'any(.evb.rka_is_remote and .evb.rka == 17)'

# Every command. vdptool tells the mode that the bridge confirmed.
says() { # EXPECTED MODE NUMBER [TYPE]
	vdptool_vsi "${@:2}" >"$LAB_RUN/vdptool.txt" && grep -qE "mode = $1\$" "$LAB_RUN/vdptool.txt"
}
ok "vdptool: pre-associate" says preassoc preassoc 1
ok "evbd holds it so" state_is switch 1 preassociated
ok "vdptool: pre-associate with resource reservation" says preassoc-rr preassoc-rr 1
ok "evbd holds it so" state_is switch 1 preassociated_rr
ok "vdptool: associate" says assoc assoc 1
ok "evbd holds it so" state_is switch 1 associated
ok "with the filter that was asked for" vsi_is switch 1 '.filters | length == 1 and .[0].vid == 100'
ok "vdptool: de-associate" says deassoc deassoc 1
gone() { ! query "$1" vsi 'any(.id == $id and .state != "none")' --arg id "$(uuid_of "$2")"; }
ok "evbd has forgotten it" gone switch 1
ok "vdptool sees the refusal of a type" says deassoc assoc 6 6
ok "evbd says why" vsi_is switch 6 '.state == "refused" and .reason == "retired"'

# Row 11: each VSI's keep-alive is an ECPDU of its own, and each is answered.
many() { in_ns host perl "$EVB_ROOT/tests/support/lldpad_vsis.pl" eth0 "$@"; }
ok "twenty VSIs" many assoc 1 20 10
ok "are associated" has_vsis switch associated 20
asked=$(counter switch swp1 vdp_requests_in)
eventually 20 "row 11: three rounds of keep-alives" counts_more switch swp1 vdp_requests_in $((asked + 60))
ok "nobody is lost" has_vsis switch associated 20
ok "row 11: no keep-alive time-out" equal "$(counter switch swp1 vdp_keep_alive_timeouts)" 0

# evbd dies and comes back: lldpad goes on asking for what it has.
lab_stop switch KILL || true
evbd_start switch
eventually 20 "the new evbd has all VSIs again from lldpad's keep-alives" has_vsis switch associated 20
eventually 20 "and has negotiated again" evbd_negotiated switch

# Row 10: a station that dies says nothing, and knows nothing when it comes back.
lldpad_stop host KILL
eventually 15 "row 10: evbd drops the VSIs of a dead station" has_vsis switch associated 0
ok "and says why" query switch vsi 'any(.reason | test("keep.?alive"; "i"))'
lldpad_start host
eventually 40 "negotiated again" eval 'lldpad_negotiated host && evbd_negotiated switch'
ok "row 3: the first request of the new lldpad" says assoc assoc 1
ok "is answered" state_is switch 1 associated

capture_end wire
check_ecpdus switch host
