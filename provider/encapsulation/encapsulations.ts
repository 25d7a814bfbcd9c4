import { isIPv6 } from "node:net";
import { ENCAPSULATIONS, type Encapsulation, type EncapsulationName, type Version } from "./encapsulation";
import { erspan } from "./erspan";
import { geneve } from "./geneve";
import { gre } from "./gre";
import { vxlan } from "./vxlan";

const ALL: Readonly<Record<EncapsulationName, Encapsulation>> = { vxlan, geneve, gre, erspan };

/** The properties of an encapsulation. */
export function encapsulation(name: EncapsulationName): Encapsulation {
  return ALL[name];
}

const BY_INTERFACE = new Map<string, EncapsulationName>(
  ENCAPSULATIONS.flatMap((name) => Object.values(ALL[name].interfaces).map((type) => [type, name] as const)),
);

/** Types of interfaces that are tunnels. */
export const TUNNEL_INTERFACES: readonly string[] = [...BY_INTERFACE.keys()];

/** The encapsulation of this interface type; undefined if it is not a tunnel. */
export function encapsulationOf(interfaceType: string): EncapsulationName | undefined {
  return BY_INTERFACE.get(interfaceType);
}

/** Whether interfaces of this type connect hosts. */
export function joinsHosts(interfaceType: string): boolean {
  const name = encapsulationOf(interfaceType);
  return name !== undefined && ALL[name].joinsHosts;
}

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/** Bytes that a tunnel to an address takes of the MTU on its way: what comes before a copy, from the outer IP header on. */
export function outerBytes(name: EncapsulationName, remote: string, version: Version = 1): number {
  return ALL[name].overhead(version) + (isIPv6(remote) ? IPV6_HEADER : IPV4_HEADER);
}
