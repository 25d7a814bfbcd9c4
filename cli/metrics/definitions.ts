/** One metric, as described to Prometheus. */
export interface Definition {
  type: "counter" | "gauge";
  help: string;
  labels: readonly string[];
}

const packets = (help: string, labels: readonly string[]): Definition => ({
  type: "counter",
  help: `${help}, in packets.`,
  labels,
});
const bytes = (help: string, labels: readonly string[]): Definition => ({
  type: "counter",
  help: `${help}, in bytes.`,
  labels,
});
const FLOW = ["flow", "host"] as const;
const SERVICE = ["service", "host"] as const;
const TUNNEL = ["tunnel", "host"] as const;
const BRIDGE = ["bridge", "host"] as const;

/** All metrics by their names. Times are in seconds, sizes in bytes. */
export const METRICS = {
  taas_host_up: {
    type: "gauge",
    help: "Whether the host could be read: 1, or 0 if not, in which case it has no other metrics.",
    labels: ["host"],
  },
  taas_host_survey_seconds: {
    type: "gauge",
    help: "How long it took to read the host, in seconds.",
    labels: ["host"],
  },
  taas_host_info: { type: "gauge", help: "Always 1.", labels: ["host", "address", "ovs_version"] },
  taas_host_differences: {
    type: "gauge",
    help: "Number of objects on the host that are not as its claims say.",
    labels: ["host"],
  },
  taas_mirrors: {
    type: "gauge",
    help: "Number of Mirrors on the bridge, whoever created them.",
    labels: BRIDGE,
  },
  taas_foreign_mirrors: {
    type: "gauge",
    help: "Number of Mirrors on the bridge that others created.",
    labels: BRIDGE,
  },
  taas_mirrors_limit: {
    type: "gauge",
    help: "Number of Mirrors that Open vSwitch supports on a bridge.",
    labels: BRIDGE,
  },
  taas_drift: {
    type: "gauge",
    help: "Whether the resource is not on the host as its claim says: 1, or 0 if all is well.",
    labels: ["resource", "kind", "host"],
  },
  taas_flow_info: { type: "gauge", help: "Always 1.", labels: ["flow", "service", "tenant", "host"] },
  taas_flow_matched_packets_total: packets("Frames captured for the flow", FLOW),
  taas_flow_matched_bytes_total: bytes("Frames captured for the flow", FLOW),
  taas_flow_copied_packets_total: packets("Copies sent for the flow", FLOW),
  taas_flow_copied_bytes_total: bytes("Copies sent for the flow", FLOW),
  taas_flow_dropped_packets_total: packets("Copies dropped by the flow's rate limit", FLOW),
  taas_flow_dropped_bytes_total: bytes("Copies dropped by the flow's rate limit", FLOW),
  taas_flow_proved_timestamp_seconds: {
    type: "gauge",
    help: "When a verification proved the flow last, in seconds since 1970; 0 where none has.",
    labels: FLOW,
  },
  taas_flow_stage_wrong: {
    type: "gauge",
    help: "Whether the last verification found the stage of the flow wrong: 1, or 0.",
    labels: ["flow", "stage", "host"],
  },
  taas_verified_timestamp_seconds: {
    type: "gauge",
    help: "When the last verification of all flows ended, in seconds since 1970; 0 where none has.",
    labels: [],
  },
  taas_service_delivered_packets_total: packets("Copies put out to the service's monitors", SERVICE),
  taas_service_delivered_bytes_total: bytes("Copies put out to the service's monitors", SERVICE),
  taas_tunnel_info: {
    type: "gauge",
    help: "Always 1.",
    labels: ["tunnel", "type", "local_ip", "remote_ip", "host"],
  },
  taas_tunnel_sent_packets_total: packets("Sent through the mirror tunnel", TUNNEL),
  taas_tunnel_sent_bytes_total: bytes("Sent through the mirror tunnel", TUNNEL),
  taas_tunnel_received_packets_total: packets("Received from the mirror tunnel", TUNNEL),
  taas_tunnel_received_bytes_total: bytes("Received from the mirror tunnel", TUNNEL),
  taas_tunnel_errors_total: {
    type: "counter",
    help: "Errors and drops of the mirror tunnel's port, in both directions.",
    labels: TUNNEL,
  },
} as const satisfies Readonly<Record<`taas_${string}`, Definition>>;

export type MetricName = keyof typeof METRICS;
