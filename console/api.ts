/**
 * What the console's server and its page say to each other: plain JSON over HTTP and server-sent events. All text may come
 * from a host and is to be shown as text. A field that has nothing to say is absent, never null. Times are ISO 8601.
 *
 * | Request | Reply |
 * |---|---|
 * | `GET /login?token=T` | the cookie of the session, and the way to `/` |
 * | `GET /api/session` | `Session` |
 * | `GET /api/taps`, `/api/services`, `/api/hosts`, `/api/changes` | `TapRow[]`, `ServiceRow[]`, `HostRow[]`, `ChangeSummary[]` |
 * | `GET /api/taps/ID` | `Tap` |
 * | `GET /api/hosts/NAME/ports` | `Vm[]` |
 * | `GET /api/hosts/NAME/ports/PORT/facts?service=ID` | `NewTapFacts` |
 * | `GET /api/hosts/NAME/selection?ports=JSON&service=ID` | `NewTapFacts` of the ports that a `PortSelector` matches |
 * | `POST /api/previews` with an `Edit` | `{ id }`: the preview runs on the server |
 * | `GET /api/previews/ID` | `Preview` |
 * | `POST /api/previews/ID/confirm` with `{ fingerprint }` | `{ change }`, the id of the change |
 * | `POST /api/previews/ID/save`, `/discard` with `{}` | `{ change }`; `{}` |
 * | `GET /api/changes/ID` | `Change` |
 * | `POST /api/changes/ID/approve`, `/reject` with `{}` | `{}` |
 * | `POST /api/taps/ID/verify` with `{}` | `Stage[]` |
 * | `GET /api/taps/ID/capture.pcapng` | the last frames of the last watch, as a file |
 * | `GET /api/events` | server-sent `Event`s; the first is a snapshot |
 * | `GET /api/taps/ID/events`, with `?watch=1` | server-sent `TapEvent`s |
 *
 * Whatever is refused has a status of 400 or more and a `ConsoleError`.
 */

/** Who is looking, and what they may do. */
export interface Session {
  user: string;
  role: "admin" | "tenant" | "viewer";
  /** The only tenant that a tenant sees. */
  tenant?: string;
  /** Absent if the console was started without a project and is read-only. */
  project?: { name: string; stack: string };
  /** Why nothing can be changed; absent if changes are possible. */
  readOnly?: string;
  /** Whether changes of tenants wait for another person. */
  approval: boolean;
  /** What this server can do with a tap. */
  can: { verify: boolean; watch: boolean };
}

/**
 * The state of a tap or service. `saved`: in the program, but not on any host yet. `pending`: a run is creating it, or
 * was killed while doing so. `unreachable`: its host does not answer.
 */
export type State =
  | "active"
  | "drifted"
  | "pending"
  | "disabled"
  | "ended"
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
  /** If not `own`: the YAML that takes it over, and what to do in the program that contains it now. */
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

/**
 * A VM of a host with its vNICs by ascending MAC address. A port that belongs to no VM is listed as a VM of its own,
 * with the port's name.
 */
export interface Vm {
  id: string;
  /** As the cloud wrote it; absent: the port is no VM's, as far as its row says. */
  uuid?: string;
  name: string;
  vnics: Vnic[];
}

/** One port that can be tapped, or be a monitor. */
export interface Vnic {
  port: string;
  /** The reference to it in an `Edit`. */
  ref: PortRef;
  index: number;
  mac?: string;
  ifaceId?: string;
  network?: string;
  vlan?: number;
  /** Bytes. */
  mtu?: number;
  /** It serves as a monitor, and cannot be tapped. */
  monitor: boolean;
  /** Names of the taps of it. */
  tappedBy: string[];
}

/** What the side panel of *New tap* says of one host. */
export interface NewTapFacts {
  /** Names of the ports that the tap would be of now. */
  ports: string[];
  /** The largest MTU of these ports, and the largest frame that fits through the tunnel; absent where one is not known. */
  mtu?: { source: number; path: number };
  /** How many more capture groups the host has room for. */
  mirrorsLeft: number;
  /** Why these ports cannot be tapped into this service, or what to know before. */
  conflicts: string[];
}

/** How a port is found on its host. */
export type PortRef = { vmUuid: string; vnic?: number } | { ifaceId: string } | { port: string };

/** What ports have in common: all that is given. */
export interface PortConditions {
  network?: string;
  vlan?: number;
  vm?: string;
  /** `*` stands for any characters, `?` for one. */
  name?: string;
  /** The value `*` is any. */
  externalIds?: Record<string, string>;
}

/** All ports of a host that meet the conditions, now and later, as `ports` of a TapFlow. */
export interface PortSelector extends PortConditions {
  /** What is left out: ports by name or as a program names them otherwise, and all that meet conditions. */
  except?: (
    | string
    | PortConditions
    | { ifaceId: string }
    | { mac: string }
    | { vmUuid: string; vnic?: number }
  )[];
}

/** Where the copies of a new service are delivered. */
export interface Monitor {
  host?: string;
  port?: PortRef;
  collector?: { address: string; type: "gre" | "erspan" | "vxlan" | "geneve" };
}

/** What new taps are called, where their copies go, and what is copied for how long. */
interface Tapping {
  name: string;
  service: { id: string } | { create: { name: string } & Monitor };
  direction: "ingress" | "egress" | "both";
  /** An expression such as `tcp port 443`; absent or empty: everything. */
  filter?: string;
  /** One conversation in so many. */
  sampling?: { oneIn: number };
  /** ISO 8601 with zone. */
  until?: string;
  description?: string;
}

/** One change of the program. */
export type Edit =
  | ({ kind: "createTap"; host: string; port: PortRef } & Tapping)
  /** One tap a host. On several hosts each is called by the name and its host: `web-host1`. */
  | ({ kind: "createGroup"; hosts: string[]; ports: PortSelector } & Tapping)
  | ({ kind: "createService"; name: string; description?: string } & Monitor)
  | { kind: "deleteTap"; id: string }
  | { kind: "deleteService"; id: string }
  /** Changes nothing in the program: makes the hosts what it says, for instance after *Save only* or as a repair. */
  | { kind: "apply" };

/** One resource that a run will change. */
export interface Step {
  op: "create" | "update" | "delete" | "replace";
  /** `TapFlow`, `TapService`. */
  type: string;
  name: string;
  /** The rules before and after. */
  rules: { sign: "+" | "-" | " "; text: string }[];
  /** Other arguments that differ, one per line: `direction: "both" => "ingress"`. */
  changes: string[];
}

/** What a change would do. */
export interface Preview {
  id: string;
  /** `discarded`: it is no longer needed. `confirmed`: it has become the change `change`. */
  state: "waiting" | "running" | "ready" | "failed" | "confirmed" | "discarded";
  /** The run that it waits for. */
  waitsFor?: string;
  change?: string;
  edit: Edit;
  by: string;
  /** `1 to create, 2 to update`. */
  summary: string;
  steps: Step[];
  /** Number of steps on resources that the reader may not see; another person has to confirm them. */
  hiddenSteps: number;
  /** Unified diff of the program's file; empty if the file stays the same. */
  programDiff: string;
  /** What Pulumi printed; absent if it mentions resources that the reader may not see. */
  pulumiDiff?: string;
  warnings: string[];
  error?: ConsoleError;
  /** What a confirm has to send. */
  fingerprint?: string;
  /** A confirm asks another person for approval. */
  needsApproval: boolean;
}

/** A row of *Changes*. */
export interface ChangeSummary {
  id: string;
  at: string;
  by: string;
  what: string;
  /**
   * `outdated`: the result would differ from what was previewed; `preview` has the new preview, which has to be
   * confirmed.
   */
  outcome:
    | "awaiting-approval"
    | "waiting"
    | "running"
    | "succeeded"
    | "failed"
    | "saved"
    | "outdated"
    | "rejected";
  waitsFor?: string;
}

/** One change in full. */
export interface Change extends ChangeSummary {
  endedAt?: string;
  approvedBy?: string;
  steps: (Step & { done: boolean; error?: string })[];
  /** What Pulumi printed, without resources that the reader may not see. */
  log: string[];
  error?: ConsoleError;
  programDiff: string;
  /** The preview that replaces it. */
  preview?: string;
  /** Whether the reader may approve it. */
  mayApprove: boolean;
}

/** The stack is locked by a run that did not start in the console. */
export interface Lock {
  by: string;
  since?: string;
  /** Pulumi's message about it. */
  text: string;
}

/** Why a request was refused, or a run failed. */
export interface ConsoleError {
  code: string;
  message: string;
  hint?: string;
  host?: string;
  /** The field of *New tap* that is wrong: `name`, `service`, `host`, `port`, `hosts`, `ports`, `filter`, `sampling`, `until`, `monitor`. */
  field?: string;
}

/** Changes while somebody is looking. `put` contains whole rows, `drop` ids (of hosts: names). */
export type Event =
  | {
      type: "snapshot";
      taps: TapRow[];
      services: ServiceRow[];
      hosts: HostRow[];
      changes: ChangeSummary[];
      lock?: Lock;
      /** false: some hosts have not answered yet. */
      complete: boolean;
      /** Why the program cannot be read; nothing can be changed until it can. */
      programError?: ConsoleError;
    }
  | { type: "taps"; put: TapRow[]; drop: string[] }
  | { type: "services"; put: ServiceRow[]; drop: string[] }
  | { type: "hosts"; put: HostRow[]; drop: string[]; complete: boolean }
  /** About once a second: copies per second by tap, deliveries per second by service. */
  | { type: "rates"; taps: Record<string, number>; services: Record<string, number> }
  | { type: "change"; put: ChangeSummary }
  /** `done` of `total` resources. */
  | { type: "progress"; change: string; done: number; total: number; line?: string }
  | { type: "preview"; id: string; state: Preview["state"]; waitsFor?: string }
  | { type: "lock"; lock?: Lock }
  | { type: "program"; error?: ConsoleError };

/** Changes on one tap's screen. */
export type TapEvent =
  | { type: "stages"; stages: Stage[] }
  | { type: "frames"; frames: Frame[]; dropped: number }
  /** What is being watched, or a message about it. */
  | { type: "watch"; text: string }
  /** No more frames will arrive, and why; the stages are still updated. */
  | { type: "watch-ended"; error: ConsoleError }
  | { type: "gone" };

/** One frame seen by *Watch*. */
export interface Frame {
  at: string;
  direction: "ingress" | "egress" | "unknown";
  /** One line: `198.51.100.1:40000 > 198.51.100.2:443 tcp, 74 bytes`. */
  text: string;
  bytes: number;
}
