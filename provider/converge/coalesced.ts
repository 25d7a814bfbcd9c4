import { setImmediate as breath } from "node:timers/promises";

/**
 * Work that is done once for all callers that ask before it starts: those within one turn of the event loop, and those
 * that ask while it is being done for others. Every caller gets the result of work that started after its call.
 */
export class Coalesced<Caller, T> {
  private running: Promise<unknown> = Promise.resolve();
  private next: Promise<T> | undefined;

  /** `work` gets the first caller's argument. */
  constructor(private readonly work: (caller: Caller) => Promise<T>) {}

  ask(caller: Caller): Promise<T> {
    this.next ??= this.begin(caller);
    return this.next;
  }

  private async begin(caller: Caller): Promise<T> {
    await this.running;
    await breath();
    this.next = undefined;
    const result = this.work(caller);
    this.running = result.catch(() => {});
    return result;
  }
}
