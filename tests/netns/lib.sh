# shellcheck shell=bash
# Frame of the namespace tests: real evbd in namespaces of this test's own (prefix evbt-NAME-PID-, so that a kept demo
# lab, another test or another checkout is not in the way). Waits poll with a deadline; nothing sleeps for a fixed
# time. Exit 77 means skipped. EVBD_BUILD is the build folder.
#
#   netns_test NAME PROGRAM...    skip without root or a program; prepare, clean up on exit, check the daemons' logs
#   vm_lab [KEY=VALUE...]         the demo's topology with both daemons running and reflective relay negotiated
#   ok WHAT COMMAND...            the command must succeed
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
. "$EVB_ROOT/scripts/lab.sh"

EVBD_BIN=$(realpath "${EVBD_BUILD:-$EVB_ROOT/build/dev}")/bin
# shellcheck disable=SC2034 # for the tests
VM1_MAC=52:54:00:00:00:01 VM2_MAC=52:54:00:00:00:02 NET_MAC=52:54:00:00:00:09 STRANGER=52:54:00:00:00:66
VM1_VSI=00000000-0000-4000-8000-000000000001 VM2_VSI=00000000-0000-4000-8000-000000000002

skip() {
	echo "skipped: $*"
	exit 77
}

# need_peers PROGRAM...: without one of them it fails where peers are required, else skips.
need_peers() {
	local program
	for program; do
		command -v "$program" >/dev/null && continue
		[[ -z ${CI:-}${EVBD_REQUIRE_PEERS:-} ]] || die "$program is missing: scripts/deps interop"
		skip "$program is not there: scripts/deps interop"
	done
}

DAEMONS=(switch host) # nodes with an evbd, for netns_end

netns_test() {
	local name=$1 program stale
	shift
	[[ $(id -u) -eq 0 ]] || skip "needs root"
	[[ -x $EVBD_BIN/evbd && -x $EVBD_BIN/evbctl ]] || die "no evbd and evbctl in $EVBD_BIN (EVBD_BUILD names another build)"
	# A system call that is not on daemon/sandbox.c's list ends the daemon, and the test.
	[[ $("$EVBD_BIN/evbd" --version) != *seccomp* ]] || EVBD_OPTIONS=(--seccomp kill)
	for program in ip jq ping tcpdump perl "$@"; do
		command -v "$program" >/dev/null || skip "$program is not there"
	done
	for stale in /run/evbt-*-*/; do # of a killed run
		[[ -d $stale ]] || continue
		LAB_RUN=${stale%/}
		kill -0 "${LAB_RUN##*-}" 2>/dev/null || lab_down
	done
	LAB_RUN=/run/evbt-$name-$$
	LAB_PREFIX=evbt-$name-$$-
	mkdir -p "$LAB_RUN"
	at_exit netns_end
	ip netns add "${LAB_PREFIX}probe" 2>/dev/null || skip "no network namespaces here"
	ip netns del "${LAB_PREFIX}probe"
}

# The daemons stop cleanly and no sanitizer complained; on failure their last words are shown. Runs in run_at_exit,
# whose `status` becomes the exit status.
netns_end() {
	local node failed=$((status != 0))
	for node in "${DAEMONS[@]}"; do
		[[ -e $LAB_RUN/$node.pid ]] || continue
		lab_stop "$node" || { warn "evbd of $node ended with status $?" && failed=1; }
	done
	sane || failed=1
	tapes_play || failed=1
	if ((failed && status != 77)); then
		for node in "${DAEMONS[@]}"; do
			[[ ! -e $LAB_RUN/$node.log ]] || { echo "--- last lines of $node.log" && tail -n 25 "$LAB_RUN/$node.log"; } >&2
		done
		status=1
	fi
	if [[ -n ${EVBD_KEEP_PCAPS:-} ]]; then # for scripts/corpus
		mkdir -p "$EVBD_KEEP_PCAPS"
		cp "$LAB_RUN"/*.pcap "$EVBD_KEEP_PCAPS/" || true
	fi
	lab_down
}

# With LAB_TAPES every daemon's inputs are recorded; played again they have to give the same frames.
tapes_play() {
	local tape failed=0
	for tape in "$LAB_RUN"/*.tape; do
		[[ -e $tape ]] || continue
		"$EVBD_BIN/evbd" --replay "$tape" >"$LAB_RUN/played.txt" 2>&1 || { cat "$LAB_RUN/played.txt" && failed=1; } >&2
		[[ -z ${EVBD_VERBOSE:-} ]] || cat "$LAB_RUN/played.txt"
	done
	return $failed
}

sane() { ! grep -snE 'ERROR: (Address|Leak)Sanitizer|runtime error:|Assertion' "$LAB_RUN"/*.log >&2; }

ok() {
	local what=$1
	shift
	"$@" >"$LAB_RUN/out.txt" || {
		head -c 2000 "$LAB_RUN/out.txt" >&2
		die "$what"
	}
	good "$what"
}
eventually() { # SECONDS WHAT COMMAND...
	wait_until "$@" || die "$2"
	good "$2"
}
equal() { [[ $1 == "$2" ]] || { warn "expected $2, is $1" && false; }; } # IS EXPECTED

is_written() { query "$1" status 'all(.state == "good" and .state_pending == 0 and .state_written > 0)'; } # NODE
rss_kb() { # NODE: of its daemon, in kB
	ps -o rss= -p "$(pgrep -P "$(<"$LAB_RUN/$1.pid")" -x evbd || cat "$LAB_RUN/$1.pid")" | tr -d ' '
}
seen() { tshark -nr "$LAB_RUN/$1.pcap" -Y "$2" 2>/dev/null | wc -l; } # CAPTURE FILTER: how many frames, by tshark

refused() { # WHAT TEXT EVBCTL-ARGUMENTS... - exit code 1 and this reason
	local what=$1 want=$2 code=0
	ctl "${@:3}" >"$LAB_RUN/out.txt" 2>"$LAB_RUN/err.txt" || code=$?
	[[ $code -eq 1 ]] || die "$what: exit code $code"
	grep -qF -- "$want" "$LAB_RUN/err.txt" || die "$what: says $(<"$LAB_RUN/err.txt")"
	good "refused: $what"
}

tcp() { # CLIENT SERVER ADDRESS [iperf3 options]
	local name=iperf3-$2 mbits
	: >"$LAB_RUN/$name.log"
	lab_spawn "$2" "$name" iperf3 -s -1 --forceflush
	wait_until 10 "iperf3 listens in $2" grep -q listening "$LAB_RUN/$name.log"
	in_ns "$1" timeout 30 iperf3 -c "$3" -t 1 -J "${@:4}" >"$LAB_RUN/tcp.json" || die "iperf3 $1 -> $2 fails"
	lab_stop "$name" || true
	mbits=$(jq '.end.sum_received.bits_per_second / 1e6 | floor' "$LAB_RUN/tcp.json")
	((mbits >= 5)) || die "TCP $1 -> $2 ${*:4} crawls: $mbits Mbit/s"
	good "TCP $1 -> $2 ${*:4}: $mbits Mbit/s"
}

# ---- the demo's topology --------------------------------------------------------------------------------------------

# Settings: driver=auto relay=vepa rka=17 rwd=17 rte=8 (17: 1.3 s, so that silence is noticed within seconds)
# channels=yes: vm1 in S-channel 2, vm2 in S-channel 3, uplink MTU 1508
# tag=vn-tag or e-tag: a VIF for each VM, uplink MTU 1510 or 1512, nothing of the hypervisor's own
vm_lab() {
	driver=auto relay=vepa rka=17 rwd=17 rte=8 channels='' tag=''
	local setting
	for setting; do
		printf -v "${setting%%=*}" %s "${setting#*=}"
	done
	lab_ns switch host vm1 vm2 net
	lab_wire host:eth0 switch:swp1
	lab_wire vm1:eth0 host:vnet1
	lab_wire vm2:eth0 host:vnet2
	lab_wire net:eth0 switch:swp2
	lab_wire net:mgmt0 switch:swp3
	lab_address vm1 eth0 10.99.0.1/24 $VM1_MAC
	lab_address vm2 eth0 10.99.0.2/24 $VM2_MAC
	lab_address net eth0 10.99.0.9/24 $NET_MAC
	lab_address net mgmt0 10.98.0.9/24
	[[ -n $tag ]] || lab_address host eth0 10.98.0.1/24
	[[ -z $tag ]] || lab_mtu "$([[ $tag == vn-tag ]] && echo 1510 || echo 1512)" host:eth0 switch:swp1
	[[ -z $channels ]] || lab_mtu 1508 host:eth0 switch:swp1
	vm_lab_configure
	lab_evbd switch "$LAB_RUN/switch.conf"
	lab_evbd host "$LAB_RUN/host.conf"
	if [[ -n $channels ]]; then
		eventually 30 "three channels run at both ends" channels_run 3
	elif [[ -n $tag ]]; then
		eventually 30 "two VIFs run at both ends" vifs_run 2
	elif [[ $relay == veb ]]; then
		eventually 30 "both ends are EVB peers" peered
	else
		eventually 30 "reflective relay is negotiated" reflecting
	fi
}
peered() {
	query host ports 'map(select(.name == "eth0" and .generation == "ratified")) | length == 1' &&
		query switch ports 'map(select(.name == "swp1" and .generation == "ratified")) | length == 1'
}

vm_lab_configure() {
	local uplink='vm_ports = [ "vnet*" ];' bridge='' own='host_vsi = { type_id = 2; type_version = 1; vid = 1; };'
	if [[ -n $channels ]]; then
		uplink='cdcp = { enabled = true; }; channels = (
			{ scid = 2; vm_ports = [ "vnet1" ]; },
			{ scid = 3; vm_ports = [ "vnet2" ]; } );'
		bridge='cdcp = { enabled = true; svid_low = 100; svid_high = 299; };'
	fi
	if [[ -n $tag ]]; then
		own="port_extension = { tag = \"$tag\"; };"
		bridge='port_extension = { tag = "any"; };'
	fi
	cat >"$LAB_RUN/host.conf" <<-CONF
		system = { name = "host"; };
		control = { socket = "$LAB_RUN/host.sock"; };
		state_dir = "$LAB_RUN/host.state";
		log = { level = "debug"; };
		evb = { rte = $rte; rwd = $rwd; rka = $rka; };
		ports = (
			{ name = "eth0"; role = "station"; relay = "$relay"; driver = "$driver"; $uplink
			  $own }
		);
	CONF
	cat >"$LAB_RUN/switch.conf" <<-CONF
		system = { name = "switch"; };
		control = { socket = "$LAB_RUN/switch.sock"; };
		state_dir = "$LAB_RUN/switch.state";
		types = "types.conf";
		log = { level = "debug"; };
		evb = { rte = $rte; rwd = $rwd; rka = $rka; };
		ports = (
			{ name = "swp1"; role = "bridge"; driver = "$driver"; $bridge },
			{ name = "swp2"; role = "ordinary"; driver = "$driver"; pvid = 100; },
			{ name = "swp3"; role = "ordinary"; driver = "$driver"; pvid = 1; }
		);
	CONF
	cat >"$LAB_RUN/types.conf" <<-CONF
		default_manager = "::1";
		types = (
			{ id = 1; name = "vm"; vids = [ 100 ]; default_vid = 100; },
			{ id = 2; name = "hypervisor"; vids = [ 1 ]; default_vid = 1; },
			{ id = 3; name = "retired"; vids = [ 100 ]; default_vid = 100;
			  refuse = { error = "resources"; reason = "retired"; }; }
		);
	CONF
	mkdir -p "$LAB_RUN/host.state" "$LAB_RUN/switch.state"
}

associate_vms() { # both VMs; the hypervisor's own VSI comes by itself, where it has one
	{ vsi_row $VM1_VSI $VM1_MAC vnet1 ${channels:+2} && vsi_row $VM2_VSI $VM2_MAC vnet2 ${channels:+3}; } >"$LAB_RUN/vms.json"
	ok "evbctl vsi associate -f" ctl host vsi associate -f "$LAB_RUN/vms.json"
	eventually 20 "all VSIs are associated on both sides" all_associated "$([[ -n $tag ]] && echo 2 || echo 3)"
}
