#!/bin/bash
# The other edge relay: a VEB asks for no reflective relay and switches frames between its VMs by itself
# (evb-reference 1.4); everything else goes up, and admission is the same.
. "$(dirname "$0")/lib.sh"
netns_test veb
vm_lab relay=veb
ok "no reflective relay is asked for" query host ports 'map(select(.name == "eth0"
	and (.reflective_relay.requested or .reflective_relay.active | not))) | length == 1'
ok "nor is it on" query switch ports 'map(select(.name == "swp1" and (.reflective_relay.active | not))) | length == 1'
associate_vms

eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1
capture switch swp1 uplink
before=$(counter switch swp1 rr_reflected)
ok "vm1 -> vm2, counted" pings vm1 10.99.0.2 4
ok "vm1 -> evb-net" pings vm1 10.99.0.9
eventually 5 "the uplink carries what goes to evb-net" has_recorded uplink '10.99.0.9 > 10.99.0.1: ICMP echo reply' 3
capture_end uplink
ok "and no unicast between the VMs" equal "$(recorded uplink '10.99.0.1 > 10.99.0.2')" 0
ok "nothing was reflected" equal "$(counter switch swp1 rr_reflected)" "$before"
ok "evb-net -> vm2" pings net 10.99.0.2

before=$(counter host vnet1 not_associated)
ip -n "${LAB_PREFIX}vm1" link set eth0 address $STRANGER
if pings vm1 10.99.0.2 2; then die "vm1 gets through with an address of no VSI"; fi
ok "an address of no VSI is refused at its port" counts_more host vnet1 not_associated "$before"
