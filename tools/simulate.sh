#!/usr/bin/env bash
# Draws the coverage of every interval, prints the table and puts it into docs/statistics.md. DRAWS says how often, 4000 if not.
set -euo pipefail
cd "$(dirname "$0")/.."
table=$(mktemp)
trap 'rm -f "$table" "$table.page"' EXIT
CGO_ENABLED=0 go test ./internal/stats -run '^TestIntervalsHoldTheTruth$' -count=1 -v -timeout 120m -args -simulate "${DRAWS:-4000}" |
  sed -n '/^<!-- coverage -->$/,/^<!-- end of coverage -->$/p' > "$table"
grep -q '^<!-- end of coverage -->$' "$table" || { echo "the simulation did not finish" >&2; exit 1; }
awk -v table="$table" '
  /^<!-- coverage -->$/ { while ((getline line < table) > 0) print line; inside = 1 }
  !inside
  /^<!-- end of coverage -->$/ { inside = 0 }' docs/statistics.md > "$table.page"
cat "$table.page" > docs/statistics.md
cat "$table"
