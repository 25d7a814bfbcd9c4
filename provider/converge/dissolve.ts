import type { HostRecord } from "../host/host";
import { converge } from "./converge";
import type { Intent } from "./intent";

/** A resource that is to go. */
export interface Dissolution extends Pick<Intent, "reach" | "owner" | "token" | "farewell"> {
  /** Hosts that may hold its claims, in the order of dropping. */
  hosts: readonly HostRecord[];
}

/** Removes a resource's claims from its hosts, with all that they alone need; what is gone already is no error. */
export async function dissolve({ hosts, ...resource }: Dissolution): Promise<void> {
  await converge({
    ...resource,
    previousOwner: undefined,
    mode: "delete",
    adopt: false,
    hosts: [],
    oldHosts: hosts,
    attachTimeout: 0,
    rounds: async () => [],
  });
}
