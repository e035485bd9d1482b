#!/bin/bash
# The table of docs/captures.md is the judge's, row by row.
#
#   rules.sh PCAP_MUTANTS docs/captures.md
set -uo pipefail
diff <("$1" --rules) <(sed -n '/^## Rules/,$ { /^| [A-Z0-9]*-[0-9]/p }' "$2") && exit 0
echo "< is the code, > is $2: put the output of pcap_mutants --rules there"
exit 1
