import { integrationBridgeOf, tapBridgeOf } from "../converge/access";
import { uniqueMachines } from "../converge/hosts";
import type { Look } from "../converge/look";
import { TaasError } from "../errors";
import { type FoundPort, findPort, type PortSearch } from "../model/findPort";
import { describePort, type PortInput } from "../schema/port";
import type { Presence } from "./found";

function searchOn(look: Look, wanted: PortInput): PortSearch {
  return findPort(look.facts, [integrationBridgeOf(look.record), tapBridgeOf(look.record)], wanted);
}

function foundOn(look: Look, wanted: PortInput): FoundPort | undefined {
  return searchOn(look, wanted).found;
}

/** Whether there is a port that matches but cannot be used, such as a bond or several ports; waiting would not help. */
function isRefused(look: Look, wanted: PortInput): boolean {
  const search = searchOn(look, wanted);
  return search.found === undefined && search.reason !== "missing";
}

/** Whether a VM's port is the one in use: the other one of a live migration says `inactive`. */
function isActive(found: FoundPort): boolean {
  return found.interface.externalIds["iface-status"] !== "inactive";
}

/**
 * The candidates that have a port, each machine once. If several have it, as during a live migration, they are those
 * whose row is active, if there are such.
 */
export function having<Seen extends Look>(all: readonly Seen[], wanted: PortInput): Seen[] {
  const there = uniqueMachines(all).flatMap((look) => {
    const found = foundOn(look, wanted);
    return found === undefined ? [] : [{ look, isInUse: isActive(found) }];
  });
  const inUse = there.filter(({ isInUse }) => isInUse);
  return (inUse.length > 0 ? inUse : there).map(({ look }) => look);
}

/**
 * The candidate that has a port, under the first of its names if it is given by several. If two have it (see
 * `having`), it is the one that has the resource already. A single candidate is taken as it is; its port may still have
 * to be waited for. If none has the port and the port is optional, the resource stays where it is.
 */
export function locate(
  all: readonly Look[],
  wanted: PortInput,
  holds: (look: Look) => boolean,
  presence: Presence,
): Look {
  const looks = uniqueMachines(all);
  if (looks.length === 1) return looks[0]!;
  const candidates = having(looks, wanted);
  const refused = looks.filter((look) => isRefused(look, wanted));
  const chosen = candidates.find(holds) ?? candidates[0] ?? refused.find(holds) ?? refused[0];
  if (chosen === undefined) {
    if (presence === "optional") return looks.find(holds) ?? looks[0]!;
    const hosts = looks.map((look) => look.record.name).join(", ");
    throw new TaasError(`port ${describePort(wanted)} is not plugged into any of the hosts ${hosts}`, {
      code: "port-missing",
      hint: "Check the name, or start the VM",
    });
  }
  if (candidates.length > 1 && candidates.find(holds) === undefined) {
    const hosts = candidates.map((look) => look.record.name).join(" and ");
    throw new TaasError(`port ${describePort(wanted)} is plugged into several hosts: ${hosts}`, {
      code: "port-ambiguous",
      hint: "Give host instead of hosts, or a port that is unique among them",
    });
  }
  return chosen;
}
