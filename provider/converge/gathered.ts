import { setImmediate as breath } from "node:timers/promises";

/**
 * Work that is done once for all who ask for it before it begins: those of one breath of the event loop, and those who ask
 * while it is being done for others. Whoever asks gets what began after the asking.
 */
export class Gathered<T> {
  private running: Promise<unknown> = Promise.resolve();
  private next: Promise<T> | undefined;

  constructor(private readonly work: () => Promise<T>) {}

  ask(): Promise<T> {
    this.next ??= this.begin();
    return this.next;
  }

  private async begin(): Promise<T> {
    await this.running;
    await breath();
    this.next = undefined;
    const result = this.work();
    this.running = result.catch(() => {});
    return result;
  }
}
