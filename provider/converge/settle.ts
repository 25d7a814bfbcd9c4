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

/**
 * Notes where each monitor comes from just before it is moved, so that it can go back there. `given`: the number
 * requests that this very transaction gives back, by interface; the facts still have ours.
 */
export function recordHomes(
  claims: Map<string, Claim>,
  facts: Facts,
  tapBridge: string,
  given: ReadonlyMap<string, number | null>,
): void {
  const services = [...claims.values()].filter((claim) => claim.kind === "service");
  for (const claim of services) {
    if (claim.leaving !== undefined || claim.attachment !== "tap-bridge") continue;
    const monitor = findPort(facts, [claim.integrationBridge, tapBridge], claim.port).found;
    if (monitor === undefined) continue;
    if (monitor.bridge.name !== tapBridge) {
      const { uuid: nic, ofport, ofportRequest } = monitor.interface;
      const request = given.get(nic);
      const home = {
        bridge: monitor.bridge.name,
        ofport: ofport ?? -1,
        ofportRequest: request === undefined ? (ofportRequest ?? null) : request,
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

/**
 * Ends the claims of monitors that are home again (or gone). The answer says which number requests are to get their old
 * value back, by interface.
 */
export function finishLeaving(
  claims: Map<string, Claim>,
  facts: Facts,
  tapBridge: string,
): Map<string, number | null> {
  const services = [...claims.values()].filter((claim) => claim.kind === "service");
  const given = new Map<string, number | null>();
  for (const claim of services) {
    if (claim.leaving === undefined) continue;
    const away = findPort(facts, [tapBridge], claim.port).found;
    const kept = services.some(
      (other) =>
        other.leaving === undefined &&
        other.attachment === "tap-bridge" &&
        findPort(facts, [tapBridge], other.port).found?.port.uuid === away?.port.uuid,
    );
    if (away !== undefined && !kept) continue;
    claims.delete(claim.owner);
    const back = findPort(facts, [claim.home?.bridge ?? claim.integrationBridge], claim.port).found;
    if (back === undefined || claim.home === undefined || back.interface.ofportRequest !== claim.home.ofport)
      continue;
    given.set(back.interface.uuid, claim.home.ofportRequest);
  }
  return given;
}

/** The operations that give number requests their old value back. */
export function giveBack(given: ReadonlyMap<string, number | null>): Operation[] {
  return [...given].map(([nic, request]) => ({
    op: "update",
    table: "Interface",
    where: [["_uuid", "==", uuid(nic)]],
    row: { ofport_request: request === null ? set([]) : request },
  }));
}
