import { findMonitor } from "../model/findMonitor";
import { HOME_PREFIX } from "../model/readClaims";
import type { Facts } from "../ovs/facts";
import type { Claim, Home } from "../schema/claim";
import { portKey } from "../schema/port";

/** A home as the keeper notes it. */
function parseHome(note: string | undefined): Omit<Home, "port"> | undefined {
  const parts = /^([1-9]\d{0,4}) ([1-9]\d{0,4}|-) (\S+)$/.exec(note ?? "");
  if (parts === null) return undefined;
  const [, ofport, request, bridge] = parts;
  return { bridge: bridge!, ofport: Number(ofport), ofportRequest: request === "-" ? null : Number(request) };
}

/** Takes into the claims where the keeper found monitors that it put back: their rows are others than those we moved. */
export function takeNotedHomes(claims: Map<string, Claim>, facts: Facts, tapBridge: string): void {
  const notes = facts.bridges.find(({ name }) => name === tapBridge)?.otherConfig ?? {};
  for (const claim of [...claims.values()]) {
    if (claim.kind !== "service" || claim.homes === undefined) continue;
    const found = claim.ports.flatMap((wanted): [string, Home][] => {
      const monitor = findMonitor(claim, wanted, facts, tapBridge).found;
      if (monitor?.bridge.name !== tapBridge) return [];
      const home = parseHome(notes[HOME_PREFIX + monitor.port.uuid]);
      return home === undefined ? [] : [[portKey(wanted), { port: monitor.port.name, ...home }]];
    });
    if (found.length === 0) continue;
    claims.set(claim.owner, { ...claim, homes: { ...claim.homes, ...Object.fromEntries(found) } });
  }
}
