#!/usr/bin/env bash
# Sets up what is missing, builds, and runs the test suite: all of it, or the compiled files that are named; options of mocha
# may follow. Ends non-zero on any failure; the last line counts.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh
case "$*" in
  *.test.js*) ;;
  *) set -- 'dist/test/**/*.test.js' "$@" ;;
esac
if [ "$(id -u)" -eq 0 ]; then
  exec node_modules/.bin/mocha "$@"
fi
# Only the tests run as root: what was installed and built stays the user's.
exec sudo -E env "PATH=$PATH" node_modules/.bin/mocha "$@"
