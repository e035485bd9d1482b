# shellcheck shell=bash
# What evbd is measured against: lldpad, a Linux bridge, Open vSwitch with its userspace datapath. Sourced by
# scripts/bench after lib.sh and lab.sh; every peer lives in namespaces of the bench and ends with them.

# ---- lldpad --------------------------------------------------------------------------------------------------------

# lldpad_pair NAME: namespaces NAME-st and NAME-br joined by up0-sw0, a daemon in each, VDP ready. RTE 8: its rate is
# bound to the acknowledgement timer.
lldpad_pair() {
	lldpad_start "$1" || return 1
	favour "$(pid_of "$1-st")" "$(pid_of "$1-br")"
	wait_until 40 "two lldpad are ready for VDP" lldpad_ready "$1"
}
lldpad_start() {
	command -v lldpad >/dev/null || { warn "no lldpad here: its values are missing" && return 1; }
	lab_ns "$1-st" "$1-br"
	lab_wire "$1-st:up0" "$1-br:sw0"
	# Its events are datagrams, of which a socket holds ten by default; more are lost.
	in_ns "$1-st" sh -c 'echo 512 >/proc/sys/net/unix/max_dgram_qlen'
	lldpad_conf up0 evbrrreq station >"$LAB_RUN/$1-st.conf"
	lldpad_conf sw0 evbrrcap bridge >"$LAB_RUN/$1-br.conf"
	lldpad_spawn "$1-st"
	lldpad_spawn "$1-br"
}
lldpad_conf() { # IF RR-SETTING ROLE
	cat <<-CONF
		dcbx : { version = "1.0"; dcbx_version = 2; };
		nearest_customer_bridge : { $1 : { adminStatus = 3;
		  tlvid0080c20d : { enableTx = true; evbgpid = true; $2 = true; evbmode = "$3";
		    ecprte = 8; ecpretries = 3; vdprwd = 20; vdprka = 20; }; }; };
	CONF
}
# Its shared memory and its pid file are outside the network namespace; its configuration is rewritten in place.
lldpad_spawn() { # NODE
	# shellcheck disable=SC2016 # expanded by the inner shell
	lab_spawn "$1" "$1" unshare -m -i sh -c 'mount --make-rprivate / && mount -t tmpfs none /dev/shm &&
		cp "$0" /dev/shm/lldpad.conf && mount -t tmpfs none /run && exec lldpad -t -V 3 -f /dev/shm/lldpad.conf' \
		"$LAB_RUN/$1.conf"
}
lldpad_vsis() { # NAME WINDOW N [FIRST] - "succeeded seconds p50_ms p99_ms"
	in_ns "$1-st" "$EVBD_BIN/bench-vsi" lldpad up0 "${@:2}"
}
lldpad_ready() { lldpad_vsis "$1" 1 1 900000 >/dev/null 2>&1; }
lldpad_down() {
	lab_stop "$1-st" || true
	lab_stop "$1-br" || true
}

lldpad_first_vsi() { # seconds from links up to the first VSI that it takes, "-" if it never does
	local start
	lldpad_start lfirst || { echo - && return; }
	ip -n "${LAB_PREFIX}lfirst-st" link set up0 down
	ip -n "${LAB_PREFIX}lfirst-br" link set sw0 down
	sleep 2
	ip -n "${LAB_PREFIX}lfirst-st" link set up0 up
	start=$EPOCHREALTIME
	ip -n "${LAB_PREFIX}lfirst-br" link set sw0 up
	if wait_until 40 "lldpad takes a VSI" lldpad_ready lfirst; then
		calc "$EPOCHREALTIME - $start"
	else
		echo -
	fi
	lldpad_down lfirst
}

# ---- relays --------------------------------------------------------------------------------------------------------

# A frame that XDP redirects into a veth arrives only where the receiving end uses NAPI.
napi_on() { # NODE:IF...
	local end
	for end; do
		in_ns "${end%%:*}" ethtool -K "${end#*:}" gro on >/dev/null
	done
}

bridge_pair() { # NAME
	lab_ns "$1-st" "$1-br"
	lab_wire "$1-st:up0" "$1-br:sw0"
	ip -n "$LAB_PREFIX$1-br" link add br0 type bridge
	ip -n "$LAB_PREFIX$1-br" link set br0 up
	ip -n "$LAB_PREFIX$1-br" link set sw0 master br0
	ip -n "$LAB_PREFIX$1-br" link set sw0 type bridge_slave hairpin on
	in_ns "$1-br" bridge fdb add "$DST" dev sw0 master static
	napi_on "$1-st:up0" "$1-br:sw0"
}

# shellcheck disable=SC2034 # OVS_WHY is for the caller
# ovs_pair NAME: switch and database in the namespace, with their own folder; 1 with OVS_WHY when it can't be.
ovs_pair() {
	local node=$1-br dir=$LAB_RUN/ovs bin
	OVS_WHY=''
	for bin in ovsdb-server ovs-vswitchd ovsdb-tool ovs-vsctl ovs-ofctl; do
		command -v "$bin" >/dev/null || { OVS_WHY="no $bin" && return 1; }
	done
	mkdir -p "$dir"
	lab_ns "$1-st" "$node"
	lab_wire "$1-st:up0" "$node:sw0"
	export OVS_RUNDIR=$dir OVS_LOGDIR=$dir OVS_DBDIR=$dir
	ovsdb-tool create "$dir/conf.db" /usr/share/openvswitch/vswitch.ovsschema || { OVS_WHY="no database" && return 1; }
	lab_spawn "$node" ovsdb ovsdb-server "$dir/conf.db" --remote="punix:$dir/db.sock" --unixctl="$dir/db.ctl"
	wait_until 10 "ovsdb-server answers" test -S "$dir/db.sock" || { OVS_WHY="no database server" && return 1; }
	ovs_vsctl --no-wait init
	lab_spawn "$node" vswitchd ovs-vswitchd "unix:$dir/db.sock" --unixctl="$dir/vswitchd.ctl"
	ovs_vsctl -t 10 add-br br0 -- set bridge br0 datapath_type=netdev fail_mode=secure -- \
		add-port br0 sw0 -- set interface sw0 ofport_request=1 || { OVS_WHY="no bridge" && return 1; }
	in_ns "$node" ovs-ofctl add-flow "unix:$dir/br0.mgmt" 'in_port=1,actions=in_port' ||
		{ OVS_WHY="no flow" && return 1; }
	napi_on "$1-st:up0" "$node:sw0"
	favour "$(pid_of vswitchd)"
}
ovs_vsctl() { ovs-vsctl --db="unix:$LAB_RUN/ovs/db.sock" "$@"; }
ovs_down() {
	lab_stop vswitchd || true
	lab_stop ovsdb || true
}
