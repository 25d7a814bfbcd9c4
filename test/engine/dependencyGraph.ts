import { dependencyUrns, type ResourceState } from "./resourceState";
import { providerUrn, type Urn } from "./urn";

/** Who needs whom in a list of resources in which dependencies precede dependents. */
export class DependencyGraph {
  private readonly index: Map<ResourceState, number>;

  constructor(private readonly resources: readonly ResourceState[]) {
    this.index = new Map(resources.map((resource, position) => [resource, position]));
  }

  /** Every resource that depends on this one, directly or not, in dependency order; children do not count. */
  dependingOn(root: ResourceState, ignore: ReadonlySet<Urn>): ResourceState[] {
    const dependents: ResourceState[] = [];
    const reached = new Set([root.urn]);
    for (const candidate of this.resources.slice((this.index.get(root) ?? 0) + 1)) {
      if (ignore.has(candidate.urn)) continue;
      const provider = candidate.provider ? [providerUrn(candidate.provider)] : [];
      if (![...dependencyUrns(candidate), ...provider].some((urn) => reached.has(urn))) continue;
      dependents.push(candidate);
      reached.add(candidate.urn);
    }
    return dependents;
  }

  /** What a resource depends on directly, among resources listed before it: provider, parent, dependencies. */
  dependenciesOf(resource: ResourceState): Set<ResourceState> {
    const urns = new Set(dependencyUrns(resource));
    if (resource.provider) urns.add(providerUrn(resource.provider));
    const before = this.resources.slice(0, this.index.get(resource) ?? 0);
    const components = new Set(
      before.filter((candidate) => urns.has(candidate.urn) && !candidate.custom).map((found) => found.urn),
    );
    const found = new Set<ResourceState>();
    for (const candidate of before) {
      // A dependency on a component is one on everything below it.
      if (components.has(candidate.parent)) {
        if (!candidate.custom) components.add(candidate.urn);
        found.add(candidate);
      }
      if (urns.has(candidate.urn) || candidate.urn === resource.parent) found.add(candidate);
    }
    return found;
  }

  /** Orders deletions: what is in one group can go at the same time, and only after the groups before it. */
  deletionGroups(condemned: Iterable<ResourceState>): ResourceState[][] {
    const remaining = new Set(condemned);
    const needs = new Map([...remaining].map((resource) => [resource, this.dependenciesOf(resource)]));
    const groups: ResourceState[][] = [];
    while (remaining.size > 0) {
      const free = [...remaining].filter((resource) => {
        for (const need of needs.get(resource) ?? []) if (remaining.has(need)) return false;
        return true;
      });
      for (const resource of free) remaining.delete(resource);
      groups.unshift(free);
    }
    return groups;
  }
}
