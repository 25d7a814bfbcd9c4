import type { EventLog } from "./events";
import { type Registrar, ShutDown } from "./monitor";
import type { Program } from "./program";
import type { PropertyMap } from "./properties";
import { dynamicPackage } from "./providers";
import { bareGoal, type Goal, type ResourceState } from "./resourceState";
import type { Snapshot } from "./snapshot";
import { StepExecutor } from "./stepExecutor";
import { type Done, type ReadGoal, ReportedError, StepGenerator } from "./stepGenerator";
import type { Run, Step } from "./steps/step";
import { isProviderType, isRootStack, packageOfType, type Urn } from "./urn";

/** Carries out what one run of a program registers: plans and does it one registration after another, then deletes. */
export class Deployment implements Registrar {
  readonly executor: StepExecutor;
  private readonly generator: StepGenerator;
  private readonly log: EventLog;
  private readonly snapshot: Snapshot;
  private readonly providers = new Map<string, Promise<string>>();
  /** Steps are planned one at a time; this is the end of the queue. */
  private planning: Promise<unknown> = Promise.resolve();
  private finished: () => void = () => {};
  private readonly programDone: Promise<void>;
  private stackOutputs: { urn: Urn; outputs: PropertyMap } | undefined;

  constructor(
    private readonly run: Run,
    private readonly stack: { name: string; project: string; config: Readonly<Record<string, string>> },
    parallelism: number,
  ) {
    this.executor = new StepExecutor(run, parallelism);
    this.generator = new StepGenerator(run, stack.name, stack.project);
    this.log = run.log;
    this.snapshot = run.snapshot;
    this.programDone = new Promise((resolve) => {
      this.finished = resolve;
    });
  }

  async register(goal: Goal): Promise<ResourceState> {
    const managed = goal.custom && !isProviderType(goal.type);
    const provider = managed ? goal.provider || (await this.defaultProvider(goal.type)) : "";
    return this.submit((done) => this.generator.register({ ...goal, provider }, done));
  }

  /** Takes a resource over that exists already. `id`: as its provider wants it. */
  async import(goal: Goal, id: string): Promise<ResourceState> {
    const provider = await this.defaultProvider(goal.type);
    return this.submit(async (done) => this.generator.import({ ...goal, provider }, id, done));
  }

  async read(goal: ReadGoal): Promise<ResourceState> {
    const provider = await this.defaultProvider(goal.type);
    return this.submit(async (done) => this.generator.read({ ...goal, provider }, done));
  }

  async invoke(token: string, args: PropertyMap, provider: string): Promise<PropertyMap> {
    const reference = provider || (await this.defaultProvider(token));
    return this.run.providers.invoke(reference, token, args);
  }

  async registerOutputs(urn: Urn, outputs: PropertyMap): Promise<void> {
    if (this.executor.errored) throw new ShutDown("resource monitor shut down");
    // The stack's own are kept until it is known whether the run succeeded.
    if (isRootStack(urn)) this.stackOutputs = { urn, outputs };
    else await this.setOutputs(urn, outputs);
  }

  finish(): void {
    this.finished();
  }

  /** Runs a program to its end, then deletes what it did not register. */
  async perform(program: Program): Promise<void> {
    const ended = program.finished.then(
      (how) => (how === "succeeded" ? this.finish() : this.executor.cancel()),
      (error: Error) => {
        if (!this.executor.errored) this.log.diagnose("error", error.message);
        this.executor.cancel();
      },
    );
    await Promise.race([this.programDone, this.executor.cancelled]);
    const completed = !this.executor.errored;
    await this.planning;
    await this.executor.idle();
    if (!this.executor.errored) await this.delete();
    await this.finalizeStackOutputs();
    await this.snapshot.save();
    if (completed) await ended;
  }

  private async delete(): Promise<void> {
    for (const group of await this.generator.deletions()) {
      await Promise.all(group.map((step) => this.executor.execute([step])));
    }
  }

  /** Plans, does, and answers with the state once it is done; never answers what a failed run could not finish. */
  private submit(plan: (done: Done) => Promise<Step[]>): Promise<ResourceState> {
    const result = new Promise<ResourceState>((done, fail) => {
      void this.executor.cancelled.then(() => fail(new ShutDown("resource monitor shut down")));
      this.planning = this.planning.then(async () => {
        if (this.executor.errored) return;
        try {
          void this.executor.execute(await plan(done));
        } catch (error) {
          if (!(error instanceof ReportedError)) this.log.diagnose("error", (error as Error).message);
          this.executor.cancel();
        }
      });
    });
    return result;
  }

  /** The reference of the package's default provider, which is registered like a resource at its first use. */
  private defaultProvider(type: string): Promise<string> {
    const name = packageOfType(type);
    const known = this.providers.get(name);
    if (known) return known;
    const goal: Goal = {
      ...bareGoal({ type: `pulumi:providers:${name}`, name: "default", custom: true }),
      properties: this.configurationOf(name),
    };
    const reference = this.submit((done) => this.generator.register(goal, done)).then(
      (state) => `${state.urn}::${state.id}`,
    );
    this.providers.set(name, reference);
    return reference;
  }

  /** What the stack's configuration has for a default provider: dynamic resources get all of it. */
  private configurationOf(packageName: string): PropertyMap {
    if (packageName === dynamicPackage) return { ...this.stack.config };
    const prefix = `${packageName}:`;
    const own = Object.entries(this.stack.config).filter(([key]) => key.startsWith(prefix));
    return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
  }

  private async setOutputs(urn: Urn, outputs: PropertyMap): Promise<void> {
    const step = this.executor.latest.get(urn);
    if (!step?.now) throw new Error(`cannot complete a resource '${urn}' whose registration isn't pending`);
    step.now.outputs = outputs;
    this.executor.emit("resOutputsEvent", step);
    if (this.run.mode === "update") await this.snapshot.save();
  }

  /** A failed run replaces the outputs it has and keeps the others. */
  private async finalizeStackOutputs(): Promise<void> {
    if (!this.stackOutputs || !this.executor.latest.has(this.stackOutputs.urn)) return;
    const { urn, outputs } = this.stackOutputs;
    const old = this.executor.latest.get(urn)?.old?.outputs ?? {};
    await this.setOutputs(urn, this.executor.errored ? { ...old, ...outputs } : outputs);
  }
}
