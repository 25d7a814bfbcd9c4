import type { HostRecord } from "../host/host";
import type { Run } from "../ovs/channel";
import type { OfctlTarget } from "../ovs/ofctl";
import type { OvsdbClient } from "../ovs/ovsdbClient";
import type { PacketChannel } from "../ovs/packetChannel";
import type { Replica } from "../ovs/replica";
import type { TapSwitch } from "../ovs/tapSwitch";
import { DEFAULT_BRIDGES } from "../schema/host";
import type { PlainDevices } from "./plainDevices";

/** An open way to one host's Open vSwitch, for as long as a piece of work takes. */
export interface HostAccess {
  record: HostRecord;
  ovsdb: OvsdbClient;
  /** What OVSDB says, as of now. */
  replica: Replica;
  /** The host's tap bridge, as far as this run has written its rules. */
  tapSwitch: TapSwitch;
  /**
   * Opens a connection to the tap bridge that sends and receives frames, for the caller to close. Rejects with `packets-refused`
   * where its management socket is not to be had.
   */
  openPackets(): Promise<PacketChannel>;
  /** Devices of the machine that need not be asked for Linux bridges. */
  plainDevices: PlainDevices;
  /** Runs a command with the rights Open vSwitch's tools need. */
  run: Run;
  /** What the host's own clock says, in milliseconds since 1970. Rejects with `clock-unknown`. */
  now(): Promise<number>;
  /** Rejects with `no-rights` where rules could not be pushed: asked before the first write, so that none is half done. */
  requireRights(): Promise<void>;
  /** Rejects with `keeper-refused` where a keeper could not be installed or removed: asked before the first write, too. */
  requireKeeper(): Promise<void>;
  /** Milliseconds one step on the host may take. */
  timeoutMs: number;
}

/** Lends access to a host, connecting at first need. */
export type WithAccess = <T>(record: HostRecord, work: (access: HostAccess) => Promise<T>) => Promise<T>;

/** The bridge of a host that holds copies and claims. */
export function tapBridgeOf(record: HostRecord): string {
  return record.tapBridge ?? DEFAULT_BRIDGES.tapBridge;
}

/** The bridge of a host that VMs plug into. */
export function integrationBridgeOf(record: HostRecord): string {
  return record.integrationBridge ?? DEFAULT_BRIDGES.integrationBridge;
}

/** A bridge of a host for ovs-ofctl; a script of three commands keeps within the time one step may take. */
export function ofctlTarget(access: HostAccess, bridge: string): OfctlTarget & { host: string } {
  const timeoutSeconds = Math.max(1, Math.floor(access.timeoutMs / 3000));
  return { run: access.run, bridge, host: access.record.name, timeoutSeconds };
}
