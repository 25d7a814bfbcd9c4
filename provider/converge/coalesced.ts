import { setImmediate as breath } from "node:timers/promises";

/**
 * Work that is done once for all who ask for it before it begins: those of one breath of the event loop, and those who ask
 * while it is being done for others. Whoever asks gets what began after the asking.
 */
export class Coalesced<Asker, T> {
  private running: Promise<unknown> = Promise.resolve();
  private next: Promise<T> | undefined;

  /** `work` is given the first who asks. */
  constructor(private readonly work: (asker: Asker) => Promise<T>) {}

  ask(asker: Asker): Promise<T> {
    this.next ??= this.begin(asker);
    return this.next;
  }

  private async begin(asker: Asker): Promise<T> {
    await this.running;
    await breath();
    this.next = undefined;
    const result = this.work(asker);
    this.running = result.catch(() => {});
    return result;
  }
}
