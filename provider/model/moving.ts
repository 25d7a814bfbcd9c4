import { isDeepStrictEqual } from "node:util";
import type { Claim, FlowClaim } from "../schema/claim";

/** The source of a flow's copies on the host of a claim, a port tapped there or another host, and their tunnel id. */
type Origin = NonNullable<FlowClaim["movingFrom"]>;

function originOf({ tunnelId, source, peer, tunnel, shared }: Origin): Origin {
  return { tunnelId, source, peer, tunnel, shared };
}

/** Without undefined members, as it is stored. */
function plain(origin: Origin): unknown {
  return JSON.parse(JSON.stringify(origin));
}

/**
 * The origin that a claim which replaces another has to keep until the flow's new side is complete: copies still come
 * from the old one. A source that stays on its host changes there at once and needs none.
 */
export function movingFromOf(standing: FlowClaim, next: Origin): Origin | undefined {
  if (standing.source !== undefined && next.source !== undefined) return undefined;
  const was = originOf(standing);
  return isDeepStrictEqual(plain(was), plain(originOf(next))) ? standing.movingFrom : was;
}

/** Claims, with an additional one for each flow that is being moved: the flow as it was before. */
export function withOrigins(claims: readonly Claim[]): Claim[] {
  return claims.flatMap((claim) => {
    if (claim.kind !== "flow" || claim.movingFrom === undefined) return [claim];
    const { movingFrom, ...moving } = claim;
    return [moving, { ...moving, ...originOf(movingFrom), tunnelId: movingFrom.tunnelId ?? moving.tunnelId }];
  });
}
