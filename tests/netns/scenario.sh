#!/bin/bash
# Plays scenario files (tests/scenario, README.md there has the language) in real time: each node is a namespace with an
# evbd in it, each wire a veth pair, each guest the far end of one. Without arguments: the files that say "# real: yes".
#
# A file that needs a hand on time, on the frames of a wire or inside a daemon is not for real time and is left out,
# saying so. `within` has two seconds of grace: processes start and poll here. `run` and `never` are cut to three
# seconds. `quiet` is not visible from outside; at the end the ends of every living wire must agree, as in virtual time.
. "$(dirname "$0")/lib.sh"

SCENARIOS=$EVB_ROOT/tests/scenario
GRACE_MS=2000 CUT_MS=3000 LEAST_MS=200 END_MS=30000
UNASSOCIATED='unassociated' # what a port may be told that the configuration below does not write

fail() { die "$FILE:$line_no: $*"; }

# ---- words ----------------------------------------------------------------------------------------------------------

# split WORD...: KEY=VALUE words, and bare ones as empty values, into `arg`.
split() {
	local word
	arg=()
	for word; do
		if [[ $word == *=* ]]; then arg[${word%%=*}]=${word#*=}; else arg[$word]=''; fi
	done
}
truth() { if [[ $1 == off ]]; then echo false; else echo true; fi; }
node_of() { echo "${1%%.*}"; }
port_of() { echo "${1#*.}"; }
now_ms() { echo $((${EPOCHREALTIME//[!0-9]/} / 1000)); }
milliseconds() { # DURATION
	local units=([1]=us [2]=ms [3]=s [4]=min [5]=h [6]=d) factors=(0 0.001 1 1000 60000 3600000 86400000) i
	for i in 1 2 3 4 5 6; do
		[[ ! $1 =~ ^([0-9.]+)${units[i]}$ ]] || { awk "BEGIN { print int(${BASH_REMATCH[1]} * ${factors[i]}) }" && return; }
	done
	fail "\"$1\" is no duration"
}
octets() { # NUMBER OF-OCTETS: hexadecimal
	printf "%0$(($2 * 2))x" "$1"
}
vsi_id() { # K, as evbd writes it
	printf '00000000-0000-0000-0000-0000%08x\n' "$1"
}
mac_hex() { # hexadecimal: vsiK, broadcast or an address
	case $1 in
	vsi*) echo "0200$(octets "${1#vsi}" 4)" ;;
	broadcast) echo ffffffffffff ;;
	*) echo "${1//:/}" ;;
	esac
}

# ---- what is configured -----------------------------------------------------------------------------------------------

port_row() { # N.P
	local -A arg
	local evb='' key text=''
	read -ra key <<<"${settings[$1]}"
	split "${key[@]}"
	for key in "${!arg[@]}"; do
		case $key in
		pvid | max_vsis) text+=" $key = ${arg[$key]};" ;;
		generation) text+=" generation = \"${arg[$key]}\";" ;;
		relay) text+=" relay = \"${arg[relay]}\";" ;;
		rr) text+=" reflective_relay = $(truth "${arg[rr]}");" ;;
		strict_move | bpdu_guard) text+=" $key = $(truth "${arg[$key]}");" ;;
		tx_interval) text+=" lldp = { tx_interval = ${arg[$key]}; };" ;;
		host_vsi) text+=" host_vsi = { type_id = ${arg[$key]:-1}; vid = ${arg[pvid]-1}; };" ;;
		retries | rte | rwd | rka) evb+=" $key = ${arg[$key]};" ;;
		gid) evb+=" group_ids = $(truth "${arg[gid]}");" ;;
		manual) evb+=" manual = $(truth "${arg[manual]}");" ;;
		evb) evb+=" enabled = $(truth "${arg[evb]}");" ;;
		esac
	done
	[[ ${roles[$1]} != station ]] || text+=" vm_ports = [${vm_ports[$1]:+ \"${vm_ports[$1]// /\", \"}\" }];"
	printf '\t{ name = "%s"; role = "%s";%s evb = {%s }; }' "$(port_of "$1")" "${roles[$1]}" "$text" "$evb" |
		if [[ ${roles[$1]} == ordinary ]]; then sed 's/ evb = { };//'; else cat; fi
}
type_row() { # the words of a type line
	local -A arg
	local errors=(_ format resources no_manager other address)
	split "$@"
	printf '\t{ id = %s;' "${arg[id]-1}"
	[[ ! -v arg[vids] ]] || if [[ ${arg[vids]} == *-* ]]; then printf ' vids = ( "%s" );' "${arg[vids]}"; else printf ' vids = ( %s );' "${arg[vids]}"; fi
	[[ ! -v arg[default] ]] || printf ' default_vid = %s;' "${arg[default]}"
	[[ ! -v arg[pcp] ]] || printf ' pcp = %s;' "${arg[pcp]}"
	[[ ! -v arg[group] ]] || printf ' groups = ( { group = %d; vid = %d; } );' "${arg[group]%:*}" "${arg[group]#*:}"
	[[ ! -v arg[refuse] ]] || printf ' refuse = { error = "%s"; hard = %s; };' "${errors[${arg[refuse]}]}" "$(truth "${arg[hard]-off}")"
	printf ' }'
}
configure() { # NODE
	local place separator=''
	{
		printf 'system = { name = "%s"; };\ncontrol = { socket = "%s"; };\nstate_dir = "%s";\ntypes = "%s.types";\n' \
			"$1" "$LAB_RUN/$1.sock" "$LAB_RUN/$1.state" "$LAB_RUN/$1"
		printf 'log = { level = "debug"; };\nports = (\n'
		for place in ${ports[$1]}; do
			printf %s "$separator"
			port_row "$place"
			separator=$',\n'
		done
		printf '\n);\n'
	} >"$LAB_RUN/$1.conf"
	printf 'default_manager = "::1";\ntypes = (\n%s\n);\n' "${types[$1]-}" >"$LAB_RUN/$1.types"
}

# ---- wires ------------------------------------------------------------------------------------------------------------

plain_ns() { # NODE: the kernel says nothing of its own on the wires
	lab_ns "$1"
	# shellcheck disable=SC2016
	in_ns "$1" sh -c 'for i in all default; do echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6; done' 2>/dev/null || true
}
# The guest at a VM port or an ordinary port is the scenario: it sends raw frames and counts those that come.
guest() { # N.P
	local far=${1/./-}
	[[ -v ns[guests] ]] || plain_ns guests
	ns[guests]=1
	lab_wire "$(node_of "$1"):$(port_of "$1")" "guests:$far"
	far_end[$1]=guests:$far
	if grep -q "counter $1 received" "$FILE"; then
		capture guests "$far" "at-$far" -Q in 'ether[12:2] = 0x88b5 or ether[16:2] = 0x88b5'
	fi
}

# ---- the language -----------------------------------------------------------------------------------------------------

do_node() { plain_ns "$1" && ports[$1]=''; }
do_port() {
	local place=$1.$2
	roles[$place]=$3
	settings[$place]="${*:4}"
	ports[$1]+=" $place"
	[[ $3 != ordinary ]] || guest "$place"
}
do_vm() {
	vm_ports[$1.$3]+=${vm_ports[$1.$3]:+ }$2
	guest "$1.$2"
}
do_type() { types[$1]+=${types[$1]:+$',\n'}$(type_row "${@:2}"); }
do_start() {
	local node
	(($#)) || set -- "${!ports[@]}"
	for node; do
		mkdir -p "$LAB_RUN/$node.state"
		configure "$node"
		lab_evbd "$node" "$LAB_RUN/$node.conf"
		running[$node]=1
	done
}
do_kill() {
	lab_stop "$1" KILL 2>/dev/null || true # bash says "Killed"
	rm -rf "$LAB_RUN/$1.state"
	unset "running[$1]"
}
do_stop() {
	lab_stop "$1" || fail "evbd of $1 ended with status $?"
	rm -rf "$LAB_RUN/$1.state"
	unset "running[$1]"
}
do_wire() {
	lab_wire "${1/./:}" "${2/./:}"
	far_end[$1]=${2/./:} far_end[$2]=${1/./:}
	wires+=("$1 $2")
}
do_link() {
	ip -n "$LAB_PREFIX$(node_of "$1")" link set "$(port_of "$1")" "$2"
	if [[ $2 == down ]]; then down[$1]=1; else unset "down[$1]"; fi
}
do_conf() {
	settings[$1]+=" ${*:2}"
	configure "$(node_of "$1")"
	ctl "$(node_of "$1")" reload >/dev/null || fail "evbctl reload"
}
do_vm_gone() { ip -n "$LAB_PREFIX$(node_of "$1")" link del "$(port_of "$1")"; }

vsi_lines() { # the words of an associate line, as `evbctl vsi -f` reads them
	local -A arg
	local k hex mac fixed group=''
	split "${@:2}"
	[[ ! -v arg[group] ]] || printf -v group ',"group":%d' "${arg[group]}"
	printf -v fixed ',"port":"%s","type_id":%d,"type_version":%d' "$(port_of "$1")" "${arg[type]-1}" "${arg[version]-0}"
	fixed+=${arg[vm]:+",\"vm_port\":\"${arg[vm]}\""}
	for k in migrating suspended; do
		[[ ! -v arg[$k] ]] || fixed+=",\"$k\":true"
	done
	for ((k = ${arg[vsi]-1}; k < ${arg[vsi]-1} + ${arg[count]-1}; k++)); do
		printf -v hex %08x "$k"
		mac=",\"mac\":\"02:00:${hex:0:2}:${hex:2:2}:${hex:4:2}:${hex:6:2}\""
		[[ ! -v arg[nomac] ]] || mac=''
		printf '{"id":"%s","filters":[{"vid":%d%s%s}]%s}\n' "$(vsi_id "$k")" "${arg[vid]-0}" "$mac" "$group" "$fixed"
	done
}
do_associate() {
	local -A arg
	local command=(associate)
	split "${@:2}"
	case ${arg[op]-assoc} in
	pre) command=(preassociate) ;;
	prerr) command=(preassociate --resource-reservation) ;;
	esac
	vsi_lines "$@" >"$LAB_RUN/vsis.json"
	ask "$(node_of "$1")" "${command[@]}"
}
# What becomes of the VSIs is for `expect` to see: the bridge may have refused already, or the VSI be gone.
ask() { # NODE OPERATION...: of the VSIs in vsis.json
	ctl "$1" vsi "${@:2}" --no-wait -f "$LAB_RUN/vsis.json" >"$LAB_RUN/out.txt" 2>&1 || (($? == 1)) ||
		fail "$(head -n 3 "$LAB_RUN/out.txt")"
}
do_deassociate() {
	local -A arg
	local k port
	split "${@:2}"
	port=$(port_of "$1")
	for ((k = ${arg[vsi]-1}; k < ${arg[vsi]-1} + ${arg[count]-1}; k++)); do
		printf '{"id":"%s","port":"%s"}\n' "$(vsi_id "$k")" "$port"
	done >"$LAB_RUN/vsis.json"
	ask "$(node_of "$1")" deassociate
}
do_withdraw() { do_deassociate "$@"; }
do_send() {
	local -A arg
	local frame far=${far_end[$1]} i
	split "${@:2}"
	frame=$(mac_hex "${arg[dst]-02:ff:00:00:00:00}")$(mac_hex "${arg[src]-02:ff:00:00:00:00}")
	[[ ${arg[vid]-0} == 0 ]] || frame+=8100$(octets "${arg[vid]}" 2)
	if [[ -v arg[bpdu] ]]; then frame+=0026424203; else frame+=88b5; fi
	while ((${#frame} < 2 * ${arg[len]-60})); do frame+=00; done
	for ((i = 0; i < ${arg[count]-1}; i++)); do
		inject "${far%%:*}" "${far#*:}" "$frame"
	done
}
do_run() {
	local ms
	ms=$(milliseconds "$1")
	((ms <= CUT_MS)) || { note "$FILE:$line_no: run $* is cut to $((CUT_MS / 1000)) s" && ms=$CUT_MS; }
	sleep "$(awk "BEGIN { print ($ms < $LEAST_MS ? $LEAST_MS : $ms) / 1000 }")"
}
do_expect() {
	local deadline within=0
	if [[ ${*: -2:1} == within ]]; then
		within=$(milliseconds "${*: -1}")
		set -- "${@:1:$#-2}"
	fi
	deadline=$(($(now_ms) + within + GRACE_MS))
	until holds "$@"; do
		(($(now_ms) < deadline)) || fail "does not hold in time: $*"
		sleep 0.15
	done
}
do_never() {
	local ms deadline
	ms=$(milliseconds "${*: -1}")
	((ms <= CUT_MS)) || { note "$FILE:$line_no: never ... for ${*: -1} is cut to $((CUT_MS / 1000)) s" && ms=$CUT_MS; }
	deadline=$(($(now_ms) + ms))
	set -- "${@:1:$#-2}"
	while (($(now_ms) < deadline)); do
		! holds "$@" || fail "holds, and must not: $*"
		sleep 0.15
	done
}

# ---- predicates -------------------------------------------------------------------------------------------------------

rows() { # WHAT N.P JQ-FILTER [jq options]: of the rows of that port; false where no daemon answers
	ctl "$(node_of "$2")" -j show "$1" 2>/dev/null >"$LAB_RUN/rows.json" || return 1
	jq -r --arg port "$(port_of "$2")" "${@:4}" \
		"[.$1[] | select((.port // .name) == \$port and .ended == null)] | $3" "$LAB_RUN/rows.json"
}
compare() { # IS TEXT
	case $2 in
	'<='*) (($1 <= ${2#<=})) ;;
	'>='*) (($1 >= ${2#>=})) ;;
	*) (($1 == $2)) ;;
	esac
}
says() { # LINE WORD...: each word is one of the line's
	local word
	for word in "${@:2}"; do
		[[ " $1 " == *" $word "* ]] || return 1
	done
}
holds() {
	local is
	case $1 in
	vsi)
		# shellcheck disable=SC2016
		is=$(rows vsi "$2" 'map(select(.id == $id))[] | .filters[0] as $f | "\(.state) vid=\($f.vid) pcp=\($f.pcp) error=\(.error)"' \
			--arg id "$(vsi_id "$3")") || return 1
		if [[ $4 == gone ]]; then [[ -z $is ]]; else says "$is" "$4"; fi
		;;
	count)
		# shellcheck disable=SC2016
		is=$(rows vsi "$2" 'map(select($state == "any" or .state == $state)) | length' --arg state "$3") || return 1
		compare "$is" "$4"
		;;
	evb)
		is=$(rows ports "$2" 'def on: if . then "on" else "off" end;
			.[] | "peer=\(.peer_state) rr=\(.reflective_relay.active | on) gid=\(.group_ids | on) rte=\(.rte) rka=\(.rka) rwd=\(.rwd) generation=\(.generation)"') ||
			return 1
		says "$is" "${@:3}"
		;;
	agree) agree "$2" "$3" ;;
	quiet) true ;;
	counter)
		is=$(number_of "$2" "$3") || return 1
		compare "$is" "$4"
		;;
	*) fail "unknown predicate \"$1\"" ;;
	esac
}
agree() { # N.P N.P: both have the same associations with the same filters
	local filter='map(select(.state | test("associated")) | [.id, .state, (.filters | map([.vid, .mac, .group]) | sort)]) | sort | tojson' a b
	a=$(rows vsi "$1" "$filter") && b=$(rows vsi "$2" "$filter") && [[ $a == "$b" ]]
}
number_of() { # N.P COUNTER
	local name=$2
	case $name in
	received) recorded "at-${1/./-}" 0x88b5 && return ;;
	reflected) name=rr_reflected ;;
	ecp_requests) # without repetitions: a busy machine acknowledges later than 2.56 ms
		echo $(($(number_of "$1" ecp_tx_frame_count) - $(number_of "$1" ecp_tx_retry_count))) && return
		;;
	ecp_failures) name=ecp_tx_failures ;;
	ecp_duplicates) name=ecp_rx_duplicate ;;
	ecp_not_ready) name=ecp_rx_not_ready ;;
	keep_alive_timeouts | late_answers | manager_timeouts | resp_timeouts) name=vdp_$name ;;
	esac
	counter "$(node_of "$1")" "$(port_of "$1")" "$name"
}

# ---- a file -----------------------------------------------------------------------------------------------------------

# Why FILE can only be played in virtual time; nothing if it can be played here.
not_for_real() {
	local why
	if why=$(grep -oEm1 '^(for|fault|clock|vtdb|hear|forget_types|durable|channel|drop_channel|at|start [^ ]+ again)( |$)' "$1"); then
		echo "\"${why% }\""
	elif why=$(grep -oEm1 "^(expect|never) asked|received_octets|longest|$UNASSOCIATED" "$1"); then
		echo "\"$why\""
	elif sed -n 's/^wire //p' "$1" | awk '{ print $1; print $2 }' | sort | uniq -d | grep -q .; then
		echo "a hub"
	fi
}

check_end() {
	local wire a b deadline
	deadline=$(($(now_ms) + END_MS))
	for wire in "${wires[@]}"; do
		read -r a b <<<"$wire"
		[[ -v running[$(node_of "$a")] && -v running[$(node_of "$b")] && ! -v down[$a] && ! -v down[$b] ]] || continue
		until agree "$a" "$b"; do
			(($(now_ms) < deadline)) || fail "$a and $b do not agree in the end"
			sleep 0.1
		done
	done
}

play() { # FILE
	local line line_no=0 words why started=$SECONDS node
	local -A ports=() roles=() settings=() vm_ports=() types=() far_end=() running=() down=() ns=()
	local wires=()
	FILE=$1
	why=$(not_for_real "$FILE")
	[[ -z $why ]] || { echo "not for real time: $(basename "$FILE"): $why" && return; }
	mkdir -p "$LAB_RUN"
	mapfile -t DAEMONS < <(sed -n 's/^node //p' "$FILE")
	while IFS= read -r line <&3; do
		line_no=$((line_no + 1))
		read -ra words <<<"${line%%#*}"
		((${#words[@]})) || continue
		declare -F "do_${words[0]}" >/dev/null || fail "unknown command \"${words[0]}\""
		"do_${words[0]}" "${words[@]:1}"
	done 3<"$FILE"
	check_end
	for node in "${!running[@]}"; do
		do_stop "$node"
	done
	sane || die "$FILE: a sanitizer's report"
	lab_down
	good "$(basename "$FILE" .evb) ($((SECONDS - started)) s)"
}

netns_test scenario
# Files are independent and wait most of the time: without arguments four are played at once.
if (($# == 0)); then
	grep -l '^# real: yes' "$SCENARIOS"/*.evb | xargs -P 4 -n 1 "$0"
fi
for file; do
	play "$file"
done
