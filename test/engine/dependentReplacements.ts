import type { DependencyGraph } from "./dependencyGraph";
import { unknownValue } from "./properties";
import { parsePath, pathContains } from "./propertyPath";
import type { Provider } from "./provider";
import type { ResourceState } from "./resourceState";
import type { Urn } from "./urn";

/** A resource that has to be replaced because what it depends on is, and the properties that say so. */
export interface DependentReplacement {
  readonly resource: ResourceState;
  readonly keys: readonly string[];
}

/**
 * What must go before a resource that is deleted before it is replaced, in dependency order. A dependent goes only if
 * its provider would replace it were the inputs that come from the condemned ones to change.
 */
export async function dependentReplacements(
  root: ResourceState,
  o: {
    graph: DependencyGraph;
    /** Resources registered in this run already; they cannot depend on what was not. */
    settled: ReadonlySet<Urn>;
    news: ReadonlyMap<Urn, ResourceState>;
    providerOf: (resource: ResourceState) => Provider;
  },
): Promise<DependentReplacement[]> {
  const condemned = new Set([root.urn]);
  const replacements: DependentReplacement[] = [];
  for (const resource of o.graph.dependingOn(root, o.settled)) {
    const keys = await replacementKeys(resource, condemned, o.providerOf);
    if (!keys) continue;
    replacements.push({ resource, keys });
    condemned.add(resource.urn);
  }
  const found = new Set(replacements.map(({ resource }) => resource));
  for (const resource of o.news.values()) {
    const cascades = resource.deletedWith === root.urn || resource.replaceWith.includes(root.urn);
    if (cascades && !found.has(resource) && !o.settled.has(resource.urn))
      replacements.push({ resource, keys: [] });
  }
  return replacements;
}

async function replacementKeys(
  resource: ResourceState,
  condemned: ReadonlySet<Urn>,
  providerOf: (resource: ResourceState) => Provider,
): Promise<readonly string[] | undefined> {
  if (!resource.custom || resource.external) return undefined;
  if (condemned.has(resource.deletedWith)) return [];
  const uncertain = Object.entries(resource.propertyDependencies)
    .filter(([key, urns]) => key in resource.inputs && urns.some((urn) => condemned.has(urn)))
    .map(([key]) => [key, unknownValue] as const);
  if (uncertain.length === 0) return undefined;
  const diff = await providerOf(resource).diff({
    urn: resource.urn,
    id: resource.id,
    oldInputs: resource.inputs,
    oldOutputs: resource.outputs ?? {},
    newInputs: { ...resource.inputs, ...Object.fromEntries(uncertain) },
    ignoreChanges: resource.ignoreChanges,
  });
  const paths = resource.replaceOnChanges.map(parsePath);
  const forced = (diff.changedKeys ?? []).filter((key) =>
    paths.some((path) => pathContains(path, parsePath(key))),
  );
  const keys = [...diff.replaces, ...forced];
  return diff.changes && keys.length > 0 ? keys : undefined;
}
