import type { Reach } from "../converge/hosts";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { type HostArgument, type Inventory, resolveHost } from "../host/inventory";
import { Ways } from "../host/ways";

/** The stack's hosts by their names. */
export interface Names {
  /**
   * A `Host` argument resolved through the stack's inventory. Throws `invalid-host`, also for a host whose address was
   * resolved before with another port or jump host.
   */
  resolveHost(host: unknown): HostRecord;
}

/** The names of one run, which takes note of the hosts in its state. */
export interface RunNames extends Names {
  /** Takes note of the hosts in the recorded outputs of a resource: a program may pass them on to others. */
  recall(outputs: Readonly<Record<string, unknown>>): void;
}

/** Resolves hosts that the inventory contains, and others by their addresses. */
export function namesOf(inventory: Inventory): RunNames {
  const ways = new Ways(inventory);
  return {
    recall({ host, hosts }) {
      for (const one of [host, ...(Array.isArray(hosts) ? hosts : [])])
        if (typeof one === "object" && one !== null) ways.recall(one as HostRecord);
    },
    resolveHost(host) {
      const record = resolveHost(host as HostArgument, inventory);
      ways.require(record);
      return record;
    },
  };
}

/** What operations need in addition to their arguments. */
export interface Context extends Reach, Names {
  /** Whether the resource that is created was in the state before the run. */
  isReplacing?: boolean;
  /** Closes all connections and rejects pending work on them; the next operation opens new ones. */
  close(): Promise<void>;
}

/** Hosts on which something is to be created, as the inventory describes them now. Throws if one of them is gone. */
export function presentHosts(context: Context, recorded: readonly HostRecord[]): HostRecord[] {
  return recorded.map((record) => {
    const present = context.presentHost(record);
    if (present.gone !== true) return present;
    throw new TaasError("the host is declared gone, so nothing can be created on it", {
      code: "host-gone",
      host: present.name,
      hint: "Remove `gone` if the machine is back, or use another host for the resource",
    });
  });
}

/** Candidates on which something may be created: those that are not gone. Throws if there are none. */
export function presentCandidates(context: Context, recorded: readonly HostRecord[]): HostRecord[] {
  const there = recorded.filter((record) => context.presentHost(record).gone !== true);
  return presentHosts(context, there.length > 0 ? there : recorded);
}

/** Hosts on which something is to be deleted or read; gone ones are skipped with a warning. */
export function remainingHosts(context: Context, recorded: readonly HostRecord[]): HostRecord[] {
  return recorded.flatMap((record) => {
    const present = context.presentHost(record);
    if (present.gone !== true) return [present];
    context.warn(`host ${present.name} is declared gone: what was there counts as deleted`);
    return [];
  });
}
