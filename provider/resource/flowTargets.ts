import { isIPv6 } from "node:net";
import { allOf } from "../allOf";
import { integrationBridgeOf } from "../converge/access";
import { tunnelAddress } from "../converge/addresses";
import type { Draft } from "../converge/edit";
import { machineOf, type Reach } from "../converge/hosts";
import type { Target } from "../converge/intent";
import type { Look } from "../converge/look";
import { requireAddress, requireOneFamily } from "../converge/network";
import { TaasError } from "../errors";
import type { FoundPort } from "../model/findPort";
import type { Claim, FlowClaim, Wire } from "../schema/claim";
import type { FlowInputs } from "../schema/flow";
import type { TunnelRef } from "../schema/tunnel";
import { fitCopies } from "./fit";
import { membersMissing } from "./members";
import { requireSharedTunnel } from "./sharedTunnel";

type FlowDraft = Extract<Draft, { kind: "flow" }>;
type Peer = NonNullable<FlowClaim["peer"]>;
/** What finding a flow's claims takes: hosts, and a way to tell the operator. */
type Asking = Pick<Reach, "open" | "warn">;

/** The underlay address of a flow's end on an explicit tunnel: the one given for that member, else the host's own. */
function memberAddress(tunnel: TunnelRef, { record, facts }: Look): string {
  const index = tunnel.hosts.findIndex((member) => member.address === record.address);
  if (index < 0) {
    throw new TaasError(membersMissing(tunnel, [record]), {
      code: "tunnel-member-missing",
      host: record.name,
      hint: "Give the MirrorTunnel this host too, or the flow another tunnel or none",
    });
  }
  return tunnel.localIps[index] ?? tunnelAddress(record, facts);
}

function wireOf(tunnel: TunnelRef | undefined, here: Look, there: Look): Wire | undefined {
  if (tunnel === undefined) return undefined;
  const { owner, mode, type, udpPort } = tunnel;
  return {
    owner,
    mode,
    type,
    udpPort,
    local: memberAddress(tunnel, here),
    remote: memberAddress(tunnel, there),
  };
}

function ends(source: Look, destination: Look): { here: Peer; there: Peer } {
  const local = tunnelAddress(source.record, source.facts);
  const remote = tunnelAddress(destination.record, destination.facts);
  return {
    here: { machine: destination.facts.machine, name: destination.record.name, local, remote },
    there: { machine: source.facts.machine, name: source.record.name, local: remote, remote: local },
  };
}

function common(inputs: FlowInputs, destination: string): FlowDraft {
  const { owner, tunnelId, tenant, description, service } = inputs;
  const wishes = { service: service.owner, tunnelId, tenant, description };
  return { format: 1, kind: "flow", owner, destination, ...wishes };
}

/** What a flow's claim must say, at either end, as far as the arguments alone decide it. */
export function flowSays(inputs: FlowInputs, claim: Claim): Record<string, unknown> {
  const { format, kind, owner, destination, ...said } = common(inputs, "");
  const wishes = { ...said, former: undefined };
  if (claim.kind !== "flow" || claim.source === undefined) return wishes;
  const { integrationBridge, maxFrame } = claim.source;
  return { ...wishes, source: { ...tapped(inputs, integrationBridge), maxFrame } };
}

function tapped(inputs: FlowInputs, integrationBridge: string): NonNullable<FlowClaim["source"]> {
  const { port, direction, enabled, filter, defaultAction, snapLength, rateLimit, counters } = inputs;
  const own = counters === "own" ? { counters } : {};
  return {
    port,
    direction,
    enabled,
    integrationBridge,
    filter,
    defaultAction,
    snapLength,
    rateLimit,
    ...own,
  };
}

/** The address copies for a collector are sent from; where the host's is not known or of another family, the route decides. */
function collectorLocal(source: Look, collector: string): string {
  try {
    const local = tunnelAddress(source.record, source.facts);
    return isIPv6(local) === isIPv6(collector) ? local : "";
  } catch (error) {
    if (error instanceof TaasError && error.code === "tunnel-ip-unknown") return "";
    throw error;
  }
}

/** The tapped port's look, and the port where it is plugged. */
export interface Tapped {
  source: Look;
  port: FoundPort | undefined;
}

/** The claim of a flow into a collector: at the source only, the far end is nobody's host. */
export async function collectorTargets(
  inputs: FlowInputs,
  { source, port }: Tapped,
  reach: Asking,
): Promise<Target[][]> {
  const { collector } = inputs.service;
  const local = collectorLocal(source, collector!.address);
  const draft: FlowDraft = {
    ...common(inputs, `collector ${collector!.address}`),
    source: tapped(inputs, integrationBridgeOf(source.record)),
    collector: { ...collector!, local },
  };
  if (local !== "")
    requireAddress(await reach.open(source.record).underlay(collector!.address), local, source.record.name);
  return [[{ seen: source, draft: await fitCopies({ draft, inputs, port, source, reach }) }]];
}

/** The flow's claim at each end, far end first. On one machine they are one. */
export async function flowTargets(
  inputs: FlowInputs,
  { source, port }: Tapped,
  destination: Look,
  reach: Asking,
): Promise<Target[][]> {
  const base = common(inputs, destination.facts.machine);
  if (machineOf(source) === machineOf(destination)) {
    const draft: FlowDraft = { ...base, source: tapped(inputs, integrationBridgeOf(source.record)) };
    return [[{ seen: source, draft: await fitCopies({ draft, inputs, port, source, destination, reach }) }]];
  }
  if (source.facts.machine === destination.facts.machine) {
    throw new TaasError("source and monitor are on one machine but on different tap bridges", {
      code: "tap-bridges-differ",
      host: source.record.name,
      hint: "Give both hosts of the program the same tapBridge",
    });
  }
  const { here, there } = ends(source, destination);
  const near: FlowDraft = {
    ...base,
    source: tapped(inputs, integrationBridgeOf(source.record)),
    peer: here,
    tunnel: wireOf(inputs.tunnel, source, destination),
  };
  const far: FlowDraft = {
    ...base,
    peer: there,
    tunnel: wireOf(inputs.tunnel, destination, source),
    from: source.record,
  };
  if (inputs.transport === "shared") {
    near.shared = await requireSharedTunnel(reach.open, source, here, inputs.tunnelId);
    far.shared = await requireSharedTunnel(reach.open, destination, there, inputs.tunnelId);
  } else {
    const [fromSource, fromDestination] = await allOf([
      reach.open(source.record).underlay(near.tunnel?.remote ?? here.remote),
      reach.open(destination.record).underlay(""),
    ]);
    const wire = near.tunnel ?? here;
    requireOneFamily(wire.local, { address: wire.remote, host: here.name }, source.record.name);
    requireAddress(fromSource, near.tunnel?.local ?? here.local, source.record.name);
    requireAddress(fromDestination, far.tunnel?.local ?? there.local, destination.record.name);
  }
  const draft = await fitCopies({ draft: near, inputs, port, source, destination, reach });
  return [[{ seen: destination, draft: far }], [{ seen: source, draft }]];
}
