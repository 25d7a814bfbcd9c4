import type { CaptureClaim } from "../schema/claim";
import type { Rule } from "./desired";
import { type Group, type GroupDirection, groupNames, groupOwners } from "./groups";
import { digest, leaseCookie } from "./identity";
import { withoutBridgeTag } from "./treat";

/**
 * The cookie of the rules by which a capture's copies leave. The capture is running while the bridge has one of these
 * rules.
 */
export function captureCookie({ token }: Pick<CaptureClaim, "token">): bigint {
  return leaseCookie(digest(12, "capture", token));
}

/** The direction of a copy in its userdata, after the mark of its capture. */
const DIRECTIONS = { ingress: "01", egress: "02", any: "00" } as const satisfies Record<
  GroupDirection,
  string
>;

/** The userdata of a capture's copies in a direction. */
export function captureMark({ token }: Pick<CaptureClaim, "token">, direction: GroupDirection): string {
  return digest(16, "capture", token) + DIRECTIONS[direction];
}

/**
 * The rules that send a capture's copies to the OpenFlow connection with an id. The capture itself adds and renews
 * them; they are not part of a host's desired state.
 */
export function captureRules(claim: CaptureClaim, groups: readonly Group[], controllerId: number): Rule[] {
  const own = groups.filter((group) => groupOwners(group).includes(claim.owner));
  return own.flatMap((group) =>
    withoutBridgeTag(group, {
      table: 2,
      priority: 100,
      cookie: captureCookie(claim),
      inPort: groupNames(group).tap,
      match: [],
      actions: [{ controller: controllerId, userdata: captureMark(claim, group.direction) }],
      owners: [claim.owner],
    }),
  );
}
