import type { SourceFlow } from "../model/groups";
import { printableLine } from "../printable";
import type { FlowClaim } from "../schema/claim";
import type { Unseen } from "./evidence";
import type { Examined } from "./examine";
import type { Seen } from "./see";
import { type Faults, faultsOf } from "./stageOf";
import { type DestinationEnd, destinationEnd, type SourceEnd, sourceEnd } from "./tap";

/** A tap whose source was found. */
export interface Sourced {
  source: Examined;
  end: SourceEnd;
  /** Its monitors' end; absent for a collector. */
  destination: { at: Examined; end: DestinationEnd } | Unseen | undefined;
  /** What is wrong on its hosts. */
  faults: readonly { host: string; faults: Faults }[];
}

/** A tap that only the monitors' host knows. */
export interface Unsourced {
  claim: FlowClaim;
  /** The host of its monitors. */
  destination: string;
  /** The host of its source, and why the tap was not found there. */
  source: { host: string; verdict: "wrong" | "unknown"; detail: string };
}

/** The taps that were found. */
export interface Gathered {
  sourced: Sourced[];
  unsourced: Unsourced[];
}

/** Hosts by machine, if they could be examined. */
export type ExaminedHosts = ReadonlyMap<string, Examined>;

function isSource(claim: FlowClaim): claim is SourceFlow {
  return claim.source !== undefined;
}

/** Finds the taps that have an end on a requested host. */
export function gather(seen: Seen, hosts: ExaminedHosts): Gathered {
  const gathered: Gathered = { sourced: [], unsourced: [] };
  for (const [machine, at] of hosts) {
    const flows = [...at.view.look.read.claims.values()].filter((claim) => claim.kind === "flow");
    for (const claim of flows) {
      if (isSource(claim)) {
        if (seen.named.has(machine) || seen.named.has(claim.destination))
          gathered.sourced.push(sourced(at, claim, destinationOf(seen, hosts, claim)));
      } else if (seen.named.has(machine)) {
        const source = unsourced(seen, hosts, claim);
        if (source !== undefined) gathered.unsourced.push({ claim, destination: at.host, source });
      }
    }
  }
  return gathered;
}

function sourced(source: Examined, claim: SourceFlow, destination: Sourced["destination"]): Sourced {
  const end = sourceEnd(source.view, claim);
  const { owner, tunnelId } = claim;
  const there = destination !== undefined && "at" in destination ? destination : undefined;
  const isOne = there?.at === source;
  const here = {
    owner,
    tunnelId,
    view: source.view,
    source: end,
    destination: isOne ? there.end : undefined,
  };
  const faults = [{ host: source.host, faults: faultsOf(here, source.differences) }];
  if (there !== undefined && !isOne) {
    const far = { owner, tunnelId, view: there.at.view, source: undefined, destination: there.end };
    faults.push({ host: there.at.host, faults: faultsOf(far, there.at.differences) });
  }
  return { source, end, destination, faults };
}

function destinationOf(seen: Seen, hosts: ExaminedHosts, claim: SourceFlow): Sourced["destination"] {
  if (claim.collector !== undefined) return undefined;
  const at = hosts.get(claim.destination);
  if (at !== undefined) return { at, end: destinationEnd(at.view, claim) };
  return whyMissing(seen, claim.destination, claim.peer?.name);
}

function whyMissing(seen: Seen, machine: string, name: string | undefined): Unseen {
  const { host, reason } = seen.missing.get(machine) ?? {
    host: printableLine(name ?? "(unknown)"),
    reason: "its claims do not say how that host is reached: name that host, too",
  };
  return { host, unseen: reason };
}

/** Why the host of a flow's source does not have the flow; undefined if it does. */
function unsourced(seen: Seen, hosts: ExaminedHosts, claim: FlowClaim): Unsourced["source"] | undefined {
  const machine = claim.peer?.machine ?? "";
  const at = hosts.get(machine);
  if (at === undefined) {
    const { host, unseen } = whyMissing(seen, machine, claim.from?.name);
    return { host, verdict: "unknown", detail: unseen };
  }
  const there = at.view.look.read.claims.get(claim.owner);
  if (there?.kind === "flow" && isSource(there)) return undefined;
  return { host: at.host, verdict: "wrong", detail: "the claim of the flow is missing there" };
}
