import { Aliases } from "./aliases";
import { DependencyGraph } from "./dependencyGraph";
import { dependentReplacements } from "./dependentReplacements";
import { equalValues } from "./propertyDiff";
import { parsePath, pathContains, resetPaths } from "./propertyPath";
import type { DiffResult, Provider } from "./provider";
import { type Goal, type ResourceState, resourceState } from "./resourceState";
import { CreateStep } from "./steps/create";
import { type DeleteReason, DeleteStep, RemovePendingReplaceStep } from "./steps/delete";
import { ImportStep } from "./steps/import";
import { ReadStep } from "./steps/read";
import { ReplaceStep, SameStep } from "./steps/same";
import type { Run, Step } from "./steps/step";
import { UpdateStep } from "./steps/update";
import { createUrn, parseUrn, type Urn } from "./urn";

/** Called with the state of a resource once the program may go on with it. */
export type Done = (state: ResourceState) => void;

/** An error that the operator has been told of already. */
export class ReportedError extends Error {}

/** A resource that a program looks up. */
export type ReadGoal = Pick<
  Goal,
  "type" | "name" | "parent" | "properties" | "dependencies" | "provider" | "additionalSecretOutputs"
> & { id: string };

interface Candidate {
  readonly goal: Goal;
  readonly old: ResourceState;
  readonly now: ResourceState;
  readonly provider: Provider | undefined;
  readonly done: Done;
}

/** Decides, registration by registration, what is to be done; must not be asked for two at the same time. */
export class StepGenerator {
  private readonly olds: Map<Urn, ResourceState>;
  private readonly graph: DependencyGraph;
  private readonly aliases: Aliases;
  private readonly seen = new Set<Urn>();
  /** Resources that a step was made for. */
  private readonly operated = new Set<Urn>();
  private readonly replaced = new Set<Urn>();
  private readonly deleted = new Set<ResourceState>();
  private readonly dependentKeys = new Map<Urn, readonly string[]>();

  constructor(
    private readonly run: Run,
    private readonly stack: string,
    private readonly project: string,
  ) {
    const base = run.snapshot.base;
    this.olds = new Map(base.filter((state) => !state.delete).map((state) => [state.urn, state]));
    this.graph = new DependencyGraph(base);
    this.aliases = new Aliases(stack, project, this.olds);
  }

  /** What a registration needs done. Throws when it is refused. */
  async register(goal: Goal, done: Done): Promise<Step[]> {
    const urn = this.name(goal);
    const { old, alias } = this.aliases.find({ urn, ...goal }, goal.aliases, this.seen);
    const now = this.stateOf(goal, urn, old, alias);
    const provider = goal.custom ? this.run.providers.of(now) : undefined;
    const recreating = this.run.deletions.has(urn);
    const external = old?.external ?? false;
    const known = recreating || external || this.isTold(urn) ? undefined : old;
    const inputs = old ? resetPaths(old.inputs, goal.properties, goal.ignoreChanges) : goal.properties;
    now.inputs = provider ? await this.check(provider, now, known ? inputs : goal.properties, known) : inputs;
    if (!old) {
      this.operated.add(urn);
      return [new CreateStep(this.run, now, done)];
    }
    if (recreating) return this.recreate(old, now, done);
    if (external) return this.replaceAfter(old, now, done, { keys: [], diffs: [] });
    return this.change({ goal, old, now, provider, done });
  }

  /** What an import needs done. */
  import(goal: Goal, id: string, done: Done): Step[] {
    const now = { ...this.stateOf(goal, this.name(goal), undefined, ""), id };
    this.operated.add(now.urn);
    return [new ImportStep(this.run, now, done)];
  }

  /** What a look-up needs done. */
  read(goal: ReadGoal, done: Done): Step[] {
    const urn = this.name(goal);
    const { old, alias } = this.aliases.find({ urn, ...goal }, [], this.seen);
    const { type, id, parent, properties, dependencies, provider, additionalSecretOutputs } = goal;
    const now = resourceState({
      ...{ urn, type, id, parent, dependencies, provider, additionalSecretOutputs },
      custom: true,
      external: true,
      inputs: properties,
      aliases: alias ? [alias] : [],
    });
    this.operated.add(urn);
    return [new ReadStep(this.run, { old, now }, done)];
  }

  /** What is to be deleted when the program has registered all it wants; each group after those before it. */
  async deletions(): Promise<Step[][]> {
    const steps = new Map<ResourceState, Step>();
    for (const old of this.run.snapshot.base) {
      if (old.delete) {
        if (this.deleted.has(old)) continue;
        steps.set(old, this.delete(old, "replaced"));
      } else if (this.operated.has(old.urn) || this.aliases.isClaimed(old.urn)) continue;
      else if (old.pendingReplacement) steps.set(old, new RemovePendingReplaceStep(this.run, { old }));
      else steps.set(old, this.delete(old, "unwanted"));
      await this.run.providers.ensure(old, this.olds);
    }
    return this.graph
      .deletionGroups(steps.keys())
      .map((group) => group.map((state) => steps.get(state) as Step));
  }

  private delete(old: ResourceState, reason: DeleteReason): DeleteStep {
    this.deleted.add(old);
    this.run.deletions.add(old.urn);
    return new DeleteStep(this.run, old, reason);
  }

  private name(goal: Pick<Goal, "type" | "name" | "parent">): Urn {
    if (goal.parent && !this.seen.has(goal.parent))
      throw new Error(`could not find parent resource ${goal.parent}`);
    const { type, name, parent } = goal;
    const urn = createUrn({ stack: this.stack, project: this.project, parent, type, name });
    if (this.seen.has(urn)) throw new Error(`Duplicate resource URN '${urn}'; try giving it a unique name`);
    this.seen.add(urn);
    return urn;
  }

  private stateOf(goal: Goal, urn: Urn, old: ResourceState | undefined, alias: Urn): ResourceState {
    const { type, custom, parent, dependencies, propertyDependencies, provider, customTimeouts } = goal;
    const { additionalSecretOutputs, deletedWith, replaceWith, ignoreChanges, replaceOnChanges } = goal;
    return resourceState({
      ...{ urn, type, custom, parent, dependencies, propertyDependencies, provider, customTimeouts },
      ...{ additionalSecretOutputs, deletedWith, replaceWith, ignoreChanges, replaceOnChanges },
      protect: goal.protect ?? false,
      retainOnDelete: goal.retainOnDelete ?? false,
      aliases: alias ? [alias] : [],
      created: old?.created,
      modified: old?.modified,
    });
  }

  private async check(provider: Provider, now: ResourceState, news: Goal["properties"], old?: ResourceState) {
    const { inputs, failures } = await provider.check({ urn: now.urn, olds: old?.inputs ?? {}, news });
    if (failures.length === 0) return inputs;
    for (const { property, reason } of failures) {
      const where = property ? `: property ${property} value ${JSON.stringify(news[property])}` : "";
      const message = `${now.type} resource '${parseUrn(now.urn).name}'${where} has a problem: ${reason}`;
      this.run.log.diagnose("error", message, now.urn);
    }
    throw new ReportedError(`resource ${now.urn} is invalid`);
  }

  private async diff({ goal, old, now, provider }: Candidate): Promise<DiffResult> {
    const replace = (key: string) => ({ changes: true, replaces: [key], deleteBeforeReplace: false });
    if (this.isTold(now.urn)) return replace("id");
    if (now.replaceWith.some((urn) => this.replaced.has(urn))) return replace("replaceWith");
    if (this.replaced.has(now.deletedWith)) return replace("deletedWith");
    if (Boolean(old.provider) !== Boolean(now.provider)) return replace("provider");
    const changes = {
      changes: !equalValues(old.inputs, now.inputs),
      replaces: [],
      deleteBeforeReplace: false,
    };
    if (!provider) return changes;
    const diff = await provider.diff({
      urn: now.urn,
      id: old.id,
      oldInputs: old.inputs,
      oldOutputs: old.outputs ?? {},
      newInputs: now.inputs,
      ignoreChanges: goal.ignoreChanges,
    });
    const paths = goal.replaceOnChanges.map(parsePath);
    const forced = (diff.changedKeys ?? []).filter((key) =>
      paths.some((path) => pathContains(path, parsePath(key))),
    );
    return { ...diff, replaces: [...new Set([...diff.replaces, ...(diff.changes ? forced : [])])] };
  }

  private async change(candidate: Candidate): Promise<Step[]> {
    const { old, now, done } = candidate;
    const diff = await this.diff(candidate);
    const diffs = diff.changedKeys ?? [];
    this.operated.add(now.urn);
    if (old.pendingReplacement || (diff.changes && diff.replaces.length > 0))
      return this.replace(candidate, diff);
    if (diff.changes || old.initErrors.length > 0)
      return [new UpdateStep(this.run, { old, now }, done, diffs, diff.detailed)];
    return [new SameStep(this.run, { old, now }, done)];
  }

  private async replace({ goal, old, now, provider, done }: Candidate, diff: DiffResult): Promise<Step[]> {
    if (now.protect && old.protect) {
      throw new Error(
        `unable to replace resource ${JSON.stringify(now.urn)}\nas it is currently marked for protection. To unprotect ` +
          "the resource, remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`",
      );
    }
    this.replaced.add(now.urn);
    // Defaults that were carried over from the old inputs are no longer wanted.
    if (provider && !this.isTold(now.urn)) now.inputs = await this.check(provider, now, goal.properties);
    const reasons = { keys: diff.replaces, diffs: diff.changedKeys ?? [] };
    if (!(goal.deleteBeforeReplace ?? diff.deleteBeforeReplace))
      return this.replaceAfter(old, now, done, reasons);
    const dependents = await dependentReplacements(old, {
      graph: this.graph,
      settled: this.operated,
      news: this.olds,
      providerOf: (state) => this.run.providers.of(state),
    });
    const steps: Step[] = [];
    for (const { resource, keys } of dependents.reverse()) {
      if (this.deleted.has(resource)) continue;
      if (resource.protect && !resource.delete) {
        throw new Error(
          `unable to replace resource "${resource.urn}" as part of replacing "${now.urn}": it is protected`,
        );
      }
      this.dependentKeys.set(resource.urn, keys);
      steps.push(this.delete(resource, resource.delete ? "replaced" : "to-be-replaced"));
    }
    if (!old.pendingReplacement) steps.push(this.delete(old, "to-be-replaced"));
    const replacement = { old, order: "delete-first", ...reasons } as const;
    return [
      ...steps,
      new ReplaceStep(this.run, { old, now }, reasons.keys, reasons.diffs),
      new CreateStep(this.run, now, done, replacement),
    ];
  }

  /** Whether the operator asks for a resource to be replaced. Its provider is then told nothing of its old state. */
  private isTold(urn: Urn): boolean {
    return this.run.replace.some((end) => urn.endsWith(end));
  }

  private replaceAfter(
    old: ResourceState,
    now: ResourceState,
    done: Done,
    reasons: { keys: readonly string[]; diffs: readonly string[] },
  ): Step[] {
    this.operated.add(now.urn);
    return [
      new CreateStep(this.run, now, done, { old, order: "create-first", ...reasons }),
      new ReplaceStep(this.run, { old, now }, reasons.keys, reasons.diffs),
    ];
  }

  /** The resource was deleted earlier in this run because something it depends on had to go first. */
  private recreate(old: ResourceState, now: ResourceState, done: Done): Step[] {
    this.operated.add(now.urn);
    this.replaced.add(now.urn);
    this.run.deletions.delete(now.urn);
    const keys = this.dependentKeys.get(now.urn) ?? [];
    return [
      new ReplaceStep(this.run, { old, now }, [], []),
      new CreateStep(this.run, now, done, { old, order: "delete-first", keys, diffs: [] }),
    ];
  }
}
