import type { HostRecord } from "../host/host";
import { converge } from "./converge";
import type { Intent, Target } from "./intent";
import type { Look } from "./look";

/** A resource that is to go. */
export interface Dissolution extends Pick<Intent, "reach" | "owner" | "token"> {
  /** Hosts that may hold its claims, in the order of dropping. */
  hosts: readonly HostRecord[];
  /** Rounds before its claims are dropped. */
  farewell?(seen: ReadonlyMap<string, Look>): Target[][];
}

/** Removes a resource's claims from its hosts, with all that they alone need; what is gone already is no error. */
export async function dissolve({ hosts, farewell, ...resource }: Dissolution): Promise<void> {
  await converge({
    ...resource,
    previousOwner: undefined,
    mode: "delete",
    adopt: false,
    hosts: [],
    oldHosts: hosts,
    attachTimeout: 0,
    plan: async (seen) => ({ rounds: [], farewell: farewell?.(seen) ?? [], result: undefined }),
  });
}
