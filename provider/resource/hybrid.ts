import { linuxBridgeOf, readAgeing, setAgeing } from "../converge/ageing";
import type { OpenHost } from "../converge/hosts";
import type { Look } from "../converge/look";
import type { ServiceClaim } from "../schema/claim";

type Ageing = NonNullable<ServiceClaim["ageing"]>;

/**
 * The ageing times that Linux bridges of monitors had before any service changed them. Sets each to what it is, so that
 * a login that may not set it is found out before anything is written.
 */
export async function originalAgeing(
  open: OpenHost,
  look: Look,
  ports: readonly string[],
): Promise<Ageing | undefined> {
  const ageing: Ageing = {};
  const bridges = ports.flatMap((port) => linuxBridgeOf(port) ?? []);
  const host = open(look.record);
  const times = await host.use((access) => readAgeing(access, bridges));
  for (const bridge of bridges) {
    const recorded = [...look.read.claims.values()]
      .map((claim) => (claim.kind === "service" ? claim.ageing?.[bridge] : undefined))
      .find((time) => time !== undefined);
    const present = times.get(bridge);
    if (present !== undefined) await host.use((access) => setAgeing(access, bridge, present));
    const time = recorded ?? present;
    if (time !== undefined) ageing[bridge] = time;
  }
  return Object.keys(ageing).length === 0 ? undefined : ageing;
}
