#!/bin/bash
# A VM migrates from one host to another, on two ports of a switch: pre-associated on the target with the M bit, associated
# there when it runs; the old port's VSI goes and its FDB entry moves; the switch measures how long it was not to be heard. A
# migration that fails leaves the source associated (evb-reference 6.9.1).
. "$(dirname "$0")/lib.sh"
LAB_TAPES=yes # and every daemon here, played again, does the same
netns_test migration
DAEMONS=(switch host target)
vm_lab
lab_ns target vm1b
lab_wire target:eth0 switch:swp4
lab_wire vm1b:eth0 target:vnet1
lab_address vm1b eth0 10.99.0.1/24 $VM1_MAC
ip -n "${LAB_PREFIX}vm1b" link set eth0 down
sed -e "s/host/target/g" -e 's/ vid = 1; }; }/ vid = 1; }; }/' "$LAB_RUN/host.conf" | sed 's/target_vsi = [^;]*;[^;]*;[^;]*; };//' >"$LAB_RUN/target.conf"
mkdir -p "$LAB_RUN/target.state"
sed -i 's/{ name = "swp1"; \(.*\)/{ name = "swp1"; \1\n\t\t{ name = "swp4"; role = "bridge"; },/' "$LAB_RUN/switch.conf"
ok "the switch takes a second host's port" ctl switch reload
lab_evbd target "$LAB_RUN/target.conf"
eventually 30 "the second host is negotiated" query target ports 'map(select(.name == "eth0" and .reflective_relay.active)) | length == 1'
associate_vms
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1
vm1_at() { query switch vsi 'any(.id == $id and .port == $port and .state == $state)' --arg id $VM1_VSI --arg port "$1" --arg state "$2"; }
lives() { ctl switch -j show vsi | jq -e --arg id $VM1_VSI --arg port "$1" '.vsi | any(.id == $id and .port == $port and .ended == null)' >/dev/null; }
fdb_at() { query switch fdb 'any(.mac == $mac and .port == $port)' --arg mac $VM1_MAC --arg port "$1"; }
at_target() { # OPERATION TYPE
	ctl target vsi "$1" --port eth0 --id $VM1_VSI --type-id "$2" --type-version 1 --filters $VM1_MAC --vm-port vnet1 --migrating
}

# A migration that fails: the target is refused after it was pre-associated.
ok "pre-associated on the target" at_target preassociate 1
ok "the switch has it at both ports" eval 'vm1_at swp1 associated && vm1_at swp4 preassociated'
fails() { ! at_target associate 3 >"$LAB_RUN/out.txt" 2>&1; }
ok "the target is refused" fails
ok "the source stays associated" vm1_at swp1 associated
ok "where its address is" fdb_at swp1
ok "and its traffic goes on" pings vm1 10.99.0.2 2
ctl target vsi deassociate --id $VM1_VSI >"$LAB_RUN/out.txt" || true

# And one that succeeds.
ctl switch -j monitor >"$LAB_RUN/monitor.json" 2>"$LAB_RUN/monitor.err" &
monitor=$!
at_exit kill $monitor
ok "pre-associated with resource reservation" at_target preassociate 1 --resource-reservation
ok "vm1's last frame at its old host" pings vm1 10.99.0.2 1
ip -n "${LAB_PREFIX}vm1" link set eth0 down
ok "associated on the target" at_target associate 1
eventually 5 "the old port's VSI is gone" eval '! lives swp1'
ok "the new port has it" vm1_at swp4 associated
ok "the FDB entry has moved" fdb_at swp4
ip -n "${LAB_PREFIX}vm1b" link set eth0 up
eventually 10 "vm1 -> vm2 from its new host" pings vm1b 10.99.0.2 1
eventually 5 "the switch has measured the blackout" jq -es --arg id $VM1_VSI \
	'any(.type == "move" and .vsi == $id and .from == "swp1" and .to == "swp4" and .blackout_s > 0 and .blackout_s < 30)' \
	"$LAB_RUN/monitor.json" >"$LAB_RUN/out.txt"
good "$(jq -r 'select(.type == "move") | .detail' "$LAB_RUN/monitor.json")"
not_back() { ! lives swp1; }
ok "the old host does not take it back" not_back
