import { isOurCookie } from "../model/identity";
import { dumpFlows } from "../ovs/dumpFlows";
import type { BridgeFacts } from "../ovs/facts";
import { openflowVersion } from "../ovs/openflowVersion";
import type { HostAccess } from "./access";

/** Tunnel ids in a rule: those whose bits under the mask equal the value's. */
export interface TunnelIds {
  value: bigint;
  mask: bigint;
}

/** At most 64 bits. */
const DIGITS = "(0x[0-9a-f]{1,16}|[0-9]{1,20})";
const NUMBER = `${DIGITS}(?:/${DIGITS})?`;
/** Every way in which a rule contains a tunnel id: as a match, and as an action in its several spellings. */
const NAMES = [
  new RegExp(`\\b(?:tun_id|tunnel_id)=${NUMBER}`, "g"),
  new RegExp(`\\bset_tunnel(?:64)?:${NUMBER}`, "g"),
  new RegExp(`\\bset_field:${NUMBER}->(?:tun_id|tunnel_id)`, "g"),
  new RegExp(`\\bload:${NUMBER}->NXM_NX_TUN_ID`, "g"),
];
const EXACT = 0xffff_ffff_ffff_ffffn;

/** The tunnel ids in the text of rules. */
export function namedTunnelIds(text: string): TunnelIds[] {
  const named = NAMES.flatMap((name) => [...text.matchAll(name)]);
  return named.map(([, value, mask]) => ({
    value: BigInt(value!),
    mask: mask === undefined ? EXACT : BigInt(mask),
  }));
}

/** Whether a tunnel id is among those. */
export function includesTunnelId(ids: readonly TunnelIds[], tunnelId: number): boolean {
  return ids.some(({ value, mask }) => (BigInt(tunnelId) & mask) === (value & mask));
}

/** The tunnel ids that the rules of a bridge match or set, except ours. */
export async function readTunnelIds(access: HostAccess, bridge: BridgeFacts): Promise<TunnelIds[]> {
  const target = {
    run: access.run,
    bridge: bridge.name,
    host: access.record.name,
    protocols: bridge.protocols ?? [],
  };
  const flows = await dumpFlows(target, { version: openflowVersion(target) });
  const foreign = flows.filter((flow) => !isOurCookie(flow.cookie));
  return foreign.flatMap((flow) => namedTunnelIds(`${flow.match} ${flow.actions}`));
}

/** The difference of an id that a service and production both use, in words. */
export function tunnelIdTaken(tunnelId: number, bridge: string): string {
  return `tunnel id ${tunnelId} is used by production's rules in ${bridge}`;
}
