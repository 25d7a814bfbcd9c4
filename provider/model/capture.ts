import type { CaptureClaim } from "../schema/claim";
import type { Rule } from "./desired";
import { type Group, type GroupDirection, groupNames, groupOwners } from "./groups";
import { digest, leaseCookie } from "./identity";
import { withoutBridgeTag } from "./treat";

/** The cookie of the rules that a capture's copies leave by. While the bridge has one of them, somebody holds the capture. */
export function captureCookie({ token }: Pick<CaptureClaim, "token">): bigint {
  return leaseCookie(digest(12, "capture", token));
}

/** What is told of a copy with it: whose capture it is of, and its direction. */
const DIRECTIONS = { ingress: "01", egress: "02", any: "00" } as const satisfies Record<
  GroupDirection,
  string
>;

/** What the copies of a capture, in a direction, bear. */
export function captureMark({ token }: Pick<CaptureClaim, "token">, direction: GroupDirection): string {
  return digest(16, "capture", token) + DIRECTIONS[direction];
}

/**
 * The rules that send the copies of a capture to the OpenFlow connection with an id. Its holder adds them and renews them; they are
 * no part of what a host must have.
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
