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
 * The claim format that this release writes, and the highest one it reads. A release adds optional fields without
 * raising it, because other releases preserve fields they do not know. It is raised only if a release that does not
 * know a field would do harm.
 */
export const CLAIM_FORMAT = 1;

const base = {
  format: z.literal(CLAIM_FORMAT),
  owner: ownerKey,
  /** Incarnation: a random value drawn by the create, which tells it from a later create of the same owner. */
  token: z.string().min(1).max(64),
  /** The run that is creating or changing it, until that operation's last transaction. */
  pending: z.string().max(64).optional(),
  /** The stored text of the claim that a pending one replaced; it is restored if the pending one is not confirmed. */
  replaces: z.string().optional(),
  /** The other machines that have a claim of the same resource, or are about to get one, and how they are reached. */
  elsewhere: z.array(z.object({ machine: z.string(), host: hostRecord })).optional(),
  /** Who wrote it last (user@machine), and when (ISO 8601). */
  writer: z.string().max(256),
  time: z.string().max(40),
  ...labels,
  /** The host needs a keeper while this claim exists. */
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
  /** Its owner and tunnel id before a change, while a flow of this host still uses them. */
  former: z.array(z.object({ owner: ownerKey, tunnelId })).optional(),
});

/**
 * The machine at the other end, identified by its OVSDB and not by one of its names, and the underlay addresses of both
 * ends.
 */
const peer = z.object({ machine: z.string(), name: z.string(), remote: ipAddress, local: ipAddress });

/** The explicit mirror tunnel that a flow asked for, and the underlay addresses of both of its ends. */
const wire = z.object({
  owner: ownerKey,
  mode: tunnelMode,
  type: tunnelType,
  udpPort,
  local: ipAddress,
  remote: ipAddress,
});

/** The tapped port or ports, and how the frames they send and receive are treated. */
const source = z
  .object({
    port: claimedPort.optional(),
    ports: portSelector.optional(),
    ...captureOptions,
    ...treatmentOptions,
    integrationBridge: z.string(),
    /** The longest frame that arrives whole; longer copies are truncated to it. */
    maxFrame: z.int().optional(),
  })
  .refine(
    ({ port, ports }) => (port === undefined) !== (ports === undefined),
    "a source needs one port or several ports",
  );

/** A bridge whose production tunnel to the other end carries copies. */
const shared = z.object({ bridge: z.string() });

const flowClaim = z.object({
  ...base,
  kind: z.literal("flow"),
  /** Owner of the service, for people. The link between the two is the tunnel id, which survives a rename. */
  service: ownerKey,
  tunnelId,
  ...endOptions,
  /** The machine of the service or of the collector. */
  destination: z.string(),
  /** Present on the host of the tapped port. */
  source: source.optional(),
  /** The collector, and the underlay address that its copies are sent from, if known. */
  collector: z.object({ ...collector.shape, local: z.string() }).optional(),
  /** The copies travel over this bridge's production tunnel to the other end. */
  shared: shared.optional(),
  /** The other end; absent if source and monitor are on the same machine. */
  peer: peer.optional(),
  /** The explicit mirror tunnel that the flow asked for. */
  tunnel: wire.optional(),
  /** How the source's host is reached; present on the monitor's host if the source is on another. */
  from: hostRecord.optional(),
  /** Where copies came from before, and still do, while the flow's source is being moved. */
  movingFrom: z
    .object({
      /** Absent if it is the same. */
      tunnelId: tunnelId.optional(),
      source: source.optional(),
      peer: peer.optional(),
      tunnel: wire.optional(),
      shared: shared.optional(),
    })
    .optional(),
});

/** Copies of a port that a capture receives over its OpenFlow connection, while that connection exists. */
const captureClaim = z.object({ ...base, kind: z.literal("capture"), source });

const tunnelClaim = z.object({
  ...base,
  kind: z.literal("tunnel"),
  /** The tap bridge gets the datapath type of this bridge. */
  integrationBridge: z.string(),
  ...tunnelOptions,
  udpPort,
  local: ipAddress,
  /** The other ends. */
  peers: z.array(z.object({ machine: z.string(), name: z.string(), remote: ipAddress })).min(1),
  /**
   * ready: the ports exist, but automatic flows do not use them yet; preferred: flows send on them, and older ports
   * still listen.
   */
  phase: z.enum(["ready", "preferred"]).optional(),
});

const monitorPortClaim = z
  .object({
    ...base,
    kind: z.literal("monitor-port"),
    /** The tap bridge gets the datapath type of this bridge. */
    integrationBridge: z.string(),
    ...monitorPortOptions,
  })
  .refine(
    ({ type, name, socketPath, ifaceId }) =>
      type === "attach"
        ? ifaceId !== undefined
        : name !== undefined && (type === "internal" || socketPath !== undefined),
    "a monitor port needs a name",
  );

/** Claims by their kind. */
export const claimOf = {
  service: stored(serviceClaim),
  flow: stored(flowClaim),
  tunnel: stored(tunnelClaim),
  "monitor-port": stored(monitorPortClaim),
  capture: stored(captureClaim),
};

/** A claim as stored on a host, including fields that a later release added. */
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
