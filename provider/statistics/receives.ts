import { tunnelIdsOf } from "../model/serviceNames";
import type { Claim } from "../schema/claim";
import type { CaptureStatistics } from "./statistics";

/** Whether a service of the host receives what one of its capture groups copies. */
export type Receives = (service: string, capture: Pick<CaptureStatistics, "owners" | "tunnelId">) => boolean;

/**
 * Finds out which capture groups of a host copy to a service of the same host. `machine`: that host. `ids`: the tunnel
 * ids of its services, where they are known already.
 */
export function receivesOn(
  claims: ReadonlyMap<string, Claim>,
  machine: string,
  ids: ReadonlyMap<string, ReadonlySet<number>> = tunnelIdsOf(claims.values()),
): Receives {
  return (service, { owners, tunnelId }) => {
    const flow = claims.get(owners[0] ?? "");
    return flow?.kind === "flow" && flow.destination === machine && ids.get(service)?.has(tunnelId) === true;
  };
}
