/** Lets at most `limit` tasks run at the same time; the others wait in order. */
export class Semaphore {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private limit: number) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.running >= this.limit) await new Promise<void>((start) => this.waiting.push(start));
    else this.running += 1;
    try {
      return await task();
    } finally {
      this.release();
    }
  }

  /** The number of running tasks. */
  get active(): number {
    return this.running;
  }

  /** Lowers the limit, but not below one: the server allows less than expected. */
  lower(limit: number): void {
    this.limit = Math.max(1, Math.min(this.limit, limit));
  }

  /** Passes the slot to the next task in the queue, so that a task that arrives now cannot take it. */
  private release(): void {
    const next = this.running > this.limit ? undefined : this.waiting.shift();
    if (next === undefined) this.running -= 1;
    else next();
  }
}
