#!/usr/bin/env bash
# Sets up what is missing, makes three compute hosts on this machine, and shows a tap from preview to destroy with real packets.
# Every statement is checked: the exit code is 0 only if all held. The lab goes with the demo, also on Ctrl-C.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh
demo=(node dist/test/demo/demo.js)
if [ "$(id -u)" -eq 0 ]; then
  exec "${demo[@]}"
fi
if ! command -v sudo > /dev/null; then
  echo "demo: the lab makes network namespaces: run this as root, or install sudo" >&2
  exit 1
fi
exec sudo -E env "PATH=$PATH" "${demo[@]}"
