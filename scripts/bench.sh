#!/usr/bin/env bash
# Sets up what is missing, builds, and measures; the arguments are those of bench/main.ts.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" -ne 0 ]; then
  exec sudo -E env "PATH=$PATH" bash "$0" "$@"
fi
bash scripts/setup.sh >&2
exec node dist/bench/main.js "$@"
