#!/bin/bash
# VN-Tag and E-TAG between real daemons (port-extension-reference 1 to 5): a VIF for each VM, made by PE-CSP; each VM's frames
# in a tag of its own and nothing of it outside, which tshark judges; TCP at the guests' full MTU; restarts and kill -9 of both
# sides under a running ping; VIFs that come and go under load; isolation; VIFs by hand without signalling.
#
#   vifs.sh [KEY=VALUE...]    settings of vm_lab; tag=e-tag
. "$(dirname "$0")/lib.sh"
netns_test vifs tshark iperf3
vm_lab tag=vn-tag rka=18 rwd=18 "$@" # keep-alives every 2.6 s, given up after 4 s
VM3_MAC=52:54:00:00:00:03 VM3_VSI=00000000-0000-4000-8000-000000000003

# What tshark has to see of a frame: its way, its VIF, where it came from (section 1.2 and 1.3).
if [[ $tag == vn-tag ]]; then
	proto=vntag tag_len=6 unknown=source_check
	going_up() { echo "vntag.dir == 0 && vntag.src == $1 && vntag.dst == 0 && vntag.looped == 0"; } # VIF
	coming_down() { echo "vntag.dir == 1 && vntag.ptr == 0 && vntag.dst == $1 && vntag.src == $2 && vntag.looped == $(($2 != 0))"; } # VIF FROM
	for_list() { echo "vntag.dir == 1 && vntag.ptr == 1 && vntag.src == $1 && vntag.looped == $(($1 != 0))"; } # FROM
	on_wire() { printf '8926%08x' "$1"; } # VIF
else
	proto=etag tag_len=8 unknown=source_check
	going_up() { echo "etag.group == 0 && etag.ecid_base == $1 && etag.iecid_base == 0"; }
	coming_down() { echo "etag.group == 0 && etag.ecid_base == $1"; }
	for_list() { echo "etag.group > 0 && etag.iecid_base == $1"; }
	on_wire() { printf '893f0000%04x0000' "$1"; }
fi
vms="eth.addr == $VM1_MAC || eth.addr == $VM2_MAC || eth.addr == $VM3_MAC"
vif1=$(vif_of vnet1) vif2=$(vif_of vnet2)

ok "the VIFs have different numbers" [ "$vif1" -ne "$vif2" -a "$vif1" -gt 0 -a "$vif2" -gt 0 ]
ok "no MTU is missing" query host ports \
	"map(select(.name == \"eth0\" and .mtu_needed == $((1500 + tag_len + 4)) and .alarm == null)) | length == 1"
if pings vm1 10.99.0.2 1; then die "vm1 reaches vm2 before it is associated"; fi
good "a VIF without an association carries nothing"
associate_vms
ok "each VSI is on its VIF" query switch vif "map({id, vsis}) | sort == ([{id: $vif1, vsis: 1}, {id: $vif2, vsis: 1}] | sort)"

# ---- tags ----------------------------------------------------------------------------------------------------------

eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1
ok "vm1 -> evb-net" pings vm1 10.99.0.9 1
ok "the switch knows vm1 at its VIF" query switch fdb 'map(select(.mac == $mac and .port == "swp1" and .vif == $vif)) | length == 1' \
	--arg mac $VM1_MAC --argjson vif "$vif1"
capture vm1 eth0 at_vm1 -Q in
capture vm2 eth0 at_vm2 -Q in
capture switch swp1 tags
ok "vm1 -> vm2, counted" pings vm1 10.99.0.2 4
ok "vm1 -> evb-net, counted" pings vm1 10.99.0.9 4
inject vm1 eth0 "ffffffffffff${VM1_MAC//:/}88b5$(printf '%092d' 0)"
eventually 5 "a broadcast of vm1 reaches vm2" eval '[[ $(seen at_vm2 "eth.type == 0x88b5") -ge 1 ]]'
ok "vm1 -> vm2 behind it" pings vm1 10.99.0.2 1
capture_end tags
capture_end at_vm1
capture_end at_vm2
request="icmp.type == 8 && eth.src == $VM1_MAC"
ok "5 requests to vm2 went up in the tag of vm1" equal "$(seen tags "$(going_up "$vif1") && $request && eth.dst == $VM2_MAC")" 5
ok "and came down in that of vm2" equal "$(seen tags "$(coming_down "$vif2" "$vif1") && $request && eth.dst == $VM2_MAC")" 5
ok "4 replies of evb-net came down to vm1 alone" equal \
	"$(seen tags "$(coming_down "$vif1" 0) && icmp.type == 0 && eth.src == $NET_MAC && eth.dst == $VM1_MAC")" 4
ok "requests to evb-net are not reflected" equal "$(seen tags "$request && eth.dst == $NET_MAC")" 4
ok "the broadcast came down once, for a list" equal "$(seen tags "$(for_list "$vif1") && eth.src == $VM1_MAC && frame contains 88:b5:00:00")" 1
ok "it is at vm2 once" equal "$(seen at_vm2 'eth.type == 0x88b5')" 1
ok "and not at vm1" equal "$(seen at_vm1 'eth.type == 0x88b5')" 0
ok "no frame of a VM is outside of the tags" equal "$(seen tags "($vms) && !$proto")" 0
ok "no VM sees a tag" equal "$(seen at_vm1 "$proto")$(seen at_vm2 "$proto")" 00
ok "LLDP and ECP are not tagged" equal "$(seen tags "(lldp || eth.type == 0x8940) && $proto")" 0
ok "tshark finds nothing malformed" equal "$(seen tags _ws.malformed)" 0

before=$(counter switch swp1 $unknown)
inject host eth0 "ffffffffffff${VM1_MAC//:/}$(on_wire 999)88b5$(printf '%092d' 0)"
eventually 5 "a tag of no VIF is dropped and counted" counts_more switch swp1 $unknown "$before"
before=$(counter switch "swp1#$vif2" not_associated)
inject host eth0 "ffffffffffff${VM1_MAC//:/}$(on_wire "$vif2")88b5$(printf '%092d' 0)"
eventually 5 "vm1's address in vm2's tag is refused" counts_more switch "swp1#$vif2" not_associated "$before"

# ---- TCP at the guests' full MTU -----------------------------------------------------------------------------------

capture switch swp1 tcp -s 96 -c 20000
tcp vm1 vm2 10.99.0.2
tcp net vm1 10.99.0.1
capture_end tcp
ok "frames of the guests' full MTU went by" [ "$(seen tcp "$proto && frame.len >= $((1514 + tag_len))")" -gt 100 ]
ok "none above it" equal "$(seen tcp "frame.len > $((1518 + tag_len))")" 0
ok "no drop for size" equal "$(counter host eth0 too_long) $(counter switch swp1 too_long)" "0 0"

# ---- restarts ------------------------------------------------------------------------------------------------------

last_seq() { grep -o 'icmp_seq=[0-9]*' "$LAB_RUN/through.log" | tail -n 1 | cut -d= -f2; }
goes_on() { (($(last_seq) > seq + ${1:-0})); }
restarted_under_ping() { # NODE SIGNAL
	local node=$1 signal=$2
	eventually 10 "the state of $node is on the disk" is_written "$node"
	: >"$LAB_RUN/through.log"
	lab_spawn vm1 through ping -n -i 0.01 -W 1 10.99.0.2
	wait_until 10 "the ping runs" grep -q 'icmp_seq=20 ' "$LAB_RUN/through.log"
	lab_stop "$node" "$signal" 2>/dev/null || true # bash says "Killed"
	lab_evbd "$node" "$LAB_RUN/$node.conf"
	eventually 20 "$node, $signal: two VIFs run at both ends" vifs_run 2
	eventually 20 "their VSIs are associated" all_associated 2
	seq=$(last_seq)
	eventually 10 "the ping goes on" goes_on 20
	lab_stop through INT || true
}
capture switch swp1 csp 'ether proto 0x88cc or ether proto 0x8940'
restarted_under_ping switch KILL
restarted_under_ping switch TERM
restarted_under_ping host KILL
restarted_under_ping host TERM
capture_end csp
ok "the judge has nothing against the sessions of before and after" "$EVBD_BIN/evbctl" pcap check -q "$LAB_RUN/csp.pcap" >"$LAB_RUN/csp.txt"
vif1=$(vif_of vnet1) vif2=$(vif_of vnet2)

# ---- VIFs that come and go, under load -----------------------------------------------------------------------------

# vm1 and vm2 scan: frames of strangers' addresses to everyone, and their own to vm3, whose VIF comes and goes meanwhile. While
# it is away the switch floods what is for it, to other VIFs as to any port.
scan() { # VM MAC
	local i
	for ((i = 0; i < 150; i++)); do
		inject "$1" eth0 "ffffffffffff$(printf '5254001%05x' $i)88b5$(printf '%092d' 0)"
		inject "$1" eth0 "525400000003${2//:/}88b5$(printf '%092d' 0)"
	done
}
lab_ns vm3
vm3_in() {
	lab_wire vm3:eth0 host:vnet3
	lab_address vm3 eth0 10.99.0.3/24 $VM3_MAC
}
vm3_up() { ctl host vsi associate --port eth0 --vm-port vnet3 --id $VM3_VSI --type-id 1 --filters $VM3_MAC; }
before=$(counter host vnet1 not_associated)
capture switch swp1 up -Q in
capture vm2 eth0 at_vm2 -Q in
capture vm1 eth0 at_vm1 -Q in
scan vm1 $VM1_MAC &
scan1=$!
scan vm2 $VM2_MAC &
scan2=$!
for round in 1 2 3; do
	vm3_in
	eventually 10 "vm3 is plugged in, $round: three VIFs" vifs_run 3
	eventually 10 "vm3 is associated on its VIF" vm3_up
	eventually 10 "vm3 -> evb-net" pings vm3 10.99.0.9 1
	ip -n "${LAB_PREFIX}host" link del vnet3
	eventually 10 "vm3 is pulled out, $round: two VIFs" vifs_run 2
	eventually 10 "its VSI is gone with it" all_associated 2
done
wait $scan1 $scan2
eventually 10 "vm1 -> vm2 behind it" pings vm1 10.99.0.2 1
capture_end up
capture_end at_vm1
capture_end at_vm2
ok "the scans were refused at the VM ports" counts_more host vnet1 not_associated $((before + 100))
ok "the scans of vm1 went up in its tag" [ "$(seen up "$(going_up "$vif1") && eth.src == $VM1_MAC")" -ge 150 ]
ok "those of vm2 in its own" [ "$(seen up "$(going_up "$vif2") && eth.src == $VM2_MAC")" -ge 150 ]
ok "nothing else went up in the tag of vm1" equal "$(seen up "$(going_up "$vif1") && eth.src != $VM1_MAC")" 0
ok "nor in that of vm2" equal "$(seen up "$(going_up "$vif2") && eth.src != $VM2_MAC")" 0
ok "in any other tag there was vm3 alone" equal \
	"$(seen up "$proto && !($(going_up "$vif1")) && !($(going_up "$vif2")) && eth.src != $VM3_MAC")" 0
ok "what vm3 said to evb-net is at neither" equal \
	"$(seen at_vm1 "eth.src == $VM3_MAC && eth.dst == $NET_MAC")$(seen at_vm2 "eth.src == $VM3_MAC && eth.dst == $NET_MAC")" 00
ok "nobody got his own frames back" equal "$(seen at_vm1 "eth.src == $VM1_MAC")$(seen at_vm2 "eth.src == $VM2_MAC")" 00
ok "VIFs of vm1 and vm2 were not disturbed" equal "$(vif_of vnet1) $(vif_of vnet2)" "$vif1 $vif2"
ok "nor their VSIs" equal "$(counter switch swp1 vdp_keep_alive_timeouts)" 0

# ---- MTU -----------------------------------------------------------------------------------------------------------

lab_mtu 1500 host:eth0 switch:swp1
eventually 5 "the missing MTU is told in show ports" query host ports \
	"map(select(.name == \"eth0\" and (.alarm // \"\" | startswith(\"mtu 1500, needs $((1500 + tag_len))\")))) | length == 1"
lab_mtu $((1500 + tag_len)) host:eth0 switch:swp1
eventually 5 "it is enough again" query host ports 'map(select(.name == "eth0" and .alarm == null)) | length == 1'

# ---- without signalling --------------------------------------------------------------------------------------------

refused "a VIF by hand where PE-CSP makes them" signalling host vif add --port eth0 --id 7 --vm-port vnet1
sed -i 's/port_extension = { /&signalling = false; /' "$LAB_RUN/host.conf" "$LAB_RUN/switch.conf"
sed -i "s/tag = \"any\"/tag = \"$tag\"/" "$LAB_RUN/switch.conf"
ok "signalling is switched off at the host" ctl host reload
ok "and at the switch" ctl switch reload
eventually 10 "no VIF is left" vifs_run 0
for id in 7 8; do
	ok "VIF $id is added at the host" ctl host vif add --port eth0 --id $id --vm-port vnet$((id - 6))
	ok "and at the switch" ctl switch vif add --port swp1 --id $id
done
refused "a VIF that is there" '7' switch vif add --port swp1 --id 7
refused "a VM port of another VIF" 'vm_port "vnet1"' host vif add --port eth0 --id 9 --vm-port vnet1
eventually 10 "two VIFs run at both ends" vifs_run 2
eventually 10 "the VSIs are associated on them" all_associated 2
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1
ok "show vif says who made them" query switch vif 'map(select(.origin == "evbctl" and (.id == 7 or .id == 8))) | length == 2'
eventually 10 "the state of the switch is on the disk" is_written switch
lab_stop switch KILL 2>/dev/null || true
lab_evbd switch "$LAB_RUN/switch.conf"
ok "they outlive a restart" query switch vif 'map(select(.origin == "evbctl")) | length == 2'
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1
ok "VIF 8 is removed" ctl switch vif remove --port swp1 --id 8
if pings vm1 10.99.0.2 1; then die "vm2 is still reached"; fi
good "vm2 is cut off"
refused "removing it again" 'no such VIF' switch vif remove --port swp1 --id 8
