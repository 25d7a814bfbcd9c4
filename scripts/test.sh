#!/usr/bin/env bash
# Sets up what is missing, builds, and runs the test suite: all of it, or the files that are named (a file, a directory or a
# part of a name); options of mocha may follow. Ends non-zero on any failure; the last line counts.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh
run=(node dist/test/runner/main.js "$@")
if [ "$(id -u)" -eq 0 ]; then
  exec "${run[@]}"
fi
# Only the tests run as root: what was installed and built stays the user's.
exec sudo -E env "PATH=$PATH" "${run[@]}"
