import { isIPv6 } from "node:net";
import { TaasError } from "../errors";
import type { HostAccess } from "./access";

/** What a host's kernel reports about one destination: the addresses it has, and the largest packet on the route. */
export interface Underlay {
  addresses: string[];
  /** Bytes of the outer IP packet; undefined if the host does not report it. */
  mtu: number | undefined;
}

/** Prints all addresses, then the route to the destination and its outgoing device. Exit code 3: there is no `ip`. */
const SCRIPT = `
command -v ip >/dev/null 2>&1 || exit 3
ip -o addr show
[ -n "$1" ] || exit 0
echo route
set -- $(ip -o route get "$1" 2>/dev/null)
echo "$*"
while [ $# -gt 1 ]; do
  [ "$1" = dev ] && ip -o link show dev "$2"
  shift
done
exit 0
`;

/** Reads a host's addresses, and the route to a destination if one is given, with one command. */
export async function readUnderlay(access: HostAccess, destination: string): Promise<Underlay | undefined> {
  const result = await access.run({ text: SCRIPT, name: "taas-underlay", words: [destination] });
  if (result.exitCode !== 0) return undefined;
  const [addresses = "", route = ""] = result.stdout.split(/^route$/m);
  const mtus = [...route.matchAll(/\bmtu (\d+)/g)].map((match) => Number(match[1]));
  return {
    addresses: [...addresses.matchAll(/\binet6? ([0-9a-f.:]+)/gi)].map((match) => match[1]!),
    mtu: mtus.length === 0 ? undefined : mtus.reduce((least, mtu) => Math.min(least, mtu)),
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
