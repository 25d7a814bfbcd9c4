import type { CommandError, Stack } from "@pulumi/pulumi/automation";
import { TaasError } from "../../../provider/errors";
import { printable } from "../../../provider/printable";
import type { Lock } from "../../api/changes";
import type { Deployer, Following, LoggedEvent, Ran } from "./deployer";

/** A stack of a project. */
export interface Target {
  /** The folder of Pulumi.yaml. */
  folder: string;
  stack: string;
}

/** How Pulumi Cloud and file backends report that another run has locked a stack. */
const LOCKED = /\[409\] Conflict|the stack is currently locked by/;

/** The holder of a file backend's lock, and since when it holds it. */
const HOLDER = /created by (\S+) \(pid \d+\) at (\S+)/;

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
    const { deployment } = await stack.exportStack();
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
      const said = messageOf(error);
      const lock = lockIn(said);
      // The pieces that were told may end within a character; what the command has written as a whole does not.
      const { commandResult } = error as { commandResult?: { err?: { stdout?: string } } };
      const whole = commandResult?.err?.stdout ?? text;
      return { succeeded: false, text: whole || said, events, ...(lock === undefined ? {} : { lock }) };
    }
  }
}

/** The lock in a message of Pulumi; undefined if it mentions none. */
export function lockIn(text: string): Lock | undefined {
  const found = LOCKED.exec(text);
  if (found === null) return undefined;
  const [, by = "another run", since] = HOLDER.exec(text) ?? [];
  const said = text
    .slice(found.index)
    .split(/\nerr\?:/)[0]!
    .split("\n")
    .slice(0, 3);
  return { by, ...(since === undefined ? {} : { since }), text: printable(said.join("\n")) };
}

/**
 * A stack in a folder, which stays unselected there: what is selected is the operator's own affair, and is kept in a file for each folder. Loaded
 * at the first need: a console that only reads needs no Pulumi.
 */
async function open(folder: string, name: string): Promise<Stack> {
  const { LocalWorkspace, Stack: Opened } = await import("@pulumi/pulumi/automation/index.js");
  const workspace = await LocalWorkspace.create({ workDir: folder });
  // Each command names the stack.
  workspace.selectStack = () => Promise.resolve();
  return Opened.select(name, workspace);
}

/** The output of the CLI, if it was the CLI that failed. */
function messageOf(error: unknown): string {
  const { message } = error as CommandError;
  const written = /^stderr: (.*?)$(?=\n?err\?: |$)/ms.exec(message)?.[1];
  return written?.trim() || message;
}
