import type { Action, DesiredPort, Draw, Rule } from "./desired";
import { type Group, groupNames, groupOwners } from "./groups";
import { pieceCookie } from "./identity";
import { type FieldMatch, is, masked, type Register } from "./match";

/** The register that carries the number computed for a copy. */
const DRAWN: Register = "reg3";

/** Any fragment, first or later. A later one has no ports. */
const FRAGMENT = masked("ip_frag", 1, 1);
/** EtherTypes of IPv4 and IPv6. */
const IP_FAMILIES = [0x800, 0x86dd];

/**
 * The patch pair of a group's gate, both ends on the tap bridge: a copy that passes leaves by one end and arrives by
 * the other. The rules behind it are therefore the same as without a gate, and a capped group's filter remains in the
 * very first table.
 */
function pairOf({ hash }: Group): { out: string; back: string } {
  return { out: `mg-${hash}`, back: `mh-${hash}` };
}

function samplingOf(group: Group): number | undefined {
  return group.members[0]!.flow.source.sampling?.oneIn;
}

/** When a group's flows end; a capture ends with its connection. */
function untilOf({ members }: Group): string | undefined {
  const { flow } = members[0]!;
  return flow.kind === "capture" ? undefined : flow.until;
}

/**
 * Whether copies pass a gate before their filter: if a sample is taken, or if one rule has to stand for everything that
 * a cap's filter accepts.
 */
function hasGate(group: Group): boolean {
  const { source } = group.members[0]!.flow;
  const until = untilOf(group);
  return source.sampling !== undefined || (until !== undefined && source.rateLimit !== undefined);
}

/**
 * A group's rules. The first rule that its copies match expires when its flows end: Open vSwitch itself deletes it
 * then, whatever else is running, and copies reach the last rule of table 0.
 */
export function ending(group: Group, rules: readonly Rule[]): Rule[] {
  const until = untilOf(group);
  if (until === undefined) return [...rules];
  const { tap } = groupNames(group);
  return rules.map((rule) =>
    rule.table === 0 && rule.inPort === tap ? { ...rule, until: Date.parse(until) } : rule,
  );
}

/** The port by which a group's copies reach its filter: behind its gate, if it has one. */
export function filterPort(group: Group): string {
  return hasGate(group) ? pairOf(group).back : groupNames(group).tap;
}

/** The patch pair of a group's gate; none if it has no gate. */
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
 * The rules of a group's gate: a number is computed for each conversation, and those with 0 pass. For fragments, only
 * the addresses count, so that a datagram passes as a whole or not at all. For frames that are not IP, nothing is
 * computed: their register is 0.
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
