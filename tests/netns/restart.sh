#!/bin/bash
# Both daemons are killed and started again under a thousand VSIs: none is lost, the switch forwards for them at once,
# the station associates them again as soon as it knows its peer; and what happens to a state file that can't be used.
. "$(dirname "$0")/lib.sh"
LAB_TAPES=yes # and every daemon here, played again, does the same
netns_test restart
vm_lab rka=19 rwd=19 # keep-alives every 5 s, given up after 8 s

now_ms() { date +%s%3N; }
many=$LAB_RUN/many.json
restarted() { # NODE - kill -9 and start
	eventually 10 "the state of $1 is on the disk" is_written "$1"
	lab_stop "$1" KILL 2>/dev/null || true # bash says "Killed"
	lab_evbd "$1" "$LAB_RUN/$1.conf"
}
says() { grep -q "$2" "$LAB_RUN/$1.log"; } # NODE TEXT

associate_vms
for ((i = 0; i < 1000; i++)); do
	vsi_row "$(printf '00000000-0000-4000-9000-%012x' $i)" "$(printf '52:54:00:01:%02x:%02x' $((i / 256)) $((i % 256)))"
done >"$many"
ok "evbctl vsi associate -f with 1000 lines" ctl host vsi associate -f "$many"
eventually 60 "1003 VSIs are associated on both sides" all_associated 1003
ok "the state file is in state_dir" test -s "$LAB_RUN/switch.state/evbd.db"
eventually 10 "vm1 -> net" pings vm1 10.99.0.9 1

# The bridge. A ping every 10 ms runs through the restart; what is lost is what the switch was away.
lab_spawn vm1 through ping -n -i 0.01 -W 1 10.99.0.9
eventually 10 "the state of the switch is on the disk" is_written switch
eventually 10 "the ping runs" grep -q 'icmp_seq=20 ' "$LAB_RUN/through.log"
lab_stop switch KILL 2>/dev/null || true # bash says "Killed"
died=$(now_ms)
lab_evbd switch "$LAB_RUN/switch.conf"
ok "the switch has all of them when it answers first" has_vsis switch associated 1003
away=$(($(now_ms) - died))
ok "it says so in its log" says switch 'event="VSIs restored" role=bridge vsis=1003'
last_seq() { grep -o 'icmp_seq=[0-9]*' "$LAB_RUN/through.log" | tail -n 1 | cut -d= -f2; }
goes_on() { (($(last_seq) > seq)); }
seq=$(last_seq)
eventually 5 "the ping goes on" goes_on
# Every VSI sends a keep-alive meanwhile: none may be lost by time.
heard_all() { [[ $(counter switch swp1 vdp_requests_in) -ge 1003 ]]; }
eventually 30 "a keep-alive of every VSI was heard" heard_all
lab_stop through INT || true
lost=$(awk '/packets transmitted/ { print $1 - $4 }' "$LAB_RUN/through.log")
note "away for $away ms; $lost frames of 10 ms lost"
ok "no more frames were lost than the switch was away for" [ $((lost * 10)) -le $((away + 500)) ]
ok "all are associated still" all_associated 1003
ok "no VSI timed out at the switch" equal "$(counter switch swp1 vdp_keep_alive_timeouts)" 0
ok "nor did the station miss an answer" equal "$(counter host eth0 vdp_resp_timeouts)" 0
eventually 30 "reflective relay is negotiated again" reflecting
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1

# The station.
asked=$(counter switch swp1 vdp_requests_in)
restarted host
ok "it says so in its log" says host 'event="VSIs restored" role=station vsis=1002'
eventually 30 "the station knows its peer" peered
eventually 2 "2 s later all are associated again" has_vsis host associated 1003
ok "the switch still has them" has_vsis switch associated 1003
ok "no VSI timed out at the switch" equal "$(counter switch swp1 vdp_keep_alive_timeouts)" 0
note "$(($(counter switch swp1 vdp_requests_in) - asked)) requests at the switch meanwhile"
bound() { query host vsi "map(select(.vm_port == \"vnet1\" or .vm_port == \"vnet2\")) | length == 2"; }
ok "the VMs' are bound to their ports" bound
eventually 30 "reflective relay is negotiated again" reflecting
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1

# What is de-associated does not come back, nor what belongs to a VM that is gone.
jq -c '{ id, port }' "$many" >"$LAB_RUN/few.json"
ok "evbctl vsi deassociate -f" ctl host vsi deassociate -f "$LAB_RUN/few.json"
eventually 60 "three are left" all_associated 3
eventually 10 "the state of the host is on the disk" is_written host
lab_stop host KILL 2>/dev/null || true # bash says "Killed"
ip -n "${LAB_PREFIX}vm2" link del eth0
lab_evbd host "$LAB_RUN/host.conf"
eventually 30 "vm1's and the hypervisor's are associated again" has_vsis host associated 2
ok "the log says what became of vm2's" says host 'kept VSIs dropped.*its VM port is gone'
eventually 30 "the switch gives vm2's up" has_vsis switch associated 2

# The host was killed twice; what it turned off on its devices comes on again with the end of its last successor.
offload() { in_ns host ethtool -k "$1" | grep "^$2:"; } # IF FEATURE
ok "rx-vlan-offload of the uplink is off while it runs" equal "$(offload eth0 rx-vlan-offload)" "rx-vlan-offload: off"
lab_stop host || die "evbd ended with status $? on SIGTERM"
ok "and on afterwards" equal "$(offload eth0 rx-vlan-offload)" "rx-vlan-offload: on"
ok "that of a VM port too" equal "$(offload vnet1 rx-vlan-offload)" "rx-vlan-offload: on"
ok "the note about it is gone" test ! -e "$LAB_RUN/host.sock.offloads"
lab_evbd host "$LAB_RUN/host.conf"
eventually 30 "associated again" all_associated 2

# A damaged file is set aside; keep-alives bring the VSIs back.
lab_stop switch || die "evbd ended with status $? on SIGTERM"
ok "a clean end leaves one whole file" test ! -e "$LAB_RUN/switch.state/evbd.db-wal"
printf 'this is not a database, not any more, whatever it may have been' |
	dd of="$LAB_RUN/switch.state/evbd.db" conv=notrunc status=none
lab_evbd switch "$LAB_RUN/switch.conf"
ok "a damaged file is set aside" says switch 'state database set aside'
ok "and kept" test -s "$(echo "$LAB_RUN"/switch.state/evbd.db.set-aside-*Z-1)"
eventually 30 "the VSIs are back" all_associated 2
eventually 10 "in a new file" is_written switch

# Without a folder to write to it works, and says so.
lab_stop switch || die "evbd ended with status $? on SIGTERM"
sed -i 's#state_dir = .*#state_dir = "/proc/evbd";#' "$LAB_RUN/switch.conf"
lab_evbd switch "$LAB_RUN/switch.conf"
ok "no place for a state file: a warning" says switch 'level=warning event="no state database'
ok "evbctl show status shows it" query switch status 'all(.state_file == null and (.state | length) > 0)'
eventually 30 "it works without" all_associated 2
