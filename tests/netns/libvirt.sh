#!/bin/bash
# An unmodified libvirt starts guests through evbd (openlldp 7, docs/libvirt.md): qemu guests, emulated in software, with
# <interface type='direct'> in VEPA mode and <virtualport type='802.1Qbg'>, on the uplink to an evbd switch of either
# generation: start and stop, refusal, a switch that lets go, a restart of evbd under a guest, save and restore.
#
#   libvirt.sh [ratified] [draft02]    which generations the switch speaks, one after the other
. "$(dirname "$0")/lib.sh"
GENERATIONS=("${@:-ratified}")
(($# > 0)) || GENERATIONS=(ratified draft02)
need_peers libvirtd virtlogd virsh qemu-system-x86_64
netns_test libvirt unshare nsenter
UUID=09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f MAC=52:54:00:11:22:39

# The hypervisor has a /run and a /var/lib/libvirt of its own, so that no libvirt or lldpad of this machine is met.
# shellcheck disable=SC2016 # expanded in there
hypervisor_up() {
	setsid ip netns exec "${LAB_PREFIX}host" unshare --mount --propagation private bash -c '
		exec 3<"$1" && mount -t tmpfs none /run && mkdir -p "$1" && mount -c --bind /proc/self/fd/3 "$1" &&
			for d in /var/lib/libvirt /var/log/libvirt /var/cache/libvirt /etc/libvirt; do
				mkdir -p "$d" && mount -t tmpfs none "$d" || exit 1
			done
		echo "log_outputs = \"3:stderr\"" >/etc/libvirt/libvirtd.conf
		printf "%s\n" "user = \"root\"" "group = \"root\"" "security_driver = \"none\"" "namespaces = []" \
			"cgroup_controllers = []" >/etc/libvirt/qemu.conf
		touch "$1/hv.ready" && exec sleep infinity' bash "$LAB_RUN" >>"$LAB_RUN/hv.log" 2>&1 </dev/null &
	echo $! >"$LAB_RUN/hv.pid"
	wait_until 10 "the hypervisor has its own /run" test -e "$LAB_RUN/hv.ready" || die "$(<"$LAB_RUN/hv.log")"
}
hv() { nsenter -t "$(<"$LAB_RUN/hv.pid")" -m -n "$@"; } # COMMAND...
hv_spawn() { # NAME COMMAND...
	setsid nsenter -t "$(<"$LAB_RUN/hv.pid")" -m -n "${@:2}" >>"$LAB_RUN/$1.log" 2>&1 </dev/null &
	echo $! >"$LAB_RUN/$1.pid"
}
host_evbd() {
	hv_spawn host "$EVBD_BIN/evbd" -c "$LAB_RUN/host.conf" "${EVBD_OPTIONS[@]}"
	wait_until 10 "evbd of host answers" lab_answers host || die "evbd of host does not start"
}
virsh() { hv timeout 60 virsh -q -c qemu:///system "$@"; }

guest() { # TYPE: its definition
	cat <<-XML
		<domain type='qemu'><name>vm9</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
		<os><type arch='x86_64' machine='pc'>hvm</type></os>
		<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
		<interface type='direct'><mac address='$MAC'/><source dev='eth0' mode='vepa'/>
		<virtualport type='802.1Qbg'><parameters managerid='11' typeid='$1' typeidversion='2' instanceid='$UUID'/></virtualport>
		<model type='virtio'/></interface></devices></domain>
	XML
}
is_associated() { query switch vsi 'map(select(.id == $id and .state == "associated")) | length == 1' --arg id $UUID; }
is_gone() { query switch vsi 'map(select(.id == $id and .state == "associated")) | length == 0' --arg id $UUID; }
start_guest() { # WHAT TYPE
	guest "$2" >"$LAB_RUN/vm9.xml"
	ok "$1" virsh create "$LAB_RUN/vm9.xml"
}

lab_ns switch host
lab_spawn switch wire "$EVBD_BIN/tapwire" "/run/netns/${LAB_PREFIX}host" eth0 "/run/netns/${LAB_PREFIX}switch" swp1
wait_until 10 "the wire is up" grep -qs up "$LAB_RUN/wire.log"
ip -n "${LAB_PREFIX}host" link set eth0 up
ip -n "${LAB_PREFIX}switch" link set swp1 up
hypervisor_up
cat >"$LAB_RUN/types.conf" <<-CONF
	types = (
		{ manager = "::b"; id = 1193047; name = "guest"; vids = [ 100 ]; default_vid = 100; },
		{ manager = "::b"; id = 7; name = "retired"; vids = [ 100 ]; default_vid = 100;
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
hv_spawn virtlogd virtlogd
hv_spawn libvirtd libvirtd
wait_until 20 "libvirtd answers" virsh list >/dev/null 2>&1 || die "libvirtd does not answer: $(tail -n 5 "$LAB_RUN/libvirtd.log")"

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
	host_evbd
	eventually 30 "both ends speak $generation" query host ports \
		'map(select(.name == "eth0" and .generation == $g)) | length == 1' --arg g "$generation"

	start_guest "a guest starts" 1193047
	ok "its VSI is associated at the switch" is_associated
	ok "show status tells of libvirt" query host status 'all(.libvirt.succeeded >= 1)'
	ok "the guest is destroyed" virsh destroy vm9
	eventually 10 "its VSI is gone" is_gone

	guest 7 >"$LAB_RUN/vm9.xml"
	started=$SECONDS
	if virsh create "$LAB_RUN/vm9.xml" 2>"$LAB_RUN/err.txt"; then die "a guest starts whose type the switch refuses"; fi
	ok "a guest of a refused type does not start, and fails quickly" [ $((SECONDS - started)) -lt 12 ]
	ok "evbd's log says why" grep -q 'retired\|resources' "$LAB_RUN/host.log"

	start_guest "a guest starts again" 1193047
	ok "its VSI is associated" is_associated
	ok "the switch lets go of it" ctl switch vsi deassociate --port swp1 --id $UUID
	eventually 20 "libvirt has it associated again" is_associated
	eventually 10 "the host's state is on the disk" is_written host
	lab_stop host KILL 2>/dev/null || true
	host_evbd
	eventually 20 "evbd is killed and started under the guest: the association is kept" query host vsi \
		'map(select(.id == $id and .state == "associated")) | length == 1' --arg id $UUID
	ok "at the switch, too" is_associated
	ok "the guest still runs" virsh domstate vm9
	ok "the guest is saved" virsh save vm9 "$LAB_RUN/vm9.saved"
	eventually 10 "its VSI is gone" is_gone
	ok "and restored" virsh restore "$LAB_RUN/vm9.saved"
	ok "its VSI is associated" is_associated
	ok "the guest is destroyed" virsh destroy vm9
	eventually 10 "its VSI is gone" is_gone
	lab_stop host || die "evbd of host ended with status $?"
	lab_stop switch || die "evbd of switch ended with status $?"
done
