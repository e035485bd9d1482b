# bash completion of evbctl(8), made by "evbctl --completion bash"
_evbctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=() word is_value="" replies

	case $prev in
	-s|--socket|-f|--file|--html) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	--port|--vm-port) mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net)" -- "$cur"); return ;;
	--completion) mapfile -t COMPREPLY < <(compgen -W "bash mdoc" -- "$cur"); return ;;
	--relay) mapfile -t COMPREPLY < <(compgen -W "vepa veb none single" -- "$cur"); return ;;
	--reflective-relay|--learning) mapfile -t COMPREPLY < <(compgen -W "yes no" -- "$cur"); return ;;
	--generation) mapfile -t COMPREPLY < <(compgen -W "ratified draft02" -- "$cur"); return ;;
	--id|--channel|--type-id|--type-version|--manager|--filters|--org|--wait|--scid|--svid|--vm-ports|--pvid|--priority|--untagged|--type) return ;;
	esac
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $is_value$word in
		-s|--socket|--completion|-f|--file|--id|--port|--channel|--type-id|--type-version|--manager|--filters|--vm-port|--org|--wait|--scid|--svid|--relay|--vm-ports|--pvid|--reflective-relay|--learning|--priority|--untagged|--type|--generation|--html|--as|--live|--misbehave) is_value=: ;;
		:*) is_value="" ;;
		-*) ;;
		*) words+=("$word") ;;
		esac
	done
	replies=" -s --socket -j --json -h --help"
	case "${words[*]}" in
	"") replies+=" show vsi channel vif monitor pcap record reload help" ;;
	"show") replies+=" status ports neighbors channels vsi fdb vif types counters" ;;
	"show status") replies+=" -v --verbose" ;;
	"show ports") replies+=" -v --verbose --port" ;;
	"show neighbors") replies+=" -v --verbose --port --channel" ;;
	"show channels") replies+=" -v --verbose --port --channel" ;;
	"show vsi") replies+=" -v --verbose --id --port --channel" ;;
	"show fdb") replies+=" -v --verbose --port --channel" ;;
	"show vif") replies+=" -v --verbose --port" ;;
	"show types") replies+=" -v --verbose" ;;
	"show counters") replies+=" -v --verbose --port --channel" ;;
	"vsi") replies+=" associate preassociate deassociate" ;;
	"vsi associate") replies+=" -f --file --id --port --channel --type-id --type-version --manager --filters --vm-port --org --migrating --suspended --wait --no-wait" ;;
	"vsi preassociate") replies+=" -f --file --id --port --channel --type-id --type-version --manager --filters --vm-port --org --migrating --suspended --resource-reservation --wait --no-wait" ;;
	"vsi deassociate") replies+=" -f --file --id --port --channel --wait --no-wait" ;;
	"channel") replies+=" add remove" ;;
	"channel add") replies+=" --port --channel --scid --svid --relay --vm-ports --pvid --reflective-relay --learning" ;;
	"channel remove") replies+=" --port --channel --scid" ;;
	"vif") replies+=" add remove" ;;
	"vif add") replies+=" --id --port --vm-port --pvid --priority --untagged --transit" ;;
	"vif remove") replies+=" --id --port" ;;
	"pcap") replies+=" show check replay" ;;
	"pcap show") replies+=" -v --verbose --id --port --channel --type-id --type --generation" ;;
	"pcap check") replies+=" -q --quiet --html" ;;
	"pcap replay") replies+=" -v --verbose --port --as --live --misbehave" ;;
	esac
	[[ ${words[0]:-} != pcap || ${#words[@]} -lt 2 || $cur == -* ]] || { mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return; }
	mapfile -t COMPREPLY < <(compgen -W "$replies" -- "$cur")
}
complete -F _evbctl evbctl
