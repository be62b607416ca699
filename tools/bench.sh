#!/usr/bin/env bash
# Lists, search, timeline and figures of cases by their number, on SQLite and PostgreSQL: tools/bench.sh 1000 10000 100000 1000000.
# A million cases take some minutes and 4 GB on each database.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
eval "$(tools/postgres.sh start)"
trap 'tools/postgres.sh stop; rm -rf "$dir"' EXIT
export CGO_ENABLED=0
go build -o "$dir/strengthen" ./cmd/strengthen
psql() { "$(ls -d /usr/lib/postgresql/*/bin | tail -1)/psql" -q "$STRENGTHEN_TEST_POSTGRES" "$@"; }
for n in "${@:-1000 10000}"; do
	for size in $n; do
		psql -c "CREATE DATABASE cases_$size"
		for at in "--data $dir/lite$size" "--data $dir/pg$size --database ${STRENGTHEN_TEST_POSTGRES/\/postgres?//cases_$size?}"; do
			# shellcheck disable=SC2086
			"$dir/strengthen" bench seed --cases "$size" $at 2>/dev/null
			# shellcheck disable=SC2086
			"$dir/strengthen" bench run $at
		done
		rm -rf "$dir/lite$size"
		psql -c "DROP DATABASE cases_$size"
	done
done
