import type { HostRecord } from "../host/host";
import { converge } from "./converge";
import type { Intent, Steps } from "./intent";
import type { Look } from "./look";

/** A resource that is to be deleted. */
export interface Deletion extends Pick<Intent, "reach" | "owner" | "token"> {
  /** Hosts that may hold its claims, in the order of deletion. */
  hosts: readonly HostRecord[];
  /** What is done before its own claims are deleted. Throws where it must stay. */
  first?(seen: ReadonlyMap<string, Look>): Pick<Steps<void>, "preliminary" | "abandoned">;
}

/** Deletes a resource's claims from its hosts, with all that they alone need; what is gone already is no error. */
export async function deleteResource({ hosts, first, ...resource }: Deletion): Promise<void> {
  await converge({
    ...resource,
    previousOwner: undefined,
    mode: "delete",
    adopt: false,
    hosts: [],
    oldHosts: hosts,
    attachTimeout: 0,
    plan: async (seen) => ({ ...first?.(seen), rounds: [], result: undefined }),
  });
}
