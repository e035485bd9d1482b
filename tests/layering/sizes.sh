#!/bin/bash
# No source file over 700 lines, no function over 80. clang-format puts a function's braces, and nothing else's, alone
# in the first column.
set -euo pipefail
cd "$(dirname "$0")/../.."
git -c safe.directory='*' ls-files --cached --others --exclude-standard -- '*.c' '*.h' | while read -r file; do
	[[ ! -f $file ]] || echo "$file"
done | xargs awk '
	FNR == 1 { if (lines > 700) too_long(last, lines); start = 0 }
	{ lines = FNR; last = FILENAME }
	/^\{/ { start = FNR; name = before }
	/^\}/ && start { if (FNR - start - 1 > 80) { printf "%s:%d: %d lines: %s\n", FILENAME, start, FNR - start - 1, name; bad = 1 } start = 0 }
	{ before = $0 }
	END { if (lines > 700) too_long(last, lines); exit bad }
	function too_long(file, n) { printf "%s: %d lines, 700 are allowed\n", file, n; bad = 1 }'
