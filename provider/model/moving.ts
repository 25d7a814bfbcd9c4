import { isDeepStrictEqual } from "node:util";
import type { Claim, FlowClaim } from "../schema/claim";

/** Where a flow's copies come from on the host of a claim, a port tapped there or another host, and the id they bear. */
type Origin = NonNullable<FlowClaim["movingFrom"]>;

function originOf({ tunnelId, source, peer, tunnel, shared }: Origin): Origin {
  return { tunnelId, source, peer, tunnel, shared };
}

/** Without members that are undefined, as it is stored. */
function plain(origin: Origin): unknown {
  return JSON.parse(JSON.stringify(origin));
}

/**
 * What a claim that takes the place of another must go on doing until the flow's new side is complete: copies come from
 * where they came from before. A source that stays on its host changes there at once and needs nothing.
 */
export function movingFromOf(standing: FlowClaim, next: Origin): Origin | undefined {
  if (standing.source !== undefined && next.source !== undefined) return undefined;
  const was = originOf(standing);
  return isDeepStrictEqual(plain(was), plain(originOf(next))) ? standing.movingFrom : was;
}

/** Claims, with one more for each flow that is on the move: as it was before. */
export function withOrigins(claims: readonly Claim[]): Claim[] {
  return claims.flatMap((claim) => {
    if (claim.kind !== "flow" || claim.movingFrom === undefined) return [claim];
    const { movingFrom, ...moving } = claim;
    return [moving, { ...moving, ...originOf(movingFrom), tunnelId: movingFrom.tunnelId ?? moving.tunnelId }];
  });
}
