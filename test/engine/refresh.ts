import { type RunSettings, type RunTarget, withRun } from "./engineRun";
import type { ResourceChanges } from "./events";
import type { ResourceState } from "./resourceState";
import type { RunOptions } from "./stack";
import { defaultParallelism, StepExecutor } from "./stepExecutor";
import { RefreshStep } from "./steps/refresh";
import type { Urn } from "./urn";

/** Reads every resource of a stack and records what it finds, without running its program. Failures stop none of it. */
export function refreshAll(
  target: RunTarget,
  settings: RunSettings,
  { clearPendingCreates }: RunOptions,
): Promise<ResourceChanges> {
  return withRun(target, settings, async ({ run }) => {
    const executor = new StepExecutor(run, settings.parallelism ?? defaultParallelism, "go-on");
    const cancel = () => executor.cancel();
    settings.signal?.addEventListener("abort", cancel, { once: true });
    const base = run.snapshot.base;
    const olds = new Map(base.map((state) => [state.urn, state]));
    for (const state of base) await run.providers.ensure(state, olds);
    const steps = base.map((old) => new RefreshStep(run, old));
    await Promise.all(steps.map((step) => executor.execute([step])));
    settings.signal?.removeEventListener("abort", cancel);
    run.snapshot.base = withoutDangling(
      steps.flatMap((step) => step.now ?? []),
      new Map(base.map((state) => [state.urn, state.parent])),
    );
    if (clearPendingCreates) run.snapshot.clearPendingCreates();
    await run.snapshot.save();
    if (executor.errored) settings.log.diagnose("error", "update failed");
    return executor.changes;
  });
}

/** Drops references to resources that are gone; the children of one that is gone become its parent's. */
function withoutDangling(states: ResourceState[], parents: ReadonlyMap<Urn, Urn>): ResourceState[] {
  const present = new Set<Urn>();
  const known = (urn: Urn) => present.has(urn);
  const nearest = (urn: Urn): Urn => (!urn || known(urn) ? urn : nearest(parents.get(urn) ?? ""));
  return states.map((state) => {
    const repaired: ResourceState = {
      ...state,
      parent: nearest(state.parent),
      dependencies: state.dependencies.filter(known),
      propertyDependencies: Object.fromEntries(
        Object.entries(state.propertyDependencies).map(([key, urns]) => [key, urns.filter(known)]),
      ),
      deletedWith: known(state.deletedWith) ? state.deletedWith : "",
      replaceWith: state.replaceWith.filter(known),
    };
    present.add(state.urn);
    return repaired;
  });
}
