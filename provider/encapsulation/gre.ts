import type { Encapsulation } from "./encapsulation";

/**
 * RFC 2890: 4 bytes and a key of 4. It has an Interface type of its own for IPv6: with the other one, the kernel's datapath
 * sends nothing there, and says nothing.
 */
export const gre: Encapsulation = {
  interfaces: { ipv4: "gre", ipv6: "ip6gre" },
  udp: "none",
  keys: { least: 0, largest: 0xffff_ffff, of: (tunnelId) => tunnelId },
  joinsHosts: true,
  versions: [1],
  overhead: () => 8,
  options: () => ({}),
  direction: () => undefined,
};
