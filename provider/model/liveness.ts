import type { Facts } from "../ovs/facts";
import type { Claim } from "../schema/claim";
import { endpointPort, explicitEndpoint } from "./endpoint";

/** An end of a mirror tunnel that watches for the other by bidirectional forwarding detection. */
export interface WatchedEnd {
  owner: string;
  /** Name of its port. */
  port: string;
  /** The host at the other end. */
  peer: string;
  /** What the detection says; `up` when the other end is reached, undefined while it has not begun. */
  state: string | undefined;
}

/** The watched ends that a host has. */
export function watchedEnds(claims: Iterable<Claim>, facts: Facts): WatchedEnd[] {
  const states = new Map(Object.values(facts.interfaces).map(({ name, bfdState }) => [name, bfdState]));
  return [...claims].flatMap((claim) => {
    if (claim.kind !== "tunnel" || claim.bfd !== true) return [];
    return claim.peers.map(({ name, remote }) => {
      const port = endpointPort(explicitEndpoint(claim, remote));
      return { owner: claim.owner, port, peer: name, state: states.get(port) };
    });
  });
}

/** How an end that does not reach the other is told. */
export function downText({ peer, state }: WatchedEnd): string {
  return `tunnel to ${peer} is down (BFD ${state ?? "silent"})`;
}
