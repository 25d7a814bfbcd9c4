/** Packets and bytes. Bytes are those of the frames as the rule saw them. */
export interface Count {
  /** How many packets. */
  packets: number;
  /** Their bytes. */
  bytes: number;
}

/** What one rule of a flow's filter decided. */
export interface RuleStatistics {
  /** Index of the rule, from 0, or the default. */
  rule: number | "default";
  /** What the rule does: `accept` or `reject`. */
  action: "accept" | "reject";
  /** The frames for which it decided. */
  count: Count;
}

/**
 * What happened to the copies of one capture group. Flows that are treated alike share a group and its counters. All
 * groups of a capped flow are reported as one, because they share a meter.
 */
export interface CaptureStatistics {
  /** Claims of the flows that share it; one alone with `counters: "own"` or a rateLimit. */
  owners: string[];
  /** OVS names of the ports that are tapped now. */
  portNames: string[];
  /**
   * Names of the Mirrors that capture for it. While they stay the same, so do the counters, unless Open vSwitch was
   * restarted.
   */
  mirrors: string[];
  /** Tunnel id of the service that receives the copies. */
  tunnelId: number;
  /** `any`: both directions are counted together. */
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

/** A mirror tunnel's port on a host, with the counters of its interface. */
export interface TunnelStatistics {
  /** OVS name of the port. */
  portName: string;
  /** Open vSwitch's type of the interface, such as `vxlan`. */
  type: string;
  /** Underlay address of this host. */
  localIp: string;
  /** Underlay address of the other end; `flow` for a mesh, whose rules set it. */
  remoteIp: string;
  /** What was sent through the tunnel. */
  sent: Count;
  /** What was received from the tunnel. */
  received: Count;
  /** Errors of the interface, in both directions. */
  errors: number;
}

/** A service on the host of its monitors. */
export interface ServiceStatistics {
  /** Key of the service's claim. */
  owner: string;
  /** The tunnel id that identifies its copies in tunnels. */
  tunnelId: number;
  /** Copies delivered to the monitors, from this host and from others. */
  delivered: Count;
}

/** The counters of one host. */
export interface HostStatistics {
  /** The address by which the host is known. */
  address: string;
  /** The capture groups of the flows whose source is on the host. */
  captures: CaptureStatistics[];
  /** The host's ends of mirror tunnels. */
  tunnels: TunnelStatistics[];
  /** The services whose monitors are on the host. */
  services: ServiceStatistics[];
}

/** The counters of hosts, by name. */
export interface TapStatistics {
  /** The counters of each host, by the name under which it was requested. */
  hosts: Record<string, HostStatistics>;
}
