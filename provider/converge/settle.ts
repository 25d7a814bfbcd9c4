import { findMonitor } from "../model/findMonitor";
import { type FoundPort, findPort } from "../model/findPort";
import type { Facts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import { requestNumber } from "../plan/newRow";
import type { Claim, Home, ServiceClaim } from "../schema/claim";
import { portKey } from "../schema/port";
import { type Edit, leavingClaim, withdraw } from "./edit";
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

function isStaying({ leaving, attachment }: ServiceClaim): boolean {
  return leaving === undefined && attachment === "tap-bridge";
}

/** The monitors of a claim that are on the tap bridge, each with its home where the claim knows it. */
function monitorsThere(
  claim: ServiceClaim,
  facts: Facts,
  tapBridge: string,
): { monitor: FoundPort; home: Home | undefined }[] {
  return claim.ports.flatMap((wanted) => {
    const monitor = findMonitor(claim, wanted, facts, tapBridge).found;
    if (monitor?.bridge.name !== tapBridge) return [];
    return [{ monitor, home: claim.homes?.[portKey(wanted)] }];
  });
}

/** UUIDs of the ports on the tap bridge that some service wants there. */
function keptMonitors(services: readonly ServiceClaim[], facts: Facts, tapBridge: string): Set<string> {
  const there = services.filter(isStaying).flatMap((claim) => monitorsThere(claim, facts, tapBridge));
  return new Set(there.map(({ monitor }) => monitor.port.uuid));
}

/** What claims know of where monitors on the tap bridge came from, by port UUID; those on their way out know it, too. */
function knownHomes(services: readonly ServiceClaim[], facts: Facts, tapBridge: string): Map<string, Home> {
  const there = services.flatMap((claim) => monitorsThere(claim, facts, tapBridge));
  return new Map(
    there.flatMap(({ monitor, home }) => (home === undefined ? [] : [[monitor.port.uuid, home]])),
  );
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
  const known = knownHomes(services, facts, tapBridge);
  for (const claim of services.filter(isStaying)) {
    const homes = { ...claim.homes };
    for (const wanted of claim.ports) {
      const monitor = findMonitor(claim, wanted, facts, tapBridge).found;
      if (monitor === undefined) continue;
      const key = portKey(wanted);
      const { name: port, uuid } = monitor.port;
      const former = homes[key]?.port ?? port;
      if (former !== port && findPort(facts, [tapBridge], former).found !== undefined) {
        const leaving = leavingClaim(claim, key);
        claims.set(leaving.owner, leaving);
      }
      const { uuid: nic, ofport = -1, ofportRequest } = monitor.interface;
      const request = given.get(nic);
      const here = {
        bridge: monitor.bridge.name,
        ofport,
        ofportRequest: request === undefined ? (ofportRequest ?? null) : request,
      };
      const away = (former === port ? homes[key] : undefined) ?? known.get(uuid) ?? unknownHome(claim);
      homes[key] = { ...(monitor.bridge.name === tapBridge ? away : here), port };
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
    const [away] = monitorsThere(claim, facts, tapBridge);
    if (away !== undefined && !kept.has(away.monitor.port.uuid)) continue;
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
