import type { Reach } from "../converge/hosts";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { type HostArgument, type Inventory, resolveHost } from "../host/inventory";

/** The stack's hosts by their names. */
export interface Names {
  /** A `Host` argument resolved through the stack's inventory. */
  resolveHost(host: unknown): HostRecord;
}

/** The hosts that an inventory knows, and others by their addresses. */
export function namesOf(inventory: Inventory): Names {
  return { resolveHost: (host) => resolveHost(host as HostArgument, inventory) };
}

/** What operations need besides their arguments. */
export interface Context extends Reach, Names {
  /** Closes all connections; the next operation makes new ones. What is under way on them is rejected. */
  close(): Promise<void>;
}

/** Hosts that something is to be made on: as the inventory knows them now, none of them gone. */
export function presentHosts(context: Context, recorded: readonly HostRecord[]): HostRecord[] {
  return recorded.map((record) => {
    const present = context.presentHost(record);
    if (present.gone !== true) return present;
    throw new TaasError("the host is declared gone, nothing can be made there", {
      code: "host-gone",
      host: present.name,
      hint: "Remove `gone` if the machine is back, or give the resource another host",
    });
  });
}

/** Candidates that something may be made on: those that are not gone, and an error if that is none. */
export function presentCandidates(context: Context, recorded: readonly HostRecord[]): HostRecord[] {
  const there = recorded.filter((record) => context.presentHost(record).gone !== true);
  return presentHosts(context, there.length > 0 ? there : recorded);
}

/** Hosts that something is to be removed from or looked up on; gone ones are passed over with a warning. */
export function remainingHosts(context: Context, recorded: readonly HostRecord[]): HostRecord[] {
  return recorded.flatMap((record) => {
    const present = context.presentHost(record);
    if (present.gone !== true) return [present];
    context.warn(`host ${present.name} is declared gone: what was there counts as removed`);
    return [];
  });
}
