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
  /** It is a monitor's device or socket, whose name is for the operator to choose, with the address and MTU it is given. */
  device?: { mac: string | undefined; mtu: number | undefined };
  /** Bidirectional forwarding detection, which says whether the other end is reached. */
  bfd?: true;
  /** On a foreign bridge `none`: kept out of floods by trunking a VLAN nobody uses, which a Mirror's output does not mind. */
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
  /** Name of the port copies leave by. */
  output: string;
  /** How the ports of both selections are found again when their rows are others. */
  sources: (Source | SelectedSource)[];
  /** UUIDs of ports that are there because they match what flows select, each with the owners of these flows. */
  selected: ReadonlyMap<string, readonly string[]>;
  owners: string[];
}

/** What ports of a Mirror are there for, and which of them it can have. */
interface SourceOf {
  /** `vlanClassKey` of the port: one of another class would need another Mirror. */
  vlan: string;
  columns: readonly ("select_src_port" | "select_dst_port")[];
}

/** A tapped port of a Mirror: what a flow says of it, and where it is looked for. */
export interface Source extends SourceOf {
  wanted: PortInput;
  bridges: readonly string[];
}

/** All tapped ports of a Mirror that match what a flow selects. */
export interface SelectedSource extends SourceOf {
  selector: PortSelector;
  /** The integration bridge, and the tap bridge. */
  bridges: readonly [string, string];
}

/** A monitor that is plugged, and how it is found again when its row, name or number is another. */
export interface Monitor {
  /** Whose service it is of. */
  owner: string;
  /** UUID of its port. */
  port: string;
  /** Name of its interface, by which rules know it. */
  name: string;
  /** UUID of its interface. */
  interface: string;
  wanted: PortInput;
  /** Where it is looked for. */
  bridges: readonly string[];
  attachment: "tap-bridge" | "integration-bridge";
}

/** Which bridge a monitor's port must be on. */
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

/** One action (ovs-actions(7)). A port is named, and numbered only when the rule is written. */
export type Action<Port = string> =
  | "pop_vlan"
  /** Nothing further is done. */
  | "exit"
  | { set: Field; value: bigint }
  /** The last one: on with another table. */
  | { goto: number }
  | { output: Port; maxLength?: number }
  /** The first one: the meter of a capped group, known by the port its copies come in by. */
  | { meter: Port }
  /**
   * Whole to the OpenFlow connection that has this id: Open vSwitch since 2.7 cuts nothing there. What the frame came by, its tunnel
   * id and its registers are told with it, and so is `userdata`, in hexadecimal digits.
   */
  | { controller: number; userdata: string }
  /** One of several ports. `into`: a register that takes its number, and nothing is put out. */
  | { bundle: Choice; members: Port[]; into?: Register }
  /** A draw among numbers from 0: a hash of what these words name, the same for both directions. `into` takes the number. */
  | { draw: Draw; among: number; into: Register };

/** What a draw is by: a conversation's addresses, protocol and ports, or its addresses alone. */
export type Draw = "conversation" | "addresses";

/** What a draw's hash begins with. The choice among monitors begins with 0: it must not follow from the draw. */
export const DRAW_BASIS = 1024;

/** How one of several ports is chosen: by a hash that is the same for both directions of a conversation, or the first that is up. */
export type Choice = "hash" | "failover";

/** Whether an action cuts what it puts out. */
export function isCut<Port>(action: Action<Port>): action is { output: Port; maxLength: number } {
  return typeof action === "object" && "output" in action && action.maxLength !== undefined;
}

/** One OpenFlow rule as a value: `plan/flowText` writes it for people, keeper and ovs-ofctl, `ovs/encodeRule` for OpenFlow. */
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
  /** When it is to end, in milliseconds since 1970 by the host's clock. Such a rule matches its `inPort` and nothing else. */
  until?: number;
  /** Seconds after which Open vSwitch deletes it. */
  hardTimeout?: number;
  owners: string[];
}

/** A cap on a group's copies. It is numbered like the port the copies come in by, so it needs no number of its own. */
export interface Meter {
  inPort: string;
  unit: "kbps" | "pktps";
  rate: number;
  burst: number;
  owners: string[];
}

/** Something that cannot be. It concerns one claim's owner, or whoever gives a monitor up; nobody else's operation fails by it. */
export interface Problem {
  /** Of the claim that asks for it. */
  owner?: string;
  /** UUID of a port on the tap bridge that cannot go home. */
  homecomer?: string;
  code: ErrorCode;
  message: string;
  hint?: string;
}

/**
 * Whether a problem keeps a claim from being written. A port that is not plugged does not: a create has waited for it, and
 * from then on it is drift.
 */
export function isRefusal({ code }: Problem): boolean {
  return code !== "port-missing";
}

/** All that must exist on one host because of its claims. */
export interface Desired {
  ports: DesiredPort[];
  mirrors: DesiredMirror[];
  placements: Placement[];
  /** Placements that wait until all is ready for them: rules may name the numbers that these ports will have. */
  coming: Placement[];
  monitors: Monitor[];
  /** Whether the host puts this back by itself. */
  keeper: "wanted" | "unwanted";
  /** Rules of the tap bridge, but for the drop rule that carries the generation. */
  rules: Rule[];
  /** Meters of the tap bridge. */
  meters: Meter[];
  /** Rules on bridges that are not ours, by exact cookie. */
  foreignRules: (Rule & { bridge: string })[];
  problems: Problem[];
}
