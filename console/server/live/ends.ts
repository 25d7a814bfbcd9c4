import type { HostRecord } from "../../../provider/host/host";
import type { Claim, FlowClaim, ServiceClaim } from "../../../provider/schema/claim";
import type { HostView } from "./hostWatch";

/** A claim on a host that has been read. */
export interface End<C extends Claim = Claim> {
  view: HostView & { inspection: NonNullable<HostView["inspection"]> };
  claim: C;
}

/**
 * The claims of a flow: one at its source, one at its monitor, or one for both. `others`: further claims of its owner,
 * of the same token while the flow is moved to another host, else of another resource.
 */
export interface FlowEnds {
  source?: End<FlowClaim> | undefined;
  far?: End<FlowClaim> | undefined;
  others: readonly End<FlowClaim>[];
}

/** The claim of a service. `others`: further claims of its owner, as of a flow. */
export interface ServiceEnd extends End<ServiceClaim> {
  others: readonly End<ServiceClaim>[];
}

/** All claims of the hosts, sorted by how the console shows them. */
export interface Ends {
  flows: Map<string, FlowEnds>;
  services: Map<string, ServiceEnd>;
  /** Hosts that have been read, by what they call their machine. */
  machines: Map<string, End["view"][]>;
  /** Hosts that are declared gone. */
  gone: readonly HostRecord[];
}

/**
 * Sorts the claims of the hosts. A host that no longer answers counts as it was last read, after those that answer. A
 * host is believed only about itself: what it says takes the place of nothing that another host says.
 */
export function endsOf(views: readonly HostView[], gone: readonly HostRecord[]): Ends {
  const seen = views.filter((view) => view.inspection !== undefined) as End["view"][];
  const silent = (view: HostView) => Number(view.error !== undefined);
  const machines = new Map<string, End["view"][]>();
  const flows = new Map<string, End<FlowClaim>[]>();
  const services = new Map<string, End<ServiceClaim>[]>();
  for (const view of seen.sort((a, b) => silent(a) - silent(b))) {
    const { machine } = view.inspection.facts;
    machines.set(machine, [...(machines.get(machine) ?? []), view]);
    for (const claim of view.inspection.read.claims.values()) {
      if (claim.kind === "flow") add(flows, { view, claim });
      if (claim.kind === "service") add(services, { view, claim });
    }
  }
  return {
    flows: new Map([...flows].map(([owner, all]) => [owner, flowEnds(all)])),
    services: new Map([...services].map(([owner, [first, ...others]]) => [owner, { ...first!, others }])),
    machines,
    gone,
  };
}

/** Adds a claim, unless it is known: a machine with a second name is shown under its first. */
function add<C extends FlowClaim | ServiceClaim>(ends: Map<string, End<C>[]>, end: End<C>): void {
  const known = ends.get(end.claim.owner) ?? [];
  if (!known.some((other) => isSame(other, end))) ends.set(end.claim.owner, [...known, end]);
}

function isSame(one: End, other: End): boolean {
  return (
    one.view.inspection.facts.machine === other.view.inspection.facts.machine &&
    one.claim.token === other.claim.token &&
    isSource(one) === isSource(other)
  );
}

function isSource({ claim }: End): boolean {
  return claim.kind === "flow" && claim.source !== undefined;
}

/** The ends of one flow have one token, so that no host adds an end of its own to the flow of others. */
function flowEnds(all: readonly End<FlowClaim>[]): FlowEnds {
  const source = all.find(isSource);
  const { token } = (source ?? all[0]!).claim;
  const far = all.find((end) => !isSource(end) && end.claim.token === token);
  return { source, far, others: all.filter((end) => end !== source && end !== far) };
}

/** The claim of the service that a flow feeds: of several, that of the machine to which the flow's copies are sent. */
export function serviceOf(
  { service, destination }: Pick<FlowClaim, "service" | "destination">,
  { services }: Ends,
): ServiceEnd | undefined {
  const first = services.get(service);
  if (first === undefined || first.others.length === 0) return first;
  const { others, ...end } = first;
  const all = [end, ...others];
  const fed = all.find(({ view }) => view.inspection.facts.machine === destination) ?? end;
  return { ...fed, others: all.filter((other) => other !== fed) };
}

/** Other claims of a service, but for what a host that no longer answers had of it before it moved. */
export function rivalsOf({ view, claim, others }: ServiceEnd): readonly End[] {
  if (view.error !== undefined) return others;
  return others.filter((other) => other.view.error === undefined || other.claim.token !== claim.token);
}

/** Names of the hosts that have these claims. */
export function hostsOf(ends: readonly End[]): string {
  return [...new Set(ends.map(({ view }) => view.record.name))].join(", ");
}

/** Of the hosts with the name of a machine, the one that has a claim of an owner, else the first. */
export function viewOf(machine: string, owner: string, { machines }: Ends): End["view"] | undefined {
  const views = machines.get(machine) ?? [];
  return views.find(({ inspection }) => inspection.read.claims.has(owner)) ?? views[0];
}
