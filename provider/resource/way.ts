import type { FlowDraft } from "../converge/edit";
import type { Look } from "../converge/look";
import type { EncapsulationName } from "../encapsulation/encapsulation";
import { encapsulationOf } from "../encapsulation/encapsulations";
import { type Endpoint, foreignUdpPort } from "../model/endpoint";
import type { FoundPort } from "../model/findPort";
import { routeOf } from "../model/route";
import { productionTunnel } from "../model/shared";
import type { FlowClaim } from "../schema/claim";

/** A flow as it is to be, and the host of its source. */
export interface Outgoing {
  draft: FlowDraft;
  source: Look;
}

/** How copies leave their host. */
export interface Way {
  type: EncapsulationName;
  /** 0 if the encapsulation has no ports. */
  udpPort: number;
  /** Empty: any address of the host. */
  local: string;
  remote: string;
  /** The tunnel of ours. */
  end?: Endpoint;
  /** The production tunnel that they share. */
  shared?: FoundPort;
}

/** How the copies of a flow leave the host of its source; undefined if they stay there, or the way is not known. */
export function wayOf({ draft, source: { read, facts } }: Outgoing): Way | undefined {
  const route = routeOf([...read.claims.values()], draft as FlowClaim);
  if (route !== undefined) {
    const { end, remote } = route;
    const { type, udpPort, local } = end;
    return { type, udpPort, local, remote, end };
  }
  if (draft.shared === undefined || draft.peer === undefined) return undefined;
  const { local, remote } = draft.peer;
  const shared = productionTunnel(facts, draft.shared.bridge, remote);
  const type = encapsulationOf(shared?.interface.type ?? "");
  if (shared === undefined || type === undefined) return undefined;
  return { type, udpPort: foreignUdpPort(type, shared.interface), local, remote, shared };
}
