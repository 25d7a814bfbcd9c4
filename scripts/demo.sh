#!/usr/bin/env bash
# Sets up what is missing, makes three compute hosts on this machine, and shows a tap from preview to destroy with real packets.
# Every statement is checked: the exit code is 0 only if all held. With `console`, it serves the console on such hosts instead, until Ctrl-C.
# The lab goes with either, also on Ctrl-C.
case "${1:-}" in
  "") program=dist/test/demo/demo.js ;;
  console) program=dist/test/console/main.js ;;
  *)
    echo "demo: there is no demo of $1" >&2
    exit 1
    ;;
esac
exec bash "$(dirname "${BASH_SOURCE[0]}")/run.sh" "$program"
