#!/bin/bash
# VM traffic is real traffic: TCP at full MTU with the senders' offloads on (unfinished checksums, super-frames), in
# both directions, hairpinned and to the outside; no frame longer than the MTU leaves the uplink.
#
#   tcp.sh [KEY=VALUE...]    settings of vm_lab
. "$(dirname "$0")/lib.sh"
netns_test tcp iperf3 ethtool
vm_lab "$@"
associate_vms

ok "the VMs offload checksums" grep -q '^tx-checksumming: on' <<<"$(in_ns vm1 ethtool -k eth0)"
ok "the VMs offload segmentation" grep -q '^tcp-segmentation-offload: on' <<<"$(in_ns vm1 ethtool -k eth0)"
capture switch swp1 uplink -s 128 # what arrived from the host and what the switch sends back
tcp vm1 vm2 10.99.0.2
tcp vm1 vm2 10.99.0.2 -R
capture_end uplink
tcp vm1 net 10.99.0.9
tcp net vm1 10.99.0.1
tcp host net 10.98.0.9

n_frames=$(tcpdump -nn -r "$LAB_RUN/uplink.pcap" 2>/dev/null | wc -l)
ok "the uplink was watched ($n_frames frames)" [ "$n_frames" -gt 1000 ]
# 14 octets of header, 4 of the C-tag, 1500
ok "no frame above the MTU" equal "$(tcpdump -nn -r "$LAB_RUN/uplink.pcap" 'greater 1519' 2>/dev/null | wc -l)" 0
ok "full-sized frames went by" \
	[ "$(tcpdump -nn -r "$LAB_RUN/uplink.pcap" 'greater 1514' 2>/dev/null | wc -l)" -gt 100 ]
