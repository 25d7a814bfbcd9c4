import {
  type CheckpointResource,
  type Deployment,
  deployment,
  deserializeResource,
  type OperationType,
  type PendingOperation,
  serializeResource,
} from "./checkpoint";
import type { ResourceState } from "./resourceState";
import type { StateFile } from "./stateFile";
import { createUrn, isRootStack, parseUrn, providerId, providerUrn, type Urn } from "./urn";

/**
 * The state before a run (`base`) and what the run has made of it, written to the state file at every change.
 * What the run has not touched yet is kept behind what it made, so that dependencies always precede dependents.
 */
export class Snapshot {
  base: ResourceState[];
  private readonly made: ResourceState[] = [];
  private readonly done = new Set<ResourceState>();
  private readonly running = new Map<ResourceState, OperationType>();
  private pendingCreates: PendingOperation[];
  /** Operations that an earlier run had begun and not ended. */
  readonly interrupted: PendingOperation[];

  constructor(
    state: Deployment,
    private readonly file: StateFile | undefined,
  ) {
    this.base = (state.deployment.resources ?? []).map(deserializeResource);
    this.interrupted = state.deployment.pending_operations ?? [];
    this.pendingCreates = this.interrupted.filter((operation) => operation.type === "creating");
  }

  /** Records that an operation begins; resolves when the record is on disk. */
  begin(state: ResourceState, type: OperationType): Promise<void> {
    this.running.set(state, type);
    return this.save();
  }

  /** Records what an operation left: states that are gone and states that are there. */
  end(state: ResourceState, effect: { gone?: ResourceState[]; made?: ResourceState[] }): Promise<void> {
    this.running.delete(state);
    for (const gone of effect.gone ?? []) this.done.add(gone);
    this.made.push(...(effect.made ?? []));
    return this.save();
  }

  /** Takes over a resource that did not change; written with the next change or at the end of the run. */
  keep(old: ResourceState, now: ResourceState): void {
    this.done.add(old);
    this.made.push(now);
  }

  /** Forgets creates that earlier runs had begun and not ended. */
  clearPendingCreates(): void {
    this.pendingCreates = [];
  }

  /** Writes the state; in a preview there is no file, and nothing is written. */
  save(): Promise<void> {
    return this.file ? this.file.write(() => this.deployment()) : Promise.resolve();
  }

  /** The state as of now. */
  deployment(): Deployment {
    const states = [...this.made, ...this.base].filter((state) => !this.done.has(state));
    const operations = [...this.running].map(([state, type]) => ({
      resource: serializeResource(state),
      type,
    }));
    return deployment(renameReferences(states), [...operations, ...this.pendingCreates]);
  }
}

/** Makes every reference to a renamed resource name it by its new URN. */
function renameReferences(states: readonly ResourceState[]): CheckpointResource[] {
  const renamed = new Map<Urn, Urn>();
  for (const state of states) {
    for (const alias of state.aliases) renamed.set(alias, state.urn);
    const parent = renamed.get(state.parent);
    if (parent && !isRootStack(parent)) renamed.set(state.urn, createUrn({ ...parseUrn(state.urn), parent }));
  }
  if (renamed.size === 0) return states.map(serializeResource);
  const now = (urn: Urn) => renamed.get(urn) ?? urn;
  return states.map((state) =>
    serializeResource({
      ...state,
      urn: now(state.urn),
      parent: now(state.parent),
      aliases: [],
      dependencies: state.dependencies.map(now),
      propertyDependencies: Object.fromEntries(
        Object.entries(state.propertyDependencies).map(([key, urns]) => [key, urns.map(now)]),
      ),
      deletedWith: now(state.deletedWith),
      replaceWith: state.replaceWith.map(now),
      provider: state.provider && `${now(providerUrn(state.provider))}::${providerId(state.provider)}`,
    }),
  );
}
