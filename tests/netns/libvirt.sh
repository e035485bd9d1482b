#!/bin/bash
# An unmodified libvirt starts guests through evbd (openlldp 7, docs/libvirt.md): qemu guests, emulated in software, with
# <interface type='direct'> in VEPA mode and <virtualport type='802.1Qbg'>, on the uplink to an evbd switch of either
# generation: start and stop, refusal, a switch that lets go, a restart of evbd under a guest, save and restore.
#
#   libvirt.sh [ratified] [draft02]    which generations the switch speaks, one after the other
. "$(dirname "$0")/lib.sh"
. "$EVB_ROOT/scripts/libvirt.sh"
GENERATIONS=("${@:-ratified}")
(($# > 0)) || GENERATIONS=(ratified draft02)
need_peers libvirtd virtlogd virsh qemu-system-x86_64
netns_test libvirt unshare nsenter
UUID=09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f MAC=52:54:00:11:22:39

is_associated() { query switch vsi 'map(select(.id == $id and .state == "associated")) | length == 1' --arg id $UUID; }
is_gone() { query switch vsi 'map(select(.id == $id and .state == "associated")) | length == 0' --arg id $UUID; }
start_guest() { # WHAT TYPE
	hv_guest vm9 $MAC $UUID "$2" >"$LAB_RUN/vm9.xml"
	ok "$1" hv_virsh create "$LAB_RUN/vm9.xml"
}

lab_ns switch host
lab_tapwire host:eth0 switch:swp1
hv_up
cat >"$LAB_RUN/types.conf" <<-CONF
	types = (
		{ manager = "::b"; id = 1193047; name = "guest"; vids = [ 1 ]; default_vid = 1; },
		{ manager = "::b"; id = 7; name = "retired"; vids = [ 1 ]; default_vid = 1;
		  refuse = { error = "resources"; reason = "retired"; }; }
	);
CONF
cat >"$LAB_RUN/host.conf" <<-CONF
	control = { socket = "$LAB_RUN/host.sock"; };
	state_dir = "$LAB_RUN/host.state";
	log = { level = "debug"; };
	evb = { rka = 18; rwd = 18; };
	lldp = { tx_interval = 3; };
	compat = { libvirt = true; managers = [ "11 = ::b" ]; };
	ports = ( { name = "eth0"; role = "station"; relay = "none"; generation = "auto"; manager_base = "::"; } );
CONF
sed -e "s/host\.sock/second.sock/; s/host\.state/second.state/" "$LAB_RUN/host.conf" >"$LAB_RUN/second.conf"
hv_libvirtd

for generation in "${GENERATIONS[@]}"; do
	note "the switch speaks $generation"
	cat >"$LAB_RUN/switch.conf" <<-CONF
		control = { socket = "$LAB_RUN/switch.sock"; };
		state_dir = "$LAB_RUN/switch.state.$generation";
		types = "types.conf";
		log = { level = "debug"; };
		evb = { rka = 18; rwd = 18; };
		lldp = { tx_interval = 3; };
		ports = ( { name = "swp1"; role = "bridge"; generation = "$generation"; manager_base = "::"; } );
	CONF
	lab_evbd switch "$LAB_RUN/switch.conf"
	hv_evbd "$LAB_RUN/host.conf"
	eventually 30 "both ends speak $generation" query host ports \
		'map(select(.name == "eth0" and .generation == $g)) | length == 1' --arg g "$generation"

	start_guest "a guest starts" 1193047
	ok "its VSI is associated at the switch" is_associated
	eventually 120 "the guest's firmware asks for an address: its broadcast comes back by reflective relay" \
		counts_more switch swp1 rr_reflected 0
	ok "show status tells of libvirt" query host status 'all(.libvirt.succeeded >= 1)'
	ok "the guest is destroyed" hv_virsh destroy vm9
	eventually 10 "its VSI is gone" is_gone

	hv_guest vm9 $MAC $UUID 7 >"$LAB_RUN/vm9.xml"
	started=$SECONDS
	if hv_virsh create "$LAB_RUN/vm9.xml" 2>"$LAB_RUN/err.txt"; then die "a guest starts whose type the switch refuses"; fi
	ok "a guest of a refused type does not start, and fails quickly" [ $((SECONDS - started)) -lt 12 ]
	ok "evbd's log says why" grep -q 'retired\|resources' "$LAB_RUN/host.log"

	start_guest "a guest starts again" 1193047
	ok "its VSI is associated" is_associated
	ok "the switch lets go of it" ctl switch vsi deassociate --port swp1 --id $UUID
	eventually 20 "libvirt has it associated again" is_associated
	eventually 10 "the host's state is on the disk" is_written host
	lab_stop host KILL 2>/dev/null || true
	hv_evbd "$LAB_RUN/host.conf"
	eventually 20 "evbd is killed and started under the guest: the association is kept" query host vsi \
		'map(select(.id == $id and .state == "associated")) | length == 1' --arg id $UUID
	ok "at the switch, too" is_associated
	ok "the guest still runs" hv_virsh domstate vm9
	ok "the guest is saved" hv_virsh save vm9 "$LAB_RUN/vm9.saved"
	eventually 10 "its VSI is gone" is_gone
	ok "and restored" hv_virsh restore "$LAB_RUN/vm9.saved"
	ok "its VSI is associated" is_associated
	ok "the guest is destroyed" hv_virsh destroy vm9
	eventually 10 "its VSI is gone" is_gone
	if hv timeout 10 "$EVBD_BIN/evbd" -c "$LAB_RUN/second.conf" 2>"$LAB_RUN/second.log"; then die "two are in lldpad's place"; fi
	ok "another evbd for libvirt does not start beside it, and says so" grep -q 'lldpad\.pid\|libvirt' "$LAB_RUN/second.log"
	lab_stop host || die "evbd of host ended with status $?"
	ok "lldpad's place is free again" hv test ! -e /run/lldpad.pid
	lab_stop switch || die "evbd of switch ended with status $?"
done
