import type { HostRecord } from "../host/host";
import type { Run } from "../ovs/channel";
import type { OfctlTarget } from "../ovs/ofctl";
import type { OvsdbClient } from "../ovs/ovsdbClient";
import type { PacketChannel } from "../ovs/packetChannel";
import type { Replica } from "../ovs/replica";
import type { TapSwitch } from "../ovs/tapSwitch";
import { DEFAULT_BRIDGES } from "../schema/host";
import type { PlainDevices } from "./plainDevices";

/** Open access to one host's Open vSwitch while a piece of work runs. */
export interface HostAccess {
  record: HostRecord;
  /** What tells the machine from a clone of it; see `HostProbe`. */
  bootId: string;
  ovsdb: OvsdbClient;
  /** The host's OVSDB, up to date. */
  replica: Replica;
  /** The host's tap bridge, with the rules that this run has written. */
  tapSwitch: TapSwitch;
  /**
   * Opens a connection to the tap bridge that sends and receives frames; the caller closes it. Rejects with
   * `packets-refused` if the management socket cannot be used.
   */
  openPackets(): Promise<PacketChannel>;
  /** Devices of the machine that need not be checked for Linux bridges. */
  plainDevices: PlainDevices;
  /** Runs a command with the rights that Open vSwitch's tools need. */
  run: Run;
  /** The host's own clock, in milliseconds since 1970. Rejects with `clock-unknown`. */
  now(): Promise<number>;
  /**
   * Rejects with `no-rights` if rules could not be pushed. Checked before the first write, so that none is left half
   * done.
   */
  requireRights(): Promise<void>;
  /**
   * Rejects with `keeper-refused` if a keeper could not be installed or removed. Also checked before the first write.
   */
  requireKeeper(): Promise<void>;
  /** Milliseconds that one step on the host may take. */
  timeoutMs: number;
}

/** Lends access to a host, connecting when first needed. */
export type WithAccess = <T>(record: HostRecord, work: (access: HostAccess) => Promise<T>) => Promise<T>;

/** The name of the host's bridge for copies and claims. */
export function tapBridgeOf(record: HostRecord): string {
  return record.tapBridge ?? DEFAULT_BRIDGES.tapBridge;
}

/** The name of the host's bridge that VMs plug into. */
export function integrationBridgeOf(record: HostRecord): string {
  return record.integrationBridge ?? DEFAULT_BRIDGES.integrationBridge;
}

/**
 * A bridge of a host as a target of ovs-ofctl. The limit lets a script of three commands end within the time that one
 * step may take.
 */
export function ofctlTarget(access: HostAccess, bridge: string): OfctlTarget & { host: string } {
  const timeoutSeconds = Math.max(1, Math.floor(access.timeoutMs / 3000));
  return { run: access.run, bridge, host: access.record.name, timeoutSeconds };
}
