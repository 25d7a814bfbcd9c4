import type { Duplex } from "node:stream";
import { SwitchClient } from "./switchClient";

/** Milliseconds for an answer; afterwards the rules are written as if nothing were known of them. */
const PATIENCE = 5000;

/**
 * The tap bridge as a switch whose rules this run has written before. What they were written from is remembered together
 * with what the bridge then said they do; as long as it says the same, the same text need not be written again.
 */
export class TapSwitch {
  private client: SwitchClient | undefined;
  private known: { rules: string; digest: string } | undefined;

  /** `open` gives a stream to the bridge's management socket, or undefined where there is none to be had. */
  constructor(private readonly open: () => Promise<Duplex | undefined>) {}

  /** Marks the bridge's rules with a cookie if they are what this text makes. False: they are not, or nobody can say. */
  async markUnchanged(rules: string, cookie: bigint): Promise<boolean> {
    if (this.known?.rules !== rules) return false;
    const { digest } = this.known;
    const marked = await this.ask(async (client) => {
      if ((await client.digest()) !== digest) return false;
      await client.mark(cookie);
      return true;
    });
    return marked ?? false;
  }

  /** Remembers that this text was written just now. `holds` says, once the bridge was asked, whether nobody has written since. */
  async remember(rules: string, holds: () => Promise<boolean>): Promise<void> {
    this.known = undefined;
    const digest = await this.ask((client) => client.digest());
    if (digest !== undefined && (await holds())) this.known = { rules, digest };
  }

  /** All that the bridge does with frames, as a text that changes with it; undefined where nobody can say. */
  state(): Promise<string | undefined> {
    return this.ask((client) => client.state());
  }

  /** Lets the next writing be a whole one: the bridge was seen not to be as it was left. */
  forget(): void {
    this.known = undefined;
  }

  private async ask<T>(question: (client: SwitchClient) => Promise<T>): Promise<T | undefined> {
    try {
      const client = await this.connect();
      return client === undefined ? undefined : await question(client);
    } catch {
      return undefined;
    }
  }

  private async connect(): Promise<SwitchClient | undefined> {
    if (this.client?.closed === true) this.client = undefined;
    if (this.client !== undefined) return this.client;
    const stream = await this.open();
    if (stream !== undefined) this.client = new SwitchClient(stream, PATIENCE);
    return this.client;
  }
}
