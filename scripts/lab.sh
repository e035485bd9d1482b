# shellcheck shell=bash
# A small network in namespaces with real daemons in it: what scripts/demo and tests/netns are made of. Sourced after
# lib.sh. The caller sets
#
#   LAB_RUN      folder for sockets, logs, pid files and the list of what was made, so that a later run can clean up
#   LAB_PREFIX   of namespace names: node "host" is namespace "${LAB_PREFIX}host"
#   EVBD_BIN     folder of evbd and evbctl
#
# Only namespaces named in $LAB_RUN/made are ever removed. Configurations expect the control socket of node N at
# $LAB_RUN/N.sock.

EVBD_OPTIONS=() # of every evbd

lab_ns() { # NODE...
	local node
	mkdir -p "$LAB_RUN"
	for node; do
		[[ ! -e /run/netns/$LAB_PREFIX$node ]] ||
			die "namespace $LAB_PREFIX$node exists already and is not ours; remove it: ip netns del $LAB_PREFIX$node"
		echo "$LAB_PREFIX$node" >>"$LAB_RUN/made"
		ip netns add "$LAB_PREFIX$node"
		ip -n "$LAB_PREFIX$node" link set lo up
	done
}

lab_wire() { # NODE:IF NODE:IF - a veth pair, both ends up
	local a=$LAB_PREFIX${1%%:*} aif=${1#*:} b=$LAB_PREFIX${2%%:*} bif=${2#*:}
	ip link add "$aif" netns "$a" type veth peer name "$bif" netns "$b"
	ip -n "$a" link set "$aif" up
	ip -n "$b" link set "$bif" up
}

lab_address() { # NODE IF IPV4/LEN [MAC]
	[[ -z ${4:-} ]] || ip -n "$LAB_PREFIX$1" link set "$2" address "$4"
	ip -n "$LAB_PREFIX$1" address replace "$3" dev "$2"
}

lab_mtu() { # MTU NODE:IF...
	local at
	for at in "${@:2}"; do
		ip -n "$LAB_PREFIX${at%%:*}" link set "${at#*:}" mtu "$1"
	done
}

in_ns() { # NODE COMMAND...
	local node=$1
	shift
	ip netns exec "$LAB_PREFIX$node" "$@"
}

mac_of() { in_ns "$1" cat "/sys/class/net/$2/address"; } # NODE IF

# lab_spawn NODE NAME COMMAND...: in the background, out of reach of the terminal's ^C, output in $LAB_RUN/NAME.log.
lab_spawn() {
	local node=$1 name=$2
	shift 2
	setsid ip netns exec "$LAB_PREFIX$node" "$@" >>"$LAB_RUN/$name.log" 2>&1 </dev/null &
	echo $! >"$LAB_RUN/$name.pid"
}

# lab_stop NAME [SIGNAL]: ends what lab_spawn started; its exit status, if it is a child of this shell.
lab_stop() {
	local pid tries=0
	[[ -e $LAB_RUN/$1.pid ]] || return 0
	pid=$(<"$LAB_RUN/$1.pid")
	rm -f "$LAB_RUN/$1.pid"
	lab_is_ours "$pid" || return 0
	kill "-${2:-TERM}" "$pid" 2>/dev/null || true
	while kill -0 "$pid" 2>/dev/null && [[ $(ps -o stat= -p "$pid") != Z* ]]; do
		((++tries < 100)) || { kill -KILL "$pid" 2>/dev/null || true; }
		sleep 0.1
	done
	wait "$pid" 2>/dev/null
}
# A pid file may outlive its process and the number may be reused: the process must be in a namespace of this lab.
lab_is_ours() {
	kill -0 "$1" 2>/dev/null && [[ -e $LAB_RUN/made ]] &&
		grep -qxF "$(ip netns identify "$1" 2>/dev/null)" "$LAB_RUN/made"
}

lab_evbd() { # NODE CONF - start a daemon and wait until it answers
	local tape=()
	[[ -z ${LAB_TAPES:-} ]] || tape=(--record "$LAB_RUN/$1.$RANDOM$RANDOM.tape")
	lab_spawn "$1" "$1" "$EVBD_BIN/evbd" -c "$2" "${EVBD_OPTIONS[@]}" "${tape[@]}"
	wait_until 10 "evbd of $1 answers" lab_answers "$1" || {
		tail -n 20 "$LAB_RUN/$1.log" >&2
		die "evbd did not start in ${LAB_PREFIX}$1 (its log: $LAB_RUN/$1.log)"
	}
}
lab_answers() { [[ -S $LAB_RUN/$1.sock ]] && ctl "$1" show status >/dev/null 2>&1; }

ctl() { # NODE EVBCTL-ARGUMENTS...
	local node=$1
	shift
	"$EVBD_BIN/evbctl" -s "$LAB_RUN/$node.sock" "$@"
}

lab_down() {
	local ns name dev pid
	[[ -d $LAB_RUN ]] || return 0
	for name in "$LAB_RUN"/*.pid; do
		[[ ! -e $name ]] || lab_stop "$(basename "$name" .pid)" || true
	done
	if [[ -e $LAB_RUN/made ]]; then
		while read -r ns; do
			[[ -e /run/netns/$ns ]] || continue
			for pid in $(ip netns pids "$ns"); do # libvirt's guests outlive it
				[[ $(cat "/proc/$pid/comm" 2>/dev/null) != qemu-system-* ]] || kill "$pid" 2>/dev/null || true
			done
			# A shell left open in the namespace would keep the wires alive: take them away by name.
			for dev in $(ip -n "$ns" -o link show type veth | awk -F'[ @:]+' '{ print $2 }'); do
				ip -n "$ns" link del "$dev" 2>/dev/null || true
			done
			ip netns del "$ns"
		done <"$LAB_RUN/made"
	fi
	rm -rf "$LAB_RUN"
}

# ---- waiting and counting ------------------------------------------------------------------------------------------

# wait_until SECONDS WHAT COMMAND...: poll until the command succeeds; 1 and a message when the time is over.
wait_until() {
	local deadline=$((SECONDS + $1)) what=$2
	shift 2
	until "$@"; do
		if ((SECONDS > deadline)); then
			warn "waited in vain until: $what"
			return 1
		fi
		sleep 0.1
	done
}

# query NODE WHAT JQ-FILTER [jq options]: true if the filter on the rows of `show WHAT` gives something but false.
query() {
	local node=$1 what=$2 filter=$3
	shift 3
	ctl "$node" -j show "$what" | jq -e "$@" ".$what | $filter" >/dev/null
}

# n_vsis NODE STATE: how many VSIs of that state the node lists.
n_vsis() { ctl "$1" -j show vsi | jq --arg s "$2" '[.vsi[] | select(.state == $s)] | length'; }
has_vsis() { [[ $(n_vsis "$1" "$2") -eq $3 ]]; } # NODE STATE NUMBER

counter() { # NODE PORT NAME - with its S-channels and VIFs; PORT/N: that S-channel alone, PORT#N: that VIF
	ctl "$1" -j show counters | jq --arg port "$2" --arg name "$3" \
		'[.counters[] | select(.port == $port or "\(.port)/\(.channel)" == $port or "\(.port)#\(.vif)" == $port) | .. | objects | .[$name]? | numbers] |
			add // error("no counter " + $name)'
}

# inject NODE IF HEX: one raw frame, behind the back of every relay. Perl is on every Debian.
inject() {
	in_ns "$1" perl -e '
		my ($dev, $hex) = @ARGV;
		socket(my $s, 17, 3, 0) or die "packet socket: $!";                    # AF_PACKET, SOCK_RAW
		my $req = pack("a16 x24", $dev);
		ioctl($s, 0x8933, $req) or die "$dev: $!";                             # SIOCGIFINDEX
		my $to = pack("S n i S C C a8", 17, 0, unpack("x16 i", $req), 0, 0, 6, "");
		my $frame = pack("H*", $hex);
		send($s, $frame, 0, $to) == length $frame or die "$dev: $!";' "$2" "$3"
}

# capture NODE IF NAME [tcpdump options] / capture_end NAME: record an interface into $LAB_RUN/NAME.pcap.
capture() {
	lab_spawn "$1" "$3" tcpdump -Z root -i "$2" -U --immediate-mode -w "$LAB_RUN/$3.pcap" "${@:4}"
	wait_until 10 "tcpdump listens on $2 of $1" grep -qs 'listening on' "$LAB_RUN/$3.log"
}
capture_end() { lab_stop "$1" INT || true; }
recorded() { tcpdump -nn -e -r "$LAB_RUN/$1.pcap" 2>/dev/null | grep -c -- "$2" || true; } # NAME TEXT: how many frames
has_recorded() { [[ $(recorded "$1" "$2") -ge $3 ]]; }                                       # NAME TEXT NUMBER

# ---- what both users of a lab with host:eth0 = switch:swp1 ask ----------------------------------------------------------------------------

vsi_row() { # ID MAC [VM-PORT [CHANNEL]] - one line for `evbctl vsi associate -f`; the switch chooses the VLAN
	printf '{"id":"%s","port":"eth0","channel":%u,"type_id":1,"type_version":1,"filters":[{"mac":"%s"}],"vm_port":%s}\n' \
		"$1" "${4:-1}" "$2" "${3:+\"}${3:-null}${3:+\"}"
}
reflecting() { # reflective relay is negotiated between eth0 of host and swp1 of switch
	query host ports 'map(select(.name == "eth0" and .reflective_relay.active)) | length == 1' &&
		query switch ports 'map(select(.name == "swp1" and .reflective_relay.active)) | length == 1'
}
svid_of() { ctl "$1" -j show channels | jq --argjson n "$2" '.channels[] | select(.channel == $n) | .svid // 0'; } # NODE CHANNEL
# channels_run N: both sides have so many S-channels, default one included, all running, with the same SVIDs and, where the
# station asks for it, reflective relay.
channels_run() {
	local node port kept=()
	for node in host switch; do
		[[ $node == host ]] && port=eth0 || port=swp1
		query "$node" channels '[.[] | select(.port == $port and .state == "running")] | length == $n and
			all(.generation == "ratified" and .reflective_relay.requested == .reflective_relay.active)' \
			--arg port "$port" --argjson n "$1" || return 1
		kept+=("$(ctl "$node" -j show channels | jq -c '[.channels[] | select(.state == "running") | [.channel, .svid]]')")
	done
	[[ ${kept[0]} == "${kept[1]}" ]]
}
# vifs_run N: both sides have so many VIFs, under the same numbers and with the same tag.
vifs_run() {
	local node kept=()
	for node in host switch; do
		query "$node" vif '[.[] | select(.state == "created" or .state == "associated")] | length == $n' \
			--argjson n "$1" || return 1
		kept+=("$(ctl "$node" -j show vif | jq -c '[.vif[] | select(.id != null) | [.tag, .id]] | sort')")
	done
	[[ ${kept[0]} == "${kept[1]}" ]]
}
vif_of() { ctl host -j show vif | jq --arg vm "$1" '.vif[] | select(.vm_port == $vm) | .id // 0'; } # VM-PORT
all_associated() { has_vsis host associated "$1" && has_vsis switch associated "$1"; } # NUMBER
counts_more() { [[ $(counter "$1" "$2" "$3") -gt $4 ]]; }                               # NODE PORT COUNTER THAN
pings() { in_ns "$1" ping -q -n -c "${3:-3}" -i 0.2 -W 2 "$2" >>"$LAB_RUN/ping.log" 2>&1; } # NODE ADDRESS [COUNT]
