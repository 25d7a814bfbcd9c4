import type { HostRecord } from "../host/host";
import { converge } from "./converge";
import type { Intent, Steps } from "./intent";
import type { Look } from "./look";

/** A resource to be deleted. */
export interface Deletion extends Pick<Intent, "reach" | "owner" | "token"> {
  /** Hosts that may hold its claims, in the order of deletion. */
  hosts: readonly HostRecord[];
  /** Called before its own claims are deleted. Throws if the resource must not be deleted. */
  first?(seen: ReadonlyMap<string, Look>): Pick<Steps<void>, "preliminary" | "abandoned">;
}

/**
 * Deletes a resource's claims from its hosts, with everything that only they need. Claims that are gone already are not
 * an error.
 */
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
