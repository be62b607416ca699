#!/usr/bin/env bash
# Writes NOTICE: vendored files with version, checksum and licence.
set -euo pipefail
cd "$(dirname "$0")/.."
{
  echo "Vendored files of Strengthen: path, version, licence, SHA-256."
  echo
  row() { printf '%s | %s | %s | %s\n' "$1" "$2" "$3" "$(sha256sum "$1" | cut -d' ' -f1)"; }
  for f in internal/web/static/fonts/sofia-sans-*.woff2; do row "$f" "Sofia Sans 5.3.0 (fontsource), subset" OFL-1.1; done
  for f in internal/web/static/fonts/strengthen-serif-*.woff2; do row "$f" "Source Serif 4, renamed, subset" OFL-1.1; done
  for f in internal/render/fonts/SofiaSans-*.ttf; do row "$f" "Sofia Sans" OFL-1.1; done
  row internal/render/fonts/StrengthenSerif-SemiBold.ttf "Source Serif 4, renamed" OFL-1.1
  row internal/web/map/regions.geojson "© OpenStreetMap contributors, May 2020, simplified" ODbL-1.0
  row internal/web/testdata/axe/axe.min.js "axe-core 4.11.0 (tests only)" MPL-2.0
} > NOTICE
