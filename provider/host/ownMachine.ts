import { lookup } from "node:dns/promises";
import { BlockList, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { TaasError } from "../errors";
import type { ConnectionSettings, HostRecord } from "./host";
import { resolveEndpoint } from "./resolve";

/**
 * Refuses a host that a claim refers to if it is this machine: a loopback address, an address of an interface, or a
 * name that resolves to one. If the ssh configuration gives the address another host name, the operator has decided
 * where it leads. Errors: `claim-leads-here`, and those of `resolveEndpoint`.
 */
export async function refuseOwnMachine(record: HostRecord, settings: ConnectionSettings): Promise<void> {
  if (record.address === "local") throw leadsHere(record);
  const { hostname } = await resolveEndpoint(record, settings);
  const found = await lookup(record.address, { all: true }).catch(() => []);
  // OpenSSH prints an address such as 127.1 in full, which is not a host name set by the operator.
  const meanings = [record.address.toLowerCase(), ...found.map(({ address }) => address)];
  if (!meanings.includes(hostname.toLowerCase())) return;
  const own = ownAddresses();
  if (found.some(({ address }) => own.check(plain(address), familyOf(address)))) throw leadsHere(record);
}

/** The addresses of this machine. */
function ownAddresses(): BlockList {
  const own = new BlockList();
  own.addSubnet("127.0.0.0", 8);
  own.addSubnet("0.0.0.0", 8);
  own.addSubnet("::", 127, "ipv6");
  for (const { address } of Object.values(networkInterfaces()).flatMap((found) => found ?? []))
    own.addAddress(plain(address), familyOf(address));
  return own;
}

/** An address without its zone. */
function plain(address: string): string {
  return address.replace(/%.*/, "");
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}

function leadsHere({ name, address }: HostRecord): TaasError {
  return new TaasError(
    `a claim leads to ${JSON.stringify(address)}, which is this machine and is named neither by the program nor by the inventory`,
    {
      code: "claim-leads-here",
      host: name,
      hint: `If it is right, add an entry ${JSON.stringify(name)} for it to the stack's taas:hosts`,
    },
  );
}
