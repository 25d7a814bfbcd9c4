import { createHash } from "node:crypto";
import { fromCheckpointValue, type PropertyMap, toCheckpointValue } from "./properties";
import { type CustomTimeouts, type ResourceState, resourceState } from "./resourceState";
import type { Urn } from "./urn";

/** A resource as `pulumi stack export` writes it. */
export interface CheckpointResource {
  urn: Urn;
  custom: boolean;
  delete?: boolean;
  id?: string;
  type: string;
  inputs?: PropertyMap;
  outputs?: PropertyMap;
  parent?: Urn;
  protect?: boolean;
  external?: boolean;
  dependencies?: Urn[];
  initErrors?: string[];
  provider?: string;
  propertyDependencies?: Record<string, Urn[] | null>;
  pendingReplacement?: boolean;
  additionalSecretOutputs?: string[];
  aliases?: Urn[];
  customTimeouts?: CustomTimeouts;
  retainOnDelete?: boolean;
  deletedWith?: Urn;
  replaceWith?: Urn[];
  created?: string;
  modified?: string;
  ignoreChanges?: string[];
  replaceOnChanges?: string[];
}

/** What the engine was doing to a resource when the state was written. */
export type OperationType = "creating" | "updating" | "deleting" | "reading";

/** An operation that had begun and not ended. */
export interface PendingOperation {
  resource: CheckpointResource;
  type: OperationType;
}

/** A stack's state in the format of `pulumi stack export` and `pulumi stack import`. */
export interface Deployment {
  version: number;
  deployment: {
    manifest: { time: string; magic: string; version: string };
    secrets_providers?: { type: string; state?: unknown };
    resources?: CheckpointResource[];
    pending_operations?: PendingOperation[];
    metadata: object;
  };
}

const engineVersion = "v3.248.0";

function serializeProperties(map: PropertyMap): PropertyMap {
  return toCheckpointValue(map) as PropertyMap;
}

function unlessEmpty<K extends string, T extends readonly unknown[] | string | boolean | object | undefined>(
  key: K,
  value: T,
): { [P in K]?: NonNullable<T> } {
  const empty =
    !value ||
    (Array.isArray(value) ? value.length === 0 : typeof value === "object" && !Object.keys(value).length);
  return empty ? {} : ({ [key]: value } as { [P in K]: NonNullable<T> });
}

/** Writes one resource. */
export function serializeResource(state: ResourceState): CheckpointResource {
  return {
    urn: state.urn,
    custom: state.custom,
    ...unlessEmpty("delete", state.delete),
    ...unlessEmpty("id", state.id),
    type: state.type,
    ...unlessEmpty("inputs", serializeProperties(state.inputs)),
    ...unlessEmpty("outputs", state.outputs && serializeProperties(state.outputs)),
    ...unlessEmpty("parent", state.parent),
    ...unlessEmpty("protect", state.protect),
    ...unlessEmpty("external", state.external),
    ...unlessEmpty("dependencies", state.dependencies),
    ...unlessEmpty("initErrors", state.initErrors),
    ...unlessEmpty("provider", state.provider),
    ...unlessEmpty("propertyDependencies", state.propertyDependencies),
    ...unlessEmpty("pendingReplacement", state.pendingReplacement),
    ...unlessEmpty("additionalSecretOutputs", state.additionalSecretOutputs),
    ...unlessEmpty("aliases", state.aliases),
    ...unlessEmpty("customTimeouts", state.customTimeouts),
    ...unlessEmpty("retainOnDelete", state.retainOnDelete),
    ...unlessEmpty("deletedWith", state.deletedWith),
    ...unlessEmpty("replaceWith", state.replaceWith),
    ...unlessEmpty("created", state.created),
    ...unlessEmpty("modified", state.modified),
    ...unlessEmpty("ignoreChanges", state.ignoreChanges),
    ...unlessEmpty("replaceOnChanges", state.replaceOnChanges),
  };
}

/** Reads one resource. */
export function deserializeResource(resource: CheckpointResource): ResourceState {
  const propertyDependencies = Object.entries(resource.propertyDependencies ?? {}).map(
    ([key, urns]) => [key, urns ?? []] as const,
  );
  return resourceState({
    ...resource,
    inputs: fromCheckpointValue(resource.inputs ?? {}) as PropertyMap,
    outputs: fromCheckpointValue(resource.outputs ?? {}) as PropertyMap,
    propertyDependencies: Object.fromEntries(propertyDependencies),
  });
}

/** Wraps resources into a deployment. `pulumi stack import` checks the magic number against the version. */
export function deployment(
  resources: readonly CheckpointResource[],
  pending: readonly PendingOperation[],
): Deployment {
  const time = new Date().toISOString();
  const magic = createHash("sha256").update(engineVersion).digest("hex");
  return {
    version: 3,
    deployment: {
      manifest: { time, magic, version: engineVersion },
      ...unlessEmpty("resources", [...resources]),
      ...unlessEmpty("pending_operations", [...pending]),
      metadata: {},
    },
  };
}

/** Refuses what is not a deployment of a format this engine reads. */
export function assertDeployment(value: Deployment): Deployment {
  if (value?.version !== 3 || typeof value.deployment !== "object") {
    throw new Error(`the state has format ${value?.version}; this engine reads format 3`);
  }
  return value;
}
