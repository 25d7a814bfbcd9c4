/** Something that runs, or waits for what runs. */
export interface Turn {
  /** Whose it is and since when, for those who wait: `alice's run of 10:02:11`. */
  label: string;
  /** Told what it waits for; undefined once it runs. */
  waits(what: string | undefined): void;
}

/** One after the other: who comes later waits, and is told for whom. */
export class Line {
  private readonly turns: Turn[] = [];
  private last: Promise<unknown> = Promise.resolve();

  /** Does a piece of work when those before it are done, however they end. */
  take<T>(turn: Turn, work: () => Promise<T>): Promise<T> {
    this.turns.push(turn);
    const [running] = this.turns;
    if (running !== turn) turn.waits(running!.label);
    const done = this.last.then(async () => {
      turn.waits(undefined);
      for (const other of this.turns.slice(1)) other.waits(turn.label);
      try {
        return await work();
      } finally {
        this.turns.shift();
      }
    });
    this.last = done.catch(() => {});
    return done;
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    while (this.turns.length > 0) await this.last;
  }
}
