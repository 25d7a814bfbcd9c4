import { Deployment } from "./deployment";
import { type RunSettings, type RunTarget, withRun } from "./engineRun";
import type { ResourceChanges } from "./events";
import { bareGoal } from "./resourceState";
import { defaultParallelism } from "./stepExecutor";

/** A resource that exists, and what it is to be called in the stack. */
export interface Import {
  readonly type: string;
  readonly name: string;
  /** As its provider wants it. */
  readonly id: string;
}

/** Takes resources into a stack's state, as `pulumi import` does, without running its program. */
export function importResources(
  target: RunTarget,
  settings: RunSettings,
  imports: readonly Import[],
): Promise<ResourceChanges> {
  return withRun(target, settings, async ({ run, config }) => {
    const { project, stack } = target;
    const deployment = new Deployment(
      run,
      { name: stack, project: project.name, config },
      defaultParallelism,
    );
    const name = `${project.name}-${stack}`;
    try {
      const root = await deployment.register(bareGoal({ type: "pulumi:pulumi:Stack", name, custom: false }));
      for (const { type, name, id } of imports)
        await deployment.import({ ...bareGoal({ type, name, custom: true }), parent: root.urn }, id);
    } catch {
      settings.log.diagnose("error", "import failed");
    }
    await run.snapshot.save();
    return deployment.executor.changes;
  });
}
