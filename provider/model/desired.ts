/** A port of ours that must exist. */
export interface DesiredPort {
  name: string;
  bridge: string;
  type: "patch" | "vxlan" | "geneve" | "gre";
  options: Record<string, string>;
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
  owners: string[];
}

/** Which bridge a monitor's port must be on. */
export interface Placement {
  port: string;
  interface: string;
  name: string;
  bridge: string;
  /** The OpenFlow port number it must get there. */
  ofportRequest?: number;
  owners: string[];
}

/** One action; a port is named, and numbered only when the rule is written. */
export type Action = string | { output: string };

/** One OpenFlow rule in symbols. */
export interface Rule {
  table: number;
  priority: number;
  cookie: bigint;
  inPort?: string;
  /** Further match fields as ovs-ofctl writes them. */
  match: string[];
  /** Empty: drop. */
  actions: Action[];
  owners: string[];
}

/** Something a claim asks for that cannot be. It concerns that claim's owner, nobody else's operation fails by it. */
export interface Problem {
  owner: string;
  code: string;
  message: string;
  hint?: string;
}

/** All that must exist on one host because of its claims. */
export interface Desired {
  ports: DesiredPort[];
  mirrors: DesiredMirror[];
  placements: Placement[];
  /** Rules of the tap bridge, but for the drop rule that carries the generation. */
  rules: Rule[];
  /** Rules on integration bridges, by exact cookie. */
  hooks: (Rule & { bridge: string })[];
  problems: Problem[];
}
