#!/usr/bin/env bash
# Sets up what is missing, builds, and runs the test suite: all of it, or the compiled files that are named; options of mocha
# may follow. Ends non-zero on any failure; the last line counts.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" -ne 0 ]; then
  exec sudo -E env "PATH=$PATH" bash "$0" "$@"
fi
bash scripts/setup.sh
case "$*" in
  *.test.js*) ;;
  *) set -- 'dist/test/**/*.test.js' "$@" ;;
esac
exec node_modules/.bin/mocha "$@"
