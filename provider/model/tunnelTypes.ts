/** What packets of a tunnel are on the wire. */
export type Encapsulation = "vxlan" | "geneve" | "gre" | "erspan";

/** A type of Interface rows that are tunnels. */
export type TunnelType = Encapsulation | "ip6gre" | "ip6erspan";

const ENCAPSULATIONS = new Map<string, Encapsulation>([
  ["vxlan", "vxlan"],
  ["geneve", "geneve"],
  ["gre", "gre"],
  ["ip6gre", "gre"],
  ["erspan", "erspan"],
  ["ip6erspan", "erspan"],
]);

/** What an interface of this type sends; undefined where it is no tunnel. */
export function encapsulationOf(interfaceType: string): Encapsulation | undefined {
  return ENCAPSULATIONS.get(interfaceType);
}

/** Whether interfaces of this type join hosts; ERSPAN only takes copies somewhere. */
export function joinsHosts(interfaceType: string): boolean {
  const encapsulation = encapsulationOf(interfaceType);
  return encapsulation !== undefined && encapsulation !== "erspan";
}
