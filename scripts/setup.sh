#!/usr/bin/env bash
# Makes a Debian or Ubuntu machine ready to build, test and show this project. Does only what is missing, so run it any time.
# Needs root, or sudo, when a Debian package is missing; npm runs as the user who calls this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(
  openvswitch-switch # the switches under test
  openssh-server     # the lab's hosts run its sshd on demand
  openssh-client
  socat              # listens for them
  sudo               # what one of the lab's users may do
  systemd            # one of them runs the keeper by it
  iproute2           # namespaces and cables
  iputils-ping
  ethtool
  python3-minimal    # sends and captures raw frames
  tcpdump            # says which packets an expression takes
  tshark             # decodes what is sent to collectors
  prometheus         # scrapes what the metrics command serves, and checks alert rules
  busybox            # has one of the awks that the keeper runs on
  busybox            # login shells besides bash: ash,
  fish               # fish
  tcsh               # and tcsh
  chromium           # shows the console's page to the tests
)

# A controller for one of the switches. Debian 11 has none: the test that needs it is skipped there.
extras=(ovn-central ovn-host)

missing_of() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2> /dev/null)" = installed ] || echo "$package"
  done
}

# Whether apt has a package to install. It knows none before its first update.
offered() {
  [[ $(LC_ALL=C apt-cache policy "$1") =~ Candidate:\ [^\(] ]]
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    env "$@"
  elif command -v sudo > /dev/null; then
    sudo env "$@"
  else
    echo "setup: $* needs root: run this as root or install sudo" >&2
    return 1
  fi
}

# The lab starts its own daemons. Those of the packages stay off: none is started, restarted or enabled on this machine's account.
install_packages() {
  local policy=/usr/sbin/policy-rc.d own_policy=
  if [ ! -e "$policy" ]; then
    own_policy=$policy
    # shellcheck disable=SC2064
    trap "as_root rm -f $policy" EXIT
    as_root sh -c "printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy"
  fi
  as_root DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends \
    --option Dpkg::Use-Pty=0 "$@" > /dev/null
  if [ -n "$own_policy" ]; then
    as_root rm -f "$own_policy"
    trap - EXIT
  fi
  if [ -d /run/systemd/system ]; then
    local package
    for package in "$@"; do
      case $package in
        openssh-server) as_root systemctl disable --quiet ssh.service ssh.socket || true ;;
        openvswitch-switch | ovn-central | ovn-host | prometheus) as_root systemctl disable --quiet "$package.service" || true ;;
      esac
    done
  fi
}

if command -v dpkg-query > /dev/null; then
  mapfile -t missing < <(missing_of "${packages[@]}")
  mapfile -t wanted < <(missing_of "${extras[@]}")
  if [ "${#missing[@]}" -gt 0 ] || { [ "${#wanted[@]}" -gt 0 ] && ! compgen -G '/var/lib/apt/lists/*_Packages*' > /dev/null; }; then
    as_root DEBIAN_FRONTEND=noninteractive apt-get update --quiet=2
  fi
  for package in "${wanted[@]}"; do
    if offered "$package"; then missing+=("$package"); fi
  done
  if [ "${#missing[@]}" -gt 0 ]; then
    echo "setup: installing ${missing[*]}"
    install_packages "${missing[@]}"
  fi
else
  echo "setup: not a Debian or Ubuntu machine; the tests need what these packages contain: ${packages[*]}" >&2
fi

if ! command -v npm > /dev/null; then
  echo "setup: npm is missing: install Node.js 20.19 or newer" >&2
  exit 1
fi

# npm writes this file last.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "setup: npm ci"
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi

sources=(cli console plugin/*.ts plugin/import sdk provider test bench scripts/bundle.mjs scripts/packageSchema scripts/reference tsconfig.json package-lock.json)
bundle=plugin/plugin.js # the build's last file
if [ ! -e "$bundle" ] || [ -n "$(find "${sources[@]}" -newer "$bundle" -print -quit)" ]; then
  echo "setup: npm run build"
  npm run --silent build
  touch "$bundle" # left alone when its text has not changed
fi
