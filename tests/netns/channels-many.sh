#!/bin/bash
# As many S-channels as CDCP can name on one uplink, 167 with the default one (802.1Q D.2.13): all run within seconds, with
# a VSI in each; after a restart of the bridge they are there at once, with the same SVIDs; memory stays sane.
. "$(dirname "$0")/lib.sh"
netns_test channels-many
N=167

channel_list() {
	local i
	for ((i = 2; i <= N; i++)); do
		printf '%s{ scid = %d; max_vsis = 64; }' "$( ((i == 2)) || echo ,)" $((i == N ? 4094 : i)) # the highest SCID, too
	done
}
lab_ns switch host
lab_wire host:eth0 switch:swp1
lab_mtu 1508 host:eth0 switch:swp1
for node in host switch; do
	cat >"$LAB_RUN/$node.conf" <<-CONF
		control = { socket = "$LAB_RUN/$node.sock"; };
		state_dir = "$LAB_RUN/$node.state";
		types = "types.conf";
		evb = { rka = 20; };
		ports = ( $([[ $node == host ]] && echo "{ name = \"eth0\"; role = \"station\";
				cdcp = { enabled = true; max_channels = $N; }; channels = ( $(channel_list) ); }" ||
		echo "{ name = \"swp1\"; role = \"bridge\"; max_vsis = 64; cdcp = { enabled = true; max_channels = $N; }; }") );
	CONF
done
echo 'default_manager = "::1"; types = ( { id = 1; name = "any"; default_vid = 1; } );' >"$LAB_RUN/types.conf"
lab_evbd switch "$LAB_RUN/switch.conf"
started=$SECONDS
lab_evbd host "$LAB_RUN/host.conf"
eventually 15 "$N channels run at both ends" channels_run $N
note "took $((SECONDS - started)) s"

for ((i = 1; i <= N; i++)); do
	vsi_row "$(printf '00000000-0000-4000-9000-%012x' $i)" "$(printf '52:54:00:00:%02x:%02x' $((i / 256)) $((i % 256)))" \
		'' $((i == N ? 4094 : i))
done >"$LAB_RUN/many.json"
ok "evbctl vsi associate -f, a VSI in each" ctl host vsi associate -f "$LAB_RUN/many.json"
eventually 20 "$N VSIs are associated on both sides" all_associated $N
ok "one in each channel" query switch channels "length == $N and all(.vsis == 1)"

limit=65536 # the sanitizer's allocator needs several times as much
! grep -qF libasan <(ldd "$EVBD_BIN/evbd") || limit=524288
for node in host switch; do
	ok "memory of $node: $(rss_kb $node) kB" [ "$(rss_kb $node)" -lt $limit ]
done

svids() { ctl switch -j show channels | jq -c '[.channels[] | [.channel, .svid]]'; }
before=$(svids)
eventually 10 "the state of the switch is on the disk" is_written switch
lab_stop switch KILL 2>/dev/null || true # bash says "Killed"
lab_evbd switch "$LAB_RUN/switch.conf"
ok "a restarted switch has all of them at once" query switch channels "map(select(.state == \"running\")) | length == $N"
ok "with the same SVIDs" equal "$(svids)" "$before"
ok "and their VSIs" has_vsis switch associated $N
eventually 15 "$N channels run at both ends" channels_run $N
ok "all VSIs are associated still" all_associated $N

# one more has no place (CDCP-07)
code=0
ctl host channel add --port eth0 --channel 3000 2>"$LAB_RUN/err.txt" || code=$?
ok "one more is refused" equal $code 1
ok "with the reason" grep -q "cdcp.max_channels is $N" "$LAB_RUN/err.txt"
