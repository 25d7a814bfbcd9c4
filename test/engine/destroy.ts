import { type RunSettings, type RunTarget, withRun } from "./engineRun";
import type { ResourceChanges } from "./events";
import { defaultParallelism, StepExecutor } from "./stepExecutor";
import { StepGenerator } from "./stepGenerator";

/** Deletes every resource of a stack, dependents first, without running its program. */
export function destroyAll(target: RunTarget, settings: RunSettings): Promise<ResourceChanges> {
  return withRun(target, settings, async ({ run }) => {
    const executor = new StepExecutor(run, settings.parallelism ?? defaultParallelism);
    const cancel = () => executor.cancel();
    settings.signal?.addEventListener("abort", cancel, { once: true });
    const generator = new StepGenerator(run, target.stack, target.project.name);
    for (const group of await generator.deletions()) {
      await Promise.all(group.map((step) => executor.execute([step])));
    }
    await run.snapshot.save();
    settings.signal?.removeEventListener("abort", cancel);
    if (executor.errored) settings.log.diagnose("error", "update failed");
    return executor.changes;
  });
}
