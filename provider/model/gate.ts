import type { Action, DesiredPort, Draw, Rule } from "./desired";
import { type Group, groupNames, groupOwners } from "./groups";
import { pieceCookie } from "./identity";
import { type FieldMatch, is, masked, type Register } from "./match";

/** Register that carries what was drawn for a copy. */
const DRAWN: Register = "reg3";

/** Any fragment, the first or a later one. A later one has no ports. */
const FRAGMENT = masked("ip_frag", 1, 1);
/** EtherTypes of IPv4 and IPv6. */
const IP_FAMILIES = [0x800, 0x86dd];

/**
 * The patch pair of a group's gate, both ends on the tap bridge: what passes goes out by one and comes in by the other. So the
 * rules behind it are the same as without a gate, and a capped group's filter still stands in the very first table.
 */
function pairOf({ hash }: Group): { out: string; back: string } {
  return { out: `mg-${hash}`, back: `mh-${hash}` };
}

function samplingOf(group: Group): number | undefined {
  return group.members[0]!.flow.source.sampling?.oneIn;
}

/** When a group's flows end; a capture ends with who holds it. */
function untilOf({ members }: Group): string | undefined {
  const { flow } = members[0]!;
  return flow.kind === "capture" ? undefined : flow.until;
}

/** Whether copies pass a gate before their filter: where a sample is taken, or where one rule must stand for all that a cap's filter accepts. */
function hasGate(group: Group): boolean {
  const { source } = group.members[0]!.flow;
  const until = untilOf(group);
  return source.sampling !== undefined || (until !== undefined && source.rateLimit !== undefined);
}

/**
 * A group's rules, of which the first that its copies meet ends when its flows do: whoever is alive, Open vSwitch deletes it then, and
 * copies end in the last rule of table 0.
 */
export function ending(group: Group, rules: readonly Rule[]): Rule[] {
  const until = untilOf(group);
  if (until === undefined) return [...rules];
  const { tap } = groupNames(group);
  return rules.map((rule) =>
    rule.table === 0 && rule.inPort === tap ? { ...rule, until: Date.parse(until) } : rule,
  );
}

/** The port by which a group's copies come to its filter: behind its gate, where it has one. */
export function filterPort(group: Group): string {
  return hasGate(group) ? pairOf(group).back : groupNames(group).tap;
}

/** The patch pair of a group's gate; nothing where it has none. */
export function gatePorts(group: Group, tapBridge: string): DesiredPort[] {
  if (!hasGate(group)) return [];
  const { out, back } = pairOf(group);
  const patch = {
    type: "patch" as const,
    bridge: tapBridge,
    vlans: "all" as const,
    owners: groupOwners(group),
  };
  return [
    { ...patch, name: out, options: { peer: back } },
    { ...patch, name: back, options: { peer: out } },
  ];
}

/**
 * The rules of a group's gate: each conversation draws a number, and those that drew 0 pass. Fragments draw by their addresses
 * alone, so that a datagram is whole or not at all. What is not IP draws nothing: its register is 0 all the same.
 */
export function gateRules(group: Group): Rule[] {
  if (!hasGate(group)) return [];
  const oneIn = samplingOf(group);
  const rule = { cookie: pieceCookie(group.hash), inPort: groupNames(group).tap, owners: groupOwners(group) };
  const pass: Action[] = [{ output: pairOf(group).out }];
  if (oneIn === undefined) return [{ ...rule, table: 0, priority: 100, match: [], actions: pass }];
  const draw = (by: Draw, priority: number, match: FieldMatch[]): Rule => ({
    ...rule,
    table: 1,
    priority,
    match,
    actions: [{ draw: by, among: oneIn, into: DRAWN }, { goto: 2 }],
  });
  return [
    { ...rule, table: 0, priority: 100, match: [], actions: [{ goto: 1 }] },
    { ...rule, table: 1, priority: 100, match: [], actions: [{ goto: 2 }] },
    ...IP_FAMILIES.flatMap((type) => [
      draw("conversation", 110, [is("eth_type", type)]),
      draw("addresses", 120, [is("eth_type", type), FRAGMENT]),
    ]),
    { ...rule, table: 2, priority: 100, match: [is(DRAWN, 0)], actions: pass },
  ];
}
