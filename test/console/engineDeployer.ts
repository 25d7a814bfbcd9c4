import type { Deployer, Following, LoggedEvent, Ran } from "../../console/server/deploy/deployer";
import type { EngineEvent } from "../engine/events";
import { openStack, type Stack, type StackOptions } from "../engine/stack";

/** Deploys by the project's test engine, where there is no Pulumi CLI. A preview refreshes the state, and puts it back. */
export class EngineDeployer implements Deployer {
  readonly engine = "the project's own test engine";

  constructor(private readonly options: Omit<StackOptions, "projectDir" | "use"> & { folder: string }) {}

  async preview(folder: string, following: Following = {}): Promise<Ran> {
    const stack = await this.open(folder);
    const before = await stack.exportState();
    try {
      return await this.both(stack, following, (options) => stack.preview(options));
    } finally {
      await stack.importState(before);
    }
  }

  async up(folder: string, _message: string, following: Following = {}): Promise<Ran> {
    const stack = await this.open(folder);
    return this.both(stack, following, (options) => stack.up(options));
  }

  async state(): Promise<string> {
    const { deployment } = await (await this.open(this.options.folder)).exportState();
    return JSON.stringify(deployment.resources ?? []);
  }

  private open(projectDir: string): Promise<Stack> {
    const { folder: _, ...options } = this.options;
    return openStack({ ...options, projectDir, use: "engine" });
  }

  /** A refresh, then a run; the events of the run alone are what happens. */
  private async both(
    stack: Stack,
    { onText, onEvent }: Following,
    run: (options: Parameters<Stack["up"]>[0]) => ReturnType<Stack["up"]>,
  ): Promise<Ran> {
    const refreshed = await stack.refresh();
    if (!refreshed.succeeded) {
      const events = refreshed.diagnostics.map((diagnosticEvent) => ({ diagnosticEvent }));
      return { succeeded: false, text: refreshed.text, events };
    }
    const events: LoggedEvent[] = [];
    const ran = await run({
      ...(onText === undefined ? {} : { onText }),
      onEvent(event: EngineEvent) {
        const logged = event as LoggedEvent;
        events.push(logged);
        onEvent?.(logged);
      },
    });
    return { succeeded: ran.succeeded, text: ran.text, events };
  }
}
