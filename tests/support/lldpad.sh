# shellcheck shell=bash
# lldpad (Open-LLDP) as the peer of evbd: sourced by tests/netns/lldpad-*.sh after lib.sh. One wire, host:eth0 (the
# station) to switch:swp1 (the bridge); one end is evbd, the other lldpad. "Row N" in a test is a row of the table of
# lldpad's habits in docs/testing.md.
#
#   lldpad_test NAME                  as netns_test; without lldpad: fails where peers are required, else skips
#   lldpad_lab STATION BRIDGE         start both ends, each evbd or lldpad, and wait until they have negotiated
#   vdptool_vsi MODE NUMBER [TYPE]    one command to lldpad's station; what it says about the outcome
#   evbd_vsi OP NUMBER [OPTIONS]      the same for evbd's station
#   lldpad_speaks ratified|draft02    what the next lldpad speaks; it has to be configured anew
#   draft_vsi MODE NUMBER [TYPE]      one command to lldpad's draft station, which does not wait for its outcome
#   draft_state_is NODE NUMBER STATE  what lldpad lists; draft_lists NODE NUMBER: at all
#   ecpdus NODE                       what it sent so far, a line each: OCTETS request|ack SEQUENCE end|open
#
# lldpad listens on an abstract socket and keeps its state in /dev/shm. Here it runs in a network namespace and a mount
# namespace of its own and without a pid file, so that it sees only the wire's end and no other daemon of that name.

generation=ratified
rte=8 rwd=17 rka=17 # of both ends: keep-alives each 1.3 s, silence is noticed after 2 s
MANAGER=6d67:7231:: # "mgr1", as vdptool writes it

lldpad_test() {
	need_peers lldpad lldptool vdptool
	netns_test "$@"
	lab_ns host switch
	lab_wire host:eth0 switch:swp1
	capture switch swp1 wire 'ether proto 0x88cc or ether proto 0x8940 or ether proto 0x88b7'
}
device_of() { case $1 in host) echo eth0 ;; *) echo swp1 ;; esac }

lldpad_lab() { # STATION BRIDGE
	"$1_conf" host station
	"$2_conf" switch bridge
	"$2_start" switch
	"$1_start" host
	eventually 30 "negotiated: $1 the station, $2 the bridge" eval "$1_negotiated host && $2_negotiated switch"
}

# ---- lldpad --------------------------------------------------------------------------------------------------------

lldpad_speaks() { generation=$1; }
lldpad_conf() { # NODE ROLE
	if [[ $generation == draft02 ]]; then draft_conf "$@"; else ratified_conf "$@"; fi
}
draft_conf() {
	cat >"$LAB_RUN/$1.lldpad.conf" <<-CONF
		dcbx : { version = "1.0"; dcbx_version = 2; };
		nearest_customer_bridge : { $(device_of "$1") : { adminStatus = 3; vdp : { enableTx = true; role = "$2"; };
		  tlvid001b3f00 : { enableTx = true; fmode = "reflectiverelay"; capabilities = "rte,ecp,vdp"; rte = "15";
		    vsis = "3295"; }; }; };
	CONF
}
ratified_conf() {
	local extra='evbmode = "station"; evbrrreq = true;'
	[[ $2 == station ]] || extra='evbmode = "bridge"; evbrrcap = true;'
	cat >"$LAB_RUN/$1.lldpad.conf" <<-CONF
		dcbx : { version = "1.0"; dcbx_version = 2; };
		nearest_customer_bridge : { $(device_of "$1") : { adminStatus = 3;
		  tlvid0080c20d : { enableTx = true; evbgpid = true; $extra
		    ecprte = $rte; ecpretries = 3; vdprwd = $rwd; vdprka = $rka; }; }; };
	CONF
}
lldpad_start() { # NODE
	lab_spawn "$1" "$1.lldpad" unshare -m sh -c "
		mount --make-rprivate / && mount -t tmpfs none /dev/shm &&
		exec lldpad -p -t -V ${LLDPAD_LOG:-4} -f '$LAB_RUN/$1.lldpad.conf'"
	wait_until 10 "lldpad of $1 answers" lldpad_evb "$1" || die "lldpad did not start in ${LAB_PREFIX}$1"
}
evb_tlv() { if [[ $generation == draft02 ]]; then echo evbcfg; else echo evb; fi; }
lldpad_evb() { # NODE [lldptool options: -n neighbour, -c configuration]
	in_ns "$1" lldptool -i "$(device_of "$1")" -g ncb -t -V "$(evb_tlv)" "${@:2}" >"$LAB_RUN/lldptool.txt" 2>&1
}
lldpad_says() { # NODE PATTERN - own EVB TLV
	lldpad_evb "$1" && grep -qE "$2" "$LAB_RUN/lldptool.txt"
}
lldpad_negotiated() { # reflective relay is on, and lldpad passed it to its VDP
	if [[ $generation == draft02 ]]; then
		lldpad_says "$1" 'configured forwarding mode: \(0x40\)' &&
			lldpad_says "$1" 'configured capabilities: \(0x7\)'
		return
	fi
	lldpad_says "$1" 'bridge:bgid,rrcap,rrctr\(0x7\)' && lldpad_says "$1" 'station:sgid,rrreq,rrstat\(0xd\)'
}
lldpad_stop() { lab_stop "$1.lldpad" "${2:-TERM}" || true; } # NODE [SIGNAL]

# VSI n of either station has MAC 52:54:00:00:00:n and VID 100.
uuid_of() { printf '11111111-2222-4333-8444-%012x' "$1"; }
mac_of_vsi() { printf '52:54:00:00:00:%02x' "$1"; }
vdptool_vsi() { # row 13: lldpad's VDP is refused until the TLV after the one that completes the negotiation
	local deadline=$((SECONDS + 35)) said
	until said=$(vdptool_once "$@") || [[ $said != *"VDP protocol not supported"* ]] || ((SECONDS > deadline)); do
		sleep 0.1
	done
	printf '%s\n' "$said"
}
vdptool_once() {
	in_ns host vdptool -i eth0 -T -W -V "$1" -c mode="$1" -c mgrid2=mgr1 -c typeid="${3:-5}" -c typeidver=4 \
		-c uuid="$(uuid_of "$2")" -c hints=none -c filter="100-$(mac_of_vsi "$2")" 2>&1
}

# VSIs of lldpad's draft station are of manager 1. Modes as on the wire: 0 pre-associate, 1 with reservation, 2 associate,
# 3 de-associate. lldptool lists "state,manager,...": 2 associated, 4 pre-associated, 6 ended.
draft_vsi() {
	in_ns host lldptool -i eth0 -g ncb -T -V vdp -c \
		mode="$1,1,${3:-5},4,$(uuid_of "$2"),2,$(mac_of_vsi "$2"),100" >"$LAB_RUN/lldptool.txt" 2>&1
}
draft_state_is() { # NODE NUMBER STATE
	in_ns "$1" lldptool -i "$(device_of "$1")" -g ncb -t -V vdp -c mode >"$LAB_RUN/lldptool.txt" 2>&1
	grep -qE "(mode=|,100)$3,1,[0-9]+,4,$(uuid_of "$2")" "$LAB_RUN/lldptool.txt"
}
draft_lists() { draft_state_is "$1" "$2" '[0-9]'; } # NODE NUMBER

# ---- evbd ----------------------------------------------------------------------------------------------------------

evbd_conf() { # NODE ROLE
	cat >"$LAB_RUN/$1.conf" <<-CONF
		system = { name = "$1"; };
		control = { socket = "$LAB_RUN/$1.sock"; };
		state_dir = "$LAB_RUN/$1.state";
		types = "types.conf";
		log = { level = "debug"; };
		evb = { rte = $rte; rwd = $rwd; rka = $rka; group_ids = true; };
		ports = ( { name = "$(device_of "$1")"; role = "$2"; } );
	CONF
	cat >"$LAB_RUN/types.conf" <<-CONF
		default_manager = "$MANAGER";
		types = (
			{ id = 5; versions = "0-255"; vids = [ 100 ]; },
			{ id = 6; versions = "0-255"; refuse = { error = "resources"; reason = "retired"; }; }
		);
	CONF
	mkdir -p "$LAB_RUN/$1.state"
}
evbd_start() { lab_evbd "$1" "$LAB_RUN/$1.conf"; } # NODE
evbd_negotiated() { # NODE
	query "$1" ports 'map(select(.generation == $is and .reflective_relay.active)) | length == 1' --arg is "$generation"
}
evbd_port() { query "$1" ports ".[0] | $2"; } # NODE JQ-FILTER

evbd_vsi() { # associate|preassociate|deassociate NUMBER [OPTIONS]
	local about=()
	[[ $1 == deassociate ]] || about=(--port eth0 --type-id 5 --type-version 4 --manager "$MANAGER"
		--filters "$(mac_of_vsi "$2")/100")
	ctl host vsi "$1" --id "$(uuid_of "$2")" "${about[@]}" "${@:3}"
}
vsi_is() { query "$1" vsi 'any(.id == $id and ('"$3"'))' --arg id "$(uuid_of "$2")"; } # NODE NUMBER JQ-FILTER
state_is() { vsi_is "$1" "$2" ".state == \"$3\""; }                                     # NODE NUMBER STATE

# ---- the wire ------------------------------------------------------------------------------------------------------

ecpdus() {
	perl -e '
		local $/;
		my ($mac, $pcap) = (pack("H12", $ARGV[0] =~ tr/://dr), scalar <STDIN>);
		for (my ($at, $octets) = (24); $at + 16 <= length $pcap; $at += 16 + $octets) {
			$octets = unpack("x8 L", substr($pcap, $at, 16));
			my $frame = substr($pcap, $at + 16, $octets);
			next unless substr($frame, 6, 6) eq $mac && substr($frame, 12, 2) eq "\x89\x40";
			my ($kind, $seq) = unpack("x14 n n", $frame);
			my ($tlv, $is_closed) = (18, 0);
			while (!$is_closed && $tlv + 2 <= length $frame) {
				my $head = unpack("n", substr($frame, $tlv, 2));
				$is_closed = $head >> 9 == 0;
				$tlv += 2 + ($head & 511);
			}
			printf "%d %s %d %s\n", $octets, $kind & 0x400 ? "ack" : "request", $seq, $is_closed ? "end" : "open";
		}' "$(mac_of "$1" "$(device_of "$1")")" <"$LAB_RUN/wire.pcap"
}
# Row 2: evbd closes each payload, lldpad none. Row 5: lldpad's acknowledgements of 18 octets are taken.
check_ecpdus() { # NODE-OF-EVBD NODE-OF-LLDPAD
	ecpdus "$1" >"$LAB_RUN/evbd.txt"
	ecpdus "$2" >"$LAB_RUN/lldpad.txt"
	ok "evbd sent requests and acknowledgements" awk '{ n[$2]++ } END { exit !(n["request"] && n["ack"]) }' \
		"$LAB_RUN/evbd.txt"
	ok "row 2: an End TLV closes every payload of evbd" awk '$4 != "end" { exit 1 }' "$LAB_RUN/evbd.txt"
	ok "row 2: and none of lldpad, whose requests were taken all the same" \
		awk '$2 == "request" && $4 != "open" { exit 1 }' "$LAB_RUN/lldpad.txt"
	ok "row 5: lldpad acknowledges with 18 octets" awk '$2 == "ack" && $1 != 18 { exit 1 }' "$LAB_RUN/lldpad.txt"
}
