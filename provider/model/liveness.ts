import type { Facts } from "../ovs/facts";
import type { Claim } from "../schema/claim";
import { endpointPort, explicitEndpoint } from "./endpoint";

/** An end of a mirror tunnel that monitors the other end with Bidirectional Forwarding Detection. */
export interface WatchedEnd {
  owner: string;
  /** Name of its port. */
  port: string;
  /** The host at the other end. */
  peer: string;
  /** The state of the detection: `up` if the other end is reachable, undefined before it starts. */
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

/** The difference of an end that does not reach the other, in words. */
export function downText({ peer, state }: WatchedEnd): string {
  return `tunnel to ${peer} is down (BFD ${state ?? "silent"})`;
}
