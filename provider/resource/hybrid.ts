import { linuxBridgeOf } from "../converge/ageing";
import type { Look } from "../converge/hostQueue";
import type { ServiceClaim } from "../schema/claim";

type Ageing = NonNullable<ServiceClaim["ageing"]>;

function services(look: Look): ServiceClaim[] {
  return [...look.read.claims.values()].filter((claim): claim is ServiceClaim => claim.kind === "service");
}

/**
 * The ageing times that Linux bridges of monitors had before any service changed them. Sets each to what it is, so that
 * a login that may not set it is found out before anything is written.
 */
export async function originalAgeing(look: Look, ports: readonly string[]): Promise<Ageing | undefined> {
  const ageing: Ageing = {};
  for (const bridge of ports.map(linuxBridgeOf)) {
    if (bridge === undefined) continue;
    const recorded = services(look)
      .map((claim) => claim.ageing?.[bridge])
      .find((time) => time !== undefined);
    const present = await look.queue.readAgeing(bridge);
    if (present !== undefined) await look.queue.setAgeing(bridge, present);
    const time = recorded ?? present;
    if (time !== undefined) ageing[bridge] = time;
  }
  return Object.keys(ageing).length === 0 ? undefined : ageing;
}

/** Lets the Linux bridges of a service's monitors forward everything. */
export async function stopLearning(look: Look, ageing: Ageing | undefined): Promise<void> {
  for (const bridge of Object.keys(ageing ?? {})) await look.queue.setAgeing(bridge, 0);
}

/** Gives the Linux bridges of a service's monitors their ageing times back, but for those it keeps or another service has. */
export async function learnAgain(
  look: Look,
  was: { owner: string; token: string },
  kept: Ageing | undefined,
): Promise<void> {
  const claim = look.read.claims.get(was.owner);
  if (claim?.kind !== "service" || claim.token !== was.token) return;
  const others = services(look).filter((other) => other.owner !== was.owner && other.leaving === undefined);
  for (const [bridge, time] of Object.entries(claim.ageing ?? {})) {
    const used = kept?.[bridge] !== undefined || others.some((other) => other.ageing?.[bridge] !== undefined);
    if (!used) await look.queue.setAgeing(bridge, time);
  }
}
