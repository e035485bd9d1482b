#!/bin/bash
# Guests on macvtap in VEPA mode (here its plain sibling, macvlan, so that a namespace can be the guest): the kernel is the edge
# relay, evbd does the signalling alone (relay = "none"; docs/libvirt.md). Two guests of one host reach each other through
# the switch, which reflects their frames; without an association they do not.
. "$(dirname "$0")/lib.sh"
netns_test macvtap
lab_ns switch host vm1 vm2
lab_wire host:eth0 switch:swp1
for i in 1 2; do
	ip -n "${LAB_PREFIX}host" link add "guest$i" link eth0 address "52:54:00:00:00:0$i" type macvlan mode vepa 2>/dev/null ||
		skip "no macvlan in this kernel"
	ip -n "${LAB_PREFIX}host" link set "guest$i" netns "${LAB_PREFIX}vm$i" name eth0
	ip -n "${LAB_PREFIX}vm$i" link set eth0 up
	lab_address "vm$i" eth0 "10.99.0.$i/24"
done
cat >"$LAB_RUN/host.conf" <<-CONF
	control = { socket = "$LAB_RUN/host.sock"; };
	state_dir = "$LAB_RUN/host.state";
	ports = ( { name = "eth0"; role = "station"; relay = "none"; } );
CONF
cat >"$LAB_RUN/switch.conf" <<-CONF
	control = { socket = "$LAB_RUN/switch.sock"; };
	state_dir = "$LAB_RUN/switch.state";
	types = "types.conf";
	ports = ( { name = "swp1"; role = "bridge"; } );
CONF
echo 'default_manager = "::1"; types = ( { id = 1; name = "guest"; vids = [ 1 ]; default_vid = 1; } );' >"$LAB_RUN/types.conf"
lab_evbd switch "$LAB_RUN/switch.conf"
lab_evbd host "$LAB_RUN/host.conf"
eventually 30 "reflective relay is negotiated" reflecting
if pings vm1 10.99.0.2 1; then die "vm1 reaches vm2 before it is associated"; fi
good "nothing passes before the association"
{ vsi_row $VM1_VSI $VM1_MAC && vsi_row $VM2_VSI $VM2_MAC; } >"$LAB_RUN/vms.json"
ok "evbctl vsi associate -f" ctl host vsi associate -f "$LAB_RUN/vms.json"
eventually 10 "both are associated" all_associated 2
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1
before=$(counter switch swp1 rr_reflected)
ok "vm1 -> vm2, counted" pings vm1 10.99.0.2 4
ok "by reflective relay" counts_more switch swp1 rr_reflected $((before + 7))
ok "vm2 is de-associated" ctl host vsi deassociate --port eth0 --id $VM2_VSI
if pings vm1 10.99.0.2 2; then die "vm2 is still reached"; fi
good "vm2 is cut off"
