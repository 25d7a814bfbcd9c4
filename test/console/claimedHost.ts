import type { End } from "../../console/server/live/ends";
import { type FlowClaim, type ServiceClaim, claim as schema } from "../../provider/schema/claim";
import { observed } from "../unit/model/observed";

/** The stack of the claims. */
export const STACK = "acme/other/prod";
/** The service that they are about. */
export const SERVICE = `${STACK}/TapService/ids`;
/** The tap into it. */
export const FLOW = `${STACK}/TapFlow/web`;

const BASE = { format: 1, writer: "ada@ci", time: "2026-11-29T10:00:00.000Z" };

/** What a host calls its machine. */
export function machineOf(host: string): string {
  return `machine of ${host}`;
}

/** A claim of the service. */
export function serviceClaim(token: string, other: object = {}): ServiceClaim {
  const monitor = { ports: ["tap-ids"], integrationBridge: "br-int" };
  const fields = { ...BASE, kind: "service", owner: SERVICE, token, tunnelId: 7, ...monitor, ...other };
  return schema.parse(fields) as ServiceClaim;
}

/** A claim of the tap, at its source on compute1. Its service is on compute2. */
export function sourceClaim(token: string, other: object = {}): FlowClaim {
  const source = { port: "tap-web", integrationBridge: "br-int" };
  const peer = {
    machine: machineOf("compute2"),
    name: "compute2",
    remote: "192.0.2.12",
    local: "192.0.2.11",
  };
  return schema.parse({ ...flowFields(token), source, peer, ...other }) as FlowClaim;
}

/** The claim of the tap on the host of its service. */
export function farClaim(token: string, other: object = {}): FlowClaim {
  const from = { name: "compute1", address: "192.0.2.11" };
  const peer = {
    machine: machineOf("compute1"),
    name: "compute1",
    remote: "192.0.2.11",
    local: "192.0.2.12",
  };
  return schema.parse({ ...flowFields(token), from, peer, ...other }) as FlowClaim;
}

/** The claim of another tap on a host that is its source, into another service on the same host. */
export function flowClaimOf(owner: string, service: string): FlowClaim {
  return sourceClaim("t1", { owner, service, peer: undefined });
}

function flowFields(token: string): object {
  const target = { service: SERVICE, tunnelId: 7, destination: machineOf("compute2") };
  return { ...BASE, kind: "flow", owner: FLOW, token, ...target };
}

/** A host that has been read, with these claims. `faults`: what is wrong with each of them. */
export function claimedHost(
  name: string,
  claims: readonly { owner: string }[],
  { machine = machineOf(name), faults = [] as string[], ...view }: Partial<HostState> = {},
): End["view"] {
  const ports = [{ name: "tap-web" }, { name: "tap-ids" }];
  const facts = { ...observed({ name: "br-int", ports }), machine };
  const read = { claims: new Map(claims.map((claim) => [claim.owner, claim])), generation: 1 };
  const differences = faults.map((what) => ({ what, owners: claims.map(({ owner }) => owner) }));
  return {
    ...{ record: { name, address: `${name}.example` }, at: "2026-11-29T10:00:00Z" },
    ...{ inspection: { facts, read, differences }, ...view },
  } as unknown as End["view"];
}

interface HostState {
  machine: string;
  faults: string[];
  error: { code: string; message: string };
}
