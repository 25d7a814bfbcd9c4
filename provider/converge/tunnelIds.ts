import { isOurCookie } from "../model/identity";
import { dumpFlows } from "../ovs/dumpFlows";
import type { BridgeFacts } from "../ovs/facts";
import { openflowVersion } from "../ovs/foreignFlow";
import type { HostAccess } from "./access";

const NUMBER = "(0x[0-9a-f]+|[0-9]+)";
/** Every way a rule names a tunnel id: as a match, and as an action in its several spellings. */
const NAMES = [
  new RegExp(`\\btun_id=${NUMBER}`, "g"),
  new RegExp(`\\btunnel_id=${NUMBER}`, "g"),
  new RegExp(`\\bset_tunnel(?:64)?:${NUMBER}`, "g"),
  new RegExp(`\\bset_field:${NUMBER}->tun(?:nel)?_id`, "g"),
  new RegExp(`\\bload:${NUMBER}->NXM_NX_TUN_ID`, "g"),
];

/** The tunnel ids that a text of rules names. */
function namedTunnelIds(text: string): number[] {
  return NAMES.flatMap((name) => [...text.matchAll(name)].map((match) => Number(match[1])));
}

/** The tunnel ids that rules of a bridge match or set, but for ours. */
export async function readTunnelIds(access: HostAccess, bridge: BridgeFacts): Promise<Set<number>> {
  const target = {
    run: access.run,
    bridge: bridge.name,
    host: access.record.name,
    protocols: bridge.protocols ?? [],
  };
  const flows = await dumpFlows(target, { version: openflowVersion(target) });
  const foreign = flows.filter((flow) => !isOurCookie(flow.cookie));
  return new Set(foreign.flatMap((flow) => namedTunnelIds(`${flow.match} ${flow.actions}`)));
}
