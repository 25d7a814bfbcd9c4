/** Packets and bytes. Bytes are those of the frames as the rule saw them. */
export interface Count {
  /** How many packets. */
  packets: number;
  /** Their bytes. */
  bytes: number;
}

/** What one rule of a flow's filter decided. */
export interface RuleStatistics {
  /** Number of the rule, from 0, or the default. */
  rule: number | "default";
  /** What the rule does: `accept` or `reject`. */
  action: "accept" | "reject";
  /** The frames that it decided about. */
  count: Count;
}

/**
 * What happened to the copies of one capture group. Flows treated alike share a group, and its counters. The two directions of
 * a capped flow that have a group each are told as one: they have one meter.
 */
export interface CaptureStatistics {
  /** Claims of the flows that share it; one alone with `counters: "own"` or a rateLimit. */
  owners: string[];
  /** OVS names of the ports that are tapped now. */
  portNames: string[];
  /** Names of the Mirrors that capture for it: while they stay, so do the counters, unless Open vSwitch was started anew. */
  mirrors: string[];
  /** The service that the copies go to. */
  tunnelId: number;
  /** `any`: both directions share the group. */
  direction: "any" | "ingress" | "egress";
  /** Frames captured. */
  matched: Count;
  /** Copies sent on. */
  copied: Count;
  /** Copies dropped by the rateLimit. */
  dropped: Count;
  /** What each rule of the filter decided, in their order. */
  rules: RuleStatistics[];
}

/** A mirror tunnel's port on a host, as its interface counts. */
export interface TunnelStatistics {
  /** OVS name of the port. */
  portName: string;
  /** Open vSwitch's type of the interface, such as `vxlan`. */
  type: string;
  /** Underlay address of this host. */
  localIp: string;
  /** Underlay address of the other end; of a mesh, whatever a rule says. */
  remoteIp: string;
  /** What was sent through the tunnel. */
  sent: Count;
  /** What came out of the tunnel. */
  received: Count;
  /** Errors of the interface, both ways. */
  errors: number;
}

/** A service on the host of its monitors. */
export interface ServiceStatistics {
  /** Key of the service's claim. */
  owner: string;
  /** What tells its copies apart in tunnels. */
  tunnelId: number;
  /** Copies put out to the monitors, from this host and from others. */
  delivered: Count;
}

/** What one host counts. */
export interface HostStatistics {
  /** The address that the host is known by. */
  address: string;
  /** The capture groups of the flows whose source is on the host. */
  captures: CaptureStatistics[];
  /** The host's ends of mirror tunnels. */
  tunnels: TunnelStatistics[];
  /** The services whose monitors are on the host. */
  services: ServiceStatistics[];
}

/** What the hosts count, by name. */
export interface TapStatistics {
  /** What each host counts, by the name that it was asked by. */
  hosts: Record<string, HostStatistics>;
}
