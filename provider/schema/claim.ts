import * as z from "zod";
import { collector } from "./collector";
import { labels, ownerKey, tunnelId, udpPort } from "./common";
import { captureOptions, endOptions, treatmentOptions } from "./flow";
import { hostRecord, ipAddress } from "./host";
import { monitorPortOptions } from "./monitorPort";
import { claimedPort } from "./port";
import { portSelector } from "./selector";
import { monitorOptions } from "./service";
import { stored } from "./stored";
import { tunnelMode, tunnelOptions, tunnelType } from "./tunnel";

/**
 * The claim format this release writes and the highest it reads. A release adds optional fields without raising it: others
 * keep what they do not know. It is raised where a release that does not know a field would do harm.
 */
export const CLAIM_FORMAT = 1;

const base = {
  format: z.literal(CLAIM_FORMAT),
  owner: ownerKey,
  /** Incarnation: drawn at create, so that a later create of the same owner is told apart. */
  token: z.string().min(1).max(64),
  /** The run that is making it, until that operation's last transaction. */
  pending: z.string().max(64).optional(),
  /** The claim that a pending one took the place of, as it was stored: it comes back if nothing becomes of this one. */
  replaces: z.string().optional(),
  /** The other machines that have a claim of the same resource, or are about to get one, and how they are reached. */
  elsewhere: z.array(z.object({ machine: z.string(), host: hostRecord })).optional(),
  /** Who wrote it last, as user@machine, and when (ISO 8601). */
  writer: z.string().max(256),
  time: z.string().max(40),
  ...labels,
  /** The host is to have a keeper while this claim is there. */
  keeper: z.literal(true).optional(),
};

const serviceClaim = z.object({
  ...base,
  kind: z.literal("service"),
  tunnelId,
  /** The monitors. */
  ports: z.array(claimedPort).min(1),
  ...monitorOptions,
  integrationBridge: z.string(),
  /** What it was called before, as long as a flow of this host knows it by that. */
  former: z.array(z.object({ owner: ownerKey, tunnelId })).optional(),
});

/** The machine at the other end, known by its OVSDB and not by one of its names, and the underlay addresses of both. */
const peer = z.object({ machine: z.string(), name: z.string(), remote: ipAddress, local: ipAddress });

/** The explicit mirror tunnel a flow asked for, and the underlay addresses of both ends on it. */
const wire = z.object({
  owner: ownerKey,
  mode: tunnelMode,
  type: tunnelType,
  udpPort,
  local: ipAddress,
  remote: ipAddress,
});

/** The tapped port or ports, and how what they send and get is treated. */
const source = z
  .object({
    port: claimedPort.optional(),
    ports: portSelector.optional(),
    ...captureOptions,
    ...treatmentOptions,
    integrationBridge: z.string(),
    /** Longest frame that arrives whole; longer copies are cut to it. */
    maxFrame: z.int().optional(),
  })
  .refine(
    ({ port, ports }) => (port === undefined) !== (ports === undefined),
    "a source of one port or of several",
  );

/** A bridge whose production tunnel to the other end carries copies. */
const shared = z.object({ bridge: z.string() });

const flowClaim = z.object({
  ...base,
  kind: z.literal("flow"),
  /** Owner of the service, for people; the link is the tunnel id, which a rename keeps. */
  service: ownerKey,
  tunnelId,
  ...endOptions,
  /** Machine that has the service, or the collector. */
  destination: z.string(),
  /** Present where the tapped port is. */
  source: source.optional(),
  /** The collector outside, and the underlay address its copies are sent from where that is known. */
  collector: z.object({ ...collector.shape, local: z.string() }).optional(),
  /** Copies travel over the production tunnel to the other end that this bridge has. */
  shared: shared.optional(),
  /** The other end; absent when source and monitor share a machine. */
  peer: peer.optional(),
  /** The explicit mirror tunnel asked for. */
  tunnel: wire.optional(),
  /** How the source's host is reached; present where the monitor is, elsewhere than the source. */
  from: hostRecord.optional(),
  /** Where copies came from before, and still do, while the flow's source is on the move. */
  movingFrom: z
    .object({
      /** Absent where it is the same. */
      tunnelId: tunnelId.optional(),
      source: source.optional(),
      peer: peer.optional(),
      tunnel: wire.optional(),
      shared: shared.optional(),
    })
    .optional(),
});

/** Copies of a port that somebody takes over an OpenFlow connection, for as long as that stands. */
const captureClaim = z.object({ ...base, kind: z.literal("capture"), source });

const tunnelClaim = z.object({
  ...base,
  kind: z.literal("tunnel"),
  /** Gives the tap bridge its datapath type. */
  integrationBridge: z.string(),
  ...tunnelOptions,
  udpPort,
  local: ipAddress,
  /** The other ends. */
  peers: z.array(z.object({ machine: z.string(), name: z.string(), remote: ipAddress })).min(1),
  /** ready: the ports exist, automatic flows do not use it yet; preferred: flows send on it, older ports still listen. */
  phase: z.enum(["ready", "preferred"]).optional(),
});

const monitorPortClaim = z
  .object({
    ...base,
    kind: z.literal("monitor-port"),
    /** Gives the tap bridge its datapath type. */
    integrationBridge: z.string(),
    ...monitorPortOptions,
  })
  .refine(
    ({ type, name, socketPath, ifaceId }) =>
      type === "attach"
        ? ifaceId !== undefined
        : name !== undefined && (type === "internal" || socketPath !== undefined),
    "a monitor port without a name",
  );

/** Claims by their kind. */
export const claimOf = {
  service: stored(serviceClaim),
  flow: stored(flowClaim),
  tunnel: stored(tunnelClaim),
  "monitor-port": stored(monitorPortClaim),
  capture: stored(captureClaim),
};

/** A claim as a host has it, with whatever fields a later release has added. */
export const claim = z.discriminatedUnion("kind", [
  claimOf.service,
  claimOf.flow,
  claimOf.tunnel,
  claimOf["monitor-port"],
  claimOf.capture,
]);

export type ServiceClaim = z.output<typeof serviceClaim>;
export type FlowClaim = z.output<typeof flowClaim>;
export type TunnelClaim = z.output<typeof tunnelClaim>;
export type CaptureClaim = z.output<typeof captureClaim>;
export type MonitorPortClaim = z.output<typeof monitorPortClaim>;
export type Claim = z.output<typeof claim>;
export type Elsewhere = NonNullable<Claim["elsewhere"]>;
export type Wire = z.output<typeof wire>;
