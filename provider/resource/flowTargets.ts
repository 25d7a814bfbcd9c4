import { isIPv6 } from "node:net";
import { allOf } from "../allOf";
import { integrationBridgeOf } from "../converge/access";
import { tunnelAddress } from "../converge/addresses";
import type { FlowDraft } from "../converge/edit";
import { machineOf, type OpenHost, type Reach } from "../converge/hosts";
import type { Target } from "../converge/intent";
import type { Look } from "../converge/look";
import { requireAddress, requireOneFamily } from "../converge/network";
import { TaasError } from "../errors";
import type { FoundPort } from "../model/findPort";
import type { Claim, FlowClaim, Wire } from "../schema/claim";
import { labels } from "../schema/common";
import { captureOptions, type FlowInputs, treatmentOptions } from "../schema/flow";
import { pick } from "../schema/options";
import type { TunnelRef } from "../schema/tunnel";
import { refuseCarriers } from "./carriers";
import { fitCopies } from "./fit";
import { membersMissing } from "./members";
import { requireSharedTunnel, tunnelBridgeOf } from "./sharedTunnel";

type Peer = NonNullable<FlowClaim["peer"]>;
/** What is needed to find a flow's claims: access to hosts, and a receiver of warnings. */
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
  const { owner, tunnelId, service, until } = inputs;
  const texts = pick(labels, inputs);
  return { format: 1, kind: "flow", owner, destination, service: service.owner, tunnelId, until, ...texts };
}

function tapped(inputs: FlowInputs, integrationBridge: string): NonNullable<FlowClaim["source"]> {
  const options = { ...pick(captureOptions, inputs), ...pick(treatmentOptions, inputs) };
  const { port, ports } = inputs;
  return { ...(ports === undefined ? { port } : { ports }), integrationBridge, ...options };
}

/** The source address of copies for a collector; if the host's is unknown or of another family, the route decides. */
function collectorLocal(source: Look, collector: string): string {
  try {
    const local = tunnelAddress(source.record, source.facts);
    return isIPv6(local) === isIPv6(collector) ? local : "";
  } catch (error) {
    if (error instanceof TaasError && error.code === "tunnel-ip-unknown") return "";
    throw error;
  }
}

/** A flow's claims: on one host or two, and the far end's first. */
interface FlowClaims {
  near: FlowTarget;
  far?: FlowTarget;
}

interface FlowTarget {
  seen: Look;
  draft: FlowDraft;
}

/**
 * The claims of a flow according to its arguments and the looks at its hosts, without further reads. `destination`:
 * absent for a collector, which has no host.
 */
function claimsOf(inputs: FlowInputs, source: Look, destination: Look | undefined): FlowClaims {
  const { collector } = inputs.service;
  const tap = tapped(inputs, integrationBridgeOf(source.record));
  if (destination === undefined) {
    const local = collectorLocal(source, collector!.address);
    const base = common(inputs, `collector ${collector!.address}`);
    return { near: { seen: source, draft: { ...base, source: tap, collector: { ...collector!, local } } } };
  }
  const base = common(inputs, destination.facts.machine);
  if (machineOf(source) === machineOf(destination))
    return { near: { seen: source, draft: { ...base, source: tap } } };
  if (source.facts.machine === destination.facts.machine) {
    throw new TaasError("source and monitor are on the same machine but on different tap bridges", {
      code: "tap-bridges-differ",
      host: source.record.name,
      hint: "Set the same tapBridge on both hosts in the program",
    });
  }
  const { here, there } = ends(source, destination);
  const shared = ({ record }: Look) =>
    inputs.transport === "shared" ? { bridge: tunnelBridgeOf(record) } : undefined;
  const near: FlowDraft = {
    ...base,
    source: tap,
    peer: here,
    tunnel: wireOf(inputs.tunnel, source, destination),
    shared: shared(source),
  };
  const far: FlowDraft = {
    ...base,
    peer: there,
    tunnel: wireOf(inputs.tunnel, destination, source),
    shared: shared(destination),
    from: source.record,
  };
  return { near: { seen: source, draft: near }, far: { seen: destination, draft: far } };
}

/** The hosts and ports that were found for a flow. */
export interface FlowEnds {
  source: Look;
  /** The tapped ports that are plugged. */
  ports: readonly FoundPort[];
  /** The monitor's host; absent for a collector. */
  destination: Look | undefined;
}

/** The ends of a flow that is to be created or changed. */
interface WishedEnds extends FlowEnds {
  /** The claim that the flow has on the host of its source. */
  standing: Claim | undefined;
}

/** The flow's claims with their longest frames, after the route between their hosts has been checked. */
export async function flowTargets(inputs: FlowInputs, found: WishedEnds, reach: Asking): Promise<Target[][]> {
  const { near, far } = claimsOf(inputs, found.source, found.destination);
  await requireWay(inputs, near, far, reach.open);
  if (inputs.enabled) await refuseCarriers({ ...found, ...reach, draft: near.draft, inputs });
  const draft = await fitCopies({ ...found, draft: near.draft, inputs, reach });
  return [...(far === undefined ? [] : [[far]]), [{ ...near, draft }]];
}

/** The flow's claims as a read expects them. The longest frame is compared if the flow's copies are truncated to it. */
export async function expectedClaims(inputs: FlowInputs, found: FlowEnds, open: OpenHost): Promise<Target[]> {
  const reach = { open, warn: () => undefined };
  const { near, far } = claimsOf(inputs, found.source, found.destination);
  const cut = () => fitCopies({ ...found, draft: near.draft, inputs, reach });
  const draft = inputs.mtuPolicy === "truncate" ? await cut() : near.draft;
  return [{ ...near, draft }, ...(far === undefined ? [] : [far])];
}

/** Rejects a route that cannot carry copies, before anything is written. */
async function requireWay(
  inputs: FlowInputs,
  near: FlowTarget,
  far: FlowTarget | undefined,
  open: OpenHost,
): Promise<void> {
  const { seen: source, draft } = near;
  if (draft.collector !== undefined) {
    const { address, local } = draft.collector;
    if (local !== "")
      requireAddress(await open(source.record).underlay(address, local), local, source.record.name);
  }
  if (far === undefined) return;
  const [here, there] = [draft.peer!, far.draft.peer!];
  if (inputs.transport === "shared") {
    await requireSharedTunnel(open, source, here, inputs.tunnelId);
    await requireSharedTunnel(open, far.seen, there, inputs.tunnelId);
    return;
  }
  const wire = draft.tunnel ?? here;
  const [fromSource, fromDestination] = await allOf([
    open(source.record).underlay(wire.remote, wire.local),
    open(far.seen.record).underlay(""),
  ]);
  requireOneFamily(wire.local, { address: wire.remote, host: here.name }, source.record.name);
  requireAddress(fromSource, wire.local, source.record.name);
  requireAddress(fromDestination, (far.draft.tunnel ?? there).local, far.seen.record.name);
}
