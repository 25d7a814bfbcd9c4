import { isIPv6 } from "node:net";
import { TaasError } from "../errors";
import type { HostAccess } from "./access";

/** What a host's kernel reports about one destination: the addresses it has, and the largest packet on the route. */
export interface Underlay {
  addresses: string[];
  /** Bytes of the outer IP packet; undefined if the host does not report it. */
  mtu: number | undefined;
  /**
   * The device by which packets to the destination leave, and the devices that it stands on, such as that of a bridge
   * below a VLAN's.
   */
  devices: string[];
  /** The other end of that device, if it is one end of a veth pair. */
  peer: string | undefined;
}

/** A route whose packets leave by a device. */
export interface Destination {
  /** Empty: none, and only the addresses are read. */
  address: string;
  /** The packets' source address, by which a host may choose another route. Empty: the route decides. */
  local: string;
}

/**
 * Prints all addresses, then the route to the destination, its outgoing device, and the devices below that, down to four
 * levels. Exit code 3: there is no `ip`.
 */
const SCRIPT = `
command -v ip >/dev/null 2>&1 || exit 3
below() {
  echo "device $1"
  [ "$2" -gt 0 ] || return 0
  for lower in /sys/class/net/"$1"/lower_*; do
    [ -e "$lower" ] && below "\${lower##*/lower_}" "$(($2 - 1))"
  done
  return 0
}
ip -o addr show
[ -n "$1" ] || exit 0
echo route
route=$(ip -o route get "$1" \${2:+from "$2"} 2>/dev/null) || route=$(ip -o route get "$1" 2>/dev/null)
set -- $route
echo "$*"
while [ $# -gt 1 ]; do
  [ "$1" = dev ] && ip -o link show dev "$2" && below "$2" 4
  shift
done
exit 0
`;

/** Reads a host's addresses, and the route to a destination if one is given, with one command. */
export async function readUnderlay(
  access: HostAccess,
  { address, local }: Destination,
): Promise<Underlay | undefined> {
  const result = await access.run({ text: SCRIPT, name: "taas-underlay", words: [address, local] });
  if (result.exitCode !== 0) return undefined;
  const [addresses = "", route = ""] = result.stdout.split(/^route$/m);
  const mtus = [...route.matchAll(/\bmtu (\d+)/g)].map((match) => Number(match[1]));
  const devices = [...route.matchAll(/^device (\S+)$/gm)].map((match) => match[1]!);
  const [, beyond] = /^\d+: [^@:\s]+@([^:\s]+):/m.exec(route) ?? [];
  return {
    addresses: [...addresses.matchAll(/\binet6? ([0-9a-f.:]+)/gi)].map((match) => match[1]!),
    mtu: mtus.length === 0 ? undefined : mtus.reduce((least, mtu) => Math.min(least, mtu)),
    devices,
    peer: beyond === undefined || devices.includes(beyond) ? undefined : beyond,
  };
}

/** Rejects an underlay address that no device of the host has. */
export function requireAddress(underlay: Underlay | undefined, address: string, host: string): void {
  if (underlay === undefined || underlay.addresses.includes(address)) return;
  throw new TaasError(
    `no device has the tunnel address ${address} (addresses: ${underlay.addresses.join(", ")})`,
    {
      code: "tunnel-address-missing",
      host,
      hint: "Correct the host's tunnelIp or the MirrorTunnel's localIps",
    },
  );
}

/** Rejects a tunnel between addresses of different families: Open vSwitch creates it, but it carries nothing. */
export function requireOneFamily(
  local: string,
  remote: { address: string; host: string },
  host: string,
): void {
  if (isIPv6(local) === isIPv6(remote.address)) return;
  throw new TaasError(
    `its tunnel address ${local} and that of ${remote.host}, ${remote.address}, are not both IPv4 or both IPv6`,
    {
      code: "tunnel-families-differ",
      host,
      hint: "Give the hosts' tunnelIp, or the MirrorTunnel's localIps, addresses of one family",
    },
  );
}
