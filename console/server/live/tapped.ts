import { tapBridgeOf } from "../../../provider/converge/access";
import { type FoundPort, findPort } from "../../../provider/model/findPort";
import { render } from "../../../provider/model/render";
import { tappings } from "../../../provider/model/tappings";
import type { FlowClaim } from "../../../provider/schema/claim";
import type { End } from "./ends";

/** The ports on its source's host that a flow currently taps. */
export function tappedPorts({ view, claim }: End<FlowClaim>): FoundPort[] {
  const { source, owner } = claim;
  if (source === undefined) return [];
  const { facts, read } = view.inspection;
  const tapBridge = tapBridgeOf(view.record);
  if (source.port !== undefined) {
    const { found } = findPort(facts, [source.integrationBridge, tapBridge], source.port);
    return found === undefined ? [] : [found];
  }
  const desired = { ...render(read.claims, facts, tapBridge), problems: [] };
  return tappings({ owner, source }, facts, tapBridge, desired).flatMap(({ ports }) => ports);
}
