#!/usr/bin/env bash
# Sets up what is missing, builds, and runs a built program with the arguments that follow its path. The program alone is run as root,
# because it makes network namespaces: what was installed and built stays the user's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh >&2
run=(node "$@")
if [ "$(id -u)" -eq 0 ]; then
  exec "${run[@]}"
fi
if ! command -v sudo > /dev/null; then
  echo "run: the lab makes network namespaces: run this as root, or install sudo" >&2
  exit 1
fi
# By name, because sudo-rs has no -E; not all of them, because arguments can be seen by everybody on this machine.
environment=("PATH=$PATH")
for name in "${!TAAS_@}" "${!LC_@}" CI FORCE_COLOR HOME LANG NODE_COMPILE_CACHE NODE_OPTIONS NO_COLOR PULUMI_HOME TMPDIR; do
  [ -z "${!name+set}" ] || environment+=("$name=${!name}")
done
exec sudo env "${environment[@]}" "${run[@]}"
