import { LEASED, ONLY_LEASED } from "../ovs/leases";
import { AWK_PROGRAM } from "./awkProgram";

const HEAD = String.raw`#!/bin/sh
# Installed by pulumi-taas: restores its own rules, meters, Mirror members and monitors after a restart of Open vSwitch or of
# a VM. Usage: taas-keeper run | once. The desired state is in state.* next to this file, written by Pulumi.
set -u
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
TAAS_KEEPER=$(cd "$(dirname "$0")" && pwd) || exit 1
export PATH LC_ALL TAAS_KEEPER
if [ -f "$TAAS_KEEPER/rundir" ]; then
  read -r OVS_RUNDIR < "$TAAS_KEEPER/rundir"
  export OVS_RUNDIR
fi
cd /
umask 077
tab=$(printf '\t')

say() { printf 'taas-keeper: %s\n' "$*" >&2; }
`;

const LOOK = String.raw`
snapshot() {
  ovs-vsctl --no-wait --timeout=10 --format=csv --data=json --no-headings -- \
    --columns=_uuid,name,ports,mirrors,other_config list Bridge -- \
    --columns=_uuid,name,interfaces,tag,vlan_mode,external_ids,other_config list Port -- \
    --columns=_uuid,name,ofport,ofport_request,external_ids,type list Interface -- \
    --columns=_uuid,name,select_src_port,select_dst_port,external_ids list Mirror </dev/null 2>/dev/null
}

of() { printf '%s\n' "$plan" | sed -n "s/^$1$tab//p"; }

# Whether the claims are still those from which the plan was made.
current() {
  seen=$(ovs-vsctl --no-wait --timeout=10 --if-exists get Bridge "$tap" other_config:taas-generation </dev/null 2>/dev/null)
  [ "$(printf %s "$seen" | sed 's/"//g')" = "$generation" ]
}

switch() { version=$1; shift; ovs-ofctl -O "$version" --timeout=10 --no-names "$@" 2>/dev/null; }

# One transaction, which fails if the claims have changed; then waits until ovs-vswitchd has applied it.
commit() {
  reply=$(ovsdb-client --timeout=10 transact "$1" </dev/null 2>&1)
  case $reply in
    *'"error"'* | *'"details"'*) return 1 ;;
    '[{'*) ;;
    *) return 1 ;;
  esac
  of say | while IFS= read -r line; do say "$line"; done
  cfg=$(printf %s "$reply" | sed -n 's/.*"next_cfg":\([0-9][0-9]*\).*/\1/p')
  [ -z "$cfg" ] || ovs-vsctl --no-wait --timeout=10 wait-until Open_vSwitch . "cur_cfg>=$cfg" </dev/null 2>/dev/null
  # Running connections stay in Open vSwitch's cache until a rule is written: this one, as it is.
  if printf '%s\n' "$plan" | grep -q '^mirrored$' && current; then
    switch OpenFlow14 --strict mod-flows "$bridge" table=0,priority=0,actions=drop </dev/null
  fi
  return 0
}

meters() {
  wanted=$(of meter)
  [ -n "$wanted" ] && present=$(switch OpenFlow14 dump-meters "$bridge" </dev/null) || return 0
  while IFS=$tab read -r number text; do
    if printf '%s\n' "$present" | grep -q "^meter=$number "; then continue; fi
    current && switch OpenFlow14 add-meter "$bridge" "$text" </dev/null || continue
    say "meter $number of $bridge was missing: put back"
    acted=yes
  done <<END
$wanted
END
}

# The rules as they should be now. A rule with an end gets the remaining seconds, or keeps its timeout if it ends at about the
# right time and is not among those that differ: these are written again, and their timeouts begin anew. It has no timeout while
# more seconds remain than OpenFlow can count, and is left out once it is over.
flows() {
  if ! of flow | grep -q '^until='; then of flow; return; fi
  {
    switch OpenFlow14 dump-flows "$bridge" table=0 </dev/null | grep 'cookie=0x7a70.* hard_timeout=.*priority=100,in_port=[0-9]* actions='
    echo
    printf '%s\n' "$differing" | grep hard_timeout=
    echo
    of flow
  } | awk -v now="$(date +%s)" '
    function number(name,   part) { return split($0, part, name "=") > 1 ? part[2] + 0 : "" }
    $0 == "" && section < 2 { section++; next }
    section == 0 { hard[number("in_port")] = number("hard_timeout"); age[number("in_port")] = number("duration"); next }
    section == 1 { delete hard[number("in_port")]; next }
    !/^until=/ { print; next }
    {
      end = number("until"); port = number("in_port"); left = end - now - 1
      if (port in hard) { off = now - age[port] + hard[port] - end; if (off >= -3 && off <= 3) left = hard[port] }
      sub(/^until=[0-9]+,/, "")
      if (left > 65535) print
      else if (left >= 1) print "hard_timeout=" left "," $0
    }'
}

# The wanted rules, and those of a capture or a verify, which expire by themselves and are left as they are.
with_leased() {
  flows
  switch OpenFlow14 --no-stats dump-flows "$bridge" ${LEASED} </dev/null | ${ONLY_LEASED}
}

# Saving and restoring a bridge's rules, as Open vSwitch's own reload does, leaves out how fragments are handled.
rules() {
  amiss=
  case $(switch OpenFlow14 get-frags "$bridge" </dev/null) in
    nx-match | '') ;;
    *) amiss="how $bridge handles fragments was another" ;;
  esac
  # ovs-ofctl regards a match with nw_frag=yes as different from the bridge's own: if it reports a rule as both missing and
  # unexpected, the two are the same.
  differing=
  differing=$(with_leased | switch OpenFlow14 -- diff-flows "$bridge" /dev/stdin | awk '
    { sign = /^[+]/ ? 1 : -1; sub(/^./, ""); seen[$0] += sign }
    END { for (rule in seen) if (seen[rule] != 0) print rule }')
  [ -z "$differing" ] || amiss="rules of $bridge were not those of change $generation"
  [ -n "$amiss" ] && current || return 0
  switch OpenFlow14 -- set-frags "$bridge" nx-match </dev/null || return 0
  with_leased | switch OpenFlow14 --bundle -- replace-flows "$bridge" - || return 0
  say "$amiss: put back"
  acted=yes
}

# Our rules on a foreign bridge: missing ones are added unless somebody else's rule has the same identity, and unwanted ones
# are deleted, each by its exact cookie, table, priority and match.
foreign_rules() {
  while IFS=$tab read -r other version; do
    [ -n "$version" ] || continue
    present=$(switch "$version" --no-stats dump-flows "$other" </dev/null) || continue
    printf '%s\n' "$present" | grep '^ *cookie=0x7a70[0-9a-f]\{12\},' > "$TAAS_KEEPER/ours.$$"
    of foreign | awk -F "$tab" -v other="$other" '$1 == other && $3 != "" { print $3 }' |
      switch "$version" -- diff-flows "$TAAS_KEEPER/ours.$$" /dev/stdin > "$TAAS_KEEPER/differ.$$"
    [ $? -eq 2 ] || continue
    sed -n 's/^-//p' "$TAAS_KEEPER/differ.$$" | sed 's/^\(.*\) actions=.*/\1/' |
      while IFS= read -r old; do
        current && switch "$version" --strict del-flows "$other" "$(printf %s "$old" | sed 's/\(cookie=0x[0-9a-f]*\)/\1\/-1/')" </dev/null &&
          say "a rule of ours in $other was not wanted: removed"
      done
    sed -n 's/^+//p' "$TAAS_KEEPER/differ.$$" |
      while IFS= read -r new; do
        place=$(printf %s "$new" | sed 's/ actions=.*//; s/cookie=0x[0-9a-f]*,* *//; s/^ *//')
        match=$(printf %s "$place" | sed 's/.*priority=[0-9]*,*//')
        if switch "$version" --no-stats dump-flows "$other" "table=0,$match" </dev/null |
          grep -v 'cookie=0x7a70' | grep -q "priority=65535,$match actions="; then
          say "a rule of another owner is in the place of ours in $other"
          continue
        fi
        current && switch "$version" add-flow "$other" "$new" </dev/null && say "a rule in $other was missing: put back"
      done
    acted=yes
  done <<END
$(of foreign | awk -F "$tab" '!seen[$1]++ { print $1 "\t" $2 }')
END
  rm -f "$TAAS_KEEPER/ours.$$" "$TAAS_KEEPER/differ.$$"
}

# One look at the host, and the steps that it requires. Sets acted.
look() {
  acted=no
  plan=$(snapshot | awk "$program") || plan=
  [ -n "$plan" ] || return 0
  head=$(of tap)
  tap=$(printf %s "$head" | sed "s/$tab.*//")
  generation=$(printf %s "$head" | sed "s/.*$tab//")
  bridge=$(printf %s "$head" | sed "s/^[^$tab]*$tab//; s/$tab.*//")
  transaction=$(of transact)
  if [ -n "$transaction" ]; then
    ! commit "$transaction" || acted=yes
    return 0
  fi
  meters
  rules
  foreign_rules
}

# Looks until nothing is left to do, but only a few times, so that it does not fight a program that undoes its work. If the
# claims changed right after something was restored, it waits for the new text, to check whether it is still right.
settle() {
  did=no
  for round in 1 2 3 4 5 6 7 8 9 10; do
    look
    if [ "$acted" = yes ]; then
      did=yes
    elif [ "$did" = yes ] && [ -z "$plan" ]; then
      sleep 1
    else
      return 0
    fi
  done
  say "what was put back did not stay: waiting"
  sleep 5
}
`;

const RUN = String.raw`
# A process of a watcher, ended with it.
child=
quit_watcher() {
  [ -z "$child" ] || kill "$child" 2>/dev/null
  exit 0
}
pause() {
  sleep "$1" &
  child=$!
  wait "$child"
}

# Any output of ovsdb-client wakes the keeper; the output itself is not parsed.
watch_table() {
  trap quit_watcher TERM INT HUP
  while :; do
    ovsdb-client monitor Open_vSwitch "$1" "$2" </dev/null >&3 2>/dev/null &
    child=$!
    wait "$child"
    pause 1
  done
}

# An OpenFlow connection exists as long as ovs-vswitchd runs.
watch_switch() {
  trap quit_watcher TERM INT HUP
  while :; do
    name=$(sed -n "s/^bridge$tab.*$tab\([A-Za-z0-9_][A-Za-z0-9_.-]*\)\$/\1/p" "$TAAS_KEEPER"/state.* 2>/dev/null | sed 1q)
    if [ -n "$name" ] && switch OpenFlow14 show "$name" </dev/null >/dev/null; then
      echo up >&3
      # It would create a control socket in Open vSwitch's folder, which the unit mounts read-only.
      ovs-ofctl --unixctl=none -O OpenFlow14 monitor "$name" </dev/null >/dev/null 2>&1 &
      child=$!
      wait "$child"
    fi
    pause 0.3
  done
}

watch_clock() {
  trap quit_watcher TERM INT HUP
  while :; do
    pause 30
    echo tick >&3
  done
}

watchers=
reader=
quit() {
  trap - TERM INT HUP
  for process in $watchers $reader; do kill "$process" 2>/dev/null; done
  exit 0
}

run() {
  trap quit TERM INT HUP
  events=$TAAS_KEEPER/events.$$
  rm -f "$TAAS_KEEPER"/events.* "$TAAS_KEEPER"/ours.* "$TAAS_KEEPER"/differ.*
  mkfifo "$events" && exec 3<>"$events" && rm -f "$events" || exit 1
  watch_table Bridge ports,mirrors,other_config & watchers="$watchers $!"
  watch_table Port tag,vlan_mode,external_ids,other_config & watchers="$watchers $!"
  watch_table Interface name,ofport,external_ids & watchers="$watchers $!"
  watch_switch & watchers="$watchers $!"
  watch_clock & watchers="$watchers $!"
  say "watching"
  while :; do
    # One read takes everything that has arrived meanwhile.
    dd bs=65536 count=1 <&3 >/dev/null 2>&1 &
    reader=$!
    wait "$reader"
    settle
  done
}

if [ $# -eq 1 ] && [ "$1" = run ]; then
  run
elif [ $# -eq 1 ] && [ "$1" = once ]; then
  settle
else
  echo "usage: taas-keeper run | once" >&2
  exit 64
fi
`;

/** The keeper: a POSIX shell script that needs Open vSwitch's tools, awk, sed and grep. */
export const KEEPER_SCRIPT = [HEAD, `program='${AWK_PROGRAM}'\n`, LOOK, RUN].join("");
