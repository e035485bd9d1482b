#!/bin/bash
# The fast path (docs/decisions/0007): the kernel forwards what is known and admitted, and nothing else, whatever
# becomes of the daemon; who captures sees everything; without it everything works.
. "$(dirname "$0")/lib.sh"
netns_test fastpath ethtool
[[ $("$EVBD_BIN/evbd" --version) == *xdp* ]] || skip "evbd is built without its fast path"
DAEMONS+=(second)

driver_is() { query "$1" ports 'map(select(.name == $dev and .driver == $driver)) | length == 1' --arg dev "$2" --arg driver "$3"; }
why_not() { ctl "$1" -j show ports | jq -r --arg dev "$2" '.ports[] | select(.name == $dev) | .no_fast_path'; } # NODE IF
kernel() { counter switch "$1" kernel_frames; }                                                            # IF
kernel_grows() { (($(kernel "$1") >= $2 + $3)); }                                                          # IF BEFORE BY
program_of() { ip -n "${LAB_PREFIX}$1" -j -d link show "$2" | jq '.[0].xdp.prog.id // 0'; }                # NODE IF
last_seq() { grep -o 'icmp_seq=[0-9]*' "$LAB_RUN/through.log" | tail -n 1 | cut -d= -f2; }
ping_begins() {
	: >"$LAB_RUN/through.log"
	lab_spawn vm1 through ping -n -i 0.01 -W 1 10.99.0.2
	wait_until 10 "the ping runs" grep -q 'icmp_seq=50 ' "$LAB_RUN/through.log"
}
goes_on() { (($(last_seq) > seq + 100)); }

vm_lab rka=20 rwd=20
why=$(why_not switch swp1)
[[ $why != *"does not take the program"* && $why != *"does not say"* ]] || skip "this kernel can't: $why"
for port in swp1 swp2 swp3; do
	eventually 10 "the fast path runs on $port" driver_is switch $port xdp
done
eventually 10 "and on the uplink" driver_is host eth0 xdp
ok "what it leaves goes by a packet socket" query switch ports 'all(.slow_path == "packet" and .no_fast_path == null)'
ok "a VM port says why not" equal "$(why_not host vnet1)" "guests leave checksums undone"
if pings vm1 10.99.0.2 1; then die "vm1 reaches vm2 before it is associated"; fi
good "nothing passes before the association"
associate_vms

# ---- who forwards --------------------------------------------------------------------------------------------------

eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1
before=$(kernel swp1) reflected=$(counter switch swp1 rr_reflected)
ok "vm1 -> vm2, counted" pings vm1 10.99.0.2 20
ok "the kernel has forwarded them, both ways" kernel_grows swp1 "$before" 40
ok "and counted them as reflected" counts_more switch swp1 rr_reflected $((reflected + 39))
ok "of the VSI, too" query switch vsi 'any(.id == $id and .rx_frames >= 20 and .tx_frames >= 20)' --arg id $VM1_VSI

sees_all() { # as soon as the daemon knows of the capture
	local seen
	seen=$(recorded watched 'ICMP echo request') before=$(kernel swp1)
	pings vm1 10.99.0.2 4 && has_recorded watched 'ICMP echo request' $((seen + 8)) && (($(kernel swp1) == before))
}
capture switch swp1 watched
eventually 10 "who captures sees each request twice, and the kernel does nothing" sees_all
capture_end watched
eventually 10 "then it does again" eval 'pings vm1 10.99.0.2 4 && kernel_grows swp1 "$before" 8'

# A veth takes frames from a program only while its other end polls.
before=$(kernel swp1)
eventually 10 "vm1 -> evb-net, whose end does not poll" pings vm1 10.99.0.9 4
in_ns net ethtool -K eth0 gro on
eventually 10 "it polls now, and the kernel forwards to it" eval 'pings vm1 10.99.0.9 4 && kernel_grows swp1 "$before" 4'
in_ns net ethtool -K eth0 gro off
eventually 10 "and when it no longer does, nothing is lost" eval 'pings vm1 10.99.0.9 4 && pings vm1 10.99.0.9 4'

# So does a guest's, for what comes down the uplink.
before=$(counter host eth0 kernel_frames)
in_ns vm2 ethtool -K eth0 gro on
eventually 10 "a guest that polls gets its frames from the kernel" eval \
	'pings vm1 10.99.0.2 4 && (($(counter host eth0 kernel_frames) >= before + 4))'
guest_sees_all() {
	local seen
	seen=$(recorded guest 'ICMP echo request')
	pings vm1 10.99.0.2 4 && has_recorded guest 'ICMP echo request' $((seen + 4))
}
capture host vnet2 guest
eventually 10 "and who captures sees each request" guest_sees_all
capture_end guest

# ---- what nobody announced -----------------------------------------------------------------------------------------

from_uplink() { # N SOURCE - frames for vm2, past the host's relay
	local i
	for ((i = 0; i < $1; i++)); do
		inject host eth0 "${VM2_MAC//:/}${2//:/}8100006488b5$(printf '%084d' 0)"
	done
}
before=$(counter switch swp1 not_associated)
capture vm2 eth0 stranger
from_uplink 20 $STRANGER
eventually 5 "20 frames of nobody are counted" counts_more switch swp1 not_associated $((before + 19))
ok "vm1 -> vm2 behind them" pings vm1 10.99.0.2 1
capture_end stranger
ok "none has passed" equal "$(recorded stranger "$STRANGER >")" 0

capture vm2 eth0 vm1
from_uplink 5 $VM1_MAC
eventually 5 "5 frames of vm1 arrive" has_recorded vm1 "$VM1_MAC > .*0x88b5" 5
ok "vm1 is de-associated" ctl host vsi deassociate --port eth0 --id $VM1_VSI
before=$(counter switch swp1 not_associated)
from_uplink 20 $VM1_MAC
eventually 5 "20 more are counted as nobody's" counts_more switch swp1 not_associated $((before + 19))
ok "evb-net -> vm2 behind them" pings net 10.99.0.2 1
capture_end vm1
ok "but none of them" equal "$(recorded vm1 "$VM1_MAC > .*0x88b5")" 5
ok "it is associated again" ctl host vsi associate --port eth0 --id $VM1_VSI --type-id 1 --filters $VM1_MAC --vm-port vnet1
eventually 10 "vm1 -> vm2" pings vm1 10.99.0.2 1

# ---- without a daemon ----------------------------------------------------------------------------------------------

eventually 10 "the state is on the disk" is_written switch
ping_begins
old=$(program_of switch swp1)
lab_stop switch KILL 2>/dev/null || true
seq=$(last_seq)
eventually 5 "the daemon is killed, and the kernel goes on" goes_on
lab_evbd switch "$LAB_RUN/switch.conf"
eventually 10 "its successor takes over" driver_is switch swp1 xdp
ok "with a program of its own" [ "$(program_of switch swp1)" != "$old" ]
seq=$(last_seq)
eventually 5 "the ping goes on" goes_on
before=$(kernel swp1)
eventually 5 "in the kernel" kernel_grows swp1 "$before" 20
lab_stop through INT || true
wait_until 5 "the ping has ended" grep -q 'packets transmitted' "$LAB_RUN/through.log"
lost=$(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$LAB_RUN/through.log")
ok "and has lost nothing ($lost)" [ "$((${lost% *} - ${lost#* }))" -le 1 ] # one may be on its way

ok "a second daemon" eval 'sed -e "s/switch\.sock/second.sock/; s/switch\.state/second.state/; /swp[12]/d" \
	"$LAB_RUN/switch.conf" >"$LAB_RUN/second.conf" && mkdir -p "$LAB_RUN/second.state"'
lab_spawn switch second "$EVBD_BIN/evbd" -c "$LAB_RUN/second.conf" "${EVBD_OPTIONS[@]}"
wait_until 10 "it answers" lab_answers second
says_why() { [[ $(why_not second swp3) == "another XDP program is on the device" ]]; }
eventually 10 "leaves the program of the first alone" says_why

lab_stop switch TERM || die "evbd ended with status $?"
ok "a clean end takes the program along" equal "$(program_of switch swp1)" 0
