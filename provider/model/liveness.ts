import type { Facts } from "../ovs/facts";
import type { Claim } from "../schema/claim";
import { endpointPort, explicitEndpoint } from "./endpoint";

/** An end of a mirror tunnel that watches for the other by bidirectional forwarding detection. */
export interface WatchedEnd {
  owner: string;
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
    return claim.peers.map(({ name, remote }) => ({
      owner: claim.owner,
      peer: name,
      state: states.get(endpointPort(explicitEndpoint(claim, remote))),
    }));
  });
}

/** How an end that does not reach the other is told. */
export function downText({ peer, state }: WatchedEnd): string {
  return `tunnel to ${peer} is down (BFD ${state ?? "silent"})`;
}
