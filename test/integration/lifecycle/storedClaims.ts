import type { LabHost } from "../../lab/host";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";

/** A claim as it is stored. */
export type Stored = Record<string, unknown>;

/** The claims on a host, by owner. */
export async function storedClaims(host: LabHost): Promise<Record<string, Stored>> {
  const text = await host.ovs("ovs-vsctl --format=json --columns=external_ids list Bridge br-tap");
  const [[[, ids]]] = (JSON.parse(text) as { data: [[["map", [string, string][]]]] }).data;
  const own = ids.filter(([key]) => key.startsWith("taas:"));
  return Object.fromEntries(
    own.map(([key, json]) => [key.slice("taas:".length), JSON.parse(json) as Stored]),
  );
}

/** Makes a claim what a killed run leaves: pending, of a run that is over. */
export async function orphan(host: LabHost, owner: string, more: Stored = {}): Promise<void> {
  const stored = (await storedClaims(host))[owner];
  const claim = JSON.stringify({ ...stored, pending: "0123456789abcdef", ...more });
  const value = JSON.stringify(claim).replaceAll("'", "");
  await host.ovs(`ovs-vsctl set Bridge br-tap 'external_ids:"taas:${owner}"=${value}'`);
}

/** What differs from before on the hosts, but for the claims, their count of changes and the rule that carries it. */
export async function beyondClaims(
  hosts: readonly LabHost[],
  before: readonly HostSnapshot[],
): Promise<string[]> {
  const lines = await Promise.all(
    hosts.map(async (host, index) => diffSnapshots(before[index]!, await host.snapshot())),
  );
  return lines
    .flat()
    .filter((line) => !/^~ Bridge br-tap \S+ (external_ids|other_config): /.test(line))
    .filter((line) => !/^[+-] br-tap flows: cookie=0x7a70[0-9a-f]*, priority=0 actions=drop/.test(line));
}
