#!/usr/bin/env bash
# A PostgreSQL server of our own for the tests: loopback only, data in a temporary folder, stopped by its pid file.
#   eval "$(tools/postgres.sh start)"   starts it and exports STRENGTHEN_TEST_POSTGRES
#   tools/postgres.sh stop              stops it and removes the data
set -euo pipefail
dir=${STRENGTHEN_TEST_PGDIR:-${TMPDIR:-/tmp}/strengthen-pg-$(id -u)}
port=${STRENGTHEN_TEST_PGPORT:-54329}
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "${bin:-}/initdb" ] || { echo "PostgreSQL's server programs are not installed (Debian: postgresql)" >&2; exit 1; }

# Only a folder that holds a PostgreSQL of ours, or nothing, is ever removed.
remove() {
  if [ -e "$dir" ] && [ ! -e "$dir/PG_VERSION" ] && [ -n "$(ls -A "$dir")" ]; then
    echo "$dir holds something else than a test database; it is left alone" >&2; exit 1
  fi
  rm -rf "$dir"
}

as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

case "${1:-}" in
start)
  if ! as "$bin/pg_ctl" -D "$dir" status >/dev/null 2>&1; then
    remove; mkdir -p "$dir"
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    (
      cd "$dir"
      as "$bin/initdb" -D "$dir" -U strengthen -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
      as "$bin/pg_ctl" -D "$dir" -w -l "$dir/log" -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=300" start >/dev/null
    )
  fi
  echo "export STRENGTHEN_TEST_POSTGRES=postgres://strengthen@127.0.0.1:$port/postgres?sslmode=disable"
  ;;
stop)
  (cd /; as "$bin/pg_ctl" -D "$dir" -m immediate stop >/dev/null 2>&1 || true)
  remove
  ;;
*) echo "usage: $0 start|stop" >&2; exit 2 ;;
esac
