#!/usr/bin/env bash
# Installs what the tests need on Debian and is not there yet: PostgreSQL, Chromium, Poppler, qpdf, exiftool, strace.
set -euo pipefail
need=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need+=(postgresql)
command -v chromium >/dev/null || need+=(chromium)
command -v pdftotext >/dev/null || need+=(poppler-utils)
command -v qpdf >/dev/null || need+=(qpdf)
command -v exiftool >/dev/null || need+=(libimage-exiftool-perl)
ls /usr/lib/*/libical.so >/dev/null 2>&1 || need+=(libical-dev)
command -v strace >/dev/null || need+=(strace)
command -v gcc >/dev/null || need+=(gcc libc6-dev)
[ ${#need[@]} -eq 0 ] && exit 0
echo "installing: ${need[*]}"
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null ||
  { echo "could not install ${need[*]}; the tests need them" >&2; exit 1; }
