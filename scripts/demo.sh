#!/usr/bin/env bash
# Sets up what is missing, makes three compute hosts on this machine, and shows a tap from preview to destroy with real packets.
# Every statement is checked: the exit code is 0 only if all held. With `console`, it serves the console on such hosts instead, until Ctrl-C.
# The lab goes with either, also on Ctrl-C.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh
case "${1:-}" in
  "") demo=(node dist/test/demo/demo.js) ;;
  console) demo=(node dist/test/console/main.js) ;;
  *)
    echo "demo: there is no demo of $1" >&2
    exit 1
    ;;
esac
if [ "$(id -u)" -eq 0 ]; then
  exec "${demo[@]}"
fi
if ! command -v sudo > /dev/null; then
  echo "demo: the lab makes network namespaces: run this as root, or install sudo" >&2
  exit 1
fi
exec sudo -E env "PATH=$PATH" "${demo[@]}"
