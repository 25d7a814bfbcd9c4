import type { Encapsulation } from "./encapsulation";

/**
 * RFC 2890: a header of 4 bytes and a key of 4 bytes. For IPv6 it has a separate Interface type: with the other one,
 * the kernel datapath silently sends nothing.
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
