#!/bin/bash
# A thousand VIFs on one uplink: a thousand VM ports of a hypervisor, each made a VIF by PE-CSP, a VSI on each; a restart of the
# switch, after which all of them are there again; memory stays sane.
. "$(dirname "$0")/lib.sh"
netns_test vifs-many
N=1000

lab_ns switch host
lab_wire host:eth0 switch:swp1
lab_mtu 1510 host:eth0 switch:swp1
for ((i = 1; i <= N; i++)); do # as lab_wire, but fast
	echo "link add vnet$i up type veth peer name guest$i"
	echo "link set guest$i up"
done | ip -n "${LAB_PREFIX}host" -batch -
for node in host switch; do
	cat >"$LAB_RUN/$node.conf" <<-CONF
		control = { socket = "$LAB_RUN/$node.sock"; };
		state_dir = "$LAB_RUN/$node.state";
		types = "types.conf";
		evb = { rka = 22; rwd = 22; };
		ports = ( $([[ $node == host ]] && echo '{ name = "eth0"; role = "station"; vm_ports = [ "vnet*" ];' ||
		echo '{ name = "swp1"; role = "bridge";') port_extension = { tag = "vn-tag"; max_vifs = $N; }; } );
	CONF
done
echo 'default_manager = "::1"; types = ( { id = 1; name = "any"; default_vid = 1; } );' >"$LAB_RUN/types.conf"
lab_evbd switch "$LAB_RUN/switch.conf"
started=$SECONDS
lab_evbd host "$LAB_RUN/host.conf"
eventually 60 "$N VIFs run at both ends" vifs_run $N
note "took $((SECONDS - started)) s"

for ((i = 1; i <= N; i++)); do
	vsi_row "$(printf '00000000-0000-4000-9000-%012x' $i)" "$(printf '52:54:00:00:%02x:%02x' $((i / 256)) $((i % 256)))" vnet$i
done >"$LAB_RUN/many.json"
ok "evbctl vsi associate -f, a VSI on each" ctl host vsi associate -f "$LAB_RUN/many.json"
eventually 30 "$N VSIs are associated on both sides" all_associated $N
ok "one on each VIF" query switch vif "length == $N and all(.state == \"associated\" and .vsis == 1)"

limit=262144 # a packet socket's ring for each VM port; the sanitizer's allocator needs several times as much
! grep -qF libasan <(ldd "$EVBD_BIN/evbd") || limit=1048576
for node in host switch; do
	ok "memory of $node: $(rss_kb $node) kB" [ "$(rss_kb $node)" -lt $limit ]
done

lab_stop switch KILL 2>/dev/null || true # bash says "Killed"
lab_evbd switch "$LAB_RUN/switch.conf"
eventually 60 "the switch was killed: $N VIFs run again" vifs_run $N
eventually 60 "all VSIs are associated again" all_associated $N

# one more has no place
lab_wire host:vnet$((N + 1)) host:guest$((N + 1))
refused_more() { query host vif "map(select(.vm_port == \"vnet$((N + 1))\" and (.reason | length) > 0)) | length == 1"; }
eventually 10 "one more gets none, with the reason" refused_more
ok "and the others are as they were" all_associated $N

# A packet socket takes the kernel some ten milliseconds to close.
pid=$(<"$LAB_RUN/host.pid")
kill "$pid"
gone() { ! kill -0 "$pid" 2>/dev/null || [[ $(ps -o stat= -p "$pid") == Z* ]]; }
started=$SECONDS
eventually 90 "the host's daemon ends" gone
note "took $((SECONDS - started)) s"
