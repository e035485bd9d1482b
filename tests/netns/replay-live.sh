#!/bin/bash
# `evbctl pcap replay --live`: a capture's peer on a real wire, with evbd as the device under test in both roles, and a peer
# that misbehaves.
. "$(dirname "$0")/lib.sh"
. "$EVB_ROOT/tests/support/lldpad.sh"
netns_test replay-live
lab_ns host switch
lab_wire host:eth0 switch:swp1
CAPTURE=$EVB_ROOT/pcaps/lldpad/vdp22-keepalive-rka17.pcap
VSI=11111111-2222-3333-4444-000000000020

replay() { # NODE ARGUMENTS...: what it says is in replay.json
	local node=$1
	shift
	in_ns "$node" timeout 60 "$EVBD_BIN/evbctl" -j pcap replay "$@" --live "$(device_of "$node")" >"$LAB_RUN/replay.json"
}
replay_any() { replay "$@" || true; }
verdict_is() { [[ $(jq -r .summary.verdict "$LAB_RUN/replay.json") == "$1" ]]; }
has_name() { jq -e --arg n "$1" '.differences | any(.names | index($n))' "$LAB_RUN/replay.json" >/dev/null; }

# A switch on trial: lldpad's station of the capture against evbd.
evbd_conf switch bridge
sed -i 's/vids = \[ 100 \]/vids = [ 2 ]/' "$LAB_RUN/types.conf"
evbd_start switch
ok "evbd's bridge does what lldpad's did" replay host "$CAPTURE" --as bridge
ok "equivalent" verdict_is equivalent
ok "the VSI of the capture was associated" query switch vsi "any(.id == \"$VSI\")"
retries=$(counter switch swp1 ecp_tx_retry_count)
ok "a station that loses acknowledgements" replay_any host "$CAPTURE" --as bridge --misbehave drop-ack=2
ok "is sent the answer again" counts_more switch swp1 ecp_tx_retry_count "$retries"
ok "and that is what differs" has_name repetitions
mistaken() { ! replay host "$CAPTURE" --as station 2>"$LAB_RUN/replay.err"; }
ok "a bridge is no station" mistaken
ok "and that is said" grep -q 'says that it is a bridge: --as bridge' "$LAB_RUN/replay.err"
lab_stop switch || true

# A hypervisor on trial.
evbd_conf host station
evbd_start host
associate() {
	ctl host vsi associate --port eth0 --id $VSI --type-id 5 --type-version 4 --manager "$MANAGER" \
		--filters 52:54:00:00:02:01/2 --no-wait
}
ok "a VSI is asked for" associate
ok "evbd's station does what lldpad's did" replay switch "$CAPTURE" --as station
ok "equivalent" verdict_is equivalent
ok "it was associated" query host vsi "any(.id == \"$VSI\")"
ctl host vsi deassociate --id $VSI --no-wait >"$LAB_RUN/out.txt" || true
gone() { ! query host vsi "any(.id == \"$VSI\" and .state == \"associated\")"; }
eventually 40 "it ends" gone
ok "once more" associate
replay switch "$CAPTURE" --as station --misbehave refuse=2,hard || true
ok "a bridge that refuses is understood" query host vsi \
	"any(.id == \"$VSI\" and (.reason | test(\"insufficient resources\")) and .hard)"
