import type { Encapsulation } from "./encapsulation";

/**
 * RFC 8926: a UDP header of 8 bytes and a Geneve header of 8 bytes, without options, with a 24-bit virtual network
 * identifier. Its mirror tunnels use another UDP port than those of VXLAN, which the automatic tunnels are, because a
 * UDP port carries only one type of tunnel.
 */
export const geneve: Encapsulation = {
  interfaces: { ipv4: "geneve", ipv6: "geneve" },
  udp: { standard: 6081, mirror: 14_790 },
  keys: { least: 0, largest: 0xff_ffff, of: (tunnelId) => tunnelId },
  joinsHosts: true,
  versions: [1],
  overhead: () => 16,
  options: () => ({}),
  direction: () => undefined,
};
