#!/usr/bin/env bash
# Writes NOTICE: vendored files with version, licence and checksum. A test holds every file of the vendored folders against it.
set -euo pipefail
cd "$(dirname "$0")/.."
{
  echo "Vendored files of Strengthen: path, version, licence, SHA-256."
  echo "Licences stand beside the files; what each was changed for is said there."
  echo
  row() { printf '%s | %s | %s | %s\n' "$1" "$2" "$3" "$(sha256sum "$1" | cut -d' ' -f1)"; }
  for f in internal/web/static/fonts/sofia-sans-*.woff2; do row "$f" "Sofia Sans, @fontsource-variable 5.3.0, subset" OFL-1.1; done
  for f in internal/web/static/fonts/strengthen-serif-*.woff2; do row "$f" "Source Serif 4.004, renamed, subset" OFL-1.1; done
  for f in internal/render/fonts/SofiaSans-*.ttf; do row "$f" "Sofia Sans 4.101, subset" OFL-1.1; done
  row internal/render/fonts/StrengthenSerif-SemiBold.ttf "Source Serif 4.004, renamed, subset" OFL-1.1
  row internal/web/map/regions.geojson "© OpenStreetMap contributors, May 2020, simplified" ODbL-1.0
  row internal/web/static/vendor/jsQR.js "jsQR 1.4.0 (npm), reads QR codes on the door page" Apache-2.0
  row internal/org/data/regions.csv "NUTS 2021, EKATTE 2014, census 2021 (NSI)" "facts, source named"
  row internal/org/data/municipalities.csv "EKATTE 2014 and later (NSI)" "facts, source named"
  row internal/org/data/common-passwords.txt.gz "@zxcvbn-ts/language-common 3.0.4" MIT
  for f in internal/stats/testdata/reference/input/*; do row "$f" "reference data (tests only)" "internal/stats/testdata/reference/LICENSES.md"; done
  for f in internal/impact/testdata/*.csv; do row "$f" "reference data (tests only)" "internal/stats/testdata/reference/LICENSES.md"; done
  row docs/examples/pupils/pupils_three_wave.csv "egsingle of mlmRev (worked study, tests)" "GPL-2.0-or-later, docs/examples/README.md"
  row internal/web/testdata/axe/axe.min.js "axe-core 4.14.1 (tests only)" MPL-2.0
} > NOTICE
