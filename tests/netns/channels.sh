#!/bin/bash
# S-channels between real daemons (evb-reference 1.2, 4): each VM's frames in a tag of its own and nothing of it outside;
# TCP at the guests' full MTU; restarts and kill -9 of both sides under a running ping; channels that come and go at run time
# and by reload; isolation. tshark judges what is on the uplink.
#
#   channels.sh [KEY=VALUE...]    settings of vm_lab
. "$(dirname "$0")/lib.sh"
netns_test channels tshark iperf3
vm_lab channels=yes rka=18 rwd=18 "$@" # keep-alives every 2.6 s, given up after 4 s
svid2=$(svid_of host 2) svid3=$(svid_of host 3)

now_ms() { date +%s%3N; }
same_svids() { [[ $(svid_of host 2) == "$svid2" && $(svid_of host 3) == "$svid3" ]]; }

# CDCP-01 to -03: the bridge chose the SVIDs, from its pool.
ok "SVIDs are of the pool and different" [ "$svid2" -ge 100 -a "$svid3" -ge 100 -a "$svid2" -ne "$svid3" ]
ok "the bridge has them because the station asks" query switch channels \
	'map(select(.channel > 1)) | length == 2 and all(.dynamic and .origin == "station" and .learning)'
ok "no MTU is missing" query host ports 'map(select(.name == "eth0" and .mtu_needed == 1508 and .alarm == null)) | length == 1'
if pings vm1 10.99.0.2 1; then die "vm1 reaches vm2 before it is associated"; fi
associate_vms
ok "each VSI is in its channel, on both sides" eval 'for node in host switch; do query $node vsi \
	"map(select(.state == \"associated\") | .channel) | sort == [1, 2, 3]" || exit 1; done'

# ---- tags ----------------------------------------------------------------------------------------------------------

eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1
ok "vm1 -> evb-net" pings vm1 10.99.0.9 1
ok "the switch knows vm1 in its channel" query switch fdb 'map(select(.mac == $mac and .port == "swp1" and .channel == 2)) | length == 1' \
	--arg mac $VM1_MAC
capture switch swp1 tags
ok "vm1 -> vm2, counted" pings vm1 10.99.0.2 4
ok "vm1 -> evb-net, counted" pings vm1 10.99.0.9 4
ok "hypervisor -> management network" pings host 10.98.0.9 2
inject vm1 eth0 "ffffffffffff${VM1_MAC//:/}88b5$(printf '%092d' 0)"
eventually 5 "a broadcast of vm1 comes down again in vm2's channel" eval '[[ $(seen tags "ieee8021ad.id == $svid3 && eth.type == 0x88b5 ||
	vlan.etype == 0x88b5 && ieee8021ad.id == $svid3") -ge 1 ]]'
capture_end tags
ok "4 requests of vm1 to vm2 went up in channel 2" equal \
	"$(seen tags "ieee8021ad.id == $svid2 && icmp.type == 8 && eth.src == $VM1_MAC && eth.dst == $VM2_MAC")" 4
ok "and came down in channel 3" equal \
	"$(seen tags "ieee8021ad.id == $svid3 && icmp.type == 8 && eth.src == $VM1_MAC && eth.dst == $VM2_MAC")" 4
ok "4 requests to evb-net went up, and that was all" equal \
	"$(seen tags "icmp.type == 8 && eth.src == $VM1_MAC && eth.dst == $NET_MAC")" 4
vm1="eth.src == $VM1_MAC || eth.dst == $VM1_MAC"
vm2="eth.src == $VM2_MAC || eth.dst == $VM2_MAC"
ok "no frame of a VM is outside of the tags" equal "$(seen tags "($vm1 || $vm2) && !ieee8021ad")" 0
ok "nothing to vm2 is in channel 2, nothing to vm1 in channel 3" equal \
	"$(seen tags "ieee8021ad.id == $svid2 && eth.dst == $VM2_MAC && eth.src != $VM1_MAC ||
		ieee8021ad.id == $svid3 && eth.dst == $VM1_MAC && eth.src != $VM2_MAC")" 0
ok "management is untagged" [ "$(seen tags "icmp && ip.addr == 10.98.0.9 && !ieee8021ad")" -ge 4 ]
ok "and in no tag" equal "$(seen tags "ip.addr == 10.98.0.9 && ieee8021ad")" 0
ok "tshark finds nothing malformed" equal "$(seen tags _ws.malformed)" 0

# Frames in a tag of no channel, and with two S-tags (CDCP-18, -19).
before=$(counter switch swp1 no_channel)
inject host eth0 "ffffffffffff${VM1_MAC//:/}88a8$(printf '%04x' 999)88b5$(printf '%092d' 0)"
eventually 5 "an SVID of no channel is dropped and counted" counts_more switch swp1 no_channel "$before"

# ---- TCP at the guests' full MTU -----------------------------------------------------------------------------------

capture switch swp1 tcp -s 96 -c 20000
tcp vm1 vm2 10.99.0.2
tcp net vm1 10.99.0.1
capture_end tcp
ok "frames of the guests' full MTU went by" [ "$(seen tcp "ieee8021ad && frame.len == 1522")" -gt 100 ]
ok "none above it" equal "$(seen tcp "frame.len > 1522")" 0
ok "no drop for size" equal "$(counter host eth0 too_long) $(counter switch swp1 too_long)" "0 0"

# ---- restarts ------------------------------------------------------------------------------------------------------

last_seq() { grep -o 'icmp_seq=[0-9]*' "$LAB_RUN/through.log" | tail -n 1 | cut -d= -f2; }
goes_on() { (($(last_seq) > seq + ${1:-0})); }
# restarted_under_ping NODE SIGNAL: a ping every 10 ms runs through it; what is lost is what the daemon was away. A station
# forwards for its VSIs when they are associated again.
restarted_under_ping() {
	local node=$1 signal=$2 died away lost
	eventually 10 "the state of $node is on the disk" is_written "$node"
	: >"$LAB_RUN/through.log"
	lab_spawn vm1 through ping -n -i 0.01 -W 1 10.99.0.2
	wait_until 10 "the ping runs" grep -q 'icmp_seq=20 ' "$LAB_RUN/through.log"
	lab_stop "$node" "$signal" 2>/dev/null || true # bash says "Killed"
	died=$(now_ms)
	lab_evbd "$node" "$LAB_RUN/$node.conf"
	ok "$node has its channels when it answers first" query "$node" channels \
		'map(select(.channel > 1 and .state == "running")) | length == 2'
	[[ $node == host ]] || ok "and their VSIs" has_vsis switch associated 3
	[[ $node == switch ]] || eventually 10 "the VSIs are associated again" has_vsis host associated 3
	away=$(($(now_ms) - died))
	seq=$(last_seq)
	eventually 5 "the ping goes on" goes_on
	eventually 20 "the two agree again" channels_run 3
	seq=$(last_seq)
	wait_until 5 "half a second of traffic more" goes_on 50
	lab_stop through INT || true
	lost=$(awk '/packets transmitted/ { print $1 - $4 }' "$LAB_RUN/through.log")
	note "$node, $signal: away for $away ms; $lost frames of 10 ms lost"
	ok "no more frames were lost than $node was away for" [ $((lost * 10)) -le $((away + 500)) ]
	[[ $node == host ]] || ok "the switch refused none" equal \
		"$(counter switch swp1/2 not_associated) $(counter switch swp1/3 not_associated)" "0 0"
	ok "no SVID has changed" same_svids
	eventually 10 "all are associated" all_associated 3
}
restarted_under_ping switch KILL
restarted_under_ping switch TERM
restarted_under_ping host KILL
restarted_under_ping host TERM
ok "no VSI timed out at the switch" equal "$(counter switch swp1 vdp_keep_alive_timeouts)" 0
lab_stop host KILL 2>/dev/null || true
lab_stop switch KILL 2>/dev/null || true
lab_evbd switch "$LAB_RUN/switch.conf"
lab_evbd host "$LAB_RUN/host.conf"
eventually 30 "both were killed: three channels run" channels_run 3
ok "no SVID has changed" same_svids
eventually 10 "all are associated" all_associated 3

# ---- at run time ---------------------------------------------------------------------------------------------------

refused "a channel that is there" 'has a channel 2 already' host channel add --port eth0 --channel 2
refused "an SVID, where CDCP finds it" "it is the bridge's choice" host channel add --port eth0 --channel 4 --svid 7
refused "a VM port of another channel" 'overlaps "vnet1"' host channel add --port eth0 --channel 4 --vm-ports 'vnet*'
refused "a port that is not there" 'no port "eth9"' host channel add --port eth9 --channel 4
refused "removing what the file has" 'in the configuration file' host channel remove --port eth0 --channel 2
refused "removing what the station asks for" 'because the station asks' switch channel remove --port swp1 --channel 2
refused "removing the default channel" 'is the port itself' host channel remove --port eth0 --channel 1

lab_ns vm3
lab_wire vm3:eth0 host:vnet3
VM3_MAC=52:54:00:00:00:03 VM3_VSI=00000000-0000-4000-8000-000000000003
lab_address vm3 eth0 10.99.0.3/24 $VM3_MAC
vm3_up() { ctl host vsi associate --port eth0 --channel 4 --vm-port vnet3 --id $VM3_VSI --type-id 1 --filters $VM3_MAC; }
ok "a channel is added" ctl host channel add --port eth0 --channel 4 --vm-ports vnet3
eventually 10 "four channels run" channels_run 4
ok "it says who made it" query host channels 'map(select(.channel == 4 and .origin == "evbctl")) | length == 1'
eventually 5 "vm3 can be associated in it" vm3_up
eventually 10 "vm3 -> vm1" pings vm3 10.99.0.1 1
svid4=$(svid_of host 4)
ok "the configuration file was not touched" eval '! grep -q vnet3 "$LAB_RUN/host.conf"'
eventually 10 "the state of the host is on the disk" is_written host
lab_stop host KILL 2>/dev/null || true
lab_evbd host "$LAB_RUN/host.conf"
ok "it outlives a restart" query host channels 'map(select(.channel == 4 and .origin == "evbctl")) | length == 1'
eventually 20 "with its VSI" all_associated 4
ok "and its SVID" equal "$(svid_of host 4)" "$svid4"
ok "evbctl reload leaves it alone" ctl host reload
ok "its VSI too" all_associated 4
ok "the bridge gives it settings of its own" ctl switch channel add --port swp1 --channel 4 --learning no
ok "without harm" all_associated 4
ok "they are in force" query switch channels 'map(select(.channel == 4 and (.dynamic | not) and (.learning | not))) | length == 1'
ok "and taken back" ctl switch channel remove --port swp1 --channel 4
ok "without harm" all_associated 4
ok "as its port has it" query switch channels 'map(select(.channel == 4 and .dynamic and .learning)) | length == 1'

# ---- isolation -----------------------------------------------------------------------------------------------------

# vm1 and vm2, in the same VLAN, scan: frames of strangers' addresses to everyone, and their own to vm3, whose channel comes
# and goes meanwhile. What goes up in a tag is its VM's; while vm3 is not there the switch floods what is for it, as it has to
# (1.3), and the edge relays keep it from the others.
scan() { # VM MAC
	local i
	for ((i = 0; i < 150; i++)); do
		inject "$1" eth0 "ffffffffffff$(printf '5254001%05x' $i)88b5$(printf '%092d' 0)"
		inject "$1" eth0 "525400000003${2//:/}88b5$(printf '%092d' 0)"
	done
}
before=$(counter host vnet1 not_associated)
capture switch swp1 up -Q in
capture vm2 eth0 vm2 -Q in
capture vm1 eth0 vm1 -Q in
scan vm1 $VM1_MAC &
scan1=$!
scan vm2 $VM2_MAC &
scan2=$!
for round in 1 2 3; do
	ok "channel 4 is removed, $round" ctl host channel remove --port eth0 --channel 4
	eventually 10 "three channels run" channels_run 3
	ok "channel 4 is added, $round" ctl host channel add --port eth0 --channel 4 --vm-ports vnet3
	eventually 10 "four channels run" channels_run 4
	eventually 10 "vm3 is associated in it" vm3_up
done
wait $scan1 $scan2
eventually 10 "vm1 -> vm2 behind it" pings vm1 10.99.0.2 1
capture_end up
capture_end vm1
capture_end vm2
ok "the scans were refused at the VM ports" counts_more host vnet1 not_associated $((before + 100))
control='(lldp || eth.type == 0x8940 || ieee8021ad.etype == 0x8940 || ieee8021ad.etype == 0x88cc)'
ok "the scans of vm1 went up in channel 2" [ "$(seen up "ieee8021ad.id == $svid2 && eth.src == $VM1_MAC")" -ge 150 ]
ok "those of vm2 in channel 3" [ "$(seen up "ieee8021ad.id == $svid3 && eth.src == $VM2_MAC")" -ge 150 ]
ok "nothing else went up in channel 2" equal "$(seen up "ieee8021ad.id == $svid2 && eth.src != $VM1_MAC && !$control")" 0
ok "nor in channel 3" equal "$(seen up "ieee8021ad.id == $svid3 && eth.src != $VM2_MAC && !$control")" 0
ok "in any other channel there was vm3 alone" equal \
	"$(seen up "ieee8021ad && !(ieee8021ad.id in {$svid2, $svid3}) && eth.src != $VM3_MAC && !$control")" 0
ok "and in none the hypervisor alone" equal \
	"$(seen up "!ieee8021ad && eth.src != $(mac_of host eth0) && !$control")" 0
ok "no unicast for vm3 is at vm1 or vm2" equal "$(seen vm1 "eth.dst == $VM3_MAC")$(seen vm2 "eth.dst == $VM3_MAC")" 00
ok "channels 2 and 3 were not disturbed" same_svids
ok "nor their VSIs" equal "$(counter switch swp1 vdp_keep_alive_timeouts)" 0
ok "channel 4 is removed" ctl host channel remove --port eth0 --channel 4
eventually 10 "three channels run" channels_run 3
eventually 10 "its VSI is gone with it" all_associated 3

# ---- reload --------------------------------------------------------------------------------------------------------

cp "$LAB_RUN/host.conf" "$LAB_RUN/host.conf.good"
cp "$LAB_RUN/switch.conf" "$LAB_RUN/switch.conf.good"
sed -i 's/{ scid = 3;/{ scid = 5; relay = "veb"; vm_ports = [ "vnet3" ]; }, &/' "$LAB_RUN/host.conf"
ok "evbctl reload with a channel more" ctl host reload
eventually 10 "four channels run" channels_run 4
ok "the others are as they were" all_associated 3
ok "its setting is in force" query host channels 'map(select(.channel == 5 and .relay_mode == "veb")) | length == 1'
sed -i 's/relay = "veb"; vm_ports/relay = "vepa"; vm_ports/' "$LAB_RUN/host.conf"
ok "evbctl reload with another relay" ctl host reload
eventually 10 "it asks for reflective relay, four channels run" channels_run 4
ok "the others are as they were" same_svids
sed -i "s/svid_high = 299; };/& channels = ( { scid = 2; reflective_relay = false; } );/" "$LAB_RUN/switch.conf"
ok "the bridge configures a dynamic channel" ctl switch reload
no_rr() { query switch channels 'map(select(.channel == 2 and (.dynamic | not) and (.reflective_relay.active | not))) | length == 1'; }
eventually 10 "its reflective relay is off" no_rr
ok "its VSI is as it was" all_associated 3
cp "$LAB_RUN/switch.conf.good" "$LAB_RUN/switch.conf"
ok "and does not any more" ctl switch reload
eventually 10 "four channels run" channels_run 4
ok "all VSIs are as they were" all_associated 3
# a setting that restarts the whole port, on either side
for node in host switch; do
	sed -i 's/role = "\(station\|bridge\)";/& max_vsis = 2000;/' "$LAB_RUN/$node.conf"
	ok "evbctl reload with another max_vsis, $node" ctl $node reload
	eventually 20 "four channels run" channels_run 4
	ok "no SVID has changed" same_svids
	eventually 20 "all VSIs are associated again" all_associated 3
done
cp "$LAB_RUN/host.conf.good" "$LAB_RUN/host.conf"
ok "evbctl reload without the channel" ctl host reload
eventually 10 "three channels run" channels_run 3
eventually 20 "all VSIs are associated again" all_associated 3
# CDCP off at the bridge: the station tears its channels down after the hold; and on again
sed -i 's/cdcp = { enabled = true;/cdcp = { enabled = false;/' "$LAB_RUN/switch.conf"
ok "CDCP is switched off at the switch" ctl switch reload
lost_channels() { query host channels 'map(select(.channel > 1 and .state == "not_running" and (.reason | length) > 0)) | length == 2'; }
eventually 10 "the host says why it has no channels" lost_channels
eventually 10 "the default channel works" pings host 10.98.0.9 1
cp "$LAB_RUN/switch.conf.good" "$LAB_RUN/switch.conf"
ok "and on again" ctl switch reload
eventually 20 "three channels run" channels_run 3
eventually 30 "all VSIs are associated again" all_associated 3
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1

# ---- MTU -----------------------------------------------------------------------------------------------------------

lab_mtu 1500 host:eth0 switch:swp1
too_small() { query host ports 'map(select(.name == "eth0" and .alarm == "mtu 1500, needs 1508 for VMs of 1500 in S-channels")) | length == 1'; }
eventually 5 "the missing MTU is told in show ports" too_small
eventually 5 "and in the log" grep -q 'event="MTU too small.*mtu 1500, needs 1508' "$LAB_RUN/host.log"
eventually 5 "the switch tells it too" grep -q 'event="MTU too small.*needs 1508 for frames of 1500' "$LAB_RUN/switch.log"
before=$(counter host eth0 too_long)
in_ns vm1 ping -q -c 2 -i 0.2 -W 1 -M "do" -s 1472 10.99.0.9 >/dev/null 2>&1 || true
ok "what does not fit is counted" counts_more host eth0 too_long "$before"
lab_mtu 1508 host:eth0 switch:swp1
eventually 5 "it is enough again" eval '! too_small'
ok "and full frames pass" eval 'wait_until 5 "a full frame passes" in_ns vm1 ping -q -c 1 -W 1 -M "do" -s 1472 10.99.0.9 >/dev/null'
