import type { Encapsulation } from "./encapsulation";

/** RFC 7348: a UDP header of 8 bytes and a VXLAN header of 8 bytes, with a 24-bit VXLAN network identifier. */
export const vxlan: Encapsulation = {
  interfaces: { ipv4: "vxlan", ipv6: "vxlan" },
  udp: { standard: 4789, mirror: 14_789 },
  keys: { least: 0, largest: 0xff_ffff, of: (tunnelId) => tunnelId },
  joinsHosts: true,
  versions: [1],
  overhead: () => 16,
  options: () => ({}),
  direction: () => undefined,
};
