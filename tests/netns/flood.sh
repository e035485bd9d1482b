#!/bin/bash
# A flood on the uplink, at the speed of the machine, of hostile control frames, ECP requests of new sources and random
# addresses: evbctl is answered meanwhile, memory and the log do not grow with it, the VSIs and their traffic live on.
#
#   flood.sh [KEY=VALUE...]    settings of vm_lab
. "$(dirname "$0")/lib.sh"
netns_test flood
[[ -x $EVBD_BIN/flood_send ]] || skip "flood_send was not built"
vm_lab rka=20 "$@"
associate_vms


# The sanitizer's allocator keeps what was freed in quarantine.
limit=1024
! grep -qF libasan <(ldd "$EVBD_BIN/evbd") || limit=8192

in_ns host "$EVBD_BIN/flood_send" eth0 100000 >/dev/null # what is touched once
before=$(rss_kb switch)
in_ns host "$EVBD_BIN/flood_send" eth0 200000 >"$LAB_RUN/flood.txt" &
flood=$!
ok "evbctl is answered during the flood" timeout 5 "$EVBD_BIN/evbctl" -s "$LAB_RUN/switch.sock" show status
wait "$flood" || die "the flood failed"
good "$(<"$LAB_RUN/flood.txt")"
after=$(rss_kb switch)
ok "memory stays ($before kB, $after kB)" [ "$after" -lt $((before + limit)) ]
ok "the log stays" [ "$(wc -c <"$LAB_RUN/switch.log")" -lt 200000 ]
ok "what was dropped is counted" [ "$(ctl switch -j show counters | jq '[.. | .not_associated? // empty] | add')" -gt 1000 ]
eventually 20 "three VSIs are associated on both sides" all_associated 3
ok "VM 1 reaches the network" in_ns vm1 ping -q -c 3 -i 0.2 -W 2 10.99.0.9
