import type { TunnelType } from "../encapsulation/encapsulation";
import type { ErrorCode } from "../errorCodes";
import type { PortInput } from "../schema/port";
import type { PortSelector } from "../schema/selector";
import type { Field, FieldMatch, Register } from "./match";

/** A port of ours that must exist. */
export interface DesiredPort {
  name: string;
  bridge: string;
  type: "patch" | "internal" | "dpdkvhostuserclient" | TunnelType;
  options: Record<string, string>;
  /** For a monitor's device or socket, whose name the operator may choose: its MAC address and MTU. */
  device?: { mac: string | undefined; mtu: number | undefined };
  /** Bidirectional Forwarding Detection, which reports whether the other end is reachable. */
  bfd?: true;
  /**
   * On a foreign bridge `none`: the port trunks only a VLAN that nobody uses, which keeps it out of floods and does not
   * affect a Mirror's output.
   */
  vlans: "all" | "none";
  /** Claims that need it. */
  owners: string[];
}

/** A Mirror row of ours that must exist. */
export interface DesiredMirror {
  name: string;
  bridge: string;
  /** UUIDs of ports whose egress (what they send) is copied, sorted. */
  selectSrcPort: string[];
  /** UUIDs of ports whose ingress (what they receive) is copied, sorted. */
  selectDstPort: string[];
  /** Name of the port by which copies leave. */
  output: string;
  /** How to find the ports of both selections again when their rows have changed. */
  sources: (Source | SelectedSource)[];
  /** UUIDs of ports that are selected because they match flows' selectors, each with the owners of these flows. */
  selected: ReadonlyMap<string, readonly string[]>;
  owners: string[];
}

/** Which ports a Mirror is for. */
interface SourceOf {
  /** `vlanClassKey` of the port: a port of another class needs another Mirror. */
  vlan: string;
  columns: readonly ("select_src_port" | "select_dst_port")[];
}

/** A tapped port of a Mirror: how its flow names it, and where to look for it. */
export interface Source extends SourceOf {
  wanted: PortInput;
  bridges: readonly string[];
}

/** All tapped ports of a Mirror that match a flow's selector. */
export interface SelectedSource extends SourceOf {
  selector: PortSelector;
  /** The integration bridge, and the tap bridge. */
  bridges: readonly [string, string];
}

/** A plugged monitor, and how to find it again when its row, name or number has changed. */
export interface Monitor {
  /** The owner of its service. */
  owner: string;
  /** UUID of its port. */
  port: string;
  /** Name of its interface, by which rules refer to it. */
  name: string;
  /** UUID of its interface. */
  interface: string;
  wanted: PortInput;
  /** Where to look for it. */
  bridges: readonly string[];
  attachment: "tap-bridge" | "integration-bridge";
}

/** The bridge on which a monitor's port must be. */
export interface Placement {
  port: string;
  interface: string;
  name: string;
  bridge: string;
  /** The OpenFlow port number it must get there. */
  ofportRequest?: number;
  /** As which of its VM's vNICs it was found. */
  vnic?: number;
  owners: string[];
}

/** One action (ovs-actions(7)). A port is named; its number is used only when the rule is written. */
export type Action<Port = string> =
  | "pop_vlan"
  /** Stops processing. */
  | "exit"
  | { set: Field; value: bigint }
  /** Only as the last action: continues in another table. */
  | { goto: number }
  | { output: Port; maxLength?: number }
  /** Only as the first action: the meter of a capped group, identified by the port on which its copies arrive. */
  | { meter: Port }
  /**
   * Sends the whole frame to the OpenFlow connection with this id: since 2.7, Open vSwitch does not truncate it. The
   * port on which the frame arrived, its tunnel id and its registers are sent with it, and so is `userdata`, in
   * hexadecimal digits.
   */
  | { controller: number; userdata: string }
  /** Outputs to one of several ports. `into`: stores the port's number in a register instead of an output. */
  | { bundle: Choice; members: Port[]; into?: Register }
  /** Stores a number from 0 to `among - 1` in `into`: a hash of the named fields, the same for both directions. */
  | { draw: Draw; among: number; into: Register };

/** The fields of the hash: a conversation's addresses, protocol and ports, or only the addresses. */
export type Draw = "conversation" | "addresses";

/** The basis of the hash. The choice among monitors uses basis 0, because it must not be correlated with the sample. */
export const DRAW_BASIS = 1024;

/**
 * How one of several ports is chosen: by a hash that is the same for both directions of a conversation, or the first
 * one that is up.
 */
export type Choice = "hash" | "failover";

/** Whether an action truncates its output. */
export function isCut<Port>(action: Action<Port>): action is { output: Port; maxLength: number } {
  return typeof action === "object" && "output" in action && action.maxLength !== undefined;
}

/**
 * One OpenFlow rule as a value: `plan/flowText` writes it for people, the keeper and ovs-ofctl, `ovs/encodeRule` for
 * OpenFlow.
 */
export interface Rule<Port = string> {
  table: number;
  priority: number;
  cookie: bigint;
  inPort?: Port;
  /** A register that must hold the number of this port. */
  holds?: { register: Register; port: Port };
  /** Further match fields. */
  match: readonly FieldMatch[];
  /** Empty: drop. */
  actions: Action<Port>[];
  /** When it expires, in milliseconds since 1970 by the host's clock. Such a rule matches only its `inPort`. */
  until?: number;
  /** Seconds after which Open vSwitch deletes it. */
  hardTimeout?: number;
  owners: string[];
}

/** A cap on a group's copies. It has the number of the port on which the copies arrive, so it needs none of its own. */
export interface Meter {
  inPort: string;
  unit: "kbps" | "pktps";
  rate: number;
  burst: number;
  owners: string[];
}

/**
 * Something that the claims ask for and that is impossible. It concerns the owner of one claim, or whoever gives a
 * monitor up; nobody else's operation fails because of it.
 */
export interface Problem {
  /** The claim that asks for it. */
  owner?: string;
  /** UUID of a port on the tap bridge that cannot be moved back home. */
  homecomer?: string;
  code: ErrorCode;
  message: string;
  hint?: string;
  /** It concerns only what exists already. It is drift, and refuses no change. */
  stands?: true;
}

/**
 * Whether a problem prevents a claim from being written. One that concerns only what exists already does not. Neither
 * does a port that is not plugged: a create has waited for it, and afterwards it is drift.
 */
export function isRefusal({ code, stands }: Problem): boolean {
  return code !== "port-missing" && stands !== true;
}

/** Everything that must exist on one host because of its claims. */
export interface Desired {
  ports: DesiredPort[];
  mirrors: DesiredMirror[];
  placements: Placement[];
  /**
   * Placements for a later step, when everything is ready for them. Rules may already use the numbers that these ports
   * will have.
   */
  coming: Placement[];
  monitors: Monitor[];
  /** Whether the host restores this by itself. */
  keeper: "wanted" | "unwanted";
  /** Rules of the tap bridge, without the drop rule that carries the generation. */
  rules: Rule[];
  /** Meters of the tap bridge. */
  meters: Meter[];
  /** Rules on foreign bridges, by exact cookie. */
  foreignRules: (Rule & { bridge: string })[];
  problems: Problem[];
}
