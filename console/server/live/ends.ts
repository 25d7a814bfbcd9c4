import type { Claim, FlowClaim, ServiceClaim } from "../../../provider/schema/claim";
import type { HostView } from "./hostWatch";

/** A claim on a host that has been read. */
export interface End<C extends Claim = Claim> {
  view: HostView & { inspection: NonNullable<HostView["inspection"]> };
  claim: C;
}

/** All claims of the hosts, sorted by how the console shows them. */
export interface Ends {
  /** For each flow, the end of its source, of its monitor, or both. */
  flows: Map<string, { source?: End<FlowClaim>; far?: End<FlowClaim> }>;
  services: Map<string, End<ServiceClaim>>;
  /** Hosts that have been read, by machine. */
  machines: Map<string, End["view"]>;
}

/** Sorts the claims of the hosts. A host that no longer answers counts as it was last read. */
export function endsOf(views: readonly HostView[]): Ends {
  const ends: Ends = { flows: new Map(), services: new Map(), machines: new Map() };
  for (const view of views) {
    if (view.inspection === undefined) continue;
    const seen = view as End["view"];
    const { machine } = seen.inspection.facts;
    // A machine with a second name is shown under its first.
    if (ends.machines.has(machine)) continue;
    ends.machines.set(machine, seen);
    for (const claim of seen.inspection.read.claims.values()) {
      if (claim.kind === "service") ends.services.set(claim.owner, { view: seen, claim });
      if (claim.kind !== "flow") continue;
      const known = ends.flows.get(claim.owner) ?? {};
      ends.flows.set(claim.owner, {
        ...known,
        [claim.source === undefined ? "far" : "source"]: { view: seen, claim },
      });
    }
  }
  return ends;
}
