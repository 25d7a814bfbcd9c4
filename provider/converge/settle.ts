import { findPort } from "../model/findPort";
import type { Facts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import { requestNumber } from "../plan/newRow";
import type { Claim, Home, ServiceClaim } from "../schema/claim";
import { portKey } from "../schema/port";
import { type Edit, withdraw } from "./edit";
import { isExpired, isLeftover } from "./pending";
import { stackOf } from "./run";

/**
 * Takes back what killed runs of the edits' stacks left pending on this host only, and what any stack's left long ago.
 * What has other ends goes with those (`clearLeftovers`), and what is put anew is finished instead.
 */
export function removeLeftovers(claims: Map<string, Claim>, edits: readonly Edit[]): void {
  const stacks = new Set(edits.map((edit) => stackOf(edit.owner)));
  const finished = new Set(edits.filter((edit) => edit.kind !== "drop").map((edit) => edit.owner));
  for (const claim of [...claims.values()]) {
    const alone = claim.elsewhere === undefined && (claim.kind !== "flow" || claim.from === undefined);
    if (finished.has(claim.owner)) continue;
    const left = alone && [...stacks].some((stack) => isLeftover(claim, stack));
    if (left || isExpired(claim)) withdraw(claims, claim);
  }
}

function servicesOf(claims: ReadonlyMap<string, Claim>): ServiceClaim[] {
  return [...claims.values()].filter((claim): claim is ServiceClaim => claim.kind === "service");
}

/** Monitors on the tap bridge that some service wants there, by port UUID, each with the home some claim knows for it. */
function keptMonitors(
  services: readonly ServiceClaim[],
  facts: Facts,
  tapBridge: string,
): Map<string, Home | undefined> {
  const kept = new Map<string, Home | undefined>();
  for (const claim of services) {
    if (claim.leaving !== undefined || claim.attachment !== "tap-bridge") continue;
    for (const wanted of claim.ports) {
      const found = findPort(facts, [tapBridge], wanted).found;
      if (found === undefined) continue;
      kept.set(found.port.uuid, claim.homes?.[portKey(wanted)] ?? kept.get(found.port.uuid));
    }
  }
  return kept;
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
  const services = servicesOf(claims);
  const known = keptMonitors(services, facts, tapBridge);
  for (const claim of services) {
    if (claim.leaving !== undefined || claim.attachment !== "tap-bridge") continue;
    const homes = { ...claim.homes };
    for (const wanted of claim.ports) {
      const monitor = findPort(facts, [claim.integrationBridge, tapBridge], wanted).found;
      if (monitor === undefined) continue;
      const { uuid: nic, ofport = -1, ofportRequest } = monitor.interface;
      const request = given.get(nic);
      const here = {
        bridge: monitor.bridge.name,
        ofport,
        ofportRequest: request === undefined ? (ofportRequest ?? null) : request,
      };
      const away = homes[portKey(wanted)] ?? known.get(monitor.port.uuid) ?? unknownHome(claim);
      homes[portKey(wanted)] = monitor.bridge.name === tapBridge ? away : here;
    }
    if (Object.keys(homes).length > 0) claims.set(claim.owner, { ...claim, homes });
  }
}

/** The home of a monitor on the tap bridge that no claim knows any more, nor what number it had there. */
function unknownHome({ integrationBridge }: ServiceClaim): Home {
  return { bridge: integrationBridge, ofport: -1, ofportRequest: null };
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
  const services = servicesOf(claims);
  const kept = keptMonitors(services, facts, tapBridge);
  const given = new Map<string, number | null>();
  for (const claim of services) {
    if (claim.leaving === undefined) continue;
    const wanted = claim.ports[0]!;
    const home = claim.homes?.[portKey(wanted)];
    const away = findPort(facts, [tapBridge], wanted).found;
    if (away !== undefined && !kept.has(away.port.uuid)) continue;
    claims.delete(claim.owner);
    const back = home === undefined ? undefined : findPort(facts, [home.bridge], wanted).found;
    if (back === undefined || home === undefined) continue;
    if (home.ofport > 0 && back.interface.ofportRequest !== home.ofport) continue;
    given.set(back.interface.uuid, home.ofportRequest);
  }
  return given;
}

/** The operations that give number requests their old value back. */
export function giveBack(given: ReadonlyMap<string, number | null>): Operation[] {
  return [...given].map(([nic, request]) => requestNumber(nic, request ?? undefined));
}
