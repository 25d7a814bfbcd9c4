import { tunnelIdsOf } from "../model/serviceNames";
import type { Claim } from "../schema/claim";
import type { CaptureStatistics } from "./statistics";

/** Finds out which capture groups of a host copy to a service of the same host. `machine`: that host. */
export function receivesOn(
  claims: ReadonlyMap<string, Claim>,
  machine: string,
): (service: string, capture: Pick<CaptureStatistics, "owners" | "tunnelId">) => boolean {
  const ids = tunnelIdsOf(claims.values());
  return (service, { owners, tunnelId }) => {
    const flow = claims.get(owners[0] ?? "");
    return flow?.kind === "flow" && flow.destination === machine && ids.get(service)?.has(tunnelId) === true;
  };
}
