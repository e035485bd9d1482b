#!/bin/bash
# A guest talks to the network through evbd, and to the hypervisor not at all: its VM port is shut to the host's own
# stack, which would answer ARP for any address it has and speaks IPv6 on every device.
. "$(dirname "$0")/lib.sh"
netns_test shield tc
vm_lab

link_local() { ip -n "${LAB_PREFIX}host" -6 -o addr show dev vnet1 | sed -nE 's/.* (fe80:[^/]*).*/\1/p'; }
reaches_host() { in_ns vm1 ping -q -n -6 -c 1 -W 1 "$(link_local)%eth0" >/dev/null 2>&1; }
answers_arp() { # who has the hypervisor's own address?
	in_ns vm1 ip neigh flush dev eth0
	in_ns vm1 ping -q -n -c 1 -W 1 10.98.0.1 >/dev/null 2>&1 || true
	ip -n "${LAB_PREFIX}vm1" neigh show 10.98.0.1 | grep -q lladdr
}
is_shielded() { query host ports 'map(select(.name == "vnet1")) | all(.shielded) and length == 1'; }
clsact() { ip netns exec "${LAB_PREFIX}host" tc qdisc show dev vnet1 | grep -q clsact; }
ip -n "${LAB_PREFIX}vm1" route add 10.98.0.0/24 dev eth0

if ! is_shielded; then
	ok "without the kernel's filter there is an alarm" query host ports \
		'map(select(.name == "vnet1")) | all(.alarm | test("network stack"))'
	skip "no sch_ingress or cls_bpf in this kernel"
fi
eventually 10 "the VM port has a link-local address of the host's" test -n "$(link_local)"
if reaches_host; then die "the unassociated VM reaches the hypervisor"; fi
good "the unassociated VM does not reach it"
associate_vms
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1
if reaches_host; then die "the associated VM reaches the hypervisor"; fi
good "nor does the associated one"
if answers_arp; then die "the hypervisor answers ARP on its VM port"; fi
good "nor is there an answer to its ARP requests"
ok "the uplink is open: hypervisor -> management network" pings host 10.98.0.9

# Killed, it leaves the door shut; the next one opens it at its end.
lab_stop host KILL 2>/dev/null || true # bash says "Killed"
if reaches_host; then die "the VM reaches the hypervisor whose evbd was killed"; fi
good "shut after a kill -9"
lab_evbd host "$LAB_RUN/host.conf"
eventually 30 "associated again" all_associated 3
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1
ok "and shut still" is_shielded
lab_stop host || die "evbd ended with status $? on SIGTERM"
eventually 5 "as it was after a clean end: open" reaches_host
if clsact; then die "the clsact qdisc is still there"; fi
good "and nothing is left on the device"
