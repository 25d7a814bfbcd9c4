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
exec sudo -E env "PATH=$PATH" "${run[@]}"
