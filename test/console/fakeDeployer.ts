import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Deployer, Following, LoggedEvent, Ran } from "../../console/server/deploy/deployer";

/** That a service is created, as Pulumi's event log has it. */
export function created(name: string, rule: string, tenant?: string): LoggedEvent {
  const urn = `urn:pulumi:prod::taps::taas:index:TapService::${name}`;
  const host = { name: "host1", address: "192.0.2.11" };
  const inputs = { rules: [rule], host, ...(tenant === undefined ? {} : { tenant }) };
  const type = "taas:index:TapService";
  return { resourcePreEvent: { metadata: { op: "create", urn, type, new: { type, urn, inputs } } } };
}

/** Deploys nothing: says what it is told to, and remembers what it was given. */
export class FakeDeployer implements Deployer {
  readonly engine = "fake";
  rule = "first";
  events: (() => LoggedEvent[]) | undefined;
  stack = "state";
  readonly done: string[] = [];
  result: Partial<Ran> = {};
  previewed: Partial<Ran> = {};
  /** What happens while a preview or a run is under way. */
  meanwhile: () => void = () => {};
  /** What happens before a preview or a run reads its folder. */
  starting: () => Promise<void> | void = () => {};
  /** The stack's configuration as previews and runs have found it. */
  readonly configs: string[] = [];
  /** What a run tells as it goes on. */
  told: LoggedEvent[] = [];
  /** A run ends when this does. */
  private gate: Promise<void> = Promise.resolve();

  /** Lets no run end until the returned function is called. */
  closeGate(): () => void {
    let open = () => {};
    this.gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  async preview(folder: string): Promise<Ran> {
    await this.read("preview", folder);
    this.meanwhile();
    const events = this.events?.() ?? [created("ids", this.rule)];
    return { succeeded: true, text: "previewed", events, ...this.previewed };
  }

  async up(folder: string, _: string, { onEvent }: Following = {}): Promise<Ran> {
    await this.read("up", folder);
    for (const event of this.told) onEvent?.(event);
    await this.gate;
    return { succeeded: true, text: "done", events: [], ...this.result };
  }

  private async read(what: string, folder: string): Promise<void> {
    await this.starting();
    this.done.push(`${what} ${await readFile(join(folder, "Pulumi.yaml"), "utf8")}`);
    this.configs.push(await readFile(join(folder, "Pulumi.prod.yaml"), "utf8").catch(() => ""));
  }

  /** What it was told to do: `preview`, `up`. */
  get runs(): string[] {
    return this.done.map((line) => line.split(" ")[0]!);
  }

  state(): Promise<string> {
    return Promise.resolve(this.stack);
  }
}
