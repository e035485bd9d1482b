#!/bin/bash
# What scripts/demo shows, held against real daemons: negotiation, association with the VLAN chosen by the switch,
# traffic of two VMs through reflective relay (evb-reference 1.3, 1.4), and refusal of what was not announced.
#
#   demo.sh [KEY=VALUE...]    settings of vm_lab, such as driver=pcap
. "$(dirname "$0")/lib.sh"
[[ " $* " == *" tapes=no "* ]] || LAB_TAPES=yes # every daemon here, played again, does the same
netns_test demo
vm_lab "$@"

# Negotiation: the station asks, the bridge grants, both use the same values (evb-reference 3.3).
ok "the host sees its switch" query host neighbors 'map(select(.port == "eth0")) | length == 1'
ok "the switch sees its host" query switch neighbors 'map(select(.port == "swp1")) | length == 1'
ok "the uplink is of the ratified generation" query host ports 'map(select(.name == "eth0" and .generation == "ratified"
	and .role == "station" and .reflective_relay.requested)) | length == 1'
ok "so is the switch's port" query switch ports 'map(select(.name == "swp1" and .generation == "ratified"
	and .role == "bridge" and .reflective_relay.capable)) | length == 1'

# Association: the bridge fills in the null VID.
if pings vm1 10.99.0.2 1; then die "vm1 reaches vm2 before it is associated"; fi
good "nothing passes before the association"
associate_vms
for node in host switch; do
	ok "$node: vm1 is associated in VLAN 100" query $node vsi 'map(select(.id == $id and .state == "associated"
		and .type_id == 1 and .filters[0].mac == $mac and .filters[0].vid == 100)) | length == 1' \
		--arg id $VM1_VSI --arg mac $VM1_MAC
done

# Traffic. The first ping may meet an address resolution that failed before.
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1
before=$(counter switch swp1 rr_reflected)
capture switch swp1 hairpin
ok "vm1 -> vm2, counted" pings vm1 10.99.0.2 4
eventually 5 "the uplink carries each of 4 replies twice" has_recorded hairpin 'ICMP echo reply' 8
capture_end hairpin
ok "the uplink carries each of 4 requests twice" equal "$(recorded hairpin 'ICMP echo request')" 8
ok "the switch counts 8 reflected frames or more" counts_more switch swp1 rr_reflected $((before + 7))
ok "vm1 -> evb-net" pings vm1 10.99.0.9
ok "evb-net -> vm2" pings net 10.99.0.2
ok "hypervisor -> management network" pings host 10.98.0.9
if in_ns vm1 ping -q -c 1 -W 1 10.98.0.9 >/dev/null 2>&1; then die "vm1 reaches the management VLAN"; fi
good "the VMs' VLAN and the management VLAN are apart"

# A broadcast comes back to every VM but its sender, once (evb-reference 1.4 rule 3).
capture vm1 eth0 own -Q in
capture vm2 eth0 other -Q in
inject vm1 eth0 "ffffffffffff${VM1_MAC//:/}88b5$(printf '%092d' 0)"
eventually 5 "a broadcast of vm1 reaches vm2" has_recorded other "$VM1_MAC > .*0x88b5" 1
ok "vm1 -> vm2 behind it" pings vm1 10.99.0.2 1
capture_end own
capture_end other
ok "once" equal "$(recorded other "$VM1_MAC > .*0x88b5")" 1
ok "and not vm1 itself" equal "$(recorded own "$VM1_MAC > ")" 0

# Sources that nobody announced.
before=$(counter host vnet1 not_associated)
ip -n "${LAB_PREFIX}vm1" link set eth0 address $STRANGER
if pings vm1 10.99.0.2 2; then die "vm1 gets through with an address of no VSI"; fi
ok "vm1 with another address is refused at its port" counts_more host vnet1 not_associated "$before"
ip -n "${LAB_PREFIX}vm1" link set eth0 address $VM1_MAC
before=$(counter switch swp1 not_associated)
capture net eth0 leak -Q in
inject host eth0 "ffffffffffff${STRANGER//:/}88b5$(printf '%092d' 0)"
eventually 5 "the switch refuses it too" counts_more switch swp1 not_associated "$before"
ok "and never learns it" query switch fdb 'map(select(.mac == $mac)) | length == 0' --arg mac $STRANGER
eventually 10 "with its own address vm1 is back" pings vm1 10.99.0.2 1
ok "vm1 -> evb-net" pings vm1 10.99.0.9 1
capture_end leak
ok "nothing of the stranger left the switch" equal "$(recorded leak $STRANGER)" 0

# De-association ends the traffic; a refusal says why.
ok "vm2 is de-associated" ctl host vsi deassociate --port eth0 --id $VM2_VSI
eventually 10 "two VSIs are left" all_associated 2
if pings vm1 10.99.0.2 1; then die "vm2 is still reached"; fi
good "vm2 is cut off"
if ctl host vsi associate --port eth0 --id $VM2_VSI --type-id 3 --type-version 1 --filters $VM2_MAC \
	--vm-port vnet2 >"$LAB_RUN/refused.txt" 2>&1; then
	die "a refused association ends with status 0"
fi
ok "a refused VSI is listed with its error and reason" query host vsi 'map(select(.id == $id and .state == "refused"
	and .error != 0 and (.reason | length) > 0)) | length >= 1' --arg id $VM2_VSI

# The flight recorder: what the switch heard and decided, also written down by itself upon the refusal.
ok "the switch's recorder has the refused request" eval "ctl switch record swp1 >'$LAB_RUN/record.pcapng'"
recorded_json() { "$EVBD_BIN/evbctl" -j pcap show "$LAB_RUN/record.pcapng" | jq -e "$@" >"$LAB_RUN/record.txt" 2>&1; }
ok "with both directions" recorded_json '[.frames[].source] | unique | length == 2'
ok "and with the decision behind the request" recorded_json --arg id "$VM2_VSI" '[.frames[] | select((.what == "associate"
	and .vdp.tlvs[0].id == $id) or (.comments | any(contains($id) and test("decision, none -> none; retired"))))]
	| .[-2].what == "associate" and (.[-1].comments | length) > 0'
ok "as JSON too" eval "ctl switch -j record swp1 | jq -e '.schema == 1 and (.record | length > 10)' >'$LAB_RUN/record.txt'"
ok "a port that does not exist has none" refused "no port" "no port" switch record swp7
has_file() { "$EVBD_BIN/evbctl" -j pcap show "$1" 2>/dev/null | jq -e --arg id "$VM2_VSI" '.frames | any(.vdp.tlvs[0].id? == $id
	and .vdp.tlvs[0].response and .vdp.tlvs[0].error_code != 0)' >"$LAB_RUN/record.txt" 2>&1; }
eventually 5 "the host has written down the refusal" has_file "$LAB_RUN/host.state/records/eth0.0.pcapng"
if command -v capinfos >/dev/null; then
	ok "tshark's tools read it" capinfos "$LAB_RUN/record.pcapng" >"$LAB_RUN/capinfos.txt"
fi
