import type { Encapsulation, Version } from "./encapsulation";

/** Session ids have 10 bits, and 0 is not used. */
const LARGEST = 1023;

const OPTIONS: Record<Version, Record<string, string>> = {
  1: { erspan_ver: "1", erspan_idx: "0" },
  2: { erspan_ver: "2", erspan_dir: "flow", erspan_hwid: "0" },
};

/**
 * ERSPAN II (version 1) and III (version 2), as Open vSwitch writes them: GRE with a sequence number, and 8 or 12 bytes
 * of its own. Open vSwitch accepts larger keys without an error, and then sends nothing. Version 2 carries the
 * direction in its header.
 */
export const erspan: Encapsulation = {
  interfaces: { ipv4: "erspan", ipv6: "ip6erspan" },
  udp: "none",
  keys: { least: 1, largest: LARGEST, of: (tunnelId) => 1 + (tunnelId % LARGEST) },
  joinsHosts: false,
  versions: [1, 2],
  overhead: (version) => (version === 1 ? 16 : 20),
  options: (version) => OPTIONS[version],
  direction: (version, direction) =>
    version === 1 ? undefined : { field: "tun_erspan_dir", value: direction === "egress" ? 1 : 0 },
};
