#!/bin/bash
# What happens to VSIs when daemons die, links flap, VM ports vanish and configurations change
# (evb-reference 6.6 to 6.8: keep-alive; issue text: the switch drops them and says why).
. "$(dirname "$0")/lib.sh"
LAB_TAPES=yes # and every daemon here, played again, does the same
netns_test lifecycle ethtool
vm_lab
associate_vms
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1

# Reload: the difference is applied, an association outlives it; a file with a mistake changes nothing.
has_rte() { query host ports 'map(select(.name == "eth0" and .rte == $n)) | length == 1' --argjson n "$1" &&
	query switch ports 'map(select(.name == "swp1" and .rte == $n)) | length == 1' --argjson n "$1"; }
ok "both use RTE 8" has_rte 8
sed -i 's/rte = 8;/rte = 9;/' "$LAB_RUN/host.conf"
ok "evbctl reload" ctl host reload
eventually 10 "both use RTE 9, the larger proposal" has_rte 9
sed -i 's/rte = 9;/rte = 8;/' "$LAB_RUN/host.conf"
kill -HUP "$(<"$LAB_RUN/host.pid")"
eventually 10 "SIGHUP reloads: RTE 8 again" has_rte 8
cp "$LAB_RUN/host.conf" "$LAB_RUN/host.conf.good"
sed -i 's/vm_ports/vm_port/' "$LAB_RUN/host.conf"
if ctl host reload >"$LAB_RUN/reload.txt" 2>&1; then die "a misspelt key is accepted"; fi
ok "the error names the file, the line and the key that was meant" \
	grep -qE 'host\.conf:[0-9]+.*vm_ports' "$LAB_RUN/reload.txt"
mv "$LAB_RUN/host.conf.good" "$LAB_RUN/host.conf"
# Ports come and go with it: a tap, made anew when somebody deleted it, and a name that was a VM port's.
cp "$LAB_RUN/host.conf" "$LAB_RUN/host.conf.good"
ip -n "${LAB_PREFIX}host" link add vnet7 up type veth peer name peer7
ip -n "${LAB_PREFIX}host" link set peer7 up
has_port() { query host ports 'map(select(.name == $name and .role == $role and .link == "up")) | length == 1' \
	--arg name "$1" --arg role "$2"; }
eventually 5 "vnet7 is a VM port" has_port vnet7 vm
sed -i 's/"vnet\*"/"vnet[0-6]"/; s/^ports = (/&\n{ name = "vnet7"; role = "ordinary"; },\n{ name = "tap0"; role = "ordinary"; create = "tap"; },/' \
	"$LAB_RUN/host.conf"
ok "evbctl reload" ctl host reload
eventually 5 "vnet7 is an ordinary port" has_port vnet7 ordinary
eventually 5 "tap0 is made" has_port tap0 ordinary
ip -n "${LAB_PREFIX}host" link del tap0
eventually 5 "tap0 is gone" eval '! has_port tap0 ordinary'
ok "evbctl reload" ctl host reload
eventually 5 "tap0 is made anew" has_port tap0 ordinary
mv "$LAB_RUN/host.conf.good" "$LAB_RUN/host.conf"
ok "evbctl reload" ctl host reload
eventually 5 "vnet7 is a VM port again" has_port vnet7 vm
ok "and tap0 is gone" eval '! ip -n "${LAB_PREFIX}host" link show tap0 2>/dev/null'
ip -n "${LAB_PREFIX}host" link del vnet7
# A setting that restarts the port, on either side: the VSIs come back by themselves.
for node in host switch; do
	sed -i 's/role = "\(station\|bridge\)";/& max_vsis = 2000;/' "$LAB_RUN/$node.conf"
	ok "evbctl reload with another max_vsis, $node" ctl $node reload
	eventually 20 "all VSIs are associated again" all_associated 3
	eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1
done
ok "the VSIs outlived it" all_associated 3
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1

# The uplink flaps.
ip -n "${LAB_PREFIX}host" link set eth0 down
link_is() { query host ports 'map(select(.name == "eth0" and .reflective_relay.active == $up)) | length == 1' \
	--argjson up "$1"; }
eventually 10 "the uplink is down: no reflective relay" link_is false
ip -n "${LAB_PREFIX}host" link set eth0 up
ip -n "${LAB_PREFIX}host" address replace 10.98.0.1/24 dev eth0
eventually 30 "the uplink is up: negotiated again" reflecting
eventually 30 "all VSIs are associated again" all_associated 3
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1

# A VM goes away with its interface.
ip -n "${LAB_PREFIX}vm2" link del eth0
eventually 10 "vm2's interface vanished: de-associated on both sides" all_associated 2
lab_wire vm2:eth0 host:vnet2
lab_address vm2 eth0 10.99.0.2/24 $VM2_MAC
ok "it is back and announced again" ctl host vsi associate --port eth0 --id $VM2_VSI --type-id 1 --type-version 1 \
	--filters $VM2_MAC --vm-port vnet2
eventually 20 "associated on both sides" all_associated 3
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1

# The host's daemon dies: the switch hears no keep-alive, drops its VSIs and says why.
lab_stop host KILL 2>/dev/null || true # bash says "Killed"
dropped() { query switch vsi 'all(.state != "associated")'; }
eventually 20 "the switch drops the VSIs of a dead host" dropped
ok "and says why" query switch vsi 'length == 3 and all(.reason | test("keep.?alive"; "i"))'
lab_evbd host "$LAB_RUN/host.conf"
eventually 30 "negotiated with the new daemon" reflecting
associate_vms
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1

# A clean end: good-bye at once, the device as it was.
lab_stop host || die "evbd ended with status $? on SIGTERM"
good "SIGTERM ends it with status 0"
gone() { query switch neighbors 'map(select(.port == "swp1")) | length == 0'; }
eventually 5 "the switch heard the good-bye" gone
ok "receive offload of the uplink is as it was" equal \
	"$(in_ns host ethtool -k eth0 | grep '^generic-receive-offload')" "$(in_ns vm1 ethtool -k eth0 | grep '^generic-receive-offload')"
ok "the uplink is no longer promiscuous" grep -q 'promiscuity 0' <<<"$(ip -n "${LAB_PREFIX}host" -d link show eth0)"
