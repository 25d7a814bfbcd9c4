import type { Encapsulation } from "./encapsulation";

/**
 * RFC 8926: an 8 byte UDP header and as many of its own, without options, with a 24 bit virtual network identifier. Its mirror
 * tunnels have another UDP port than VXLAN's, which the automatic ones are: a UDP port is of one kind of tunnel.
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
