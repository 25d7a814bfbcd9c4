/**
 * The datapath of the hosts' bridges: Open vSwitch's own, which every machine has, or Linux's (`system`) where the
 * environment asks for it and the machine has the modules.
 */
export const DATAPATH: "netdev" | "system" = process.env.TAAS_DATAPATH === "system" ? "system" : "netdev";

/** The shell line that tells a host which MAC address an address on a bridge's network has, so that no first packet is lost to ARP. */
export function neighbourLine(bridge: string, address: string, mac: string): string {
  return DATAPATH === "netdev"
    ? `ovs-appctl tnl/neigh/set ${bridge} ${address} ${mac} > /dev/null`
    : `ip neighbour replace ${address} lladdr ${mac} dev ${bridge} nud permanent`;
}
