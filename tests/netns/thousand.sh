#!/bin/bash
# A thousand VSIs from one file, associated and de-associated again, packed into few ECPDUs.
. "$(dirname "$0")/lib.sh"
netns_test thousand
vm_lab rka=20 rwd=20

for ((i = 0; i < 1000; i++)); do
	vsi_row "$(printf '00000000-0000-4000-9000-%012x' $i)" "$(printf '52:54:00:01:%02x:%02x' $((i / 256)) $((i % 256)))"
done >"$LAB_RUN/many.json"
capture switch swp1 ecp 'ether proto 0x8940'
started=$SECONDS
ok "evbctl vsi associate -f with 1000 lines" ctl host vsi associate -f "$LAB_RUN/many.json"
eventually 60 "1000 VSIs and the hypervisor's are associated on both sides" all_associated 1001
note "took $((SECONDS - started)) s"
capture_end ecp
ecpdus=$(recorded ecp 'ethertype Unknown (0x8940)')
# 25 requests and 25 answers at most, each acknowledged, and perhaps a keep-alive
ok "in $ecpdus ECPDUs" [ "$ecpdus" -le 110 ]

jq -c '{ id, port }' "$LAB_RUN/many.json" >"$LAB_RUN/few.json"
ok "evbctl vsi deassociate -f" ctl host vsi deassociate -f "$LAB_RUN/few.json"
eventually 60 "only the hypervisor's VSI is left" all_associated 1
