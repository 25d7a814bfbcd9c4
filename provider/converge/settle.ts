import { findPort } from "../model/findPort";
import type { Facts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import { set, uuid } from "../ovs/values";
import type { Claim } from "../schema/claim";
import { isLeftover, takeOut } from "./edit";

/** Removes what killed runs of these stacks left pending. */
export function removeLeftovers(claims: Map<string, Claim>, stacks: ReadonlySet<string>): void {
  for (const claim of [...claims.values()]) {
    for (const stack of stacks) if (isLeftover(claim, stack)) takeOut(claims, claim);
  }
}

/** Notes where each monitor comes from just before it is moved, so that it can go back there. */
export function recordHomes(claims: Map<string, Claim>, facts: Facts, tapBridge: string): void {
  const services = [...claims.values()].filter((claim) => claim.kind === "service");
  for (const claim of services) {
    if (claim.leaving !== undefined || claim.attachment !== "tap-bridge") continue;
    const monitor = findPort(facts, [claim.integrationBridge, tapBridge], claim.port).found;
    if (monitor === undefined) continue;
    if (monitor.bridge.name !== tapBridge) {
      const { ofport, ofportRequest } = monitor.interface;
      const home = {
        bridge: monitor.bridge.name,
        ofport: ofport ?? -1,
        ofportRequest: ofportRequest ?? null,
      };
      claims.set(claim.owner, { ...claim, home });
    } else if (claim.home === undefined) {
      const known = services.find(
        (other) =>
          other.home !== undefined &&
          findPort(facts, [tapBridge], other.port).found?.port.uuid === monitor.port.uuid,
      );
      if (known?.home !== undefined) claims.set(claim.owner, { ...claim, home: known.home });
    }
  }
}

/** Ends the claims of monitors that are home again (or gone), and gives their number request back its old value. */
export function finishLeaving(claims: Map<string, Claim>, facts: Facts, tapBridge: string): Operation[] {
  const services = [...claims.values()].filter((claim) => claim.kind === "service");
  return services.flatMap((claim) => {
    if (claim.leaving === undefined) return [];
    const away = findPort(facts, [tapBridge], claim.port).found;
    const kept = services.some(
      (other) =>
        other.leaving === undefined &&
        other.attachment === "tap-bridge" &&
        findPort(facts, [tapBridge], other.port).found?.port.uuid === away?.port.uuid,
    );
    if (away !== undefined && !kept) return [];
    claims.delete(claim.owner);
    const back = findPort(facts, [claim.home?.bridge ?? claim.integrationBridge], claim.port).found;
    if (back === undefined || claim.home === undefined || back.interface.ofportRequest !== claim.home.ofport)
      return [];
    const request = claim.home.ofportRequest;
    return [
      {
        op: "update",
        table: "Interface",
        where: [["_uuid", "==", uuid(back.interface.uuid)]],
        row: { ofport_request: request === null ? set([]) : request },
      },
    ];
  });
}
