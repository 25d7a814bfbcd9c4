import { tapBridgeOf } from "../converge/access";
import type { Look } from "../converge/look";
import type { Desired, Rule } from "../model/desired";
import { type Group, groupFlows } from "../model/groups";
import { pieceCookie } from "../model/identity";
import { render } from "../model/render";
import { serviceFinder } from "../model/serviceNames";
import { renderServices, type Services } from "../model/services";
import { ARRIVED } from "../model/tunnels";
import { portNumbers } from "../plan/portNumbers";
import type { Claim, FlowClaim, ServiceClaim } from "../schema/claim";

/** The objects of a claim on a host, by names and cookies. */
export interface Pieces {
  ports: ReadonlySet<string>;
  /** Of rules that process the claim's own copies. */
  cookies: ReadonlySet<bigint>;
  /** Of rules that handle what arrives through a mirror tunnel. */
  arrivals: ReadonlySet<bigint>;
}

/** A host that was looked at, and the state that its claims ask for: the same for all its taps. */
export interface HostView {
  look: Look;
  tapBridge: string;
  /** OpenFlow port numbers of the tap bridge, by interface name. */
  numbers: ReadonlyMap<string, number>;
  /** Interface names on the tap bridge, by OpenFlow port number. */
  names: ReadonlyMap<number, string>;
  desired: Desired;
  groups: readonly Group[];
  services: Services;
  serviceOf(flow: FlowClaim): ServiceClaim | undefined;
  /** The objects that exist because of a claim. */
  piecesOf(owner: string): Pieces;
}

/** Computes the state that a host's claims ask for. */
export function viewOf(look: Look): HostView {
  const { facts, read, record } = look;
  const tapBridge = tapBridgeOf(record);
  const claims: Claim[] = [...read.claims.values()].sort((a, b) => (a.owner < b.owner ? -1 : 1));
  const desired = render(read.claims, facts, tapBridge);
  const pieces = indexPieces(desired);
  const numbers = portNumbers(facts, tapBridge);
  return {
    look,
    tapBridge,
    numbers,
    names: new Map([...numbers].map(([name, number]) => [number, name])),
    desired,
    groups: groupFlows(claims, facts, tapBridge, { ...desired, problems: [] }),
    services: renderServices(claims, facts, tapBridge),
    serviceOf: serviceFinder(claims),
    piecesOf: (owner) => pieces.get(owner) ?? NOTHING,
  };
}

const NOTHING: Pieces = { ports: new Set(), cookies: new Set(), arrivals: new Set() };

/** The drop rules at the ends of tables belong to all claims. */
const LAST_RULES = pieceCookie("000000000000");

function isArrival({ table, actions: [first] }: Pick<Rule, "table" | "actions">): boolean {
  return table === 0 && first === ARRIVED.set;
}

function indexPieces({ ports, rules, foreignRules }: Desired): Map<string, Pieces> {
  const index = new Map<string, Record<keyof Pieces, Set<never>>>();
  const note = (owners: readonly string[], kind: keyof Pieces, piece: string | bigint): void => {
    for (const owner of owners) {
      const known = index.get(owner) ?? { ports: new Set(), cookies: new Set(), arrivals: new Set() };
      index.set(owner, known);
      known[kind].add(piece as never);
    }
  };
  for (const { name, owners } of ports) note(owners, "ports", name);
  for (const rule of [...rules, ...foreignRules])
    if (rule.cookie !== LAST_RULES) note(rule.owners, isArrival(rule) ? "arrivals" : "cookies", rule.cookie);
  return index;
}
