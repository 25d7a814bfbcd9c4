#!/usr/bin/env bash
# Makes a Debian or Ubuntu machine ready to build, test and show this project. Does only what is missing, so run it any time.
# Needs root, or sudo, when a Debian package is missing; npm runs as the user who calls this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What the lab consists of, and what every release has.
packages=(
  openvswitch-switch # the switches under test
  openssh-server     # the lab's hosts run its sshd on demand
  openssh-client
  socat              # listens for them
  sudo               # what one of the lab's users may do
  iproute2           # namespaces and cables
  iputils-ping
  ethtool
  python3            # sends and captures raw frames, and reads the documentation's programs
  tcpdump            # says which packets an expression takes
)

# What only tests need, and not every release has. Without one, the tests that need it are skipped.
extras=(
  systemd      # runs the keeper on one of the lab's hosts
  tshark       # decodes what is sent to collectors
  prometheus   # scrapes what the metrics command serves, and checks alert rules
  gawk         # one of the awks that the keeper runs on
  busybox      # has another one, and ash: login shells besides bash are ash,
  fish         # fish,
  tcsh         # tcsh
  zsh          # and zsh
  chromium     # shows the console's page to the tests. Ubuntu has it as a snap only
  ovn-central  # a controller for one of the switches. Debian 11 has none
  ovn-host
)

die() {
  echo "setup: $*" >&2
  exit 1
}

# Refuses what would fail later, with an error that does not name the reason. Tests load ES modules by `require`, which Node.js 21
# and the first releases of 22 cannot.
check_node() {
  local least version way
  least=$(sed -n 's/^ *"node": ">=\([0-9.]*\)".*/\1/p' package.json)
  way="install Node.js $(cat .nvmrc), by nvm (nvm install) or from https://nodejs.org/en/download; $least is the oldest that will do"
  command -v node > /dev/null || die "Node.js is missing: $way"
  version=$(node --version)
  version=${version#v}
  case $version in
    21.* | 22.[0-9].* | 22.1[01].*) die "Node.js $version is too old, 22.12 is the oldest of its kind that will do: $way" ;;
  esac
  printf '%s\n' "$least" "$version" | sort --version-sort --check=quiet || die "Node.js $version is too old: $way"
  command -v npm > /dev/null || die "Node.js $version is there without npm: install npm"
}

# What is not there: neither the package, nor its program from elsewhere, such as busybox of busybox-static.
missing_of() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2> /dev/null)" = installed ] ||
      command -v "$package" > /dev/null ||
      echo "$package"
  done
}

# What apt has to install. It knows nothing before its first update.
offered_of() {
  local package
  for package in "$@"; do
    if [[ $(LC_ALL=C apt-cache policy "$package") =~ Candidate:\ [^\(] ]]; then echo "$package"; fi
  done
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
  local policy=/usr/sbin/policy-rc.d own_policy= status=0 awk
  [ "$#" -gt 0 ] || return 0
  echo "setup: installing $*"
  awk=$(readlink -e /etc/alternatives/awk || true)
  if [ ! -e "$policy" ]; then
    own_policy=$policy
    as_root sh -c "printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy" || return
    # shellcheck disable=SC2064
    trap "as_root rm -f $policy" EXIT
  fi
  as_root DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends \
    --option Dpkg::Use-Pty=0 "$@" > /dev/null || status=$?
  if [ -n "$own_policy" ]; then
    as_root rm -f "$own_policy"
    trap - EXIT
  fi
  # The package of gawk makes it the machine's awk.
  if [ -n "$awk" ] && [ "$(readlink -e /etc/alternatives/awk)" != "$awk" ]; then
    as_root update-alternatives --quiet --set awk "$awk"
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
  return "$status"
}

check_node

if command -v dpkg-query > /dev/null; then
  mapfile -t missing < <(missing_of "${packages[@]}")
  mapfile -t wanted < <(missing_of "${extras[@]}")
  if [ "${#missing[@]}" -gt 0 ] || { [ "${#wanted[@]}" -gt 0 ] && ! compgen -G '/var/lib/apt/lists/*_Packages*' > /dev/null; }; then
    as_root DEBIAN_FRONTEND=noninteractive apt-get update --quiet=2 || echo "setup: going on with the packages that apt knows" >&2
  fi
  install_packages "${missing[@]}" || die "without these packages there is no lab: ${missing[*]}"
  mapfile -t offered < <(offered_of "${wanted[@]}")
  install_packages "${offered[@]}" || echo "setup: going on without; tests that need one of them are skipped" >&2
else
  echo "setup: not a Debian or Ubuntu machine; the tests need what these packages contain: ${packages[*]} ${extras[*]}" >&2
fi

# npm writes this file last.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "setup: npm ci"
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi

sources=(cli console plugin/*.ts plugin/import sdk provider test bench scripts/bundle.mjs scripts/packageSchema scripts/reference tsconfig.json package-lock.json)
built=dist/.built # only a complete build leaves it, with the time at which it began
if [ ! -e "$built" ] || [ ! -e plugin/plugin.js ] || [ -n "$(find "${sources[@]}" -newer "$built" -print -quit)" ]; then
  echo "setup: npm run build"
  rm -f "$built"
  mkdir -p dist
  touch dist/.building
  npm run --silent build
  mv dist/.building "$built"
fi
