/** Packets and bytes. Bytes are those of the frames as the rule saw them. */
export interface Count {
  packets: number;
  bytes: number;
}

/** What one rule of a flow's filter decided. */
export interface RuleStatistics {
  /** Number of the rule, from 0, or the default. */
  rule: number | "default";
  action: "accept" | "reject";
  count: Count;
}

/**
 * What happened to the copies of one capture group. Flows treated alike share a group, and its counters. The two directions of
 * a capped flow that have a group each are told as one: they have one meter.
 */
export interface CaptureStatistics {
  /** Claims of the flows that share it; one alone with `counters: "own"` or a rateLimit. */
  owners: string[];
  tunnelId: number;
  /** `any`: both directions share the group. */
  direction: "any" | "ingress" | "egress";
  /** Frames captured. */
  matched: Count;
  /** Copies sent on. */
  copied: Count;
  /** Copies dropped by the rateLimit. */
  dropped: Count;
  rules: RuleStatistics[];
}

/** A mirror tunnel's port on a host, as its interface counts. */
export interface TunnelStatistics {
  portName: string;
  type: string;
  localIp: string;
  remoteIp: string;
  sent: Count;
  received: Count;
  errors: number;
}

/** A service on the host of its monitors. */
export interface ServiceStatistics {
  owner: string;
  tunnelId: number;
  /** Copies put out to the monitors, from this host and from others. */
  delivered: Count;
}

/** What one host counts. */
export interface HostStatistics {
  address: string;
  captures: CaptureStatistics[];
  tunnels: TunnelStatistics[];
  services: ServiceStatistics[];
}

/** What the hosts count, by name. */
export interface TapStatistics {
  hosts: Record<string, HostStatistics>;
}
