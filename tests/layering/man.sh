#!/bin/bash
# Manual pages without a warning.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v mandoc >/dev/null || { echo "mandoc is not installed" && exit 77; }
shopt -s nullglob
pages=(man/*.[1-8])
((${#pages[@]} > 0)) || { echo "no manual page in man/" && exit 1; }
mandoc -T lint -W warning "${pages[@]}"
