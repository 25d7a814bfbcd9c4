import { type Claim, claim } from "../../../provider/schema/claim";

const base = { format: 1, token: "t", writer: "w", time: "2026-01-01T00:00:00.000Z" };

/** A service with a monitor on br-int. */
export function service(name: string, port: string, more: Record<string, unknown> = {}): Claim {
  return claim.parse({
    ...{
      ...base,
      kind: "service",
      owner: `o/p/s/TapService/${name}`,
      integrationBridge: "br-int",
      tunnelId: 7,
    },
    ...{ attachment: "integration-bridge", ports: [port], distribution: "copy" },
    ...more,
  });
}

/** A flow to a collector, which takes one kind of tunnel at UDP port 5000. */
export function flow(name: string, port: string, collector: Record<string, unknown>, source = {}): Claim {
  const end = { address: "192.0.2.9", udpPort: 5000, keys: { ingress: 5, egress: 5 }, local: "" };
  return claim.parse({
    ...{ ...base, kind: "flow", owner: `o/p/s/TapFlow/${name}`, service: `o/p/s/TapService/${name}` },
    ...{ destination: `collector ${name}`, tunnelId: 5, collector: { ...end, ...collector } },
    source: { port, direction: "egress", enabled: true, integrationBridge: "br-int", ...source },
  });
}
