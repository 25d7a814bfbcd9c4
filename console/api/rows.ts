import type { ChangeSummary } from "./changes";

/**
 * The state of a tap or service. `saved`: in the program, but not on any host yet. `pending`: a run is creating it, or
 * was killed while doing so. `lost`: it needs a host that is declared gone. `unreachable`: its host does not answer.
 * `unknown`: a host that may have it has not been read.
 */
export type State =
  | "active"
  | "drifted"
  | "pending"
  | "disabled"
  | "ended"
  | "lost"
  | "saved"
  | "unreachable"
  | "unknown";

/** A row of *Taps*. */
export interface TapRow {
  id: string;
  name: string;
  /** Owner key of its claim. */
  owner: string;
  /** The source's host, by its name in the inventory. */
  host: string;
  /** The VM of the source, as the cloud named it: a name, else a UUID. */
  vm?: string;
  /** The source's port, or how it is found if it is not plugged. */
  port: string;
  /** Which vNIC of its VM the source is, from 0. */
  vnic?: number;
  service: string;
  /** Absent if the service is on no known host. */
  serviceId?: string;
  /** `tap-ids on host2`, or `198.51.100.9 (gre)`. */
  monitor: string;
  direction: "ingress" | "egress" | "both";
  /** The filter on one line; empty: everything. */
  filter: string;
  /** Of how many conversations one is copied; absent: every conversation is. */
  oneIn?: number;
  state: State;
  reason?: string;
  /** `org/project/stack`. */
  stack: string;
  /** Whether it is in the program of this console, so that it can be changed here. */
  own: boolean;
  tenant?: string;
  /** Absent if not measured yet. */
  copiesPerSecond?: number;
  changedAt?: string;
  changedBy?: string;
  /** When it ends by itself. */
  until?: string;
}

/** One tap in full. */
export interface Tap extends TapRow {
  description?: string;
  /** In order from the source to the monitor. */
  stages: Stage[];
  rules: string[];
  claims: { host: string; key: string; json: string }[];
  /** The console's own changes to it, the latest first. */
  history: ChangeSummary[];
  /** If another stack has it: the YAML that takes it over, and what to do in the program that contains it now. */
  moveCode?: string;
}

/** One stage of a tap's path, with its counters. */
export interface Stage {
  kind: "source" | "capture" | "filter" | "limit" | "tunnel" | "delivery";
  host: string;
  title: string;
  detail: string;
  /** Frames counted since the rules were written. */
  frames?: number;
  perSecond?: number;
  /** `dead`: frames reach the stage before it, but not this one. `idle`: no frames reach it. */
  state: "ok" | "dead" | "idle" | "unknown";
  reason?: string;
  /** What *Verify* found. */
  proof?: "proved" | "no-traffic" | "failed";
}

/** A row of *Services*. */
export interface ServiceRow {
  id: string;
  name: string;
  owner: string;
  /** The monitor's host; a collector has none. */
  host?: string;
  monitor: string;
  tunnelId: number;
  state: State;
  reason?: string;
  tenant?: string;
  stack: string;
  own: boolean;
  /** How many taps feed it. */
  taps: number;
  /** Copies delivered to the monitors. */
  delivered?: number;
  perSecond?: number;
  kind: "port" | "collector";
  changedAt?: string;
  changedBy?: string;
}

/** A row of *Hosts*. A tenant receives only name, address, `reachable` and its own counts. */
export interface HostRow {
  name: string;
  address: string;
  /** `asking`: it has not answered yet. */
  state: "asking" | "reachable" | "unreachable";
  reason?: string;
  ovsVersion?: string;
  /** Whether claims ask for a keeper, and whether it is as they say. */
  keeper?: "running" | "absent" | "stale";
  drift: string[];
  mirrorsUsed?: number;
  mirrorsLimit: number;
  foreignMirrors: string[];
  taps: number;
  services: number;
  lookedAt?: string;
}
