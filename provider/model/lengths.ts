import { compileFilter, type FilterFlow } from "./filter/compile";
import { filterOf } from "./filter/filterOf";
import { type Group, groupOwners, type SourceFlow } from "./groups";
import { memo } from "./memo";
import { vlanClassKey } from "./vlanClass";

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

/**
 * Compiled filters of a flow's source, by VLAN class and direction: claims never change, and a host is rendered again
 * and again.
 */
const compiledOf = memo((_source: SourceFlow["source"]) => new Map<string, FilterFlow[]>());

/** The accepting and rejecting entries in order of precedence; the last one is the default. */
export function entriesOf({ members, vlan, direction }: Group): readonly FilterFlow[] {
  const { source } = members[0]!.flow;
  const compiled = compiledOf(source);
  const key = `${vlanClassKey(vlan)} ${direction}`;
  const entries =
    compiled.get(key) ??
    compileFilter(filterOf(source), {
      vlan,
      ...(direction === "any" ? {} : { direction }),
    });
  compiled.set(key, entries);
  return entries;
}

/** The length limit of the copies that an entry accepts; undefined: none. */
export function lengthOf(group: Group, entry: FilterFlow): number | undefined {
  const { snapLength, maxFrame } = group.members[0]!.flow.source;
  return smaller(entry.snapLength ?? snapLength, maxFrame);
}

/** The length limits of a group's copies; undefined: none. */
export function lengthsOf(group: Group): (number | undefined)[] {
  const accepting = entriesOf(group).filter((entry) => entry.verdict === "accept");
  return [...new Set(accepting.map((entry) => lengthOf(group, entry)))];
}

/** The length limits of each flow's copies, by owner. */
export function lengthsByOwner(groups: readonly Group[]): Map<string, (number | undefined)[]> {
  const lengths = new Map<string, (number | undefined)[]>();
  for (const group of groups) {
    const own = lengthsOf(group);
    for (const owner of groupOwners(group)) {
      const others = lengths.get(owner);
      lengths.set(owner, others === undefined ? own : [...new Set([...others, ...own])]);
    }
  }
  return lengths;
}
