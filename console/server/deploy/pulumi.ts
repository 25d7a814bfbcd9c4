import type { Stack } from "@pulumi/pulumi/automation";
import { TaasError } from "../../../provider/errors";
import { failedRun, inOwnWords, messageOf } from "./cliFailure";
import type { Deployer, Following, LoggedEvent, Ran } from "./deployer";

/** A stack of a project. */
export interface Target {
  /** The folder of Pulumi.yaml. */
  folder: string;
  stack: string;
}

/**
 * Deploys with the Pulumi CLI, using the operator's own login, passphrase and environment. Errors: `invalid-config`.
 */
export class PulumiDeployer implements Deployer {
  private constructor(
    private readonly target: Target,
    readonly engine: string,
  ) {}

  static async open(target: Target): Promise<PulumiDeployer> {
    try {
      const stack = await open(target.folder, target.stack);
      await stack.exportStack();
      return new PulumiDeployer(target, `Pulumi CLI v${stack.workspace.pulumiVersion}`);
    } catch (cause) {
      throw new TaasError(`stack ${target.stack} of ${target.folder} cannot be opened: ${messageOf(cause)}`, {
        code: "invalid-config",
        hint: "Is pulumi on the PATH and logged in, and does `pulumi stack ls` list the stack there?",
        cause,
      });
    }
  }

  preview(folder: string, following: Following = {}): Promise<Ran> {
    return this.follow(folder, following, (stack, watched) =>
      stack.preview({ refresh: true, diff: true, color: "never", ...watched }),
    );
  }

  up(folder: string, message: string, following: Following = {}): Promise<Ran> {
    return this.follow(folder, following, (stack, watched) =>
      stack.up({ refresh: true, color: "never", message, showSecrets: false, ...watched }),
    );
  }

  async state(): Promise<string> {
    const stack = await open(this.target.folder, this.target.stack);
    const { deployment } = await inOwnWords(stack.exportStack());
    return JSON.stringify((deployment as { resources?: unknown }).resources ?? []);
  }

  private async follow(
    folder: string,
    { onText, onEvent }: Following,
    run: (stack: Stack, watched: object) => Promise<{ stdout: string }>,
  ): Promise<Ran> {
    const stack = await open(folder, this.target.stack);
    const events: LoggedEvent[] = [];
    let text = "";
    const watched = {
      onOutput(more: string) {
        text += more;
        onText?.(more);
      },
      onEvent(event: LoggedEvent) {
        events.push(event);
        onEvent?.(event);
      },
    };
    try {
      const { stdout } = await run(stack, watched);
      return { succeeded: true, text: stdout, events };
    } catch (error) {
      return failedRun(error, text, events);
    }
  }
}

/**
 * A stack in a folder, which stays unselected there: what is selected is the operator's own affair, and is kept in a file for each folder. Loaded
 * at the first need: a console that only reads needs no Pulumi.
 */
function open(folder: string, name: string): Promise<Stack> {
  return inOwnWords(openUnselected(folder, name));
}

async function openUnselected(folder: string, name: string): Promise<Stack> {
  const { LocalWorkspace, Stack: Opened } = await import("@pulumi/pulumi/automation/index.js");
  const workspace = await LocalWorkspace.create({ workDir: folder });
  // Each command names the stack.
  workspace.selectStack = () => Promise.resolve();
  return Opened.select(name, workspace);
}
